package ingest

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"

	"vpcetrail/ingest/event"
	"vpcetrail/ingest/inflate"
)

// layers open what an object stores, from the outside in, down to its records:
//
//	stored bytes    gzip, zstd or plain
//	outer text      the contents of the object: the digest is computed over it
//	inner texts     as long as the text is gzip too, as Firehose stores the payloads of CloudWatch Logs
//	event.Reader    decodes the innermost text
//
// The zero value is ready.
type layers struct {
	hash   hash.Hash // nil if no digest is wanted
	stored bufio.Reader
	whole  wholeText     // of gzipped objects that are whole in memory
	zst    *zstd.Decoder // nil until the first object that needs it

	text    io.Reader  // the outer text, if it is not in whole
	members func() int // of the outer text if it is gzip, else 0
}

const (
	// maxLayers limits how often a text may be compressed. Some streams inflate to
	// themselves.
	maxLayers = 3
	// maxZstdWindow limits the memory that a zstd frame may ask for. The zstd command has
	// the same limit.
	maxZstdWindow = 128 << 20
)

var errLayers = fmt.Errorf("compressed more than %d times, one inside the other", maxLayers)

// open prepares to to read the innermost text of body. stored holds the bytes of body if
// the object is whole in memory.
//
// CloudTrail's own objects, gzipped once and whole in memory, are decoded where they are
// inflated, in the core's own cache. Everything else is read through a window.
func (l *layers) open(body io.Reader, stored []byte, to *event.Reader) error {
	if l.hash != nil {
		l.hash.Reset()
	}
	if l.text, l.members = nil, l.whole.Members; isGzip(stored) {
		if err := l.whole.reset(stored, l.hash); err != nil {
			return err
		}
		if !isGzip(l.whole.first) {
			to.ResetText(&l.whole)
			return nil
		}
	}
	l.members = func() int { return 0 }
	text, isPlain, err := l.outer(body)
	if l.text = text; err != nil {
		l.text = failing{err}
		return err
	}
	if gz, ok := text.(*inflate.Stream); ok {
		l.members = gz.Members
	}
	if l.hash != nil {
		text = io.TeeReader(text, l.hash)
		l.text = text
	}
	if !isPlain {
		if text, err = inner(text); err != nil {
			return err
		}
	}
	to.Reset(text)
	return nil
}

// digest returns the SHA-256 of the outer text read so far, in hexadecimal, or "" if no
// digest is wanted.
func (l *layers) digest() string {
	if l.hash == nil {
		return ""
	}
	return hex.EncodeToString(l.hash.Sum(nil))
}

// failing is the text of an object that cannot be opened.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// drain reads the outer text to its end, because decoding may end earlier. It returns what
// is wrong with the outer text.
func (l *layers) drain() error {
	if l.text != nil {
		_, err := io.Copy(io.Discard, l.text)
		return err
	}
	for {
		if _, err := l.whole.Next(0); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
	}
}

// outer opens the text of body. gzip and zstd may come in several parts, one after
// another.
func (l *layers) outer(body io.Reader) (text io.Reader, isPlain bool, err error) {
	l.stored.Reset(body)
	magic, err := l.stored.Peek(4)
	if err != nil && err != io.EOF { // a text shorter than the magic may be plain
		return nil, false, err
	}
	switch {
	case isGzip(magic):
		text, err = inflate.NewStream(&l.stored)
		return text, false, err
	case isZstd(magic):
		if l.zst == nil {
			l.zst, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
			if err != nil {
				return nil, false, err
			}
		}
		return l.zst, false, l.zst.Reset(&l.stored)
	}
	return &l.stored, true, nil
}

// inner opens what is gzipped inside text. text was compressed once.
func inner(text io.Reader) (io.Reader, error) {
	for range maxLayers {
		start := bufio.NewReader(text)
		magic, err := start.Peek(len(inflate.Magic))
		if len(magic) == 0 && err != io.EOF {
			return nil, err
		}
		if !isGzip(magic) { // the next read returns an error after a single byte
			return start, nil
		}
		if text, err = inflate.NewStream(start); err != nil {
			return nil, err
		}
	}
	return nil, errLayers
}

// A wholeText is the outer text of an object that is whole in memory. It implements
// event.Text.
type wholeText struct {
	inflate.Reader
	hash  hash.Hash // hashes what Next returns; nil if no digest is wanted
	first []byte    // the first piece of text, inflated in advance
	err   error     // the error that came with it
	ahead bool      // Next has not returned the first piece yet
}

// reset prepares t to inflate stored.
func (t *wholeText) reset(stored []byte, hash hash.Hash) error {
	if err := t.Reset(stored); err != nil {
		return err
	}
	t.hash, t.ahead = hash, true
	t.first, t.err = t.Reader.Next(0)
	return nil
}

func (t *wholeText) Next(keep int) (text []byte, err error) {
	if t.ahead {
		text, err, t.ahead = t.first, t.err, false
	} else {
		text, err = t.Reader.Next(keep)
	}
	if t.hash != nil {
		t.hash.Write(text[keep:])
	}
	return text, err
}

// inflate.Slack must be at least event.Padding.
const _ uint = inflate.Slack - event.Padding

func isGzip(start []byte) bool { return bytes.HasPrefix(start, []byte(inflate.Magic)) }

// isZstd reports whether magic starts a zstd frame, or a skippable frame, which pzstd
// writes first.
func isZstd(magic []byte) bool {
	return string(magic) == "\x28\xb5\x2f\xfd" ||
		len(magic) == 4 && magic[0]&0xf0 == 0x50 && string(magic[1:]) == "\x2a\x4d\x18"
}

func newHash(wanted bool) hash.Hash {
	if !wanted {
		return nil
	}
	return sha256.New()
}
