package readiness

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// An UnknownResourceError means that neither a call nor a request of access logs names a resource.
type UnknownResourceError struct {
	Resource string
	Days     phrase.Phrase
	NoTrail  bool     // no calls of the days are known
	Near     []string // resources with similar names, most similar first
}

func (e *UnknownResourceError) Error() string { return e.Phrase().String() }

// Phrase says the error.
func (e *UnknownResourceError) Phrase() phrase.Phrase {
	switch {
	case e.NoTrail && len(e.Near) == 0:
		return phrase.Of("the report has no calls of %s, and no S3 access log names the resource %q: run vpcetrail analyze SOURCE for these days", e.Days, e.Resource)
	case e.NoTrail:
		return phrase.Of("the report has no calls of %s, and no S3 access log names the resource %q; near to it: %s", e.Days, e.Resource, phrase.Join(phrase.Comma, e.Near))
	case len(e.Near) == 0:
		return phrase.Of("no call of %s names the resource %q: calls on what a resource holds are recorded only where the trail has data events for it", e.Days, e.Resource)
	}
	return phrase.Of("no call of %s names the resource %q; near to it: %s", e.Days, e.Resource, phrase.Join(phrase.Comma, e.Near))
}

// maxNear is the limit of Near.
const maxNear = 5

type candidate struct {
	resource string
	distance int
}

// nearest returns the resources of the report with the names most similar to the given one.
func nearest(ctx context.Context, s *report.Span, asked string) ([]string, error) {
	var best []candidate
	last := ""
	consider := func(resource string) {
		if resource == last {
			return // rows are sorted by resource
		}
		last = resource
		c := candidate{resource, unlikeness(asked, resource)}
		if c.distance > len(nameOf(asked))/3+1 || slices.Contains(best, c) {
			return
		}
		best = append(best, c)
		slices.SortFunc(best, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.resource, b.resource))
		})
		best = best[:min(len(best), maxNear)]
	}
	for row, err := range report.SpanRows(ctx, s, &table.Resources) {
		if err != nil {
			return nil, err
		}
		consider(row.Resource)
	}
	for d, m := range s.Published() {
		for row, err := range report.ReadTable(ctx, s.Store, &table.S3Access, m, d) {
			if err != nil {
				return nil, err
			}
			consider("arn:" + partitionOf(asked) + ":s3:::" + row.Bucket)
		}
	}
	var names []string
	for _, c := range best {
		names = append(names, c.resource)
	}
	return names, nil
}

// nameOf returns the last part of an ARN, or the whole text if it is not an ARN. It also finds the
// bucket in s3://bucket/key.
func nameOf(resource string) string {
	resource = strings.TrimPrefix(resource, "s3://")
	if strings.HasPrefix(resource, "arn:") {
		parts := strings.SplitN(resource, ":", 6)
		resource = parts[len(parts)-1]
	}
	return strings.ToLower(resource)
}

// unlikeness returns 0 if one name contains the other, else the edit distance.
func unlikeness(asked, there string) int {
	a, b := nameOf(asked), nameOf(there)
	if len(a) >= 3 && len(b) >= 3 && (strings.Contains(a, b) || strings.Contains(b, a)) {
		return 0
	}
	return edits(a, b)
}

// edits returns the edit distance: the number of characters to change, add or remove to turn a
// into b. It compares only the front of very long names.
func edits(a, b string) int {
	as, bs := front(a), front(b)
	row := make([]int, len(bs)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range as {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range bs {
			changed := diagonal
			if r != s {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, diagonal+1)
		}
	}
	return row[len(bs)]
}

func front(s string) []rune {
	runes := []rune(s)
	return runes[:min(len(runes), 200)]
}
