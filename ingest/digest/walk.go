package digest

import (
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/spill"
)

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
			h.Status, h.Problem = ChainMismatch, "names another hash or signature than those of the digest before it, "+h.mismatch+", although both are signed: keep both, and ask AWS Support"
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
			h.Problem = "the digest after it, " + path.Base(s.Name) + ", names another hash or signature: " + restore
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
	known, begins := w.from, w.from // up to which digests cover the time
	var cover coverage
	for _, h := range w.chain {
		start, logging := h.Start, h.logging()
		if known.IsZero() {
			known = later(h.window().from, logging)
			if w.opt.Daily {
				known = day.Of(known).Time()
			}
		}
		if start.IsZero() { // all that is known is its end
			start, logging = known, known
		}
		if logging.After(known) || h.restarts(first) && !logging.Before(begins) {
			w.gap(h, span{known, logging}, h == first)
		}
		known = later(known, h.End)
		cover.add(h, span{start, h.End})
	}
	place := first.Account + "/" + first.Region
	w.coverage[place] = append(w.coverage[place], cover)
	if w.opt.Daily {
		w.gap(nil, span{from: known}, false)
	} else {
		w.tails = append(w.tails, tail{first.chain(), known})
	}
}

// starts reports whether a digest begins a chain.
func (h *header) starts() bool { return h.Recorded != "" && h.Before == nil }

// restarts reports whether a digest begins its chain again.
func (h *header) restarts(first *header) bool {
	return h != first && h.starts() && h.Status == Valid
}

// logging returns the time from which on the trail logged, by this digest. The digest with
// which CloudTrail begins a chain ends when the trail starts to log. Its window is the hour
// before that, and it names no log.
func (h *header) logging() time.Time {
	if h.starts() && h.Logs == 0 {
		return h.End
	}
	return h.Start
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// gap adds the time before digest h for which there is no digest. h is nil after the
// newest one. That the digest before it is missing, or not valid, is said of that digest.
func (w *walk) gap(h *header, s span, first bool) {
	f := Finding{Kind: KindGap, DigestName: w.chain[0].chain(), Start: s.from, Status: Gap, First: first, Open: h == nil}
	f.End = s.to
	if f.Open {
		w.addGap(f, time.Time{})
		return
	}
	f.Restart = h.starts()
	if s.to.After(s.from) {
		w.addGap(f, h.End)
	}
	if f.Restart && h.Status == Valid && !(w.opt.Daily && f.startsBefore(day.Of(h.Start))) {
		h.After = f.id()
	}
}

// addGap keeps a gap. next is the end of the digest after it; zero: there is none.
//
// A day's part of a gap is as if the digests of that day and of the next one were all that
// there are. So what is said about a day does not depend on the other days that are read.
// A gap that began before the day has no known beginning then. One that lasts until the end
// of the next day has no end yet.
func (w *walk) addGap(f Finding, next time.Time) {
	if !w.opt.Daily {
		w.add(&f)
		return
	}
	from, restart := f.Start, f.Restart
	for d := day.Of(from); f.End.IsZero() && d == day.Of(from) || d.Time().Before(f.End); d++ {
		f.Start = from
		f.First = f.startsBefore(d)
		f.Start = later(from, d.Time())
		f.Open, f.Restart, f.Status = false, restart, Gap
		if next.IsZero() || !next.Before((d + 2).Time()) {
			f.Open, f.Restart, f.Status = true, false, Pending
		}
		switch {
		case f.First && f.Open: // no digest shows that the chain was there
		case f.First && restart && !f.End.Before((d + 1).Time()): // the chain begins later
		default:
			w.keep(d, &f)
		}
	}
}

// startsBefore reports whether no digest of day d shows when a gap began.
func (f *Finding) startsBefore(d day.Day) bool { return !f.Start.After(d.Time()) }

// add keeps a finding for the range, or for each of its days.
func (w *walk) add(f *Finding) {
	s := f.window()
	if !w.opt.Daily {
		if !f.End.Before(w.from) && (w.to.IsZero() || s.from.Before(w.to)) {
			w.keep(0, f)
		}
		return
	}
	for d := day.Of(s.from); d.Time().Before(s.to); d++ {
		w.keep(d, f)
	}
}

// keep keeps a finding of a day. Without Options.Daily there is only day 0.
func (w *walk) keep(d day.Day, f *Finding) {
	if w.opt.Daily && !w.opt.Selection.Window.Contains(d) {
		return
	}
	h := header{Finding: *f}
	w.found.Add(append(d.AppendKey(nil), h.key()...), h.append())
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
