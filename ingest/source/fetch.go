package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"

	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/source/store"
)

// maxWhole is the size up to which an object is read into memory ahead of use.
// CloudTrail's own objects are rarely larger than 5 MB.
const maxWhole = 8 << 20

// A Fetch is an object that is being fetched. Its methods are for one goroutine at a
// time.
type Fetch struct {
	Seq    int          // the object's number in canonical order, from 0
	Object store.Object // as listed; after Open has returned, as it was read

	trail  *Trail
	store  store.Store
	charge int64         // its part of the budget, in bytes
	users  atomic.Int32  // the fetcher and the caller: the last one returns the charge
	done   chan struct{} // closed by the fetcher once got, body and err are set; nil: streamed
	got    store.Object  // as it was read
	body   []byte        // nil: streamed
	err    error
	stream io.ReadCloser
}

// Open waits for the object and returns its bytes as stored, still compressed. An
// object that was not fetched ahead (larger than 8 MiB, or of unknown size) is opened
// now, and ctx then covers the reading too. Errors from Open and from the reader are
// *Error, except ctx's own. A body that ends before its announced length gives
// io.ErrUnexpectedEOF. In S3, the rest is requested again first. An object in S3 may
// be overwritten while it is read. If it is fetched ahead, it is read again. If it is
// streamed, it ends in an *Error of status "changed". The bytes never mix two objects.
// They are valid until Close.
func (f *Fetch) Open(ctx context.Context) (io.Reader, error) {
	if f.done != nil {
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if f.err != nil {
			return nil, f.err
		}
		if f.body != nil {
			f.Object = f.got
			f.trail.read.Add(int64(len(f.body)))
			return bytes.NewReader(f.body), nil
		}
	}
	return f.openStream(ctx)
}

// Bytes returns the whole object after Open has succeeded, or nil if it is only
// streamed. The bytes are valid until Close.
func (f *Fetch) Bytes() []byte { return f.body }

// Close ends the reading and returns the object's share of the fetch-ahead budget.
// Every Fetch must be closed: Next waits while the open ones fill the budget. Closing
// again does nothing.
func (f *Fetch) Close() error {
	if f.trail == nil {
		return nil
	}
	var err error
	if f.stream != nil {
		err = f.stream.Close()
	}
	t := f.trail
	f.trail = nil
	f.release(t)
	return err
}

func (f *Fetch) release(t *Trail) {
	if f.users.Add(-1) == 0 {
		t.buffers.put(f.body)
		f.body = nil
		t.budget.Release(f.charge)
	}
}

// fetch reads the object whole.
func (f *Fetch) fetch(t *Trail) {
	f.body, f.err = f.readWhole(t.ctx, &t.buffers)
	close(f.done)
	f.release(t)
}

// maxReads is how often an object is opened if it is overwritten while it is read, or
// if its bytes are wrong.
const maxReads = 3

func (f *Fetch) readWhole(ctx context.Context, from *buffers) (body []byte, err error) {
	for range maxReads {
		if body, err = f.readOnce(ctx, from); !errors.Is(err, store.ErrChanged) && !errors.Is(err, store.ErrDiffers) {
			break
		}
	}
	return body, err
}

func (f *Fetch) readOnce(ctx context.Context, from *buffers) ([]byte, error) {
	body, got, err := f.store.Open(ctx, f.Object)
	if err != nil {
		return nil, f.fail(ctx, "open", err)
	}
	defer body.Close()
	size := got.Size
	if size < 0 || size > maxWhole {
		return nil, nil // it grew since it was listed: the caller streams it
	}
	// With MinRead spare bytes the buffer reaches the end without growing.
	buf := bytes.NewBuffer(from.get(int(size) + bytes.MinRead))
	if _, err := buf.ReadFrom(&counted{r: body, left: size}); err != nil {
		return nil, f.fail(ctx, "read", err)
	}
	f.got = got
	return buf.Bytes(), nil
}

func (f *Fetch) openStream(ctx context.Context) (io.Reader, error) {
	body, got, err := f.store.Open(ctx, f.Object)
	if err != nil {
		return nil, f.fail(ctx, "open", err)
	}
	f.stream, f.Object = body, got
	return &streamReader{f, f.trail, ctx, counted{r: body, left: got.Size}}, nil
}

// fail returns err with the object's name, unless the end of ctx caused it.
func (f *Fetch) fail(ctx context.Context, verb string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return newError(f.Object, verb, err)
}

type streamReader struct {
	f     *Fetch
	trail *Trail // f's own ends with Close
	ctx   context.Context
	body  counted
}

func (s *streamReader) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	s.trail.read.Add(int64(n))
	if err != nil && err != io.EOF {
		err = s.f.fail(s.ctx, "read", err)
	}
	return n, err
}

// counted returns io.ErrUnexpectedEOF for an end before left bytes; left < 0: unknown.
type counted struct {
	r    io.Reader
	left int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.left >= 0 {
		c.left = max(0, c.left-int64(n))
		if err == io.EOF && c.left > 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}

// An Error reports an object that could not be read. Its text is one line,
// NAME: open: cause or NAME: read: cause.
type Error struct {
	Object store.Object
	Status string // "missing", "denied", "changed" (while it was read), or "unreadable" for any other cause
	Err    error
	verb   string
}

func (e *Error) Error() string { return e.Object.Name + ": " + e.Cause() }

// Cause returns the text without the object's name.
func (e *Error) Cause() string { return e.verb + ": " + aws.Cause(e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// EndsRun reports whether the error affects the whole run, not only this object: see
// aws.EndsRun.
func (e *Error) EndsRun() bool { return aws.EndsRun(e.Err) }

func newError(obj store.Object, verb string, err error) *Error {
	return &Error{Object: obj, Status: store.StatusOf(err), Err: err, verb: verb}
}
