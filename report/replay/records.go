package replay

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/report/learn"
)

// Known is what the whole trail and the command line say.
type Known struct {
	TrailAccounts []string            // those that have a folder in the trail
	OwnAccounts   []string            // further accounts that are ours
	Inventory     endpoints.Inventory // our endpoints by id
	Memory        int                 // bytes for finding duplicates
}

// ErrNoCall means that no call was read.
var ErrNoCall = errors.New("no call to replay")

// ReadRecords judges the calls that the collectors of a run took, once it has ended well. All must be for p.
func ReadRecords(ctx context.Context, collectors []*Collector, p *Plan, known *Known) (*Answer, error) {
	j := judging{plan: p, answer: newAnswer(p), known: known, trail: map[string]bool{}, denied: map[string]bool{}}
	logs, err := j.gather(collectors)
	if err != nil {
		return nil, err
	}
	for _, account := range slices.Concat(known.TrailAccounts, j.learned.Accounts) {
		j.trail[account] = true
	}
	for _, described := range append(slices.Collect(maps.Values(j.learned.Endpoints)), known.Inventory) {
		p.Describe(slices.Collect(maps.Values(described))...)
	}
	if err := p.prepare(known.OwnAccounts, known.TrailAccounts, j.learned.Accounts); err != nil {
		return nil, err
	}
	err = dedupe.Settle(ctx, logs, known.Memory, 1, func(_ int, part *dedupe.Partition) error {
		for i := range part.Runs {
			j.run(&part.Runs[i])
		}
		for i := range part.Replacing {
			j.call(part.Replacing[i].Extra)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, c := range j.network {
		if !j.denied[c.RequestID] { // else the ordinary trail has it too
			j.judge(c)
		}
	}
	j.answer.finish(p)
	return j.answer, nil
}

// gather joins what the collectors found besides calls.
func (j *judging) gather(collectors []*Collector) (logs []*dedupe.Log, err error) {
	days := day.Window{From: day.All().To, To: day.All().From}
	var problems []problem
	for _, c := range collectors {
		c.log.End()
		logs, problems = append(logs, c.log), append(problems, c.problems...)
		j.learned.Merge(c.learner.Learned())
		days.From, days.To = min(days.From, c.days.From), max(days.To, c.days.To)
	}
	if days.From > days.To {
		return nil, ErrNoCall
	}
	j.answer.Read, j.answer.Days = Records, phrase.Of("%s", days)
	slices.SortFunc(problems, func(a, b problem) int { return cmp.Compare(a.object, b.object) })
	for _, p := range problems {
		j.answer.Problems = append(j.answer.Problems, p.text)
	}
	return logs, nil
}

// A judging is the state of ReadRecords.
type judging struct {
	plan    *Plan
	answer  *Answer
	known   *Known
	trail   map[string]bool // accounts
	learned learn.Learned

	denied  map[string]bool // request ids of denied calls through the endpoints of the plan
	network []*Call         // that endpoints recorded
}

// run judges the calls of a run that count.
func (j *judging) run(run *dedupe.Run) {
	extras := run.Extras()
	for i := range run.Records {
		var extra []byte
		if run.Records[i].Flags&dedupe.HasExtra != 0 {
			extra = extras.Next()
		}
		if run.Fates[i] != dedupe.Counts || run.Records[i].IsCorrection() {
			continue
		}
		j.call(extra)
	}
}

// call judges a call as it was kept.
func (j *judging) call(kept []byte) {
	if len(kept) == 0 {
		j.answer.OtherCalls++
		return
	}
	c := cutCall(kept)
	if c.Network {
		j.network = append(j.network, c)
		return
	}
	if c.SharedBy != "" && j.trail[c.SharedBy] {
		return // the copy of a call that the caller's own account recorded
	}
	if c.Denied && slices.Contains(j.plan.Endpoints, c.EndpointID) {
		j.denied[c.RequestID] = true
	}
	j.judge(c)
}

// judge judges a call now that the owner of its endpoint can be known.
func (j *judging) judge(c *Call) {
	d := day.OfMillis(c.Time)
	owners := endpoints.Owners{Accounts: j.plan.own, Day: d, Inventory: j.known.Inventory, Trail: j.learned.Endpoints[d]}
	v := c.verdict.Resolve(&owners, c.EndpointID, c.EndpointAccount)
	c.Route, c.Evidence, c.EndpointOwner = v.Route().String(), v.Evidence.String(), v.Owner().String()
	if e := owners.Endpoint(c.EndpointID); c.Route == "vpce" {
		c.VPC = e.VPC
		if c.EndpointAccount == "" {
			c.EndpointAccount = e.Account
		}
	}
	j.answer.add(j.plan, c)
}
