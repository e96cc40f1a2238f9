package engines

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/benchmarks/workload"
	"vpcetrail/classify/network"
	"vpcetrail/fixtures/trail"
	"vpcetrail/report/table"
)

// fixture is the report that all tests read, of a generated trail of more than a month.
// The trail ends yesterday, because the views look back from today. Its older days have
// the form of an older version of vpcetrail: see age.
var fixture struct {
	command string // the path of vpcetrail
	report  string
	days    []string
}

const (
	days  = 34 // more than the views' 30
	older = 12
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := setUp(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "engines:", err)
		code = 1
	}
	os.Exit(code)
}

func setUp(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "engines")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx := context.Background()
	if fixture.command, err = workload.Build(ctx, dir); err != nil {
		return 1, err
	}
	cfg := trail.Default()
	cfg.From = time.Now().UTC().AddDate(0, 0, -days)
	cfg.Days, cfg.Regions, cfg.Objects, cfg.Records = days, trail.RegionNames(1), 1, 150
	cfg.Late = 0 // nothing is delivered after the last day, where Athena does not look
	if _, err := trail.Generate(ctx, cfg, dir); err != nil {
		return 1, err
	}
	if err := carryIn(filepath.Join(dir, "trail"), time.Now().UTC().AddDate(0, 0, -3)); err != nil {
		return 1, err
	}
	fixture.report = filepath.Join(dir, "month")
	if err := writeNetwork(dir); err != nil {
		return 1, err
	}
	cmd := exec.Command(fixture.command, "analyze", filepath.Join(dir, "trail"), "--quiet",
		"--network", filepath.Join(dir, "network.json"), "--networks", filepath.Join(dir, "networks.yaml"),
		"--endpoints", filepath.Join(dir, "endpoints.json"), "--out", fixture.report)
	if said, err := cmd.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("analyze: %w\n%s", err, said)
	}
	if err := age(fixture.report); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// writeNetwork writes what the causes of calls follow from: a snapshot in which nothing has an
// address, and a named network of half of all addresses.
func writeNetwork(dir string) error {
	s := network.New()
	s.AddSweep(network.Sweep{Place: network.Place{Account: "111122223333", Region: "us-east-1"}, At: time.Now().UnixMilli()}, nil)
	text, err := s.Save()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "network.json"), text, 0o666)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "networks.yaml"), []byte("office: 0.0.0.0/1\n"), 0o666)
}

// carryIn adds a call that no generated trail has: a caller from a foreign account uses
// one of the trail's endpoints.
func carryIn(dir string, at time.Time) error {
	const account, region, endpoint = "111122223333", "us-east-1", "vpce-0241e69d3ed8bbcd7"
	folder := filepath.Join(dir, "AWSLogs", account, "CloudTrail", region, at.Format("2006/01/02"))
	record := fmt.Sprintf(`{"Records":[{"eventVersion":"1.11","userIdentity":{"type":"AWSAccount","principalId":"AIDAJ45Q7YFFAREXAMPLE","accountId":"999988887777"},
		"eventTime":"%sT12:00:00Z","eventSource":"s3.amazonaws.com","eventName":"PutObject","awsRegion":"%s","sourceIPAddress":"10.1.2.3","userAgent":"[aws-cli/2.18.14]",
		"requestParameters":{"bucketName":"their-bucket","key":"dump.gz"},"responseElements":null,"requestID":"CARRIEDIN0000001","eventID":"0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f1",
		"readOnly":false,"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"%s","vpcEndpointId":"%s","vpcEndpointAccountId":"%s","eventCategory":"Data"}]}`,
		at.Format(time.DateOnly), region, account, endpoint, account)
	name := fmt.Sprintf("%s_CloudTrail_%s_%sT1205Z_CarriedInByHand0.json", account, region, at.Format("20060102"))
	return os.WriteFile(filepath.Join(folder, name), []byte(record), 0o666)
}

// vpcetrail runs the command and returns its output.
func vpcetrail(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), fixture.command, args...).Output()
	if err != nil {
		t.Fatalf("vpcetrail %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// age gives the report's first days the form of an older version, which knew fewer
// columns and no resources, findings and causes.
func age(report string) error {
	folders, err := filepath.Glob(filepath.Join(report, "_runs", "dt=*"))
	if err != nil {
		return err
	}
	for i, folder := range folders {
		day := filepath.Base(folder)
		fixture.days = append(fixture.days, strings.TrimPrefix(day, "dt="))
		if i >= older {
			continue
		}
		for _, missing := range []string{"resources", "findings", "causes"} {
			if err := os.RemoveAll(filepath.Join(report, missing, day)); err != nil {
				return err
			}
		}
		if err := without(report, day, &table.Traffic, "errors", "session", "egress"); err != nil {
			return err
		}
		if err := without(report, day, &table.Principals, "services", "vpce_share", "last_seen"); err != nil {
			return err
		}
	}
	if len(folders) != days {
		return fmt.Errorf("the report has %d days, want %d", len(folders), days)
	}
	return nil
}

// without rewrites a day of a table without some columns, with the product's own writer.
func without[T any](report, day string, t *table.Table[T], columns ...string) error {
	rows, err := read(report, day, t)
	if err != nil {
		return err
	}
	fewer := *t
	fewer.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(c table.Column[T]) bool { return slices.Contains(columns, c.Name) })
	return write(report, day, &fewer, rows)
}

func read[T any](report, day string, t *table.Table[T]) (rows []T, err error) {
	data, err := os.ReadFile(filepath.Join(report, t.Name, day, "part-00000.parquet"))
	if err != nil {
		return nil, err
	}
	for row, err := range t.Decode(context.Background(), data) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, *row)
	}
	return rows, nil
}

func write[T any](report, day string, t *table.Table[T], rows []T) error {
	file, err := t.NewEncoder()
	if err != nil {
		return err
	}
	for i := range rows {
		if err := file.Add(&rows[i]); err != nil {
			return err
		}
	}
	data, err := file.Finish()
	if err != nil {
		return err
	}
	folder := filepath.Join(report, t.Name, day)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "part-00000.parquet"), data, 0o666)
}
