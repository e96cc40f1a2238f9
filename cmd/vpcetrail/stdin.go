package main

import (
	"context"
	"io"
)

// interruptible returns a reader of in that fails once ctx has ended, even while in
// waits for data. The goroutine that reads in then ends with that wait, or with the
// program.
func interruptible(ctx context.Context, in io.Reader) io.Reader {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, in)
		_ = w.CloseWithError(err) // nil means the end; it never fails
	}()
	context.AfterFunc(ctx, func() { _ = r.CloseWithError(context.Cause(ctx)) })
	return r
}
