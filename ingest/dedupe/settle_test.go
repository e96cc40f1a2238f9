package dedupe

import (
	"context"
	"fmt"
	"testing"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"
)

// TestSettlingInPasses compares settling a partition in several passes with settling it
// in one.
func TestSettlingInPasses(t *testing.T) {
	disk := spill.NewDisk(t.TempDir())
	defer disk.Close()
	const n = 40_000
	for _, memory := range []int{0, 1 << 30} {
		log := NewLog(disk, 1<<20)
		for i := range n { // every third comes again, at once or much later, all in one partition
			r := Record{ID: ID{uint64(i % (n * 2 / 3)), 1}, Place: PlaceOf(i/100, i%100), Value: uint32(i)}
			log.add(0, &r, fmt.Appendf(nil, "%d", i))
		}
		log.End()
		visits, seen := 0, 0
		err := Settle(context.Background(), []*Log{log}, memory, 1, func(_ int, p *Partition) error {
			visits++
			for _, run := range p.Runs {
				extras := run.Extras()
				for i, r := range run.Records {
					want := Counts
					if r.Value >= n*2/3 {
						want = Duplicate
					}
					if run.Fates[i] != want {
						t.Errorf("%d bytes: event %d has fate %d, want %d", memory, r.Value, run.Fates[i], want)
					}
					if got := string(extras.Next()); got != fmt.Sprint(r.Value) {
						t.Fatalf("%d bytes: event %d has extra %q", memory, r.Value, got)
					}
					seen++
				}
			}
			return nil
		})
		if err != nil || seen != n {
			t.Errorf("%d bytes: %d events, %v", memory, seen, err)
		}
		if passes := visits - Partitions + 1; passes > 1 != (memory == 0) {
			t.Errorf("%d bytes: %d passes", memory, passes)
		}
	}
}

// TestUUIDsAreRestored checks that an identity gives its eventID back.
func TestUUIDsAreRestored(t *testing.T) {
	scope := ScopeOf([]byte("111122223333"), []byte("us-east-1"), day.Day(20_000), event.Call)
	for _, text := range []string{
		"0eefb27b-c4b2-50be-b4e0-2b7c83b53755", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
	} {
		id, plain := scope.ID([]byte(text))
		if got := string(scope.AppendUUID(nil, id)); !plain || got != text {
			t.Errorf("%s: got %s, %t", text, got, plain)
		}
	}
	if _, plain := scope.ID([]byte("not-a-uuid")); plain {
		t.Error("another text is taken for a UUID")
	}
}

// TestRecordsAreWrittenAndRead checks the form of a record in a shard.
func TestRecordsAreWrittenAndRead(t *testing.T) {
	r := Record{ID: ID{1, 2}, Place: PlaceOf(3, 4) | correction, Value: 5, Flags: 6<<1 | HasExtra}
	text := AppendRecord(nil, &r, []byte("extra"), &ID{7, 8})
	got, extra, original, rest, ok := CutRecord(append(text, "rest"...))
	if !ok || got != r || string(extra) != "extra" || *original != (ID{7, 8}) || string(rest) != "rest" {
		t.Errorf("got %+v %q %v %q %t", got, extra, original, rest, ok)
	}
	for n := range text {
		if _, _, _, _, ok := CutRecord(text[:n]); ok {
			t.Errorf("%d bytes of %d are taken for a record", n, len(text))
		}
	}
}
