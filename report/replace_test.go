package report

import (
	"context"
	"errors"
	"strings"
	"testing"

	"vpcetrail/ingest/day"
	"vpcetrail/report/table"
)

// objectRows makes rows of table objects, each from NAME or NAME=STATUS.
func objectRows(objects string) Rows[table.ObjectRow] {
	var rows []table.ObjectRow
	for text := range strings.FieldsSeq(objects) {
		name, status, found := strings.Cut(text, "=")
		row := table.ObjectRow{Key: name, Status: "ok"}
		if found {
			row.Status, row.Error = status, name+": open: "+status
		}
		rows = append(rows, row)
	}
	return RowsOf(rows)
}

func TestWhetherADayMayBeReplaced(t *testing.T) {
	const again, see = ": run again once they can be read, or give --replace-incomplete", ", which this run did not find: see SOURCE, --date and --lateness, or give --replace-incomplete"
	trail := Run{Sources: []string{"s3://trail"}}
	with := func(sums map[string]string) Run { return Run{Sources: trail.Sources, Inputs: sums} }
	for _, tc := range []struct {
		name        string
		before, now Run
		was, is     string // objects
		allow       Replacing
		want        string
	}{
		{"the same again", trail, trail, "a b", "a b", Replacing{}, ""},
		{"more objects", trail, trail, "a c", "a b c d", Replacing{}, ""},
		{"records that are invalid count", trail, trail, "a b", "a b=invalid_records", Replacing{}, ""},
		{"what did not count before", trail, trail, "a b=denied", "a=ok", Replacing{}, ""},
		{"nothing counted before", trail, trail, "a=denied", "", Replacing{}, ""},
		{"an object that cannot be read", trail, trail, "a b c", "a b=denied c", Replacing{}, "1 of the 3 objects that it counts would be missing, such as b: open: denied" + again},
		{"another one instead", trail, trail, "a b", "a b=corrupt c d", Replacing{}, "1 of the 2 objects that it counts would be missing, such as b: open: corrupt" + again},
		{"an object that is not there", trail, trail, "a b c", "b", Replacing{}, "2 of the 3 objects that it counts would be missing, such as a" + see},
		{"none of them", trail, trail, "a b", "", Replacing{}, "2 of the 2 objects that it counts would be missing, such as a" + see},
		{"asked for", trail, trail, "a b", "a", Replacing{Incomplete: true}, ""},
		{"an object that has left the day", trail, trail, "a b", "a", Replacing{Left: []string{"b"}}, ""},
		{"another trail", trail, Run{Sources: []string{"elsewhere"}}, "a b", "c", Replacing{}, ""},
		{"the same trail by other names", trail, Run{Sources: []string{"s3://trail/x"}}, "a b", "b x", Replacing{}, ""},
		{"less of it by other names", trail, Run{Sources: []string{"s3://trail/x"}}, "a b c", "b x=denied", Replacing{}, "2 of the 3 objects that it counts would be missing, such as a" + see},
		{"a shard instead of the trail", trail, Run{Sources: trail.Sources, Shard: "1/2"}, "a b", "a", Replacing{Incomplete: true},
			"it has the whole trail, and this run reads shard 1/2 of it alone: give each shard an --out of its own"},
		{"the only shard instead of the trail", trail, Run{Sources: trail.Sources, Shard: "1/1"}, "a b", "a b", Replacing{}, ""},
		{"the trail instead of a shard", Run{Sources: trail.Sources, Shard: "1/2"}, trail, "a", "a b", Replacing{}, ""},
		{"shards of another number", Run{Sources: trail.Sources, Shard: "1/2"}, Run{Sources: trail.Sources, Shard: "1/4"}, "a b", "a b", Replacing{}, ""},
		{"an input again", with(map[string]string{"endpoints": "1"}), with(map[string]string{"endpoints": "2"}), "a", "a", Replacing{}, ""},
		{"an input more", trail, with(map[string]string{"endpoints": "2"}), "a", "a", Replacing{}, ""},
		{"an input less", with(map[string]string{"endpoints": "1", "networks": "2"}), with(map[string]string{"endpoints": "1"}), "a", "a", Replacing{Incomplete: true},
			"it was made with --networks, and this run has none: give --networks again, or drop it with --without networks"},
		{"an input dropped", with(map[string]string{"endpoints": "1"}), trail, "a", "a", Replacing{Without: []string{"endpoints"}}, ""},
		{"an input dropped, and an object lost", with(map[string]string{"endpoints": "1"}), trail, "a", "", Replacing{Without: []string{"endpoints"}},
			"1 of the 1 objects that it counts would be missing, such as a" + see},
		{"an input of a version that named none", Run{Sources: trail.Sources, EndpointsFrom: []string{"e.json"}}, trail, "a", "a", Replacing{},
			"it was made with --endpoints, and this run has none: give --endpoints again, or drop it with --without endpoints"},
	} {
		loss, err := lossOf(objectRows(tc.was), objectRows(tc.is), tc.allow.Left)
		if err != nil {
			t.Fatal(err)
		}
		if got := keepReason(&Manifest{Run: tc.before}, &tc.now, loss, tc.allow); got != tc.want {
			t.Errorf("%s:\n got %q\nwant %q", tc.name, got, tc.want)
		}
	}
}

