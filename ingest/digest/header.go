package digest

import (
	"encoding/json"
	"fmt"
	"time"

	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/spill"
)

// A Finding is the result for a digest, for a time without a valid digest, or for a log.
type Finding struct {
	Kind              string     // KindDigest, KindGap or KindLog
	layout.DigestName            // the chain; of a log: Account and Region alone
	Start             time.Time  // of the window or gap, which ends at End; zero: not known
	Name              string     // of the object: where it lies, or should lie
	Status            Status     // never empty
	Problem           string     // what is wrong and what to do, "" if nothing is; does not repeat Name
	SHA256            string     // of the uncompressed digest, in hexadecimal
	Logs              int        // the number of logs that a digest names
	Key               layout.Key `json:"-"` // of a log

	// Of a gap: the chain begins again after it; it begins in it; it has no end yet.
	Restart, First, Open bool `json:",omitempty"`

	After string `json:",omitempty"` // of a digest that begins the chain again: the id of the gap before it
}

// Title names the object of a finding, or the chain and time of a gap.
func (f *Finding) Title() string {
	if f.Kind != KindGap {
		return f.Name
	}
	return fmt.Sprintf("trail %s of account %s in %s, %s to %s", f.Trail, f.Account, f.Region,
		f.Start.UTC().Format(time.RFC3339), f.End.UTC().Format(time.RFC3339))
}

// Series says which of a trail's two series of digests the chain is. It is "" for a log.
func (f *Finding) Series() string {
	switch {
	case f.Kind == KindLog:
		return ""
	case f.Backfill:
		return "backfill"
	}
	return "hourly"
}

// window returns the time that a finding is about. Most windows are of an hour, so that is
// taken if the start is not known.
func (f *Finding) window() span {
	if f.Start.IsZero() {
		return span{f.End.Add(-time.Hour), f.End}
	}
	return span{f.Start, f.End}
}

// The kinds of a Finding, in the order in which they are listed.
const (
	KindDigest = "digest"
	KindGap    = "gap"
	KindLog    = "log"
)

// A header is what the walk through a chain needs of a digest.
type header struct {
	Finding
	Recorded    string // bucket/key, as the digest says; "" if it cannot be read
	Fingerprint string
	Signed      []byte // SHA-256 of the text that CloudTrail signed
	Signature   string // its own, in hexadecimal; "": not known
	Before      *link  // nil: the first of a chain

	mismatch string // the digest before it, if that is another one than it names
}

// A link is what a digest says about the one before it.
type link struct {
	Recorded, SHA256, Signature string
	Name                        string // where it lies, or should lie
}

// key returns the place of h among all: kind by kind, chain by chain, each from its oldest.
func (h *header) key() []byte {
	at := h.End
	if h.Kind == KindGap { // its end may not be known
		at = h.Start
	}
	return spill.AppendFields(nil, h.Kind, h.Account, h.Region, h.Trail, h.Home, h.Series(), at.UTC().Format(time.RFC3339), h.Name)
}

func (h *header) chain() layout.DigestName {
	c := h.DigestName
	c.End = time.Time{}
	return c
}

func (h *header) append() []byte {
	text, err := json.Marshal(h)
	if err != nil {
		panic("BUG: digest: " + err.Error()) // plain fields always marshal
	}
	return text
}

func cutHeader(text []byte) *header {
	h := new(header)
	if err := json.Unmarshal(text, h); err != nil {
		panic("BUG: digest: " + err.Error())
	}
	return h
}
