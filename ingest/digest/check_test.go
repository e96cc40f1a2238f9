package digest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// untouched counts what is valid in newTrail. The digests whose windows end or begin
// at midnight count too.
var untouched = map[string]int{KindDigest: 25, KindLog: 48}

func TestDamage(t *testing.T) {
	key := publicKey(testKey())
	first := noon.Add(-50 * time.Minute) // of the two logs in the hour before noon
	log := logKey(first.Add(20*time.Minute), "unique1")
	for _, tc := range []struct {
		name   string
		damage func(*signedTrail)
		want   []string
		lost   map[string]int // by how many fewer are valid
	}{
		{"none", func(*signedTrail) {}, nil, nil},
		{"a log is modified", func(s *signedTrail) { s.logs[log] = zip("other") }, []string{"log T1130Z_unique1 modified"}, map[string]int{KindLog: 1}},
		{"a log is compressed again", func(s *signedTrail) {
			s.logs[log] = append(s.logs[log][:4:4], append([]byte{9}, s.logs[log][5:]...)...)
		}, nil, nil},
		{"a log has a second member", func(s *signedTrail) { s.logs[log] = append(s.logs[log], zip("x")...) }, []string{"log T1130Z_unique1 trailing_data"}, map[string]int{KindLog: 1}},
		{"a log has an empty second member", func(s *signedTrail) { s.logs[log] = append(s.logs[log], zip("")...) }, []string{"log T1130Z_unique1 trailing_data"}, map[string]int{KindLog: 1}},
		{"bytes follow a log", func(s *signedTrail) { s.logs[log] = append(s.logs[log], "x"...) }, []string{"log T1130Z_unique1 trailing_data"}, map[string]int{KindLog: 1}},
		{"a log is cut", func(s *signedTrail) { s.logs[log] = s.logs[log][:20] }, []string{"log T1130Z_unique1 malformed"}, map[string]int{KindLog: 1}},
		{"a log is not compressed", func(s *signedTrail) { s.logs[log] = []byte(`{"Records":[]}`) }, []string{"log T1130Z_unique1 malformed"}, map[string]int{KindLog: 1}},
		{"a log is empty", func(s *signedTrail) { s.logs[log] = nil }, []string{"log T1130Z_unique1 malformed"}, map[string]int{KindLog: 1}},
		{"a log is deleted", func(s *signedTrail) { delete(s.logs, log) }, []string{"log T1130Z_unique1 missing"}, map[string]int{KindLog: 1}},
		{"two logs are swapped", func(s *signedTrail) {
			other := logKey(noon.Add(-20*time.Minute), "unique0")
			s.logs[log], s.logs[other] = s.logs[other], s.logs[log]
		}, []string{"log T1130Z_unique1 modified", "log T1140Z_unique0 modified"}, map[string]int{KindLog: 2}},
		{"a log is added", func(s *signedTrail) { s.logs[logKey(noon, "added")] = zip("{}") }, []string{"log T1200Z_added not_in_digest"}, nil},
		{"a log of network activity", func(s *signedTrail) {
			s.logs[strings.Replace(logKey(noon, "added"), "/CloudTrail/", "/CloudTrail-NetworkActivity/", 1)] = zip("{}")
		}, []string{"log T1200Z_added uncovered_kind"}, nil},
		{"a digest is deleted", func(s *signedTrail) { s.remove(0) }, []string{
			"digest 12:00 missing", "log T1130Z_unique1 unverified", "log T1140Z_unique0 unverified",
		}, map[string]int{KindDigest: 1, KindLog: 2}},
		{"two digests in a row are deleted", func(s *signedTrail) { s.remove(0); s.remove(-1) }, []string{
			"digest 12:00 missing", "gap 10:00-11:00 gap", "log T1030Z_unique1 unverified", "log T1040Z_unique0 unverified",
			"log T1130Z_unique1 unverified", "log T1140Z_unique0 unverified",
		}, map[string]int{KindDigest: 2, KindLog: 4}},
		{"the first digest is deleted", func(s *signedTrail) { s.remove(-12); s.remove(-11) }, []string{
			"digest 01:00 missing", "log T0030Z_unique1 unverified", "log T0040Z_unique0 unverified",
		}, map[string]int{KindDigest: 2, KindLog: 2}},
		{"the newest digests are deleted", func(s *signedTrail) {
			for h := 11; h <= 16; h++ {
				s.remove(h)
			}
		}, []string{"log T2230Z_unique1 pending", "log T2240Z_unique0 pending", "log T2330Z_unique1 pending", "log T2340Z_unique0 pending"}, map[string]int{KindDigest: 2, KindLog: 4}},
		{"all digests are deleted", func(s *signedTrail) {
			for h := -14; h <= 16; h++ {
				s.remove(h)
			}
		}, nil, untouched},
		{"a digest is changed", func(s *signedTrail) {
			s.at(0).stored = zip(strings.Replace(string(s.at(0).text), "unique0", "unique9", 1))
		}, []string{
			"digest 12:00 bad_signature", "log T1130Z_unique1 unverified", "log T1140Z_unique0 unverified",
		}, map[string]int{KindDigest: 1, KindLog: 2}},
		{"a digest is written again with the same content", func(s *signedTrail) { s.at(0).stored = zip(strings.ReplaceAll(string(s.at(0).text), `\/`, "/")) }, []string{
			"digest 12:00 bad_signature", "log T1130Z_unique1 unverified", "log T1140Z_unique0 unverified",
		}, map[string]int{KindDigest: 1, KindLog: 2}},
		{"a digest has a second member", func(s *signedTrail) { s.at(0).stored = append(s.at(0).stored, zip("")...) }, []string{
			"digest 12:00 malformed", "log T1130Z_unique1 unverified", "log T1140Z_unique0 unverified",
		}, map[string]int{KindDigest: 1, KindLog: 2}},
		{"bytes follow a digest", func(s *signedTrail) { s.at(0).stored = append(s.at(0).stored, 0) }, []string{
			"digest 12:00 malformed", "log T1130Z_unique1 unverified", "log T1140Z_unique0 unverified",
		}, map[string]int{KindDigest: 1, KindLog: 2}},
		{"a digest is replaced by another one", func(s *signedTrail) { s.at(0).stored, s.at(0).signature = s.at(1).stored, s.at(1).signature }, []string{
			"digest 12:00 moved", "log T1130Z_unique1 unverified", "log T1140Z_unique0 unverified",
		}, map[string]int{KindDigest: 1, KindLog: 2}},
		{"a digest is signed again, with other logs", func(s *signedTrail) {
			s.at(0).fields["logFiles"] = []any{}
			s.sign(s.at(0))
		}, []string{
			"digest 13:00 chain_mismatch", "log T1130Z_unique1 not_in_digest", "log T1140Z_unique0 not_in_digest",
		}, map[string]int{KindDigest: 1, KindLog: 2}},
		{"a digest has lost its signature", func(s *signedTrail) { s.at(0).signature = "" }, nil, nil},
		{"a digest is changed and has lost its signature", func(s *signedTrail) {
			s.at(0).signature = ""
			s.at(0).stored = zip(strings.Replace(string(s.at(0).text), "unique0", "unique9", 1))
		}, []string{
			"digest 12:00 chain_mismatch", "log T1130Z_unique1 unverified", "log T1140Z_unique0 unverified", "log T1140Z_unique9 unverified",
		}, map[string]int{KindDigest: 1, KindLog: 2}},
		{"all signatures are lost", func(s *signedTrail) {
			for _, d := range s.digests {
				d.signature = ""
			}
		}, nil, nil},
		{"the newest digest has no signature", func(s *signedTrail) {
			for h := 13; h <= 16; h++ {
				s.remove(h)
			}
			s.at(12).signature = ""
		}, []string{"digest 00:00 unsigned_tail", "log T2330Z_unique1 unverified", "log T2340Z_unique0 unverified"}, map[string]int{KindDigest: 1, KindLog: 2}},
		{"a signature is no hexadecimal", func(s *signedTrail) { s.at(0).signature = "zz" }, []string{
			"digest 12:00 bad_signature", "log T1130Z_unique1 unverified", "log T1140Z_unique0 unverified",
		}, map[string]int{KindDigest: 1, KindLog: 2}},
		{"the chain starts again", func(s *signedTrail) {
			s.digests = s.digests[:14]
			for h := 1; h <= 16; h++ {
				end := noon.Add(time.Duration(h) * time.Hour)
				var logs []signedLog
				for i := range 2 {
					key := logKey(end.Add(-time.Duration(20+10*i)*time.Minute), fmt.Sprintf("unique%d", i))
					logs = append(logs, signedLog{key, fmt.Sprintf(`{"Records":[%q]}`, key)})
				}
				s.add(end, logs)
				if h == 1 {
					d := s.digests[len(s.digests)-1]
					for name := range d.fields {
						if strings.HasPrefix(name, "previous") {
							d.fields[name] = nil
						}
					}
					s.sign(d)
				}
			}
		}, []string{"digest 13:00 unlinked", "gap 11:00-12:00 gap", "log T1130Z_unique1 unverified", "log T1140Z_unique0 unverified"}, map[string]int{KindDigest: 2, KindLog: 2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newTrail()
			tc.damage(s)
			problems, valid := checked(t, KnownKeys([]Key{key}), nil, s.write(t))
			if tc.name == "all digests are deleted" {
				if len(problems) != 48 || !strings.HasSuffix(problems[0], " unverified") {
					t.Errorf("%q", problems)
				}
				problems = nil
			}
			slices.Sort(problems)
			if !slices.Equal(problems, tc.want) {
				t.Errorf("found %q\nwant  %q", problems, tc.want)
			}
			for kind, n := range untouched {
				if valid[kind] != n-tc.lost[kind] {
					t.Errorf("%d valid of kind %s, want %d", valid[kind], kind, n-tc.lost[kind])
				}
			}
		})
	}
}

