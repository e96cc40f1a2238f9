package digest

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/spill"
)

// A Check holds what the digests of a range say. Its methods may be called concurrently,
// except Claims', which belong to one caller each.
type Check struct {
	opt      Options
	keys     *Keys
	from, to time.Time // of the range; zero: unbounded
	claims   []*spill.Sorter
	found    *spill.Sorter         // by day, kind, chain and time: Finding
	bad      map[uint64]Status     // of digests that are not valid, by idOf their names
	coverage map[string][]coverage // of each chain, by account/Region
	tails    []tail

	explained map[string]string // why, by id of the gap
}

// Open reads the digests of a trail and judges them. It fails if they cannot be listed.
// What is wrong with a digest is a Finding.
func Open(ctx context.Context, opt Options) (*Check, error) {
	if opt.Disk == nil {
		opt.Disk = spill.NewDisk("")
	}
	if opt.Memory == 0 {
		opt.Memory = 64 << 20
	}
	c := &Check{opt: opt, keys: opt.Keys, bad: map[uint64]Status{}, coverage: map[string][]coverage{}}
	if w := opt.Selection.Window; !w.IsAll() {
		c.from, c.to = w.From.Time(), (opt.Selection.LastFolder() + 1).Time()
	}
	r := readers{opt: opt, places: places{moves: opt.Moved}}
	workers := max(opt.Workers, 1)
	for range workers {
		r.headers = append(r.headers, spill.NewSorter(opt.Disk, opt.Memory/8/workers))
		r.claims = append(r.claims, spill.NewSorter(opt.Disk, opt.Memory*3/4/workers))
	}
	if err := r.run(ctx); err != nil {
		return nil, err
	}
	c.claims, c.found = r.claims, spill.NewSorter(opt.Disk, opt.Memory/8)
	w := walk{Check: c, ctx: ctx}
	if err := w.run(r.headers); err != nil {
		return nil, err
	}
	for _, s := range append(slices.Clone(c.claims), c.found) {
		s.Sort()
	}
	return c, nil
}

// Findings returns the digests of the range and the times without one: first the digests,
// then the gaps, each chain by chain in the order of time.
func (c *Check) Findings() iter.Seq2[*Finding, error] { return c.Days()(0) }

// Days returns the function that returns the findings of a day, if the Options are Daily.
// Gaps are cut at the ends of the day. Days must be asked for in order.
func (c *Check) Days() func(day.Day) iter.Seq2[*Finding, error] {
	cursor := c.found.Cursor()
	more := cursor.Next()
	return func(d day.Day) iter.Seq2[*Finding, error] {
		end := c.to
		if c.opt.Daily {
			end = (d + 1).Time()
		}
		return func(yield func(*Finding, error) bool) {
			for ; more; more = cursor.Next() {
				at, _ := day.CutKey(cursor.Key)
				if at > d {
					break
				}
				if at < d { // a day that is not asked for
					continue
				}
				f := &cutHeader(cursor.Value).Finding
				if c.opt.Daily && day.Of(f.Start) != d {
					f.After = "" // what began its chain again on another day is said of that day
				}
				if !yield(c.settle(f, end), nil) {
					return
				}
			}
			if err := cursor.Err(); err != nil {
				yield(nil, err)
			}
		}
	}
}

// digestDelay is how long after its window a digest may come.
const digestDelay = 2 * time.Hour

// Tails returns the chains that have no digest for the end of the range, although the time
// for it is over.
func (c *Check) Tails(now time.Time) (tails []Finding) {
	end := now
	if !c.to.IsZero() && c.to.Before(now) {
		end = c.to
	}
	for _, t := range c.tails {
		if now.Sub(t.end) <= digestDelay || !t.end.Before(end) {
			continue
		}
		f := Finding{Kind: KindGap, DigestName: t.chain, Start: t.end, Status: TailMissing, Open: true}
		tails = append(tails, *c.settle(&f, end))
	}
	return tails
}

// Logs returns the claims, to be merged with the logs in the order of their names. missed
// gets each log that a digest names and that the caller did not ask for.
func (c *Check) Logs(missed func(*Finding)) *Claims {
	return newClaims(c.claims, func(name string, claims []claim) {
		if f := c.missing(name, claims); f != nil {
			missed(f)
		}
	})
}

