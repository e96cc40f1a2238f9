package inflate

import (
	"bufio"
	"bytes"
	"io"
)

// Slack is how many bytes behind the text that Next returns are the caller's to write to. They lie in its capacity.
const Slack = 128

// A Reader inflates one gzip stream after the other. It needs Reset before each, be it at the end of the one before,
// in its middle or after an error. It is not safe for concurrent use.
//
// Text is tentative until io.EOF: only then all checksums have proved right.
type Reader struct {
	f    inflater
	ref  *Stream // by klauspost's reader; nil as long as f gets on
	kept int     // how much text Next returned
	rest []byte  // the end of it that Read has not yet copied
	err  error   // what ended the stream
}

// Reset makes r read the gzip stream in gz, which must not change until Next or Read has returned an error or r is
// reset again. What Next returned is no longer valid. An error is a Stream's about the header; Next and Read return it
// too.
func (r *Reader) Reset(gz []byte) error {
	r.ref, r.kept, r.rest, r.err = nil, 0, nil, nil
	r.f.reset(gz)
	if !r.f.header() {
		r.fallBack()
	}
	return r.err
}

// Next returns the last keep bytes of the text that it returned before, and behind them more of the text, as there is
// room for. It panics if it did not return as many before. What it returns is valid until the next call of a method,
// and must not be changed; the Slack bytes behind it may.
//
// At the end of the stream no text follows, and the error is io.EOF. Any other error is a Stream's, and comes behind
// the same text. Either is returned from then on.
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
		return text, nil // an error waits for the next call
	}
	f.in, r.ref = nil, nil
	return text, r.err
}

// advance adds text, up to stop or a little more, unless the stream ends. What ends it is then in r.err.
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

// fallBack has a Stream go on, behind the text that there is. It is a new one, whose answer depends on nothing else:
// a used one takes an empty distance code for the last one that it met, be it of another stream.
func (r *Reader) fallBack() {
	r.ref, r.err = NewStream(bufio.NewReader(bytes.NewReader(r.f.in)))
	if r.err == nil {
		_, r.err = io.CopyN(io.Discard, r.ref, r.f.length())
	}
}

// Read copies the text that follows to p, for those who cannot use it where it lies. It is not to be mixed with Next.
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
