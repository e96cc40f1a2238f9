package page

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/prices"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
	"vpcetrail/report/why"
)

// read reads all days of a report.
func read(t testing.TB, store reporttest.Store) *Page {
	t.Helper()
	days, err := report.Days(context.Background(), store)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Read(context.Background(), store, days)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func write(t testing.TB, p *Page) string {
	t.Helper()
	var out strings.Builder
	if err := p.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// workshop analyzes the endpoint workshop.
func workshop(t testing.TB) reporttest.Store {
	t.Helper()
	const folder = "../../fixtures/workshop/"
	ctx := context.Background()
	text, err := os.ReadFile(folder + "endpoints.json")
	if err != nil {
		t.Fatal(err)
	}
	inventory, err := endpoints.ParseInventory(text)
	if err != nil {
		t.Fatal(err)
	}
	trail, err := source.Open(ctx, []string{folder + "AWSLogs"}, list.Selection{Window: day.All()}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	rep, err := analyze.Job{Window: day.All(), Lateness: 1, Inventory: inventory}.Report(ctx, trail)
	if err != nil {
		t.Fatal(err)
	}
	store := reporttest.Store{}
	reporttest.Publish(t, store, rep, report.Run{Version: "test", Endpoints: len(inventory)})
	return store
}

// A month is a report of many days, made by hand: services, principals, endpoints and findings as a large
// organization has them, with a weekly rhythm and a week in which something went wrong.
type month struct {
	days, principals, services int
	name                       func(i int) string // of a principal; nil: realistic ones
	text                       string             // in every place that holds a text from the logs; "": realistic ones
}

var serviceNames = strings.Fields("s3 dynamodb sqs sts kms logs ec2 secretsmanager ssm ecr lambda sns monitoring states " +
	"events kinesis firehose glue athena elasticache rds redshift sagemaker bedrock-runtime execute-api codebuild codecommit cloudformation " +
	"config cloudtrail guardduty securityhub servicediscovery autoscaling elasticloadbalancing batch backup transfer datasync xray")

func (m month) publish(t testing.TB) reporttest.Store {
	t.Helper()
	store := reporttest.Store{}
	for i := range m.days {
		d := day.Day(20778 + i) // 2026-11-21
		rng := rand.New(rand.NewPCG(7, uint64(i)))
		rep := &report.Report{
			Statuses: map[ingest.Status]int64{ingest.OK: 4000 + int64(i)}, Days: []*report.Day{m.day(d, rng)},
		}
		kinds := rep.Days[0].Kinds
		rep.Balance = report.Balance{Kinds: kinds, OutsideWindow: 1200, Records: 1200 + sum(&kinds)}
		reporttest.Publish(t, store, rep, report.Run{Version: "test", Window: d.String(), Endpoints: 24})
	}
	return store
}

func (m month) day(d day.Day, rng *rand.Rand) *report.Day {
	load := 1.0
	if weekday := d.Time().Weekday(); weekday == 0 || weekday == 6 {
		load = 0.35
	}
	past := 0.02
	if i := int(d) - 20778; i >= 11 && i < 15 {
		past = 0.09 // a route table lost its endpoint
	}
	out := &report.Day{Day: d, Traffic: report.RowsOf[table.TrafficRow](nil), Objects: report.RowsOf[table.ObjectRow](nil)}
	var services []table.ServiceRow
	var calls int64
	for i := range m.services {
		row := table.ServiceRow{AccountID: account(i), Region: region(i), Service: m.service(i)}
		row.Routes = someRoutes(rng, load*9e5/float64(i*i/3+1), past*float64(1+i%4))
		calls += row.Calls
		services = append(services, row)
	}
	var principals []table.PrincipalRow
	for i := range m.principals {
		row := table.PrincipalRow{AccountID: account(i), Principal: m.principal(i)}
		row.Routes = someRoutes(rng, load*4e4/float64(i+1), past*float64(i%5))
		principals = append(principals, row)
	}
	out.Services, out.Principals = report.RowsOf(services), report.RowsOf(principals)
	out.Endpoints, out.Findings = report.RowsOf(m.endpoints(d, rng)), report.RowsOf(m.findings(d, rng))
	if m.text != "" {
		out.S3Access, out.DNS, out.EndpointMetrics = m.otherSources()
	}
	out.Kinds = report.Kinds{Calls: calls, Duplicates: calls / 900, SharedCopies: calls / 700, NetworkEvents: calls / 40}
	return out
}

// otherSources returns the tables of sources beside the trail, with more rows than a page takes.
func (m month) otherSources() (report.Rows[table.S3AccessRow], report.Rows[table.DNSRow], report.Rows[table.EndpointMetricsRow]) {
	var access []table.S3AccessRow
	var names []table.DNSRow
	var metrics []table.EndpointMetricsRow
	for i := range m.services {
		text := m.service(i)
		access = append(access, table.S3AccessRow{S3AccessKey: table.S3AccessKey{Bucket: text, Route: "internet"}, Requests: 1 << 40})
		names = append(names, table.DNSRow{Name: text, Service: text, Answered: table.AnsweredBoth, Queries: 1 << 40})
		metrics = append(metrics, table.EndpointMetricsRow{EndpointID: text, ServiceName: text, Compared: text, Calls: 1 << 40})
	}
	return report.RowsOf(access), report.RowsOf(names), report.RowsOf(metrics)
}

// someRoutes divides about n calls among the routes; past is the share that goes past the endpoint.
func someRoutes(rng *rand.Rand, n, past float64) (r table.Routes) {
	n *= 0.8 + 0.4*rng.Float64()
	r.InternetAWS, r.InternetExternal = int64(n*past*0.7), int64(n*past*0.3*rng.Float64())
	r.Internet = r.InternetAWS + r.InternetExternal
	r.AWSService, r.Unknown = int64(n*0.14), int64(n*0.02)
	r.VPCE = int64(n) - r.AWSService - r.Unknown
	r.Calls = r.VPCE + r.Internet + r.AWSService + r.Unknown
	r.Denied, r.InternetBytes = r.Calls/200, r.Internet*4096
	r.FirstSeen, r.LastSeen = 1795219200000, 1795219200000
	return r
}

func (m month) service(i int) string {
	if m.text != "" {
		return fmt.Sprint(i, m.text)
	}
	return serviceNames[i%len(serviceNames)] + ".amazonaws.com"
}

func (m month) principal(i int) string {
	if m.name != nil {
		return m.name(i)
	}
	team := []string{"payments", "orders", "search", "data-platform", "ml", "web", "identity", "billing"}[i%8]
	job := []string{"api", "worker", "export", "importer", "scheduler", "migration", "cache-warmer"}[i/8%7]
	if i%23 == 0 {
		return fmt.Sprintf("arn:aws:iam::%s:user/ci/%s-deployer-%d", account(i), team, i)
	}
	return fmt.Sprintf("arn:aws:iam::%s:role/teams/%s/%s-%s-%03d", account(i), team, team, job, i)
}

func account(i int) string { return fmt.Sprintf("%012d", 111122223333+int64(i%12)*10101) }

func region(i int) string { return []string{"us-east-1", "eu-west-1", "eu-central-1"}[i%3] }

func (m month) endpoints(d day.Day, rng *rand.Rand) (rows []table.EndpointRow) {
	for i := range 24 {
		row := table.EndpointRow{
			EndpointID: fmt.Sprintf("vpce-0%016x", uint64(i)*0x9e3779b97f4a7c15>>4), AccountID: account(i), Region: region(i), Service: m.service(i),
			EndpointType: []string{"gateway", "gateway", "interface"}[min(i, 2)], EndpointOwner: "own", EndpointAccountID: account(i),
			VPCID: fmt.Sprintf("vpc-0a1b2c3d4e5f6%04d", i), Calls: int64(7e5 / float64(i+1) * rng.Float64()), Principals: int64(40 - i),
			Bytes: int64(rng.Float64() * 4e9), FirstSeen: d.Time().UnixMilli(), LastSeen: d.Time().UnixMilli() + 86e6,
		}
		row.Denied, row.PolicyDenied = row.Calls/300, row.Calls/900
		if i > 20 {
			row.EndpointOwner, row.EndpointAccountID, row.ForeignPrincipals = []string{"foreign", "unknown"}[i%2], "", int64(i%3)
		}
		rows = append(rows, row)
	}
	return rows
}

func (m month) findings(d day.Day, rng *rand.Rand) (rows []table.FindingRow) {
	for i, f := range []struct{ severity, code, detail string }{
		{"critical", "foreign_principal", "A principal of an account that is not ours called through our endpoint: credentials were carried in."},
		{"high", "past_endpoint", "The service has an endpoint of ours in this account and Region, yet the principal went over the internet."},
		{"high", "keys_from_outside", "An IAM user's keys were used from an address outside AWS."},
		{"medium", "detour_cost", "Bytes to a bucket went through NAT past the gateway endpoint."},
		{"low", "policy_denied", "The endpoint's policy refused calls."},
		{"info", "endpoint_unused", "No call went through the endpoint."},
	} {
		for k := range []int{2, 45, 9, 20, 30, 4}[i] {
			row := table.FindingRow{
				FindingKey: table.FindingKey{Finding: f.code, Severity: f.severity, AccountID: account(k), Region: region(k), Principal: m.principal(k * 3), Service: m.service(k % 12)},
				Calls:      int64(rng.IntN(4000)), Bytes: int64(rng.IntN(1 << 30)), EstimatedUSD: math.NaN(), Detail: f.detail + m.text,
				SampleEventIDs: fmt.Sprintf("%08x-5632-4ae3-9486-c8fae64fcb52 %08x-1122-4ae3-9486-c8fae64fcb52", k, k*7), FirstSeen: d.Time().UnixMilli(), LastSeen: d.Time().UnixMilli() + 7e7,
			}
			switch f.code {
			case "detour_cost":
				row.EstimatedUSD, row.Resource = float64(row.Bytes)/1e9*0.045, fmt.Sprintf("arn:aws:s3:::amzn-s3-demo-%s-%d", "exports", k)
			case "endpoint_unused":
				row.Principal, row.Service, row.Calls, row.Bytes, row.FirstSeen, row.LastSeen = "", "", 0, 0, -1, -1
				row.EndpointID, row.SampleEventIDs = fmt.Sprintf("vpce-0%016x", k*77), ""
			}
			rows = append(rows, row)
		}
	}
	table.Findings.Sort(rows)
	return rows
}

// someReadiness is the readiness of two resources.
func (m month) someReadiness() []Readiness {
	row := func(i int, way string, calls int64) OutcomeRow {
		return OutcomeRow{Principal: m.principal(i), Action: []string{"GetObject", "PutObject", "DeleteObject"}[i%3], Way: way, Calls: calls, LastSeen: 1795219200000}
	}
	const asked = "aws:SourceVpce"
	return []Readiness{{
		Resource: "arn:aws:s3:::amzn-s3-demo-restricted", Asked: asked, Conditions: []Condition{
			{Key: asked, Values: "vpce-0a11b22c33d44e55f", Stopped: 322, StoppedAllowed: 310, Exempt: 77, Passing: 42100},
			{Key: "aws:VpceAccount", Values: "111122223333", Stopped: 322, StoppedAllowed: 310, Exempt: 77, Passing: 42100},
		},
		Notes: []string{"The VPC of vpce-0a11b22c33d44e55f is not known: analyze with --endpoints tells it."},
		Outcomes: []Outcome{
			{Passing, []OutcomeRow{row(1, "vpce-0a11b22c33d44e55f", 41200), row(2, "vpce-0a11b22c33d44e55f", 900)}},
			{Stopped, []OutcomeRow{row(23, "internet, AWS address", 310), row(46, "internet, external", 12)}},
			{Exempt, []OutcomeRow{row(5, "aws_service, invoked_by", 77)}},
		},
		Statement: "{\n  \"Effect\": \"Deny\",\n  \"Principal\": \"*\"\n}",
	}, {
		Resource: "arn:aws:sqs:us-east-1:111122223333:sales-orders", Asked: asked,
		Conditions: []Condition{{Key: asked, Values: "vpce-0a11b22c33d44e55f", Passing: 812}},
		Outcomes:   []Outcome{{Passing, []OutcomeRow{row(3, "vpce-0a11b22c33d44e55f", 812)}}},
	}}
}

// someChanges are changes for each kind of cause, with many callers.
func (m month) someChanges() *why.Why {
	const vpc, account, region = "vpc-0a1b2c3d4e5f60001", "111122223333", "eu-west-1"
	plan := func(cause network.Cause, reason network.Reason, service string) network.Plan {
		return network.Plan{
			Answer: network.Answer{
				Cause: cause, Reason: reason, VPC: vpc, Region: region, Owner: account, Endpoint: "vpce-0a11b22c33d44e55f", Service: "com.amazonaws.eu-west-1." + service,
				Tables: []string{"rtb-0a1b2c3d4e5f60001", "rtb-0a1b2c3d4e5f60002"}, Detail: "sts.amazonaws.com" + m.text,
			},
			CIDRs: []string{"10.1.0.0/16"}, ZoneSubnets: []string{"subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"}, Gateway: service == "s3" || service == "dynamodb",
			Names: []string{service + ".eu-west-1.amazonaws.com"}, DNSSupport: true,
		}
	}
	y := &why.Why{Days: []day.Day{20778}, Calls: 80_000, Movable: 79_000, Changes: 5}
	for i, p := range []network.Plan{
		plan(network.RouteMissing, network.NotAssociated, "s3"), plan(network.NoEndpoint, network.NoneInVPC, "secretsmanager"),
		plan(network.NoEndpoint, network.NoneInVPC, "dynamodb"), plan(network.PrivateDNSOff, network.EndpointDNSOff, "kms"),
		plan(network.PrivateDNSOff, network.VPCDNSOff, "sqs"), plan(network.NameNotCovered, network.HostNotCovered, "sts"),
		{Answer: network.Answer{Cause: network.NotInVPC, Reason: network.FromOutside}}, plan(network.Unexplained, network.SharedEgress, "sns"),
		plan(network.KeysElsewhere, network.NotItsAddress, ""),
	} {
		g := why.Group{Plan: p, Services: []string{m.service(i)}, Accounts: []string{account}, Others: 40 - i}
		g.Sum = why.Sum{Calls: int64(42_000 / (i*i + 1)), First: 1795219200000, Last: 1795219200000 + 7e7}
		if i == 0 {
			g.Bytes, g.Estimate = 915e9, prices.Estimate{Known: 1, Sum: 38_330_000_000}
		}
		for k := range 3 {
			g.Callers = append(g.Callers, why.Caller{Principal: m.principal(i + k), Calls: g.Calls / 3})
		}
		y.Groups = append(y.Groups, g)
	}
	y.Groups[3].Done = true
	return y
}