func TestWhichRunsHaveTheSameFilters(t *testing.T) {
	base := Run{Sources: []string{"a"}, Window: "2026-11-20", Lateness: "24h0m0s", Regions: []string{"eu-west-1"}}
	for name, tc := range map[string]struct {
		change func(*Run)
		same   bool
	}{
		"none":                {func(*Run) {}, true},
		"window and lateness": {func(r *Run) { r.Window, r.Lateness = "all", "0s" }, true},
		"one shard":           {func(r *Run) { r.Shard = "1/1" }, true},
		"a shard":             {func(r *Run) { r.Shard = "1/2" }, false},
		"accounts":            {func(r *Run) { r.Accounts = []string{"111122223333"} }, false},
		"accounts left out":   {func(r *Run) { r.ExcludeAccounts = []string{"111122223333"} }, false},
		"Regions":             {func(r *Run) { r.Regions = nil }, false},
	} {
		other := base
		tc.change(&other)
		if got := sameFilters(&base, &other); got != tc.same {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A table of objects that is damaged, or gone, holds nothing to lose; one that cannot be read is an error.
func TestLossOfWhatIsNotWhole(t *testing.T) {
	broken := errors.New("denied")
	for _, tc := range []struct{ err, want error }{{ErrDamaged, nil}, {ErrNoReport, nil}, {broken, broken}} {
		published := func(yield func(*table.ObjectRow, error) bool) {
			_ = yield(&table.ObjectRow{Key: "a", Status: "ok"}, nil) && yield(nil, tc.err)
		}
		if loss, err := lossOf(published, objectRows(""), nil); loss != (Loss{}) || !errors.Is(err, tc.want) {
			t.Errorf("%v: %+v, %v", tc.err, loss, err)
		}
	}
}

// Of days that must stay the first is named, and how many they are.
func TestDaysThatStay(t *testing.T) {
	store, d := memStore{}, day.Day(20777)
	for i := range day.Day(3) {
		store[ManifestName(d+i)] = []byte(`{"run":{"inputs":{"endpoints":"1"}}}`)
	}
	none := func(day.Day) Rows[table.ObjectRow] { return RowsOf[table.ObjectRow](nil) }
	rep := &Report{Days: []*Day{{Day: d - 1}, {Day: d}, {Day: d + 1}}, ObjectTables: func() func(day.Day) Rows[table.ObjectRow] { return none }}
	err := MayReplace(context.Background(), store, rep, &Run{}, Replacing{})
	var kept *KeptError
	if !errors.As(err, &kept) || kept.Days != 2 || kept.First != d ||
		!strings.HasPrefix(err.Error(), "2 days stay as they are published, the first is 2026-11-20: it was made with --endpoints, ") {
		t.Errorf("got %v", err)
	}
}
