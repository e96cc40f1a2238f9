package dedupe

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// slowUUID is a simple version of parseUUID.
func slowUUID(s []byte) (hi, lo uint64, ok bool) {
	text := string(s)
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' ||
		strings.Count(text, "-") != 4 || strings.ToLower(text) != text {
		return 0, 0, false
	}
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil {
		return 0, 0, false
	}
	return binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]), true
}

func TestParseUUIDReadsWhatIsOneAndNothingElse(t *testing.T) {
	const id = "0189abcd-ef01-4f3c-b2d1-0f1e2d3c4b5a"
	for _, text := range []string{"", id, id[1:], id + "0", strings.ToUpper(id), strings.ReplaceAll(id, "-", "0"), strings.ReplaceAll(id, "-", "")} {
		compareUUID(t, []byte(text))
	}
	for at := range len(id) { // every byte in every place
		for c := range 256 {
			text := []byte(id)
			text[at] = byte(c)
			compareUUID(t, text)
		}
	}
}

func compareUUID(t *testing.T, text []byte) {
	t.Helper()
	hi, lo, ok := parseUUID(text)
	wantHi, wantLo, want := slowUUID(text)
	if ok != want || ok && (hi != wantHi || lo != wantLo) {
		t.Fatalf("%q: %x %x %t, want %x %x %t", text, hi, lo, ok, wantHi, wantLo, want)
	}
}

func BenchmarkParseUUID(b *testing.B) {
	id := []byte("0189abcd-ef01-4f3c-b2d1-0f1e2d3c4b5a")
	for b.Loop() {
		if _, _, ok := parseUUID(id); !ok {
			b.Fatal("no UUID")
		}
	}
}

// FuzzUUID compares the parser of event ids with their printed form.
func FuzzUUID(f *testing.F) {
	f.Add([]byte("acfc48d8-99e2-532e-a554-13c3dc5bee19"))
	f.Add([]byte("ACFC48D8-99e2-532e-a554-13c3dc5bee19"))
	f.Fuzz(func(t *testing.T, s []byte) {
		hi, lo, ok := parseUUID(s)
		text := fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&(1<<48-1))
		if ok != (len(s) == 36 && text == string(s)) {
			t.Errorf("%q: %v, printed %s", s, ok, text)
		}
	})
}
