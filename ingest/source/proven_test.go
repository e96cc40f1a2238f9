package source

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/ingest/source/store"
)

// shorter sends only the first bytes, as if they were all, like a proxy that has
// cached a part.
func shorter(keep int) fault {
	return func(w http.ResponseWriter, _ *http.Request, right *httptest.ResponseRecorder) {
		right.Body.Truncate(keep)
		head(w, right)
		_, _ = w.Write(right.Body.Bytes())
	}
}

// altered sends the same number of bytes, one of them changed.
func altered(w http.ResponseWriter, _ *http.Request, right *httptest.ResponseRecorder) {
	right.Body.Bytes()[right.Body.Len()/2] ^= 1
	head(w, right)
	_, _ = w.Write(right.Body.Bytes())
}

// unannounced sends only the first bytes, without their number.
func unannounced(w http.ResponseWriter, _ *http.Request, right *httptest.ResponseRecorder) {
	for name, values := range right.Header() {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	_ = http.NewResponseController(w).Flush()
	_, _ = w.Write(right.Body.Bytes()[:1000])
}

// with sets headers of an answer, and leaves the rest to next.
func with(next fault, headers ...string) fault {
	return func(w http.ResponseWriter, r *http.Request, right *httptest.ResponseRecorder) {
		for i := 0; i < len(headers); i += 2 {
			right.Header().Set(headers[i], headers[i+1])
		}
		next(w, r, right)
	}
}

// Bytes that are not those of the listed object are fetched again, and never count.
func TestProvenBytes(t *testing.T) {
	text := strings.Repeat(`{"Records":[]}`+"\n", 1000)
	other := []byte(text)
	other[len(other)/2] ^= 1
	said := fmt.Sprintf("read: its MD5 is %x, and its ETag %x: where the server's ETags are no MD5, set AWS_RESPONSE_CHECKSUM_VALIDATION=when_required",
		md5.Sum(other), md5.Sum([]byte(text)))
	for _, tc := range []struct {
		name  string
		large bool
		fault fault
		want  string // the error if it stays so; "": the object
	}{
		{"shorter", false, shorter(1500), "open: the server announces 1500 bytes, and the listing 15000"},
		{"empty", false, shorter(0), "open: the server announces 0 bytes, and the listing 15000"},
		{"shorter, its length unsaid", false, unannounced, "read: the server sent 1000 bytes, and announced 15000"},
		{"altered", false, altered, said},
		{"altered, of a known checksum", false, with(altered, "X-Amz-Checksum-Crc32", "AAAAAA=="), "read: checksum did not match: algorithm CRC32"},
		{"encrypted by S3", false, with(altered, "X-Amz-Server-Side-Encryption", "AES256"), said},
		{"encrypted by KMS", false, with(altered, "X-Amz-Server-Side-Encryption", "aws:kms"), ""},
		{"encrypted by KMS twice", false, with(altered, "X-Amz-Server-Side-Encryption", "aws:kms:dsse"), ""},
		{"encrypted by the customer's key", false, with(altered, "X-Amz-Server-Side-Encryption-Customer-Algorithm", "AES256"), ""},
		{"uploaded in parts", false, with(altered, "Etag", `"0123456789abcdef0123456789abcdef-2"`), ""},
		{"with an ETag of another kind", false, with(altered, "Etag", `"abc"`), ""},
		{"large and shorter", true, shorter(1500), "open: the server announces 1500 bytes, and the listing 8403608"},
		{"large and altered", true, altered, "read: its MD5 is "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := newS3(t)
			opt := server.patient()
			server.client = s3.New(server.client.Options(), func(o *s3.Options) { o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported })
			body := text
			if tc.large {
				body += strings.Repeat("\n", maxWhole)
			}
			server.putBody(t, "p/a.json", body)
			const name = "s3://logs/p/a.json"
			server.faulty(at("a.json", always, tc.fault))
			_, failed := bodies(t, opt)
			if err := failed[name]; tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.HasPrefix(err.Error(), name+": "+tc.want)) {
				t.Errorf("got %v\nwant %s", err, tc.want)
			}
		})
		if tc.want == "" || tc.large {
			continue
		}
		t.Run(tc.name+" twice", func(t *testing.T) {
			server := newS3(t)
			opt := server.patient()
			server.putBody(t, "p/a.json", text)
			server.faulty(at("a.json", 2, tc.fault))
			if got, failed := bodies(t, opt); got["s3://logs/p/a.json"] != text {
				t.Errorf("%v", failed)
			}
		})
	}
}

// S3's checksum covers the whole answer. If a body is interrupted, its rest is still
// checked.
func TestProvenRestOfABody(t *testing.T) {
	server := newS3(t)
	opt := server.patient()
	server.client = s3.New(server.client.Options(), func(o *s3.Options) { o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported })
	text := strings.Repeat("0123456789", 1000)
	server.putBody(t, "p/a.json", text)
	var gets gauge
	server.faulty(func(r *http.Request) fault {
		switch {
		case !isGet(r) || gets.add(1) > 2:
			return nil
		case r.Header.Get("Range") != "":
			return altered
		}
		return with(cut, "X-Amz-Checksum-Crc32", "AAAAAA==")
	})
	if got, failed := bodies(t, opt); got["s3://logs/p/a.json"] != text || gets.add(0) != 3 {
		t.Errorf("read after %d GETs: %v", gets.add(0), failed)
	}
}