// missing returns the finding for a log that is named and not there.
func (c *Check) missing(name string, claims []claim) *Finding {
	f := &Finding{Kind: KindLog, Name: name, Key: layout.ParseKey(name), Status: Missing}
	f.Account, f.Region = f.Key.Account, f.Key.Region
	switch good, _ := c.valid(claims); {
	case !c.within(name):
		f.Status, f.Problem = Outside, "lies in no SOURCE: name its bucket as SOURCE too, or give --moved"
	case len(good) == 0:
		f.Status, f.Problem = Unverified, "is missing, and the digest that names it is not valid"
	default:
		f.Problem = "is missing, and a valid digest names it: restore it from a version or a copy"
	}
	return f
}

// valid returns the claims of valid digests, and the status of the first other one.
func (c *Check) valid(claims []claim) (good []claim, other Status) {
	for _, cl := range claims {
		if status, bad := c.bad[cl.digest]; !bad {
			good = append(good, cl)
		} else if other == "" {
			other = status
		}
	}
	return good, other
}

// restore is the remedy for an object that was changed.
const restore = "restore the object from a version or a copy"

// A Proof is what reading a log found out about its bytes.
type Proof struct {
	SHA256   string // of the uncompressed text, in hexadecimal; "" if it could not be inflated
	Members  int    // of the gzip stream; 0 if it is none
	Trailing bool   // bytes follow the stream
	Unread   Status // why the bytes could not be read: Missing, Denied or Unreadable; "" if they could
	Problem  string // what is wrong, if it could not be read or inflated
}

// Alone returns the status that the bytes of the log of that name have without any digest,
// or "".
func (p *Proof) Alone(name string) (Status, string) {
	switch {
	case p.Unread == Missing:
		return Missing, "is listed, and gone when it was read: run again"
	case p.Unread != "":
		return p.Unread, p.Problem
	case p.Members > 1:
		return TrailingData, fmt.Sprintf("holds %d gzip members, and CloudTrail writes one: "+restore, p.Members)
	case p.Trailing:
		return TrailingData, "more bytes follow the end of the gzip stream: " + restore
	case p.Members == 0 && strings.HasSuffix(name, ".gz"):
		return Malformed, "is not gzip, as CloudTrail writes logs: " + restore
	case p.Members == 1 && p.SHA256 == "":
		return Malformed, p.Problem
	}
	return "", ""
}

// Judge returns the status of a log that is there, and what is wrong.
func (c *Check) Judge(name string, key layout.Key, p *Proof, claims *Claims) (Status, string) {
	named := claims.of(name)
	if status, problem := p.Alone(name); status != "" {
		return status, problem
	}
	if len(named) == 0 {
		return c.unnamed(name, key)
	}
	good, other := c.valid(named)
	if p.SHA256 == "" {
		return Malformed, "could not be read to its end: " + restore
	}
	sum, err := hex.DecodeString(p.SHA256)
	switch {
	case len(good) == 0:
		return Unverified, fmt.Sprintf("the digest that names it is not valid: %s", other)
	case err != nil || slices.ContainsFunc(good, func(cl claim) bool { return string(cl.sum[:]) != string(sum) }):
		return Modified, fmt.Sprintf("its SHA-256 is %s, and its digest says %x: "+restore, p.SHA256, good[0].sum)
	case len(good) > 1:
		return ListedTwice, ""
	}
	return Valid, ""
}

// unnamed returns the status of a log that no digest names.
func (c *Check) unnamed(name string, key layout.Key) (Status, string) {
	if key.Folder != "" && key.Folder != "CloudTrail" {
		return UncoveredKind, "digests may not cover logs of " + key.Folder + ": if you expect that, give --allow uncovered_kind"
	}
	chains := c.coverage[key.Account+"/"+key.Region]
	status, t := NotInDigest, time.Time{}
	if stamp, ok := layout.ParseStamp(path.Base(name)); ok && chains != nil {
		status, t = unnamedAt(chains, stamp), stamp
	}
	switch {
	case chains == nil:
		return Unverified, fmt.Sprintf("no digest of account %s in %s was found: enable log file validation of its trail", key.Account, key.Region)
	case status == Pending:
		return Pending, "no digest came after it: check again in two hours"
	case status == Unverified:
		return Unverified, fmt.Sprintf("no valid digest covers %s", t.Format(time.RFC3339))
	}
	return NotInDigest, "no digest names it, and valid digests cover its time: it was added, or a trail without log file validation wrote it"
}
