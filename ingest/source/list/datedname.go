package list

import (
	"regexp"
	"strings"

	"vpcetrail/ingest/day"
)

// ownForm is how S3 ends the name of an object. A prefix without a slash comes before it, and may be a date.
const ownForm = "2026-11-20-13-05-00-0123456789ABCDEF"

var own = regexp.MustCompile(`^\d{4}(-\d\d){5}-[0-9A-F]{16}$`)

// isOwn reports whether a name ends like ownForm.
func isOwn(name string) bool { return own.MatchString(name[max(0, len(name)-len(ownForm)):]) }

// dayIn returns the day in the name of an object: where S3 writes it, or at the start.
func dayIn(name string) (d day.Day, ok bool) {
	if d, ok = leadingDay(name); !ok || isOwn(name) {
		d, ok = leadingDay(name[max(0, len(name)-len(ownForm)):])
	}
	return d, ok
}

// leadingDay returns the day that a name starts with.
func leadingDay(name string) (d day.Day, ok bool) {
	const form = "2026-11-20-"
	if len(name) < len(form) || name[len(form)-1] != '-' {
		return 0, false
	}
	d, err := day.Parse(name[:len(form)-1])
	return d, err == nil
}

// A datedPlace is what the names of folders say up to one of them.
type datedPlace struct {
	depth  int
	date   string  // the year, or the year and the month, such as 2026-11
	months int     // how many parts of a date follow one another
	byDay  bool    // the folders of the date name the days of all objects in them
	day    day.Day // of the last whole date
	hasDay bool
}

// enter returns the place of the subfolder called name.
func (p datedPlace) enter(name string) datedPlace {
	p.depth++
	if key, value, ok := strings.Cut(name, "="); ok && (key == "year" || key == "month" || key == "day") {
		name = value
	}
	switch {
	case p.months > 0 && len(name) == 2 && strings.Trim(name, "0123456789") == "":
		p.date, p.months = p.date+"-"+name, p.months+1
	case len(name) == 4 && strings.Trim(name, "0123456789") == "":
		p.date, p.months = name, 1
	default:
		p.date, p.months = "", 0
	}
	if p.months == 3 {
		if d, err := day.Parse(p.date); err == nil {
			p.day, p.hasDay = d, true
		}
		p.date, p.months = "", 0
	}
	return p
}
