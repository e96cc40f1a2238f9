package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"vpcetrail/classify/endpoints"
	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/ingest"
	"vpcetrail/ingest/source/list"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/learn"
)

// errPartInventory says that an inventory was written although some of its input could
// not be read.
var errPartInventory = errors.New("the inventory is written, but incomplete")

// An endpointsJob is a checked endpoints command.
type endpointsJob struct {
	*input
	out   string
	quiet bool
}

// run reads the sources, merges the endpoints found with the given inventories, and
// writes the result.
func (j *endpointsJob) run(ctx context.Context, in io.Reader, out, errOut io.Writer) error {
	tell := newMessages(errOut, false)
	if j.out != "" && j.out != "-" { // reading may take an hour
		if err := dest.CheckFile(j.out); err != nil {
			return err
		}
	}
	if err := j.askEC2(ctx, tell); err != nil {
		return err
	}
	trail := &learn.Trail{}
	var passed list.PassedOver
	if len(j.sources) > 0 {
		var err error
		if trail, passed, err = j.read(ctx, in, tell); err != nil {
			return err
		}
		if trail.Objects == 0 {
			return j.noObject(passed)
		}
	}
	if passed.Objects > 0 {
		tell.problem(passed.String())
	}
	for _, problem := range trail.Problems {
		tell.problem(problem)
	}
	for _, e := range trail.Endpoints {
		j.inventory.Add(e)
	}
	if err := j.write(out); err != nil {
		return err
	}
	return j.incomplete(trail, passed.Objects)
}

// read returns the endpoints that the events of the sources show, and what was passed
// over.
func (j *endpointsJob) read(ctx context.Context, in io.Reader, tell *messages) (*learn.Trail, list.PassedOver, error) {
	trail, err := j.open(ctx, in)
	if err != nil {
		return nil, list.PassedOver{}, err
	}
	defer trail.Close()
	collectors := make([]*learn.Collector, runtime.GOMAXPROCS(0))
	sinks := make([]ingest.Sink, len(collectors))
	for i := range collectors {
		collectors[i] = &learn.Collector{}
		sinks[i] = collectors[i]
	}
	var done ingest.Progress
	if !j.quiet {
		defer newProgress(tell).show(watch(trail, &done))()
	}
	if err := ingest.Run(ctx, trail, sinks, ingest.Config{Window: j.selection.Window, Progress: &done}); err != nil {
		return nil, list.PassedOver{}, err
	}
	return learn.Gather(collectors, trail.Accounts(), j.own), trail.PassedOver(), nil
}

// write writes the inventory to standard output, or replaces the file.
func (j *endpointsJob) write(out io.Writer) error {
	text, err := j.inventory.Save()
	if err != nil {
		return err
	}
	text = grid.JSONText(text)
	if j.out == "" || j.out == "-" {
		_, err := out.Write(text)
		return err
	}
	if err := dest.WriteFile(j.out, text); err != nil {
		return err
	}
	if !j.quiet {
		fmt.Fprintf(out, "%s: %s\n", grid.Clean(j.out), countEndpoints(j.inventory))
	}
	return nil
}

// countEndpoints describes the size of an inventory in words.
func countEndpoints(inventory endpoints.Inventory) string {
	told, gone := 0, 0
	for _, e := range inventory {
		if e.ByTrail {
			told++
		}
		if e.Gone() != 0 {
			gone++
		}
	}
	return fmt.Sprintf("%s, %d of them known by the trail alone, %d deleted", grid.Plural(int64(len(inventory)), "endpoint"), told, gone)
}

// incomplete says what is missing in the written inventory. It is nil if nothing is.
func (j *endpointsJob) incomplete(trail *learn.Trail, passed int64) error {
	var missing []string
	if n := len(trail.Problems); n > 0 {
		missing = append(missing, fmt.Sprintf("%d of %d objects could not be read whole", n, trail.Objects))
	}
	if passed > 0 {
		missing = append(missing, report.NamePassedOver(passed))
	}
	if len(j.regionsUnread) > 0 {
		missing = append(missing, "EC2 did not tell the endpoints of "+strings.Join(j.regionsUnread, ", "))
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", errPartInventory, strings.Join(missing, "; "))
}
