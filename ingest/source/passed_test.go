package source

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
)

// firehose is the name of an object that Firehose writes: it has no suffix.
const firehose = "trail-1-2026-11-20-10-00-00-0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f"

// passed reads a trail to its end, and returns the objects and what was passed over.
func passed(t *testing.T, args []string, sel list.Selection, opt Options) ([]string, list.PassedOver) {
	t.Helper()
	trail, err := Open(t.Context(), args, sel, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	var got []string
	for {
		f, err := trail.Next(t.Context())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, f.Object.Name)
		f.Close()
	}
	var walked []string
	_, again, err := Walk(t.Context(), args, sel, opt, func(obj store.Object) error {
		walked = append(walked, obj.Name)
		return nil
	})
	if err != nil || again != trail.PassedOver() {
		t.Errorf("Walk passed over %v, %v; Open %v", again, err, trail.PassedOver())
	}
	equal(t, "Walk", walked, got)
	return got, again
}

// Objects without a suffix, and folders between AWSLogs and the account, are read.
func TestPassedReadsWhatMayBeCalls(t *testing.T) {
	const day20 = "/CloudTrail/us-east-1/2026/11/20/"
	keys := []string{
		"fh/2026/11/20/10/" + firehose,
		"fh/2026/11/20/10/x.json.gz",
		"t/AWSLogs/" + acct + day20 + "a.json.gz",
		"t/AWSLogs/" + acct + day20 + "b",
		"t/AWSLogs/suffix/" + acct2 + day20 + "a.json.gz",
		"t/AWSLogs/team/audit/" + org + "/333333333333" + day20 + "a.json.gz",
	}
	others := []string{
		"t/AWSLogs/" + acct + "/ELBAccessLogTestFile",
		"t/AWSLogs/suffix/" + acct2 + "/Config/us-east-1/2026/11/20/c.json.gz",
		"t/AWSLogs/suffix/" + acct2 + "/CloudTrail-Digest/us-east-1/2026/11/20/d.json.gz",
		"t/AWSLogs/elasticloadbalancing/c.json.gz",
		"t/access/2026-11-20-10-15-32-0123456789ABCDEF",
		"fh/README.md",
	}
	both(t, slices.Concat(keys, others), func(t *testing.T, root string, opt Options) {
		for _, sel := range []list.Selection{allDays, oneDay(t, "2026-11-20")} {
			got, over := passed(t, []string{root}, sel, opt)
			equal(t, "objects", got, under(root, keys, func(string) bool { return true }))
			if over != (list.PassedOver{}) {
				t.Errorf("passed over: %s", over)
			}
		}
		trail, err := Open(t.Context(), []string{root}, allDays, opt)
		if err != nil {
			t.Fatal(err)
		}
		defer trail.Close()
		for f := range fetches(t, trail) {
			if strings.Contains(f.Object.Name, "AWSLogs") && f.Object.Key.Account == "" {
				t.Errorf("%s: account not known", f.Object.Name)
			}
			f.Close()
		}
		equal(t, "accounts", trail.Accounts(), []string{acct, acct2, "333333333333"})
	})
}

// Markers of folders hold nothing, whatever their names.
func TestPassedMarksOfFolders(t *testing.T) {
	server := newS3(t)
	server.put(t, "p/a.json")
	for _, key := range []string{"p/", "p/d/", "p/e_$folder$", "p/f", "p/AWSLogs/" + acct + "/"} {
		server.putBody(t, key, "")
	}
	got, over := passed(t, []string{"s3://logs/p"}, allDays, Options{S3: server.open})
	equal(t, "objects", got, nil)
	if over.Objects != 1 { // a.json, beside AWSLogs
		t.Errorf("passed over: %s", over)
	}
}

