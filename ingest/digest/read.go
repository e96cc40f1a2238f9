package digest

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"time"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/inflate"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"
)

// Options say which digests are read, and how.
type Options struct {
	Sources   []string
	Selection list.Selection // the days of delivery of the logs to check, with Lateness
	Reading   source.Options
	Keys      *Keys
	Moved     []Move
	Daily     bool // each day of the Window is judged by itself: see Check.Days

	Workers int         // digests that are read at once; 0 means one
	Disk    *spill.Disk // what does not fit into Memory
	Memory  int         // bytes, about; 0 means 64 MiB

	// Each, if not nil, is called for every digest that was read, from one goroutine at a
	// time.
	Each func(name string, s Sidecar) error
	// Found, if not nil, is called once with the function that says how many digests were
	// found.
	Found func(found func() (objects int, bytes int64, done bool))
}

// maxText bounds an uncompressed digest. One of an hour with 100,000 logs has 40 MB.
const maxText = 256 << 20

// SidecarSuffix ends the name of the file beside a digest in a directory that holds what S3
// keeps as metadata of the object.
const SidecarSuffix = ".signature.json"

// A Sidecar is the content of that file.
type Sidecar struct {
	Signature string `json:"signature"` // hexadecimal
	Algorithm string `json:"signatureAlgorithm"`
	Generated string `json:"backfillGenerationTimestamp,omitempty"` // only of a backfill digest
}

// readers read digests concurrently. Each worker has its own sorters.
type readers struct {
	opt     Options
	places  places
	headers []*spill.Sorter
	claims  []*spill.Sorter
}

