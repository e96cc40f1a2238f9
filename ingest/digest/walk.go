package digest

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/spill"
)

// A coverage says for which times the chains of one account and Region have valid digests.
type coverage struct {
	holes  []span    // times in which a chain has no valid digest
	newest time.Time // end of the newest digest
}

// A tail is the end of a chain.
type tail struct {
	chain layout.DigestName
	end   time.Time
}

// A walk goes through the chains, each from its oldest digest.
type walk struct {
	*Check
	ctx   context.Context
	chain []*header // of the current chain, by the end of their windows
}

func (w *walk) run(headers []*spill.Sorter) error {
	c := spill.Merge(headers...)
	for c.Next() {
		h := cutHeader(c.Value)
		if len(w.chain) > 0 && w.chain[0].chain() != h.chain() {
			w.judge()
		}
		w.chain = append(w.chain, h)
	}
	if err := c.Err(); err != nil {
		return err
	}
	w.judge()
	if err := w.ctx.Err(); err != nil {
		return context.Cause(w.ctx)
	}
	return w.found.Err()
}

// judge ends a chain: it decides the status of each digest, and finds what is missing.
func (w *walk) judge() {
	if len(w.chain) == 0 {
		return
	}
	byName := map[string]*header{}
	for _, h := range w.chain {
		byName[h.Name] = h
		if h.Recorded != "" {
			byName[h.Recorded] = h
		}
	}
	successors := map[*header][]*header{}
	var missing []*header // by which a digest is named that is not there
	for _, h := range w.chain {
		switch before := h.before(byName); {
		case before != nil:
			successors[before] = append(successors[before], h)
		case h.Before != nil:
			missing = append(missing, h)
		}
	}
	for _, h := range slices.Backward(w.chain) { // what a digest says counts once it is proved itself
		w.prove(h, successors[h])
	}
	for _, h := range w.chain {
		if h.Status != Valid {
			w.bad[idOf(h.Name)] = h.Status
		}
	}
	for _, h := range missing {
		w.missing(h)
	}
	slices.SortStableFunc(w.chain, func(a, b *header) int { return a.End.Compare(b.End) })
	w.gaps()
	for _, h := range w.chain {
		if h.mismatch != "" && h.Status == Valid { // its own signature still proves it
			h.Status, h.Problem = ChainMismatch, "names another hash or signature than those of the digest before it, "+h.mismatch
		}
		w.add(&h.Finding)
	}
	w.chain = w.chain[:0]
}

// before returns the digest that h names as the one before it, if it was read.
func (h *header) before(byName map[string]*header) *header {
	if h.Before == nil {
		return nil
	}
	if b := byName[h.Before.Recorded]; b != nil && b != h {
		return b
	}
	if b := byName[h.Before.Name]; b != nil && b != h {
		return b
	}
	return nil
}

// prove compares h with what its successors say about it. A digest without a signature of
// its own is proved by the one that its successor repeats.
func (w *walk) prove(h *header, successors []*header) {
	for _, s := range successors {
		if h.Status == Valid && h.Signature == "" {
			h.Signature = s.Before.Signature
			if h.Status, h.Problem = w.keys.check(w.ctx, h, h.Signature, h.signedAbout()); h.Status == BadSignature && s.Status == Valid {
				h.Status = ChainMismatch
			}
		}
		if s.Status != Valid || s.Before.SHA256 == h.SHA256 && strings.EqualFold(s.Before.Signature, h.Signature) {
			continue
		}
		switch h.Status {
		case Valid: // both are signed
			s.mismatch = path.Base(h.Name)
		case NoKey, KeyUnread:
			h.Status = ChainMismatch
			h.Problem = "the digest after it, " + path.Base(s.Name) + ", names another hash or signature: restore the object from a version or a copy"
		}
	}
	if h.Status == Valid && h.Signature == "" {
		h.Status = UnsignedTail
		h.Problem = "has no signature, and no digest after it repeats one: read it from the bucket itself, or write the signatures with vpcetrail verify --save-signatures"
	}
}

