package sqlcheck

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"vpcetrail/report/table"
)

// asked makes a report of a trail that ships, with the flags that its optional tables need.
func asked(t *testing.T, trail string, flags ...string) *session {
	t.Helper()
	report := filepath.Join(t.TempDir(), "report")
	cmd := exec.Command(fixture.command, append([]string{"analyze", trail, "--quiet", "--date", "all", "--out", report}, flags...)...)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, said)
	}
	return open(t, report)
}

// TestTablesThatFlagsAskFor reads each table that only some runs write.
func TestTablesThatFlagsAskFor(t *testing.T) {
	const detours, signed, workshop = "../../fixtures/detours/", "../../fixtures/signed/demo/", "../../fixtures/workshop/"
	reports := map[string]*session{
		"network": asked(t, detours+"AWSLogs", "--network", detours+"network.json", "--networks", detours+"networks.yaml"),
		"verify":  asked(t, signed+"trail", "--verify=report", "--keys", signed+"keys.json"),

		"resolver-logs": asked(t, detours+"AWSLogs", "--resolver-logs", detours+"resolver-logs"),
		"metrics":       asked(t, detours+"AWSLogs", "--metrics", detours+"metrics.json"),

		"access-logs": asked(t, workshop+"AWSLogs", "--access-logs", workshop+"access-logs"),
	}
	for _, tab := range table.Tables() {
		if tab.Flag == "" {
			continue
		}
		s := reports[tab.Flag]
		if s == nil {
			t.Errorf("no report here has table %s, which --%s asks for", tab.Name, tab.Flag)
			continue
		}
		var want []string
		for _, c := range tab.Columns {
			want = append(want, c.Name+"|"+duckType[c.Type][0])
		}
		got := s.rows(t, "SELECT column_name, column_type FROM (DESCRIBE FROM "+tab.Name+") WHERE column_name != 'dt'")
		if !slices.Equal(got, want) {
			t.Errorf("%s has columns\n%v, want\n%v", tab.Name, got, want)
		}
		for _, c := range tab.Columns {
			if c.Type == table.Text {
				s.none(t, tab.Name+": empty text", "SELECT * FROM "+tab.Name+" WHERE "+c.Name+" = ''")
			}
		}
		if s.count(t, "SELECT count(*) FROM "+tab.Name) == 0 {
			t.Errorf("%s has no rows", tab.Name)
		}
	}
	reports["network"].same(t, "calls by the internet", "SELECT dt, account_id, region, service, sum(calls) FROM causes GROUP BY ALL",
		"SELECT dt, account_id, region, service, sum(calls) FROM traffic WHERE route = 'internet' GROUP BY ALL")
	if reports["network"].count(t, "SELECT count(DISTINCT egress) FROM traffic") < 2 {
		t.Error("traffic has no column egress to compare")
	}
	reports["network"].none(t, "egress of another route", "SELECT * FROM traffic WHERE egress IS NOT NULL AND route != 'internet'")
	reports["network"].same(t, "calls by egress", "SELECT dt, egress, sum(calls) FROM causes GROUP BY ALL",
		"SELECT dt, egress, sum(calls) FROM traffic WHERE route = 'internet' GROUP BY ALL")
	reports["access-logs"].same(t, "requests in both logs", "SELECT sum(matched) FROM s3_access",
		"SELECT count(*) FROM (SELECT unnest(range(7)))")
	reports["verify"].same(t, "logs that digests prove", "SELECT sum(logs) FROM digests WHERE kind = 'digest' AND status = 'valid'",
		"SELECT count(*) FROM objects WHERE digest_status = 'valid'")
}
