// Package analyze makes the report of a trail: it reads the trail's objects, counts their events, and decides
// what only the whole day shows. The command, tests and benchmarks all call it.
package analyze

import (
	"context"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/count"
)

// A Job says how to make a report. The zero value of a field is a good choice, but for Window.
type Job struct {
	Window   day.Window // the days, by eventTime, that are reported
	Lateness int        // days after a day whose folders are read for it

	Ranges      *classify.Ranges    // AWS's own public addresses; nil: those that are part of the program
	OwnAccounts []string            // accounts that are ours besides those that have a folder in the trail
	Inventory   endpoints.Inventory // our endpoints by id
	NATPrice    float64             // US dollars a GB, for findings

	Workers  int         // objects that are read at once; 0 is one
	Memory   Memory      // what does not fit goes to Disk
	Disk     *spill.Disk // must stay open as long as the report is used; nil is the system's own place
	SHA256   bool        // digest every log
	Progress *ingest.Progress

	// Accounts returns the accounts that have a folder in the trail, once it is read; nil: those of the trail.
	Accounts func() []string
	// PassedOver returns what was passed over when the trail was listed; nil: by this trail's own listing.
	PassedOver func() list.PassedOver
	// Keep, where not nil, is called with the counters of the run before the report is made of them.
	Keep func(ctx context.Context, counters []*count.Counter, accounts []string) error
}

// A Memory says who may take how much, in bytes, about. 0 is 64 MiB.
type Memory struct {
	Counting int // numbers, records and objects, of all workers together
	Report   int // settling records, and totals, once all is read
}

// Report reads trail and makes its report. Objects that cannot be read are named in it. It returns the first error of
// listing, of writing to disk or of ctx.
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
	counters := make([]*count.Counter, max(j.Workers, 1))
	sinks := make([]ingest.Sink, len(counters))
	for i := range counters {
		counters[i] = count.NewCounter(j.Ranges, count.Options{
			Disk: j.Disk, Memory: j.Memory.Counting / len(counters), Lateness: j.Lateness, Keep: j.Keep != nil,
		})
		sinks[i] = counters[i]
	}
	if err := ingest.Run(ctx, trail, sinks, ingest.Config{Window: j.Window, SHA256: j.SHA256, Progress: j.Progress}); err != nil {
		return nil, err
	}
	accounts := j.Accounts()
	if j.Keep != nil {
		if err := j.Keep(ctx, counters, accounts); err != nil {
			return nil, err
		}
	}
	return count.New(ctx, count.Input{
		Counters: counters, Window: j.Window,
		TrailAccounts: accounts, OwnAccounts: j.OwnAccounts, Inventory: j.Inventory, NATPrice: j.NATPrice,
		PassedOver: j.PassedOver().Objects,
		Disk:       j.Disk, Memory: j.Memory.Report,
	})
}