// missing adds the digest that h names and that is not there.
func (w *walk) missing(h *header) {
	name, ok := layout.ParseDigestName(path.Base(h.Before.Recorded))
	switch h.Status {
	case BadSignature, Moved, Malformed: // what it says proves nothing
		return
	}
	if ok && name.End.Before(w.from) {
		return // it was not asked for
	}
	if slices.ContainsFunc(w.chain, func(m *header) bool { return m.Name == h.Before.Name }) {
		return
	}
	f := Finding{Kind: KindDigest, DigestName: h.DigestName, Name: h.Before.Name, Status: Missing}
	if f.End = h.Start; ok {
		f.End = name.End
	}
	f.Start = f.End.Add(-time.Hour) // as most windows are
	f.Problem = "is missing, and " + path.Base(h.Name) + " names it: restore it from a version or a copy"
	if !w.within(f.Name) {
		f.Status, f.Problem = Outside, "is named by "+path.Base(h.Name)+", and lies in no SOURCE: name its bucket as SOURCE too, or give --moved"
	}
	w.chain = append(w.chain, &header{Finding: f})
}

// gaps adds the times for which the chain has no valid digest.
func (w *walk) gaps() {
	first := w.chain[0]
	if first.Backfill {
		return
	}
	at := w.coverage[first.Account+"/"+first.Region]
	if at == nil {
		at = &coverage{}
		w.coverage[first.Account+"/"+first.Region] = at
	}
	proved, known := w.from, w.from // up to which valid digests, and any digests, cover the time
	for _, h := range w.chain {
		if proved.IsZero() {
			proved, known = h.Start, h.Start
		}
		start := h.Start
		if start.IsZero() || h.Status == Moved || h.Status == Malformed { // all that is known is its end
			start = known
		}
		if start.After(known) || h.restarts(first) {
			w.gap(h, span{known, start}, h == first)
		}
		if known = later(known, h.End); h.Status != Valid {
			continue
		}
		if start.After(proved) {
			at.holes = append(at.holes, span{proved, start})
		}
		proved = later(proved, h.End)
	}
	if known.After(proved) {
		at.holes = append(at.holes, span{proved, known})
	}
	at.newest = later(at.newest, known)
	w.tails = append(w.tails, tail{first.chain(), known})
}

// restarts reports whether a digest begins its chain again.
func (h *header) restarts(first *header) bool {
	return h != first && h.Before == nil && h.Status == Valid
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// gap adds the time before digest h for which there is no digest. That the digest before it
// is missing, or not valid, is said of that digest.
func (w *walk) gap(h *header, s span, first bool) {
	f := Finding{Kind: KindGap, DigestName: h.chain(), Start: s.from, Status: Gap, Restart: h.Before == nil, First: first}
	f.End = s.to
	why := "digests are missing"
	if f.Restart {
		why = "the chain starts again after it, as after StopLogging and StartLogging, and no event of the trail says why"
	}
	f.Problem = fmt.Sprintf("no digest for %s: %s", s.to.Sub(s.from).Round(time.Second), why)
	if f.End.After(f.Start) {
		w.add(&f)
	}
	if f.Restart && h.Status == Valid {
		h.After = f.id()
	}
}

// add keeps a finding if its time overlaps the range.
func (w *walk) add(f *Finding) {
	if f.End.Before(w.from) || !w.to.IsZero() && !f.Start.Before(w.to) {
		return
	}
	w.found.Add((&header{Finding: *f}).key(), (&header{Finding: *f}).append())
}

// within reports whether an object with this name would have been read, if it were there.
func (c *Check) within(name string) bool {
	return slices.ContainsFunc(c.opt.Sources, func(arg string) bool { return lies(name, arg) })
}

func lies(name, arg string) bool {
	if strings.HasPrefix(name, "s3://") != strings.HasPrefix(arg, "s3://") {
		return false
	}
	return !strings.HasPrefix(name, "s3://") || name == arg || strings.HasPrefix(name, folder(arg))
}
