package digest

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/list"
)

const (
	account = "111122223333"
	region  = "eu-west-1"
)

var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func publicKey(key *rsa.PrivateKey) Key {
	der := x509.MarshalPKCS1PublicKey(&key.PublicKey)
	return Key{Region: region, Fingerprint: fingerprint(der), Value: der, From: noon.Add(-240 * time.Hour), To: noon.Add(480 * time.Hour)}
}

// noon is in the middle of the day that is checked.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// A log of a signed trail.
type signedLog struct{ key, text string }

// A signedDigest is a digest as it is stored. A test may change it before it is written.
type signedDigest struct {
	key       string
	text      []byte
	stored    []byte // gzipped
	signature string
	fields    map[string]any
}

// A signedTrail is a trail in a directory, with the hours that it covers.
type signedTrail struct {
	digests []*signedDigest
	logs    map[string][]byte // stored, by key
	signer  *rsa.PrivateKey
	trail   string
}

func digestKey(trail string, end time.Time) string {
	return fmt.Sprintf("AWSLogs/%s/CloudTrail-Digest/%s/%s/%s_CloudTrail-Digest_%s_%s_us-east-1_%s.json.gz",
		account, region, end.Format("2006/01/02"), account, region, trail, end.Format("20060102T150405Z"))
}

func logKey(at time.Time, unique string) string {
	return fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_%s.json.gz",
		account, region, at.Format("2006/01/02"), account, region, at.Format("20060102T1504Z"), unique)
}

// newTrail returns a trail of a whole day, and the hours around it: two logs an hour.
func newTrail() *signedTrail {
	t := &signedTrail{logs: map[string][]byte{}, signer: testKey(), trail: "my_trail"}
	for h := -14; h <= 16; h++ {
		end := noon.Add(time.Duration(h) * time.Hour)
		var logs []signedLog
		for i := range 2 {
			key := logKey(end.Add(-time.Duration(20+10*i)*time.Minute), fmt.Sprintf("unique%d", i))
			text := fmt.Sprintf(`{"Records":[%q]}`, key)
			t.logs[key] = zip(text)
			logs = append(logs, signedLog{key, text})
		}
		t.add(end, logs)
	}
	return t
}

// add adds the digest of the hour before end.
func (t *signedTrail) add(end time.Time, logs []signedLog) *signedDigest {
	files := []map[string]string{}
	for _, l := range logs {
		files = append(files, map[string]string{"s3Bucket": "logs", "s3Object": l.key, "hashValue": hexSum(l.text), "hashAlgorithm": "SHA-256"})
	}
	fields := map[string]any{
		"awsAccountId": account, "digestStartTime": end.Add(-time.Hour).Format(time.RFC3339), "digestEndTime": end.Format(time.RFC3339),
		"digestS3Bucket": "logs", "digestS3Object": digestKey(t.trail, end), "digestPublicKeyFingerprint": publicKey(t.signer).Fingerprint,
		"digestSignatureAlgorithm": "SHA256withRSA", "newestEventTime": nil, "oldestEventTime": nil,
		"previousDigestS3Bucket": nil, "previousDigestS3Object": nil, "previousDigestHashValue": nil,
		"previousDigestHashAlgorithm": nil, "previousDigestSignature": nil, "logFiles": files,
	}
	if n := len(t.digests); n > 0 {
		before := t.digests[n-1]
		fields["previousDigestS3Bucket"], fields["previousDigestS3Object"] = "logs", before.key
		fields["previousDigestHashValue"], fields["previousDigestHashAlgorithm"] = hexSum(string(before.text)), "SHA-256"
		fields["previousDigestSignature"] = before.signature
	}
	d := &signedDigest{key: digestKey(t.trail, end), fields: fields}
	t.sign(d)
	t.digests = append(t.digests, d)
	return d
}

// sign writes the text of a digest from its fields, and signs it.
func (t *signedTrail) sign(d *signedDigest) {
	text, err := json.Marshal(d.fields)
	if err != nil {
		panic(err)
	}
	d.text = []byte(strings.ReplaceAll(string(text), "/", `\/`))
	d.stored = zip(string(d.text))
	before := "null"
	if s, ok := d.fields["previousDigestSignature"].(string); ok {
		before = s
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s/%s\n%s\n%s", d.fields["digestEndTime"], d.fields["digestS3Bucket"], d.fields["digestS3Object"], hexSum(string(d.text)), before))
	signature, err := rsa.SignPKCS1v15(nil, t.signer, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	d.signature = hex.EncodeToString(signature)
}

// at returns the digest that ends so many hours after noon.
func (t *signedTrail) at(hours int) *signedDigest { return t.digests[hours+14] }

// remove removes the digest that ends so many hours after noon.
func (t *signedTrail) remove(hours int) { t.at(hours).stored = nil }

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func zip(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // to memory
	_ = z.Close()
	return b.Bytes()
}

// write writes the trail into a directory, with the signatures beside the digests.
func (t *signedTrail) write(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	put := func(key string, data []byte) {
		name := filepath.Join(dir, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	for key, data := range t.logs {
		put(key, data)
	}
	for _, d := range t.digests {
		if d.stored == nil {
			continue
		}
		put(d.key, d.stored)
		if d.signature != "" {
			side, err := json.Marshal(Sidecar{Signature: d.signature, Algorithm: "SHA256withRSA"})
			if err != nil {
				tb.Fatal(err)
			}
			put(d.key+SidecarSuffix, side)
		}
	}
	return dir
}

// checked checks the logs of 20 November in dir, and returns one line for each finding
// that is not valid: what, where, status.
func checked(tb testing.TB, keys *Keys, moved []Move, dir string) (problems []string, valid map[string]int) {
	tb.Helper()
	d := day.Of(noon)
	c, err := Open(tb.Context(), Options{
		Sources: []string{dir}, Keys: keys, Moved: moved, Workers: 3,
		Selection: list.Selection{Window: day.Window{From: d, To: d}, Lateness: -1},
	})
	if err != nil {
		tb.Fatal(err)
	}
	valid = map[string]int{}
	add := func(f *Finding) {
		if f.Status == Valid {
			valid[f.Kind]++
			return
		}
		what := path.Base(f.Name)
		if f.Kind == KindGap {
			what = f.Start.Format("15:04") + "-" + f.End.Format("15:04")
		} else if f.Kind == KindDigest {
			what = f.End.Format("15:04")
		} else {
			what = strings.TrimSuffix(strings.TrimPrefix(what, account+"_CloudTrail_"+region+"_20261120"), ".json.gz")
		}
		problems = append(problems, fmt.Sprintf("%s %s %s", f.Kind, what, f.Status))
		if f.Problem == "" && f.Status.Level() != Fine || strings.Contains(f.Problem, "\n") {
			tb.Errorf("%s %s: problem %q", f.Name, f.Status, f.Problem)
		}
	}
	for f, err := range c.Findings() {
		if err != nil {
			tb.Fatal(err)
		}
		add(f)
	}
	if err := c.Verify(tb.Context(), Reading{Each: func(f *Finding) error { add(f); return nil }}); err != nil {
		tb.Fatal(err)
	}
	return problems, valid
}
