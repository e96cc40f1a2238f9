package resolver

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/dated"
	"vpcetrail/report/table"
)

const (
	d   = day.Day(20777) // 2026-11-20
	vpc = "vpc-0a0000000000000a1"
)

// query returns a line. answers are addresses, or names for CNAME.
func query(at, client, name string, answers ...string) string {
	var records []string
	for _, a := range answers {
		kind := "A"
		switch {
		case strings.Contains(a, ":"):
			kind = "AAAA"
		case strings.HasSuffix(a, "."):
			kind = "CNAME"
		}
		records = append(records, fmt.Sprintf(`{"Rdata":%q,"Type":%q,"Class":"IN"}`, a, kind))
	}
	return fmt.Sprintf(`{"version":"1.1","account_id":"111122223333","region":"us-east-1","vpc_id":%q,"query_timestamp":%q,"query_name":%q,"query_type":"A","rcode":"NOERROR","answers":[%s],"srcaddr":"10.7.1.5","srcids":{"instance":%q}}`,
		vpc, at, name, strings.Join(records, ","), client)
}

// place writes an object as AWS names it, in the folder of a day.
func place(t *testing.T, dir string, of day.Day, name string, lines ...string) {
	t.Helper()
	folder := filepath.Join(dir, "AWSLogs/111122223333/vpcdnsquerylogs", vpc, strings.ReplaceAll(of.String(), "-", "/"))
	if err := os.MkdirAll(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	zip := gzip.NewWriter(&text)
	_, _ = zip.Write([]byte(strings.Join(lines, "\n") + "\n"))
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, vpc+"_vpcdnsquerylogs_111122223333_"+name+".log.gz"), text.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

func jobOf(from, to day.Day) *analyze.Job {
	return &analyze.Job{Window: day.Window{From: from, To: to}, Lateness: 1, Workers: 1, Disk: spill.NewDisk("")}
}

// read returns the rows of a day in words, what the manifest says, and the problems.
func read(t *testing.T, job *analyze.Job, dir string, of day.Day) (rows []string, w *report.Witness, problems []string) {
	t.Helper()
	defer job.Disk.Close()
	said, err := (&Logs{Logs: dated.Logs{Sources: []string{dir}}}).Read(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	for at := job.Window.From; at <= of; at++ {
		to := &report.Day{Day: at}
		if said.Add(to); at < of {
			continue
		}
		for row, err := range to.DNS {
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, fmt.Sprintf("%s %s %s: %s %q by %q, %d from %s to %s", row.VPCID, row.Client, row.Name, row.Service, row.Answered, row.EndpointID, row.Queries,
				time.UnixMilli(row.FirstSeen).UTC().Format(time.TimeOnly), time.UnixMilli(row.LastSeen).UTC().Format(time.TimeOnly)))
		}
		w = to.Witnesses[Flag]
	}
	if err := said.Problems(func(p string) { problems = append(problems, strings.ReplaceAll(p, dir+"/", "")) }); err != nil {
		t.Fatal(err)
	}
	return rows, w, problems
}

// logs writes two days.
func logs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	place(t, dir, d, "20261120T1000Z_0001",
		query("2026-11-20T10:00:00Z", "i-1", "sqs.us-east-1.amazonaws.com.", "10.7.1.20", "10.7.2.20"),
		query("2026-11-20T10:05:00Z", "i-1", "sqs.us-east-1.amazonaws.com.", "10.7.1.20"),
		query("2026-11-20T10:06:00Z", "i-1", "logs.s3.us-east-1.amazonaws.com.", "203.0.113.9"),
		query("2026-11-20T10:07:00Z", "i-1", "data.s3.us-east-1.amazonaws.com.", "203.0.113.10"),
		query("2026-11-20T10:08:00Z", "", "kms.us-east-1.amazonaws.com.", "203.0.113.11"),
		query("2026-11-20T10:09:00Z", "i-1", "queue.corp.example.", "vpce-0a0000000000000a1-abcd1234.sqs.us-east-1.vpce.amazonaws.com.", "10.7.1.20"),
		query("2026-11-20T10:10:00Z", "i-1", "www.example.com.", "203.0.113.80"),
		query("2026-11-19T23:59:59Z", "i-1", "sts.amazonaws.com.", "203.0.113.12"))
	place(t, dir, d, "20261120T2300Z_0002",
		query("2026-11-20T23:00:00Z", "i-2", "sts.amazonaws.com."),
		query("2026-11-20T23:00:01Z", "i-2", "vpce-0a0000000000000a1-abcd1234.sqs.us-east-1.vpce.amazonaws.com.", "10.7.1.20"),
		query("2026-11-20T23:00:02Z", "i-2", "ssm.us-east-1.amazonaws.com.", "198.51.100.20"),
		query("2026-11-20T23:00:03Z", "i-2", "ec2.us-east-1.amazonaws.com.", "127.0.0.1"))
	place(t, dir, d+1, "20261121T0000Z_0003", // late, and of the day before
		query("2026-11-20T23:59:59Z", "", "kms.us-east-1.amazonaws.com.", "fd00::20"),
		query("2026-11-21T00:00:00Z", "i-1", "sts.amazonaws.com.", "203.0.113.12"))
	return dir
}

