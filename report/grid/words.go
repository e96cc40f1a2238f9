package grid

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"vpcetrail/classify/phrase"
)

// Clean makes text from logs safe for a terminal and for a line of a log. It replaces characters that
// could move the cursor, change colours or end the line with U+FFFD.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}

// OrDash returns s, or a dash if s is empty.
func OrDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Number is phrase.Number.
func Number(n int64) string { return phrase.Number(n) }

// Range formats a number of which the report shows only that it is from least to least+more: 0-5.
func Range(least, more int64) string {
	if more == 0 {
		return Number(least)
	}
	return Number(least) + "-" + Number(least+more)
}

// Percent formats the share n/of with one decimal, or as a dash if of is 0.
func Percent(n, of int64) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

// Share formats a share between 0 and 1 in percent, or as a dash if it is NaN.
func Share(share float64) string {
	if math.IsNaN(share) {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}

// Size formats a number of bytes in decimal units (powers of 1000): 1.2 MB, 120 GB.
func Size(n int64) string {
	units := []string{"kB", "MB", "GB", "TB", "PB", "EB"}
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	size := float64(n) / 1000
	for size >= 999.5 {
		size, units = size/1000, units[1:]
	}
	if size < 99.95 {
		return fmt.Sprintf("%.1f %s", size, units[0])
	}
	return fmt.Sprintf("%.0f %s", size, units[0])
}

// Dollars formats an amount of US dollars with commas and cents. It marks an amount below one cent.
func Dollars(usd float64) string {
	if usd > 0 && usd < 0.01 {
		return "< $0.01"
	}
	cents := int64(math.Round(usd * 100))
	return fmt.Sprintf("$%s.%02d", Number(cents/100), cents%100)
}

// Plural says n things in English, as phrase.Counted does.
func Plural(n int64, noun string) string { return phrase.Count(n, phrase.Noun(noun)).String() }

// Principal splits an ARN for display: arn:aws:iam::111122223333:role/path/name into role/name and
// the account, or a dash if there is none. It drops the path, because names are unique without it. A
// text that is not an ARN is returned as the name.
func Principal(arn string) (name, account string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return OrDash(arn), "-"
	}
	name, path, hasPath := strings.Cut(parts[5], "/")
	if hasPath {
		name += "/" + path[strings.LastIndexByte(path, '/')+1:]
	}
	return name, OrDash(parts[4])
}

// A Way is the route of calls, with values from the report's tables. Unknown fields are empty.
type Way struct{ Route, Origin, Evidence, EndpointID, EndpointOwner string }

// String is the phrase in English.
func (w Way) String() string { return w.Phrase().String() }

// Phrase describes the route for people: the endpoint, and its owner if it is not ours; the kind of
// internet address; or the evidence for another route.
func (w Way) Phrase() phrase.Phrase {
	switch {
	case w.Route == "vpce" && w.EndpointOwner == "own":
		return phrase.Of("%s", w.EndpointID)
	case w.Route == "vpce" && w.EndpointID != "":
		return phrase.Of("%s (%s)", w.EndpointID, cmp.Or(w.EndpointOwner, "unknown"))
	case w.Route != "internet":
		return phrase.Of("%s, %s", w.Route, OrDash(w.Evidence))
	case w.EndpointID != "": // an endpoint that AWS owns
		return phrase.Of("internet, a console")
	case w.Origin == "aws":
		return phrase.Of("internet, AWS address")
	case w.Origin == "": // as in access logs
		return phrase.Of("internet")
	}
	return phrase.Of("internet, %s", w.Origin)
}
