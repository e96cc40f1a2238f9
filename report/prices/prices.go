// Package prices reads what AWS charges, from a file of the user's own: no price is built
// into vpcetrail. Sums are exact: they are integers, so they do not depend on the order.
package prices

import (
	_ "embed" // the example
	"maps"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// An Amount is a sum of money in billionths of the currency's unit.
type Amount int64

// Unit is one unit of a currency: one dollar.
const Unit Amount = 1e9

// GB is in bytes what a price list calls a GB. The S3 FAQ computes prices this way
// (https://aws.amazon.com/s3/faqs/: 10 TB are 10,995,116,277,760 bytes). AWS does not define
// the GB of a NAT gateway. With 10^9 bytes, an estimate would be 7 % higher.
const GB = 1 << 30

// An Estimate is a sum of estimated amounts.
type Estimate struct {
	Known int64 // number of amounts
	Sum   Amount
}

// Count adds an amount in units of the currency.
func (e *Estimate) Count(units float64) {
	e.Add(Estimate{1, Amount(math.Round(units * float64(Unit)))})
}

// Add adds o.
func (e *Estimate) Add(o Estimate) {
	e.Known += o.Known
	e.Sum += o.Sum
}

// Cost returns the sum in units of the currency. known is false if no amount is known.
func (e *Estimate) Cost() (units float64, known bool) {
	return float64(e.Sum) / float64(Unit), e.Known > 0
}

// Numbers returns the fields, for a record of numbers.
func (e *Estimate) Numbers() (known, sum *int64) { return &e.Known, (*int64)(&e.Sum) }

// HoursPerMonth is the number of hours in a month by which AWS computes its examples.
const HoursPerMonth = 730

// Prices are the prices of one day, by Region. They are read-only once parsed, and safe
// for concurrent use.
type Prices struct {
	Date     string // the day of the prices, 2026-11-29
	Currency string // USD
	Factor   string // what is paid of each price after a discount, as in the file; empty for all of it

	regions  map[string]*Region
	fallback string // the Region whose prices hold for Regions without their own; may be empty
}

// A Region holds the prices of one Region, with the discount.
type Region struct {
	Name         string // that the prices are of
	NATGB        Amount // a GB through a NAT gateway, in either direction
	EndpointHour Amount // an interface endpoint, in one Availability Zone, for one hour
	EndpointGB   []Tier // a GB through interface endpoints, in either direction

	// These are 0 if the file does not say them.
	NATHour   Amount // a NAT gateway for one hour
	IPv4Hour  Amount // a public IPv4 address for one hour
	TransitGB Amount // a GB through a transit gateway
}

// A Tier is a price of a GB up to a monthly volume of an account in a Region.
type Tier struct {
	UpTo int64 // in GB; math.MaxInt64 for the last tier
	GB   Amount
}

//go:embed example.yaml
var example string

// Example returns a commented file of prices to start from.
func Example() string { return example }

// In returns the prices for a Region. If the file has none, these are the prices of its
// default Region, with their own name. It returns nil if there is no default Region either.
func (p *Prices) In(region string) *Region {
	if r := p.regions[region]; r != nil {
		return r
	}
	return p.regions[p.fallback]
}

// Regions returns the names of the Regions with prices, sorted.
func (p *Prices) Regions() []string { return slices.Sorted(maps.Keys(p.regions)) }

// NAT returns the price of bytes through a NAT gateway.
func (r *Region) NAT(bytes int64) Amount { return PerGB(bytes, r.NATGB) }

// EndpointGBAt returns the price of the next GB through interface endpoints, in a month in
// which as many bytes go through them already.
func (r *Region) EndpointGBAt(bytes int64) Amount {
	for _, t := range r.EndpointGB {
		if bytes/GB < t.UpTo {
			return t.GB
		}
	}
	return r.EndpointGB[len(r.EndpointGB)-1].GB
}

// Zones returns what an interface endpoint costs in a month without its bytes.
func (r *Region) Zones(zones int) Amount { return Monthly(r.EndpointHour) * Amount(zones) }

// BreakEven returns the bytes a month above which an interface endpoint costs less than a
// NAT gateway takes for the same bytes, rounded up to a GB. volume is as for EndpointGBAt. ok
// is false if it never does.
func (r *Region) BreakEven(zones int, volume int64) (bytes int64, ok bool) {
	each := r.NATGB - r.EndpointGBAt(volume)
	if each <= 0 {
		return 0, false
	}
	gb := (r.Zones(zones) + each - 1) / each
	if gb > math.MaxInt64/GB {
		return 0, false
	}
	return int64(gb) * GB, true
}

// Monthly returns the price of a month of hours.
func Monthly(hour Amount) Amount { return hour * HoursPerMonth }

// PerGB returns the price of bytes.
func PerGB(bytes int64, gb Amount) Amount { return Amount(Scale(bytes, int64(gb), GB)) }

// Most is the largest result of Scale. Several of them can be added.
const Most = 1 << 60

// Scale returns n * by / of, rounded to the nearest integer, but at most Most. None may be
// negative, and of not 0.
func Scale(n, by, of int64) int64 {
	hi, lo := bits.Mul64(uint64(n), uint64(by))
	lo, carry := bits.Add64(lo, uint64(of)/2, 0)
	if hi += carry; hi >= uint64(of) {
		return Most
	}
	quotient, _ := bits.Div64(hi, lo, uint64(of))
	return int64(min(quotient, Most))
}

// Round returns the amount with two decimals: 8.06.
func (a Amount) Round() string {
	cents := (a.abs() + Unit/200) / (Unit / 100)
	sign := ""
	if a < 0 && cents > 0 {
		sign = "-"
	}
	return sign + strconv.FormatUint(uint64(cents/100), 10) + "." + strconv.FormatUint(uint64(cents%100+100), 10)[1:]
}

// String returns the amount with all its decimals: 0.045.
func (a Amount) String() string {
	sign := ""
	if a < 0 {
		sign = "-"
	}
	text := sign + strconv.FormatInt(int64(a.abs()/Unit), 10)
	if rest := a.abs() % Unit; rest > 0 {
		text += "." + strings.TrimRight(strconv.FormatInt(int64(rest+Unit), 10)[1:], "0")
	}
	return text
}

// Float returns the amount in units of the currency.
func (a Amount) Float() float64 { return float64(a) / float64(Unit) }

func (a Amount) abs() Amount {
	if a < 0 {
		return -a
	}
	return a
}
