package table

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"vpcetrail/report/table/thrift"
)

// sample is a small table with NULLs, repeated values, columns that are NULL in all rows, and two row groups.
func sample(t testing.TB) ([]byte, Parts) {
	t.Helper()
	var rows []FindingRow
	for i := range 40 {
		r := FindingRow{FindingKey: FindingKey{Finding: fmt.Sprintf("kind_%d", i/10), Severity: "low", AccountID: "111122223333"}, EstimatedUSD: math.NaN()}
		if i%3 == 0 {
			r.Principal, r.EstimatedUSD = fmt.Sprintf("arn:aws:iam::111122223333:role/r%03d", i*7%40), float64(i)/4
		}
		r.Calls, r.Bytes, r.FirstSeen, r.LastSeen = int64(i), int64(i)<<33, -1, day+int64(i)
		rows = append(rows, r)
	}
	out := new(bytes.Buffer)
	w, err := Findings.NewWriter(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range [][]FindingRow{rows[:30], rows[30:]} {
		if err := w.AddGroup(columnsOf(&Findings, part)[0]); err != nil {
			t.Fatal(err)
		}
	}
	parts, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), parts
}

// read returns the rows as text.
func read[T any](t *Table[T], data []byte, parts Parts) (all []string, err error) {
	for row, err := range t.Read(context.Background(), bytes.NewReader(data), int64(len(data)), parts) {
		if err != nil {
			return nil, err
		}
		all = append(all, texts(t, []T{*row})...)
	}
	return all, nil
}

// rehash returns parts with the hashes that data has.
func rehash(parts Parts, data []byte) Parts {
	parts = slices.Clone(parts)
	for i, p := range parts {
		sum := sha256.Sum256(data[p.Offset:][:p.Length])
		parts[i].SHA256 = hex.EncodeToString(sum[:])
	}
	return parts
}

// TestEveryDamagedByteIsFound changes each byte of a file in turn.
func TestEveryDamagedByteIsFound(t *testing.T) {
	data, parts := sample(t)
	if rows, err := read(&Findings, data, parts); err != nil || len(rows) != 40*len(Findings.Columns) {
		t.Fatalf("%d values, %v", len(rows), err)
	}
	for at := range data {
		damaged := slices.Clone(data)
		damaged[at] ^= 0x10
		if _, err := read(&Findings, damaged, parts); !errors.Is(err, ErrChanged) {
			t.Fatalf("byte %d: %v", at, err)
		}
	}
	for _, other := range [][]byte{nil, data[:len(data)-1], append(slices.Clone(data), 0), data[4:]} {
		if _, err := read(&Findings, other, parts); !errors.Is(err, ErrChanged) {
			t.Errorf("a file of %d bytes, not %d: %v", len(other), len(data), err)
		}
	}
	if _, err := read(&Findings, data, Parts{}); !errors.Is(err, ErrChanged) {
		t.Errorf("no parts: %v", err)
	}
}

// TestHostileFilesEndInOneLine changes each byte of a file in turn, so that hashes fit.
func TestHostileFilesEndInOneLine(t *testing.T) {
	data, parts := sample(t)
	for at := range data {
		damaged := slices.Clone(data)
		damaged[at] ^= []byte{1, 0x7f, 0x80, 0xff}[at%4]
		oneLine(t, damaged, rehash(parts, damaged))
		if at%8 == 0 {
			oneLine(t, damaged, nil)
			oneLine(t, data[:at], nil)
		}
	}
}

// oneLine reads a file, and fails where that ends in anything but rows or a line.
func oneLine(t *testing.T, data []byte, parts Parts) {
	t.Helper()
	rows, err := read(&Findings, data, parts)
	switch {
	case err == nil && parts != nil && int64(len(rows)) != parts.Rows()*int64(len(Findings.Columns)):
		t.Errorf("%d values of %d rows", len(rows), parts.Rows())
	case err == nil:
	case errors.Is(err, errDecoder), strings.Contains(err.Error(), "\n"), len(err.Error()) > 200:
		t.Errorf("%v", err)
	}
}

