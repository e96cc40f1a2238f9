package replay

import (
	"slices"
	"strings"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"
	"vpcetrail/report/learn"
)

// A Collector keeps what the records of one worker show until they can be judged. It is an ingest.Sink. Use
// NewCollector.
type Collector struct {
	ranges    *classify.Ranges
	plan      *Plan
	log       *dedupe.Log
	learner   learn.Learner
	resources classify.Resources
	reader    *event.Reader // of the current object
	reads     bool          // the text of records, for credentials
	names     []byte        // scratch
	kept      []byte        // scratch

	seq, index int
	days       day.Window // of the events
	problems   []problem
}

// A problem is what is wrong with an object.
type problem struct{ object, text string }

// Options say where a Collector keeps records.
type Options struct {
	Ranges *classify.Ranges // AWS's public addresses
	Disk   *spill.Disk      // takes what passes Memory, in bytes; it must stay open until all is judged
	Memory int
}

// NewCollector returns an empty Collector for a plan.
func NewCollector(p *Plan, opt Options) *Collector {
	return &Collector{
		ranges: opt.Ranges, plan: p, log: dedupe.NewLog(opt.Disk, opt.Memory), days: day.Window{From: day.All().To, To: day.All().From},
		reads: slices.ContainsFunc(p.usedKeys(), needsCredentials),
	}
}

// Begin opens object number seq.
func (c *Collector) Begin(seq int) { c.seq, c.index = seq, 0 }

// From takes the Reader of the current object.
func (c *Collector) From(r *event.Reader) { c.reader = r }

// Event takes an event of the current object.
func (c *Collector) Event(ev *event.Event) {
	at := dedupe.PlaceOf(c.seq, c.index)
	c.index++
	kind := ev.Kind()
	if kind == event.Other {
		return
	}
	c.learner.Event(ev)
	if kind == event.Network && !c.plan.mayDeny(ev) {
		return
	}
	c.kept = c.kept[:0]
	if c.plan.mayConcern(ev) {
		call := c.call(ev)
		call.Network = kind == event.Network
		c.kept = call.append(c.kept)
	}
	d := ingest.DayOf(ev)
	c.days.From, c.days.To = min(c.days.From, d), max(c.days.To, d)
	c.log.Event(ev, d, at, c.kept)
}

// End closes the current object.
func (c *Collector) End(res *ingest.Result) error {
	if res.Status != ingest.OK {
		c.problems = append(c.problems, problem{res.Object.Name, res.Err.Error()})
	}
	c.learner.End(res)
	if !res.Counted() {
		c.log.Void(c.seq)
	}
	return c.log.Err()
}

// mayConcern reports whether the policies may be for a call. It looks at the record alone.
func (p *Plan) mayConcern(ev *event.Event) bool {
	if len(p.ServiceControl)+len(p.ResourceControl) > 0 || p.ResourceARN != "" {
		return true
	}
	m := classify.MentionIn(ev)
	return slices.Contains(p.Endpoints, string(m.EndpointID))
}

// mayDeny reports whether an endpoint's own record is of a call that the endpoint's policy denied. The ordinary
// trail often does not have such calls.
func (p *Plan) mayDeny(ev *event.Event) bool {
	return p.Endpoint != nil && classify.DeniedByEndpointPolicy(ev) && slices.Contains(p.Endpoints, string(ev.EndpointID))
}

// call reads a record.
func (c *Collector) call(ev *event.Event) *Call {
	c.names = c.names[:0]
	caller := classify.Caller(ev, &c.names)
	facts := classify.Examine(ev, c.ranges)
	call := &Call{
		ID: string(ev.ID), Principal: string(caller.Name), PrincipalType: string(caller.Type), PrincipalAccount: string(caller.Account),
		UserID: string(ev.Identity.PrincipalID), UserName: string(ev.Identity.UserName), Source: string(ev.Source), EventName: string(ev.Name),
		Account: string(ev.Recipient), Region: string(ev.Region), verdict: facts.Unowned,
		EndpointID: string(facts.EndpointID), EndpointAccount: string(facts.EndpointAccount),
		IP: string(ev.SourceIP), UserAgent: userAgent(ev), TLS: string(ev.TLSVersion), Time: ev.Time,
		SharedBy: string(classify.SharedBy(ev)), Denied: ev.Failed() && classify.Denied(ev),
	}
	if call.Denied {
		call.RequestID = string(ev.RequestID)
	}
	if arn := string(ev.Identity.ARN); strings.Contains(arn, ":sts:") {
		call.SessionARN = arn
	}
	if c.reads {
		call.credentials = readCredentials(c.reader.Text())
	}
	c.readResources(call, ev)
	return call
}

// longestAgent is the length from which CloudTrail may cut a user agent, so that the rest is not known.
const longestAgent = 1000

// userAgent returns the user agent as the caller sent it. S3 writes it in brackets.
func userAgent(ev *event.Event) string {
	agent := string(ev.UserAgent)
	if len(agent) >= longestAgent {
		return ""
	}
	if inner, ok := strings.CutPrefix(agent, "["); ok && strings.HasSuffix(inner, "]") {
		return strings.TrimSuffix(inner, "]")
	}
	return agent
}

// readResources reads the resources that a record names, and what it says of them.
func (c *Collector) readResources(call *Call, ev *event.Event) {
	c.resources.Read(ev)
	for _, arn := range c.resources.ARNs {
		call.Resources = append(call.Resources, string(arn))
	}
	for list := event.MembersOf(ev.Resources); list.Next(); {
		var arn, account string
		for m := event.MembersOf(list.Value); m.Next(); {
			text, _ := event.TextOf(m.Value)
			switch string(m.Name) {
			case "ARN", "arn":
				arn = string(text)
			case "accountId":
				account = string(text)
			}
		}
		if arn != "" && len(call.Resources) < maxKept && !slices.Contains(call.Resources, arn) {
			call.Resources = append(call.Resources, arn)
		}
		if call.ResourceAccount == "" && endpoints.IsAccount([]byte(account)) {
			call.ResourceAccount = account
		}
	}
	if call.ResourceAccount == "" {
		call.ResourceAccount = accountOf(call.Resources)
	}
	for m := event.MembersOf(ev.Request); m.Next(); {
		switch string(m.Name) {
		case "versionId":
			call.Version = true
		case "x-amz-copy-source":
			text, _ := event.TextOf(m.Value)
			call.CopySource = string(text)
		}
	}
}

// maxKept limits the resources that are kept of one call.
const maxKept = 100

// accountOf returns the account in the first ARN that has one.
func accountOf(arns []string) string {
	for _, arn := range arns {
		if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 && endpoints.IsAccount([]byte(parts[4])) {
			return parts[4]
		}
	}
	return ""
}
