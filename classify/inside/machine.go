package inside

import (
	"net/netip"
	"regexp"
	"strings"
)

// plainFact matches ids, names of Regions and zones, and numbers.
var plainFact = regexp.MustCompile(`^[a-zA-Z0-9-]{1,64}$`)

// IsPlain reports whether a text looks like an id or the name of a Region.
func IsPlain(text string) bool { return plainFact.MatchString(text) }

// ParseMachine returns the machine that facts of the instance metadata service describe, by
// the ends of their paths. What does not look like an id or an address is left out, and named.
// A fact that the service does not have is "".
func ParseMachine(facts map[string]string) (m Machine, invalid []string) {
	for name, to := range map[string]*string{
		"instance-id": &m.Instance, "placement/region": &m.Region, "placement/availability-zone": &m.Zone, "interface-id": &m.Interface,
		"vpc-id": &m.VPC, "subnet-id": &m.Subnet, "owner-id": &m.Account,
	} {
		if IsPlain(facts[name]) {
			*to = facts[name]
		} else if facts[name] != "" {
			invalid = append(invalid, name)
		}
	}
	ranges4, ranges6 := strings.Fields(facts["vpc-ipv4-cidr-blocks"]), strings.Fields(facts["vpc-ipv6-cidr-blocks"])
	if len(ParseRanges(ranges4)) < len(ranges4) {
		invalid = append(invalid, "vpc-ipv4-cidr-blocks")
	}
	if len(ParseRanges(ranges6)) < len(ranges6) {
		invalid = append(invalid, "vpc-ipv6-cidr-blocks")
	}
	m.CIDRs = ParseRanges(append(ranges4, ranges6...))
	_, answered := facts["vpc-ipv6-cidr-blocks"]
	m.AllIPv6 = answered && len(ranges6) == 0 && len(m.CIDRs) > 0
	first, _, _ := strings.Cut(strings.TrimSpace(facts["public-ipv4s"]), "\n")
	if address, err := netip.ParseAddr(first); err == nil {
		m.PublicIPv4 = address.String()
	} else if first != "" {
		invalid = append(invalid, "public-ipv4s")
	}
	return m, invalid
}

// ParseRanges reads the ranges of a VPC.
func ParseRanges(texts []string) (ranges []netip.Prefix) {
	for _, text := range texts {
		if prefix, err := netip.ParsePrefix(text); err == nil && prefix.Bits() > 0 && len(ranges) < 64 {
			ranges = append(ranges, prefix.Masked())
		}
	}
	return ranges
}
