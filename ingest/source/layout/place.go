package layout

import (
	"strings"

	"vpcetrail/ingest/day"
)

// A Level is a kind of folder in AWS's layout.
type Level uint8

// The levels, from the top down.
const (
	AtOutside Level = iota // above the layout, or beside it: any folder may follow
	AtLogs                 // AWSLogs, an organization's id in it, or another folder before the account
	AtAccount              // below AWSLogs: only CloudTrail's folders follow, the rest is other services'
	AtNumber               // 12 digits elsewhere: an account in a copy, or only a prefix
	AtFolder               // CloudTrail or CloudTrail-NetworkActivity
	AtRegion
	AtYear
	AtMonth
	AtDay     // and whatever is below it
	AtForeign // other services' logs, digests, insights: never read
)

// A Place is the position of a folder in AWS's layout. The zero value is above the
// layout.
type Place struct {
	Level       Level
	Depth       int    // folders on the way here that are not part of the layout
	Between     bool   // AtLogs: such a folder lies between AWSLogs and here
	Key         Key    // what the folders down to here give
	number      string // AtNumber's digits: an account once a CloudTrail folder follows
	year, month string // the digits, while the date is incomplete
}

// PlaceOf returns the place of the folder dir, which is "" or ends in '/'.
func PlaceOf(dir string) Place {
	var p Place
	for dir != "" {
		var name string
		name, dir, _ = strings.Cut(dir, "/")
		p = p.Enter(name)
	}
	return p
}

// Enter returns the place of p's sub-folder called name.
func (p Place) Enter(name string) Place {
	switch p.Level {
	case AtLogs:
		return p.enterLogs(name)
	case AtAccount, AtNumber:
		return p.enterAccount(name)
	case AtFolder:
		if IsRegion(name) {
			p.Level, p.Key.Region = AtRegion, name
			return p
		}
	case AtRegion:
		if len(name) == 4 && allDigits(name) {
			p.Level, p.year = AtYear, name
			return p
		}
	case AtYear:
		if _, ok := dateOf(p.year, name, "01"); ok {
			p.Level, p.month = AtMonth, name
			return p
		}
	case AtMonth:
		if d, ok := dateOf(p.year, p.month, name); ok {
			p.Level, p.Key.Day, p.Key.HasDay = AtDay, d, true
			return p
		}
	case AtDay:
		p.Depth++
		return p
	case AtForeign:
		if name != "AWSLogs" {
			return p
		}
	}
	return p.enterOutside(name)
}

func (p Place) enterLogs(name string) Place {
	switch {
	case isAccount(name):
		return Place{Level: AtAccount, Depth: p.Depth, Key: Key{Account: name}}
	case strings.HasPrefix(name, "o-"), name == "AWSLogs":
		return Place{Level: AtLogs, Depth: p.Depth, Between: p.Between && name != "AWSLogs"}
	case otherServices[name], strings.Contains(name, "="): // aws-account-id=…: flow logs in Hive's layout
		return Place{Level: AtForeign, Depth: p.Depth}
	}
	return Place{Level: AtLogs, Depth: p.Depth + 1, Between: true}
}

func (p Place) enterAccount(name string) Place {
	switch {
	case isTrailFolder(name):
		if p.Level == AtNumber {
			p.Key.Account = p.number
		}
		p.Key.Folder, p.Level = name, AtForeign
		if readFolders[name] {
			p.Level = AtFolder
		}
		return p
	case p.Level == AtAccount, otherServices[name]:
		p.Level = AtForeign
		return p
	}
	return p.enterOutside(name)
}

// readFolders are the trail folders that hold API calls. The value false marks folders
// that are CloudTrail's own but are never read.
var readFolders = map[string]bool{
	"CloudTrail": true, "CloudTrail-NetworkActivity": true,
	"CloudTrail-Digest": false, "CloudTrail-Insight": false, "CloudTrail-Aggregated": false,
}

// CallFolders returns the names of an account's folders that hold API calls.
func CallFolders() (names []string) {
	for name, read := range readFolders {
		if read {
			names = append(names, name)
		}
	}
	return names
}

// otherServices are folders beside CloudTrail's in an account. They matter only where
// no AWSLogs folder is above. Below AWSLogs every folder but CloudTrail's belongs to
// another service.
var otherServices = map[string]bool{
	"Config": true, "elasticloadbalancing": true, "vpcflowlogs": true, "vpcdnsquerylogs": true,
	"GuardDuty": true, "WAFLogs": true, "network-firewall": true, "redshift": true, "S3": true,
	"CloudFront": true, "SSMLogs": true, "transitgateway": true, "globalaccelerator": true,
}

// enterOutside starts again: the folders so far were not part of the layout.
func (p Place) enterOutside(name string) Place {
	q := Place{Depth: p.Depth + 1}
	if read, known := readFolders[name]; known {
		q.Key.Folder, q.Level = name, AtForeign
		if read {
			q.Level = AtFolder
		}
		return q
	}
	switch {
	case name == "AWSLogs":
		q.Level = AtLogs
	case isAccount(name):
		q.Level, q.number = AtNumber, name
	}
	return q
}

// Dated returns the sub-folders of p, a region, year or month, that hold days of
// first..last, in order.
func (p Place) Dated(first, last day.Day) []string {
	var names []string
	for d := first; d <= last; d++ {
		date := d.String()
		y, m, dom := date[:4], date[5:7], date[8:]
		name := y
		switch {
		case p.Level == AtYear && p.year == y:
			name = m
		case p.Level == AtMonth && p.year == y && p.month == m:
			name = dom
		case p.Level != AtRegion:
			continue
		}
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return names
}

// HasDays reports whether AWS names the subfolders of dir by the day, in logs of other kinds than
// CloudTrail's: ACCOUNT/REGION/BUCKET/ of S3 access logs, ACCOUNT/vpcdnsquerylogs/VPC/ of query logs,
// and AWSLogs/ACCOUNT/NAME/.
func HasDays(dir string) bool {
	names := strings.Split(dir, "/") // the last one is ""
	n := len(names)
	return n >= 4 && (isAccount(names[n-4]) && (IsRegion(names[n-3]) || names[n-3] == "vpcdnsquerylogs") || names[n-4] == "AWSLogs" && isAccount(names[n-3]))
}
