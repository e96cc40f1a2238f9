package why

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vpcetrail/classify/network"
	"vpcetrail/report"
	"vpcetrail/report/grid"
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
	seen, days := map[asked]*lookup{}, 0
	for i, d := range r.why.Days {
		if !r.manifests[i].Has(table.DNS.Name) {
			continue
		}
		days++
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
	if days == 0 {
		return nil
	}
	for i := range r.why.Groups {
		if g := &r.why.Groups[i]; g.Endpoint != "" && g.Service != "" && g.isAboutNames() {
			g.DNS = g.testify(seen)
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

// String says how the queries were answered.
func (l *lookup) String() string {
	how := "without an address"
	switch {
	case l.private && l.public:
		how = "with private and with public addresses"
	case l.private:
		how = "with private addresses"
	case l.public:
		how = "with public addresses"
	}
	return fmt.Sprintf("%s (%s logged, %s)", how, grid.Plural(l.queries, "query"), seen(l.first, l.last, false))
}

// cached says why a name may be missing.
const cached = "the Resolver does not log what it answers from its cache, nor what caches of programs answer"

// testify says what the names that a VPC asked for show about a group.
func (g *Group) testify(seen map[asked]*lookup) string {
	names := map[string]*lookup{}
	for key, l := range seen {
		if key.vpc == g.VPC && slices.Contains(g.Services, key.service) && network.ClassOf(key.name, g.Answer.Region) != network.OtherRegion {
			names[key.name] = l
		}
	}
	if len(names) == 0 {
		return "no query of " + g.VPC + " for " + strings.Join(g.Services, ", ") + " is logged: " + cached
	}
	var texts []string
	own := names[g.Detail]
	if own != nil {
		texts = append(texts, g.Detail+" was answered "+own.String())
		delete(names, g.Detail)
	} else if g.Detail != "" {
		texts = append(texts, "no query for "+g.Detail+" is logged: "+cached)
	}
	private, public := false, false
	for _, name := range slices.Sorted(maps.Keys(names)) {
		l := names[name]
		private, public = private || l.private, public || !l.private && l.public
		if len(texts) < mostNames {
			texts = append(texts, name+" was answered "+l.String())
		}
	}
	return strings.Join(append(texts, g.conclude(own, private, public)...), "; ")
}

// mostNames is how many names are shown.
const mostNames = 4

// conclude says which cause the answers speak for. own are those for the name that the calls asked
// for, nil if none is logged; the others are private, public or both.
func (g *Group) conclude(own *lookup, private, public bool) []string {
	ownPrivate, ownPublic := own != nil && own.private, own != nil && own.public
	switch {
	case ownPrivate && ownPublic:
		return []string{"private DNS of the endpoint, or a zone of your own, changed in that time"}
	case ownPrivate:
		text := "the name leads to private addresses, so the calls took another resolver or an old answer"
		if g.Cause != network.Unexplained {
			text = "this contradicts " + string(g.Cause) + ": " + text
		}
		return []string{text}
	case ownPublic && private, own == nil && private && public:
		return []string{"other names lead to the endpoint, so this speaks for " + string(network.NameNotCovered)}
	case ownPublic, own == nil && public:
		return []string{"no name of the service leads to a private address, so this speaks for " + string(network.PrivateDNSOff)}
	}
	return nil
}
