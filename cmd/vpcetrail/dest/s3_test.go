package dest

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/report"
)

func openS3(t *testing.T, f *fakeS3, text string) report.Store {
	t.Helper()
	store, err := Open(t.Context(), text, f.open, S3Options{})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// isUpload reports whether r is a step of a multipart upload: create, part, complete or abort.
func isUpload(r *http.Request, step string) bool {
	q := r.URL.Query()
	switch step {
	case "create":
		return r.Method == http.MethodPost && q.Has("uploads")
	case "part":
		return r.Method == http.MethodPut && q.Has("partNumber")
	case "complete":
		return r.Method == http.MethodPost && q.Has("uploadId")
	}
	return r.Method == http.MethodDelete && q.Has("uploadId")
}

// nth returns a hook that refuses the nth request of a step.
func nth(n int, step string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !isUpload(r, step) {
			return false
		}
		n--
		return n == 0 && refuse(w, http.StatusForbidden, "AccessDenied", "Not this one.")
	}
}

func TestS3ShowsNothingOfAnUploadThatFails(t *testing.T) {
	for _, step := range []string{"create", "part"} {
		t.Run(step, func(t *testing.T) {
			f := newFakeS3(t)
			store := openS3(t, f, "s3://"+bucket+"/p")
			pub := begin(t, store)
			f.before = nth(3, step)
			stage(t, pub, "", day1, day1b)
			_, err := report.StageFile(t.Context(), pub, day2, []byte("x"))
			if want := "s3://reports/p/" + day2 + ": write: AccessDenied: Not this one."; err == nil || err.Error() != want {
				t.Errorf("error %v\nwant  %s", err, want)
			}
			f.before = nil
			if f.uploads(t) == 0 {
				t.Error("nothing was staged")
			}
			pub.Abort()
			holds(t, store, "", "")
			if n := f.uploads(t); n > 0 {
				t.Errorf("%d uploads are left", n)
			}
		})
	}
}

// A failure while files become visible cannot be undone. The error says so, and the
// next run finishes the rest.
func TestS3SaysThatAReportIsPublishedInPart(t *testing.T) {
	f := newFakeS3(t)
	store := openS3(t, f, "s3://"+bucket)
	pub := begin(t, store)
	stage(t, pub, "", day1, day2, run1)
	f.before = nth(2, "complete")
	err := pub.Commit(t.Context(), nil)
	if want := "s3://reports/" + day2 + ": write: AccessDenied: Not this one.: the report may be published in part: run again"; err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
	pub.Abort()
	holds(t, store, "", "", day1)
	finishes(t, f, store, "s3://reports")
	holds(t, store, "", "", run1, day1, day2)
}

func TestS3SaysThatAFileOfAnEarlierReportIsLeft(t *testing.T) {
	f := newFakeS3(t)
	store := openS3(t, f, "s3://"+bucket)
	pub := begin(t, store)
	stage(t, pub, "", day1b)
	commit(t, pub)
	pub = begin(t, store)
	stage(t, pub, "", day1)
	f.before = func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == http.MethodDelete && refuse(w, http.StatusForbidden, "AccessDenied", "Keep it.")
	}
	err := pub.Commit(t.Context(), []string{day1b})
	want := "s3://reports/" + day1b + ": remove: AccessDenied: Keep it.: the report is published, but holds this file of an earlier one: run again"
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
	f.before = nil
	pub.Abort()
	finishes(t, f, store, "s3://reports")
	holds(t, store, "", "", day1)
}

// finishes begins a publication that finishes what another one left, and checks that
// nothing remains.
func finishes(t *testing.T, f *fakeS3, store report.Store, name string) {
	t.Helper()
	f.before = nil
	pub, err := tryBegin(t.Context(), store, "dt=2026-12-31")
	if err != nil {
		t.Fatal(err)
	}
	if want := name + ": a run was stopped while it published 2026-11-20: this is finished now"; len(pub.notes) != 1 || pub.notes[0] != want {
		t.Errorf("it says %q, want %s", pub.notes, want)
	}
	pub.Abort()
	nothingLeft(t, f)
}

// nothingLeft checks that there is no upload and no lock.
func nothingLeft(t *testing.T, f *fakeS3) {
	t.Helper()
	if n := f.uploads(t); n > 0 {
		t.Errorf("%d uploads are left", n)
	}
	out, err := f.client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	if err != nil {
		t.Fatal(err)
	}
	for _, obj := range out.Contents {
		if strings.Contains(*obj.Key, stagingDir+"/") {
			t.Errorf("%s is left", *obj.Key)
		}
	}
}

func TestS3FileOfSeveralParts(t *testing.T) {
	f := newFakeS3(t)
	store := openS3(t, f, "s3://"+bucket+"/p")
	parts := 0
	f.before = func(_ http.ResponseWriter, r *http.Request) bool {
		if isUpload(r, "part") {
			parts++
		}
		return false
	}
	for _, size := range []int{1, partSize, partSize + 1} {
		data := bytes.Repeat([]byte("vpce"), (size+3)/4)[:size]
		parts = 0
		pub := begin(t, store)
		if _, err := report.StageFile(t.Context(), pub, day1, data); err != nil {
			t.Fatal(err)
		}
		commit(t, pub)
		got, err := store.Read(t.Context(), day1)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes come back as %d, %v", size, len(got), err)
		}
		if want := (size + partSize - 1) / partSize; parts != want {
			t.Errorf("%d bytes take %d parts, want %d", size, parts, want)
		}
	}
}

func TestS3ListsEveryPageOfItsPrefixAlone(t *testing.T) {
	f := newFakeS3(t)
	f.before = func(_ http.ResponseWriter, r *http.Request) bool {
		if q := r.URL.Query(); q.Get("list-type") == "2" {
			q.Set("max-keys", "2")
			r.URL.RawQuery = q.Encode()
		}
		return false
	}
	for _, key := range []string{
		"p/" + day1, "p/" + day1b, "p/" + day2, "p/" + run1, "p/traffic/.tmp/x", "p/traffic/_x", "p/trafficking/x", "p2/" + day1, day1,
	} {
		in := &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(strings.TrimPrefix(key, "p/"))}
		if _, err := f.client.PutObject(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	holds(t, openS3(t, f, "s3://"+bucket+"/p"), "traffic/", "", "traffic/_x", day1, day1b, day2)
}

func TestS3BucketThatCannotBeUsed(t *testing.T) {
	f := newFakeS3(t)
	refused(t, openS3(t, f, "s3://no-such-bucket/p"), "s3://no-such-bucket/p: open: there is no bucket of this name")
	f.before = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
		w.WriteHeader(http.StatusMovedPermanently)
		return true
	}
	refused(t, openS3(t, f, "s3://"+bucket+"/p"), "s3://reports/p: open: the bucket is in another Region: set AWS_REGION to eu-west-1")
}

// HeadBucket needs s3:ListBucket, which a role that may write need not have.
func TestS3BucketThatMayNotBeLookedAt(t *testing.T) {
	f := newFakeS3(t)
	f.before = func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == http.MethodHead && refuse(w, http.StatusForbidden, "", "")
	}
	store := openS3(t, f, "s3://"+bucket)
	pub := begin(t, store)
	stage(t, pub, "", day1)
	commit(t, pub)
	holds(t, store, "", "", day1)
}
