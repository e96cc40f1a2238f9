package layout

import (
	"strings"
	"testing"

	"vpcetrail/ingest/day"
)

const acct = "123456789012"

func keyOn(account, region, folder, date string) Key {
	k := Key{Account: account, Region: region, Folder: folder}
	if date != "" {
		d, err := day.Parse(date)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		k.Day, k.HasDay = d, true
	}
	return k
}

var keyCases = []struct {
	name string
	key  string
	want Key
}{
	{"plain trail", "AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/20/123456789012_CloudTrail_us-east-1_20261120T0005Z_A6kvhMoVeCsc7v8U.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-20")},
	{"prefix", "audit/eu/AWSLogs/123456789012/CloudTrail/eu-west-3/2026/11/20/x.json.gz", keyOn(acct, "eu-west-3", "CloudTrail", "2026-11-20")},
	{"organization", "AWSLogs/o-a1b2c3d4e5/123456789012/CloudTrail/us-east-1/2026/11/20/x.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-20")},
	{"organization with prefix", "p/AWSLogs/o-a1b2c3d4e5/123456789012/CloudTrail/us-east-1/2026/11/20/x.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-20")},
	{"control tower", "o-a1b2c3d4e5/AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/20/x.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-20")},
	{"control tower, the id twice", "o-a1b2c3d4e5/AWSLogs/o-a1b2c3d4e5/123456789012/CloudTrail/us-east-1/2026/11/20/x.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-20")},
	{"network activity", "AWSLogs/123456789012/CloudTrail-NetworkActivity/us-east-1/2026/11/20/x.json.gz", keyOn(acct, "us-east-1", "CloudTrail-NetworkActivity", "2026-11-20")},
	{"digest", "AWSLogs/123456789012/CloudTrail-Digest/us-east-1/2026/11/20/123456789012_CloudTrail-Digest_us-east-1_trail_us-east-1_20261120T000500Z.json.gz", keyOn(acct, "us-east-1", "CloudTrail-Digest", "")},
	{"insight", "AWSLogs/123456789012/CloudTrail-Insight/us-east-1/2026/11/20/x.json.gz", keyOn(acct, "", "CloudTrail-Insight", "")},
	{"another service", "AWSLogs/123456789012/vpcflowlogs/us-east-1/2026/11/20/x.log.gz", keyOn(acct, "", "", "")},
	{"s3 url", "s3://logs/AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/20/x.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-20")},
	{"bucket named as a folder of the layout", "s3://AWSLogs/123456789012/x.json.gz", Key{}},
	{"path", "/srv/trail/AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/20/x.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-20")},
	{"folder between AWSLogs and the account", "AWSLogs/suffix/123456789012/CloudTrail/us-east-1/2026/11/20/x.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-20")},
	{"folders between AWSLogs and the account", "p/AWSLogs/team/audit/o-a1b2c3d4e5/123456789012/CloudTrail/us-east-1/2026/11/20/x.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-20")},
	{"another service, a folder between", "AWSLogs/suffix/123456789012/vpcflowlogs/us-east-1/2026/11/20/x.log.gz", keyOn(acct, "", "", "")},
	{"hive's flow logs", "AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/123456789012/CloudTrail/x.json.gz", Key{}},
	{"govcloud", "AWSLogs/123456789012/CloudTrail/us-gov-west-1/2026/11/20/x.json.gz", keyOn(acct, "us-gov-west-1", "CloudTrail", "2026-11-20")},
	{"china", "AWSLogs/123456789012/CloudTrail/cn-northwest-1/2026/11/20/x.json.gz", keyOn(acct, "cn-northwest-1", "CloudTrail", "2026-11-20")},
	{"file in the bucket's root", "123456789012_CloudTrail_eu-central-1_20171211T1505Z_A6kvhMoVeCsc7v8U.json.gz", keyOn(acct, "eu-central-1", "CloudTrail", "2017-12-11")},
	{"no underscore before the unique part", "123456789012_CloudTrail_eu-central-1_20171211T1505ZA6kvhMoVeCsc7v8U.json.gz", keyOn(acct, "eu-central-1", "CloudTrail", "2017-12-11")},
	{"flat copy below a prefix", "copy/123456789012_CloudTrail_us-east-1_20261120T0005Z_A.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-20")},
	{"flat network activity", "123456789012_CloudTrail-NetworkActivity_us-east-1_20261120T0005Z_A.json.gz", keyOn(acct, "us-east-1", "CloudTrail-NetworkActivity", "2026-11-20")},
	{"folder and file disagree", "AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/21/210987654321_CloudTrail_us-west-2_20261120T2359Z_A.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-21")},
	{"copy without AWSLogs", "copy/123456789012/CloudTrail/us-east-1/2026/11/20/x.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-20")},
	{"copy of the folder alone", "CloudTrail/us-east-1/2026/11/20/x.json.gz", keyOn("", "us-east-1", "CloudTrail", "2026-11-20")},
	{"prefix named CloudTrail", "CloudTrail/AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/20/x.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-20")},
	{"prefix of twelve digits", "210987654321/AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/20/x.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-20")},
	{"twelve digits that are no account", "202611201505/x.json.gz", Key{}},
	{"day and hour folders", "AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/20/07/x.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "2026-11-20")},
	{"no such day", "AWSLogs/123456789012/CloudTrail/us-east-1/2026/02/30/x.json.gz", Key{}},
	{"no such day, the file tells", "123456789012_CloudTrail_us-east-1_20260230T0005Z_A.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "")},
	{"month folder", "AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/x.json.gz", keyOn(acct, "us-east-1", "CloudTrail", "")},
	{"eleven digits", "AWSLogs/12345678901/CloudTrail/us-east-1/2026/11/20/x.json.gz", Key{}},
	{"other file", "notes/readme.json", Key{}},
	{"standard input", "-", Key{}},
	{"nothing", "", Key{}},
}

func TestParseKey(t *testing.T) {
	for _, tc := range keyCases {
		t.Run(tc.name, func(t *testing.T) {
			if got := ParseKey(tc.key); got != tc.want {
				t.Errorf("ParseKey(%q)\n got %+v\nwant %+v", tc.key, got, tc.want)
			}
		})
	}
}

// FuzzParseKey checks two invariants: a Key holds nothing that is not in the name, and
// the folders above the layout change nothing.
func FuzzParseKey(f *testing.F) {
	for _, tc := range keyCases {
		f.Add(tc.key)
	}
	f.Fuzz(func(t *testing.T, name string) {
		k := ParseKey(name)
		for _, part := range []string{k.Account, k.Region, k.Folder} {
			if !strings.Contains(name, part) {
				t.Errorf("%q is not in %q", part, name)
			}
		}
		if k.Account != "" && !isAccount(k.Account) || k.Region != "" && !IsRegion(k.Region) || k.Folder != "" && !isTrailFolder(k.Folder) {
			t.Errorf("%q gives %+v", name, k)
		}
		if digits := strings.ReplaceAll(k.Day.String(), "-", ""); k.HasDay && !strings.Contains(strings.ReplaceAll(name, "/", ""), digits) {
			t.Errorf("day %s is not in %q", k.Day, name)
		}
		if strings.HasPrefix(name, "s3://") {
			return
		}
		for _, above := range []string{"prefix/", "s3://bucket/"} {
			if got := ParseKey(above + name); got != k {
				t.Errorf("%s%s gives %+v, without the prefix %+v", above, name, got, k)
			}
		}
	})
}

// A folder that AWS names by the day, and prefixes of the user that are a date.
func TestHasDays(t *testing.T) {
	for dir, want := range map[string]bool{
		"s3://logs/p/111122223333/eu-west-1/logged/":    true,
		"111122223333/eu-west-1/logged/":                true,
		"AWSLogs/111122223333/vpcdnsquerylogs/vpc-1/":   true,
		"logs/AWSLogs/111122223333/S3ServerAccessLogs/": true,
		"logs/":                                         false,
		"logs/AWSLogs/111122223333/":                    false,
		"s3://logs/111122223333/":                       false,
		"s3://logs/111122223333/logged/":                false,
		"s3://logs/111122223333/team/logged/":           false,
		"s3://logs/2025/01/01/":                         false,
		"s3://logs/111122223333/eu-west-1/logged/2025/": false,
		"": false,
	} {
		if got := HasDays(dir); got != want {
			t.Errorf("%s: %v", dir, got)
		}
	}
}
