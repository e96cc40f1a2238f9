package recommend

import (
	"fmt"
	"slices"

	"vpcetrail/report/grid"
	"vpcetrail/report/prices"
)

// A Range is what some days come to in a month: by all of them, and by the least and the
// most of them alone. A month of one day says little, since jobs may run once a week.
type Range struct{ Mean, Least, Most int64 }

const hoursPerDay = 24

// month scales what was counted day by day to a month.
func month(days []int64) (r Range) {
	scale := func(n int64, days int) int64 { return prices.Scale(n, prices.HoursPerMonth, int64(hoursPerDay*days)) }
	return Range{scale(sum(days), len(days)), scale(slices.Min(days), 1), scale(slices.Max(days), 1)}
}

// each applies fn to all three.
func (r Range) each(fn func(int64) int64) Range { return Range{fn(r.Mean), fn(r.Least), fn(r.Most)} }

// A Saving is what a recommendation saves in a month, in billionths of the currency's unit.
// It may be less than 0.
type Saving struct {
	Range
	Known bool // false: it depends on bytes that the report does not have
	Floor bool // it is at least that: not all bytes are known
}

// terms put sums of one Region into words.
type terms struct {
	currency, asked string
	region          *prices.Region // nil: the file has none for the Region that was asked for
	volume          int64          // known bytes a month through the account's interface endpoints there: they decide the tier
}

func (t *terms) money(a prices.Amount) string { return a.Round() + " " + t.currency }
func (t *terms) price(a prices.Amount) string { return a.String() + " " + t.currency }

// lack says that there are no prices.
func (t *terms) lack() string { return "The file of prices has none for " + t.asked + "." }

// zones says what an interface endpoint costs in a month without its bytes.
func (t *terms) zones(n int) string {
	return fmt.Sprintf("%s × %s × %d hours = %s a month", grid.Plural(int64(n), "zone"), t.price(t.region.EndpointHour), prices.HoursPerMonth, t.money(t.region.Zones(n)))
}

// free returns what it saves that NAT gateways no longer carry bytes, with the arithmetic.
func (t *terms) free(w *want, days int) (s Saving, text string) {
	at := month(w.natBytes)
	switch {
	case w.natCalls == 0:
		return Saving{Known: true}, "No call came by a NAT gateway: the change moves the calls, and saves nothing."
	case t.region == nil:
		return s, t.lack()
	case at.Most == 0:
		return s, fmt.Sprintf("Each GiB that no longer goes by NAT saves %s. The report does not have the bytes of these calls.", t.price(t.region.NATGB))
	}
	s = Saving{at.each(func(n int64) int64 { return int64(t.region.NAT(n)) }), true, true}
	return s, fmt.Sprintf("%s NAT gateways carried %s of these calls (S3 data events). %s a month × %s = %s a month%s. This is a floor: NAT charges for more than a record counts.",
		nDays(days), gib(sum(w.natBytes)), gib(at.Mean), t.price(t.region.NATGB), t.money(prices.Amount(s.Mean)), t.spread(s.Range, days))
}

// spread says how far the days are apart.
func (t *terms) spread(r Range, days int) string {
	if days == 1 || r.Least == r.Most {
		return ""
	}
	return fmt.Sprintf(" (%s to %s by the days with least and most)", prices.Amount(r.Least).Round(), t.money(prices.Amount(r.Most)))
}

// byInterface returns what an interface endpoint costs in a month more than it saves.
func (t *terms) byInterface(w *want, zones, days int) (s Saving, breakEven int64, text string) {
	switch {
	case t.region == nil:
		return s, 0, t.lack()
	case zones == 0:
		return s, 0, "The snapshot does not show the zones of the VPC's subnets."
	}
	perGB := t.region.EndpointGBAt(t.volume)
	breakEven, pays := t.region.BreakEven(zones, t.volume)
	text = t.zones(zones) + fmt.Sprintf(", and %s for each GiB. ", t.price(perGB))
	at := month(w.natBytes)
	switch {
	case w.natCalls == 0:
		s = Saving{Range: Range{}.each(func(int64) int64 { return -int64(t.region.Zones(zones)) }), Known: true}
		return s, 0, text + "No call came by a NAT gateway, so nothing gets cheaper: security is the only reason."
	case !pays:
		return s, 0, text + fmt.Sprintf("A GiB by NAT costs %s, so it never saves money: security is the only reason.", t.price(t.region.NATGB))
	}
	text += fmt.Sprintf("It saves money above %s a month by NAT: %s ÷ (%s − %s). Below that it costs money, and security is the only reason. ",
		gib(breakEven), t.region.Zones(zones).Round(), t.region.NATGB, perGB)
	if at.Most == 0 {
		return s, breakEven, text + "The report does not have the bytes of these calls."
	}
	s = Saving{at.each(func(n int64) int64 {
		return int64(prices.PerGB(n, t.region.NATGB-perGB) - t.region.Zones(zones))
	}), true, true}
	return s, breakEven, text + fmt.Sprintf("At least %s a month: %s × (%s − %s) − %s = %s a month%s.",
		gib(at.Mean), gib(at.Mean), t.region.NATGB, perGB, t.region.Zones(zones).Round(), t.money(prices.Amount(s.Mean)), t.spread(s.Range, days))
}

func sum(days []int64) (n int64) {
	for _, d := range days {
		n = add(n, d)
	}
	return n
}

// add adds bytes. Records can claim any number of them.
func add(a, b int64) int64 { return min(a+min(b, prices.Most), prices.Most) }

func nDays(n int) string {
	if n == 1 {
		return "On the day"
	}
	return fmt.Sprintf("In %d days", n)
}

// gib formats bytes in GiB, which is what a price list calls GB.
func gib(bytes int64) string {
	tenths := prices.Scale(bytes, 10, prices.GB)
	switch {
	case tenths == 0 && bytes > 0:
		return "< 0.1 GiB"
	case bytes%prices.GB == 0:
		return grid.Number(bytes/prices.GB) + " GiB"
	}
	return fmt.Sprintf("%s.%d GiB", grid.Number(tenths/10), tenths%10)
}
