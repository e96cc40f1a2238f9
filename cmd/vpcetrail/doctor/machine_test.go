package doctor

import (
	"encoding/json"
	"strings"
	"testing"
)

// Whatever the metadata service says, ids are plain, ranges are valid, and the result is
// JSON of bounded size.
func FuzzMachine(f *testing.F) {
	f.Add("i-0a1b2c3d4e5f60718", "vpc-0a1b2c3d", "10.0.0.0/16\n10.1.0.0/16", "2600:1f18::/56", "54.1.2.3\n54.1.2.4")
	f.Add("\x1b[2J", strings.Repeat("v", 100), "0.0.0.0/0", "x", "1.2.3")
	f.Fuzz(func(t *testing.T, instance, vpc, cidrs, cidrs6, public string) {
		m := parseMachine(map[string]string{"instance-id": instance, "vpc-id": vpc, "vpc-ipv4-cidr-blocks": cidrs, "vpc-ipv6-cidr-blocks": cidrs6, "public-ipv4s": public})
		for _, id := range []string{m.Instance, m.VPC} {
			if id != "" && !plainFact.MatchString(id) {
				t.Errorf("%q is no id", id)
			}
		}
		for _, prefix := range m.CIDRs {
			if prefix.Bits() <= 0 {
				t.Errorf("%v contains every address", prefix)
			}
		}
		e := examination{Machine: m}
		if text, err := e.json(); err != nil || !json.Valid(text) || len(text) > 1<<14 {
			t.Errorf("%v: %d bytes", err, len(text))
		}
	})
}
