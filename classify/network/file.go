package network

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
)

// The marks of a saved snapshot. A format that older versions would misread gets another
// number.
const (
	format  = "vpcetrail-network"
	version = 1
)

// wantFile is what a file must be.
const wantFile = "want a file that vpcetrail network wrote"

// A sweepLine is a sweep in the file.
type sweepLine struct {
	when
	Unread map[string]string `json:"unread,omitempty"`
}

// A changeLine is a change in the file.
type changeLine struct {
	when
	Event string   `json:"event"`
	IDs   []string `json:"ids"`
}

// A when is where and when something was seen or happened.
type when struct {
	Account string `json:"account_id"`
	Region  string `json:"region"`
	At      string `json:"at"`
}

// A thingLine is a thing in the file. Seen names the sweeps that saw it: times, FROM/TO
// for all sweeps of its account and Region between two, and FROM/ for all from one on.
// So a line does not change when the next sweep sees the same.
type thingLine struct {
	Thing
	Seen []string `json:"seen"`
}

// Save returns the snapshot as text for Parse: JSON, one thing a line, sorted. The same
// snapshot gives the same text.
func (s *Snapshot) Save() ([]byte, error) {
	inventory, err := s.Endpoints.Save()
	if err != nil {
		return nil, err
	}
	text := fmt.Appendf(nil, "{\"format\":%q,\"version\":%d,\"sweeps\":[", format, version)
	times := map[Place][]int64{}
	var sweeps, changes, things []string
	for _, sweep := range s.Sweeps() {
		times[sweep.Place] = append(times[sweep.Place], sweep.At)
		sweeps = append(sweeps, string(mustJSON(sweepLine{when{sweep.Account, sweep.Region, stamp(sweep.At)}, sweep.Unread})))
	}
	for _, c := range s.sortedChanges() {
		changes = append(changes, string(mustJSON(changeLine{when{c.Account, c.Region, stamp(c.At)}, c.Event, c.IDs})))
	}
	for _, key := range slices.SortedFunc(maps.Keys(s.things), func(a, b string) int {
		x, y := s.things[a], s.things[b]
		return cmp.Or(comparePlaces(Place{x.Account, x.Region}, Place{y.Account, y.Region}), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.ID, y.ID), cmp.Compare(a, b))
	}) {
		t := s.things[key]
		things = append(things, string(mustJSON(thingLine{t.Thing, t.ranges(times[Place{t.Account, t.Region}])})))
	}
	for i, lines := range [][]string{sweeps, changes, things} {
		text = append(text, [...]string{"", "],\n\"changes\":[", "],\n\"things\":["}[i]...)
		for k, line := range lines {
			text = append(append(text, [...]string{",\n", "\n"}[b2i(k == 0)]...), line...)
		}
	}
	text = append(text, "],\n\"endpoints\":"...)
	return append(append(text, bytes.TrimSpace(inventory)...), "}\n"...), nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ranges returns the sweeps that saw a thing, of the sweeps at times.
func (t *seen) ranges(times []int64) (ranges []string) {
	for i := 0; i < len(times); i++ {
		if !t.at[times[i]] {
			continue
		}
		from := i
		for i+1 < len(times) && t.at[times[i+1]] {
			i++
		}
		switch {
		case i == len(times)-1:
			ranges = append(ranges, stamp(times[from])+"/")
		case i == from:
			ranges = append(ranges, stamp(times[from]))
		default:
			ranges = append(ranges, stamp(times[from])+"/"+stamp(times[i]))
		}
	}
	return ranges
}

// A file is a saved snapshot with its lists not yet read.
type file struct {
	Format    string          `json:"format"`
	Version   int             `json:"version"`
	Sweeps    json.RawMessage `json:"sweeps"`
	Changes   json.RawMessage `json:"changes"`
	Things    json.RawMessage `json:"things"`
	Endpoints json.RawMessage `json:"endpoints"`
}

// IsSnapshot reports whether a text starts as Save writes it.
func IsSnapshot(text []byte) bool {
	return bytes.HasPrefix(text, fmt.Appendf(nil, "{\"format\":%q", format))
}

