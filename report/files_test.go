package report

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"vpcetrail/ingest/day"

	"vpcetrail/report/table"
)

// many returns n rows of table traffic that compress badly.
func many(n int) []table.TrafficRow {
	rows, random := make([]table.TrafficRow, n), rand.NewChaCha8([32]byte{})
	for i := range rows {
		name := make([]byte, 96)
		_, _ = random.Read(name)
		rows[i].AccountID, rows[i].Principal, rows[i].Calls = "111122223333", base64.StdEncoding.EncodeToString(name), int64(i)
	}
	return rows
}

// publishRows publishes rows as table traffic of a day, and returns its manifest.
func publishRows(t *testing.T, store memStore, rows []table.TrafficRow) *Manifest {
	t.Helper()
	const d = day.Day(20_000)
	rep := &Report{Days: []*Day{{
		Day: d, Traffic: RowsOf(rows), Principals: RowsOf[table.PrincipalRow](nil), Services: RowsOf[table.ServiceRow](nil),
		Endpoints: RowsOf[table.EndpointRow](nil), Objects: RowsOf[table.ObjectRow](nil),
	}}}
	publishRun(t, store, rep, Run{})
	m, err := ReadManifest(t.Context(), store, d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const trafficFile = "traffic/dt=2024-10-04/part-00000.parquet"

func fileOf(t *testing.T, m *Manifest, name string) *File {
	t.Helper()
	i := slices.IndexFunc(m.Files, func(f File) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("the manifest names no %s", name)
	}
	return &m.Files[i]
}

// A table of a day is one file, however large. It is written and read by row groups.
func TestATableIsOneFile(t *testing.T) {
	store, rows := memStore{}, many(5*table.GroupRows+7)
	m := publishRows(t, store, rows)
	f := fileOf(t, m, trafficFile)
	if groups := len(f.Parts) - 1; groups != 6 || f.Rows != int64(len(rows)) || f.Bytes != int64(len(store[trafficFile])) || f.Bytes < 2*windowBytes {
		t.Errorf("%d row groups, %d rows, %d bytes", groups, f.Rows, f.Bytes)
	}
	if len(m.Files) != 5 {
		t.Errorf("%d files, want one of each of 5 tables", len(m.Files))
	}
	reads := &countingStore{memStore: store}
	got := readRows(t, ReadTable(context.Background(), reads, &table.Traffic, m, 20_000))
	if !slices.Equal(got, rows) {
		t.Errorf("%d rows read back, want %d", len(got), len(rows))
	}
	if reads.reads > len(f.Parts) || reads.largest > windowBytes {
		t.Errorf("%d reads, %d bytes at once; want at most %d of %d", reads.reads, reads.largest, len(f.Parts), windowBytes)
	}
	store = memStore{}
	m = publishRows(t, store, rows[:10])
	reads = &countingStore{memStore: store}
	if n, err := readAll(ReadTable(t.Context(), reads, &table.Traffic, m, 20_000)); n != 10 || err != nil || reads.reads != 1 {
		t.Errorf("a small file: %d rows, %v, %d reads, want 1", n, err, reads.reads)
	}
}

type countingStore struct {
	memStore
	reads, largest int
}

func (s *countingStore) Read(context.Context, string) ([]byte, error) {
	return nil, errors.New("a file is read whole")
}

func (s *countingStore) ReadAt(ctx context.Context, name string, p []byte, offset int64) (int, error) {
	s.reads++
	s.largest = max(s.largest, len(p))
	return s.memStore.ReadAt(ctx, name, p, offset)
}

// No row of a part is handed out before its hash is checked; the rows before it are.
func TestDamageIsFoundWhereItIs(t *testing.T) {
	whole := memStore{}
	m := publishRows(t, whole, many(3*table.GroupRows))
	for _, tc := range []struct {
		what   string
		damage func(f *File, data []byte) []byte
		rows   int
	}{
		{"in the third row group", func(f *File, data []byte) []byte { data[f.Parts[2].Offset+100] ^= 1; return data }, 2 * table.GroupRows},
		{"at the start", func(_ *File, data []byte) []byte { data[0] ^= 1; return data }, 0},
		{"in the footer", func(f *File, data []byte) []byte { data[f.Bytes-1] ^= 1; return data }, 0},
		{"cut", func(f *File, data []byte) []byte { return data[:f.Bytes-1] }, 0},
		{"empty", func(*File, []byte) []byte { return nil }, 0},
	} {
		t.Run(tc.what, func(t *testing.T) {
			store := maps.Clone(whole)
			store[trafficFile] = tc.damage(fileOf(t, m, trafficFile), slices.Clone(store[trafficFile]))
			n, err := readAll(ReadTable(t.Context(), store, &table.Traffic, m, 20_000))
			const want = "memory: " + trafficFile + ": not the file that its run.json names: run analyze again for this day"
			if n != tc.rows || !errors.Is(err, ErrDamaged) || err.Error() != want {
				t.Errorf("%d rows and %v, want %d and %s", n, err, tc.rows, want)
			}
		})
	}
}

// readAll returns the number of rows, and the error that ended them.
func readAll[T any](rows Rows[T]) (n int, err error) {
	for _, err := range rows {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// A manifest with impossible numbers gives one line, and takes no memory.
func TestManifestsThatLie(t *testing.T) {
	const huge = 1 << 60
	for what, lie := range map[string]func(f *File){
		"a huge file":       func(f *File) { f.Bytes, f.Parts = huge, table.Parts{{Length: huge, SHA256: f.SHA256}} },
		"a negative size":   func(f *File) { f.Bytes, f.Parts = -1, table.Parts{{Length: -1}} },
		"a negative offset": func(f *File) { f.Parts[0].Offset = -1 },
		"a gap":             func(f *File) { f.Parts[0].Length-- },
		"no footer":         func(f *File) { f.Parts = f.Parts[:len(f.Parts)-1] },
	} {
		t.Run(what, func(t *testing.T) {
			store := memStore{}
			m := publishRows(t, store, many(10))
			lie(fileOf(t, m, trafficFile))
			if n, err := readAll(ReadTable(t.Context(), store, &table.Traffic, m, 20_000)); n > 0 || !errors.Is(err, ErrDamaged) {
				t.Errorf("%d rows, and %v", n, err)
			}
		})
	}
}

// A day that an older vpcetrail has published has no parts, and perhaps several files a table.
func TestADayOfSeveralFilesIsRead(t *testing.T) {
	store, rows := memStore{}, many(1000)
	m := publishRows(t, store, rows)
	f := fileOf(t, m, trafficFile)
	f.Parts = nil
	second := *f
	second.Name = "traffic/dt=2024-10-04/part-00001.parquet"
	store[second.Name] = store[f.Name]
	m.Files = append(m.Files, second)
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	store["_runs/dt=2024-10-04/run.json"] = text
	if got := readRows(t, ReadTable(t.Context(), store, &table.Traffic, m, 20_000)); !slices.Equal(got, slices.Concat(rows, rows)) {
		t.Errorf("%d rows read back", len(got))
	}
	store[second.Name] = append(slices.Clone(store[f.Name]), 0)
	if n, err := readAll(ReadTable(t.Context(), store, &table.Traffic, m, 20_000)); n != len(rows) || !errors.Is(err, ErrDamaged) {
		t.Errorf("%d rows, and %v", n, err)
	}
}

// A reader distinguishes a day between revisions from a day that was replaced.
func TestADayThatChangesWhileItIsRead(t *testing.T) {
	rows := many(1000)
	store := memStore{}
	old := publishRows(t, store, rows)
	before := store["_runs/dt=2024-10-04/run.json"]
	publishRows(t, store, rows[1:])
	read := func(m *Manifest) string {
		n, err := readAll(ReadTable(t.Context(), store, &table.Traffic, m, 20_000))
		if n > 0 || err == nil {
			t.Fatalf("%d rows, and %v", n, err)
		}
		return err.Error()
	}
	if got, want := read(old), "memory: 2024-10-04 was replaced while it was read: run this command again"; got != want {
		t.Errorf("error %s\nwant  %s", got, want)
	}
	store[".switching/dt=2024-10-04"], store["_runs/dt=2024-10-04/run.json"] = nil, before
	want := "memory: 2024-10-04 is between revisions: a run is publishing it, or was stopped while it did: try again soon, or run analyze again for this day"
	if got := read(old); got != want {
		t.Errorf("error %s\nwant  %s", got, want)
	}
	delete(store, trafficFile)
	if got := read(old); got != want {
		t.Errorf("error %s\nwant  %s", got, want)
	}
	delete(store, ".switching/dt=2024-10-04")
	if got, want := read(old), ErrNoReport.Error()+", though its run.json names it: run analyze again for this day"; got != want {
		t.Errorf("error %s\nwant  %s", got, want)
	}
}

// brokenStore fails to read.
type brokenStore struct{ memStore }

func (brokenStore) ReadAt(context.Context, string, []byte, int64) (int, error) {
	return 0, errors.New("memory: read: worn out")
}

func TestAStoreThatCannotBeReadSaysSo(t *testing.T) {
	store := memStore{}
	m := publishRows(t, store, many(10))
	_, err := readAll(ReadTable(t.Context(), brokenStore{store}, &table.Traffic, m, 20_000))
	if err == nil || err.Error() != "memory: read: worn out" {
		t.Errorf("error %v", err)
	}
}

// failing stages no file of a table.
type failing struct {
	Publication
	table   string
	created []string
}

func (p *failing) Create(ctx context.Context, name string) (io.WriteCloser, error) {
	p.created = append(p.created, name)
	if strings.HasPrefix(name, p.table) {
		return nil, errors.New("refused")
	}
	return p.Publication.Create(ctx, name)
}

// No file is begun after one that could not be staged.
func TestStagingEndsAtTheFirstFailure(t *testing.T) {
	w := &memWriter{store: memStore{}}
	pub, err := w.Lock(t.Context(), "dt=2024-10-04")
	if err != nil {
		t.Fatal(err)
	}
	p := &failing{Publication: pub, table: "objects"}
	d := &Day{Day: 20_000, Traffic: RowsOf(many(10)), Resources: RowsOf[table.ResourceRow](nil), Objects: RowsOf[table.ObjectRow](nil)}
	if _, err := stageTables(t.Context(), p, d, &Manifest{}, false); err == nil || err.Error() != "refused" || len(p.created) != 1 {
		t.Errorf("error %v, begun %v", err, p.created)
	}
}