var want = []string{
	vpc + ` 10.7.1.5 kms.us-east-1.amazonaws.com: kms.amazonaws.com "both" by "", 2 from 10:08:00 to 23:59:59`,
	vpc + ` i-1 *.s3.us-east-1.amazonaws.com: s3.amazonaws.com "public" by "", 2 from 10:06:00 to 10:07:00`,
	vpc + ` i-1 queue.corp.example: sqs.amazonaws.com "private" by "vpce-0a0000000000000a1", 1 from 10:09:00 to 10:09:00`,
	vpc + ` i-1 sqs.us-east-1.amazonaws.com: sqs.amazonaws.com "private" by "", 2 from 10:00:00 to 10:05:00`,
	vpc + ` i-2 ec2.us-east-1.amazonaws.com: ec2.amazonaws.com "" by "", 1 from 23:00:03 to 23:00:03`,
	vpc + ` i-2 ssm.us-east-1.amazonaws.com: ssm.amazonaws.com "public" by "", 1 from 23:00:02 to 23:00:02`,
	vpc + ` i-2 sts.amazonaws.com: sts.amazonaws.com "" by "", 1 from 23:00:00 to 23:00:00`,
	vpc + ` i-2 vpce-0a0000000000000a1-abcd1234.sqs.us-east-1.vpce.amazonaws.com: sqs.amazonaws.com "private" by "vpce-0a0000000000000a1", 1 from 23:00:01 to 23:00:01`,
}

// The rows of a day are the same for any number of workers, memory and window.
func TestRead(t *testing.T) {
	dir := logs(t)
	little := jobOf(d, d)
	little.Memory.Report = 1
	several := jobOf(d-3, d+1)
	several.Workers = 3
	for name, job := range map[string]*analyze.Job{"one day": jobOf(d, d), "little memory": little, "several days and workers": several} {
		rows, w, problems := read(t, job, dir, d)
		for i, row := range rows { // what callers choose is left out of the endpoint's own name, too
			rows[i] = strings.Replace(row, "*.sqs.us-east-1.vpce", "vpce-0a0000000000000a1-abcd1234.sqs.us-east-1.vpce", 1)
		}
		if !reflect.DeepEqual(rows, want) || problems != nil {
			t.Errorf("%s: got\n%s\n%q\nwant\n%s", name, strings.Join(rows, "\n"), problems, strings.Join(want, "\n"))
		}
		if !reflect.DeepEqual(w.Objects, map[ingest.Status]int64{ingest.OK: 3}) || !reflect.DeepEqual(w.Lines, map[string]int64{"queries": 11, "other_names": 1, "invalid": 0}) {
			t.Errorf("%s: %+v", name, w)
		}
	}
}

// An address of the VPC itself is private, whatever range the VPC has.
func TestPublicRangeOfTheVPC(t *testing.T) {
	job := jobOf(d, d)
	job.Network = network.New()
	job.Network.AddSweep(network.Sweep{Place: network.Place{Account: "111122223333", Region: "us-east-1"}, At: (d + 1).Time().UnixMilli()},
		[]network.Thing{{Kind: network.VPC, ID: vpc, CIDRs: []string{"198.51.100.0/24"}}})
	rows, _, _ := read(t, job, logs(t), d)
	if got := strings.Join(rows, "\n"); !strings.Contains(got, `ssm.us-east-1.amazonaws.com: ssm.amazonaws.com "private"`) || !strings.Contains(got, `s3.amazonaws.com "public"`) {
		t.Error(got)
	}
}

