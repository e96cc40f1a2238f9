package replay

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/classify/phrase"
	"vpcetrail/fixtures"
	"vpcetrail/fixtures/organization"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"
	"vpcetrail/report/grid"
	"vpcetrail/report/policy"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/words"
)

const workshop = "../../fixtures/workshop"

// parsed returns a policy as the file p.json.
func parsed(t testing.TB, text string) *File {
	t.Helper()
	p, err := policy.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return &File{"p.json", p}
}

// inventory reads an inventory.
func inventory(t testing.TB, path string) endpoints.Inventory {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found, err := endpoints.ParseInventory(text)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// replayed replays a plan on the records of a trail, with several workers.
func replayed(t testing.TB, p *Plan, sources string, known Known) *Answer {
	t.Helper()
	ctx := context.Background()
	trail, err := source.Open(ctx, []string{sources}, list.Selection{Window: day.All()}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	disk := spill.NewDisk(t.TempDir())
	t.Cleanup(func() { disk.Close() })
	var collectors []*Collector
	var sinks []ingest.Sink
	for range 3 {
		c := NewCollector(p, Options{Ranges: classify.EmbeddedRanges(), Disk: disk, Memory: known.Memory})
		collectors, sinks = append(collectors, c), append(sinks, c)
	}
	if err := ingest.Run(ctx, trail, sinks, ingest.Config{Window: day.All()}); err != nil {
		t.Fatal(err)
	}
	known.TrailAccounts = trail.Accounts()
	a, err := ReadRecords(ctx, collectors, p, &known)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// lines renders rows as principal, action, resource, outcome and what decides.
func lines(rows []Row) (out []string) {
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s %s %s: %s by %s", r.principal(false), r.action(), shortARN(r.Resource), r.Outcome, r.by()))
	}
	slices.Sort(out)
	return out
}

func compare(t *testing.T, what string, rows []Row, want ...string) {
	t.Helper()
	if got := lines(rows); !slices.Equal(got, want) {
		t.Errorf("%s:\ngot\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestWorkshop replays the policies of the endpoint workshop: what they denied is what is denied today, but for
// the 403 of an object that is not there, and the bucket policy forgot DeleteObject.
func TestWorkshop(t *testing.T) {
	known := Known{Inventory: inventory(t, workshop+"/endpoints.json")}
	endpoint := func(id, text string) *Plan { return &Plan{Endpoint: parsed(t, text), Endpoints: []string{id}} }
	bucket, err := os.ReadFile(workshop + "/restricted-bucket-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name           string
		plan           *Plan
		allowed, today []string
	}{
		{
			"queue", endpoint("vpce-0a11b22c33d44e55f", `{"Version": "2012-10-17", "Statement": [{"Sid": "Orders", "Effect": "Allow", "Principal": "*",
				"Action": ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"], "Resource": "arn:aws:sqs:us-east-1:111122223333:sales-orders"}]}`),
			[]string{
				"role/reportsengine sqs:DeleteMessage sales-orders: allowed by Orders", "role/reportsengine sqs:ReceiveMessage sales-orders: allowed by Orders",
				"role/salesapp sqs:SendMessage sales-orders: allowed by Orders",
			},
			[]string{"role/salesapp sqs:ListQueues -: denied by no Allow matches"},
		},
		{
			"buckets", endpoint("vpce-0b22c33d44e55f66a", `{"Version": "2012-10-17", "Statement": [{"Sid": "Restricted", "Effect": "Allow", "Principal": "*",
				"Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::amzn-s3-demo-restricted/*"}]}`),
			[]string{"role/reportsengine s3:GetObject amzn-s3-demo-restricted: allowed by Restricted", "role/salesapp s3:PutObject amzn-s3-demo-restricted: allowed by Restricted"},
			[]string{
				"role/reportsengine s3:GetObject (HeadObject) amzn-s3-demo-restricted: allowed by Restricted",
				"role/salesapp s3:DeleteObject amzn-s3-demo-restricted: denied by no Allow matches",
				"role/salesapp s3:PutObject amzn-s3-demo-unrestricted: denied by no Allow matches, Restricted lacks Resource",
			},
		},
		{
			"logs", endpoint("vpce-0d44e55f66a77b88c", `{"Version": "2012-10-17", "Statement": [{"Sid": "Open", "Effect": "Allow", "Principal": "*",
				"Action": "logs:PutLogEvents", "Resource": "arn:aws:logs:us-east-1:111122223333:log-group:/lab/open:*"}]}`),
			[]string{"role/labapp logs:PutLogEvents log-group:/lab/open: allowed by Open"},
			[]string{"role/labapp logs:PutLogEvents log-group:/lab/closed: denied by no Allow matches, Open lacks Resource"},
		},
		{
			"bucket policy", &Plan{Resource: parsed(t, string(bucket)), ResourceARN: "arn:aws:s3:::amzn-s3-demo-restricted"},
			[]string{
				"role/reportsengine s3:GetObject amzn-s3-demo-restricted: allowed by no Deny matches", "role/salesapp s3:PutObject amzn-s3-demo-restricted: allowed by no Deny matches",
				"user/clerk s3:DeleteObject amzn-s3-demo-restricted: allowed by no Deny matches",
			},
			[]string{
				"role/reportsengine s3:GetObject (HeadObject) amzn-s3-demo-restricted: allowed by no Deny matches",
				"role/salesapp s3:DeleteObject amzn-s3-demo-restricted: allowed by no Deny matches",
				"user/clerk s3:PutObject amzn-s3-demo-restricted: denied by PutOnlyByTheEndpoint: StringNotEquals aws:SourceVpce",
			},
		},
		{
			// The policy that forgets nothing.
			"whole bucket policy", &Plan{Resource: parsed(t, strings.Replace(string(bucket), `"s3:PutObject"`, `"s3:*"`, 1)), ResourceARN: "arn:aws:s3:::amzn-s3-demo-restricted"},
			[]string{
				"role/reportsengine s3:GetObject amzn-s3-demo-restricted: allowed by no Deny matches", "role/salesapp s3:PutObject amzn-s3-demo-restricted: allowed by no Deny matches",
				"user/clerk s3:DeleteObject amzn-s3-demo-restricted: denied by PutOnlyByTheEndpoint: StringNotEquals aws:SourceVpce",
			},
			[]string{
				"role/reportsengine s3:GetObject (HeadObject) amzn-s3-demo-restricted: allowed by no Deny matches",
				"role/salesapp s3:DeleteObject amzn-s3-demo-restricted: allowed by no Deny matches",
				"user/clerk s3:PutObject amzn-s3-demo-restricted: denied by PutOnlyByTheEndpoint: StringNotEquals aws:SourceVpce",
			},
		},
	} {
		a := replayed(t, tc.plan, workshop+"/AWSLogs", known)
		compare(t, tc.name, a.Rows, tc.allowed...)
		compare(t, tc.name+", denied today", a.DeniedToday, tc.today...)
	}
}

// TestSuggestedPoliciesPassWhatWasRecorded holds that no call would be denied by the policy that is suggested for
// it, for every endpoint and many resources of the demo.
func TestSuggestedPoliciesPassWhatWasRecorded(t *testing.T) {
	const demo = "../../fixtures/demo"
	known := Known{Inventory: inventory(t, demo+"/endpoints.json")}
	check := func(name string, suggest, plan *Plan) {
		t.Helper()
		text := replayed(t, suggest, demo+"/AWSLogs", known).Suggestion.Policy().String()
		f := parsed(t, text)
		kind := policy.Resource
		if suggest.Suggest == SuggestEndpoint {
			plan.Endpoint, kind = f, policy.Gateway
		} else {
			plan.Resource = f
		}
		if err := f.Check(kind, 1<<20); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		a := replayed(t, plan, demo+"/AWSLogs", known)
		for _, r := range a.Rows {
			if r.Outcome != Allowed {
				t.Errorf("%s: %q\n%s", name, lines([]Row{r}), text)
				return
			}
		}
		if a.Calls[Allowed] == 0 && kind == policy.Resource {
			t.Errorf("%s: no call", name)
		}
		if len(a.CutOff) > 0 {
			t.Errorf("%s cuts off %+v", name, a.CutOff)
		}
	}
	ids := slices.Sorted(func(yield func(string) bool) {
		for id := range known.Inventory {
			if !yield(id) {
				return
			}
		}
	})
	for _, id := range ids[:min(len(ids), 6)] {
		check(id, &Plan{Suggest: SuggestEndpoint, Endpoints: []string{id}}, &Plan{Endpoints: []string{id}})
	}
	all := replayed(t, &Plan{ServiceControl: []File{*parsed(t, `{"Statement": {"Effect": "Deny", "Action": "none:Such", "Resource": "*"}}`)}}, demo+"/AWSLogs", known)
	seen := map[string]bool{}
	for _, r := range all.Rows {
		if r.Resource != "" && !strings.Contains(r.Resource, ",") && !seen[r.Resource] && len(seen) < 8 {
			seen[r.Resource] = true
			check(r.Resource, &Plan{Suggest: SuggestResource, ResourceARN: r.Resource}, &Plan{ResourceARN: r.Resource})
		}
	}
}

// perimeter returns a plan for a policy of the shape of one of AWS's examples for data perimeters.
func perimeter(t *testing.T, name string, inventory endpoints.Inventory) *Plan {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f := parsed(t, string(text))
	plan := &Plan{OrgID: "o-a1b2c3d4e5"}
	for _, text := range []string{"aws:PrincipalTag/perimeter:exempt=", "aws:ResourceTag/perimeter:exempt="} {
		if err := plan.AssumeKey(text); err != nil {
			t.Fatal(err)
		}
	}
	kind := policy.ServiceControl
	switch base := filepath.Base(name); {
	case strings.HasPrefix(base, "rcp"):
		plan.ResourceControl, kind = []File{*f}, policy.ResourceControl
	case strings.HasPrefix(base, "endpoint"):
		kind, plan.Endpoint = policy.Gateway, f
		for id, e := range inventory {
			if strings.HasSuffix(e.Service, ".s3") {
				plan.Endpoints = append(plan.Endpoints, id)
			}
		}
	default:
		plan.ServiceControl = []File{*f}
	}
	if err := f.Check(kind, 0); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return plan
}

func perimeters(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/perimeter/*.json")
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	return files
}

// TestShapesOfDataPerimeters replays policies of the shapes of AWS's examples for data perimeters on the demo.
func TestShapesOfDataPerimeters(t *testing.T) {
	const demo = "../../fixtures/demo"
	known := Known{Inventory: inventory(t, demo+"/endpoints.json")}
	for _, name := range perimeters(t) {
		a := replayed(t, perimeter(t, name, known.Inventory), demo+"/AWSLogs", known)
		var out strings.Builder
		fmt.Fprintf(&out, "%s: %d denied, %d undecided, %d allowed, %d other\n", filepath.Base(name), a.Calls[Denied], a.Calls[Unknown], a.Calls[Allowed], a.OtherCalls)
		reasons := map[string]int64{}
		for _, r := range a.Rows {
			reasons[fmt.Sprint(r.Outcome, " by ", r.by())] += r.Calls
		}
		for _, reason := range slices.Sorted(maps.Keys(reasons)) {
			fmt.Fprintf(&out, "%6d %s\n", reasons[reason], reason)
		}
		fixtures.Golden(t, strings.TrimSuffix(name, ".json")+".golden", []byte(out.String()))
	}
}

// TestJapanese holds that answers about policies of all shapes, from records and from tables, and what is said about
// suggested policies, are Japanese, in lines that fit the terminal.
func TestJapanese(t *testing.T) {
	const demo = "../../fixtures/demo"
	known := Known{Inventory: inventory(t, demo+"/endpoints.json")}
	span := demoReport(t, known.Inventory)
	var out, notes strings.Builder
	write := func(a *Answer, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, lacking := range []phrase.Format{"the report lacks %s", "not all objects of %s could be read", "one shard of the trail alone was read for %s"} {
			a.Incomplete = append(a.Incomplete, phrase.Of(lacking, "2026-11-19"))
		}
		if err := a.WriteText(&out, grid.Style{Width: 80, Words: words.In("ja")}); err != nil {
			t.Fatal(err)
		}
	}
	suggest := func(a *Answer, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, note := range a.Suggestion.Notes(a) {
			notes.WriteString(words.In("ja").Text(note) + "\n")
		}
	}
	for _, name := range perimeters(t) {
		write(replayed(t, perimeter(t, name, known.Inventory), demo+"/AWSLogs", known), nil)
		write(ReadTables(t.Context(), span, perimeter(t, name, known.Inventory), nil))
	}
	endpoint := slices.Sorted(maps.Keys(known.Inventory))[0]
	for _, plan := range []func() *Plan{
		func() *Plan { return &Plan{Suggest: SuggestEndpoint, Endpoints: []string{endpoint}} },
		func() *Plan {
			return &Plan{Suggest: SuggestResource, ResourceARN: "arn:aws:kms:us-east-1:111122223333:key/none"}
		},
	} {
		suggest(replayed(t, plan(), demo+"/AWSLogs", known), nil)
		suggest(ReadTables(t.Context(), span, plan(), nil))
	}
	write(replayed(t, &Plan{Resource: parsed(t, `{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}}`), ResourceARN: "arn:aws:s3:::none"}, demo+"/AWSLogs", known), nil)
	prose := notes.String()
	for line := range strings.Lines(out.String()) {
		if width := grid.Width(strings.TrimSuffix(line, "\n")); width > 80 && !strings.Contains(line, `"`) {
			t.Errorf("%d columns: %s", width, line)
		}
		if !strings.Contains(line, `"`) { // not a statement to paste
			prose += strings.TrimSpace(line) + " "
		}
	}
	if found := reporttest.English(prose, policy.SupportAsOf); len(found) > 0 {
		t.Errorf("English in Japanese: %q", found)
	}
	for _, wanted := range []string{"拒否される呼び出し", "判定不能", "許可される呼び出し", "不完全", "注意事項", "Amazon Linux のパッケージ"} {
		if !strings.Contains(out.String(), wanted) {
			t.Errorf("no %s", wanted)
		}
	}
}

// TestEachCallOfAnOrganizationIsJudgedOnce replays the same policies on a generated organization, of which each call
// counts once.
func TestEachCallOfAnOrganizationIsJudgedOnce(t *testing.T) {
	cfg := organization.Default()
	cfg.Calls = 5000
	o, err := organization.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := o.Write(dir); err != nil {
		t.Fatal(err)
	}
	snapshot, err := network.Parse(o.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range perimeters(t) {
		a := replayed(t, perimeter(t, name, snapshot.Endpoints), dir+"/trail", Known{Inventory: snapshot.Endpoints})
		sum := a.OtherCalls + a.Calls[Denied] + a.Calls[Unknown] + a.Calls[Allowed]
		for _, r := range a.DeniedToday {
			sum += r.Calls
		}
		if sum != int64(cfg.Calls) {
			t.Errorf("%s: %v, %d others: %d of %d calls", name, a.Calls, a.OtherCalls, sum, cfg.Calls)
		}
	}
}
