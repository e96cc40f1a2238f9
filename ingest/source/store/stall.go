package store

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A stalled error reports an answer that stood still. To the SDK it is a timeout: retried.
type stalled struct{ after time.Duration }

func (e stalled) Error() string { return "no byte came for " + e.after.String() }

// Timeout says that it is one.
func (stalled) Timeout() bool { return true }

// slowest is the bytes a second at which a request's body is sent at least: a slow uplink is no stall.
const slowest = 64 << 10

// A watch is an HTTP client that gives an answer up when it stands still: no
// header, after the time that sending the request may take, or no byte of the body
// that a Read waits for. How long all of it takes does not matter, nor how slowly
// the body is asked for.
type watch struct {
	client s3.HTTPClient
	limit  time.Duration
}

func (w watch) Do(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	due := w.limit + time.Duration(max(0, req.ContentLength)/slowest)*time.Second
	timer := time.AfterFunc(due, func() { cancel(stalled{due}) })
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
}

func (b *watched) Read(p []byte) (int, error) {
	b.timer.Reset(b.limit)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	if err != nil && err != io.EOF {
		err = b.cause(err)
	}
	return n, err
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
