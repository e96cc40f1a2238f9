package classify

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"sort"
	"strings"
	"sync"

	"github.com/gaissmai/bart"
	"github.com/klauspost/compress/gzip"
)

//go:generate go run ./genranges -o aws-ip-ranges.txt.gz ../../shared/data/ip-ranges-2026-08-22.json.gz

//go:embed aws-ip-ranges.txt.gz
var embedded []byte

// Ranges are the addresses that AWS publishes as its own (ip-ranges.json). They are read-only and
// safe for concurrent use.
type Ranges struct {
	// Date is when AWS published them, as it writes it: 2026-08-22-15-17-05.
	Date string

	prefixes []netip.Prefix
	set      bart.Lite
}

// EmbeddedRanges returns the ranges that are part of the program.
var EmbeddedRanges = sync.OnceValue(func() *Ranges {
	z, err := gzip.NewReader(bytes.NewReader(embedded))
	if err != nil {
		panic("BUG: embedded address ranges: " + err.Error())
	}
	text, err := io.ReadAll(z)
	if err != nil {
		panic("BUG: embedded address ranges: " + err.Error())
	}
	lines := strings.Fields(string(text))
	prefixes := make([]netip.Prefix, len(lines)-1)
	for i, line := range lines[1:] {
		prefixes[i] = netip.MustParsePrefix(line)
	}
	return newRanges(lines[0], prefixes)
})

// ParseRanges reads AWS's ip-ranges.json.
func ParseRanges(data []byte) (*Ranges, error) {
	var doc struct {
		CreateDate string `json:"createDate"`
		Prefixes   []struct {
			Prefix string `json:"ip_prefix"`
		} `json:"prefixes"`
		IPv6Prefixes []struct {
			Prefix string `json:"ipv6_prefix"`
		} `json:"ipv6_prefixes"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("not AWS's ip-ranges.json: %w", brief(err))
	}
	texts := make([]string, 0, len(doc.Prefixes)+len(doc.IPv6Prefixes))
	for _, p := range doc.Prefixes {
		texts = append(texts, p.Prefix)
	}
	for _, p := range doc.IPv6Prefixes {
		texts = append(texts, p.Prefix)
	}
	if doc.CreateDate == "" || len(texts) == 0 {
		return nil, fmt.Errorf(`not AWS's ip-ranges.json: "createDate" or "prefixes" is missing`)
	}
	prefixes := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("prefix %d: %q is not an address range", i, text)
		}
		prefixes[i] = p.Masked()
	}
	return newRanges(doc.CreateDate, prefixes), nil
}

// newRanges keeps of prefixes those that no other holds: services' ranges lie within AMAZON's.
func newRanges(date string, prefixes []netip.Prefix) *Ranges {
	sort.Slice(prefixes, func(i, j int) bool {
		a, b := prefixes[i], prefixes[j]
		if c := a.Addr().Compare(b.Addr()); c != 0 {
			return c < 0
		}
		return a.Bits() < b.Bits()
	})
	r := &Ranges{Date: date}
	for _, p := range prefixes {
		if n := len(r.prefixes); n == 0 || !r.prefixes[n-1].Contains(p.Addr()) {
			r.prefixes = append(r.prefixes, p)
			r.set.Insert(p)
		}
	}
	return r
}

// Origin tells whose a public address is.
func (r *Ranges) Origin(addr Address) Origin {
	if r.set.Contains(addr) {
		return FromAWS
	}
	return External
}

// AppendText appends the compact form that is embedded: the date, then a prefix a line.
func (r *Ranges) AppendText(dst []byte) []byte {
	dst = append(append(dst, r.Date...), '\n')
	for _, p := range r.prefixes {
		dst = append(p.AppendTo(dst), '\n')
	}
	return dst
}
