package classify

import (
	"bytes"
	"net/netip"
)

// An Address is a parsed source address. IPv4-mapped IPv6 is stored as IPv4.
type Address = netip.Addr

// A SourceKind is what a record's sourceIPAddress proves.
type SourceKind uint8

// The kinds of sources.
const (
	Missing     SourceKind = iota // no source
	Public                        // an internet address, including documentation ranges
	Private                       // RFC 1918, RFC 6598, link-local, unique local
	Special                       // not routable: 0/8, loopback, multicast, 240/4
	FromService                   // the name of an AWS service, or AWS Internal
	Unparseable                   // anything else: masked or wrong text
)

var (
	privateNets = prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10")
	specialNets = prefixes("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "ff00::/8")
)

func prefixes(texts ...string) []netip.Prefix {
	nets := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		nets[i] = netip.MustParsePrefix(text)
	}
	return nets
}

// SourceFacts are what a record's sourceIPAddress proves about its path.
type SourceFacts struct {
	Kind   SourceKind
	Origin Origin // of a Public source
}

// SourceOf reads a sourceIPAddress. ranges are AWS's own public addresses.
func SourceOf(text []byte, ranges *Ranges) SourceFacts {
	addr, kind := ParseSource(text)
	if kind != Public {
		return SourceFacts{Kind: kind}
	}
	return SourceFacts{kind, ranges.Origin(addr)}
}

// ParseSource parses a sourceIPAddress. If addresses are joined by commas, as proxies
// write them, the first one is the caller's. Leading zeros, which log pipelines add, are
// decimal. The address is set for Public, Private and Special sources.
func ParseSource(s []byte) (Address, SourceKind) {
	if len(s) == 0 {
		return Address{}, Missing
	}
	if namesAWS(s) {
		return Address{}, FromService
	}
	first, _, _ := bytes.Cut(s, []byte(","))
	first = bytes.TrimSpace(first)
	addr, ok := parseIPv4(first)
	if !ok {
		var err error
		if addr, err = netip.ParseAddr(string(first)); err != nil {
			return Address{}, Unparseable
		}
		addr = addr.Unmap().WithZone("")
	}
	return addr, KindOf(addr)
}

// KindOf returns the kind of an address. IPv4-mapped IPv6 must be IPv4.
func KindOf(addr netip.Addr) SourceKind {
	if addr.Is4() {
		if kind := kindsIPv4[addr.As4()[0]]; kind != Unparseable {
			return kind
		}
	}
	switch {
	case within(addr, privateNets).IsValid():
		return Private
	case within(addr, specialNets).IsValid():
		return Special
	}
	return Public
}

// kindsIPv4 are the kinds of IPv4 addresses by their first byte, or Unparseable if the
// first byte does not decide. The table is worth it because nearly every record has an
// address.
var kindsIPv4 = func() (kinds [256]SourceKind) {
	for i := range kinds {
		kinds[i] = Public
	}
	for kind, nets := range map[SourceKind][]netip.Prefix{Private: privateNets, Special: specialNets} {
		for _, net := range nets {
			if !net.Addr().Is4() {
				continue
			}
			first := int(net.Addr().As4()[0])
			if net.Bits() > 8 {
				kinds[first] = Unparseable
				continue
			}
			for i := range 1 << (8 - net.Bits()) {
				kinds[first+i] = kind
			}
		}
	}
	return kinds
}()

// within returns the net that contains addr, or the zero Prefix if none does.
func within(addr netip.Addr, nets []netip.Prefix) netip.Prefix {
	for _, net := range nets {
		if net.Contains(addr) {
			return net
		}
	}
	return netip.Prefix{}
}

// parseIPv4 parses four decimal numbers with dots. Unlike net/netip it accepts leading
// zeros, up to three digits in total, because they occur in records.
func parseIPv4(s []byte) (netip.Addr, bool) {
	var quad [4]byte
	part, digits, n := 0, 0, 0
	for _, c := range s {
		switch {
		case '0' <= c && c <= '9' && digits < 3:
			n = n*10 + int(c-'0')
			digits++
		case c == '.' && digits > 0 && part < 3 && n <= 255:
			quad[part] = byte(n)
			part, digits, n = part+1, 0, 0
		default:
			return netip.Addr{}, false
		}
	}
	if part != 3 || digits == 0 || n > 255 {
		return netip.Addr{}, false
	}
	quad[3] = byte(n)
	return netip.AddrFrom4(quad), true
}
