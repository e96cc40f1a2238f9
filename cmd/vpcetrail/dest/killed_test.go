package dest

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/report"
)

// A powerCut lets some requests pass, and no more. The last one may be executed even
// if its answer is lost.
type powerCut struct {
	mu   sync.Mutex
	left int
	lost bool // the answer of the last one
}

func (p *powerCut) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left--
	if p.left < 0 {
		return nil, errors.New("no power")
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && p.left == 0 && p.lost {
		_ = resp.Body.Close()
		return nil, errors.New("no power")
	}
	return resp, err
}

// A run is killed after each of its requests. Every file stays complete, and the next
// run, for another day, finishes the partial publication.
func TestS3KilledAfterEveryRequest(t *testing.T) {
	for _, lost := range []bool{false, true} {
		between, done := 0, false
		for n := 1; !done; n++ {
			f := newFakeS3(t)
			pub := begin(t, openLeased(t, f))
			stage(t, pub, " old", day1, day1b, run1)
			commit(t, pub)

			power := &powerCut{left: n, lost: lost}
			client := s3.New(f.client.Options(), func(o *s3.Options) { o.HTTPClient = &http.Client{Transport: power} })
			err := publishOnce(t.Context(), newS3Store(client, bucket, "p", S3Options{}, nil))
			if power.left > 0 {
				done = true
				if err != nil {
					t.Fatal(err)
				}
			}
			store := openLeased(t, f)
			before := mixture(t, store)
			switching, err := store.Switching(t.Context(), unit)
			if err != nil || before == "mixed" && !switching {
				t.Errorf("killed after %d requests: files are mixed, and no reader would know: %v", n, err)
			}
			if before == "mixed" {
				between++
			}
			f.buryAll(t)
			next, err := tryBegin(t.Context(), store, otherUnit)
			if err != nil {
				t.Fatal(err)
			}
			next.Abort()
			after := mixture(t, store)
			if after == "mixed" || before != "old" && after != "new" {
				t.Errorf("killed after %d requests: %s, and %s after the next run", n, before, after)
			}
			if switching, err := store.Switching(t.Context(), unit); switching || err != nil {
				t.Errorf("killed after %d requests: still between revisions: %v", n, err)
			}
		}
		if between < 2 {
			t.Errorf("%d times files were mixed: the test shows nothing", between)
		}
	}
}

// publishOnce publishes a unit again: it replaces some files and removes another.
func publishOnce(ctx context.Context, store report.Store) error {
	pub, err := tryBegin(ctx, store, unit)
	if err != nil {
		return err
	}
	for _, name := range []string{day1, run1} {
		if _, err := report.StageFile(ctx, pub, name, []byte(name+" new")); err != nil {
			return err
		}
	}
	return pub.Commit(ctx, []string{day1b})
}

