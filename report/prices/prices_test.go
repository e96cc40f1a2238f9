package prices

import (
	"math"
	"strings"
	"testing"
)

func mustParse(t *testing.T, text string) *Prices {
	t.Helper()
	p, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The example gives the sums that AWS's own examples give.
func TestExample(t *testing.T) {
	p := mustParse(t, Example())
	r := p.In("us-east-1")
	if p.Date != "2026-11-29" || p.Currency != "USD" || p.Factor != "" || r == nil {
		t.Fatalf("%+v", p)
	}
	for _, tc := range []struct {
		what, got, want string
	}{
		{"a NAT gateway a month", Monthly(r.NATHour).Round(), "32.85"},
		{"one zone a month", r.Zones(1).Round(), "7.30"},
		{"three zones a month", r.Zones(3).Round(), "21.90"},
		{"500 GB by NAT", r.NAT(500 * GB).Round(), "22.50"},
		{"2 TB by NAT", r.NAT(2048 * GB).Round(), "92.16"},
		{"nothing by NAT", r.NAT(0).Round(), "0.00"},
		{"the price of a GB by NAT", r.NATGB.String(), "0.045"},
		{"the first GB by endpoint", r.EndpointGBAt(0).String(), "0.01"},
		{"the last GB of the first PB", r.EndpointGBAt(1048576*GB - 1).String(), "0.01"},
		{"the second PB", r.EndpointGBAt(1048576 * GB).String(), "0.006"},
		{"the sixth PB", r.EndpointGBAt(5242880 * GB).String(), "0.004"},
		{"the largest volume", r.EndpointGBAt(math.MaxInt64).String(), "0.004"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %s, want %s", tc.what, tc.got, tc.want)
		}
	}
	for zones, want := range map[int]int64{1: 209, 2: 418, 3: 626} {
		if got, ok := r.BreakEven(zones, 0); got != want*GB || !ok {
			t.Errorf("%d zones: pays above %d GB, %v, want %d", zones, got/GB, ok, want)
		}
	}
	if other := p.In("eu-west-1"); other != r || other.Name != "us-east-1" {
		t.Errorf("eu-west-1: %+v", other)
	}
}

const start = "date: 2026-11-29\ncurrency: EUR\nregions:\n  eusc-de-east-1:\n    nat_gateway_per_gb: 0.05\n    interface_endpoint_per_zone_hour: 0.011\n    interface_endpoint_per_gb: 0.012\n"

func TestNoDefaultRegion(t *testing.T) {
	p := mustParse(t, start)
	if p.In("us-east-1") != nil || p.In("eusc-de-east-1").EndpointGBAt(math.MaxInt64) != 12_000_000 {
		t.Errorf("%+v", p.In("us-east-1"))
	}
}

// A discount is exact: no floating point number takes part.
func TestDiscount(t *testing.T) {
	p := mustParse(t, start+"factor: 0.7\n")
	r := p.In("eusc-de-east-1")
	if p.Factor != "0.7" || r.NATGB != 35_000_000 || r.EndpointHour != 7_700_000 || r.EndpointGB[0].GB != 8_400_000 {
		t.Errorf("%q %+v", p.Factor, r)
	}
}

// An endpoint never pays if its own bytes cost as much as those by NAT.
func TestNeverPays(t *testing.T) {
	r := mustParse(t, strings.Replace(start, "0.05", "0.012", 1)).In("eusc-de-east-1")
	if bytes, ok := r.BreakEven(1, 0); ok {
		t.Errorf("pays above %d bytes", bytes)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	with := func(old, text string) string { return strings.Replace(start, old, text, 1) }
	const known = "interface_endpoint_per_gb, interface_endpoint_per_zone_hour, nat_gateway_per_gb, nat_gateway_per_hour, public_ipv4_per_hour, transit_gateway_per_gb"
	for _, tc := range []struct{ text, want string }{
		{"", "line 1: is empty: want prices"},
		{"{", "want YAML: line 1: did not find expected node content"},
		{"- 1", "line 1: is a list: want a mapping of currency, date, default_region, factor, regions"},
		{"currency: USD", "line 1: date: is missing: want the day of the prices, such as 2026-11-29"},
		{"date: 2026-11-29", "line 1: currency: is missing: want three capital letters, such as USD"},
		{"date: 2026-11-29\ncurrency: USD", "line 1: regions: is missing: want the prices of each Region, such as us-east-1"},
		{with("2026-11-29", "29.11.2026"), `line 1: date: is "29.11.2026": want the day of the prices, such as 2026-11-29`},
		{with("EUR", "$"), `line 2: currency: is "$": want three capital letters, such as USD`},
		{with("eusc-de-east-1", "Frankfurt"), `line 4: regions.Frankfurt: is "Frankfurt": want the name of a Region, such as us-east-1`},
		{start + "default_region: us-east-1", `line 1: default_region: "us-east-1" has no prices in this file: want one of eusc-de-east-1`},
		{start + "factor: 90%", `line 8: factor: is "90%": want what you pay of each price: 0.9 after a discount of 10 %, with at most nine decimals`},
		{start + "factor: 90", `line 8: factor: is "90": want what you pay of each price: 0.9 after a discount of 10 %, at most 10`},
		{with("nat_gateway_per_gb", "nat_gb"), "line 5: regions.eusc-de-east-1.nat_gb: is not known here: want " + known},
		{with("    nat_gateway_per_gb: 0.05\n", ""), "line 5: regions.eusc-de-east-1.nat_gateway_per_gb: is missing: want a price, such as 0.045"},
		{with("    interface_endpoint_per_zone_hour: 0.011\n", ""), "line 5: regions.eusc-de-east-1.interface_endpoint_per_zone_hour: is missing: want a price, such as 0.045"},
		{with("    interface_endpoint_per_gb: 0.012\n", ""), "line 5: regions.eusc-de-east-1.interface_endpoint_per_gb: is missing: want a price, such as 0.045"},
		{with("0.05", "-0.05"), `line 5: regions.eusc-de-east-1.nat_gateway_per_gb: is "-0.05": want a price, such as 0.045, with at most nine decimals`},
		{with("0.05", "5e-2"), `line 5: regions.eusc-de-east-1.nat_gateway_per_gb: is "5e-2": want a price, such as 0.045, with at most nine decimals`},
		{with("0.05", "0,05"), `line 5: regions.eusc-de-east-1.nat_gateway_per_gb: is "0,05": want a price, such as 0.045, with at most nine decimals`},
		{with("0.05", "1000.1"), `line 5: regions.eusc-de-east-1.nat_gateway_per_gb: is "1000.1": want a price, such as 0.045, at most 1000`},
		{with("0.05", "[1]"), "line 5: regions.eusc-de-east-1.nat_gateway_per_gb: is a list: want a price, such as 0.045, with at most nine decimals"},
		{with("0.012", "[]"), "line 7: regions.eusc-de-east-1.interface_endpoint_per_gb: is an empty list: want a list of tiers {up_to_gb, price}, one at least"},
		{with("0.012", "[{up_to_gb: 10, price: 1}]"), "line 7: regions.eusc-de-east-1.interface_endpoint_per_gb: ends at a volume: want a last tier without up_to_gb"},
		{with("0.012", "[{price: 1}, {price: 2}]"), "line 7: regions.eusc-de-east-1.interface_endpoint_per_gb[1].up_to_gb: does not follow the tier before it: want tiers by volume, and up_to_gb in all but the last"},
		{with("0.012", "[{up_to_gb: 1.5, price: 1}]"), `line 7: regions.eusc-de-east-1.interface_endpoint_per_gb[0].up_to_gb: is "1.5": want a number of GB a month, without a fraction`},
		{with("0.012", "[{up_to_gb: 5}]"), "line 7: regions.eusc-de-east-1.interface_endpoint_per_gb[0].price: is missing: want a price, such as 0.01"},
	} {
		if p, err := Parse([]byte(tc.text)); err == nil || err.Error() != tc.want {
			t.Errorf("%s\ngot  %+v, %v\nwant %s", tc.text, p, err, tc.want)
		}
	}
}

func TestAmountsInWords(t *testing.T) {
	for _, tc := range []struct {
		amount      Amount
		exact, cent string
	}{
		{0, "0", "0.00"}, {Unit, "1", "1.00"}, {45_000_000, "0.045", "0.05"}, {1, "0.000000001", "0.00"},
		{-1, "-0.000000001", "0.00"}, {-13_837_500_000, "-13.8375", "-13.84"}, {1234 * Unit, "1234", "1234.00"},
	} {
		if tc.amount.String() != tc.exact || tc.amount.Round() != tc.cent {
			t.Errorf("%d: %s, %s, want %s, %s", tc.amount, tc.amount, tc.amount.Round(), tc.exact, tc.cent)
		}
	}
}

func TestScale(t *testing.T) {
	for _, tc := range []struct{ n, by, of, want int64 }{
		{0, 5, 3, 0}, {7, 1, 2, 4}, {10, 3, 4, 8}, {math.MaxInt64, 1, 1, Most}, {math.MaxInt64, 730, 24, Most}, {math.MaxInt64, math.MaxInt64, 1, Most},
		{math.MaxInt64, 24, 730, 303234149156869342}, {1 << 60, 45_000_000, GB, 45_000_000 << 30},
	} {
		if got := Scale(tc.n, tc.by, tc.of); got != tc.want {
			t.Errorf("%d * %d / %d = %d, want %d", tc.n, tc.by, tc.of, got, tc.want)
		}
	}
}

// FuzzParse holds that what is read can be used without a panic, and that what is refused names a
// line or says that it is no YAML.
func FuzzParse(f *testing.F) {
	f.Add(Example())
	f.Add(start)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4000 {
			return
		}
		p, err := Parse([]byte(text))
		if err != nil {
			if text := err.Error(); !strings.HasPrefix(text, "line ") && !strings.HasPrefix(text, "want ") {
				t.Fatal(err)
			}
			return
		}
		for _, name := range p.Regions() {
			r := p.In(name)
			if r.NAT(math.MaxInt64) < 0 || r.Zones(100) < 0 || r.EndpointGBAt(math.MaxInt64) < 0 {
				t.Fatalf("%+v", r)
			}
			if bytes, ok := r.BreakEven(6, math.MaxInt64); ok && bytes < 0 {
				t.Fatalf("%+v: %d", r, bytes)
			}
		}
	})
}
