package classify

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/gaissmai/bart"
	"github.com/klauspost/compress/gzip"
)

//go:generate go run ./genranges -o aws-ip-ranges.txt.gz ../../shared/data/ip-ranges-2026-08-22.json.gz

//go:embed aws-ip-ranges.txt.gz
var embedded []byte

// Ranges are the addresses that AWS publishes as its own (ip-ranges.json). They are
// read-only and safe for concurrent use.
type Ranges struct {
	// Date is the time when AWS published them, in AWS's format: 2026-08-22-15-17-05.
	Date string

	published []Published // sorted by prefix, without duplicates
	set       bart.Lite
}

// Published is a range as AWS publishes it.
type Published struct {
	Prefix netip.Prefix
	// Region is AWS's name, such as eu-west-1 or GLOBAL. It is empty if the list leaves
	// it out.
	Region string
	// Services are sorted and separated by commas. AMAZON, which contains all others, is
	// named only if no other is. Services is empty if the list leaves them out.
	Services string
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
	date, lines, _ := strings.Cut(string(text), "\n")
	var published []Published
	for line := range strings.Lines(lines) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		published = append(published, Published{netip.MustParsePrefix(fields[0]), fields[1], fields[2]})
	}
	return newRanges(date, published)
})

// ParseRanges reads AWS's ip-ranges.json.
func ParseRanges(data []byte) (*Ranges, error) {
	type entry struct {
		IPv4    string `json:"ip_prefix"`
		IPv6    string `json:"ipv6_prefix"`
		Region  string `json:"region"`
		Service string `json:"service"`
	}
	var doc struct {
		CreateDate   string  `json:"createDate"`
		Prefixes     []entry `json:"prefixes"`
		IPv6Prefixes []entry `json:"ipv6_prefixes"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("not AWS's ip-ranges.json: %w", brief(err))
	}
	entries := append(doc.Prefixes, doc.IPv6Prefixes...)
	if doc.CreateDate == "" || len(entries) == 0 {
		return nil, fmt.Errorf(`not AWS's ip-ranges.json: "createDate" or "prefixes" is missing`)
	}
	published := make([]Published, len(entries))
	for i, e := range entries {
		text := e.IPv4 + e.IPv6 // an entry has one of the two
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("prefix %d: %q is not an address range", i, text)
		}
		published[i] = Published{p.Masked(), e.Region, e.Service}
	}
	return newRanges(doc.CreateDate, published), nil
}

// newRanges joins the services of each prefix. The set gets only prefixes that no other
// prefix contains: the ranges of services lie within AMAZON's.
func newRanges(date string, published []Published) *Ranges {
	slices.SortFunc(published, func(a, b Published) int {
		return cmp.Or(comparePrefixes(a.Prefix, b.Prefix), strings.Compare(a.Services, b.Services), strings.Compare(a.Region, b.Region))
	})
	r := &Ranges{Date: date, published: published[:0]}
	widest := netip.Prefix{}
	for _, p := range published {
		if last := len(r.published) - 1; last >= 0 && r.published[last].Prefix == p.Prefix {
			r.published[last].add(p.Services)
			continue
		}
		r.published = append(r.published, p)
		if !widest.Contains(p.Prefix.Addr()) {
			widest = p.Prefix
			r.set.Insert(p.Prefix)
		}
	}
	return r
}

func comparePrefixes(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}

// add adds a service. Services must come in alphabetical order.
func (p *Published) add(service string) {
	switch {
	case p.Services == "" || p.Services == "AMAZON":
		p.Services = service
	case service != "AMAZON" && service != p.Services && !strings.HasSuffix(p.Services, ","+service):
		p.Services += "," + service
	}
}

// Origin returns the origin of a public address.
func (r *Ranges) Origin(addr Address) Origin {
	if r.set.Contains(addr) {
		return FromAWS
	}
	return External
}

// Lookup returns the narrowest published range that contains addr. If that range names
// only AMAZON, it has the services of a wider range. Lookup returns false for an address
// that is not AWS's.
func (r *Ranges) Lookup(addr Address) (found Published, ok bool) {
	for bits := addr.BitLen(); bits >= 0; bits-- {
		prefix, err := addr.Prefix(bits)
		if err != nil {
			return Published{}, false
		}
		i, here := slices.BinarySearchFunc(r.published, prefix, func(p Published, want netip.Prefix) int {
			return comparePrefixes(p.Prefix, want)
		})
		switch {
		case here && !ok:
			found, ok = r.published[i], true
		case here && found.Services == "AMAZON":
			found.Services = r.published[i].Services
		}
	}
	return found, ok
}

// AppendText appends the compact form that is embedded: the date, then one line for each
// range with prefix, Region and services.
func (r *Ranges) AppendText(dst []byte) []byte {
	dst = append(append(dst, r.Date...), '\n')
	for _, p := range r.published {
		dst = fmt.Appendf(dst, "%s %s %s\n", p.Prefix, p.Region, p.Services)
	}
	return dst
}

// brief says in one line what a JSON decoder found wrong, and where. It quotes at most
// one character.
func brief(err error) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return errors.New("it ends too early")
	case errors.As(err, &syntax):
		return fmt.Errorf("at byte %d: %w", syntax.Offset, syntax)
	case errors.As(err, &wrong):
		return fmt.Errorf("at byte %d: unexpected %s", wrong.Offset, wrong.Value)
	}
	return err
}