// FuzzParquetOfAReport replaces bytes of a file, or of an inflated page of it. With the hashes of before, the same rows come back
// or ErrChanged. With hashes that fit, rows or a line come back, in bounded memory.
func FuzzParquetOfAReport(f *testing.F) {
	data, parts := sample(f)
	f.Add(uint16(0), []byte("PAR1"))
	f.Add(uint16(len(data)-8), []byte{0xff, 0xff, 0xff, 0xff})
	f.Add(uint16(70), []byte{0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f})
	f.Add(uint16(parts[len(parts)-1].Offset+2), []byte{0x19, 0xfc, 0xff, 0xff, 0xff, 0x0f})
	want, err := read(&Findings, data, parts)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, at uint16, with []byte) {
		damaged := slices.Clone(data)
		copy(damaged[min(int(at), len(data)):], with)
		if got, err := read(&Findings, damaged, parts); err == nil && !slices.Equal(got, want) || err != nil && !errors.Is(err, ErrChanged) {
			t.Fatalf("%d values, %v", len(got), err)
		}
		before := allocated()
		oneLine(t, damaged, rehash(parts, damaged))
		oneLine(t, damaged, nil)
		if after := allocated(); after-before > 256<<20 {
			t.Fatalf("%d bytes for a file of %d", after-before, len(data))
		}
	})
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// FuzzPage replaces bytes of the inflated data page of a column of texts with NULLs, and of its dictionary. Values or an error
// come back: never a panic, nor values that the dictionary does not have.
func FuzzPage(f *testing.F) {
	texts := []string{"", "a", "bc", "def"}
	ranks := make([]uint32, 100)
	for i := range ranks {
		ranks[i] = uint32(i / 7 % 4)
	}
	f.Add(uint8(0), []byte{2, 0, 0, 0, 0xc8, 1}, false)
	f.Add(uint8(0), []byte{0xff, 0xff, 0xff, 0x7f}, true)
	f.Fuzz(func(t *testing.T, at uint8, with []byte, inDictionary bool) {
		e := encoders.Get().(*encoder)
		defer encoders.Put(e)
		c := e.encode(&Vector{Dict: texts, Ranks: ranks}, Text, true, len(ranks))
		chunk := slices.Clone(c.bytes)
		e.out = e.out[:0]
		for len(chunk) > 0 {
			header, length, err := thrift.Read(chunk)
			if err != nil {
				t.Fatal(err)
			}
			r := chunkReader{}
			zipped := int(header.Field(3).Int(0))
			if err := r.inflate(chunk[length:][:zipped], int(header.Field(2).Int(0))); err != nil {
				t.Fatal(err)
			}
			chunk, e.page = chunk[length+zipped:], append(e.page[:0], r.page...)
			kind := int(header.Field(1).Int(0))
			if inDictionary == (kind == dictionaryPage) {
				e.page = append(e.page[:min(int(at), len(e.page))], with...)
			}
			values := header.Field(7).Field(1).Int(0) + header.Field(5).Field(1).Int(0)
			e.put(kind, int(values))
		}
		v, err := new(chunkReader).decode(e.out, Text, true, true, len(ranks))
		if err == nil && len(v.Ranks) != len(ranks) {
			t.Errorf("%d values", len(v.Ranks))
		}
		for _, r := range v.Ranks {
			_ = v.Dict[r]
		}
	})
}

// TestReadingEndsWithItsContext cancels between two row groups.
func TestReadingEndsWithItsContext(t *testing.T) {
	data, parts := sample(t)
	stopped := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	rows := 0
	for row, err := range Findings.Read(ctx, bytes.NewReader(data), int64(len(data)), parts) {
		if row == nil {
			if !errors.Is(err, stopped) || rows != 30 {
				t.Errorf("%v after %d rows", err, rows)
			}
			return
		}
		rows++
		cancel(stopped)
	}
	t.Error("reading went on")
}

// atOnce is a file that counts how it is read.
type atOnce struct {
	*bytes.Reader
	reads []int64
}

func (a *atOnce) ReadAt(p []byte, at int64) (int, error) {
	a.reads = append(a.reads, at, int64(len(p)))
	return a.Reader.ReadAt(p, at)
}

// TestPartsAreReadOneByOne expects the footer first, then each row group, each once.
func TestPartsAreReadOneByOne(t *testing.T) {
	data, parts := sample(t)
	from := &atOnce{Reader: bytes.NewReader(data)}
	for _, err := range Findings.Read(context.Background(), from, int64(len(data)), parts) {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []int64{parts[2].Offset, parts[2].Length, parts[0].Offset, parts[0].Length, parts[1].Offset, parts[1].Length}
	if !slices.Equal(from.reads, want) || parts.Bytes() != int64(len(data)) || parts[0].Offset != 0 {
		t.Errorf("reads %v of parts %+v", from.reads, parts)
	}
}

// full is an io.Writer with room for so many bytes.
type full int

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if *f -= full(len(p)); *f < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestAFullDiskEndsWriting(t *testing.T) {
	rows := madeUpTraffic(GroupRows + 10)
	for _, room := range []full{0, 3, 4, 1000, 500_000} {
		for _, start := range []func(io.Writer) (*Writer[TrafficRow], error){Traffic.NewWriter, Traffic.NewArrowWriter} {
			room := room
			w, err := start(&room)
			if err == nil {
				err = addRows(w, rows)
			}
			if err == nil {
				_, err = w.Close()
			}
			if !errors.Is(err, errFull) || !strings.HasPrefix(err.Error(), "traffic: write: ") {
				t.Errorf("room %d: %v", room, err)
			}
		}
	}
}

// TestARowGroupIsWrittenOnceItIsFull expects its bytes before the next row comes.
func TestARowGroupIsWrittenOnceItIsFull(t *testing.T) {
	out := new(bytes.Buffer)
	w, err := Traffic.NewWriter(out)
	if err == nil {
		err = addRows(w, madeUpTraffic(GroupRows))
	}
	if err != nil {
		t.Fatal(err)
	}
	size := int64(out.Len())
	if parts, err := w.Close(); err != nil || parts[0].Length != size || parts[0].Rows != GroupRows || w.Rows() != GroupRows {
		t.Errorf("%d bytes before the end, of parts %+v, %v", size, parts, err)
	}
}
