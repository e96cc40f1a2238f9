package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/explain"
)

// explainMemory bounds the records that wait for the end of the trail, in bytes. The
// same bound applies to the ids that are kept to find duplicates.
const explainMemory = 64 << 20

// errUnread says that some objects could not be read, and the rest was explained.
var errUnread = errors.New("not all is explained")

// An explainJob is a checked explain command.
type explainJob struct {
	*input
	ids  []string
	diff bool
	json bool
}

// run reads the sources and writes what it finds out about their records.
func (j *explainJob) run(ctx context.Context, in io.Reader, out, errOut io.Writer) error {
	tell := newMessages(errOut, false)
	if err := j.askEC2(ctx, tell); err != nil {
		return err
	}
	disk := spill.NewDisk("")
	defer disk.Close()
	trail, err := j.open(ctx, in)
	if err != nil {
		return err
	}
	defer trail.Close()
	collector := explain.NewCollector(explain.Options{
		Ranges: j.ranges, IDs: j.ids, Disk: disk, Memory: explainMemory, Problem: tell.problem,
	})
	// One worker, so that records come in the order of the trail.
	if err := ingest.Run(ctx, trail, []ingest.Sink{collector}, ingest.Config{Window: j.selection.Window}); err != nil {
		return err
	}
	objects, unread := collector.Objects()
	if objects == 0 {
		return j.noObject(trail.PassedOver())
	}
	passed := trail.PassedOver()
	if passed.Objects > 0 {
		tell.problem(passed.String())
	}
	known := explain.Known{TrailAccounts: trail.Accounts(), OwnAccounts: j.own, Inventory: j.inventory}
	buffered := bufio.NewWriter(out)
	write := j.write
	if j.diff {
		write = j.writeDiff
	}
	err = write(ctx, buffered, collector, known)
	if flushed := buffered.Flush(); err == nil {
		err = flushed
	}
	var missing notFound
	if err == nil || errors.As(err, &missing) {
		return cmp.Or(unreadError(errUnread, int64(unread), int64(objects), passed.Objects), err)
	}
	return err
}

// unreadError adds to err how many objects were not read. It is nil if all were read.
func unreadError(err error, unread, objects, passed int64) error {
	var missing []string
	if unread > 0 {
		missing = append(missing, fmt.Sprintf("%d of %d objects could not be read whole", unread, objects))
	}
	if passed > 0 {
		missing = append(missing, report.NamePassedOver(passed))
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", err, strings.Join(missing, "; "))
}

// A notFound error says that a requested record is not there.
type notFound struct{ error }

// write writes each record.
func (j *explainJob) write(ctx context.Context, out io.Writer, c *explain.Collector, known explain.Known) error {
	first := true
	missing := slices.Clone(j.ids)
	err := c.Each(ctx, known, func(r *explain.Record) error {
		missing = slices.DeleteFunc(missing, func(id string) bool { return id == r.ID })
		if j.json {
			return errors.Join(context.Cause(ctx), r.WriteJSON(out))
		}
		if !first {
			fmt.Fprintln(out)
		}
		first = false
		return errors.Join(context.Cause(ctx), r.WriteText(out))
	})
	switch {
	case err != nil:
		return err
	case len(missing) > 0:
		return notFound{fmt.Errorf("%s: no record with eventID %s", strings.Join(j.sources, ", "), strings.Join(missing, ", "))}
	case first && !j.json:
		return notFound{fmt.Errorf("%s: no record that can be explained", strings.Join(j.sources, ", "))}
	}
	return nil
}

// errEnough ends a walk early.
var errEnough = errors.New("enough")

// writeDiff shows the two records side by side.
func (j *explainJob) writeDiff(ctx context.Context, out io.Writer, c *explain.Collector, known explain.Known) error {
	var pair []*explain.Record
	err := c.Each(ctx, known, func(r *explain.Record) error {
		if pair = append(pair, r); len(pair) > 2 {
			return errEnough
		}
		return nil
	})
	switch {
	case err == errEnough:
		return usage("--diff sets two records side by side, and %s has more than two: choose two by --event-id", strings.Join(j.sources, ", "))
	case err != nil:
		return err
	case len(pair) < 2 && len(j.ids) > 0:
		return notFound{fmt.Errorf("--diff sets two records side by side, and %s has %d with eventID %s: name others by --event-id, or more sources",
			strings.Join(j.sources, ", "), len(pair), strings.Join(j.ids, " or "))}
	case len(pair) < 2:
		return notFound{fmt.Errorf("--diff sets two records side by side, and %s has %d: name more sources", strings.Join(j.sources, ", "), len(pair))}
	}
	if j.turned(pair[0], pair[1]) {
		slices.Reverse(pair)
	}
	if j.json {
		return explain.WriteDiffJSON(out, pair[0], pair[1])
	}
	return explain.WriteDiff(out, pair[0], pair[1])
}

// turned reports whether two records come in the opposite order to the command line,
// which names them by id or by source. Objects come in the order of their names.
func (j *explainJob) turned(a, b *explain.Record) bool {
	if len(j.ids) == 2 && a.ID != b.ID {
		return j.ids[0] == b.ID
	}
	lies := func(r *explain.Record) int {
		return slices.IndexFunc(j.sources, func(s string) bool {
			return strings.HasPrefix(r.Object, s) || strings.HasPrefix(r.Object, filepath.ToSlash(filepath.Clean(s)))
		})
	}
	return lies(b) < lies(a)
}