// Parse reads a snapshot that Save wrote. An error is one line with the line number, the
// field and what is expected there.
func Parse(text []byte) (*Snapshot, error) {
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("line %d: not JSON: %s", lineOf(text, int(syntax.Offset)-1), syntax.Error())
		}
		return nil, fmt.Errorf("line 1: %s", wantFile)
	}
	if f.Format != format {
		return nil, fmt.Errorf("line 1: format: %.60q is not %q: %s", f.Format, format, wantFile)
	}
	if f.Version != version {
		return nil, fmt.Errorf("line 1: version: %d is not a version that this vpcetrail reads: want %d", f.Version, version)
	}
	s := New()
	r := fileReader{text, s, map[Place][]int64{}}
	for _, part := range []struct {
		name string
		list json.RawMessage
		read func(json.RawMessage) error
	}{{"sweeps", f.Sweeps, r.sweep}, {"changes", f.Changes, r.change}, {"things", f.Things, r.thing}} {
		if err := r.list(part.name, part.list, part.read); err != nil {
			return nil, err
		}
	}
	if f.Endpoints != nil {
		inventory, err := endpoints.ParseInventory(f.Endpoints)
		if err != nil {
			return nil, fmt.Errorf("endpoints: %w", err)
		}
		s.Endpoints = inventory
	}
	return s, nil
}

// A fileReader reads the lists of a file.
type fileReader struct {
	text []byte
	s    *Snapshot
	at   map[Place][]int64 // times of sweeps
}

func lineOf(text []byte, at int) int {
	return 1 + bytes.Count(text[:min(max(at, 0), len(text))], []byte("\n"))
}

// list calls read for the elements of a list.
func (r *fileReader) list(name string, list json.RawMessage, read func(json.RawMessage) error) error {
	start := bytes.Index(r.text, list)
	d := json.NewDecoder(bytes.NewReader(list))
	if open, err := d.Token(); err == io.EOF || err == nil && open != json.Delim('[') {
		return fmt.Errorf("line %d: %s: it is not a list: %s", lineOf(r.text, start), name, wantFile)
	}
	for i := 0; d.More(); i++ {
		var element json.RawMessage
		if err := d.Decode(&element); err != nil {
			return err // impossible: the text is JSON
		}
		if err := read(element); err != nil {
			line := lineOf(r.text, start+int(d.InputOffset())-1)
			var mistyped *json.UnmarshalTypeError
			if errors.As(err, &mistyped) {
				field := strings.TrimPrefix(strings.TrimPrefix(mistyped.Field, "Thing."), "when.") // embedded
				err = wrong(field, "found %s: want %s", mistyped.Value, inWords(mistyped.Type.Kind()))
			}
			return fmt.Errorf("line %d: %s[%d].%w", line, name, i, err)
		}
	}
	return nil
}

// inWords says which kind of JSON value a field takes.
func inWords(kind reflect.Kind) string {
	switch kind {
	case reflect.Slice:
		return "a list"
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "true or false"
	}
	return "an object"
}

// read checks a when.
func (w *when) read() (Place, int64, error) {
	t := Thing{Kind: VPC, Account: w.Account, Region: w.Region, ID: "-"}
	if err := t.check(); err != nil {
		return Place{}, 0, err
	}
	at, err := parseStamp("at", w.At)
	return Place{w.Account, w.Region}, at, err
}

func (r *fileReader) sweep(text json.RawMessage) error {
	var line sweepLine
	if err := json.Unmarshal(text, &line); err != nil {
		return err
	}
	place, at, err := line.read()
	if err != nil {
		return err
	}
	r.at[place] = append(r.at[place], at)
	r.s.noteSweep(sweepKey{place, at}, line.Unread)
	return nil
}

func (r *fileReader) change(text json.RawMessage) error {
	var line changeLine
	if err := json.Unmarshal(text, &line); err != nil {
		return err
	}
	place, at, err := line.read()
	if err != nil {
		return err
	}
	r.s.AddChange(Change{place, at, line.Event, line.IDs})
	return nil
}

func (r *fileReader) thing(text json.RawMessage) error {
	var line thingLine
	if err := json.Unmarshal(text, &line); err != nil {
		return err
	}
	if err := line.check(); err != nil {
		return err
	}
	for _, text := range line.Seen {
		from, to, isRange := strings.Cut(text, "/")
		first, err := parseStamp("seen", from)
		if err != nil {
			return err
		}
		last := first
		switch {
		case isRange && to == "":
			last = 1<<63 - 1
		case isRange:
			if last, err = parseStamp("seen", to); err != nil {
				return err
			}
		}
		found := false
		for _, at := range r.at[Place{line.Account, line.Region}] {
			if first <= at && at <= last {
				r.s.noteThing(line.Thing, at)
				found = true
			}
		}
		if !found {
			return wrong("seen", "%q names no sweep of the account and Region", text)
		}
	}
	return nil
}