// run reads every digest.
func (r *readers) run(ctx context.Context) error {
	sel := r.opt.Selection
	sel.Digests = true
	trail, err := source.Open(ctx, r.opt.Sources, sel, r.opt.Reading)
	if err != nil {
		return err
	}
	defer trail.Close()
	if r.opt.Found != nil {
		r.opt.Found(trail.Found)
	}
	each := make(chan struct{}, 1) // held while Each is called
	group, ctx := errgroup.WithContext(ctx)
	for i := range r.headers {
		w := worker{readers: r, headers: r.headers[i], claims: r.claims[i], each: each}
		group.Go(func() error { return w.work(ctx, trail) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i := range r.headers {
		if err := errors.Join(r.headers[i].Err(), r.claims[i].Err()); err != nil {
			return err
		}
	}
	return nil
}

// A worker reads one digest after another.
type worker struct {
	*readers
	headers, claims *spill.Sorter
	text, value     []byte // scratch
	each            chan struct{}
}

func (w *worker) work(ctx context.Context, trail *source.Trail) error {
	return trail.Each(ctx, func(f *source.Fetch) error { return w.object(ctx, f) })
}

// object reads a digest, and keeps its header and its claims.
func (w *worker) object(ctx context.Context, f *source.Fetch) error {
	name, ok := layout.ParseDigestName(path.Base(f.Object.Name))
	if !ok {
		return nil // cannot happen: the listing selects by this name
	}
	h := &header{Finding: Finding{Kind: KindDigest, DigestName: name, Name: f.Object.Name, Status: Valid}}
	var side Sidecar
	d, err := w.read(ctx, f, h, &side)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var unread *source.Error
	if errors.As(err, &unread) && unread.EndsRun() {
		return err
	}
	if d != nil {
		if err := w.check(ctx, h, d, side); err != nil {
			return err
		}
	}
	w.headers.Add(h.key(), h.append())
	if w.opt.Each == nil || side.Signature == "" {
		return nil
	}
	w.each <- struct{}{}
	defer func() { <-w.each }()
	return w.opt.Each(h.Name, side)
}

// read reads and parses a digest. Without one, the header's status says why.
func (w *worker) read(ctx context.Context, f *source.Fetch, h *header, side *Sidecar) (*Digest, error) {
	text, err := w.inflated(ctx, f)
	if err == nil {
		*side, err = sidecarOf(f)
	}
	var d *Digest
	if err == nil {
		d, err = Parse(text)
	}
	var unread *source.Error
	switch {
	case errors.As(err, &unread):
		h.Status, h.Problem = statusOf(unread)
	case err != nil:
		h.Status, h.Problem = Malformed, "is no digest: "+err.Error()+": "+restore
	}
	return d, err
}

// inflated returns the text of a digest. It refuses what is not exactly one gzip member.
func (w *worker) inflated(ctx context.Context, f *source.Fetch) ([]byte, error) {
	body, err := f.Open(ctx)
	if err != nil {
		return nil, err
	}
	from := bufio.NewReader(body)
	gz, err := inflate.NewStream(from)
	if err == nil {
		w.text, err = readAll(w.text[:0], io.LimitReader(gz, maxText+1))
	}
	switch {
	case err != nil:
		return nil, err
	case gz.Members() > 1:
		return nil, fmt.Errorf("%d gzip members: CloudTrail writes one", gz.Members())
	case len(w.text) > maxText:
		return nil, fmt.Errorf("more than %d MiB", maxText>>20)
	}
	return w.text, nil
}

// readAll appends everything that r holds to dst.
func readAll(dst []byte, r io.Reader) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}

// sidecarOf returns a digest's signature, from the object's metadata or the file beside it.
// It is empty if there is none.
func sidecarOf(f *source.Fetch) (s Sidecar, err error) {
	if list.IsS3(f.Object.Name) {
		s := f.Object.Signature
		return Sidecar{s.Value, s.Algorithm, s.Generated}, nil
	}
	text, err := os.ReadFile(f.Object.Name + SidecarSuffix)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return s, nil
	case err == nil:
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return s, fmt.Errorf("the file beside it, %s, cannot be read: %w", path.Base(f.Object.Name)+SidecarSuffix, err)
	}
	return s, nil
}

func statusOf(err *source.Error) (Status, string) {
	switch text := err.Cause(); err.Status {
	case "missing":
		return Missing, "is listed, and gone when it was read: run again"
	case "denied":
		return Denied, text + ": allow s3:GetObject, and kms:Decrypt where the trail is encrypted"
	default:
		return Unreadable, text
	}
}

// check compares a digest with its name and its signature, and keeps its claims. The error
// is ctx's own.
func (w *worker) check(ctx context.Context, h *header, d *Digest, side Sidecar) error {
	recorded := "s3://" + d.Bucket + "/" + d.Key
	at, inPlace := w.places.at(h.Name, recorded)
	signed := d.signedSum()
	h.Recorded, h.Fingerprint, h.Signed, h.Signature = recorded, d.Fingerprint, signed[:], side.Signature
	h.SHA256, h.Logs = hex.EncodeToString(d.SHA256[:]), len(d.Logs)
	if p := d.Previous; p != nil {
		before := "s3://" + p.Bucket + "/" + p.Key
		h.Before = &link{before, hex.EncodeToString(p.SHA256[:]), p.Signature, at.of(before)}
	}
	switch {
	case !inPlace:
		h.Status, h.Problem = Moved, "says that it is "+recorded+": "+movedRemedy(h.Name, recorded)
	case d.Account != h.Account || !d.End.Equal(h.End):
		h.Status, h.Problem = Malformed, fmt.Sprintf("is of account %s and ends at %s, unlike its name: "+restore, d.Account, d.EndText)
	default:
		h.Start = d.Start
		if side.Signature != "" {
			h.Status, h.Problem = w.signature(ctx, h, side)
		}
	}
	if inPlace && h.Status != BadSignature {
		w.keep(h, at, d.Logs)
	}
	return ctx.Err()
}

// movedRemedy returns what to do about an object that lies elsewhere than it says.
func movedRemedy(name, recorded string) string {
	same := sameEnd(name, recorded)
	if same == 0 {
		return "restore it there"
	}
	return fmt.Sprintf("if you copied the trail, give --moved %s=%s", recorded[:len(recorded)-same], name[:len(name)-same])
}

// signature checks a digest's own signature.
func (w *worker) signature(ctx context.Context, h *header, side Sidecar) (Status, string) {
	if side.Algorithm != "" && side.Algorithm != "SHA256withRSA" {
		return BadSignature, fmt.Sprintf("its signature is by %q, and CloudTrail's by SHA256withRSA", side.Algorithm)
	}
	if h.Backfill {
		made, err := time.Parse(time.RFC3339, side.Generated)
		if err != nil {
			return Malformed, "has no metadata backfill-generation-timestamp, which gives the time of its key"
		}
		return w.opt.Keys.check(ctx, h, side.Signature, span{made.Add(-time.Hour), made.Add(time.Hour)})
	}
	return w.opt.Keys.check(ctx, h, side.Signature, h.signedAbout())
}

// signedAbout returns when an hourly digest was signed.
func (h *header) signedAbout() span { return span{h.Start, h.End.Add(afterWindow)} }

// check checks a signature of the digest with this header.
func (k *Keys) check(ctx context.Context, h *header, signature string, signed span) (Status, string) {
	key, err := k.find(ctx, h.Region, h.Fingerprint, signed)
	var none *keyError
	switch {
	case errors.As(err, &none):
		return none.status, none.text
	case !verify(key, h.Signed, signature):
		return BadSignature, "its signature does not fit its content and name: " + restore
	}
	return Valid, ""
}
