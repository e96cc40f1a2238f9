package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/digest"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
	"vpcetrail/ingest/spill"
)

// A job is a checked verify command.
type job struct {
	Sources   []string
	Selection list.Selection
	Reading   source.Options
	Keys      []digest.Key // nil: CloudTrail is asked
	Moved     []digest.Move
	Workers   int
	Memory    int

	ExpiredAfter int    // days after which a missing object counts as removed by a lifecycle rule; 0: never
	Signatures   string // the directory that signatures are written to; "": none
	Now          time.Time

	// Watch is called when the digests, and then the logs, begin to be read. what names them.
	Watch func(what string, found func() (objects int, bytes int64, done bool), done *digest.Progress)
}

// check checks the trail and adds every finding to r. It returns the public keys that it
// found.
func (j *job) check(ctx context.Context, r *Result) (*digest.Keys, error) {
	disk := spill.NewDisk("")
	defer disk.Close()
	keys := j.keys()
	opt := digest.Options{
		Sources: j.Sources, Selection: j.Selection, Reading: j.Reading, Keys: keys, Moved: j.Moved,
		Workers: j.Workers, Disk: disk, Memory: j.Memory,
		Found: func(found func() (int, int64, bool)) { j.Watch("digests", found, nil) },
	}
	if j.Signatures != "" {
		opt.Each = j.saveSignature
	}
	c, err := digest.Open(ctx, opt)
	if err != nil {
		return nil, err
	}
	if err := c.Explain(ctx); err != nil {
		return nil, err
	}
	add := func(f *digest.Finding) error { return r.Add(j.expire(f)) }
	for f, err := range c.Findings() {
		if err == nil {
			err = add(f)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, f := range c.Tails(j.Now) {
		if err := add(&f); err != nil {
			return nil, err
		}
	}
	var done digest.Progress
	err = c.Verify(ctx, digest.Reading{
		Each: add, Progress: &done, Found: func(found func() (int, int64, bool)) { j.Watch("logs", found, &done) },
	})
	return keys, err
}

// keys returns the given keys, or those that CloudTrail lists for the days.
func (j *job) keys() *digest.Keys {
	if j.Keys != nil {
		return digest.KnownKeys(j.Keys)
	}
	return digest.ListKeys(j.Selection.Window)
}

// expire gives what is missing the status Expired, if it is old enough.
func (j *job) expire(f *digest.Finding) *digest.Finding {
	at, ok := f.Key.Day, f.Key.HasDay
	if f.Kind != digest.KindLog {
		at, ok = day.Of(f.Start), true
	}
	if j.ExpiredAfter == 0 || !ok || at > day.Of(j.Now)-day.Day(j.ExpiredAfter) {
		return f
	}
	switch f.Status {
	case digest.Missing, digest.Gap:
		f.Status = digest.Expired
		f.Problem = fmt.Sprintf("is older than --expired-after %dd, so a lifecycle rule may have removed it", j.ExpiredAfter)
	}
	return f
}

// saveSignature writes a digest's signature into the directory, at the place that a copy of
// the source into that directory gives to the digest.
func (j *job) saveSignature(name string, s digest.Sidecar) error {
	for _, arg := range j.Sources {
		prefix := strings.TrimSuffix(arg, "/") + "/"
		below, ok := strings.CutPrefix(name, prefix)
		if !ok || !list.IsS3(arg) {
			continue
		}
		if !filepath.IsLocal(filepath.FromSlash(below)) || layout.Hidden(below) {
			return fmt.Errorf("%s: its name cannot be a path below %s", name, j.Signatures)
		}
		text, err := json.Marshal(s)
		if err != nil {
			return err
		}
		file := filepath.Join(j.Signatures, filepath.FromSlash(below)+digest.SidecarSuffix)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return fmt.Errorf("--save-signatures: %w", err)
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o666); err != nil {
			return fmt.Errorf("--save-signatures: %w", err)
		}
		return nil
	}
	return nil
}

// checkSources returns an error for a source that has no digests.
func checkSources(sources []string) error {
	for _, s := range sources {
		if s == "-" || strings.HasPrefix(s, list.LookupScheme) {
			return fmt.Errorf("%s: has no digests: name s3://bucket/prefix or a directory", s)
		}
		if store.IsURL(s) && !list.IsS3(s) {
			return fmt.Errorf("%s: want s3://bucket/prefix or a directory", s)
		}
	}
	return nil
}