func TestNoDigestIsValidWithoutItsKey(t *testing.T) {
	dir := newTrail().write(t)
	other := publicKey(testKey())
	other.Region = "eu-central-1"
	asked := 0
	for _, tc := range []struct {
		name string
		keys *Keys
		want Status
	}{
		{"no key in the file", KnownKeys(nil), KeyUnread},
		{"the key of another Region", KnownKeys([]Key{other}), KeyUnread},
		{"CloudTrail has no such key", ListedKeys(func(context.Context, string, time.Time, time.Time) ([]Key, error) {
			asked++
			return nil, nil
		}, noon.Add(-36*time.Hour), noon.Add(36*time.Hour)), NoKey},
		{"CloudTrail does not answer", ListedKeys(func(context.Context, string, time.Time, time.Time) ([]Key, error) {
			return nil, errors.New("no answer")
		}, noon, noon), KeyUnread},
	} {
		t.Run(tc.name, func(t *testing.T) {
			problems, valid := checked(t, tc.keys, nil, dir)
			if len(valid) > 0 {
				t.Errorf("valid: %v", valid)
			}
			for _, p := range problems {
				if strings.HasPrefix(p, "digest") && !strings.HasSuffix(p, " "+string(tc.want)) {
					t.Errorf("%s, want %s", p, tc.want)
				}
			}
		})
	}
	if asked != 1 {
		t.Errorf("asked %d times for the keys of a Region", asked)
	}
}

