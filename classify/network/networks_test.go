package network

import (
	"net/netip"
	"testing"
)

func TestNetworks(t *testing.T) {
	n, err := ParseNetworks([]byte("# ours\noffice: [198.51.100.0/24, \"2001:db8::/48\"]\nvpn: 198.51.100.7\npartner:\n  - 203.0.113.0/25\n  - ::ffff:192.0.2.0/120\n"))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"198.51.100.1": "office", "198.51.100.7": "vpn", "::ffff:198.51.100.1": "office", "2001:db8::1": "office", "203.0.113.127": "partner", "203.0.113.128": "", "192.0.2.9": "partner",
	} {
		if got := n.Name(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
	if got := (*Networks)(nil).Name(netip.MustParseAddr("198.51.100.1")); got != "" {
		t.Errorf("no networks: %q", got)
	}
}

func TestParseNetworksRefuses(t *testing.T) {
	const want = "want a mapping of names to address ranges, such as office: [198.51.100.0/24]"
	for text, want := range map[string]string{
		"":                                    "line 1: " + want,
		"- office":                            "line 1: " + want,
		"office: [198.51.100.0/24":            "line 1: did not find expected ',' or ']': " + want,
		"office: 198.51.100.0/24\n\tvpn: 1":   "line 2: found a tab character that violates indentation: " + want,
		"a: 10.0.0.0/8\n---\nb: 10.0.0.0/8":   "line 2: a second document starts: " + want,
		"a: 10.0.0.0/8\n---\n":                "line 2: a second document starts: " + want,
		"a: &x [10.0.0.0/8, *x]":              `line 1: a: "" is not an address range: want one such as 198.51.100.0/24, or a list of them`,
		"a: *x":                               "line 1: unknown anchor 'x' referenced: " + want,
		"a: 10.0.0.0/8x":                      `line 1: a: "10.0.0.0/8x" is not an address range: want one such as 198.51.100.0/24, or a list of them`,
		"a: fe80::1%eth0":                     `line 1: a: "fe80::1%eth0" is not an address range: want one such as 198.51.100.0/24, or a list of them`,
		"\xff":                                "line 1: invalid leading UTF-8 octet: " + want,
		"a: 10.0.0.0/8\nOffice: 10.0.0.0/8":   `line 2: "Office" is not a name of a network: want lower-case letters, digits, - and _, and not instance or nat-…`,
		"instance: 10.0.0.0/8":                `line 1: "instance" is not a name of a network: want lower-case letters, digits, - and _, and not instance or nat-…`,
		"office: 198.51.100.0/33":             `line 1: office: "198.51.100.0/33" is not an address range: want one such as 198.51.100.0/24, or a list of them`,
		"office:\n  - 198.51.100.0/24\n  - x": `line 3: office: "x" is not an address range: want one such as 198.51.100.0/24, or a list of them`,
		"office: {a: b}":                      `line 1: office: "" is not an address range: want one such as 198.51.100.0/24, or a list of them`,
		"a: 10.0.0.0/8\na: 10.0.0.0/8":        "line 2: a: is there twice",
		"a: 10.0.0.0/8\nb: [10.0.0.0/8]":      "line 2: b: 10.0.0.0/8 is a already",
		"a: []":                               `line 1: a: "" is not an address range: want one such as 198.51.100.0/24, or a list of them`,
	} {
		if _, err := ParseNetworks([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q:\ngot  %v\nwant %s", text, err, want)
		}
	}
}
