package layout

import (
	"strings"
	"testing"
	"time"
)

// digestNames are file names of digests, with what they say.
var digestNames = map[string]DigestName{
	"111122223333_CloudTrail-Digest_us-east-1_acme_us-east-1_20261120T010404Z.json.gz": {
		Account: "111122223333", Region: "us-east-1", Trail: "acme", Home: "us-east-1", End: time.Date(2026, 11, 20, 1, 4, 4, 0, time.UTC)},
	"111122223333_CloudTrail-Digest_us-gov-west-1_acme_audit_eu-west-1_us-gov-east-1_20261120T010404Z_backfill.json.gz": {
		Account: "111122223333", Region: "us-gov-west-1", Trail: "acme_audit_eu-west-1", Home: "us-gov-east-1", Backfill: true,
		End: time.Date(2026, 11, 20, 1, 4, 4, 0, time.UTC)},
	"111122223333_CloudTrail-Digest_us-east-1__us-east-1_20261120T010404Z.json.gz":          {},
	"111122223333_CloudTrail-Digest_us-east-1_acme_us-east-1_20261120T0104Z.json.gz":        {},
	"111122223333_CloudTrail-Digest_us-east-1_acme_us-east-1_20261320T010404Z.json.gz":      {},
	"111122223333_CloudTrail_us-east-1_acme_us-east-1_20261120T010404Z.json.gz":             {},
	"11112222333_CloudTrail-Digest_us-east-1_acme_us-east-1_20261120T010404Z.json.gz":       {},
	"111122223333_CloudTrail-Digest_us-east-1_acme_us-east-1_20261120T010404Z.json":         {},
	"111122223333_CloudTrail-Digest_us-east-1_acme_us-east-1_20261120T010404Z.1Z.json.gz":   {},
	"111122223333_CloudTrail-Digest_us-east-1_acme_us-east-1_20261120T010404.5Z.json.gz":    {},
	"111122223333_CloudTrail-Digest_us-east-1_20261120T010404Z_backfill_backfill.json.gz":   {},
	"111122223333_CloudTrail-Digest_us-east-1_acme_us-east-1_20261120T010404Z.json.gz.part": {},
	"": {},
}

func TestParseDigestName(t *testing.T) {
	for name, want := range digestNames {
		got, ok := ParseDigestName(name)
		if got != want || ok != (want != DigestName{}) {
			t.Errorf("ParseDigestName(%q) is %+v, %v; want %+v", name, got, ok, want)
		}
	}
}

// FuzzParseDigestName checks that a name which is accepted follows from what it says.
func FuzzParseDigestName(f *testing.F) {
	for name := range digestNames {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		d, ok := ParseDigestName(name)
		if !ok {
			if d != (DigestName{}) {
				t.Errorf("%q is refused, and says %+v", name, d)
			}
			return
		}
		fields := []string{d.Account, DigestFolder, d.Region, d.Trail, d.Home, d.End.Format(digestStamp)}
		if d.Backfill {
			fields = append(fields, "backfill")
		}
		if again := strings.Join(fields, "_") + ".json.gz"; again != name {
			t.Errorf("%q says %+v, of which the name is %q", name, d, again)
		}
	})
}
