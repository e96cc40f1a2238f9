package inflate

import (
	"bufio"
	"bytes"
	"io"
)

// Slack is the number of bytes after the text from Next that the caller may write to.
// They lie in its capacity.
const Slack = 128

// A Reader inflates one gzip stream after another. Call Reset before each stream: at the
// end of the previous one, in its middle, or after an error. A Reader is not safe for
// concurrent use.
//
// Text is tentative until io.EOF. Only then have all checksums matched.
type Reader struct {
	f    inflater
	ref  *Stream // klauspost's reader; nil while f can decode the stream
	kept int     // length of the text that Next returned
	rest []byte  // the end of it, which Read has not copied yet
	err  error   // what ended the stream
}

// Reset makes r read the gzip stream in gz. gz must not change until Next or Read returns
// an error or r is reset again. Text that Next returned earlier is no longer valid. Reset
// returns a Stream's error about the header. Next and Read return it too.
func (r *Reader) Reset(gz []byte) error {
	r.ref, r.kept, r.rest, r.err = nil, 0, nil, nil
	r.f.reset(gz)
	if !r.f.header() {
		r.fallBack()
	}
	return r.err
}

// Next returns the last keep bytes of the text that it returned before, followed by as
// much new text as there is room for. It panics if it returned fewer than keep bytes
// before. The text is valid until the next call of a method. It must not be changed, but
// the Slack bytes after it may.
//
// At the end of the stream Next returns no new text and io.EOF. Any other error is a
// Stream's, and comes after the same text. Later calls return the same error.
func (r *Reader) Next(keep int) ([]byte, error) {
	if keep < 0 || keep > r.kept {
		panic("BUG: inflate: more to keep than there was")
	}
	f := &r.f
	f.makeRoom(keep)
	start := f.o
	if r.err == nil {
		r.advance(len(f.out) - outSlack)
	}
	text := f.out[start-keep : f.o]
	r.kept = len(text)
	if f.o > start {
		return text, nil // the next call returns the error
	}
	f.members = r.Members()
	f.in, r.ref = nil, nil
	return text, r.err
}

// Members returns the number of members begun so far. After io.EOF it is the number in the
// stream.
func (r *Reader) Members() int {
	if r.ref != nil {
		return r.ref.members
	}
	return r.f.members
}

// advance adds text, up to stop or a little more, unless the stream ends. It leaves what
// ended the stream in r.err.
func (r *Reader) advance(stop int) {
	f := &r.f
	if r.ref == nil {
		if !f.run(stop) {
			r.fallBack()
		} else if f.state == ended {
			r.err = io.EOF
		}
	}
	for r.ref != nil && r.err == nil && f.o < stop {
		var n int
		n, r.err = r.ref.Read(f.out[f.o:stop])
		f.o += n
	}
}

// fallBack hands over to a Stream, which continues after the text so far. It uses a new
// Stream, because a used one depends on earlier streams: for an empty distance code it
// takes the last code that it met.
func (r *Reader) fallBack() {
	r.ref, r.err = NewStream(bufio.NewReader(bytes.NewReader(r.f.in)))
	if r.err == nil {
		_, r.err = io.CopyN(io.Discard, r.ref, r.f.length())
	}
}

// Read copies the next text to p. It is for callers that cannot use the text in place. Do
// not mix it with Next.
func (r *Reader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		var err error
		if r.rest, err = r.Next(0); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
