package tabulate

import (
	"cmp"
	"slices"

	"vpcetrail/report/findings"
)

// find adds the calls of the page to findings.
func (s *sortedPage) find(r *resolver) {
	restricted := make([]bool, len(s.texts))
	some := false
	for i, text := range s.texts {
		for _, names := range r.restricted {
			restricted[i] = restricted[i] || names[text]
		}
		some = some || restricted[i]
	}
	for i := range s.groups {
		if g := &s.groups[i]; g.counts && g.sum.Calls > 0 {
			key := s.keyOf(g)
			r.findings.Saw(g.day, &key)
		}
	}
	var calls findings.Calls
	var numbers []uint32
	last := ^uint32(0)
	for i, c := range s.Cells.Keys {
		g, t := &s.groups[c.Group], &s.Targets.Keys[c.Target]
		if !g.counts || s.CallsOf(uint32(i)) == 0 && !s.HasSamples(uint32(i)) {
			continue
		}
		numbers = s.Resources(numbers[:0], t.Resources)
		if !s.IsFindable(uint32(i)) && !(some && slices.ContainsFunc(numbers, func(n uint32) bool { return restricted[n] })) {
			continue
		}
		if c.Group != last {
			calls.TrafficKey, last = s.keyOf(g), c.Group
		}
		calls.Resources = calls.Resources[:0]
		slices.SortFunc(numbers, func(a, b uint32) int { return cmp.Compare(s.ranks[a], s.ranks[b]) })
		for _, n := range numbers {
			calls.Resources = append(calls.Resources, s.texts[n])
		}
		m := s.Measures(uint32(i))
		samples := s.SamplesOf(uint32(i))
		calls.Signs, calls.Measures, calls.Samples = t.Signs, &m, &samples
		r.findings.Add(g.day, &calls)
	}
}
