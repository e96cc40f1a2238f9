package prices

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"vpcetrail/ingest/day"
	"vpcetrail/report/fields"
)

// Bounds of a file: no sum of a month overflows.
const (
	mostPrice  = 1000 * Unit
	mostFactor = 10 * Unit
)

// Parse reads a file of prices. An error is one line with the line number, the field and
// what is expected there.
func Parse(data []byte) (*Prices, error) {
	root, err := fields.Document(data, "prices")
	if err != nil {
		return nil, err
	}
	p := &Prices{regions: map[string]*Region{}}
	factor := Unit
	err = fields.Mapping(root, "", fields.Map{
		"date":           date(&p.Date),
		"currency":       matching(&p.Currency, currency, "three capital letters, such as USD"),
		"factor":         number(&factor, mostFactor, "what you pay of each price: 0.9 after a discount of 10 %"),
		"default_region": matching(&p.fallback, regionName, wantRegion),
		"regions":        p.readRegions,
	})
	switch {
	case err != nil:
		return nil, err
	case p.Date == "":
		return nil, fields.Wrong(root, "date", "is missing: want the day of the prices, such as 2026-11-29")
	case p.Currency == "":
		return nil, fields.Wrong(root, "currency", "is missing: want three capital letters, such as USD")
	case len(p.regions) == 0:
		return nil, fields.Wrong(root, "regions", "is missing: want the prices of each Region, such as us-east-1")
	case p.fallback != "" && p.regions[p.fallback] == nil:
		return nil, fields.Wrong(root, "default_region", "%q has no prices in this file: want one of %s", p.fallback, strings.Join(p.Regions(), ", "))
	}
	if factor != Unit {
		p.Factor = factor.String()
		for _, r := range p.regions {
			r.discount(factor)
		}
	}
	return p, nil
}

var (
	currency   = regexp.MustCompile(`^[A-Z]{3}$`)
	regionName = regexp.MustCompile(`^[a-z]+(-[a-z]+)+-[0-9]+$`)
)

const wantRegion = "the name of a Region, such as us-east-1"

func (p *Prices) readRegions(n *yaml.Node, field string) error {
	return fields.Each(n, field, "Regions", func(key, value *yaml.Node, field string) error {
		if !regionName.MatchString(key.Value) {
			return fields.Wrong(key, field, "is %q: want %s", key.Value, wantRegion)
		}
		r := &Region{Name: key.Value, NATGB: -1, EndpointHour: -1}
		p.regions[key.Value] = r
		return r.read(value, field)
	})
}

// The names of the prices in a file.
const (
	natGB        = "nat_gateway_per_gb"
	natHour      = "nat_gateway_per_hour"
	ipv4Hour     = "public_ipv4_per_hour"
	transitGB    = "transit_gateway_per_gb"
	endpointHour = "interface_endpoint_per_zone_hour"
	endpointGB   = "interface_endpoint_per_gb"
)

func (r *Region) read(n *yaml.Node, field string) error {
	const want = "a price, such as 0.045"
	err := fields.Mapping(n, field, fields.Map{
		natGB: number(&r.NATGB, mostPrice, want), natHour: number(&r.NATHour, mostPrice, want), ipv4Hour: number(&r.IPv4Hour, mostPrice, want),
		transitGB:    number(&r.TransitGB, mostPrice, want),
		endpointHour: number(&r.EndpointHour, mostPrice, want), endpointGB: r.readTiers,
	})
	missing := func(name string) error { return fields.Wrong(n, field+"."+name, "is missing: want "+want) }
	switch {
	case err != nil:
		return err
	case r.NATGB < 0:
		return missing(natGB)
	case r.EndpointHour < 0:
		return missing(endpointHour)
	case r.EndpointGB == nil:
		return missing(endpointGB)
	}
	return nil
}

// readTiers reads one price, or a list of prices by volume.
func (r *Region) readTiers(n *yaml.Node, field string) error {
	if n.Kind == yaml.ScalarNode {
		one := Tier{UpTo: math.MaxInt64}
		err := number(&one.GB, mostPrice, "a price, or a list of tiers {up_to_gb, price}")(n, field)
		r.EndpointGB = []Tier{one}
		return err
	}
	err := fields.Sequence(n, field, "tiers {up_to_gb, price}", func(n *yaml.Node, field string) error {
		t := Tier{UpTo: math.MaxInt64, GB: -1}
		err := fields.Mapping(n, field, fields.Map{
			"up_to_gb": func(n *yaml.Node, field string) error {
				var err error
				if t.UpTo, err = strconv.ParseInt(n.Value, 10, 64); n.Kind != yaml.ScalarNode || err != nil || t.UpTo < 1 {
					return fields.Wrong(n, field, "is %s: want a number of GB a month, without a fraction", fields.Found(n))
				}
				return nil
			},
			"price": number(&t.GB, mostPrice, "a price, such as 0.01"),
		})
		switch last := len(r.EndpointGB) - 1; {
		case err != nil:
			return err
		case t.GB < 0:
			return fields.Wrong(n, field+".price", "is missing: want a price, such as 0.01")
		case last >= 0 && r.EndpointGB[last].UpTo >= t.UpTo:
			return fields.Wrong(n, field+".up_to_gb", "does not follow the tier before it: want tiers by volume, and up_to_gb in all but the last")
		}
		r.EndpointGB = append(r.EndpointGB, t)
		return nil
	})
	if err == nil && r.EndpointGB[len(r.EndpointGB)-1].UpTo != math.MaxInt64 {
		return fields.Wrong(n, field, "ends at a volume: want a last tier without up_to_gb")
	}
	return err
}

// discount multiplies all prices.
func (r *Region) discount(factor Amount) {
	of := func(price *Amount) { *price = Amount(Scale(int64(*price), int64(factor), int64(Unit))) }
	for _, price := range []*Amount{&r.NATGB, &r.NATHour, &r.IPv4Hour, &r.TransitGB, &r.EndpointHour} {
		of(price)
	}
	for i := range r.EndpointGB {
		of(&r.EndpointGB[i].GB)
	}
}

var decimal = regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,9})?$`)

// number reads a number with at most nine decimals, exactly.
func number(to *Amount, most Amount, want string) fields.Reader {
	return func(n *yaml.Node, field string) error {
		whole, rest, _ := strings.Cut(n.Value, ".")
		if n.Kind != yaml.ScalarNode || !decimal.MatchString(n.Value) {
			return fields.Wrong(n, field, "is %s: want %s, with at most nine decimals", fields.Found(n), want)
		}
		nanos, err := strconv.ParseInt(whole+rest+strings.Repeat("0", 9-len(rest)), 10, 64)
		if err != nil || Amount(nanos) > most {
			return fields.Wrong(n, field, "is %s: want %s, at most %s", fields.Found(n), want, most)
		}
		*to = Amount(nanos)
		return nil
	}
}

func date(to *string) fields.Reader {
	return func(n *yaml.Node, field string) error {
		if _, err := day.Parse(n.Value); n.Kind != yaml.ScalarNode || err != nil {
			return fields.Wrong(n, field, "is %s: want the day of the prices, such as 2026-11-29", fields.Found(n))
		}
		*to = n.Value
		return nil
	}
}

func matching(to *string, form *regexp.Regexp, want string) fields.Reader {
	return func(n *yaml.Node, field string) error {
		if n.Kind != yaml.ScalarNode || !form.MatchString(n.Value) {
			return fields.Wrong(n, field, "is %s: want %s", fields.Found(n), want)
		}
		*to = n.Value
		return nil
	}
}
