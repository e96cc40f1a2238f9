package causes

import (
	"encoding/json"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/classify/network"
	"vpcetrail/fixtures"
	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
)

const where = "../../classify/network/testdata/"

// plan returns the plan for a case of package network: its base, with the case's things in place.
func plan(t *testing.T, name string) network.Plan {
	t.Helper()
	read := func(path string, to any) {
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, to)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var base []network.Thing
	var c struct {
		Things []network.Thing
		Call   struct {
			Source, Region, Address, Host, Workload string
			AWS                                     bool
		}
	}
	read(where+"base.json", &base)
	read(where+"cases/"+name+".json", &c)
	base = slices.DeleteFunc(base, func(b network.Thing) bool {
		return slices.ContainsFunc(c.Things, func(o network.Thing) bool { return o.ID == b.ID })
	})
	d := day.Of(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
	s := network.New()
	place := network.Place{Account: "111122223333", Region: "eu-west-1"}
	s.AddSweep(network.Sweep{Place: place, At: (d + 1).Time().UnixMilli()}, append(base, c.Things...))
	v := s.View(d, nil)
	address := address(t, c.Call.Address)
	path := network.Path{Place: v.PlaceOf(address, c.Call.AWS), Host: network.ShapeOf([]byte(c.Call.Host)), IPv6: address.Is6(), Workload: c.Call.Workload}
	return v.Plan(v.Cause(network.Callee{Account: place.Account, Region: c.Call.Region, Source: c.Call.Source}, path))
}

var fixed = []string{
	"101-no-endpoint-behind-nat", "103-no-gateway-endpoint", "201-route-missing", "301-private-dns-off", "302-vpc-dns-hostnames-off", "303-own-dns-servers",
	"401-global-sts", "313-dynamodb-has-no-private-dns", "501-other-region", "601-ipv6", "701-function-without-vpc", "711-aws-address-of-nobody", "801-keys-elsewhere",
}

// Every cause has its change, and what is to be pasted is accepted by a parser of its language.
func TestFixes(t *testing.T) {
	for _, name := range fixed {
		p := plan(t, name)
		for _, format := range Formats() {
			t.Run(name+"/"+format, func(t *testing.T) {
				f := Of(p, format)
				if (f.Code == "") == (!f.Advice.Is()) {
					t.Errorf("code and advice: %+v", f)
				}
				var b strings.Builder
				if err := f.Write(&b, grid.Style{}); err != nil {
					t.Fatal(err)
				}
				fixtures.Golden(t, filepath.Join("testdata", name+"."+format+".golden"), []byte(b.String()))
				if f.Code != "" {
					lint(t, format, b.String())
				}
			})
		}
	}
}

// lint gives a text to the parser of its format. The parsers of templates may be absent,
// but not where .ci/run has installed them.
func lint(t *testing.T, format, text string) {
	t.Helper()
	check := map[string][]string{
		"cli": {"sh", "-n"}, "terraform": {"hcl2tojson"}, "cloudformation": {"cfn-lint", "--"},
	}[format]
	program, err := exec.LookPath(check[0])
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	if err != nil {
		t.Logf("%s is not on PATH: .ci/run installs it, from PyPI", check[0])
		return
	}
	file := filepath.Join(t.TempDir(), "template")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(program, append(check[1:], file)...).CombinedOutput(); err != nil {
		t.Errorf("%s refuses it: %v\n%s\n%s", check[0], err, out, text)
	}
}

// What a snapshot names cannot leave its place in a command, a template or a comment.
func TestNamesStayInTheirPlace(t *testing.T) {
	const evil = "x'; touch pwned; '\ntouch pwned\n${file(\"/etc/passwd\")}\"]\n$(touch pwned)"
	for _, cause := range network.Causes {
		for _, reason := range []network.Reason{network.EndpointDNSOff, network.VPCDNSOff} {
			p := network.Plan{Answer: network.Answer{Cause: cause, Reason: reason, VPC: evil, Region: evil, Subnets: []string{evil}, Tables: []string{evil},
				Endpoint: evil, Service: evil, Detail: evil}, CIDRs: []string{evil}, ZoneSubnets: []string{evil}, Names: []string{evil}, HasTables: []string{evil}}
			for _, format := range Formats() {
				for _, p.Gateway = range []bool{true, false} {
					f := Of(p, format)
					var b strings.Builder
					if err := f.Write(&b, grid.Style{}); err != nil {
						t.Fatal(err)
					}
					stays(t, format, b.String())
				}
			}
		}
	}
}

// stays checks that no line is a name's, and that a shell runs nothing but aws.
func stays(t *testing.T, format, text string) {
	t.Helper()
	if format != "cli" {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "touch") || strings.HasPrefix(line, "${") || format == "terraform" && line[0] != '#' && strings.Contains(strings.ReplaceAll(line, "$${", ""), "${") {
				t.Errorf("%s: %s", format, line)
			}
		}
		return
	}
	cmd := exec.Command("sh", "-c", "aws() { :; }\n"+text)
	cmd.Dir = t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s in\n%s", err, out, text)
	}
	if files, err := os.ReadDir(cmd.Dir); err != nil || len(files) > 0 {
		t.Errorf("it ran a command: %v, %v in\n%s", files, err, text)
	}
}

func address(t *testing.T, text string) netip.Addr {
	t.Helper()
	a, err := netip.ParseAddr(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
