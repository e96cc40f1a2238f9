// Package analyze makes the report of a trail. It reads the objects of the trail and counts their
// events. Then it decides what needs the whole day. The command, tests and benchmarks all call it.
package analyze

import (
	"context"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/count"
	"vpcetrail/report/tabulate"
)

// A Job holds the options of a report. The zero value of each field is a good default, except for
// Window.
type Job struct {
	Window   day.Window // the days to report, by eventTime
	Lateness int        // number of later days with folders that are also read for a day

	Ranges      *classify.Ranges    // AWS's public addresses; nil means those that are part of the program
	OwnAccounts []string            // our accounts, in addition to those with a folder in the trail
	Inventory   endpoints.Inventory // our endpoints by id
	Network     *network.Snapshot   // what decides causes; nil means that nobody asks
	Networks    *network.Networks   // with names of the user's own; may be nil
	NATPrice    float64             // US dollars per GB, for findings
	Witnesses   []Witness           // sources beside the trail
	Store       report.Store        // what is published, for witnesses; the publication sets it

	Workers  int         // number of objects that are read concurrently; 0 means one
	Memory   Memory      // what does not fit goes to Disk
	Disk     *spill.Disk // must stay open while the report is used; nil means the system's temporary folder
	SHA256   bool        // compute the SHA-256 of every log
	Verify   bool        // keep what a check by digests needs; implies SHA256
	Progress *ingest.Progress

	// Accounts returns the accounts that have a folder in the trail, after the trail is read.
	// nil means those of the given trail.
	Accounts func() []string
	// PassedOver returns what the listing of the trail skipped. nil means the listing of the
	// given trail.
	PassedOver func() list.PassedOver
	// Keep, if not nil, is called with the counters of the run before they become the report.
	Keep func(ctx context.Context, counters []*count.Counter, accounts []string) error

	note func(text string) // if not nil, is called with what a witness lacks
}

// A Memory holds approximate memory limits in bytes. 0 means 64 MiB.
type Memory struct {
	Counting int // numbers, records and objects, of all workers together
	Report   int // resolving records, and totals, after everything is read
}

// Report reads trail and makes its report. The report names objects that cannot be read. Report
// returns the first error of the listing, of writing to disk or of ctx.
func (j Job) Report(ctx context.Context, trail *source.Trail) (*report.Report, error) {
	if j.Disk == nil {
		j.Disk = spill.NewDisk("")
	}
	if j.Ranges == nil {
		j.Ranges = classify.EmbeddedRanges()
	}
	if j.Accounts == nil {
		j.Accounts = trail.Accounts
	}
	if j.PassedOver == nil {
		j.PassedOver = trail.PassedOver
	}
	days := network.NewDays(j.Network, j.Networks)
	counters := make([]*count.Counter, max(j.Workers, 1))
	sinks := make([]ingest.Sink, len(counters))
	for i := range counters {
		counters[i] = count.NewCounter(j.Ranges, count.Options{
			Disk: j.Disk, Memory: j.Memory.Counting / len(counters), Lateness: j.Lateness, Keep: j.Keep != nil, Verify: j.Verify, Network: days,
		})
		sinks[i] = counters[i]
	}
	if err := ingest.Run(ctx, trail, j.observed(sinks), ingest.Config{Window: j.Window, SHA256: j.SHA256 || j.Verify, Progress: j.Progress}); err != nil {
		return nil, err
	}
	accounts := j.Accounts()
	if j.Keep != nil {
		if err := j.Keep(ctx, counters, accounts); err != nil {
			return nil, err
		}
	}
	rep, err := tabulate.Report(ctx, tabulate.Input{
		Counters: counters, Window: j.Window,
		TrailAccounts: accounts, OwnAccounts: j.OwnAccounts, Inventory: j.Inventory, Network: days, NATPrice: j.NATPrice,
		PassedOver: j.PassedOver().Objects,
		Disk:       j.Disk, Memory: j.Memory.Report,
	})
	if err == nil {
		err = j.testify(ctx, rep)
	}
	return rep, err
}
