package source

import (
	"strings"

	"vpcetrail/ingest/day"
)

// A level is a kind of folder in AWS's layout.
type level uint8

const (
	outside     level = iota // above the layout, or beside it: any folder may follow
	logs                     // AWSLogs, or an organization's id in it
	account                  // below AWSLogs: only CloudTrail's folders follow, the rest is other services'
	looseNumber              // 12 digits elsewhere: an account in a copy, or a mere prefix
	folder                   // CloudTrail or CloudTrail-NetworkActivity
	region
	year
	month
	dayFolder // and whatever is below it
	foreign   // other services' logs, digests, insights: never read
)

// A place is where in AWS's layout a folder stands, with what the folders down
// to it say.
type place struct {
	level       level
	depth       int // folders outside the layout on the way here
	key         Key
	number      string // looseNumber's digits: an account once a CloudTrail folder follows
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
	case logs:
		return p.enterLogs(name)
	case account, looseNumber:
		return p.enterAccount(name)
	case folder:
		if isRegion(name) {
			p.level, p.key.Region = region, name
			return p
		}
	case region:
		if len(name) == 4 && allDigits(name) {
			p.level, p.year = year, name
			return p
		}
	case year:
		if _, ok := dateOf(p.year, name, "01"); ok {
			p.level, p.month = month, name
			return p
		}
	case month:
		if d, ok := dateOf(p.year, p.month, name); ok {
			p.level, p.key.Day, p.key.HasDay = dayFolder, d, true
			return p
		}
	case dayFolder:
		return p
	case foreign:
		if name != "AWSLogs" {
			return p
		}
	}
	return p.enterOutside(name)
}

func (p place) enterLogs(name string) place {
	switch {
	case isAccount(name):
		return place{level: account, depth: p.depth, key: Key{Account: name}}
	case strings.HasPrefix(name, "o-"), name == "AWSLogs":
		return place{level: logs, depth: p.depth}
	}
	return place{level: foreign, depth: p.depth}
}

func (p place) enterAccount(name string) place {
	switch {
	case isTrailFolder(name):
		if p.level == looseNumber {
			p.key.Account = p.number
		}
		p.key.Folder, p.level = name, foreign
		if readFolders[name] {
			p.level = folder
		}
		return p
	case p.level == account, otherServices[name]:
		p.level = foreign
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
		q.key.Folder, q.level = name, foreign
		if read {
			q.level = folder
		}
		return q
	}
	switch {
	case name == "AWSLogs":
		q.level = logs
	case isAccount(name):
		q.level, q.number = looseNumber, name
	}
	return q
}

// dated returns the sub-folders of p, a region, year or month, that hold days of
// first..last, in order.
func (p place) dated(first, last day.Day) []string {
	var names []string
	for d := first; d <= last; d++ {
		y, m, dom := d.String()[:4], d.String()[5:7], d.String()[8:]
		name := y
		switch {
		case p.level == year && p.year == y:
			name = m
		case p.level == month && p.year == y && p.month == m:
			name = dom
		case p.level != region:
			continue
		}
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return names
}
