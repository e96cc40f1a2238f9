package network

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"strings"

	"github.com/gaissmai/bart"
	"go.yaml.in/yaml/v3"
)

// Networks are ranges of addresses with names of the user's own: office, vpn, partner.
// They are read-only, and safe for concurrent use.
type Networks struct {
	table bart.Table[string]
	cidrs map[string][]string
}

var networkName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)

// reserved are names that the column egress uses for itself.
var reserved = map[string]bool{"instance": true}

// ParseNetworks reads a YAML mapping of names to lists of address ranges:
//
//	office: [198.51.100.0/24, "2001:db8::/48"]
//	vpn: 203.0.113.7
//
// An error is one line with the line number, the field and what is expected there. Ranges
// of different networks may lie within each other: the narrowest counts. The same range
// cannot have two names.
func ParseNetworks(text []byte) (*Networks, error) {
	const want = "want a mapping of names to address ranges, such as office: [198.51.100.0/24]"
	var document, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	err := d.Decode(&document)
	if err == nil {
		if err = d.Decode(&second); err == nil {
			return nil, fmt.Errorf("line %d: a second document starts: %s", second.Line, want)
		}
	}
	if err != io.EOF {
		problem := strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", " "), "yaml: ")
		if !strings.HasPrefix(problem, "line ") {
			problem = "line 1: " + problem // the parser leaves out the first one
		}
		return nil, fmt.Errorf("%s: %s", problem, want)
	}
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode || len(document.Content[0].Content) == 0 {
		return nil, fmt.Errorf("line %d: %s", max(document.Line, 1), want)
	}
	n := &Networks{cidrs: map[string][]string{}}
	pairs := document.Content[0].Content
	for i := 0; i < len(pairs); i += 2 {
		key, value := pairs[i], pairs[i+1]
		switch _, again := n.cidrs[key.Value]; {
		case !networkName.MatchString(key.Value) || reserved[key.Value] || strings.HasPrefix(key.Value, "nat-"):
			return nil, fmt.Errorf("line %d: %q is not a name of a network: want lower-case letters, digits, - and _, and not instance or nat-…", key.Line, key.Value)
		case again:
			return nil, fmt.Errorf("line %d: %s: is there twice", key.Line, key.Value)
		}
		if err := n.add(key.Value, value); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (n *Networks) add(name string, value *yaml.Node) error {
	ranges := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode && len(value.Content) > 0 {
		ranges = value.Content
	}
	for _, item := range ranges {
		if item.Kind == yaml.AliasNode {
			item = item.Alias
		}
		prefix, err := parsePrefix(item.Value)
		if item.Kind != yaml.ScalarNode || err != nil {
			return fmt.Errorf("line %d: %s: %q is not an address range: want one such as 198.51.100.0/24, or a list of them", item.Line, name, item.Value)
		}
		if other, taken := n.table.Get(prefix); taken && other != name {
			return fmt.Errorf("line %d: %s: %s is %s already", item.Line, name, prefix, other)
		}
		n.table.Insert(prefix, name)
		n.cidrs[name] = append(n.cidrs[name], prefix.String())
	}
	return nil
}

// parsePrefix reads a range or one address.
func parsePrefix(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil {
		if address.Zone() != "" {
			return netip.Prefix{}, errors.New("a zone means nothing on other machines")
		}
		address = address.Unmap()
		return address.Prefix(address.BitLen())
	}
	prefix, err := netip.ParsePrefix(text)
	if mapped := prefix.Bits() - 96; prefix.Addr().Is4In6() && mapped >= 0 {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), mapped)
	}
	return prefix.Masked(), err
}

// Name returns the name of the network that an address is in, or "". A nil Networks knows
// none.
func (n *Networks) Name(address netip.Addr) string {
	if n == nil {
		return ""
	}
	name, _ := n.table.Lookup(address.Unmap())
	return name
}

// CIDRs returns the ranges of a network.
func (n *Networks) CIDRs(name string) []string {
	if n == nil {
		return nil
	}
	return n.cidrs[name]
}