func TestParseRefuses(t *testing.T) {
	s := newTrail()
	good := string(s.at(0).text)
	if _, err := Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, text, want string }{
		{"nothing", "", "at byte 0: unexpected EOF"},
		{"another document", "[]", "at byte 1: want an object"},
		{"bytes after it", good + "{}", fmt.Sprintf("at byte %d: more follows the document", len(good)+1)},
		{"a name twice", strings.Replace(good, "{", `{"awsAccountId":"1",`, 1), `"awsAccountId" comes twice`},
		{"a name twice in a log", strings.Replace(good, `{"hashAlgorithm"`, `{"hashValue":"","hashAlgorithm"`, 1), `"hashValue" comes twice`},
		{"a name twice in what is not used", strings.Replace(good, "{", `{"x":{"a":1,"a":1},`, 1), `"a" comes twice`},
		{"no text", strings.Replace(good, account, "\xff", 1), "not UTF-8"},
		{"no account", strings.Replace(good, "awsAccountId", "awsaccountid", 1), "no awsAccountId"},
		{"another algorithm", strings.Replace(good, "SHA256withRSA", "MD5withRSA", 1), "digestSignatureAlgorithm is not SHA256withRSA"},
		{"a hash too short", strings.Replace(good, `"hashValue":"`, `"hashValue":"","x":"`, 1), "a hash is not 64 hexadecimal digits"},
		{"half a link", strings.Replace(good, `"previousDigestSignature":"`, `"previousDigestSignature":null,"x":"`, 1), "some of the five fields previousDigest… are null"},
		{"a window that ends before it starts", strings.Replace(good, `"digestEndTime":"2026-11-20T12`, `"digestEndTime":"2026-11-20T10`, 1), "digestEndTime is before digestStartTime"},
		{"nested too deep", strings.Replace(good, "{", `{"x":`+strings.Repeat("[", 200)+strings.Repeat("]", 200)+",", 1), "nested more than 100 levels deep"},
		{"cut", good[:len(good)-1], "unexpected EOF"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.text == good {
				t.Fatal("the damage did not apply")
			}
			d, err := Parse([]byte(tc.text))
			if err == nil || !strings.HasSuffix(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, %v; want %q", d, err, tc.want)
			}
		})
	}
}

