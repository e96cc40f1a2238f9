package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vpcetrail/cmd/vpcetrail/exit"
)

// Every wrong command line ends with exit code 2, before anything is written. One line
// says what is wrong and how to fix it.
func TestWrongUsage(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"trail/log.json": `{"Records": []}`,
		"list.json":      `{"Endpoints": []}`,
		"empty.json":     "",
		"text.json":      "{Hello!",
		"cut.json":       `{"VpcEndpoints": [`,
		"good.json":      `[]`,
		"bad-id.json":    `{"VpcEndpoints": [{"VpcEndpointId": "vpce-1"}]}`,
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	const (
		noSource    = "analyze needs a SOURCE: s3://bucket/prefix, lookup-events://REGION, a directory, a file, or -"
		noOut       = "--out is missing: name a directory or s3://bucket/prefix for the report"
		noInventory = "--endpoints: open missing.json: no such file or directory: make it once by vpcetrail endpoints --endpoints aws -o missing.json"
		noDate      = "--date is missing: an S3 source needs yesterday, a day, D..D or all"
	)
	empty := func(flag, command string) string {
		return "--" + flag + ": a value is empty: give one, or leave the flag out: see vpcetrail " + command + " --help"
	}
	noDest := func(name string) string {
		return name + ": neither s3:// nor a directory: want s3://bucket/prefix, or ./" + name + " for a directory of this name"
	}
	noPlace := func(name string) string {
		return name + ": neither s3:// nor lookup-events:// nor a path: want s3://bucket/prefix, lookup-events://REGION, or ./" + name + " for a path of this name"
	}
	for _, tc := range []struct{ line, want string }{
		{"anlyze", `unknown command "anlyze": see vpcetrail --help`},
		{"anlyze trail --out report", `unknown command "anlyze": see vpcetrail --help`},
		{"--frob", "unknown flag: --frob: see vpcetrail --help"},
		{"--frob analyze", "unknown flag: --frob: see vpcetrail --help"},
		{"analyze trail --output report", "unknown flag: --output: see vpcetrail analyze --help"},
		{"analyze trail -o report", "unknown shorthand flag: 'o' in -o: see vpcetrail analyze --help"},
		{"summary --lang fr report", `--lang "fr": want en or ja`},
		{"html --lang JA -o page.html report", `--lang "JA": want en or ja`},
		{"summary --workers 2 report", "unknown flag: --workers: see vpcetrail summary --help"},
		{"analyze trail --out", "flag needs an argument: --out: see vpcetrail analyze --help"},

		{"analyze", noSource},
		{"analyze --out report", noSource},
		{"analyze trail", noOut},
		{"analyze trail --out=", empty("out", "analyze")},
		{"analyze trail --out report --date=", empty("date", "analyze")},
		{"analyze trail --out report --regions=", empty("regions", "analyze")},
		{"analyze trail --out report --regions us-east-1,", empty("regions", "analyze")},
		{"analyze trail --out report --accounts=", empty("accounts", "analyze")},
		{"analyze trail --out report --own-accounts=", empty("own-accounts", "analyze")},
		{"analyze trail --out report --endpoints=", empty("endpoints", "analyze")},
		{"explain trail --regions=", empty("regions", "explain")},
		{"endpoints trail --date=", empty("date", "endpoints")},
		{"summary report --date=", empty("date", "summary")},
		{"summary report --from=", empty("from", "summary")},
		{"summary report --by day --where=", empty("where", "summary")},
		{"html report --out=", empty("out", "html")},
		{"merge a b --out c --date=", empty("date", "merge")},
		{"diff a --day= --day=", empty("day", "diff")},
		{"readiness report --resource=", empty("resource", "readiness")},

		{"verify", "verify needs a SOURCE: s3://bucket/prefix or a directory"},
		{"verify -", "-: has no digests: name s3://bucket/prefix or a directory"},
		{"verify lookup-events://us-east-1", "lookup-events://us-east-1: has no digests: name s3://bucket/prefix or a directory"},
		{"verify s3://trail", noDate},
		{"verify trail --format csv", `--format "csv": want text or json`},
		{"verify trail --workers 0", "--workers 0: want at least 1"},
		{"verify trail --memory 1MiB", "--memory 1MiB: want at least 64 MiB"},
		{"verify trail --allow modified", `--allow "modified": want pending, uncovered_kind, expired, gap, tail_missing, unlinked, unsigned_tail, unverified or outside_source`},
		{"verify trail --moved s3://old", `--moved "s3://old": want OLD=NEW, such as s3://old-bucket/prefix=s3://new-bucket/prefix`},
		{"verify trail --keys none.json", "--keys: open none.json: no such file or directory"},
		{"verify trail --keys text.json", "--keys: text.json: no file of public keys: invalid character 'H' looking for beginning of object key string: write one with vpcetrail verify --save-keys"},
		{"verify trail --report s3://bucket", "--report s3://bucket: names no file: want s3://bucket/key"},
		{"verify trail --save-keys gs://bucket/keys", "--save-keys gs://bucket/keys: is a URL: want a file, s3://bucket/key, or ./gs://bucket/keys for a file of this name"},
		{"verify trail --save-signatures s3://bucket/dir", "--save-signatures s3://bucket/dir: is a URL: want a file, or ./s3://bucket/dir for one of this name"},
		{"verify trail --expired-after 3", `--expired-after "3": want a number of days such as 30d: see vpcetrail verify --help`},

		{"analyze trail --out S3://bucket", noDest("S3://bucket")},
		{"analyze trail --out s3:/bucket", noDest("s3:/bucket")},
		{"analyze trail --out s3:bucket", noDest("s3:bucket")},
		{"analyze trail --out gs://bucket/prefix", noDest("gs://bucket/prefix")},
		{"analyze trail --out https://bucket.s3.amazonaws.com", noDest("https://bucket.s3.amazonaws.com")},
		{"analyze trail --out file:///report", noDest("file:///report")},
		{"merge a b --out gs://c", noDest("gs://c")},
		{"summary gs://bucket", noDest("gs://bucket")},
		{"html S3://bucket -o page.html", noDest("S3://bucket")},
		{"diff s3:/a b", noDest("s3:/a")},
		{"athena S3://bucket --engine duckdb", noDest("S3://bucket")},
		{"html report -o gs://bucket/page.html", "-o gs://bucket/page.html: is a URL: want a file, s3://bucket/key, or ./gs://bucket/page.html for a file of this name"},
		{"endpoints trail -o s3:/inventory.json", "-o s3:/inventory.json: is a URL: want a file, s3://bucket/key, or ./s3:/inventory.json for a file of this name"},
		{"endpoints trail --sse AES256", "--sse and --expected-out-owner are for -o s3://bucket/key"},
		{"network --network good.json -o n.json --expected-out-owner 111122223333", "--sse and --expected-out-owner are for -o s3://bucket/key"},
		{"metrics -o s3://b/m.json --sse AES256 --kms-key-id k", `--kms-key-id "k": give --sse aws:kms or aws:kms:dsse with it`},
		{"endpoints trail -o s3://b/e.json --expected-out-owner 1", `--expected-out-owner: "1" is not an account id of 12 digits`},
		{"audit report --policy good.json --junit https://x/y.xml", "--junit https://x/y.xml: is a URL: want a file, s3://bucket/key, or ./https://x/y.xml for a file of this name"},
		{"analyze gs://trail --out report", noPlace("gs://trail")},
		{"explain S3://trail", noPlace("S3://trail")},
		{"endpoints s3:/trail", noPlace("s3:/trail")},
		{"analyze s3://bucket --out report", noDate},
		{"analyze trail s3://bucket/prefix --out report", noDate},
		{"analyze lookup-events://ireland --out report",
			`lookup-events://ireland: "ireland" is no Region: write lookup-events://us-east-1, and choose days by --date`},
		{"analyze lookup-events://eu-west-1 --out report --date yesterday --restate 30d",
			"--restate compares listings, and lookup-events://eu-west-1 has none: run its days again by --date"},
		{"analyze trail --out report --date yesterday --restate-only", "--restate-only goes with a SOURCE and --restate DAYS"},
		{"analyze s3://org-trail --date all --out s3://org-trail/report", "--out s3://org-trail/report: lies inside SOURCE s3://org-trail and would be " +
			"listed with it: name the trail's own folder as SOURCE, such as AWSLogs, or choose another --out"},
		{"analyze list.json trail --out trail/report", "--out trail/report: lies inside SOURCE trail and would be " +
			"listed with it: name the trail's own folder as SOURCE, such as AWSLogs, or choose another --out"},
		{"summary", "summary takes one DEST, a directory or s3://bucket/prefix; got 0"},
		{"summary report report", "summary takes one DEST, a directory or s3://bucket/prefix; got 2"},

		{"summary report --format xml", `--format "xml": want table, csv, json or markdown`},
		{"summary report --format csv", "--format csv holds one table: choose it by --by"},
		{"summary report --by colour", `--by "colour": want one of principal, service, endpoint, resource, finding, account, region, day, bucket, name, measured`},
		{"summary report --where route=internet", "--where needs --by: it names columns of the table that --by reads"},
		{"summary report --changes --by day", "--changes compares two days, and --by adds up some: give one of them"},
		{"summary report --changes --format csv", "--format csv holds one table, and --changes shows several: give another format"},
		{"summary report --by day --where route", `--where "route": want column=value or column!=value`},
		{"summary report --by endpoint --where route=vpce", `--where "route=vpce": table endpoints has no column "route": it has dt, vpc_endpoint_id, account_id, region, ` +
			"service, endpoint_type, endpoint_owner, endpoint_account_id, vpc_id, service_name, private_dns, created, deleted, calls, denied, principals, foreign_principals, bytes, network_events, policy_denied, first_seen, last_seen"},
		{"summary report --top -1", "--top -1: want 0 for all, or more"},
		{"summary report --color mauve", `--color "mauve": want auto, always or never`},
		{"summary report --from today", `--from "today": want a day, YYYY-MM-DD, or yesterday`},
		{"summary report --to 2026-11-20..2026-11-21", `--to "2026-11-20..2026-11-21": want a day, YYYY-MM-DD, or yesterday`},
		{"summary report --from 2026-11-21 --to 2026-11-20", "--to 2026-11-20 is before --from 2026-11-21"},

		{"diff", "diff takes one DEST and two --day, or two DEST; got 0 DEST"},
		{"diff a b c", "diff takes one DEST and two --day, or two DEST; got 3 DEST"},
		{"diff a", "diff of one report needs two --day, the earlier first; got 0"},
		{"diff a --day 2026-11-20", "diff of one report needs two --day, the earlier first; got 1"},
		{"diff a --day 2026-11-20 --day 2026-11-20", "--day 2026-11-20 is given twice: want two different ones"},
		{"diff a b --day all --day all --day all", "--day is given 3 times: want two at most"},
		{"diff a b --day today", `--day: day "today": want YYYY-MM-DD: see vpcetrail diff --help`},
		{"diff a b --points few", `--points "few": want a number: see vpcetrail diff --help`},
		{"diff a b --points 101", "--points 101: want 0 to 100"},
		{"diff a b --format xml", `--format "xml": want table, csv, json or markdown`},

		{"replay report --resource arn:aws:s3:::a", "no policy: give --endpoint-policy, --scp, --rcp or --resource-policy, or --suggest"},
		{"replay report --resource-policy none.json", "--resource-policy and --resource belong together: give the policy, and the ARN of the resource that would have it"},
		{"replay report --suggest resource --resource bucket", `--resource "bucket": want an ARN, such as arn:aws:s3:::amzn-s3-demo-bucket`},
		{"replay report --suggest resource --resource arn:aws:s3:::a/*", `--resource "arn:aws:s3:::a/*": want one resource, such as a bucket, without wildcards`},
		{"replay report --suggest endpoint --endpoint vpce-1", `--endpoint: "vpce-1" is no endpoint id such as vpce-0a1b2c3d4e5f60718`},
		{"replay report --suggest scp", `--suggest "scp": want endpoint (with --endpoint) or resource (with --resource)`},
		{"replay report --suggest endpoint", "--suggest endpoint needs --endpoint alone: the ids of the endpoints that would have the policy"},
		{"replay report --suggest resource", "--suggest resource needs --resource alone: the ARN of the resource that would have the policy"},
		{"replay report --suggest resource --resource arn:aws:s3:::a --assume x", `--assume "x": want a key and its value, such as aws:PrincipalTag/team=sales, or no value for a key that no call has`},
		{"replay report --suggest resource --resource arn:aws:s3:::a --org-id x", `--org-id "x": want an organization's id such as o-a1b2c3d4e5`},
		{"replay report --suggest resource --resource arn:aws:s3:::a --management-account x", `--management-account "x": want an account id of 12 digits`},
		{"replay report --suggest resource --resource arn:aws:s3:::a --format yaml", `--format "yaml": want text or json`},
		{"replay", "replay takes a report (DEST) or a trail (SOURCE): a directory, a file, - for standard input, s3://bucket/prefix, or lookup-events://REGION"},
		{"readiness report --resource orders", `--resource "orders": want an ARN, such as arn:aws:s3:::amzn-s3-demo-bucket`},
		{"html report -o page.html --resource arn:aws:s3", `--resource "arn:aws:s3": want an ARN, such as arn:aws:s3:::amzn-s3-demo-bucket`},
		{"athena report", "report: Athena reads from S3 alone: give the report's place there as --location s3://bucket/prefix"},
		{"athena report --location https://x/y", `--location "https://x/y": Athena reads from S3 alone: want s3://bucket/prefix`},
		{"athena s3://", "s3://: names no bucket: want s3://bucket/prefix"},

		{"man", "man takes one DIR; got 0"},

		{"explain", "explain needs a SOURCE: a file, - for standard input, a directory, s3://bucket/prefix, or lookup-events://REGION"},
		{"explain --diff", "explain needs a SOURCE: a file, - for standard input, a directory, s3://bucket/prefix, or lookup-events://REGION"},
		{"explain s3://bucket", noDate},
		{"explain trail --format yaml", `--format "yaml": want text or json`},
		{"explain trail --date today", `--date: day "today": want YYYY-MM-DD: see vpcetrail explain --help`},
		{"explain trail --diff --event-id a,b,c", "--diff sets two records side by side: --event-id names 3"},
		{"explain trail --out report", "unknown flag: --out: see vpcetrail explain --help"},
		{"explain trail --event-id", "flag needs an argument: --event-id: see vpcetrail explain --help"},
		{"explain trail --event-id=", empty("event-id", "explain")},
		{"explain trail --accounts prod", `--accounts: "prod" is not an account id of 12 digits`},
		{"explain trail --lateness -1h", "--lateness -1h0m0s: want no negative time"},
		{"explain trail --endpoints missing.json", noInventory},
		{"explain lookup-events://ireland",
			`lookup-events://ireland: "ireland" is no Region: write lookup-events://us-east-1, and choose days by --date`},

		{"analyze trail --out report --date today", `--date: day "today": want YYYY-MM-DD: see vpcetrail analyze --help`},
		{"analyze trail --out report --date 2026-11-31", `--date: day "2026-11-31": want YYYY-MM-DD: see vpcetrail analyze --help`},
		{"analyze trail --out report --date 2026-11-20..", `--date: day "": want YYYY-MM-DD: see vpcetrail analyze --help`},
		{"analyze trail --out report --date 2026-11-20..2026-11-19",
			`--date: window "2026-11-20..2026-11-19": ends before it starts: see vpcetrail analyze --help`},
		{"analyze trail --out report --own-accounts 111122223333,1111-2222-3333",
			`--own-accounts: "1111-2222-3333" is not an account id of 12 digits, and no file`},
		{"analyze trail --out report --own-accounts trail", "--own-accounts: read trail: is a directory"},
		{"analyze trail --out report --own-accounts list.json",
			`--own-accounts: list.json: document 1 has no list "Accounts" with "Id" as text: ` +
				"give the whole output of aws organizations list-accounts, or one id a line"},
		{"analyze trail --out report --accounts prod", `--accounts: "prod" is not an account id of 12 digits`},
		{"analyze trail --out report --own-accounts dev", `--own-accounts: "dev" is not an account id of 12 digits, and no file`},
		{"analyze trail --out report --nat-price -1", "--nat-price -1: want US dollars a GB, 0 or more"},
		{"analyze trail --out report --shard auto --date yesterday", "--shard auto: every part must have the same days: give --date a day or D..D, resolved once for all parts"},
		{"analyze trail --out report --workers 0", "--workers 0: want at least 1"},
		{"analyze trail --out report --workers two", `--workers "two": want a whole number: see vpcetrail analyze --help`},
		{"analyze trail --out report --lateness 2d", `--lateness "2d": want a duration such as 24h: see vpcetrail analyze --help`},
		{"analyze trail --out report --lateness -1h", "--lateness -1h0m0s: want no negative time"},
		{"analyze trail --out report --log-format xml", `--log-format "xml": want text or json`},
		{"analyze trail --out report --format arrow", "--format lacks parquet, which reports are read in: want parquet, or parquet,arrow"},
		{"analyze trail --out report --format parquet,orc", `--format "orc": want parquet, or parquet,arrow`},
		{"analyze trail --out report --quiet=maybe", `--quiet "maybe": want true or false: see vpcetrail analyze --help`},
		{"analyze trail --out s3://", "s3://: names no bucket: want s3://bucket/prefix"},
		{"analyze s3:///prefix --date all --out report", "s3:///prefix: no bucket: write s3://bucket/prefix"},
		{"analyze trail --out report --sse kms", `--sse "kms": want AES256, aws:kms or aws:kms:dsse`},
		{"analyze trail --out report --sse AES256", "report: is a directory: --sse and --expected-out-owner are for s3://bucket/prefix"},
		{"merge a b --out report --expected-out-owner 111122223333", "report: is a directory: --sse and --expected-out-owner are for s3://bucket/prefix"},
		{"analyze trail --out report --kms-key-id k", `--kms-key-id "k": give --sse aws:kms or aws:kms:dsse with it`},
		{"analyze trail --out report --accounts prod --exclude-accounts dev", `--accounts: "prod" is not an account id of 12 digits`},
		{"summary s3:///prefix", "s3:///prefix: names no bucket: want s3://bucket/prefix"},

		{"analyze trail --out report --endpoints missing.json", noInventory},
		{"analyze trail --out report --endpoints trail", "--endpoints: read trail: is a directory"},
		{"analyze trail --out report --endpoints list.json",
			`--endpoints: list.json: line 1: neither "VpcEndpoints" nor "format" is in it: want the output of aws ec2 describe-vpc-endpoints, or of vpcetrail endpoints`},
		{"analyze trail --out report --endpoints bad-id.json",
			`--endpoints: bad-id.json: line 1: VpcEndpoints[0].VpcEndpointId: "vpce-1" is not vpce- and 8 or 17 hexadecimal digits`},
		{"analyze trail --out report --endpoints empty.json",
			"--endpoints: empty.json: line 1: it is empty: want the output of aws ec2 describe-vpc-endpoints, or of vpcetrail endpoints"},
		{"analyze trail --out report --endpoints cut.json",
			"--endpoints: cut.json: line 1: not JSON: it ends too early"},
		{"analyze trail --out report --endpoints text.json",
			"--endpoints: text.json: line 1: not JSON: invalid character 'H' looking for beginning of object key string"},
		{"analyze trail --out report --endpoints good.json,missing.json", noInventory},
		{"endpoints", "endpoints needs a SOURCE (s3://bucket/prefix, a directory, a file, - or lookup-events://REGION), or --endpoints"},
		{"endpoints s3://bucket", noDate},
		{"endpoints trail --endpoints cut.json", "--endpoints: cut.json: line 1: not JSON: it ends too early"},
		{"endpoints trail --out report", "unknown flag: --out: see vpcetrail endpoints --help"},
		{"analyze trail --out report --ip-ranges empty.json",
			"--ip-ranges: empty.json: not AWS's ip-ranges.json: at byte 0: unexpected end of JSON input"},
		{"analyze trail --out report --ip-ranges missing.json", "--ip-ranges: open missing.json: no such file or directory"},
		{"analyze trail --out report --ip-ranges list.json",
			`--ip-ranges: list.json: not AWS's ip-ranges.json: "createDate" or "prefixes" is missing`},
	} {
		f := vpcetrail(t.Context(), strings.Fields(tc.line)...)
		if want := "vpcetrail: " + tc.want + "\n"; f.code != exit.Usage || f.out != "" || f.errOut != want {
			t.Errorf("vpcetrail %s\nexit code %d, stdout %q\n got %swant %s", tc.line, f.code, f.out, f.errOut, want)
		}
	}
	if _, err := os.Stat("report"); !os.IsNotExist(err) {
		t.Errorf("a report was begun: %v", err)
	}
}
