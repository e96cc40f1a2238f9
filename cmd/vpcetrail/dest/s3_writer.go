package dest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"vpcetrail/report"
)

// An s3Writer writes below a prefix in S3.
type s3Writer struct {
	store *s3Store
	id    string
	lease time.Duration
	stop  func() // ends the beats, and waits for the last one

	beating sync.Mutex // held during a beat
	tag     string     // of the run's object
	beats   int
	beaten  time.Time // start of the last beat that succeeded
	lost    error     // another run declared this one dead

	noting sync.Mutex // held during a call of note
	note   func(string)

	mu    sync.Mutex
	units map[string]*s3Publication // the units that this writer has locked
}

func (w *s3Writer) Note(text string) {
	w.noting.Lock()
	defer w.noting.Unlock()
	w.note(text)
}

func (w *s3Writer) runName() string { return lockName(runPrefix + w.id) }

// begin writes the run's object for the first time, tests whether the server supports
// conditional writes, and keeps beating.
func (w *s3Writer) begin(ctx context.Context) error {
	if err := w.probe(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var beats sync.WaitGroup
	beats.Go(func() {
		tick := time.NewTicker(w.lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = w.beat(ctx) // the next step sees the error
			case <-ctx.Done():
				return
			}
		}
	})
	w.stop = func() {
		cancel()
		beats.Wait()
	}
	return nil
}

// probe writes the run's object, then tries to write it again under conditions that do
// not hold.
func (w *s3Writer) probe(ctx context.Context) error {
	s := w.store
	err := w.beat(ctx)
	if codeOf(err) == "NotImplemented" {
		w.plain("the server does not know them")
		err = w.beat(ctx)
	}
	if err != nil {
		return s.writing(w.runName(), err)
	}
	for _, tag := range []string{"", `"00000000000000000000000000000000"`} {
		if s.unconditional.Load() || s.probed.Load() {
			return nil
		}
		tag, err := s.put(ctx, w.runName(), tag, beat{w.id, -1})
		switch {
		case err == nil:
			w.tag = tag
			w.plain("the server does not know them")
		case errors.Is(err, errTaken): // the expected answer
		case unclear(err):
			return s.writing(w.runName(), err)
		default:
			w.plain(brief(err).Error())
		}
	}
	s.probed.Store(true)
	return nil
}

// writing returns the error of a failed write.
func (s *s3Store) writing(name string, err error) error {
	return fmt.Errorf("%s: write: %w", s.url(name), brief(err))
}

// plain continues without conditional writes.
func (w *s3Writer) plain(why string) {
	w.store.unconditional.Store(true)
	w.Note(fmt.Sprintf("%s: conditional writes: %s: two runs for one day at the same time are not kept apart", w.store, why))
}

// beat writes the run's object again.
func (w *s3Writer) beat(ctx context.Context) error {
	w.beating.Lock()
	defer w.beating.Unlock()
	if w.lost != nil {
		return w.lost
	}
	w.beats++
	begun := time.Now()
	tag, err := w.store.put(ctx, w.runName(), w.tag, beat{w.id, w.beats})
	if errors.Is(err, errTaken) {
		w.lost = fmt.Errorf("%s: this run was not heard of for %s, and %w: run again", w.store, w.lease, errTaken)
		return w.lost
	}
	if err != nil {
		return err
	}
	w.tag, w.beaten = tag, begun
	return nil
}

// check returns an error unless every run counts this one as alive for another half
// lease, or did so half a lease ago.
func (w *s3Writer) check(ctx context.Context) error {
	w.beating.Lock()
	fresh, lost := time.Since(w.beaten) < w.lease/2, w.lost
	w.beating.Unlock()
	if lost != nil || fresh {
		return lost
	}
	return w.beat(ctx)
}

func (w *s3Writer) Lock(ctx context.Context, unit string) (report.Publication, error) {
	w.mu.Lock()
	p := w.units[unit]
	w.mu.Unlock()
	if p != nil {
		return p, nil
	}
	p, err := w.take(ctx, unit, true)
	if errors.Is(err, errTaken) {
		return nil, busy(w.store, unit)
	}
	if err != nil {
		return nil, w.store.writing(lockName(unit), err)
	}
	w.mu.Lock()
	w.units[unit] = p
	w.mu.Unlock()
	if p.left != nil {
		err = p.resume(ctx)
		w.Note(finished(w.store, unit, true, err))
		if err != nil && !errors.Is(err, errGone) {
			return nil, err
		}
	}
	return p, nil
}

// locks lists the locked units, and the runs other than this one.
func (w *s3Writer) locks(ctx context.Context) (units, runs []string, err error) {
	s := w.store
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{
		Bucket: &s.bucket.Name, Prefix: aws.String(s.prefix + lockFolder), ExpectedBucketOwner: s.owner(),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, s.bucket.Options)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: list: %w", s.url(lockFolder), brief(err))
		}
		for _, obj := range page.Contents {
			name := strings.TrimSuffix(strings.TrimPrefix(aws.ToString(obj.Key), s.prefix+lockFolder), jsonSuffix)
			run, ok := strings.CutPrefix(name, runPrefix)
			switch {
			case !ok:
				units = append(units, name)
			case run != w.id:
				runs = append(runs, run)
			}
		}
	}
	return units, runs, nil
}

// tidy finishes what stopped runs published in part, and removes their locks.
func (w *s3Writer) tidy(ctx context.Context) error {
	units, runs, err := w.locks(ctx)
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(callsAtOnce)
	for _, unit := range units {
		group.Go(func() error { return w.tidied(unit, w.tidyUnit(ctx, unit)) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, run := range runs {
		_, err := w.bury(ctx, run)
		if err = w.tidied(runPrefix+run, err); err != nil {
			return err
		}
	}
	return nil
}

// tidied returns an error that must end a run during tidy. It ignores two cases:
// another run is alive, or this run lacks a permission to read.
func (w *s3Writer) tidied(unit string, err error) error {
	switch code := codeOf(err); {
	case err == nil, errors.Is(err, errTaken), code == "AccessDenied", code == "Forbidden":
		return nil
	}
	return w.store.writing(lockName(unit), err)
}

func (w *s3Writer) tidyUnit(ctx context.Context, unit string) error {
	p, err := w.take(ctx, unit, false)
	if err != nil {
		return err
	}
	if p.left != nil {
		w.Note(finished(w.store, unit, false, p.resume(ctx)))
	}
	p.release(ctx)
	return nil
}

// closeTime bounds the work of Close after an interruption.
const closeTime = 10 * time.Second

// Close drops the uploads that no run can finish, and releases the locks. An upload
// that cannot be dropped stays invisible. A lifecycle rule for incomplete uploads
// removes it.
func (w *s3Writer) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop()
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	var group errgroup.Group
	group.SetLimit(callsAtOnce)
	for _, p := range w.units {
		group.Go(func() error {
			p.release(ctx)
			return nil
		})
	}
	_ = group.Wait() // what is not released belongs to a dead run
	clear(w.units)
	if w.lost == nil && w.tag != "" {
		_ = w.store.remove(ctx, w.runName(), w.tag) // on failure it will soon be too old
	}
	w.tag = ""
}
