package findings

import (
	"strings"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"
	"vpcetrail/report/table"
)

// Calls are calls that are equal in everything that findings check. If none of them counts, because
// other records replace them, there are only samples.
type Calls struct {
	table.TrafficKey
	Resources []string
	KeysOf    string // the instance that has lost the keys of the calls; "" if none is known
	Signs     classify.Signs
	Measures  *table.Measures
	Samples   *Samples
}

func (c *Calls) has(s classify.Signs) bool { return c.Signs&s != 0 }

// A Collector collects findings. Create it with New, and use it from one goroutine.
//
// Its memory is bounded: totals that exceed its share go to disk. It holds all endpoints in calls in
// memory, with the services called, and all resources with calls that the resource policy refused.
type Collector struct {
	totals *spill.Totals[total, *total] // by day and table.FindingKey
	days   map[day.Day]*daily
	key    []byte // scratch
}

// daily is what is known about a day in addition to totals.
type daily struct {
	owners     *endpoints.Owners
	served     map[place]bool  // where one of our endpoints serves the service
	covered    map[place]bool  // accounts and Regions with calls; service is ""
	used       map[string]bool // endpoints
	restricted map[string]bool // resources with calls refused by their policy; true if calls through an endpoint reached them
}

// New returns a Collector that takes about share bytes of memory.
func New(disk *spill.Disk, share int) *Collector {
	return &Collector{totals: spill.NewTotals[total](disk, share), days: map[day.Day]*daily{}}
}

// Own sets the owners of endpoints on a day. Call it before the calls of that day.
func (c *Collector) Own(d day.Day, owners *endpoints.Owners) { c.of(d).owners = owners }

// Restrict records that the policy of a resource refused calls on a day. Call it before the calls of
// that day.
func (c *Collector) Restrict(d day.Day, resource string) { c.of(d).restricted[resource] = false }

func (c *Collector) of(d day.Day) *daily {
	if c.days[d] == nil {
		c.days[d] = &daily{
			owners: &endpoints.Owners{}, served: map[place]bool{}, covered: map[place]bool{}, used: map[string]bool{}, restricted: map[string]bool{},
		}
	}
	return c.days[d]
}

// Saw takes a key of table traffic on a day. Call it for every key.
func (c *Collector) Saw(d day.Day, k *table.TrafficKey) {
	of := c.of(d)
	of.covered[place{k.AccountID, k.Region, ""}] = true
	if k.EndpointOwner == "own" {
		of.served[place{k.AccountID, k.Region, k.Service}] = true
		of.used[k.EndpointID] = true
	}
}

// Used records that an endpoint was used on a day. The trail may not hold the calls.
func (c *Collector) Used(d day.Day, endpoint string) { c.of(d).used[endpoint] = true }

// NetworkDenied takes a call that an endpoint policy refused and that only a network event shows.
func (c *Collector) NetworkDenied(d day.Day, account, region, service, endpoint string, at int64, eventID string) {
	var samples Samples
	if eventID != "" {
		samples.Add(eventID, true)
	}
	m := table.Measures{Calls: 1, FirstSeen: at, LastSeen: at}
	c.at(d, endpointPolicyDenied, table.FindingKey{AccountID: account, Region: region, Service: service, EndpointID: endpoint}).count(&m, &samples)
}

