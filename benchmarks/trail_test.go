package benchmarks

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"

	"vpcetrail/benchmarks/workload"
	"vpcetrail/classify"
	"vpcetrail/fixtures/trail"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/source"
)

// scratch holds the trail; TestMain removes it.
var scratch string

func TestMain(m *testing.M) {
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
	key  source.Key
	gz   []byte
	text string // the JSON
}

func (o *object) reader() *strings.Reader { return strings.NewReader(o.text) }

// A sample is a trail, on disk and in memory.
type sample struct {
	dir       string // of the objects
	inventory map[string]classify.Endpoint
	objects   []*object
	bytes     int64 // of JSON
	records   int64
}

var generate = sync.OnceValues(func() (*sample, error) {
	size := 64
	if text := os.Getenv("BENCH_OBJECTS"); text != "" {
		var err error
		if size, err = strconv.Atoi(text); err != nil {
			return nil, fmt.Errorf("BENCH_OBJECTS: %w", err)
		}
	}
	expected, err := trail.Generate(context.Background(), workload.Config(size), scratch)
	if err != nil {
		return nil, err
	}
	s := &sample{dir: filepath.Join(scratch, "trail"), records: expected.All().Balance.Records}
	endpoints, err := os.ReadFile(filepath.Join(scratch, "endpoints.json"))
	if err != nil {
		return nil, err
	}
	if s.inventory, err = classify.ParseInventory(endpoints); err != nil {
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
})

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
	return &object{path, source.ParseKey(filepath.ToSlash(path)), gz, text.String()}, nil
}

// loaded returns the sample, which is made once.
func loaded(tb testing.TB) *sample {
	tb.Helper()
	s, err := generate()
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// events returns every event of the trail, by object, in memory of its own, with account and Region
// filled in as the pipeline does. It is made anew for each benchmark: held for good, it would have
// the collector walk it in all others.
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

// own gives every []byte below v memory of its own.
func own(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			own(v.Field(i))
		}
	case reflect.Slice:
		v.SetBytes(bytes.Clone(v.Bytes()))
	}
}
