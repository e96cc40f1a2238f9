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
// the ends of their paths. What does not look like an id or an address is left out.
func ParseMachine(facts map[string]string) (m Machine) {
	for name, to := range map[string]*string{
		"instance-id": &m.Instance, "placement/region": &m.Region, "placement/availability-zone": &m.Zone, "interface-id": &m.Interface,
		"vpc-id": &m.VPC, "subnet-id": &m.Subnet, "owner-id": &m.Account,
	} {
		if IsPlain(facts[name]) {
			*to = facts[name]
		}
	}
	m.CIDRs = ParseRanges(strings.Fields(facts["vpc-ipv4-cidr-blocks"] + " " + facts["vpc-ipv6-cidr-blocks"]))
	first, _, _ := strings.Cut(strings.TrimSpace(facts["public-ipv4s"]), "\n")
	if address, err := netip.ParseAddr(first); err == nil {
		m.PublicIPv4 = address.String()
	}
	return m
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
