package report

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"vpcetrail/classify/network"
	"vpcetrail/ingest/day"
	"vpcetrail/report/table"
)

// TestReadNetwork publishes a day with a snapshot, damages the snapshot, and publishes the day without it.
func TestReadNetwork(t *testing.T) {
	snapshot := network.New()
	place := network.Place{Account: "111122223333", Region: "eu-west-1"}
	snapshot.AddSweep(network.Sweep{Place: place, At: 1_764_000_000_000}, []network.Thing{{Kind: network.VPC, ID: "vpc-1"}})
	cause := table.CauseRow{
		CauseKey: table.CauseKey{AccountID: "111122223333", Cause: "not_in_vpc", Egress: "office"},
		Calls:    3, FirstSeen: 1_763_900_000_000, LastSeen: 1_763_900_000_001,
	}
	rep := workshop(t)
	rep.Days = rep.Days[:1]
	d := rep.Days[0].Day
	rep.Days[0].Network, rep.Days[0].Causes = func() *network.Snapshot { return snapshot }, RowsOf([]table.CauseRow{cause})
	store := memStore{}
	publish(t, store, rep)
	m := manifestOf(t, store, d)
	for row, err := range ReadTable(t.Context(), store, &table.Causes, m, d) {
		if err != nil || *row != cause {
			t.Errorf("%+v, %v, want %+v", row, err, cause)
		}
	}
	got, err := ReadNetwork(t.Context(), store, m, d)
	if err != nil || !reflect.DeepEqual(got, snapshot) {
		t.Errorf("%v, %v, want %v", got, err, snapshot)
	}
	store[NetworkName(d)] = append(store[NetworkName(d)], '\n')
	if _, err := ReadNetwork(t.Context(), store, m, d); !errors.Is(err, ErrDamaged) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v, want %v", err, ErrDamaged)
	}
	rep = workshop(t)
	rep.Days = rep.Days[:1]
	publish(t, store, rep)
	m = manifestOf(t, store, d)
	if got, err := ReadNetwork(t.Context(), store, m, d); got != nil || err != nil || store[NetworkName(d)] != nil || m.Has(table.Causes.Name) {
		t.Errorf("%v, %v, want none, and no file left", got, err)
	}
}

func manifestOf(t *testing.T, store Store, d day.Day) *Manifest {
	t.Helper()
	m, err := ReadManifest(t.Context(), store, d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
