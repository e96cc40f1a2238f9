package spill

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shares range from "every record spills" to "nothing spills".
var shares = []int{0, 100, 4 << 10, 1 << 30}

func TestBucketsGiveBackWhatWasAppended(t *testing.T) {
	for _, share := range shares {
		t.Run(fmt.Sprint("share=", share), func(t *testing.T) {
			disk := openDisk(t)
			b := NewBuckets(disk, 7, share)
			rng := rand.New(rand.NewPCG(1, 2))
			want := make([][]byte, 7)
			for range 20_000 {
				i, record := rng.IntN(6), bytes.Repeat([]byte{byte(rng.Int())}, rng.IntN(40)) // the seventh stays empty
				if rng.IntN(1000) == 0 {
					record = bytes.Repeat(record, 1000) // larger than a block
				}
				want[i] = append(want[i], record...)
				b.Append(i, record)
			}
			for range 2 { // it can be read again
				for i := range want {
					var got []byte
					blocks := b.Read(i)
					for {
						block, err := blocks.Next()
						if err == io.EOF {
							break
						}
						if err != nil {
							t.Fatal(err)
						}
						got = append(got, block...)
					}
					if !bytes.Equal(got, want[i]) {
						t.Fatalf("bucket %d: %d bytes came back, not the %d appended", i, len(got), len(want[i]))
					}
				}
			}
			if spilled := disk.Files() > 0; spilled != (share < 1<<20) {
				t.Errorf("spilled: %v", spilled)
			}
		})
	}
}

func TestRecordsStayInOneBlock(t *testing.T) {
	b := NewBuckets(openDisk(t), 1, 3000)
	record := []byte(strings.Repeat("x", 23))
	for range 5000 {
		b.Append(0, record)
	}
	blocks, n := b.Read(0), 0
	for block, err := blocks.Next(); err != io.EOF; block, err = blocks.Next() {
		if err != nil || len(block)%len(record) != 0 {
			t.Fatalf("a block of %d bytes, %v", len(block), err)
		}
		n += len(block) / len(record)
	}
	if n != 5000 {
		t.Errorf("%d records", n)
	}
}

func TestSorterSorts(t *testing.T) {
	for _, share := range shares {
		t.Run(fmt.Sprint("share=", share), func(t *testing.T) {
			s := NewSorter(openDisk(t), share)
			rng := rand.New(rand.NewPCG(3, 4))
			var want []string
			for range 10_000 {
				key, value := randomText(rng), randomText(rng)
				want = append(want, key+"|"+value)
				s.Add([]byte(key), []byte(value))
			}
			slices.SortFunc(want, func(a, b string) int {
				ka, va, _ := strings.Cut(a, "|")
				kb, vb, _ := strings.Cut(b, "|")
				if c := strings.Compare(ka, kb); c != 0 {
					return c
				}
				return strings.Compare(va, vb)
			})
			for range 2 {
				var got []string
				c := s.Cursor()
				for c.Next() {
					got = append(got, string(c.Key)+"|"+string(c.Value))
				}
				if c.Err() != nil || !slices.Equal(got, want) {
					t.Fatalf("%d records came back of %d, or out of order: %v", len(got), len(want), c.Err())
				}
				if c.Next() {
					t.Error("a record after the last")
				}
			}
		})
	}
}

func TestTotalsSum(t *testing.T) {
	sums(t, func(disk *Disk, share, _ int, rng *rand.Rand, want map[string]sum) *TotalsCursor[sum, *sum] {
		totals := NewTotals[sum](disk, share)
		for range 20_000 {
			key, n := randomText(rng)[:1+rng.IntN(2)], sum(rng.IntN(100))
			want[key] += n
			*totals.At([]byte(key)) += n
		}
		return totals.Cursor()
	})
}