// Objects that may hold calls and are not read are counted, with a reason.
func TestPassedSaysHowManyAndWhy(t *testing.T) {
	read := "AWSLogs/" + acct + "/CloudTrail/us-east-1/2026/11/20/a.json.gz"
	const remedy = ": to read one, name it or its folder as SOURCE too; to leave it out, name only the folders wanted"
	const start = "passed over, though calls may be missing: "
	for _, tc := range []struct {
		name string
		keys []string
		sel  list.Selection
		want string // ROOT is the source
	}{
		{"nothing", nil, allDays, ""},
		{"documents", []string{"copy/README.md", "endpoints.json", "restricted-bucket-policy.json", "copy/MANIFEST.json", "networks.json", "AWSLogs/" + acct + "/CloudTrail/us-east-1/2026/11/20/sum.sha256"}, allDays, ""},
		{"a suffix", []string{"AWSLogs/" + acct + "/CloudTrail/us-east-1/2026/11/20/b.json.bz2"}, allDays,
			start + "1 object has a suffix that is not read, such as ROOTAWSLogs/" + acct + "/CloudTrail/us-east-1/2026/11/20/b.json.bz2" + remedy},
		{"a suffix, of another day", []string{"AWSLogs/" + acct + "/CloudTrail/us-east-1/2026/11/19/b.json.bz2"}, oneDay(t, "2026-11-20"), ""},
		{"a suffix, of another account", []string{"AWSLogs/" + acct2 + "/CloudTrail/us-east-1/2026/11/20/b.json.bz2"},
			list.Selection{Window: day.All(), Accounts: []string{acct}}, ""},
		{"beside AWSLogs", []string{"copy/b.json", "copy/2026/" + firehose, "copy/x.tar"}, allDays,
			start + "2 objects lie outside the accounts' folders and have other names than CloudTrail gives, such as ROOTcopy/2026/" + firehose + remedy},
		{"between AWSLogs and the account", []string{"AWSLogs/suffix/b.json.gz"}, allDays,
			start + "1 object lies outside the accounts' folders and has another name than CloudTrail gives, such as ROOTAWSLogs/suffix/b.json.gz" + remedy},
		{"a folder", []string{"AWSLogs/" + acct + "/CloudTrail-Lake/x.json.gz"}, allDays,
			start + "1 folder of CloudTrail is not known, such as ROOTAWSLogs/" + acct + "/CloudTrail-Lake/" + remedy},
		{"a folder spelled otherwise", []string{"AWSLogs/" + acct + "/cloudtrail/x.json.gz"}, allDays,
			start + "1 folder of CloudTrail is not known, such as ROOTAWSLogs/" + acct + "/cloudtrail/" + remedy},
		{"all of it", []string{"AWSLogs/" + acct + "/CloudTrail-Lake/x.json.gz", "b.json", "AWSLogs/" + acct + "/CloudTrail/us-east-1/2026/11/20/b.xz"}, allDays,
			start + "1 object has a suffix that is not read, such as ROOTAWSLogs/" + acct + "/CloudTrail/us-east-1/2026/11/20/b.xz; " +
				"1 object lies outside the accounts' folders and has another name than CloudTrail gives, such as ROOTb.json; " +
				"1 folder of CloudTrail is not known, such as ROOTAWSLogs/" + acct + "/CloudTrail-Lake/" + remedy},
	} {
		t.Run(tc.name, func(t *testing.T) {
			both(t, append(tc.keys, read), func(t *testing.T, root string, opt Options) {
				got, over := passed(t, []string{root}, tc.sel, opt)
				equal(t, "objects", got, []string{root + read})
				if want := strings.ReplaceAll(tc.want, "ROOT", root); over.String() != want {
					t.Errorf("says %s\nwant %s", over, want)
				}
				named := []string{root} // the remedy
				for _, key := range tc.keys {
					folder := key[:strings.LastIndexByte(key, '/')+1]
					if slices.Contains([]string{"bz2", "xz"}, key[strings.LastIndexByte(key, '.')+1:]) || folder == "" {
						folder = key
					}
					named = append(named, root+folder)
				}
				if _, over := passed(t, named, tc.sel, opt); over.Objects > 0 && tc.name != "beside AWSLogs" {
					t.Errorf("named as sources: %s", over)
				}
			})
		})
	}
}

// Each skipped object belongs to one shard.
func TestPassedByShards(t *testing.T) {
	var keys []string
	for i := range 30 {
		keys = append(keys, fmt.Sprintf("copy/%02d.json", i), fmt.Sprintf("AWSLogs/%s/CloudTrail/us-east-1/2026/11/20/%02d.bz2", acct, i),
			fmt.Sprintf("AWSLogs/%012d/CloudTrail-Lake/x.json.gz", i))
	}
	both(t, keys, func(t *testing.T, root string, opt Options) {
		var sum int64
		for i := range 3 {
			_, over := passed(t, []string{root}, list.Selection{Window: day.All(), Shard: list.Shard{Number: i + 1, Of: 3}}, opt)
			sum += over.Objects
		}
		if sum != 90 {
			t.Errorf("3 shards passed over %d, want 90", sum)
		}
	})
}

// A report between AWSLogs and the accounts is neither read nor counted as skipped:
// see Lists.
func TestPassedReportBesideTheAccounts(t *testing.T) {
	read := "AWSLogs/" + acct + "/CloudTrail/us-east-1/2026/11/20/a.json.gz"
	both(t, []string{read, "AWSLogs/traffic/dt=2026-11-20/part-00000.parquet", "AWSLogs/_runs/dt=2026-11-20/run.json"}, func(t *testing.T, root string, opt Options) {
		got, over := passed(t, []string{root + "AWSLogs"}, allDays, opt)
		equal(t, "objects", got, []string{root + read})
		if over.Objects > 0 {
			t.Error(over)
		}
	})
}