// FuzzParse checks that what Parse reads from a digest is what a plain reader of JSON finds
// there, and that no change is accepted after which two readers may disagree: another name
// that comes twice, or more after the document.
func FuzzParse(f *testing.F) {
	s := newTrail()
	good := string(s.at(0).text)
	f.Add(s.at(0).text)
	f.Add(s.at(-14).text)
	for _, text := range []string{
		`{"logFiles":[]}`,
		strings.ReplaceAll(good, `\/`, "/"),
		strings.Replace(good, "awsAccountId", `aws\u0041ccountId`, 1),
		strings.Replace(good, "{", `{"awsaccountid":"1",`, 1),
		strings.Replace(good, "{", `{"x":{"y":[1,-0.5e-9,true,null,{"z":"\ud800"}]},`, 1),
		strings.Replace(good, ":00Z", ":00+05:30", 1),
		strings.Replace(good, `"logFiles"`, `"logfiles"`, 1),
		"\ufeff" + good,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Parse(text)
		if err != nil {
			if d != nil || strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("%v, %v", d, err)
			}
			return
		}
		readPlainly(t, text, d)
		at := bytes.IndexByte(text, '{') + 1
		for _, more := range []string{`"logFiles":[],`, `"digestS3Object":"x",`} {
			if _, err := Parse(slices.Concat(text[:at], []byte(more), text[at:])); err == nil {
				t.Fatalf("%q accepted with %s twice", text, more)
			}
		}
		if _, err := Parse(append(bytes.Clone(text), '1')); err == nil {
			t.Fatalf("%q accepted with a tail", text)
		}
	})
}

// readPlainly compares a digest with what encoding/json finds in its text.
func readPlainly(t *testing.T, text []byte, d *Digest) {
	t.Helper()
	var plain map[string]any
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatalf("%q accepted, and it is no JSON: %v", text, err)
	}
	want := map[string]any{
		"awsAccountId": d.Account, "digestEndTime": d.EndText, "digestS3Bucket": d.Bucket, "digestS3Object": d.Key,
		"digestPublicKeyFingerprint": d.Fingerprint, "previousDigestSignature": nil, "previousDigestS3Object": nil,
	}
	if p := d.Previous; p != nil {
		want["previousDigestSignature"], want["previousDigestS3Object"] = p.Signature, p.Key
	}
	for name, value := range want {
		if plain[name] != value {
			t.Errorf("%s is %v, and Parse says %v: %q", name, plain[name], value, text)
		}
	}
	logs, ok := plain["logFiles"].([]any)
	if !ok || len(logs) != len(d.Logs) {
		t.Fatalf("%d logs, and Parse says %d: %q", len(logs), len(d.Logs), text)
	}
	for i, l := range d.Logs {
		plain, ok := logs[i].(map[string]any)
		if sum, _ := plain["hashValue"].(string); !ok || plain["s3Object"] != l.Key || !strings.EqualFold(sum, fmt.Sprintf("%x", l.SHA256)) {
			t.Errorf("log %d is %v, and Parse says %+v: %q", i, logs[i], l, text)
		}
	}
}