// An object that cannot be read to its end does not count, and is named. One with invalid lines
// counts.
func TestDamaged(t *testing.T) {
	dir := logs(t)
	good := query("2026-11-20T11:00:00Z", "i-9", "sqs.us-east-1.amazonaws.com.", "10.7.1.20")
	place(t, dir, d, "20261120T1100Z_0004", good, "{", "no JSON")
	place(t, dir, d, "20261120T1200Z_0005", "2 111122223333 eni-1 10.7.1.5 10.7.1.20 443 50123 6 8 1230 ACCEPT OK")
	folder := filepath.Join(dir, "AWSLogs/111122223333/vpcdnsquerylogs", vpc, "2026/11/20", vpc+"_vpcdnsquerylogs_111122223333_")
	cut, err := os.ReadFile(folder + "20261120T1000Z_0001.log.gz")
	if err == nil {
		err = os.WriteFile(folder+"20261120T1000Z_0001.log.gz", cut[:len(cut)-9], 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	rows, w, problems := read(t, jobOf(d, d), dir, d)
	all := strings.Join(rows, "\n")
	if strings.Contains(all, " i-1 ") || !strings.Contains(all, " i-9 ") {
		t.Error(all)
	}
	const name = "AWSLogs/111122223333/vpcdnsquerylogs/" + vpc + "/2026/11/20/" + vpc + "_vpcdnsquerylogs_111122223333_"
	wanted := []string{
		name + "20261120T1000Z_0001.log.gz: inflate: ends too early",
		name + "20261120T1100Z_0004.log.gz: 2 of 3 lines are not a query of the Resolver, the first at byte " + fmt.Sprint(len(good)+1),
		name + "20261120T1200Z_0005.log.gz: decode: no line is a query of the Resolver",
	}
	if !reflect.DeepEqual(problems, wanted) || !reflect.DeepEqual(w.Objects, map[ingest.Status]int64{ingest.OK: 2, ingest.InvalidRecords: 1, ingest.Truncated: 1, ingest.Corrupt: 1}) ||
		w.Lines["invalid"] != 2 {
		t.Errorf("%q\n%+v", problems, w)
	}
}

// An object holds queries of the day in its name and of the day before.
func TestQueriesOfOtherDays(t *testing.T) {
	dir := t.TempDir()
	place(t, dir, d, "20261120T1000Z_0001", query("2026-11-20T10:00:00Z", "i-1", "sts.amazonaws.com."), query("2020-11-20T10:00:00Z", "i-1", "sts.amazonaws.com."))
	rows, w, problems := read(t, jobOf(d, d), dir, d)
	if len(rows) != 1 || w.Lines["stray"] != 1 || len(problems) != 1 || !strings.Contains(problems[0], ": 1 line is of a day that is neither 2026-11-20, as its name says, nor up to 1 day before (see --lateness), such as 2020-11-20") {
		t.Errorf("%q %+v %q", rows, w, problems)
	}
	job := jobOf(day.All().From, day.All().To)
	defer job.Disk.Close()
	said, err := (&Logs{Logs: dated.Logs{Sources: []string{dir}}}).Read(t.Context(), job)
	if err != nil || len(said.Days) != 1 {
		t.Errorf("%v, %v", said, err)
	}
}

// A day is out of date once its source holds another object.
func TestSHA256(t *testing.T) {
	dir := logs(t)
	sum := func(of day.Day) string {
		t.Helper()
		job := jobOf(of, of)
		defer job.Disk.Close()
		text, err := (&Logs{Logs: dated.Logs{Sources: []string{dir}}}).SHA256(t.Context(), job, of)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	_, w, _ := read(t, jobOf(d-1, d+1), dir, d)
	before, other := sum(d), sum(d-2)
	if w.SHA256 != before {
		t.Errorf("the manifest has %s, and the source %s", w.SHA256, before)
	}
	place(t, dir, d+1, "20261121T0100Z_0009", query("2026-11-20T23:59:58Z", "i-1", "sts.amazonaws.com."))
	if sum(d) == before || sum(d-2) != other {
		t.Error("the sums do not follow the objects of the day")
	}
}

func TestSortedAsTheTable(t *testing.T) {
	job := jobOf(d, d)
	defer job.Disk.Close()
	said, err := (&Logs{Logs: dated.Logs{Sources: []string{logs(t)}}}).Read(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	to := &report.Day{Day: d}
	said.Add(to)
	var last *table.DNSRow
	for row, err := range to.DNS {
		if err != nil {
			t.Fatal(err)
		}
		if last != nil && table.DNS.Compare(last, row) >= 0 {
			t.Errorf("%+v before %+v", last, row)
		}
		copied := *row
		last = &copied
	}
}