func TestPairsSum(t *testing.T) {
	sums(t, func(disk *Disk, share, parts int, rng *rand.Rand, want map[string]sum) *TotalsCursor[sum, *sum] {
		pairs := make([]*Pairs[sum, *sum], parts)
		for i := range pairs {
			pairs[i] = NewPairs[sum](disk, share)
		}
		for range 20_000 {
			texts, n := [3]string{randomText(rng)[:rng.IntN(2)], randomText(rng), randomText(rng)}, sum(rng.IntN(100))
			head := AppendFields(nil, texts[0], texts[1])
			tail := AppendFields(nil, texts[2])
			want[string(head)+string(tail)] += n
			pairs[rng.IntN(parts)].Add(head, tail, &n)
		}
		if spilled := disk.Files() > 0; spilled != (share < 1<<20) {
			t.Errorf("spilled: %v", spilled)
		}
		return MergePairs(pairs...)
	})
}

// sums calls add to make totals, in one part and in three, with much memory and with
// little. add writes the expected totals to want.
func sums(t *testing.T, add func(disk *Disk, share, parts int, rng *rand.Rand, want map[string]sum) *TotalsCursor[sum, *sum]) {
	for _, share := range shares {
		for _, parts := range []int{1, 3} {
			t.Run(fmt.Sprintf("share=%d/parts=%d", share, parts), func(t *testing.T) {
				want, got, last := map[string]sum{}, map[string]sum{}, ""
				c := add(openDisk(t), share, parts, rand.New(rand.NewPCG(7, 8)), want)
				for c.Next() {
					if string(c.Key) <= last {
						t.Fatalf("%q comes after %q", c.Key, last)
					}
					last = string(c.Key)
					got[last] = c.Value
				}
				if c.Err() != nil || fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%v: got %d keys, want %d", c.Err(), len(got), len(want))
				}
			})
		}
	}
}

func TestNothingIsEmpty(t *testing.T) {
	disk := openDisk(t)
	if c := NewSorter(disk, 10).Cursor(); c.Next() || c.Err() != nil {
		t.Error("a record of nothing")
	}
	if c := NewTotals[sum](disk, 10).Cursor(); c.Next() || c.Err() != nil {
		t.Error("a total of nothing")
	}
	if c := NewPairs[sum](disk, 10).Cursor(); c.Next() || c.Err() != nil {
		t.Error("a pair of nothing")
	}
	if _, err := NewBuckets(disk, 1, 10).Read(0).Next(); err != io.EOF {
		t.Error(err)
	}
}

func TestADirectoryThatIsNotThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	want := dir + ": spill: no such file or directory: make room there, name another directory in TMPDIR, or raise --memory"
	disk := NewDisk(dir)
	b, s, totals, pairs := NewBuckets(disk, 1, 0), NewSorter(disk, 0), NewTotals[sum](disk, 0), NewPairs[sum](disk, 0)
	for i := range 100 {
		record := bytes.Repeat([]byte{byte(i)}, 100)
		b.Append(0, record)
		s.Add(record, nil)
		*totals.At(record) += 1
		pairs.Add(record, record, new(sum))
	}
	sorted, summed, paired := s.Cursor(), totals.Cursor(), pairs.Cursor()
	_, read := b.Read(0).Next()
	if sorted.Next() || summed.Next() || paired.Next() {
		t.Error("records were lost, and others came back")
	}
	for _, err := range []error{b.Err(), s.Err(), sorted.Err(), summed.Err(), paired.Err(), read} {
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestNothingIsLeftOnDisk(t *testing.T) {
	dir := t.TempDir()
	disk := NewDisk(dir)
	s := NewSorter(disk, 0)
	for i := range 200 {
		s.Add([]byte{byte(i)}, nil)
	}
	if disk.Files() == 0 {
		t.Fatal("nothing spilled")
	}
	if err := disk.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func openDisk(t *testing.T) *Disk {
	disk := NewDisk(t.TempDir())
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	return disk
}

// randomText returns a short text, often one that it returned before, or a prefix of it.
func randomText(rng *rand.Rand) string {
	return "abcabd"[rng.IntN(4):][:2] + strings.Repeat("\x00", rng.IntN(3))
}

// sum is a Value.
type sum int64

func (s *sum) Add(o *sum)               { *s += *o }
func (s *sum) Append(dst []byte) []byte { return binary.AppendVarint(dst, int64(*s)) }
func (s *sum) Parse(text []byte)        { n, _ := binary.Varint(text); *s = sum(n) }
