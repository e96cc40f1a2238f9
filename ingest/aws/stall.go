package aws

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// A stalled error reports an answer that stood still, or came too slowly. To the SDK it is a
// timeout: retried.
type stalled struct {
	after time.Duration
	drips bool // bytes came, but too few
}

func (e stalled) Error() string {
	if e.drips {
		return fmt.Sprintf("less than %d bytes a second came for %v", leastRate, e.after)
	}
	return "no byte came for " + e.after.String()
}

// Brief is all there is to say.
func (e stalled) Brief() string { return e.Error() }

// Timeout says that it is one.
func (stalled) Timeout() bool { return true }

// slowest is the bytes a second at which a request's body is sent at least: a slow uplink is no stall.
const slowest = 64 << 10

// leastRate is the bytes a second that an answer's body brings at least, over the time in which it
// may stand still. A line of 1 Mbit/s that 32 connections share brings each of them four times that.
const leastRate = 1 << 10

// A watch is an HTTP client that gives an answer up when it stands still: no
// header, after the time that sending the request may take, or no byte of the body
// that a Read waits for. It gives up a body too that comes at less than leastRate while
// Reads wait for it. How long all of it takes does not matter, nor how slowly the body is
// asked for.
type watch struct {
	client HTTPClient
	limit  time.Duration
}

func (w watch) Do(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	due := w.limit + time.Duration(max(0, req.ContentLength)/slowest)*time.Second
	timer := time.AfterFunc(due, func() { cancel(stalled{after: due}) })
	resp, err := w.client.Do(req.WithContext(ctx))
	timer.Stop()
	b := &watched{ctx: ctx, cancel: cancel, timer: timer, limit: w.limit}
	if err != nil {
		err = b.cause(err)
		cancel(nil)
		return resp, err
	}
	b.ReadCloser, resp.Body = resp.Body, b
	return resp, nil
}

type watched struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer // runs while a Read waits
	limit  time.Duration

	waited time.Duration // by Reads, since the rate was last found to do
	came   int64         // bytes, in that time
}

func (b *watched) Read(p []byte) (int, error) {
	b.timer.Reset(b.limit)
	began := time.Now()
	n, err := b.ReadCloser.Read(p)
	b.waited += time.Since(began)
	b.timer.Stop()
	if err != nil {
		if err != io.EOF {
			err = b.cause(err)
		}
		return n, err
	}
	if b.came += int64(n); b.waited >= b.limit {
		if float64(b.came) < leastRate*b.waited.Seconds() {
			return n, stalled{b.limit, true}
		}
		b.waited, b.came = 0, 0
	}
	return n, nil
}

// cause returns why the request ended, where a stall is the reason for err.
func (b *watched) cause(err error) error {
	if stall, ok := context.Cause(b.ctx).(stalled); ok {
		return stall
	}
	return err
}

func (b *watched) Close() error {
	b.timer.Stop()
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
