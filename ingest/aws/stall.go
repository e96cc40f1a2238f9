package aws

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// A stalled error reports an answer that stopped or came too slowly. To the SDK it is
// a timeout, so it retries.
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

// Brief returns the whole text.
func (e stalled) Brief() string { return e.Error() }

// Timeout returns true.
func (stalled) Timeout() bool { return true }

// slowest is the lowest rate, in bytes a second, at which a request's body is sent. A
// slow uplink is not a stall.
const slowest = 64 << 10

// leastRate is the lowest rate, in bytes a second, of an answer's body. It is measured
// over the time for which an answer may stall. If 32 connections share a line of 1
// Mbit/s, each of them gets four times that.
const leastRate = 1 << 10

// A watch is an HTTP client that gives up an answer that stalls. An answer stalls if
// no header comes in time, after the time to send the request. It also stalls if no
// byte of the body comes while a Read waits for it, or if the body comes at less than
// leastRate while Reads wait. The total time does not matter, nor how slowly the
// caller reads.
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

	waited time.Duration // by Reads, since the rate was last high enough
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

// cause returns why the request ended, if a stall is the reason for err.
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