// FuzzReadKeys checks that keys which ReadKeys accepts have their fingerprints, and are the
// same after they are written and read again.
func FuzzReadKeys(f *testing.F) {
	text, err := WriteKeys([]Key{publicKey(testKey())})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"keys":[]}`))
	f.Add([]byte(`{"keys":[{"fingerprint":"d41d8cd98f00b204e9800998ecf8427e"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := ReadKeys(text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("the error has two lines: %q", err)
			}
			return
		}
		again, err := WriteKeys(keys)
		if err != nil {
			return // a year that RFC 3339 has no form for
		}
		read, err := ReadKeys(again)
		if err != nil || len(read) > len(keys) {
			t.Fatalf("%d keys of %q, then %d: %v", len(keys), text, len(read), err)
		}
		for _, k := range read {
			if fingerprint(k.Value) != k.Fingerprint {
				t.Errorf("a key has another fingerprint than %s", k.Fingerprint)
			}
		}
	})
}

func TestKeysAreCheckedByTheirFingerprint(t *testing.T) {
	text, err := WriteKeys([]Key{publicKey(testKey()), publicKey(testKey())})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ReadKeys(text)
	if err != nil || len(keys) != 1 || !keys[0].From.Equal(publicKey(testKey()).From) {
		t.Errorf("%v, %v", keys, err)
	}
	for _, tc := range []struct{ text, want string }{
		{strings.Replace(string(text), keys[0].Fingerprint, "abc", 1), "key 1, of eu-west-1: its value has the fingerprint " + keys[0].Fingerprint},
		{string(text) + "{}", "more follows the public keys"},
		{"x", "no file of public keys"},
	} {
		if _, err := ReadKeys([]byte(tc.text)); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%v, want %s", err, tc.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	for _, tc := range []struct {
		name, recorded, at string // where a digest lies, and what it says
		moved              []Move
		log, want          string // what it says of a log, and where that is expected
		ok                 bool
	}{
		{"in its place", "s3://b/p/AWSLogs/d.gz", "s3://b/p/AWSLogs/d.gz", nil, "s3://b/p/AWSLogs/l.gz", "s3://b/p/AWSLogs/l.gz", true},
		{"copied", "s3://b/p/AWSLogs/d.gz", "s3://c/AWSLogs/d.gz", nil, "s3://b/p/AWSLogs/l.gz", "s3://b/p/AWSLogs/l.gz", false},
		{"copied, and said so", "s3://b/p/AWSLogs/d.gz", "s3://c/AWSLogs/d.gz", []Move{{"s3://b/p/", "s3://c/"}}, "s3://b/p/AWSLogs/l.gz", "s3://c/AWSLogs/l.gz", true},
		{"a directory", "s3://b/p/AWSLogs/x/d.gz", "dir/AWSLogs/x/d.gz", nil, "s3://b/p/AWSLogs/y/l.gz", "dir/AWSLogs/y/l.gz", true},
		{"a directory within the layout", "s3://b/p/AWSLogs/x/d.gz", "x/d.gz", nil, "s3://b/p/AWSLogs/y/l.gz", "y/l.gz", true},
		{"a flat directory", "s3://b/AWSLogs/x/d.gz", "dir/d.gz", nil, "s3://b/AWSLogs/y/l.gz", "dir/l.gz", true},
		{"another name", "s3://b/AWSLogs/x/d.gz", "dir/e.gz", nil, "s3://b/AWSLogs/y/l.gz", "s3://b/AWSLogs/y/l.gz", false},
		{"another bucket's log", "s3://b/AWSLogs/x/d.gz", "dir/x/d.gz", nil, "s3://c/AWSLogs/y/l.gz", "s3://c/AWSLogs/y/l.gz", true},
	} {
		at, ok := places{moves: tc.moved}.at(tc.at, tc.recorded)
		if got := at.of(tc.log); ok != tc.ok || got != tc.want {
			t.Errorf("%s: %s, %v; want %s, %v", tc.name, got, ok, tc.want, tc.ok)
		}
	}
}
