package tabulate

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"vpcetrail/classify"
	"vpcetrail/classify/network"
	"vpcetrail/classify/network/networktest"
	"vpcetrail/fixtures/trail"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/count"
	"vpcetrail/report/learn"
)

// TestShardGivesTheReportAgain makes a report of what a shard keeps: the tables are those of the run that read the
// trail, however many workers and parts there were, and however short memory is when it is read back.
func TestShardGivesTheReportAgain(t *testing.T) {
	dir := t.TempDir()
	cfg := trail.Default()
	cfg.Objects, cfg.Records = 3, 120
	cfg.Duplicates, cfg.Corrections, cfg.Shared, cfg.Invalid = 0.05, 0.03, 0.03, 0.005
	if _, err := trail.Generate(t.Context(), cfg, dir); err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "trail/broken.json", []byte(`{"Records":[{"eventTime":"2026-11-20T10:00:00Z"},{`))
	run := testRun{sources: []string{filepath.Join(dir, "trail")}, window: day.All(), workers: 1}
	run.network = run.around(t)
	want := run.report(t)
	read := readDays(t, want)
	if n := len(read[0].Causes); n < 20 {
		t.Errorf("only %d rows of table causes", n)
	}
	days := fmt.Sprintf("%+v", read)
	var first []*count.Part
	for _, how := range []struct{ workers, memory, partBytes, again int }{
		{1, 0, 0, 0}, {3, 0, 0, 0}, {2, 16 << 10, 0, 16 << 10}, {2, 0, 5000, 16 << 10},
	} {
		t.Run(fmt.Sprintf("%+v", how), func(t *testing.T) {
			run.workers, run.memory = how.workers, how.memory
			parts, accounts, heard := run.shard(t, how.partBytes)
			if how.partBytes == 0 {
				if first == nil {
					first = parts
				}
				if !reflect.DeepEqual(parts, first) {
					t.Error("the shard depends on the workers or on the memory")
				}
			} else if len(parts) < 20 {
				t.Errorf("only %d parts", len(parts))
			}
			got := again(t, parts, accounts, &heard, how.again, run.network)
			if got.Balance != want.Balance || fmt.Sprint(got.Statuses) != fmt.Sprint(want.Statuses) {
				t.Errorf("balance %+v, objects %v\nwant    %+v, %v", got.Balance, got.Statuses, want.Balance, want.Statuses)
			}
			if fmt.Sprintf("%+v", readDays(t, got)) != days {
				t.Error("tables differ")
			}
		})
	}
}

// An addressBook is an ingest.Sink that notes what a network snapshot may know.
type addressBook struct {
	addresses []netip.Addr
	instances []string
	regions   map[string]bool
	days      map[day.Day]bool
}

func (b *addressBook) Begin(int)                {}
func (b *addressBook) End(*ingest.Result) error { return nil }

func (b *addressBook) Event(ev *event.Event) {
	if address, kind := classify.ParseSource(ev.SourceIP); kind == classify.Public {
		b.addresses = append(b.addresses, address)
		b.regions[string(ev.Region)], b.days[ingest.DayOf(ev)] = true, true
		if workload := network.WorkloadByIdentity(&ev.Identity); strings.HasPrefix(workload, "i-") {
			b.instances = append(b.instances, workload)
		}
	}
}

