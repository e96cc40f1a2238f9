package list

import (
	"fmt"
	"strings"
	"sync"
)

// A reason says why an object that may hold calls is not read.
type reason int

const (
	passedSuffix reason = iota
	passedBeside
	passedFolder
	reasons
)

// reasonTexts follow the number of objects: the text for one, and for several.
var reasonTexts = [reasons][2]string{
	passedSuffix: {"object has a suffix that is not read", "objects have a suffix that is not read"},
	passedBeside: {"object lies outside the accounts' folders and has another name than CloudTrail gives", "objects lie outside the accounts' folders and have other names than CloudTrail gives"},
	passedFolder: {"folder of CloudTrail is not known", "folders of CloudTrail are not known"},
}

// PassedOver describes what a listing skipped although it may hold calls. Folders of
// digests, insights, aggregated events and other services do not count.
type PassedOver struct {
	Objects int64 // an unknown folder counts as one

	counts   [reasons]int64
	examples [reasons]string
}

// String says in one line how many objects were skipped, why, and what to do. It is ""
// if there are none.
func (p PassedOver) String() string {
	var parts []string
	for r, n := range p.counts {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s, such as %s", n, reasonTexts[r][min(n-1, 1)], p.examples[r]))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "passed over, though calls may be missing: " + strings.Join(parts, "; ") +
		": to read one, name it or its folder as SOURCE too; to leave it out, name only the folders wanted"
}

// passedOver collects a PassedOver. It is safe for concurrent use.
type passedOver struct {
	mu sync.Mutex
	PassedOver
}

func (p *passedOver) add(why reason, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Objects++
	p.counts[why]++
	if p.examples[why] == "" || name < p.examples[why] { // the first by name, in whatever order they are listed
		p.examples[why] = name
	}
}

func (p *passedOver) all() PassedOver {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.PassedOver
}
