package layout

import (
	"strings"

	"vpcetrail/ingest/day"
)

// A Key is what an object's name says, by AWS's layout. A field that the name does not
// give is empty.
type Key struct {
	Account string // 12 digits
	Region  string
	Folder  string // "CloudTrail", "CloudTrail-NetworkActivity", "CloudTrail-Digest", …
	Day     day.Day
	HasDay  bool // Day is known; it is the day of delivery, in UTC
}

// ParseKey reads a Key from an object's name: an S3 key, an s3:// URL or a path with
// slashes. The folders count first. The file's name
// (account_CloudTrail_region_YYYYMMDDTHHmmZ_UNIQUE.json.gz) fills in what they leave
// open.
func ParseKey(name string) Key {
	if url, ok := strings.CutPrefix(name, "s3://"); ok {
		_, name, _ = strings.Cut(url, "/") // a bucket's name says nothing
	}
	dir, file := splitName(name)
	return PlaceOf(dir).Object(file)
}

// Object returns the Key of the object called file at p.
func (p Place) Object(file string) Key {
	k, s := p.Key, parseStamp(file)
	if k.Account == "" {
		k.Account = s.Account
	}
	if k.Region == "" {
		k.Region = s.Region
	}
	if k.Folder == "" {
		k.Folder = s.Folder
	}
	if !k.HasDay {
		k.Day, k.HasDay = s.Day, s.HasDay
	}
	return k
}

// parseStamp reads a Key from a file's name alone. A name that does not start like
// AWS's names gives nothing. A digest's name has no day where an object's name has
// one.
func parseStamp(file string) Key {
	account, rest, ok := strings.Cut(file, "_")
	if !ok || !isAccount(account) {
		return Key{}
	}
	folder, rest, ok := strings.Cut(rest, "_")
	if !ok || !isTrailFolder(folder) {
		return Key{}
	}
	region, stamp, ok := strings.Cut(rest, "_")
	if !ok || !IsRegion(region) {
		return Key{}
	}
	k := Key{Account: account, Region: region, Folder: folder}
	// 20231120T1505Z, whether or not a '_' follows
	if len(stamp) >= 14 && stamp[8] == 'T' && allDigits(stamp[9:13]) && stamp[13] == 'Z' {
		k.Day, k.HasDay = dateOf(stamp[:4], stamp[4:6], stamp[6:8])
	}
	return k
}

// dateOf returns the day written in three runs of digits, if that day exists.
func dateOf(year, month, dom string) (day.Day, bool) {
	if len(year) != 4 || len(month) != 2 || len(dom) != 2 {
		return 0, false // day.Parse would accept a date that is split elsewhere
	}
	d, err := day.Parse(year + "-" + month + "-" + dom)
	return d, err == nil
}

// isTrailFolder reports whether name is one of CloudTrail's own folders.
func isTrailFolder(name string) bool {
	return name == "CloudTrail" || strings.HasPrefix(name, "CloudTrail-") && isWord(name[len("CloudTrail-"):])
}

func isAccount(s string) bool { return len(s) == 12 && allDigits(s) }

// IsRegion reports whether s has the form of a Region: us-east-1, us-gov-west-1,
// eusc-de-east-1.
func IsRegion(s string) bool {
	last := strings.LastIndexByte(s, '-')
	if last < 0 || last == len(s)-1 || !allDigits(s[last+1:]) {
		return false
	}
	words := strings.Split(s[:last], "-")
	for _, w := range words {
		if w == "" || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
			return false
		}
	}
	return len(words) >= 2
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// isWord reports whether s consists of ASCII letters.
func isWord(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return s != ""
}

// splitName cuts a name after its last slash.
func splitName(name string) (dir, file string) {
	i := strings.LastIndexByte(name, '/') + 1
	return name[:i], name[i:]
}
