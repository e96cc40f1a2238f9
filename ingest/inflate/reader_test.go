package inflate

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
)

// reference returns klauspost's result for a stream, except for what follows a member.
func reference(gz []byte) ([]byte, error) {
	text, err := byKlauspost(gz)
	members, rest := split(gz)
	switch {
	case members > 0 && len(rest) > 0 && !strings.HasPrefix(Magic, string(rest[:min(len(rest), 2)])):
		err = ErrTrailing
	// klauspost takes a name without an end for the end of the stream
	case err == nil && len(rest) > 0, err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return text, err
}

func byKlauspost(gz []byte) ([]byte, error) {
	zr, err := gzip.NewReader(bufio.NewReader(bytes.NewReader(gz)))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(zr)
}

// split counts the members of a stream up to the first incomplete one, and returns what
// follows them.
func split(gz []byte) (members int, rest []byte) {
	for rest = gz; ; members++ {
		src := bytes.NewReader(rest)
		zr, err := gzip.NewReader(src)
		if err != nil {
			return members, rest
		}
		zr.Multistream(false)
		if _, err := io.Copy(io.Discard, zr); err != nil {
			return members, rest
		}
		rest = rest[len(rest)-src.Len():]
	}
}

// inflated returns the text that r returns, piece by piece and in place.
func inflated(r *Reader, gz []byte) (all []byte, err error) {
	if err := r.Reset(gz); err != nil {
		return nil, err
	}
	for {
		text, err := r.Next(0)
		all = append(all, text...)
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return all, err
		}
	}
}

// agree compares r and a Stream with the reference, and reports whether r reached the end
// alone.
func agree(t *testing.T, r *Reader, gz []byte) (alone bool) {
	t.Helper()
	want, wantErr := reference(gz)
	got, err := inflated(r, gz)
	same(t, "Reader", got, err, want, wantErr)
	if members, _ := split(gz); err == nil && r.Members() != members {
		t.Fatalf("%d members, want %d", r.Members(), members)
	}
	got, err = streamed(gz)
	same(t, "Stream", got, err, want, wantErr)
	return r.f.state == ended
}

func same(t *testing.T, who string, got []byte, err error, want []byte, wantErr error) {
	t.Helper()
	if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		t.Fatalf("%s: error %v: the reference says %v", who, err, wantErr)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%s: %d bytes of text, the reference has %d; the first %d are equal", who, len(got), len(want), equal(got, want))
	}
}

// streamed returns a Stream's result if gz arrives byte by byte.
func streamed(gz []byte) ([]byte, error) {
	s, err := NewStream(bufio.NewReaderSize(iotest.OneByteReader(bytes.NewReader(gz)), 16))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(s)
}

// TestWhatFollowsAMember checks the error for bytes after a stream, for any number of
// bytes.
func TestWhatFollowsAMember(t *testing.T) {
	whole := gzipped(t, "text")
	named := append([]byte("\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff"), "name\x00"...)
	for n := 1; n < 40; n++ {
		for _, tail := range []string{strings.Repeat("x", n), strings.Repeat("\x00", n), "\n" + strings.Repeat("\x1f", n-1)} {
			if _, err := streamed(append(whole[:len(whole):len(whole)], tail...)); err != ErrTrailing {
				t.Errorf("%d bytes %q: %v", n, tail[:1], err)
			}
		}
	}
	for n := 1; n < len(named); n++ {
		for _, members := range [][]byte{nil, whole, append(bytes.Clone(whole), whole...)} {
			if _, err := streamed(append(members, named[:n]...)); err != io.ErrUnexpectedEOF {
				t.Errorf("%d bytes of a header after %d of members: %v", n, len(members), err)
			}
		}
	}
}

func equal(a, b []byte) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// sound returns streams that a Reader decodes alone.
func sound(tb testing.TB) map[string][]byte {
	all := compressed(tb, someJSON(60_000))
	plain := all["klauspost level 6"]
	all["no text, stored"] = handmade(func(d *deflater) { d.stored(final, "") })
	all["no text, fixed"] = handmade(func(d *deflater) { d.begin(final); d.fixed(256) })
	all["no text, dynamic, the only code has one bit"] = handmade(func(d *deflater) {
		d.dynamic(final, lengths(257, 256, 1), lengths(1))
		d.code(0, 1)
	})
	all["stored blocks, one empty"] = handmade(func(d *deflater) {
		d.stored(notFinal, strings.Repeat("a", 65535))
		d.stored(notFinal, "")
		d.stored(final, "b")
	})
	all["every literal"] = handmade(func(d *deflater) {
		d.begin(final)
		for s := range uint(257) {
			d.fixed(s)
		}
	})
	all["all kinds of blocks"] = handmade(func(d *deflater) {
		d.stored(notFinal, "abc")
		d.begin(notFinal)
		d.match(5, 2)
		d.fixed(256)
		d.dynamic(notFinal, lengths(258, 'x', 2, 256, 2, 257, 1), lengths(3, 2, 1))
		d.code(2, 2) // x
		d.code(0, 1) // length 3
		d.code(0, 1) // distance 3
		d.code(3, 2)
		d.begin(final)
		d.fixed('z')
		d.fixed(256)
	})
	all["matches of every length"] = handmade(func(d *deflater) {
		d.begin(final)
		for length := 3; length <= 258; length++ {
			d.fixed(uint(length % 256))
			d.match(length, min(length-2, 40))
		}
		d.fixed(256)
	})
	all["matches of every short distance"] = handmade(func(d *deflater) {
		d.begin(final)
		for _, s := range []byte("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			d.fixed(uint(s))
		}
		for distance := 1; distance <= 62; distance++ {
			for _, length := range []int{3, 4, 15, 16, 17, 31, 32, 33, 96, 97, 258} {
				d.fixed(uint(distance+length) % 256)
				d.match(length, distance)
			}
		}
		d.fixed(256)
	})
	all["matches of the greatest distance"] = handmade(func(d *deflater) {
		d.stored(notFinal, someJSON(32768)[:32768])
		d.begin(final)
		for range 2000 {
			d.match(258, 32768)
			d.match(3, 32767)
		}
		d.fixed(256)
	})
	all["code length 258 by its other symbol"] = handmade(func(d *deflater) {
		d.begin(final)
		d.fixed('a')
		d.fixed(284)
		d.bits(31, 5)
		d.code(0, 5)
		d.fixed(256)
	})
	all["several members"] = bytes.Repeat(plain, 3)
	all["members without text"] = bytes.Repeat(all["no text, fixed"], 9)
	for name, head := range headers(4|8|16|2, "extra", "name", "comment") {
		all["header with "+name] = append(head, plain[10:]...)
	}
	return all
}

