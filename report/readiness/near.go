package readiness

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"vpcetrail/report"
	"vpcetrail/report/table"
)

// An UnknownResourceError says that no call names a resource.
type UnknownResourceError struct {
	Resource, Days string
	Near           []string // resources with names like it, the most alike first
}

func (e *UnknownResourceError) Error() string {
	text := fmt.Sprintf("no call of %s names the resource %q", e.Days, e.Resource)
	if len(e.Near) == 0 {
		return text + ": calls on what a resource holds are recorded only where the trail has data events for it"
	}
	return text + "; near to it: " + strings.Join(e.Near, ", ")
}

// maxNear is how many near matches are named.
const maxNear = 5

type candidate struct {
	resource string
	distance int
}

// nearest returns the resources of the report whose names are most like the one asked for.
func nearest(ctx context.Context, s *report.Span, asked string) ([]string, error) {
	var best []candidate
	last := ""
	for row, err := range report.SpanRows(ctx, s, &table.Resources) {
		if err != nil {
			return nil, err
		}
		if row.Resource == last {
			continue // rows are sorted by it
		}
		last = row.Resource
		c := candidate{row.Resource, unlikeness(asked, row.Resource)}
		if c.distance > len(nameOf(asked))/3+1 || slices.Contains(best, c) {
			continue
		}
		best = append(best, c)
		slices.SortFunc(best, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.resource, b.resource))
		})
		best = best[:min(len(best), maxNear)]
	}
	var names []string
	for _, c := range best {
		names = append(names, c.resource)
	}
	return names, nil
}

// nameOf returns the last part of an ARN, or the whole of what is none: s3://bucket/key too has a bucket.
func nameOf(resource string) string {
	resource = strings.TrimPrefix(resource, "s3://")
	if strings.HasPrefix(resource, "arn:") {
		parts := strings.SplitN(resource, ":", 6)
		resource = parts[len(parts)-1]
	}
	return strings.ToLower(resource)
}

// unlikeness is 0 for names of which one holds the other, else the edits between them.
func unlikeness(asked, there string) int {
	a, b := nameOf(asked), nameOf(there)
	if len(a) >= 3 && len(b) >= 3 && (strings.Contains(a, b) || strings.Contains(b, a)) {
		return 0
	}
	return edits(a, b)
}

// edits returns how many characters must be changed, added or taken away to make b of a; of very long names only
// the front counts.
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
