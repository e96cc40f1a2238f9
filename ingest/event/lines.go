package event

import (
	"bytes"
	"io"

	"vpcetrail/ingest/event/walk"
)

// This file handles what comes between documents: byte order marks, names before a
// document in its line, and lines of text. A line of text counts as one record that
// cannot be decoded. If there is no document at all, the first such line is the error.
// Around a log, {"Records":[…]}, only white space is allowed.

const (
	byteOrderMark = "\xef\xbb\xbf"

	// maxPrefix limits the text before a document in its line. Names of log groups and
	// streams have up to 512 bytes each. The rest is for times and colour codes.
	maxPrefix = 2048
)

// encoding walks a byte order mark and rejects UTF-16. done reports whether the step ends
// here.
func (r *Reader) encoding(i int) (end int, done bool) {
	if r.base+int64(i) == 0 {
		if r.n < 2 && r.err == nil {
			return ^r.n, true
		}
		if IsUTF16(r.buf[:r.n]) {
			r.err = ErrUTF16
			return ^r.n, true
		}
	}
	b := walk.Over(r.buf)
	for k := range len(byteOrderMark) {
		if b.At(i+k) != byteOrderMark[k] {
			return ^r.n, k > 0 && i+k >= r.n && r.err == nil
		}
	}
	r.marked = true
	return i + len(byteOrderMark), true
}

// IsUTF16 reports whether text starts like JSON in UTF-16, with or without a byte order
// mark.
func IsUTF16(text []byte) bool {
	if len(text) < 2 {
		return false
	}
	switch string(text[:2]) {
	case "\xff\xfe", "\xfe\xff", "{\x00", "\x00{", "[\x00", "\x00[":
		return true
	}
	return false
}

// beginsLine reports whether no document comes before i in its line.
func (r *Reader) beginsLine(i int) bool {
	return !r.begun || r.marked || bytes.IndexByte(r.buf[r.i:i], '\n') >= 0
}

// opens reports whether the text at i begins like a document. At the start of a line a
// bracket alone does not show that: [INFO] and {name} are text. isCut reports that the
// text ends too early to decide.
func (r *Reader) opens(i int, isLine bool) (is, isCut bool) {
	b := walk.Over(r.buf)
	k := walk.SkipSpace(b, i+1)
	switch next := b.At(k); b.At(i) {
	case '{':
		is = !isLine || next == '"' || next == '}'
	case '[':
		is = !isLine || next == '{' || next == '[' || next == '"' || next == ']'
		if !is && k < r.n {
			return r.opensScalars(k)
		}
	case '"':
		k = i + 1
		is = b.At(k) == '{'
	default:
		return false, false
	}
	isCut = k >= r.n
	return is || isCut, isCut
}

// opensScalars is opens for an array that starts at i with an element that is no
// container. A number in brackets before other text, such as [12], is no array.
func (r *Reader) opensScalars(i int) (is, isCut bool) {
	b := walk.Over(r.buf)
	end := walk.SkipScalar(b, i)
	if end < 0 {
		return ^end >= r.n, ^end >= r.n
	}
	switch end = walk.SkipSpace(b, end); {
	case end >= r.n:
		return true, true
	case b.At(end) == ']':
		return r.endsText(end + 1)
	}
	return b.At(end) == ',', false
}

// endsText reports whether no text follows, in the same line, the document that ends at
// i.
func (r *Reader) endsText(i int) (is, isCut bool) {
	b := walk.Over(r.buf)
	for isBlank(b.At(i)) {
		i++
	}
	switch b.At(i) {
	case '\n', '{', '[', '"':
		return true, false
	}
	return i >= r.n, i >= r.n
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// line walks the start of a line that is no document. It walks either the text before an
// object that ends the line (awslogs prints the names of group and stream there), or the
// whole line. Text contains no control characters except tabs and those of colour codes.
func (r *Reader) line(i int) (end int, isRecord bool) {
	if r.begun && r.list == records {
		return ^i, false
	}
	b, isPrefix := walk.Over(r.buf), true
	for k := i; ; k++ {
		c := b.At(k)
		isPrefix = isPrefix && c != '"' && k < i+maxPrefix
		switch {
		case c == '{' && isPrefix && k > i && isBlank(b.At(k-1)):
			opens, isCut := r.opens(k, true)
			if opens && !isCut {
				opens, isCut = r.endsLine(k)
				isPrefix = opens
			}
			switch {
			case isCut && r.err == nil:
				return ^r.n, false
			case opens:
				return k, false
			}
		case c == '\n', k == r.n && r.err == io.EOF:
			return r.textLine(i, k), true
		case k == r.n:
			return ^r.n, false
		case c < ' ' && !isBlank(c) && c != '\x1b':
			return ^i, false
		}
	}
}

// endsLine reports whether no text follows the object at i in its line. A broken object
// is not text. Walking it gives an error.
func (r *Reader) endsLine(i int) (is, isCut bool) {
	end := walk.SkipValue(walk.Over(r.buf), i, 0)
	if end < 0 {
		return true, ^end >= r.n
	}
	return r.endsText(end)
}

// textLine treats the line from i to end as a record.
func (r *Reader) textLine(i, end int) int {
	if !r.begun && r.refused == nil {
		at, b := i, walk.Over(r.buf)
		if c := b.At(i); c == '{' || c == '[' {
			if at = walk.SkipValue(b, i, 0); at < 0 {
				at = ^at
			}
			at = min(walk.SkipSpace(b, at), end) // what follows the line may not be read yet
		}
		r.refused = &SyntaxError{Offset: r.base + int64(at), Byte: b.At(at)}
	}
	r.list, r.dec.shape = alone, shape{isText: true}
	return end
}

// refuse ends the text with an error at the first byte that is not JSON in its first line
// of text.
func (r *Reader) refuse() int {
	r.err = r.refused
	r.base = r.refused.Offset - int64(r.i) // the place where reading stopped
	return ^r.n
}