// mixture says whether the files are all the old or all the new ones of publishOnce.
func mixture(t *testing.T, store report.Store) string {
	t.Helper()
	says := ""
	for _, name := range []string{day1, run1} {
		data, err := store.Read(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		says += strings.TrimPrefix(string(data), name)
	}
	_, err := store.Read(t.Context(), day1b)
	switch {
	case says == " old old" && err == nil:
		return "old"
	case says == " new new" && errors.Is(err, report.ErrNoReport):
		return "new"
	}
	return "mixed"
}

// buryAll makes all runs look dead, as after a lease.
func (f *fakeS3) buryAll(t *testing.T) {
	t.Helper()
	out, err := f.client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	if err != nil {
		t.Fatal(err)
	}
	for _, obj := range out.Contents {
		if strings.Contains(*obj.Key, runPrefix) {
			if _, err := f.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: obj.Key}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A run is killed before each rename of its publication, and the next run in the
// directory finishes it.
func TestDirKilledBeforeEveryStep(t *testing.T) {
	names := []string{day1, day2, run1}
	for i, obstacle := range names {
		root := t.TempDir()
		store := openDir(t, root)
		pub := begin(t, store)
		stage(t, pub, " old", day1, day1b, day2, run1)
		commit(t, pub)
		path := filepath.Join(root, filepath.FromSlash(obstacle))
		aside := path + ".aside"
		if err := errors.Join(os.Rename(path, aside), os.MkdirAll(filepath.Join(path, "in the way"), 0o777)); err != nil {
			t.Fatal(err)
		}
		pub = begin(t, store)
		stage(t, pub, " new", names...)
		if err := pub.Commit(t.Context(), []string{day1b}); err == nil {
			t.Fatal("it is published")
		}
		pub.die()
		if err := errors.Join(os.RemoveAll(path), os.Rename(aside, path)); err != nil {
			t.Fatal(err)
		}
		for k, name := range names {
			want := " new"
			if k >= i {
				want = " old"
			}
			data, err := store.Read(t.Context(), name)
			if text := strings.TrimPrefix(string(data), name); text != want || err != nil {
				t.Errorf("stopped before %s: %s holds %q, %v", obstacle, name, data, err)
			}
		}
		if yes, err := store.Switching(t.Context(), unit); !yes || err != nil {
			t.Errorf("stopped before %s: no reader would know: %v", obstacle, err)
		}
		next, err := tryBegin(t.Context(), store, otherUnit)
		if err != nil || len(next.notes) != 1 {
			t.Fatal(err, next.notes)
		}
		next.Abort()
		holds(t, store, "", " new", run1, day1, day2)
		if left, err := os.ReadDir(filepath.Join(root, stagingDir)); !os.IsNotExist(err) {
			t.Errorf("%v is left, %v", left, err)
		}
	}
}

// If the staged files are gone, every run says so until the day is published again.
func TestInterruptedPublicationThatIsGone(t *testing.T) {
	eachStore(t, func(t *testing.T, open func() report.Store) {
		pub := begin(t, open())
		stage(t, pub, " old", day1, run1)
		commit(t, pub)
		pub = begin(t, open())
		stage(t, pub, " new", day1, run1)
		loseStaged(t, pub)
		const why = ": a run was stopped while it published 2026-11-20, and what it had staged is gone: "
		for range 2 {
			other, err := tryBegin(t.Context(), open(), otherUnit)
			if err != nil {
				t.Fatal(err)
			}
			if want := open().String() + why + "run analyze again for it"; len(other.notes) != 1 || other.notes[0] != want {
				t.Errorf("it says %q, want %s", other.notes, want)
			}
			other.Abort()
		}
		for _, commits := range []bool{false, true} {
			again, err := tryBegin(t.Context(), open(), unit)
			if err != nil {
				t.Fatal(err)
			}
			last := again.notes[len(again.notes)-1]
			if want := open().String() + why + "this run replaces it"; last != want {
				t.Errorf("it says %q, want %s", last, want)
			}
			stage(t, again, " newest", day1, run1)
			if commits {
				commit(t, again)
			}
			again.Abort()
			if yes, err := open().Switching(t.Context(), unit); yes == commits || err != nil {
				t.Errorf("committed %v: between revisions %v, %v", commits, yes, err)
			}
		}
		holds(t, open(), "", " newest", run1, day1)
		begin(t, open()).Abort()
	})
}

// loseStaged stops a publication before its last step, and deletes the staged files,
// as a lifecycle rule does.
func loseStaged(t *testing.T, pub *publication) {
	t.Helper()
	switch p := pub.Publication.(type) {
	case *s3Publication:
		s := p.writer.store
		last := p.files[len(p.files)-1]
		upload := last.Upload
		if _, err := s.client.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{
			Bucket: aws.String(bucket), Key: aws.String(s.prefix + last.Name), UploadId: &upload,
		}); err != nil {
			t.Fatal(err)
		}
	case *dirPublication:
		if err := os.Remove(p.path(run1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := pub.Commit(t.Context(), nil); err == nil {
		t.Fatal("it is published")
	}
	pub.Abort()
}
