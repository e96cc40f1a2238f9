package source

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// bySDK reports whether the SDK made a request: it numbers its attempts.
func bySDK(r *http.Request) bool { return r.Header.Get("Amz-Sdk-Request") != "" }

// oneByOne returns options for fetching each object only after the one before is read.
func oneByOne(s *s3Server) Options { return Options{S3: s.open, Concurrency: 1, MaxBytes: 1} }

// readAll reads every object of the test's bucket. It returns the texts by name, or
// the errors.
func readAll(t *testing.T, opt Options) map[string]string {
	t.Helper()
	trail, err := Open(t.Context(), []string{"s3://logs/p"}, allDays, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	got := map[string]string{}
	for f := range fetches(t, trail) {
		body, err := readFetch(t.Context(), f)
		if err != nil {
			body = err.Error()
		}
		got[strings.TrimPrefix(f.Object.Name, "s3://logs/p/")] = body
		f.Close()
	}
	return got
}

// TestRequestsLikeTheSDKsAreSignedAsItSigns signs every request again with the SDK's
// signer, as S3 does.
func TestRequestsLikeTheSDKsAreSignedAsItSigns(t *testing.T) {
	server := newS3(t)
	keys := []string{"a.json", "b c.json", "d+e=f&g.json", "h%20i.json", "ü/ä~.json", "j//k.json", "l(m)'n!*.json", "o:p@q,r;s$.json"}
	for _, key := range keys {
		server.put(t, "p/"+key)
	}
	var mu sync.Mutex
	direct := 0
	server.before = func(_ http.ResponseWriter, r *http.Request) bool {
		if !isGet(r) {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		if !bySDK(r) {
			direct++
		}
		got := r.Header.Get("Authorization")
		at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err != nil {
			t.Error(err)
		}
		_, names, _ := strings.Cut(got, "SignedHeaders=")
		names, _, _ = strings.Cut(names, ",")
		again := r.Clone(context.Background())
		again.URL.Host = r.Host
		for name := range r.Header {
			if !strings.Contains(";"+names+";", ";"+strings.ToLower(name)+";") {
				again.Header.Del(name)
			}
		}
		err = v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "id", SecretAccessKey: "secret"}, again,
			r.Header.Get("X-Amz-Content-Sha256"), "s3", "us-east-1", at, func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
		if want := again.Header.Get("Authorization"); err != nil || got != want {
			t.Errorf("%s is signed\n%s, want\n%s, %v", r.URL, got, want, err)
		}
		return false
	}
	got := readAll(t, oneByOne(server))
	for _, key := range keys {
		if got[key] != "p/"+key {
			t.Errorf("%q holds %q", key, got[key])
		}
	}
	if len(got) != len(keys) || direct != len(keys)-1 {
		t.Errorf("%d objects, %d of them by requests of our own; want %d, and the SDK's for the first", len(got), direct, len(keys))
	}
}

// TestRequestsLikeTheSDKsCarryItsHeaders compares them with the SDK's own.
func TestRequestsLikeTheSDKsCarryItsHeaders(t *testing.T) {
	server := newS3(t)
	server.put(t, "p/a.json", "p/b.json")
	var seen []http.Header
	server.before = func(_ http.ResponseWriter, r *http.Request) bool {
		if isGet(r) {
			seen = append(seen, r.Header.Clone())
		}
		return false
	}
	opt := oneByOne(server)
	opt.RequesterPays, opt.BucketOwner = true, acct
	readAll(t, opt)
	if len(seen) != 2 {
		t.Fatalf("%d requests", len(seen))
	}
	for name, want := range seen[0] {
		switch name {
		case "Amz-Sdk-Request", "Amz-Sdk-Invocation-Id", "Authorization", "X-Amz-Date":
			continue
		}
		if got := seen[1][name]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, the SDK says %v", name, got, want)
		}
	}
}

// TestChecksumsAreCompared makes S3 send correct and wrong checksums of all kinds.
func TestChecksumsAreCompared(t *testing.T) {
	server := newS3(t)
	names := []string{"Crc32", "Crc32c", "Crc64nvme", "Sha1", "Crc32-2"}
	awsEnv(t, map[string]string{"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"})
	server.put(t, "p/0.json") // the SDK's
	for _, name := range names {
		server.put(t, "p/"+name+".good.json", "p/"+name+".wrong.json")
	}
	server.before = func(w http.ResponseWriter, r *http.Request) bool {
		key := strings.TrimPrefix(r.URL.Path, "/logs/")
		name, _, _ := strings.Cut(strings.TrimPrefix(key, "p/"), ".")
		if isGet(r) && name != "0" {
			sum := checksum(name, key)
			if strings.Contains(key, "wrong") {
				sum = checksum(name, "another")
			}
			name, parts, _ := strings.Cut(name, "-")
			if parts != "" {
				sum += "-" + parts // of parts: it says nothing about the whole object
			}
			w.Header().Set("X-Amz-Checksum-"+name, sum)
		}
		return false
	}
	got := readAll(t, Options{Concurrency: 1, MaxBytes: 1}) // the product's own client requests checksums
	for _, name := range names {
		good, wrong := name+".good.json", name+".wrong.json"
		if got[good] != "p/"+good && name != "Sha1" {
			t.Errorf("%s: %s", good, got[good])
		}
		kind, parts, _ := strings.Cut(name, "-")
		refused := strings.Contains(got[wrong], "checksum did not match: algorithm "+strings.ToUpper(kind))
		if refused != (parts == "") {
			t.Errorf("%s: %s", wrong, got[wrong])
		}
	}
}

func checksum(name, text string) string {
	var sum []byte
	switch name {
	case "Crc32", "Crc32-2":
		sum = binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(text)))
	case "Crc32c":
		sum = binary.BigEndian.AppendUint32(nil, crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli)))
	case "Crc64nvme":
		sum = binary.BigEndian.AppendUint64(nil, crc64.Checksum([]byte(text), crc64.MakeTable(0x9a6c9329ac4bc9b5)))
	default:
		sum = []byte(text)
	}
	return base64.StdEncoding.EncodeToString(sum)
}
