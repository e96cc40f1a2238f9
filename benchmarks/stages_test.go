package benchmarks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/bytedance/sonic"
	"github.com/klauspost/compress/gzip"

	"vpcetrail/classify"
	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/inflate"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/count"
)

// measure runs pass and reports MB/s of JSON, events/s, objects/s and allocations per
// event. pass goes over the trail, which has the given bytes of JSON and objects, and
// returns the number of events.
func measure(b *testing.B, bytes int64, objects int, pass func() int64) {
	b.SetBytes(bytes)
	b.ReportAllocs()
	var before, after runtime.MemStats
	pass() // fills buffers and caches
	runtime.ReadMemStats(&before)
	events := int64(0)
	for b.Loop() {
		events += pass()
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(objects*b.N)/b.Elapsed().Seconds(), "objects/s")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(events), "allocs/event")
}

// whole fails the benchmark if a pass did not read every record of the trail.
func (s *sample) whole(b *testing.B, records int64) int64 {
	if records != s.records {
		b.Fatalf("%d records, want %d", records, s.records)
	}
	return records
}

// BenchmarkInflate inflates every object into the product's window and ignores the text.
func BenchmarkInflate(b *testing.B) { eachTrail(b, inflateOf) }

func inflateOf(b *testing.B, s *sample) {
	b.Run("lib=klauspost", func(b *testing.B) {
		var zr gzip.Reader
		window := make([]byte, 256<<10)
		measure(b, s.bytes, len(s.objects), func() int64 {
			n := int64(0)
			for _, o := range s.objects {
				if err := zr.Reset(bytes.NewReader(o.gz)); err != nil {
					b.Fatal(err)
				}
				k, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{&zr}, window)
				if err != nil {
					b.Fatal(err)
				}
				n += k
			}
			if n != s.bytes {
				b.Fatalf("%d bytes, want %d", n, s.bytes)
			}
			return s.records
		})
	})
	b.Run("lib=vpcetrail", func(b *testing.B) {
		var zr inflate.Reader
		measure(b, s.bytes, len(s.objects), func() int64 {
			n := int64(0)
			for _, o := range s.objects {
				err := zr.Reset(o.gz)
				for err == nil {
					var text []byte
					text, err = zr.Next(0)
					n += int64(len(text))
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
			if n != s.bytes {
				b.Fatalf("%d bytes, want %d", n, s.bytes)
			}
			return s.records
		})
	})
}

// BenchmarkInflateDecode decodes as it inflates, as the product reads an object.
func BenchmarkInflateDecode(b *testing.B) { eachTrail(b, inflateDecodeOf) }

func inflateDecodeOf(b *testing.B, s *sample) {
	var zr inflate.Reader
	var r event.Reader
	measure(b, s.bytes, len(s.objects), func() (n int64) {
		for _, o := range s.objects {
			err := zr.Reset(o.gz)
			r.ResetText(&zr)
			for err == nil {
				if _, err = r.Next(); err == nil {
					n++
				}
			}
			if err != io.EOF {
				b.Fatal(err)
			}
		}
		return s.whole(b, n)
	})
}

// BenchmarkDecode decodes JSON in memory.
func BenchmarkDecode(b *testing.B) { eachTrail(b, decodeOf) }

func decodeOf(b *testing.B, s *sample) {
	b.Run("by=vpcetrail", func(b *testing.B) {
		var r event.Reader
		measure(b, s.bytes, len(s.objects), func() (n int64) {
			for _, o := range s.objects {
				if err := decode(&r, o, func(*event.Event) { n++ }); err != nil {
					b.Fatal(err)
				}
			}
			return s.whole(b, n)
		})
	})
	b.Run("by=vpcetrail-in-place", func(b *testing.B) {
		var r event.Reader
		texts := s.inPlace()
		measure(b, s.bytes, len(s.objects), func() (n int64) {
			for _, text := range texts {
				n += decodeInPlace(b, &r, text)
			}
			return s.whole(b, n)
		})
	})
	b.Run("by=sonic", func(b *testing.B) {
		var l log[sonic.NoCopyRawMessage]
		measure(b, s.bytes, len(s.objects), func() (n int64) {
			for _, o := range s.objects {
				if err := decodeSonic(o.text, &l); err != nil {
					b.Fatal(err)
				}
				n += int64(len(l.Records))
			}
			return s.whole(b, n)
		})
	})
	b.Run("by=encoding-json", func(b *testing.B) {
		some := s.objects[:min(4, len(s.objects))] // a pass over all would take seconds
		size := int64(0)
		var texts [][]byte
		for _, o := range some {
			texts = append(texts, []byte(o.text))
			size += int64(len(o.text))
		}
		var l log[json.RawMessage]
		measure(b, size, len(some), func() (n int64) {
			for _, text := range texts {
				if err := decodeJSON(text, &l); err != nil {
					b.Fatal(err)
				}
				n += int64(len(l.Records))
			}
			return n
		})
	})
}

// BenchmarkDecodePaired decodes each object in place and with sonic in turn, so that
// other work on the machine slows both. It reports the speed of decoding in place
// relative to sonic: the median of all passes.
func BenchmarkDecodePaired(b *testing.B) { eachTrail(b, decodePairedOf) }

func decodePairedOf(b *testing.B, s *sample) {
	var r event.Reader
	var l log[sonic.NoCopyRawMessage]
	var ratios []float64
	texts := s.inPlace()
	for b.Loop() {
		var own, sonics time.Duration
		for i, o := range s.objects {
			start := time.Now()
			if err := decodeSonic(o.text, &l); err != nil {
				b.Fatal(err)
			}
			between := time.Now()
			if n := decodeInPlace(b, &r, texts[i]); n != int64(len(l.Records)) {
				b.Fatalf("%d records, sonic finds %d", n, len(l.Records))
			}
			sonics += between.Sub(start)
			own += time.Since(between)
		}
		ratios = append(ratios, sonics.Seconds()/own.Seconds())
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-sonic")
}

// inPlace returns the texts of all objects, each followed by padding.
func (s *sample) inPlace() [][]byte {
	texts := make([][]byte, len(s.objects))
	for i, o := range s.objects {
		texts[i] = append(make([]byte, 0, len(o.text)+event.Padding), o.text...)
	}
	return texts
}

// decodeInPlace returns the number of records in text.
func decodeInPlace(b *testing.B, r *event.Reader, text []byte) (n int64) {
	r.ResetBytes(text)
	for {
		if _, err := r.Next(); err == io.EOF {
			return n
		} else if err != nil {
			b.Fatal(err)
		}
		n++
	}
}

// BenchmarkClassify reads the path and the caller of events in memory.
func BenchmarkClassify(b *testing.B) { eachTrail(b, classifyOf) }

func classifyOf(b *testing.B, s *sample) {
	all := s.events(b)
	ranges := classify.EmbeddedRanges()
	var names []byte
	measure(b, s.bytes, len(s.objects), func() (n int64) {
		for _, events := range all {
			for i := range events {
				names = names[:0]
				facts, caller := classify.Examine(&events[i], ranges), classify.Caller(&events[i], &names)
				if facts.Unowned.Evidence != 0 || len(caller.Name) > 0 { // the results are used
					n++
				}
			}
		}
		return s.whole(b, n)
	})
}

// BenchmarkAggregate passes events in memory through a Counter: BenchmarkClassify's work
// and the counting. Each pass has a new Counter, as each run has.
func BenchmarkAggregate(b *testing.B) { eachTrail(b, aggregateOf) }

func aggregateOf(b *testing.B, s *sample) {
	all := s.events(b)
	ranges := classify.EmbeddedRanges()
	measure(b, s.bytes, len(s.objects), func() (n int64) {
		counter := count.NewCounter(ranges, count.Options{})
		for i, events := range all {
			counter.Begin(i)
			for k := range events {
				counter.Event(&events[k])
			}
			o := s.objects[i]
			if err := counter.End(&ingest.Result{
				Seq: i, Object: store.Object{Name: o.name, Key: o.key}, Status: ingest.OK, Records: int64(len(events)),
			}); err != nil {
				b.Fatal(err)
			}
			n += int64(len(events))
		}
		return s.whole(b, n)
	})
}

// BenchmarkRead does what the command analyze does until everything is read: list, fetch,
// inflate, decode, classify and number, from a directory. It does not settle and makes no
// tables. Its allocations are those of a longer run, which has few tables to make.
func BenchmarkRead(b *testing.B) { eachTrail(b, readOf) }

func readOf(b *testing.B, s *sample) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(workers))
			measure(b, s.bytes, len(s.objects), func() int64 {
				disk := spill.NewDisk("")
				defer func() { _ = disk.Close() }()
				var done ingest.Progress
				if err := s.count(context.Background(), workers, disk, &done); err != nil {
					b.Fatal(err)
				}
				return s.whole(b, done.Records.Load())
			})
		})
	}
}

