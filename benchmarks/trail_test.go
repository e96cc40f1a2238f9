package benchmarks

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"vpcetrail/benchmarks/workload"
	"vpcetrail/classify/endpoints"
	"vpcetrail/fixtures/trail"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/source/layout"
)

var (
	trails = flag.String("trails", strings.Join(workload.Names(), ","), "trails to measure on")
	scale  = flag.Float64("scale", 0.1, "size of the trails; 1 is for machines with 32 GB of memory")
)

// scratch contains the trails. TestMain removes it.
var scratch string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "benchmarks")
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
	scratch = dir
	code := m.Run()
	_ = os.RemoveAll(dir) // a temporary directory
	os.Exit(code)
}

// An object of the trail, in memory.
type object struct {
	name string
	key  layout.Key
	gz   []byte
	text string // the JSON
}

func (o *object) reader() *strings.Reader { return strings.NewReader(o.text) }

// A sample is a trail, on disk and in memory.
type sample struct {
	name      string
	dir       string // of the objects
	inventory map[string]endpoints.Endpoint
	objects   []*object
	bytes     int64 // of JSON
	records   int64
}

// made holds the number of records of each trail on disk, by name.
var made = map[string]int64{}

// write generates the trail with that name, if it does not exist, and returns its
// directory.
func write(name string) (dir string, err error) {
	dir = filepath.Join(scratch, name)
	if made[name] > 0 {
		return dir, nil
	}
	cfg, err := workload.Trail(name, *scale)
	if err != nil {
		return "", err
	}
	expected, err := trail.Generate(context.Background(), cfg, dir)
	if err != nil {
		return "", err
	}
	made[name] = expected.All().Balance.Records
	return dir, nil
}

// inMemory is the trail used last. Only one is kept.
var inMemory *sample

func read(name string) (*sample, error) {
	dir, err := write(name)
	if err != nil {
		return nil, err
	}
	s := &sample{name: name, dir: filepath.Join(dir, "trail"), records: made[name]}
	described, err := os.ReadFile(filepath.Join(dir, "endpoints.json"))
	if err != nil {
		return nil, err
	}
	if s.inventory, err = endpoints.ParseInventory(described); err != nil {
		return nil, err
	}
	paths, err := workload.Objects(s.dir)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		o, err := load(path)
		if err != nil {
			return nil, err
		}
		s.objects = append(s.objects, o)
		s.bytes += int64(len(o.text))
	}
	return s, nil
}

func load(path string) (*object, error) {
	gz, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	zr, err := gzip.NewReader(bytes.NewReader(gz))
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	if _, err := zr.WriteTo(&text); err != nil {
		return nil, err
	}
	return &object{path, layout.ParseKey(filepath.ToSlash(path)), gz, text.String()}, nil
}

// loaded returns the trail with that name.
func loaded(tb testing.TB, name string) *sample {
	tb.Helper()
	if inMemory == nil || inMemory.name != name {
		inMemory = nil
		s, err := read(name)
		if err != nil {
			tb.Fatal(err)
		}
		inMemory = s
	}
	return inMemory
}

// eachTrail runs a benchmark on each requested trail.
func eachTrail(b *testing.B, run func(b *testing.B, s *sample)) {
	for name := range strings.SplitSeq(*trails, ",") {
		b.Run("trail="+name, func(b *testing.B) { run(b, loaded(b, name)) })
	}
}

// events returns every event of the trail, by object, in its own memory, with account and
// Region filled in as in the pipeline. Each benchmark builds it again. If it were kept,
// the garbage collector would scan it in all other benchmarks.
func (s *sample) events(tb testing.TB) [][]event.Event {
	tb.Helper()
	var reader event.Reader
	all := make([][]event.Event, len(s.objects))
	for i, o := range s.objects {
		err := decode(&reader, o, func(ev *event.Event) {
			if len(ev.Recipient) == 0 {
				ev.Recipient = []byte(o.key.Account)
			}
			if len(ev.Region) == 0 {
				ev.Region = []byte(o.key.Region)
			}
			all[i] = append(all[i], *ev)
			own(reflect.ValueOf(&all[i][len(all[i])-1]).Elem())
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	runtime.GC()
	return all
}

// own gives every slice below v its own memory.
func own(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			own(v.Field(i))
		}
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		v.Set(reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v))
		for i := 0; v.Type().Elem().Kind() != reflect.Uint8 && i < v.Len(); i++ {
			own(v.Index(i))
		}
	}
}
