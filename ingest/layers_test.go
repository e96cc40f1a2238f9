package ingest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/source/store"
	"vpcetrail/ingest/spill"
)

// An outcome is everything that is reported about an object.
type outcome struct {
	result string
	ids    []string
}

// readLayers reads the stored bytes of an object: from memory if inMemory, else byte by
// byte as they arrive.
func readLayers(o *objectReader, stored []byte, inMemory bool) outcome {
	var body io.Reader = bytes.NewReader(stored)
	if !inMemory {
		body, stored = iotest.OneByteReader(body), nil
	}
	sink := &recorder{log: dedupe.NewLog(nil, 1<<20)}
	res := Result{Status: OK, Object: store.Object{Name: "o"}}
	err := o.walk(body, stored, sink, &res)
	if o.prove(&res); err != nil {
		res.Status, res.Err = statusOf(err), describe(res.Object, res.Bytes, err)
	}
	return outcome{fmt.Sprint(res.Status, res.Err, res.Bytes, res.Records, res.Invalid, res.SHA256, res.Proof), sink.ids}
}

// FuzzLayers compares a text in layers of gzip and zstd with the text alone. It also
// compares objects in memory with objects that arrive byte by byte, with bytes added or
// missing at the end.
func FuzzLayers(f *testing.F) {
	text := logOf(record("a", 0), record("b", 1))
	for _, plan := range []string{"", "a", "b", "c", "aa", "ba", "aac", "ab", "aaa", "aaaa", "bbbb"} {
		f.Add(text, []byte(plan), []byte(""), uint16(0))
		f.Add([]byte(subscription("a")+"\n"+subscription("b")), []byte(plan), []byte("x"), uint16(0))
		f.Add([]byte("\ufeff"+record("a", 0)+"\ntext\n"+record("b", 1)), []byte(plan), []byte("\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x00n"), uint16(0))
		f.Add(text, []byte(plan), []byte(""), uint16(9))
		f.Add([]byte("\x1f"), []byte(plan), []byte(""), uint16(3))
	}
	disk := spill.NewDisk(f.TempDir())
	f.Cleanup(func() { _ = disk.Close() })
	o := objectReader{window: day.All(), layers: layers{hash: newHash(true)}}
	f.Fuzz(func(t *testing.T, text, plan, tail []byte, cut uint16) {
		if len(text) > 4000 || len(plan) > maxLayers+1 || len(tail) > 100 {
			return
		}
		stored := slices.Clone(text)
		for i, p := range plan {
			switch half := len(stored) / 2; {
			case p%3 == 2 && i == len(plan)-1: // only the outermost layer may be zstd
				stored = zstandard(t, stored)
			case p%3 == 1:
				stored = gzipped(t, stored[:half], nil, stored[half:])
			default:
				stored = gzipped(t, stored)
			}
		}
		stored = append(stored, tail...)
		stored = stored[:max(0, len(stored)-int(cut))]
		whole, streamed := readLayers(&o, stored, true), readLayers(&o, stored, false)
		if whole.result != streamed.result || !slices.Equal(whole.ids, streamed.ids) {
			t.Fatalf("%q\nin memory   %+v\nbyte by byte %+v", stored, whole, streamed)
		}
		if len(plan) > maxLayers || len(tail) > 0 || cut > 0 || isGzip(text) || isZstd(text[:min(4, len(text))]) {
			return
		}
		if alone := readLayers(&o, text, true); !slices.Equal(whole.ids, alone.ids) {
			t.Fatalf("%q in layers %q:\n%+v\nalone\n%+v", text, plan, whole, alone)
		}
	})
}

// TestTheDigestIsOfTheOuterText checks that the digest is of the object's contents: of
// gzip, if gzip is inside gzip.
func TestTheDigestIsOfTheOuterText(t *testing.T) {
	text := logOf(record("a", 0))
	packed := gzipped(t, text)
	for name, data := range map[string]struct{ outer, stored []byte }{
		"gzip": {text, packed}, "zstd": {text, zstandard(t, text)}, "plain": {text, text}, "gzip inside gzip": {packed, gzipped(t, packed)},
	} {
		hash := newHash(true)
		hash.Write(data.outer)
		want := fmt.Sprintf("%x", hash.Sum(nil))
		sink := runOver(t, map[string][]byte{"a.json": data.stored}, 1, Config{Window: day.All(), SHA256: true})[0]
		if got := sink.results[0].SHA256; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestTheDigestCoversWhatIsNotDecoded checks that the digest is of the whole object where
// decoding stops early, and that what follows the first gzip member is reported.
func TestTheDigestCoversWhatIsNotDecoded(t *testing.T) {
	broken := append(logOf(record("a", 0)), bytes.Repeat([]byte("] not JSON "), 100_000)...)
	text := logOf(record("a", 0))
	for _, tc := range []struct {
		name    string
		stored  []byte
		hashed  []byte // nil: it cannot be inflated whole
		members int
		more    bool
	}{
		{"whole", gzipped(t, text), text, 1, false},
		{"JSON that breaks off", gzipped(t, broken), broken, 1, false},
		{"another document", gzipped(t, []byte(`{"a":1}`)), []byte(`{"a":1}`), 1, false},
		{"two members", gzipped(t, text, []byte("\n")), append(text[:len(text):len(text)], '\n'), 2, false},
		{"bytes after it", append(gzipped(t, text), "tail"...), nil, 1, true},
		{"gzip inside gzip with bytes after it", gzipped(t, append(gzipped(t, text), "tail"...)), append(gzipped(t, text), "tail"...), 1, false},
		{"plain", text, text, 0, false},
		{"cut", gzipped(t, text)[:30], nil, 1, false},
	} {
		o := objectReader{window: day.All(), layers: layers{hash: newHash(true)}}
		readLayers(&o, gzipped(t, []byte("another object")), true)
		for _, inMemory := range []bool{true, false} {
			sink := &recorder{log: dedupe.NewLog(nil, 1<<20)}
			res := Result{Object: store.Object{Name: "o"}}
			stored := tc.stored
			if !inMemory {
				stored = nil
			}
			_ = o.walk(bytes.NewReader(tc.stored), stored, sink, &res) // the digest does not depend on it
			o.prove(&res)
			want := ""
			if tc.hashed != nil {
				want = fmt.Sprintf("%x", sha256.Sum256(tc.hashed))
			}
			if p := res.Proof; p.SHA256 != want || p.Members != tc.members || p.Trailing != tc.more {
				t.Errorf("%s, in memory %v: %+v, want %s", tc.name, inMemory, p, want)
			}
		}
	}
}
