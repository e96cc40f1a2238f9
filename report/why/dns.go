package why

import (
	"context"
	"maps"
	"slices"

	"vpcetrail/classify/network"
	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// An asked is a name of a service that a VPC asked the Resolver for.
type asked struct{ vpc, service, name string }

// A lookup sums the queries for a name.
type lookup struct {
	private, public bool
	queries         int64
	first, last     int64
}

// readDNS sets what table dns of the days shows about the groups: evidence beside the cause, which it
// never changes.
func (r *reader) readDNS(ctx context.Context, store report.Store) error {
	wanted := map[asked]bool{} // VPCs and services
	for i := range r.why.Groups {
		g := &r.why.Groups[i]
		if g.Endpoint != "" && g.Service != "" && g.isAboutNames() {
			for _, service := range g.Services {
				wanted[asked{g.VPC, service, ""}] = true
			}
		}
	}
	seen := map[asked]*lookup{}
	var unread []day.Day
	for i, d := range r.why.Days {
		if !r.manifests[i].Has(table.DNS.Name) {
			unread = append(unread, d)
			continue
		}
		for row, err := range report.ReadTable(ctx, store, &table.DNS, r.manifests[i], d) {
			if err != nil {
				return err
			}
			if !wanted[asked{row.VPCID, row.Service, ""}] {
				continue
			}
			key := asked{row.VPCID, row.Service, row.Name}
			if seen[key] == nil {
				seen[key] = &lookup{first: row.FirstSeen}
			}
			seen[key].add(row)
		}
	}
	if len(unread) == len(r.why.Days) {
		return nil
	}
	for i := range r.why.Groups {
		if g := &r.why.Groups[i]; g.Endpoint != "" && g.Service != "" && g.isAboutNames() {
			g.DNS = g.testify(seen, r.why.Days, unread)
		}
	}
	return nil
}

// isAboutNames reports whether the name that was asked for may be why the calls of a group went past
// an interface endpoint. Gateway endpoints leave names as they are.
func (g *Group) isAboutNames() bool {
	switch g.Cause {
	case network.PrivateDNSOff, network.NameNotCovered:
		return true
	}
	switch g.Reason {
	case network.HostUnknown, network.NamesUnknown, network.ServicesNotRead, network.NotRead:
		return true
	case network.ShouldCarry:
		return g.Detail != ""
	}
	return false
}

func (l *lookup) add(row *table.DNSRow) {
	l.private = l.private || row.Answered == table.AnsweredPrivate || row.Answered == table.AnsweredBoth
	l.public = l.public || row.Answered == table.AnsweredPublic || row.Answered == table.AnsweredBoth
	l.queries += row.Queries
	l.first, l.last = min(l.first, row.FirstSeen), max(l.last, row.LastSeen)
}

// answered says how the queries for a name were answered.
func (l *lookup) answered(name string) phrase.Phrase {
	f := phrase.Format("%s was answered without an address (%s logged, %s)")
	switch {
	case l.private && l.public:
		f = "%s was answered with private and with public addresses (%s logged, %s)"
	case l.private:
		f = "%s was answered with private addresses (%s logged, %s)"
	case l.public:
		f = "%s was answered with public addresses (%s logged, %s)"
	}
	return phrase.Of(f, name, phrase.Count(l.queries, "query"), seen(l.first, l.last, false))
}

// cached says why a name may be missing.
const cached = "the Resolver does not log what it answers from its cache, nor what caches of programs answer"

// within returns those days that the calls of a group may be of.
func (g *Group) within(days []day.Day) []day.Day {
	return slices.DeleteFunc(slices.Clone(days), func(d day.Day) bool { return d < day.OfMillis(g.First) || d > day.OfMillis(g.Last) })
}

// testify says what the names that a VPC asked for show about a group. That a name is not logged
// shows nothing where no queries were read: unread are those of days.
func (g *Group) testify(seen map[asked]*lookup, days, unread []day.Day) phrase.Phrase {
	names := map[string]*lookup{}
	for key, l := range seen {
		if key.vpc == g.VPC && slices.Contains(g.Services, key.service) && network.ClassOf(key.name, g.Answer.Region) != network.OtherRegion {
			names[key.name] = l
		}
	}
	unread = g.within(unread)
	read := len(unread) < len(g.within(days))
	texts := g.answers(names, read)
	if len(texts) > 0 && len(unread) > 0 {
		texts = append(texts, phrase.Of("the queries of %s were not read", dayNames(unread)))
	}
	if len(texts) == 0 {
		return phrase.Phrase{}
	}
	return phrase.Of("%s", phrase.Join("; ", texts))
}

// answers says how names were answered, and, if queries of the days of the calls were read, what
// follows from that.
func (g *Group) answers(names map[string]*lookup, read bool) (texts []phrase.Phrase) {
	if len(names) == 0 {
		if read {
			texts = append(texts, phrase.Of("no query of %s for %s is logged: "+cached, g.VPC, phrase.Join(phrase.Comma, g.Services)))
		}
		return texts
	}
	own := names[g.Detail]
	if own != nil {
		texts = append(texts, own.answered(g.Detail))
		delete(names, g.Detail)
	} else if g.Detail != "" && read {
		texts = append(texts, phrase.Of("no query for %s is logged: "+cached, g.Detail))
	}
	private, public := false, false
	for _, name := range slices.Sorted(maps.Keys(names)) {
		l := names[name]
		private, public = private || l.private, public || !l.private && l.public
		if len(texts) < mostNames {
			texts = append(texts, l.answered(name))
		}
	}
	if end := g.conclude(own, private, public); end.Is() && read {
		texts = append(texts, end)
	}
	return texts
}

// mostNames is how many names are shown.
const mostNames = 4

// conclude says which cause the answers speak for. own are those for the name that the calls asked
// for, nil if none is logged; the others are private, public or both.
func (g *Group) conclude(own *lookup, private, public bool) phrase.Phrase {
	ownPrivate, ownPublic := own != nil && own.private, own != nil && own.public
	const other = "the name leads to private addresses, so the calls took another resolver or an old answer"
	switch {
	case ownPrivate && ownPublic:
		return phrase.Of("private DNS of the endpoint, or a zone of your own, changed in that time")
	case ownPrivate && g.Cause != network.Unexplained:
		return phrase.Of("this contradicts %s: "+other, string(g.Cause))
	case ownPrivate:
		return phrase.Of(other)
	case ownPublic && private, own == nil && private && public:
		return phrase.Of("other names lead to the endpoint, so this speaks for %s", string(network.NameNotCovered))
	case ownPublic, own == nil && public:
		return phrase.Of("no name of the service leads to a private address, so this speaks for %s", string(network.PrivateDNSOff))
	}
	return phrase.Phrase{}
}
