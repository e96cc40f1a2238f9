package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"
)

// A recorder is a Sink that keeps the ids of its events.
type recorder struct {
	ids     []string
	objects []taken
	results []Result

	log        *dedupe.Log
	seq, index int

	counted []string // after settle: the ids of the events that count
}

// taken is what a recorder received of one object.
type taken struct {
	seq int
	ids []string
}

func (r *recorder) Begin(seq int) { r.seq, r.index = seq, 0 }

func (r *recorder) Event(ev *event.Event) {
	of := Undated
	if ev.HasTime {
		of = day.OfMillis(ev.Time)
	}
	r.log.Event(ev, of, dedupe.PlaceOf(r.seq, r.index), nil)
	r.index++
	r.ids = append(r.ids, string(ev.Recipient)+"/"+string(ev.Region)+"/"+string(ev.ID))
}

func (r *recorder) End(res *Result) error {
	r.objects = append(r.objects, taken{res.Seq, r.ids})
	r.ids = nil
	r.results = append(r.results, *res)
	if !res.Counted() {
		r.log.Void(res.Seq)
	}
	return r.log.Err()
}

// settle sets which of each recorder's events count. Of the corrections, only those that
// replace a record count.
func settle(t testing.TB, sinks []*recorder, memory int) {
	t.Helper()
	var mu sync.Mutex
	counts := map[dedupe.Place]bool{}
	logs := make([]*dedupe.Log, len(sinks))
	for i, r := range sinks {
		r.log.End()
		logs[i] = r.log
	}
	err := dedupe.Settle(context.Background(), logs, memory, len(sinks), func(_ int, p *dedupe.Partition) error {
		mu.Lock()
		defer mu.Unlock()
		for _, run := range p.Runs {
			for i := range run.Records {
				if r := &run.Records[i]; run.Fates[i] == dedupe.Counts && !r.IsCorrection() {
					counts[r.At()] = true
				}
			}
		}
		for i := range p.Replacing {
			counts[p.Replacing[i].Record.At()] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range sinks {
		for _, o := range r.objects {
			for i, id := range o.ids {
				if counts[dedupe.PlaceOf(o.seq, i)] {
					r.counted = append(r.counted, id)
				}
			}
		}
	}
}

// record returns a record at the given second of 20 November 2026.
func record(id string, second int) string {
	return fmt.Sprintf(`{"eventTime":"2026-11-20T00:%02d:%02dZ","eventID":%q,"awsRegion":"us-east-1","recipientAccountId":"111122223333"}`, second/60, second%60, id)
}

func logOf(records ...string) []byte {
	return []byte(`{"Records":[` + strings.Join(records, ",") + `]}`)
}

func gzipped(t testing.TB, members ...[]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, m := range members {
		z := gzip.NewWriter(&out)
		if _, err := z.Write(m); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func zstandard(t testing.TB, text []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(text, nil)
}

// subscription returns what CloudWatch Logs delivers for one record.
func subscription(id string) string {
	return fmt.Sprintf(`{"messageType":"DATA_MESSAGE","logEvents":[{"message":%q}]}`, record(id, 0))
}

// runOver runs workers over files and returns their sinks.
func runOver(t testing.TB, files map[string][]byte, workers int, cfg Config) []*recorder {
	t.Helper()
	return runWith(t, files, workers, 1<<20, cfg)
}

// runWith is runOver with a limit on the memory for finding what counts.
func runWith(t testing.TB, files map[string][]byte, workers, memory int, cfg Config) []*recorder {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	trail, err := source.Open(context.Background(), []string{dir}, list.Selection{Window: cfg.Window}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	disk := spill.NewDisk(t.TempDir())
	defer disk.Close()
	recorders := make([]*recorder, workers)
	sinks := make([]Sink, workers)
	for i := range recorders {
		recorders[i] = &recorder{log: dedupe.NewLog(disk, memory)}
		sinks[i] = recorders[i]
	}
	if err := Run(context.Background(), trail, sinks, cfg); err != nil {
		t.Fatal(err)
	}
	settle(t, recorders, memory)
	return recorders
}

func TestObjectsThatCannotBeReadWhole(t *testing.T) {
	good := logOf(record("a", 0), record("b", 1))
	packed, squeezed := gzipped(t, good), zstandard(t, good)
	flip := func(data []byte, at int) []byte {
		data = bytes.Clone(data)
		data[at] ^= 0xff
		return data
	}
	for _, tc := range []struct {
		name   string
		data   []byte
		status Status
		offset int64
		text   string // what the error says after the object's name
	}{
		{"whole", packed, OK, 0, ""},
		{"plain", good, OK, 0, ""},
		{"several members", gzipped(t, good[:20], good[20:]), OK, 0, ""},
		{"nothing", nil, Empty, 0, "decode: at byte 0: empty object"},
		{"gzip of nothing", gzipped(t, nil), Empty, 0, "decode: at byte 0: empty object"},
		{"one byte", []byte{0x1f}, Corrupt, 0, `decode: at byte 0: invalid JSON: unexpected byte '\x1f'`},
		{"plain text", []byte("hello"), Corrupt, 0, "decode: at byte 0: invalid JSON: unexpected byte 'h'"},
		{"another document", []byte(`{"a":1}`), NotCloudTrail, 7, "decode: at byte 7: " + event.ErrNotCloudTrail.Error()},
		{"by zstd", squeezed, OK, 0, ""},
		{"several frames of zstd", append(squeezed[:len(squeezed):len(squeezed)], zstandard(t, []byte("\n\n"))...), OK, 0, ""},
		{"a frame of zstd to be skipped", append([]byte("\x50\x2a\x4d\x18\x02\x00\x00\x00ab"), squeezed...), OK, 0, ""},
		{"cut zstd", squeezed[:len(squeezed)-9], Truncated, 0, "decode: ends too early, at byte 0"},
		{"wrong checksum of zstd", flip(squeezed, len(squeezed)-1), Corrupt, 0, "decode: at byte 0: CRC check failed"},
		{"bytes after the zstd", append(squeezed[:len(squeezed):len(squeezed)], "a tail of text"...), Corrupt, int64(len(good)), "decode: at byte " + fmt.Sprint(len(good)) + ": invalid input: magic number mismatch"},
		{"lines", gzipped(t, []byte(record("a", 0)+"\n"), []byte(record("b", 1)+"\n")), OK, 0, ""},
		{"an array by zstd", zstandard(t, []byte("["+record("a", 0)+","+record("b", 1)+"]")), OK, 0, ""},
		{"subscriptions", gzipped(t, []byte(subscription("a")), []byte(subscription("b"))), OK, 0, ""},
		{"a subscription with another message", []byte(subscription("a") + `{"logEvents":[{"message":"START"}]}`), InvalidRecords, int64(len(subscription("a")) + 25),
			"record at byte " + fmt.Sprint(len(subscription("a"))+25) + ": string does not hold a record as JSON"},
		{"another log group", gzipped(t, []byte(`{"logEvents":[{"message":"START"}]}`)), NotCloudTrail, 35, "decode: at byte 35: " + event.ErrNotCloudTrail.Error()},
		{"cut gzip", packed[:len(packed)-9], Truncated, int64(len(good) - 1), "decode: ends too early, at byte " + fmt.Sprint(len(good)-1)},
		{"cut within the checksum", packed[:len(packed)-3], Truncated, int64(len(good)), "decode: ends too early, at byte " + fmt.Sprint(len(good))},
		{"wrong checksum", flip(packed, len(packed)-6), Corrupt, int64(len(good)), "decode: at byte " + fmt.Sprint(len(good)) + ": gzip: invalid checksum"},
		{"bytes after the gzip", append(bytes.Clone(packed), "a tail of text"...), Corrupt, int64(len(good)), "decode: at byte " + fmt.Sprint(len(good)) + ": gzip: bytes after the end of the stream"},
		{"a byte after the gzip", append(bytes.Clone(packed), 'x'), Corrupt, int64(len(good)), "decode: at byte " + fmt.Sprint(len(good)) + ": gzip: bytes after the end of the stream"},
		{"a second member cut in its name", append(bytes.Clone(packed), "\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xffna"...), Truncated, int64(len(good)), "decode: ends too early, at byte " + fmt.Sprint(len(good))},
		{"a first member cut in its name", []byte("\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xffna"), Truncated, 0, "decode: ends too early, at byte 0"},
		{"gzip inside gzip", gzipped(t, packed), OK, 0, ""},
		{"payloads in gzip, one after the other, inside gzip", gzipped(t, gzipped(t, []byte(subscription("a")), []byte(subscription("b")))), OK, 0, ""},
		{"members cut anywhere inside gzip", gzipped(t, packed[:1], packed[1:50], packed[50:]), OK, 0, ""},
		{"gzip inside gzip inside gzip", gzipped(t, gzipped(t, packed)), OK, 0, ""},
		{"gzip inside zstd", zstandard(t, packed), OK, 0, ""},
		{"gzip inside gzip, four times", gzipped(t, gzipped(t, gzipped(t, packed))), Corrupt, 0, "decode: at byte 0: compressed more than 3 times, one inside the other"},
		{"gzip cut inside gzip", gzipped(t, packed[:len(packed)-9]), Truncated, int64(len(good) - 1), "decode: ends too early, at byte " + fmt.Sprint(len(good)-1)},
		{"gzip inside gzip that is cut in its checksum", gzipped(t, packed)[:len(gzipped(t, packed))-3], Truncated, int64(len(good)), "decode: ends too early, at byte " + fmt.Sprint(len(good))},
		{"bytes after the gzip inside gzip", gzipped(t, append(bytes.Clone(packed), "tail"...)), Corrupt, int64(len(good)), "decode: at byte " + fmt.Sprint(len(good)) + ": gzip: bytes after the end of the stream"},
		{"bytes after the gzip outside gzip", append(gzipped(t, packed), "tail"...), Corrupt, int64(len(good)), "decode: at byte " + fmt.Sprint(len(good)) + ": gzip: bytes after the end of the stream"},
		{"a byte order mark", gzipped(t, []byte("\ufeff"), good), OK, 0, ""},
		{"UTF-16", []byte("\xff\xfe{\x00}\x00"), Corrupt, 0, "decode: at byte 0: " + event.ErrUTF16.Error()},
		{"nested too deep", []byte(`{"Records":[` + strings.Repeat("[", 9_999)), Corrupt, 10_010, "decode: at byte 10010: JSON nested more than 10000 levels deep"},
		{"a line of text among lines", []byte(record("a", 0) + "\nERROR\n" + record("b", 1)), InvalidRecords, int64(len(record("a", 0)) + 1), "record at byte " + fmt.Sprint(len(record("a", 0))+1) + ": line is text, not a record as JSON"},
		{"notifications of S3", []byte(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"2026-11-20T10:00:00.000Z"}]}`), NotCloudTrail, 98, "decode: at byte 98: " + event.ErrNotCloudTrail.Error()},
		{"broken header", flip(packed, 2), Corrupt, 0, "decode: at byte 0: gzip: invalid header"},
		{"cut JSON", gzipped(t, good[:len(good)-1]), Truncated, int64(len(good) - 1), "decode: ends too early, at byte " + fmt.Sprint(len(good)-1)},
		{"a record that is none", logOf(record("a", 0), "17", `{"eventID":"x"}`), InvalidRecords, int64(len(logOf(record("a", 0))) - 1), "record at byte " + fmt.Sprint(len(logOf(record("a", 0)))-1) + ": record is not an object"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			other := logOf(record("other", 3))
			sink := runOver(t, map[string][]byte{"a.json": tc.data, "b.json": other}, 1, Config{Window: day.All()})[0]
			res := sink.results[0]
			text := ""
			if res.Err != nil {
				text = strings.TrimPrefix(res.Err.Error(), res.Object.Name+": ")
			}
			if res.Status != tc.status || res.ErrOffset != tc.offset || text != tc.text {
				t.Errorf("%s at byte %d, %q\nwant %s at byte %d, %q", res.Status, res.ErrOffset, text, tc.status, tc.offset, tc.text)
			}
			want := 1 // of the other object
			switch tc.status {
			case OK:
				want += 2
			case InvalidRecords:
				want += int(res.Records - res.Invalid)
			}
			if len(sink.counted) != want {
				t.Errorf("counted %q", sink.counted)
			}
		})
	}
}

func TestTheFirstOfDuplicatesCountsWhateverTheWorkersAndTheMemory(t *testing.T) {
	files := map[string][]byte{}
	for i := range 40 { // object i has id i and the ids of all objects before it
		var records []string
		for k := i; k >= 0; k-- {
			records = append(records, record(fmt.Sprintf("00000000-0000-4000-8000-%012d", k), i))
		}
		files[fmt.Sprintf("object-%02d.json", i)] = gzipped(t, logOf(records...))
	}
	for _, workers := range []int{1, 2, 8} {
		for _, memory := range []int{1, 1 << 20} {
			var counted []string
			for _, sink := range runWith(t, files, workers, memory, Config{Window: day.All()}) {
				for _, o := range sink.objects { // only the first record of each object is new
					if len(sink.counted) == 0 || sink.counted[0] != o.ids[0] {
						t.Fatalf("%d workers, %d bytes: of object %d %q counts", workers, memory, o.seq, sink.counted)
					}
					counted = append(counted, sink.counted[0])
					sink.counted = sink.counted[1:]
				}
				if len(sink.counted) > 0 {
					t.Errorf("%d workers, %d bytes: %q count as well", workers, memory, sink.counted)
				}
			}
			if len(counted) != len(files) {
				t.Errorf("%d workers, %d bytes: %d ids counted, want %d", workers, memory, len(counted), len(files))
			}
		}
	}
}

func TestCorrectionsReplaceTheRecordOfTheirDay(t *testing.T) {
	corrects := func(original, id string) string {
		return strings.Replace(record(id, 0), "{", fmt.Sprintf(`{"addendum":{"reason":"UPDATED_DATA","originalEventID":%q},`, original), 1)
	}
	for _, tc := range []struct {
		name    string
		objects []string
		want    string // the ids that count
	}{
		{"later", []string{record("a", 0), corrects("a", "correction")}, "correction"},
		{"earlier", []string{corrects("a", "correction"), record("a", 0)}, "correction"},
		{"of nothing", []string{record("b", 0), corrects("a", "correction")}, "b"},
		{"twice", []string{record("a", 0), corrects("a", "correction"), corrects("a", "correction")}, "correction"},
		{"again", []string{record("a", 0), corrects("a", "correction"), corrects("a", "correction 2")}, "correction 2"},
		{"of a duplicate", []string{record("a", 0), record("a", 0), corrects("a", "correction")}, "correction"},
		{"of another day", []string{record("a", 0), strings.Replace(corrects("a", "correction"), "2026-11-20", "2026-11-21", 1)}, "a"},
		{"of another account", []string{record("a", 0), strings.Replace(corrects("a", "correction"), "111122223333", "444455556666", 1)}, "a"},
		{"in an object that breaks", []string{record("a", 0), corrects("a", "correction") + "}"}, "a"},
		{"of one in an object that breaks", []string{record("a", 0) + "}", corrects("a", "correction")}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := map[string][]byte{}
			for i, text := range tc.objects {
				files[fmt.Sprintf("%d.json", i)] = logOf(text)
			}
			var counted []string
			for _, sink := range runOver(t, files, 2, Config{Window: day.All()}) {
				for _, id := range sink.counted {
					counted = append(counted, strings.SplitN(id, "/", 3)[2])
				}
			}
			if got := strings.Join(counted, ","); got != tc.want {
				t.Errorf("%q count, want %q", got, tc.want)
			}
		})
	}
}

func TestTheWindowIsOfEventTime(t *testing.T) {
	inside := record("in", 0)
	outside := strings.Replace(record("out", 0), "2026-11-20", "2026-11-19", 1)
	d, err := day.Parse("2026-11-20")
	if err != nil {
		t.Fatal(err)
	}
	sink := runOver(t, map[string][]byte{"a.json": logOf(inside, outside)}, 1, Config{Window: day.Window{From: d, To: d}})[0]
	if res := sink.results[0]; res.Records != 2 || res.Outside != 1 || len(sink.counted) != 1 {
		t.Errorf("%+v, counted %q", res, sink.counted)
	}
}

func TestSHA256IsOfTheUncompressedLog(t *testing.T) {
	const empty = `{"Records":[]}`
	sink := runOver(t, map[string][]byte{"a.json": gzipped(t, []byte(empty))}, 1, Config{Window: day.All(), SHA256: true})[0]
	// echo -n '{"Records":[]}' | sha256sum
	if got := sink.results[0].SHA256; got != "26a792db36a3afba23b1dd277fcc9f15a7313c4a92e4e4cc0494846af345ecff" {
		t.Errorf("got %s", got)
	}
}

func TestRunStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	trail, err := source.Open(context.Background(), []string{"testdata/none"}, list.Selection{Window: day.All()}, source.Options{})
	if err == nil {
		defer trail.Close()
		t.Fatal("a source that does not exist was opened")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.json"), logOf(record("a", 0)), 0o644); err != nil {
		t.Fatal(err)
	}
	trail, err = source.Open(context.Background(), []string{dir}, list.Selection{Window: day.All()}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	why := errors.New("the operator changed her mind")
	cancel(why)
	if err := Run(ctx, trail, []Sink{&recorder{log: dedupe.NewLog(nil, 1<<20)}, &recorder{log: dedupe.NewLog(nil, 1<<20)}}, Config{Window: day.All()}); !errors.Is(err, why) {
		t.Errorf("Run returned %v", err)
	}
}
