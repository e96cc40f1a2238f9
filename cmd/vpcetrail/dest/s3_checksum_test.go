package dest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

var checksumsIn = regexp.MustCompile(`<Checksum(\w+)>`)

// checked makes the fake behave like S3. It returns a part's checksum, and completes
// an upload only with checksums of the kind that was named at its start. begun returns
// the kinds that were named.
func checked(f *fakeS3) (begun func() []string) {
	var kinds []string
	f.before = func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case isUpload(r, "create"):
			kinds = append(kinds, r.Header.Get("X-Amz-Checksum-Algorithm"))
		case isUpload(r, "part"):
			w.Header().Set("X-Amz-Checksum-Crc64nvme", "Y2hlY2tlZCE=") // S3 adds its own checksum without a request
			if r.Header.Get("X-Amz-Checksum-Crc32") != "" || r.Header.Get("X-Amz-Trailer") == "x-amz-checksum-crc32" {
				w.Header().Set("X-Amz-Checksum-Crc32", "Y2hlYw==")
			}
		case isUpload(r, "complete"):
			text, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(text))
			var want, got []string
			if kind := kinds[len(kinds)-1]; kind != "" {
				want = []string{kind}
			}
			for _, m := range checksumsIn.FindAllSubmatch(text, -1) {
				got = append(got, string(m[1]))
			}
			if !slices.Equal(got, want) {
				return refuse(w, http.StatusBadRequest, "InvalidPart", "One or more of the specified parts could not be found.")
			}
		}
		return false
	}
	return func() []string { return kinds }
}

func TestS3UploadKeepsToOneKindOfChecksum(t *testing.T) {
	for _, tc := range []struct {
		name, kind string
		when       aws.RequestChecksumCalculation
	}{
		{"by default", "CRC32", aws.RequestChecksumCalculationWhenSupported},
		{"switched off", "", aws.RequestChecksumCalculationWhenRequired},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFakeS3(t)
			f.client = s3.New(f.client.Options(), func(o *s3.Options) { o.RequestChecksumCalculation = tc.when })
			begun := checked(f)
			store := openS3(t, f, "s3://"+bucket)
			pub := begin(t, store)
			stage(t, pub, "", day1)
			if err := pub.Commit(context.Background(), nil); err != nil {
				t.Error(err)
			}
			if got := begun(); len(got) != 1 || got[0] != tc.kind {
				t.Errorf("the upload is begun with %q, want %q", got, tc.kind)
			}
		})
	}
}