// Add takes calls of a day, and keeps no reference to them.
func (c *Collector) Add(d day.Day, calls *Calls) {
	of := c.of(d)
	subject := table.FindingKey{
		AccountID: calls.AccountID, Region: calls.Region, Principal: calls.Principal, PrincipalAccountID: calls.PrincipalAccountID, Service: calls.Service,
	}
	add := func(code int, k table.FindingKey) { c.at(d, code, k).count(calls.Measures, calls.Samples) }
	withEndpoint := subject
	withEndpoint.EndpointID = calls.EndpointID
	switch calls.Route {
	case "vpce":
		switch foreign := calls.PrincipalAccountID != "" && !of.owners.Accounts[calls.PrincipalAccountID]; {
		case calls.EndpointOwner == "own" && foreign:
			add(foreignPrincipal, withEndpoint)
		case calls.EndpointOwner == "foreign" && !foreign && calls.PrincipalAccountID != "":
			add(foreignEndpoint, withEndpoint)
		}
	case "internet":
		if calls.Evidence == classify.PublicSource.String() {
			add(pastEndpoint, subject) // is kept if the day shows an endpoint
			c.external(d, calls)
		}
		c.detour(d, calls, subject)
		if calls.KeysOf != "" {
			add(keysElsewhere, table.FindingKey{AccountID: calls.AccountID, Principal: calls.Principal, PrincipalAccountID: calls.PrincipalAccountID, Resource: calls.KeysOf})
		}
	}
	if calls.Evidence == classify.ConsolePublicSource.String() || calls.Evidence == classify.ConsolePrivateSource.String() {
		add(awsOwnedEndpoint, table.FindingKey{AccountID: calls.AccountID, Region: calls.Region, Service: calls.Service, EndpointID: calls.EndpointID})
	}
	if calls.has(classify.DeniedByEndpoint) {
		add(endpointPolicyDenied, withEndpoint)
	}
	if calls.has(classify.TwoEndpoints|classify.OtherEndpoint) || calls.has(classify.PublicEndpoint) && calls.EndpointOwner == "own" {
		add(evidenceConflict, withEndpoint)
	}
	c.restricted(of, calls, func(code int, resource string) {
		k := subject
		k.Resource = resource
		add(code, k)
	})
}

// at returns the total of a finding. The caller adds to it.
func (c *Collector) at(d day.Day, code int, k table.FindingKey) *total {
	c.key = spill.AppendFields(d.AppendKey(c.key[:0]), Codes[code].Name, Codes[code].Severity,
		k.AccountID, k.Region, k.Principal, k.PrincipalAccountID, k.Service, k.Resource, k.EndpointID)
	return c.totals.At(c.key)
}

// external finds long-term credentials that are used outside AWS.
func (c *Collector) external(d day.Day, calls *Calls) {
	code := userCredentialsExternal
	switch calls.PrincipalType {
	case "Root":
		code = rootCredentialsExternal
	case "IAMUser":
	default:
		return
	}
	if calls.Origin == "external" && calls.Service != "signin.amazonaws.com" {
		k := table.FindingKey{AccountID: calls.AccountID, Principal: calls.Principal, PrincipalAccountID: calls.PrincipalAccountID}
		c.at(d, code, k).count(calls.Measures, calls.Samples)
	}
}

// detour finds bytes between AWS addresses and buckets. A call that names a bucket and an access
// point counts for the bucket.
func (c *Collector) detour(d day.Day, calls *Calls, subject table.FindingKey) {
	if calls.Origin != "aws" || !calls.has(classify.ObjectCall) {
		return
	}
	for _, r := range calls.Resources {
		if strings.Contains(r, ":s3:::") {
			subject.Resource = r
			break
		}
		if subject.Resource == "" && strings.Contains(r, ":s3") {
			subject.Resource = r
		}
	}
	if subject.Resource != "" {
		c.at(d, detourCost, subject).count(calls.Measures, calls.Samples)
	}
}

// restricted finds calls without an endpoint that a resource policy refuses, and those that it
// leaves open.
func (c *Collector) restricted(of *daily, calls *Calls, found func(code int, resource string)) {
	for _, r := range calls.Resources {
		if _, ok := of.restricted[r]; !ok {
			continue
		}
		denied := calls.has(classify.DeniedCall)
		switch calls.Route {
		case "vpce":
			of.restricted[r] = of.restricted[r] || !denied && calls.Measures.Calls > 0
		case "internet", "unknown":
			if calls.has(classify.DeniedByResource) {
				found(deniedWithoutEndpoint, r)
			} else if !denied && calls.Route == "internet" {
				found(restrictedFromInternet, r)
			}
		}
	}
}

// A place is where a service can be called. An empty account or Region means any.
type place struct{ account, region, service string }
