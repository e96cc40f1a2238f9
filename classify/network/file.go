package network

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vpcetrail/classify/document"
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

// IsSnapshot reports whether a text starts as Save writes it.
func IsSnapshot(text []byte) bool {
	return bytes.HasPrefix(text, fmt.Appendf(nil, "{\"format\":%q", format))
}

// Parse reads a snapshot that Save wrote. An error is one line with the line number, the
// field and what is expected there.
func Parse(text []byte) (*Snapshot, error) {
	root, err := document.One(text, wantFile)
	if err != nil {
		return nil, err
	}
	parts := map[string]document.Value{}
	for m := range root.Members() {
		parts[m.Name] = m.Value
	}
	of := parts["format"]
	switch v := parts["version"]; {
	case of.Text == nil:
		return nil, root.Wrong("", wantFile)
	case string(of.Text) != fmt.Sprintf("%q", format):
		return nil, of.Wrong("", fmt.Sprintf("%.60s is not %q: %s", of.Text, format, wantFile))
	case v.Text == nil:
		return nil, root.Wrong("version", fmt.Sprintf("it is missing: want %d", version))
	case string(v.Text) != fmt.Sprint(version):
		return nil, v.Wrong("", fmt.Sprintf("%.60s is not a version that this vpcetrail reads: want %d", v.Text, version))
	}
	s := New()
	r := fileReader{s, map[Place][]int64{}}
	for _, part := range []struct {
		name string
		read func(document.Value) error
	}{{"sweeps", r.sweep}, {"changes", r.change}, {"things", r.thing}} {
		if v := parts[part.name]; v.Kind() != '[' {
			return nil, &document.Error{Line: max(v.Line, root.Line), Field: part.name, Text: "it is not a list: " + wantFile}
		}
		for element := range parts[part.name].Elements() {
			if err := part.read(element); err != nil {
				return nil, err
			}
		}
	}
	if saved := parts["endpoints"]; saved.Text != nil {
		if s.Endpoints, err = endpoints.InventoryOf(saved); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// A fileReader reads the lists of a file.
type fileReader struct {
	s  *Snapshot
	at map[Place][]int64 // times of sweeps
}

// decode decodes a line of the file.
func decode(v document.Value, into any) error {
	err := v.Decode(into)
	var wrong *document.Error
	if errors.As(err, &wrong) {
		wrong.Field = strings.NewReplacer(".Thing.", ".", ".when.", ".").Replace(wrong.Field) // embedded
	}
	return err
}

// placed adds the place of v to an error about one of its fields.
func placed(v document.Value, err error) error {
	var wrong *fieldError
	if errors.As(err, &wrong) {
		return v.Wrong(wrong.field, wrong.text)
	}
	return err
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

func (r *fileReader) sweep(v document.Value) error {
	var line sweepLine
	if err := decode(v, &line); err != nil {
		return err
	}
	place, time, err := line.read()
	if err != nil {
		return placed(v, err)
	}
	r.at[place] = append(r.at[place], time)
	r.s.noteSweep(sweepKey{place, time}, line.Unread)
	return nil
}

func (r *fileReader) change(v document.Value) error {
	var line changeLine
	if err := decode(v, &line); err != nil {
		return err
	}
	place, time, err := line.read()
	if err != nil {
		return placed(v, err)
	}
	r.s.AddChange(Change{place, time, line.Event, line.IDs})
	return nil
}

func (r *fileReader) thing(v document.Value) error {
	var line thingLine
	if err := decode(v, &line); err != nil {
		return err
	}
	err := line.check()
	for _, text := range line.Seen {
		if err == nil {
			err = r.seen(&line.Thing, text)
		}
	}
	return placed(v, err)
}

// seen notes a thing in the sweeps that a text names.
func (r *fileReader) seen(t *Thing, text string) error {
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
	for _, at := range r.at[Place{t.Account, t.Region}] {
		if first <= at && at <= last {
			r.s.noteThing(*t, at)
			found = true
		}
	}
	if !found {
		return wrong("seen", "%q names no sweep of the account and Region", text)
	}
	return nil
}
