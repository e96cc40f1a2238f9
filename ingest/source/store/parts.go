package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	defaultLarge = 64 << 20
	// partsPerLarge divides an object of the size from which objects are got in parts: into parts of 4 MiB, which take
	// several times as long to come as S3 takes to answer.
	partsPerLarge = 16
	// partsAhead are in memory or on their way at a time, for one object: 16 MiB.
	partsAhead = 4
)

// parts are the bytes of a large object, in order, got by several requests at a time: one connection to S3 brings less
// than a core inflates. Each part is a body, resumed where it breaks off, and of the same object by If-Match.
type parts struct {
	ctx    context.Context
	cancel context.CancelFunc
	object body // what all parts have in common; size is the object's
	length int64
	begun  int64   // where the next part starts
	coming []*part // in order; the first one is being read
	free   [][]byte
	err    error
}

// A part is a stretch of an object. Its other fields are set once done is closed.
type part struct {
	done chan struct{}
	room []byte // of the part's length
	rest []byte // what has not been read
	err  error  // behind rest
}

// openParts gets an object in parts. What turns out not to be large, or cannot be pinned, is got in one piece.
func (b *Bucket) openParts(ctx context.Context, key string) (io.ReadCloser, header, error) {
	length := b.Calls.opt.Large / partsPerLarge
	ctx, cancel := context.WithCancel(ctx)
	first := body{ctx: ctx, bucket: b, key: key, size: length, isPart: true}
	out, err := b.part(ctx, first.request(), wholeOnly)
	if err != nil {
		cancel()
		if _, status := apiError(err); status == http.StatusRequestedRangeNotSatisfiable { // it is empty by now
			return b.openWhole(ctx, key)
		}
		return nil, header{}, err
	}
	h := headerOf(out)
	first.part, first.etag = out.Body, aws.ToString(out.ETag)
	total, ok := totalOf(aws.ToString(out.ContentRange))
	if !ok || first.etag == "" || total <= length {
		first.isPart, first.size = false, h.size // all of it comes
		return &canceling{&first, cancel}, h, nil
	}
	p := &parts{ctx: ctx, cancel: cancel, object: first, length: length}
	p.object.part, p.object.size = nil, total
	p.begin(&first)
	for range partsAhead - 1 {
		p.next()
	}
	h.size = total
	return p, h, nil
}

// totalOf returns an object's size by the answer to a request for its first bytes, such as bytes 0-99/1234.
func totalOf(contentRange string) (int64, bool) {
	span, total, _ := strings.Cut(contentRange, "/")
	n, err := strconv.ParseInt(total, 10, 64)
	return n, err == nil && strings.HasPrefix(span, "bytes 0-")
}

// A canceling body frees its context when it is closed.
type canceling struct {
	*body
	cancel context.CancelFunc
}

func (c *canceling) Close() error {
	defer c.cancel()
	return c.body.Close()
}

// next begins the part behind the last one, if there is one.
func (p *parts) next() {
	if p.begun == p.object.size {
		return
	}
	b := p.object
	b.at, b.size = p.begun, min(p.begun+p.length, p.object.size)
	p.begin(&b)
}

// begin gets the part b, which is opened first unless it is open.
func (p *parts) begin(b *body) {
	q := &part{done: make(chan struct{})}
	if n := len(p.free); n > 0 {
		q.room, p.free = p.free[n-1], p.free[:n-1]
	} else {
		q.room = make([]byte, p.length)
	}
	q.room = q.room[:b.size-b.at]
	p.coming, p.begun = append(p.coming, q), b.size
	go func() {
		defer close(q.done)
		n := 0
		if q.err = b.start(); q.err == nil {
			n, q.err = io.ReadFull(b, q.room)
			if q.err == nil { // the end, which proves the part whole
				if _, q.err = io.ReadFull(b, make([]byte, 1)); q.err == nil { // a Read of no byte says nothing
					q.err = errors.New("the server sent more than it was asked for")
				}
			}
			_ = b.Close() // it was only read
		}
		q.rest = q.room[:n]
	}()
}

// start opens a part that is not open.
func (r *body) start() error {
	if r.part != nil {
		return nil
	}
	out, err := r.bucket.part(r.ctx, r.request(), wholeOnly)
	if err != nil {
		return changed(err)
	}
	r.part = out.Body
	if err := r.fits(out); err != nil {
		out.Body.Close()
		return err
	}
	return nil
}

// Read returns the object's next bytes, as body.Read does.
func (p *parts) Read(to []byte) (int, error) {
	for p.err == nil {
		if len(p.coming) == 0 {
			p.err = io.EOF
			break
		}
		q := p.coming[0]
		select {
		case <-q.done:
		case <-p.ctx.Done():
			p.err = context.Cause(p.ctx)
			continue
		}
		if len(q.rest) > 0 {
			n := copy(to, q.rest)
			q.rest = q.rest[n:]
			return n, nil
		}
		if q.err != io.EOF {
			p.err = q.err
			continue
		}
		p.coming, p.free = p.coming[1:], append(p.free, q.room)
		p.next()
	}
	return 0, p.err
}

// Close ends the reading, and returns once nothing is under way any more.
func (p *parts) Close() error {
	p.cancel()
	for _, q := range p.coming {
		<-q.done
	}
	if p.err == nil {
		p.err = errors.New("read after Close")
	}
	return nil
}

// span is what a request asks for: the rest of a part, or of an object.
func (r *body) span() *string {
	switch {
	case r.isPart:
		return aws.String(fmt.Sprintf("bytes=%d-%d", r.at, r.size-1))
	case r.at > 0:
		return aws.String(fmt.Sprintf("bytes=%d-", r.at))
	}
	return nil
}
