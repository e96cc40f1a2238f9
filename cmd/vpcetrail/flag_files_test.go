package main

import (
	"net/http"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/ingest/day"
)

// The files that flags name may be in S3: each command finds there what it finds on disk, and
// writes what it writes on disk.
func TestFilesOfFlagsInS3(t *testing.T) {
	local := t.TempDir()
	saved, inventory := filepath.Join(local, "network.json"), filepath.Join(local, "endpoints.json")
	mustRun(t, 0, "network", "--network", detours+"network.json", "-o", saved, "--quiet")
	mustRun(t, 0, "endpoints", "--endpoints", detours+"network.json", "-o", inventory, "--quiet")
	accounts := filepath.Join(local, "accounts.txt")
	if err := os.WriteFile(accounts, []byte("444455556666\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	explain := func(dir string) string {
		return mustRun(t, 0, "explain", detours+"AWSLogs", "--network", dir+"/network.json", "--networks", dir+"/networks.yaml",
			"--endpoints", dir+"/endpoints.json", "--own-accounts", dir+"/accounts.txt", "--format", "json").out
	}
	names, err := os.ReadFile(detours + "networks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(local, "networks.yaml"), names, 0o666); err != nil {
		t.Fatal(err)
	}
	want := explain(local)
	eachServer(t, func(t *testing.T, s *s3Server) {
		setAWS(t, s)
		s.put(t, local, "flags/")
		const given = "s3://" + trailBucket + "/flags"
		f := mustRun(t, 0, "network", "--network", given+"/network.json", "-o", "s3://audit-reports/flags/network.json")
		if !strings.HasPrefix(f.out, "s3://audit-reports/flags/network.json: 1 sweeps") {
			t.Errorf("network says %s", f.out)
		}
		mustRun(t, 0, "endpoints", "--endpoints", given+"/network.json", "-o", "s3://audit-reports/flags/endpoints.json", "--quiet")
		for _, name := range []string{"network.json", "endpoints.json"} {
			if got, want := s.get(t, "flags/"+name), tree(t, local)[name]; got != want {
				t.Errorf("%s is %.200s, want %.200s", name, got, want)
			}
		}
		if got := explain(given); got != want {
			t.Errorf("explain says\n%.500s\nwant\n%.500s", got, want)
		}
	})
}

// So it is for the commands that read a report.
func TestFilesOfReportCommandsInS3(t *testing.T) {
	const bucket, workshop = "arn:aws:s3:::amzn-s3-demo-restricted", "../../fixtures/workshop/"
	dir := t.TempDir()
	local, out := filepath.Join(dir, "files"), filepath.Join(dir, "report")
	mustRun(t, 0, "analyze", workshop+"AWSLogs", "--network", workshop+"network.json", "--date", "all", "--out", out, "--quiet")
	if err := os.Mkdir(local, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"prices.yaml":   mustRun(t, 0, "recommend", "--example", "prices").out,
		"metrics.json":  `{"format":"vpcetrail-metrics","version":1,"endpoints":[]}`,
		"networks.yaml": "office: [198.51.100.0/24]\n",
		"scp.json":      `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}`,
	} {
		if err := os.WriteFile(filepath.Join(local, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"audit.yaml", "network.json", "restricted-bucket-policy.json"} {
		text, err := os.ReadFile(workshop + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(local, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	asked := func(dir string) (answers []string) {
		for _, args := range [][]string{
			{"audit", out, "--policy", dir + "/audit.yaml"},
			{"readiness", out, "--resource", bucket, "--policy", dir + "/restricted-bucket-policy.json", "--networks", dir + "/networks.yaml", "--exempt", "office"},
			{"recommend", out, "--prices", dir + "/prices.yaml", "--metrics", dir + "/metrics.json", "--network", dir + "/network.json", "--policy", dir + "/scp.json"},
			{"replay", out, "--scp", dir + "/scp.json"},
		} {
			f := vpcetrail(t.Context(), args...)
			answers = append(answers, f.out+f.errOut)
		}
		return answers
	}
	want := asked(local)
	page, junit := filepath.Join(dir, "page.html"), filepath.Join(dir, "audit.xml")
	mustRun(t, 0, "html", out, "-o", page)
	vpcetrail(t.Context(), "audit", out, "--policy", local+"/audit.yaml", "--junit", junit)
	eachServer(t, func(t *testing.T, s *s3Server) {
		setAWS(t, s)
		s.put(t, local, "flags/")
		const given, written = "s3://" + trailBucket + "/flags", "s3://audit-reports/flags"
		for i, got := range asked(given) {
			if got = strings.ReplaceAll(got, given, local); got != want[i] || got == "" {
				t.Errorf("got\n%.700s\nwant\n%.700s", got, want[i])
			}
		}
		mustRun(t, 0, "html", out, "-o", written+"/page.html")
		vpcetrail(t.Context(), "audit", out, "--policy", given+"/audit.yaml", "--junit", written+"/audit.xml")
		for name, path := range map[string]string{"page.html": page, "audit.xml": junit} {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.get(t, "flags/"+name); got != string(text) {
				t.Errorf("%s is %.200s, want %.200s", name, got, text)
			}
		}
	})
}

// A bucket may require that each write names a key, or be another account's.
func TestSnapshotsNameTheirKeyInS3(t *testing.T) {
	s := newS3(t)
	startMeasured(t, day.Of(time.Now())-1)
	t.Setenv("AWS_ENDPOINT_URL_S3", s.url)
	var got http.Header
	s.do(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			got = r.Header
		}
		return false
	})
	for _, line := range []string{
		"endpoints --endpoints " + detours + "network.json", "network --network " + detours + "network.json", "metrics --regions us-east-1 --yes",
	} {
		got = nil
		args := strings.Fields(line + " -o s3://audit-reports/f.json --sse aws:kms --kms-key-id alias/reports --expected-out-owner 111122223333")
		mustRun(t, 0, args...)
		for name, want := range map[string]string{
			"Server-Side-Encryption": "aws:kms", "Server-Side-Encryption-Aws-Kms-Key-Id": "alias/reports", "Expected-Bucket-Owner": "111122223333",
		} {
			if value := got.Get("X-Amz-" + name); value != want {
				t.Errorf("%s: %s is %q, want %s", line, name, value, want)
			}
		}
	}
}

func TestFilesOfFlagsThatCannotBeUsed(t *testing.T) {
	s := newS3(t)
	s.do(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Path, "denied") && refuse(w, http.StatusForbidden, "AccessDenied", "Access Denied")
	})
	for _, tc := range []struct {
		code int
		args string
		want string
	}{
		{2, "network --network s3://audit-reports/none.json", "--network: s3://audit-reports/none.json: open: there is no such object: see its name: make it once by vpcetrail network --network aws -o s3://audit-reports/none.json"},
		{2, "network --network s3://audit-reports/", "--network: s3://audit-reports/: names no file: want s3://bucket/key"},
		{2, "network --network https://example.com/n.json", "--network: https://example.com/n.json: is a URL: want a file, s3://bucket/key, or ./https://example.com/n.json for a file of this name"},
		{2, "explain - --networks s3://audit-reports/none.yaml", "--networks: s3://audit-reports/none.yaml: open: there is no such object: see its name"},
		{2, "explain - --endpoints s3://no-such-bucket/e.json", "--endpoints: s3://no-such-bucket/e.json: open: there is no bucket of this name"},
		{2, "explain - --own-accounts s3://audit-reports/none.txt", "--own-accounts: s3://audit-reports/none.txt: open: there is no such object: see its name"},
		{1, "explain - --ip-ranges s3://audit-reports/denied.json", "--ip-ranges: s3://audit-reports/denied.json: open: AccessDenied: Access Denied: allow s3:GetObject on it"},
		{2, "network --network s3://arn:aws:s3:us-east-1:111122223333:accesspoint:/n.json", "--network: s3://arn:aws:s3:us-east-1:111122223333:accesspoint:/n.json: open: "},
		{2, "network --network " + detours + "network.json -o s3://audit-reports/folder/", "-o s3://audit-reports/folder/: names no file: want s3://bucket/key"},
		{1, "network --network " + detours + "network.json -o s3://audit-reports/denied.json", "s3://audit-reports/denied.json: write: AccessDenied: Access Denied: allow s3:PutObject on it"},
		{1, "endpoints --endpoints " + detours + "network.json -o s3://no-such-bucket/e.json", "s3://no-such-bucket/e.json: write: there is no bucket of this name"},
	} {
		if f := mustRun(t, tc.code, strings.Fields(tc.args)...); !strings.HasPrefix(f.errOut, "vpcetrail: "+tc.want) || f.out != "" {
			t.Errorf("%s says %s%s, want %s", tc.args, f.out, f.errOut, tc.want)
		}
	}
}

// A file that could not be read may be readable the next time: schedulers try again after status 1
// alone.
func TestFilesOfFlagsThatAreNotReadable(t *testing.T) {
	s := newS3(t)
	refusals := map[string]struct {
		status  int
		message string
	}{
		"SlowDown": {http.StatusServiceUnavailable, "Please reduce your request rate."}, "InternalError": {http.StatusInternalServerError, "We encountered an internal error."},
		"ExpiredToken": {http.StatusForbidden, "The provided token has expired."}, "AccessDenied": {http.StatusForbidden, "Access Denied"},
	}
	s.do(func(w http.ResponseWriter, r *http.Request) bool {
		code := path.Base(r.URL.Path)
		refused, ok := refusals[code]
		return ok && isGet(r) && refuse(w, refused.status, code, refused.message)
	})
	const file = "s3://audit-reports/"
	reads := []string{
		"analyze trail --out out --endpoints FILE", "analyze trail --out out --own-accounts FILE", "analyze trail --out out --network FILE",
		"analyze trail --out out --networks FILE", "analyze trail --out out --ip-ranges FILE", "analyze trail --out out --metrics FILE",
		"analyze trail --out out --verify report --keys FILE", "endpoints --endpoints FILE", "network --network FILE", "explain - --endpoints FILE",
		"verify trail --keys FILE", "audit out --policy FILE", "readiness out --resource arn:aws:s3:::a --policy FILE",
		"recommend out --prices FILE", "replay out --scp FILE",
	}
	fails := func(line, name, want string) {
		t.Helper()
		args := strings.Fields(strings.ReplaceAll(line, "FILE", name))
		if f := mustRun(t, exit.Failed, args...); !strings.Contains(f.errOut, want) || f.out != "" {
			t.Errorf("%s says %s%s, want %s", args, f.out, f.errOut, want)
		}
	}
	for code, refused := range refusals {
		fails("analyze trail --out out --endpoints FILE", file+code, code+": "+refused.message)
	}
	for _, line := range reads {
		fails(line, file+"SlowDown", file+"SlowDown: open: SlowDown")
	}
	if runtime.GOOS == "linux" { // the first page of a process is not mapped
		fails("analyze trail --out out --own-accounts FILE", "/proc/self/mem", "--own-accounts: read /proc/self/mem: input/output error")
	}
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	fails("endpoints --endpoints FILE", file+"e.json", "connection refused")
	notThere(t, "out")
}