// Gzip has its own checksum, so it needs no MD5.
func TestProvenGzipIsLeftToItself(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(w, "{}")
	_ = w.Close()
	server := newS3(t)
	opt := server.patient()
	server.putBody(t, "p/a.json.gz", zipped.String())
	server.faulty(at("a.json.gz", always, altered))
	if got, failed := bodies(t, opt); len(got["s3://logs/p/a.json.gz"]) != zipped.Len() {
		t.Errorf("%v", failed)
	}
}

// With checksums only when required, none is requested.
func TestProvenWhenRequired(t *testing.T) {
	server := newS3(t)
	opt := server.patient()
	server.client = s3.New(server.client.Options(), func(o *s3.Options) { o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired })
	server.putBody(t, "p/a.json", "{}  ")
	server.faulty(at("a.json", always, altered))
	if got, failed := bodies(t, opt); len(got) != 1 {
		t.Errorf("%v", failed)
	}
}

// An object that is replaced after the listing is reported as it was read.
func TestProvenObjectThatIsReplaced(t *testing.T) {
	for _, after := range []string{"{}", strings.Repeat(" ", 5000), "", strings.Repeat(" ", maxWhole+1)} {
		t.Run(fmt.Sprint(len(after), " bytes"), func(t *testing.T) {
			server := newS3(t)
			opt := server.patient()
			server.putBody(t, "p/a.json", "before")
			server.putBody(t, "p/b.json", "other")
			server.before = func(_ http.ResponseWriter, r *http.Request) bool {
				if isGet(r) && strings.HasSuffix(r.URL.Path, "a.json") {
					server.before = nil
					server.putBody(t, "p/a.json", after)
				}
				return false
			}
			opt.Concurrency = 1
			trail, err := Open(t.Context(), []string{"s3://logs/p"}, allDays, opt)
			if err != nil {
				t.Fatal(err)
			}
			defer trail.Close()
			for f := range fetches(t, trail) {
				body, err := readFetch(t.Context(), f)
				want := store.Object{Name: "s3://logs/p/b.json", Size: 5, ETag: fmt.Sprintf("%x", md5.Sum([]byte("other")))}
				if f.Seq == 0 {
					want = store.Object{Name: "s3://logs/p/a.json", Size: int64(len(after)), ETag: fmt.Sprintf("%x", md5.Sum([]byte(after)))}
				}
				if err != nil || f.Object != want || int64(len(body)) != want.Size {
					t.Errorf("read %d bytes of %+v, %v; want %+v", len(body), f.Object, err, want)
				}
			}
		})
	}
}

// A file that grows after the listing is reported as it was read.
func TestProvenFileThatGrows(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, "a.json", "b.json")
	trail, err := Open(t.Context(), []string{dir}, allDays, Options{MaxBytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	writeFile(t, dir, "b.json", "longer than its name")
	for f := range fetches(t, trail) {
		body, err := readFetch(t.Context(), f)
		if err != nil || f.Object.Size != int64(len(body)) {
			t.Errorf("read %d bytes of %+v, %v", len(body), f.Object, err)
		}
	}
}

// If a body comes too slowly, the rest of it is fetched again.
func TestFaultsOfABodyThatDrips(t *testing.T) {
	dripping := func(w http.ResponseWriter, r *http.Request, right *httptest.ResponseRecorder) {
		head(w, right)
		for body := right.Body.Bytes(); len(body) > 0 && r.Context().Err() == nil; body = body[1:] {
			_, _ = w.Write(body[:1])
			_ = http.NewResponseController(w).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	}
	for _, tc := range []struct {
		name  string
		times int
		want  string
	}{
		{"once", 1, ""},
		{"always", always, "read: less than 1024 bytes a second came for 300ms, tried 10 times"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := newS3(t)
			opt := server.patient()
			opt.StallTimeout = 300 * time.Millisecond
			text := strings.Repeat("0123456789", 500)
			server.putBody(t, "p/a.json", text)
			server.faulty(at("a.json", tc.times, dripping))
			start := time.Now()
			got, failed := bodies(t, opt)
			const name = "s3://logs/p/a.json"
			if tc.want == "" && got[name] != text || tc.want != "" && failed[name] == nil {
				t.Errorf("read %d bytes, %v", len(got[name]), failed)
			}
			if tc.want != "" {
				wantError(t, failed[name], name+": "+tc.want, "unreadable", nil)
			}
			if took := time.Since(start); took > 20*time.Second { // 5,000 bytes would take 100
				t.Errorf("it took %v", took)
			}
		})
	}
}

// A listing that comes too slowly is requested again.
func TestFaultsOfAListingThatDrips(t *testing.T) {
	server := newS3(t)
	server.put(t, "p/a.json", "p/d/a.json")
	opt := server.patient()
	opt.StallTimeout = 300 * time.Millisecond
	n := 0
	server.answering(func(w http.ResponseWriter, r *http.Request) bool {
		if n++; n > 1 {
			return false
		}
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, " ")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(20 * time.Millisecond)
		}
		return true
	})
	equal(t, "objects", names(t, []string{"s3://logs/p"}, allDays, opt), []string{"s3://logs/p/a.json", "s3://logs/p/d/a.json"})
}
