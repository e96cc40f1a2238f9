package source

import (
	"strings"

	"vpcetrail/ingest/day"
)

// A level is a kind of folder in AWS's layout.
type level uint8

const (
	atOutside level = iota // above the layout, or beside it: any folder may follow
	atLogs                 // AWSLogs, or an organization's id in it
	atAccount              // below AWSLogs: only CloudTrail's folders follow, the rest is other services'
	atNumber               // 12 digits elsewhere: an account in a copy, or a mere prefix
	atFolder               // CloudTrail or CloudTrail-NetworkActivity
	atRegion
	atYear
	atMonth
	atDay     // and whatever is below it
	atForeign // other services' logs, digests, insights: never read
)

// A place is where in AWS's layout a folder stands, with what the folders down
// to it say.
type place struct {
	level       level
	depth       int // folders outside the layout on the way here
	key         Key
	number      string // atNumber's digits: an account once a CloudTrail folder follows
	year, month string // the digits, while the date is incomplete
}

// placeOf returns the place of the folder dir, which is "" or ends in '/'.
func placeOf(dir string) place {
	var p place
	for dir != "" {
		var name string
		name, dir, _ = strings.Cut(dir, "/")
		p = p.enter(name)
	}
	return p
}

// enter returns the place of p's sub-folder called name.
func (p place) enter(name string) place {
	switch p.level {
	case atLogs:
		return p.enterLogs(name)
	case atAccount, atNumber:
		return p.enterAccount(name)
	case atFolder:
		if isRegion(name) {
			p.level, p.key.Region = atRegion, name
			return p
		}
	case atRegion:
		if len(name) == 4 && allDigits(name) {
			p.level, p.year = atYear, name
			return p
		}
	case atYear:
		if _, ok := dateOf(p.year, name, "01"); ok {
			p.level, p.month = atMonth, name
			return p
		}
	case atMonth:
		if d, ok := dateOf(p.year, p.month, name); ok {
			p.level, p.key.Day, p.key.HasDay = atDay, d, true
			return p
		}
	case atDay:
		return p
	case atForeign:
		if name != "AWSLogs" {
			return p
		}
	}
	return p.enterOutside(name)
}

func (p place) enterLogs(name string) place {
	switch {
	case isAccount(name):
		return place{level: atAccount, depth: p.depth, key: Key{Account: name}}
	case strings.HasPrefix(name, "o-"), name == "AWSLogs":
		return place{level: atLogs, depth: p.depth}
	}
	return place{level: atForeign, depth: p.depth}
}

func (p place) enterAccount(name string) place {
	switch {
	case isTrailFolder(name):
		if p.level == atNumber {
			p.key.Account = p.number
		}
		p.key.Folder, p.level = name, atForeign
		if readFolders[name] {
			p.level = atFolder
		}
		return p
	case p.level == atAccount, otherServices[name]:
		p.level = atForeign
		return p
	}
	return p.enterOutside(name)
}

// readFolders are the trail folders whose objects hold API calls. The value false
// marks those that are CloudTrail's own, yet never read.
var readFolders = map[string]bool{
	"CloudTrail": true, "CloudTrail-NetworkActivity": true,
	"CloudTrail-Digest": false, "CloudTrail-Insight": false, "CloudTrail-Aggregated": false,
}

// otherServices are folders beside CloudTrail's in an account. They matter only
// where no AWSLogs above proves that everything but CloudTrail is foreign.
var otherServices = map[string]bool{
	"Config": true, "elasticloadbalancing": true, "vpcflowlogs": true, "vpcdnsquerylogs": true,
	"GuardDuty": true, "WAFLogs": true, "network-firewall": true, "redshift": true, "S3": true,
	"CloudFront": true, "SSMLogs": true, "transitgateway": true, "globalaccelerator": true,
}

// enterOutside starts over: what the folders so far seemed to say was no part of
// the layout.
func (p place) enterOutside(name string) place {
	q := place{depth: p.depth + 1}
	if read, known := readFolders[name]; known {
		q.key.Folder, q.level = name, atForeign
		if read {
			q.level = atFolder
		}
		return q
	}
	switch {
	case name == "AWSLogs":
		q.level = atLogs
	case isAccount(name):
		q.level, q.number = atNumber, name
	}
	return q
}

// dated returns the sub-folders of p, a region, year or month, that hold days of
// first..last, in order.
func (p place) dated(first, last day.Day) []string {
	var names []string
	for d := first; d <= last; d++ {
		date := d.String()
		y, m, dom := date[:4], date[5:7], date[8:]
		name := y
		switch {
		case p.level == atYear && p.year == y:
			name = m
		case p.level == atMonth && p.year == y && p.month == m:
			name = dom
		case p.level != atRegion:
			continue
		}
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return names
}