// BenchmarkAnalyze does everything that the command analyze does, from a directory to a
// directory, with as many cores as workers.
func BenchmarkAnalyze(b *testing.B) { eachTrail(b, analyzeOf) }

func analyzeOf(b *testing.B, s *sample) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(workers))
			out := filepath.Join(b.TempDir(), "report")
			measure(b, s.bytes, len(s.objects), func() int64 {
				rep, err := s.analyze(workers, out)
				if err != nil {
					b.Fatal(err)
				}
				return s.whole(b, rep.Balance.Records)
			})
		})
	}
}

// analyze connects the parts of the product as its command does.
func (s *sample) analyze(workers int, out string) (*report.Report, error) {
	ctx := context.Background()
	store, err := dest.Open(ctx, out, nil, dest.S3Options{})
	if err != nil {
		return nil, err
	}
	w, err := store.Begin(ctx, func(string) {})
	if err != nil {
		return nil, err
	}
	defer w.Close()
	disk := spill.NewDisk("")
	defer func() { _ = disk.Close() }()
	trail, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = trail.Close() }() // it only reads
	rep, err := analyze.Job{Window: day.All(), Lateness: 1, Inventory: s.inventory, Workers: workers, Disk: disk}.Report(ctx, trail)
	if err != nil {
		return nil, err
	}
	staged, err := report.Stage(ctx, store, w, rep, report.Run{Version: "benchmark", Window: day.All().String()})
	if err != nil {
		return nil, err
	}
	return rep, staged.Commit(ctx)
}

func (s *sample) open(ctx context.Context) (*source.Trail, error) {
	return source.Open(ctx, []string{s.dir}, list.Selection{Window: day.All(), Lateness: 1}, source.Options{})
}

// count passes the events of the trail to as many counters as there are workers.
func (s *sample) count(ctx context.Context, workers int, disk *spill.Disk, done *ingest.Progress) error {
	trail, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = trail.Close() }() // it only reads
	sinks := make([]ingest.Sink, workers)
	for i := range sinks {
		sinks[i] = count.NewCounter(classify.EmbeddedRanges(), count.Options{Disk: disk, Lateness: 1})
	}
	return ingest.Run(ctx, trail, sinks, ingest.Config{Window: day.All(), Progress: done})
}
