package classify

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"testing"

	"github.com/klauspost/compress/gzip"
)

func TestEmbeddedRanges(t *testing.T) {
	r := EmbeddedRanges()
	for addr, want := range map[string]Origin{
		"3.5.140.7":       FromAWS, // S3 and EC2
		"52.94.76.1":      FromAWS,
		"203.0.113.9":     External,
		"8.8.8.8":         External,
		"2600:1f18::1":    FromAWS,
		"2001:db8::1":     External,
		"255.255.255.255": External,
	} {
		if got := r.Origin(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is %q, want %q", addr, got, want)
		}
	}
	if len(r.Date) != len("2026-08-22-15-17-05") {
		t.Errorf("date %q", r.Date)
	}
}

// TestEmbeddedRangesAreUpToDate rebuilds the embedded form from the original list.
func TestEmbeddedRangesAreUpToDate(t *testing.T) {
	const list = "../../shared/data/ip-ranges-2026-08-22.json.gz"
	data, err := os.ReadFile(list)
	if err != nil {
		t.Skip("the published list is not here: ", err)
	}
	text := gunzip(t, data)
	r, err := ParseRanges(text)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(r.AppendText(nil), gunzip(t, embedded)) {
		t.Error("the embedded ranges differ: run go generate ./classify")
	}
}

func gunzip(t *testing.T, data []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := out.ReadFrom(z); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestParseRangesJoinsServices(t *testing.T) {
	r, err := ParseRanges([]byte(`{"createDate":"2026-01-02-03-04-05","prefixes":[
		{"ip_prefix":"192.0.2.128/25","service":"S3","region":"eu-west-1"},{"ip_prefix":"192.0.2.128/25","service":"EC2","region":"eu-west-1"},
		{"ip_prefix":"192.0.2.128/25","service":"AMAZON","region":"eu-west-1"},{"ip_prefix":"192.0.2.0/24","service":"AMAZON","region":"GLOBAL"}],
		"ipv6_prefixes":[{"ipv6_prefix":"2001:db8::/32"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	const want = "2026-01-02-03-04-05\n192.0.2.0/24 GLOBAL AMAZON\n192.0.2.128/25 eu-west-1 EC2,S3\n2001:db8::/32  \n"
	if got := string(r.AppendText(nil)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLookupFindsTheNarrowest(t *testing.T) {
	r := EmbeddedRanges()
	for addr, want := range map[string]string{
		"3.5.140.7":    "3.5.140.0/22 ap-northeast-2 EC2,S3",
		"203.0.113.9":  "invalid Prefix  ",
		"2001:db8::1":  "invalid Prefix  ",
		"2600:1f18::1": "2600:1f18::/33 us-east-1 EC2",
	} {
		p, ok := r.Lookup(netip.MustParseAddr(addr))
		if got := fmt.Sprint(p.Prefix, " ", p.Region, " ", p.Services); got != want || ok != (r.Origin(netip.MustParseAddr(addr)) == FromAWS) {
			t.Errorf("%s: %q, %v, want %q", addr, got, ok, want)
		}
	}
}

func TestParseRangesRefuses(t *testing.T) {
	for in, want := range map[string]string{
		`[]`: "not AWS's ip-ranges.json: ",
		`{}`: `not AWS's ip-ranges.json: "createDate" or "prefixes" is missing`,
		`{"createDate":"d","prefixes":[{"ip_prefix":"10.0.0.0/33"}]}`: `prefix 0: "10.0.0.0/33" is not an address range`,
	} {
		if _, err := ParseRanges([]byte(in)); err == nil || !bytes.HasPrefix([]byte(err.Error()), []byte(want)) {
			t.Errorf("%s:\ngot  %v\nwant %s…", in, err, want)
		} else if bytes.ContainsAny([]byte(err.Error()), "\n") {
			t.Errorf("%s: the error has more than one line: %q", in, err)
		}
	}
}

func TestSourcesThatNameAWS(t *testing.T) {
	for text, want := range map[string]SourceKind{
		"AWS Internal": FromService, "aws internal": FromService, "AWS Internal/3": FromService, "aws.internal/#": FromService,
		"aws.internal": FromService, "AWS.Internal": FromService, "aWS.iNTERNAL": FromService,
		"aws.internal.example.com": Unparseable, "aws.internals": Unparseable, "aws_internal": Unparseable, "aws": Unparseable,
		"ip-10-0-0-1.ec2.internal": Unparseable, "s3.csp.hci.ic.gov": FromService, "ec2-203-0-113-25.eu-west-1.compute.amazonaws.com": Unparseable,
	} {
		if _, kind := ParseSource([]byte(text)); kind != want {
			t.Errorf("%s: %v, want %v", text, kind, want)
		}
	}
}

// FuzzParseSource compares the address parser with net/netip.
func FuzzParseSource(f *testing.F) {
	for _, s := range []string{"10.0.0.1", "06.237.252.245", "1.2.3.4, 5.6.7.8", "::ffff:10.0.0.1", "fe80::1%eth0", "AWS Internal/2", "aws.internal", "s3.amazonaws.com", "s3.c2s.ic.gov", "1.2.3", "1.2.3.4.5", "256.1.1.1", "...", "::% ", "::%,", "::%.amazonaws.com"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, s []byte) {
		addr, kind := ParseSource(s)
		// Text with more than one address follows our own rules, because a zone may
		// contain anything.
		ours := kind == FromService || bytes.ContainsRune(s, ',') || !bytes.Equal(bytes.TrimSpace(s), s)
		if want, err := netip.ParseAddr(string(s)); !ours && err == nil && addr != want.Unmap().WithZone("") {
			t.Errorf("%q is %v, and by net/netip %v", s, addr, want)
		}
		if hasAddress := kind == Public || kind == Private || kind == Special; hasAddress != addr.IsValid() {
			t.Errorf("%q is %v of kind %d", s, addr, kind)
		}
	})
}

// TestKindsOfIPv4 checks each net of the first two bytes: the table of first bytes must
// agree with the nets.
func TestKindsOfIPv4(t *testing.T) {
	for i := range 1 << 16 {
		addr := netip.AddrFrom4([4]byte{byte(i >> 8), byte(i), 200, 1})
		want := Public
		switch {
		case within(addr, privateNets).IsValid():
			want = Private
		case within(addr, specialNets).IsValid():
			want = Special
		}
		if got := KindOf(addr); got != want {
			t.Errorf("%v is %v, want %v", addr, got, want)
		}
	}
}
