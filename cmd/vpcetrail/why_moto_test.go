package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/classify/network"
	"vpcetrail/ingest/day"
)

// publicAddress is in place of the address of the NAT gateway: moto's are loopback addresses.
const publicAddress = "203.0.113.7"

// sweep asks moto for the network and writes it as if everything had been made long ago: what was made
// after a day proves nothing about its calls.
func sweep(t *testing.T, d detour, file string) *network.Snapshot {
	t.Helper()
	mustRun(t, 0, "network", "--network", "aws", "--regions", "us-east-1", "-o", file, "--quiet")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	for i, line := range lines { // moto gives the interface of a NAT gateway the address too, and not its type
		if bytes.Contains(line, []byte(`"kind":"nat_gateway"`)) {
			lines[i] = bytes.ReplaceAll(line, []byte(`"`+d.address+`"`), []byte(`"`+publicAddress+`"`))
		}
	}
	text = bytes.Join(lines, nil)
	text = regexp.MustCompile(`"since":"[^"]*"`).ReplaceAll(text, []byte(`"since":"2020-01-01T00:00:00Z"`))
	if err := os.WriteFile(file, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return readSnapshot(t, file)
}

// callOf returns the record of a call on day d from an address, by an endpoint if one is given.
func callOf(d day.Day, id, service, address, endpoint string) string {
	by := ""
	if endpoint != "" {
		by = `"vpcEndpointId":"` + endpoint + `","vpcEndpointAccountId":"123456789012",`
	}
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/worker/x","accountId":"123456789012",`+
		`"sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::123456789012:role/worker","accountId":"123456789012"}}},`+
		`"eventTime":%q,"eventSource":"%s.amazonaws.com","eventName":"Get","awsRegion":"us-east-1","sourceIPAddress":%q,%s"eventID":%q,"eventType":"AwsApiCall",`+
		`"recipientAccountId":"123456789012","tlsDetails":{"clientProvidedHostHeader":"%s.us-east-1.amazonaws.com"}}`,
		d.Time().Add(10*time.Hour).Format(time.RFC3339), service, address, by, fmt.Sprint(d, id), service)
}

func writeTrail(t *testing.T, name string, records ...string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(`{"Records":[`+strings.Join(records, ",")+`]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// The printed commands create the endpoints, and the calls of the next day take them. moto does
// not switch private DNS on: the records of the next day are as if it had.
func TestPrintedCommandsMoveCalls(t *testing.T) {
	switch _, err := exec.LookPath("aws"); {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal("aws is not on PATH")
	case err != nil:
		t.Skip("aws, the AWS CLI, is not on PATH: .ci/run installs it, from PyPI")
	}
	startMoto(t, "nowhere")
	d := makeDetour(t, "us-east-1")
	dir := t.TempDir()
	out, before, after := day.Of(time.Now())-2, filepath.Join(dir, "before.json"), filepath.Join(dir, "after.json")
	report := filepath.Join(dir, "out")

	sweep(t, d, before)
	trail := writeTrail(t, filepath.Join(dir, "1.json"), callOf(out, "a", "sqs", publicAddress, ""), callOf(out, "b", "sqs", publicAddress, ""), callOf(out, "c", "s3", publicAddress, ""))
	mustRun(t, 0, "analyze", trail, "--network", before, "--out", report, "--quiet")
	fix := mustRun(t, 0, "why", report, "--fix", "cli").out
	// The last step is a comment, to be run once the endpoint works.
	cmd := exec.Command("sh", "-e", "-c", regexp.MustCompile(`(?m)^# (aws )`).ReplaceAllString(fix, "$1"))
	// AWS CLI 1 takes an empty AWS_PROFILE for a name.
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return v == "AWS_PROFILE=" || v == "AWS_SESSION_TOKEN=" }), "AWS_PAGER=")
	if shown, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(shown), "vpce-") {
		t.Fatalf("%v\n%s\n%s", err, shown, fix)
	}

	byService := map[string]*network.Thing{}
	for _, e := range sweep(t, d, after).View(out+1, nil).Endpoints() {
		byService[e.Service] = e
	}
	s3, sqs := byService["com.amazonaws.us-east-1.s3"], byService["com.amazonaws.us-east-1.sqs"]
	if s3 == nil || sqs == nil || s3.VPC != d.vpc || sqs.VPC != d.vpc || len(s3.Tables) != 1 || s3.Tables[0] != d.table || len(sqs.Groups) != 1 {
		t.Fatalf("made: %+v, %+v\n%s", s3, sqs, fix)
	}
	trail = writeTrail(t, filepath.Join(dir, "2.json"), callOf(out+1, "a", "sqs", "10.7.1.5", sqs.ID), callOf(out+1, "b", "sqs", "10.7.1.5", sqs.ID), callOf(out+1, "c", "s3", "10.7.1.5", s3.ID))
	mustRun(t, 0, "analyze", trail, "--network", after, "--out", report, "--quiet")

	if moved := mustRun(t, 0, "diff", report, "--day", out.String(), "--day", (out + 1).String()).out; !strings.Contains(moved, "calls past the endpoint 3 to 0, share by endpoint 0.0 % to 100.0 %") {
		t.Errorf("diff says\n%s", moved)
	}
	look := regexp.MustCompile(`(?m)^# +vpcetrail (why .*)$`).FindAllStringSubmatch(fix, -1)
	for _, line := range append(look, []string{"", "why " + report + " --date yesterday"}) {
		if left := mustRun(t, 0, strings.Fields(line[1])...).out; len(look) != 2 || !strings.Contains(left, ": no call ") {
			t.Errorf("%s says of the next day\n%s", line[1], left)
		}
	}
	if both := mustRun(t, 0, "why", report).out; strings.Count(both, "shows this change already") != 2 {
		t.Errorf("why says of both days\n%s", both)
	}
}