// headers returns headers with some or all of the fields of flags.
func headers(flags byte, extra, name, comment string) map[string][]byte {
	all := make(map[string][]byte)
	for title, set := range map[string]byte{"an extra field": 4, "a name": 8, "a comment": 16, "a checksum": 2, "a hint at text": 1, "everything": flags | 1} {
		head := []byte{0x1f, 0x8b, 8, set, 1, 2, 3, 4, 0, 3}
		if set&4 != 0 {
			head = binary.LittleEndian.AppendUint16(head, uint16(len(extra)))
			head = append(head, extra...)
		}
		if set&8 != 0 {
			head = append(head, name+"\x00"...)
		}
		if set&16 != 0 {
			head = append(head, comment+"\x00"...)
		}
		if set&2 != 0 {
			head = binary.LittleEndian.AppendUint16(head, uint16(crc32.ChecksumIEEE(head)))
		}
		all[title] = head
	}
	return all
}

func TestReaderInflates(t *testing.T) {
	var r Reader
	for name, gz := range sound(t) {
		t.Run(name, func(t *testing.T) {
			if !agree(t, &r, gz) {
				t.Error("left to klauspost")
			}
		})
	}
}

func TestReaderReadsWhatNextReturns(t *testing.T) {
	var r Reader
	for name, gz := range sound(t) {
		want, _ := reference(gz)
		if err := r.Reset(gz); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(&r)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(want))
		}
		if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("%s: Read after the end: %d, %v", name, n, err)
		}
	}
}

func TestReaderKeepsText(t *testing.T) {
	want := someJSON(1_500_000)
	gz := gzipped(t, want)
	rnd := rand.New(rand.NewPCG(1, 2))
	broken := append(gz[:len(gz)-1:len(gz)-1], gz[len(gz)-1]^1)
	for _, tc := range []struct {
		name string
		keep func(n int) int
		gz   []byte
		err  error
	}{
		{"nothing", func(int) int { return 0 }, gz, io.EOF},
		{"all", func(n int) int { return n }, gz, io.EOF},
		{"a little", func(n int) int { return min(n, 1500) }, gz, io.EOF},
		{"more than matches refer to", func(n int) int { return min(n, 100_000) }, gz, io.EOF},
		{"now this, now that", func(n int) int { return rnd.IntN(n + 1) }, gz, io.EOF},
		{"now this, now that, by klauspost in the end", func(n int) int { return rnd.IntN(n + 1) }, broken, gzip.ErrChecksum},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var r Reader
			if err := r.Reset(tc.gz); err != nil {
				t.Fatal(err)
			}
			end, kept := 0, 0
			for {
				text, err := r.Next(kept)
				begin := end - kept
				end = begin + len(text)
				if end > len(want) || string(text) != want[begin:end] {
					t.Fatalf("text from %d to %d is wrong", begin, end)
				}
				if err != nil {
					if err != tc.err || end != len(want) || len(text) != kept {
						t.Errorf("%d bytes, %v; want %d, %v", end, err, len(want), tc.err)
					}
					return
				}
				behind := text[len(text) : len(text)+Slack]
				for i := range behind {
					behind[i] = 0xaa
				}
				kept = tc.keep(len(text))
			}
		})
	}
}

func TestReaderLetsAGrownWindowGo(t *testing.T) {
	gz := gzipped(t, someJSON(1_000_000))
	var r Reader
	_ = r.Reset(gz) // its error comes again later
	kept := 0
	for {
		text, err := r.Next(kept)
		if err != nil {
			break
		}
		kept = len(text)
	}
	if len(r.f.out) < 1_000_000 {
		t.Errorf("window of %d bytes for a million kept", len(r.f.out))
	}
	if r.f.in != nil {
		t.Error("holds the stream after the end")
	}
	if err := r.Reset(gz); err != nil || len(r.f.out) != maxDistance+window+outSlack {
		t.Errorf("window of %d bytes after Reset, %v", len(r.f.out), err)
	}
}

func TestReaderPanicsForWhatWasNotReturned(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	var r Reader
	if err := r.Reset(handmade(func(d *deflater) { d.stored(final, "abc") })); err != nil {
		t.Fatal(err)
	}
	_, err := r.Next(1)
	t.Error(err)
}

func TestReaderDoesNotAllocate(t *testing.T) {
	gz := gzipped(t, someJSON(500_000))
	fixedBlock := handmade(func(d *deflater) { d.begin(final); d.fixed('a'); d.fixed(256) })
	var r Reader
	allocs := testing.AllocsPerRun(10, func() {
		for _, gz := range [][]byte{gz, fixedBlock} {
			err := r.Reset(gz)
			for err == nil {
				_, err = r.Next(0)
			}
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