// around returns a snapshot in which addresses and instances of the trail have a place.
func (r testRun) around(t *testing.T) *network.Days {
	t.Helper()
	from, err := source.Open(t.Context(), r.sources, list.Selection{Window: r.window}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	b := &addressBook{regions: map[string]bool{}, days: map[day.Day]bool{}}
	if err := ingest.Run(t.Context(), from, []ingest.Sink{b}, ingest.Config{Window: r.window}); err != nil {
		t.Fatal(err)
	}
	snapshot := networktest.Around(1, []string{"111122223333", "999988887777"}, slices.Sorted(maps.Keys(b.regions)), b.addresses, slices.Compact(b.instances), slices.Sorted(maps.Keys(b.days)))
	networks, err := network.ParseNetworks([]byte("partner: 198.51.100.0/25"))
	if err != nil {
		t.Fatal(err)
	}
	return network.NewDays(snapshot, networks)
}

// shard reads a trail, and returns what its shard is made of.
func (r testRun) shard(t *testing.T, size int) (parts []*count.Part, accounts []string, learned learn.Learned) {
	t.Helper()
	from, err := source.Open(t.Context(), r.sources, list.Selection{Window: r.window}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	disk := spill.NewDisk(t.TempDir())
	defer disk.Close()
	counters, sinks := make([]*count.Counter, r.workers), make([]ingest.Sink, r.workers)
	for i := range counters {
		counters[i] = count.NewCounter(classify.EmbeddedRanges(), count.Options{Disk: disk, Memory: r.memory, Lateness: 1, Keep: true, Network: r.network})
		sinks[i] = counters[i]
	}
	if err := ingest.Run(t.Context(), from, sinks, ingest.Config{Window: r.window}); err != nil {
		t.Fatal(err)
	}
	err = count.WriteShard(t.Context(), counters, count.ShardOptions{Disk: disk, Memory: max(r.memory, 64<<10), PartBytes: size}, func(part *count.Part) error {
		own := *part
		own.Text, own.Segments = bytes.Clone(part.Text), slices.Clone(part.Segments)
		parts = append(parts, &own)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return parts, from.Accounts(), count.LearnedBy(counters)
}

// again makes a report of a shard's parts, which several jobs settle.
func again(t *testing.T, parts []*count.Part, accounts []string, learned *learn.Learned, memory int, known *network.Days) *report.Report {
	t.Helper()
	disk := spill.NewDisk(t.TempDir())
	t.Cleanup(func() { disk.Close() })
	in := Input{Window: day.All(), TrailAccounts: accounts, Network: known, NATPrice: 0.045, Disk: disk, Memory: cmp.Or(memory, 64<<20)}
	rep, err := joined(t, parts, learned, in, 3)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// joined settles the parts of a shard by a number of jobs, and joins what they make.
func joined(t *testing.T, parts []*count.Part, learned *learn.Learned, in Input, jobs int) (*report.Report, error) {
	settled := &count.Settled{
		Objects: count.NewCounter(nil, count.Options{Disk: in.Disk, Memory: in.Memory, Lateness: 1}), Kinds: map[day.Day]report.Kinds{},
	}
	settled.Objects.Learn(learned)
	objects := partReader(t, parts, count.PartObjects)
	for seq := 0; ; seq++ {
		text, err := objects.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		res, err := count.ParseObject(text)
		if err != nil {
			return nil, err
		}
		settled.Objects.Begin(seq)
		if err := settled.Objects.End(res); err != nil {
			return nil, err
		}
	}
	for number := range jobs {
		sums := spill.NewFrames(in.Disk)
		kinds, err := settle(t, parts, in, func(partition int) bool { return partition%jobs == number }, func(part *count.Part) error { return sums.Add(part.Text) })
		if err != nil {
			return nil, err
		}
		for d, n := range kinds {
			n.Add(settled.Kinds[d])
			settled.Kinds[d] = n
		}
		r, err := count.NewSumReader(sums.Reader())
		if err != nil {
			return nil, err
		}
		settled.Sums = append(settled.Sums, r)
	}
	settled.Numbers = partReader(t, parts, count.PartNumbers)
	counted, err := count.Join(t.Context(), settled, in.Disk, in.Memory)
	if err != nil {
		return nil, err
	}
	return Tables(in, counted)
}

// settle settles the wanted partitions of a shard.
func settle(
	t *testing.T, parts []*count.Part, in Input, wanted func(partition int) bool, stage func(*count.Part) error,
) (map[day.Day]report.Kinds, error) {
	s, err := count.NewSettler(in.Disk, in.Memory, 2)
	if err != nil {
		return nil, err
	}
	numbering, sizes := count.Numbering{}, []int(nil)
	names := partReader(t, parts, count.PartNames)
	for seq := uint32(0); ; seq++ {
		if _, err := names.Next(); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		numbering.Objects = append(numbering.Objects, seq)
	}
	for _, part := range parts {
		if part.Kind == count.PartNumbers {
			sizes = append(sizes, part.Cells)
			numbering.Cells += uint32(part.Cells)
		}
	}
	for _, part := range parts {
		rest := part.Text
		for i, segment := range part.Segments {
			if wanted(segment.Partition) {
				if err := s.Take(i%2, rest[:segment.Bytes], &numbering); err != nil {
					return nil, err
				}
			}
			rest = rest[segment.Bytes:]
		}
	}
	return s.Settle(t.Context(), sizes, partReader(t, parts, count.PartOutlines), stage)
}

func partReader(t *testing.T, parts []*count.Part, kind count.PartKind) *count.PartReader {
	t.Helper()
	r, err := count.NewPartReader(kind, func() ([]byte, error) {
		for len(parts) > 0 {
			part := parts[0]
			parts = parts[1:]
			if part.Kind == kind {
				return part.Text, nil
			}
		}
		return nil, io.EOF
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestHostileShards changes bytes of a shard's parts: reading them ends in an error or in a report, and never
// in a panic or without end.
func TestHostileShards(t *testing.T) {
	dir := t.TempDir()
	cfg := trail.Default()
	cfg.Objects, cfg.Records = 1, 40
	if _, err := trail.Generate(t.Context(), cfg, dir); err != nil {
		t.Fatal(err)
	}
	run := testRun{sources: []string{filepath.Join(dir, "trail")}, window: day.All(), workers: 1}
	parts, _, _ := run.shard(t, 0)
	packer, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	unpacker, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	refused := 0
	for range 400 {
		hurt := slices.Clone(parts)
		at := random.IntN(len(hurt))
		own := *hurt[at]
		from, to := 0, len(own.Text) // of a frame: that of the part, or of a segment
		own.Segments = slices.Clone(own.Segments)
		if n := len(own.Segments); n > 0 {
			segment := random.IntN(n)
			for _, s := range own.Segments[:segment] {
				from += s.Bytes
			}
			to = from + own.Segments[segment].Bytes
		}
		text, err := unpacker.DecodeAll(own.Text[from:to], nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + random.IntN(3) {
			text[random.IntN(len(text))] = byte(random.IntN(256))
		}
		packed := packer.EncodeAll(text, nil)
		for i, before := 0, 0; i < len(own.Segments); i++ {
			if before == from {
				own.Segments[i].Bytes = len(packed)
				break
			}
			before += own.Segments[i].Bytes
		}
		own.Text = slices.Concat(own.Text[:from], packed, own.Text[to:])
		hurt[at] = &own
		if err := readShard(t, hurt); err != nil {
			refused++
		}
	}
	if refused < 50 {
		t.Errorf("%d of 400 hurt shards are refused", refused)
	}
}

// readShard makes the report of parts, and reads its tables.
func readShard(t *testing.T, parts []*count.Part) error {
	t.Helper()
	disk := spill.NewDisk(t.TempDir())
	defer disk.Close()
	d := day.Day(20777) // 2026-11-20
	rep, err := joined(t, parts, new(learn.Learned), Input{Window: day.Window{From: d, To: d + 1}, Disk: disk, Memory: 64 << 20}, 1)
	if err != nil {
		return err
	}
	readDays(t, rep)
	return nil
}
