package tabulate

import (
	"cmp"
	"slices"

	"vpcetrail/classify"

	"vpcetrail/report/count"
	"vpcetrail/report/count/cells"
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
	found, sums := s.findable(restricted, some)
	var texts count.SampleTexts
	var numbers []uint32
	var calls findings.Calls
	var samples findings.Samples
	for i, key := range found.Keys {
		g, sum := &s.groups[key.group], &sums[i]
		samples = s.SamplesOf(sum, &texts)
		calls.TrafficKey, calls.Signs, calls.Measures, calls.Samples = s.keyOf(g), key.signs, &sum.Measures, &samples
		numbers = s.Resources(numbers[:0], key.resources)
		slices.SortFunc(numbers, func(a, b uint32) int { return cmp.Compare(s.ranks[a], s.ranks[b]) })
		calls.KeysOf = s.texts[g.elsewhere]
		calls.Resources = calls.Resources[:0]
		for _, n := range numbers {
			calls.Resources = append(calls.Resources, s.texts[n])
		}
		r.findings.Add(g.day, &calls)
	}
}

// A findingKey holds the parts of a cell that findings distinguish.
type findingKey struct {
	group     uint32
	resources cells.ResourceSet // 0 where they make no difference
	signs     classify.Signs
}

func (k *findingKey) hash() uint64 {
	return cells.Mix(uint64(k.group)<<32|uint64(k.resources), uint64(k.signs))
}

// findable sums the cells that can become findings. restricted says for each text whether it
// is a resource with a policy of its own that protects it. some says whether there is such a
// text.
func (s *sortedPage) findable(restricted []bool, some bool) (cells.Numbers[findingKey], []count.Sum) {
	found, sums := cells.NewNumbers((*findingKey).hash), []count.Sum(nil)
	var numbers []uint32
	for i, c := range s.Cells.Keys {
		number := uint32(i)
		g, t := &s.groups[c.Group], &s.Targets.Keys[c.Target]
		if !g.counts || s.CallsOf(number) == 0 && !s.HasSamples(number) {
			continue
		}
		key, isRestricted := findingKey{c.Group, 0, t.Signs}, false
		if some {
			numbers = s.Resources(numbers[:0], t.Resources)
			isRestricted = slices.ContainsFunc(numbers, func(n uint32) bool { return restricted[n] })
		}
		if !isRestricted && !s.IsFindable(number) {
			continue
		}
		if isRestricted || t.Signs&classify.ObjectCall != 0 {
			key.resources = t.Resources
		}
		at, isNew := found.Number(key.hash(), key)
		if isNew {
			sums = append(sums, count.Sum{})
		}
		s.AddTo(&sums[at], number)
	}
	return found, sums
}
