package event

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCapturedContainers reads records that others captured in real accounts, if they are
// stored beside the repository. The counts come from jq: the length of the array, one for
// a single record, the number of lines.
func TestCapturedContainers(t *testing.T) {
	const captured = "../../../shared/data"
	if _, err := os.Stat(captured); err != nil {
		t.Skip("no captured records beside the repository")
	}
	for name, want := range map[string]int{
		"lookup-events/plaso-aws_cloudtrail.jsonl": 2,

		"eventbridge/event-cloud-trail-create-bucket.json":                1,
		"eventbridge/event-cloud-trail-create-db.json":                    1,
		"eventbridge/event-cloud-trail-create-volume.json":                1,
		"eventbridge/event-cloud-trail-hsm-create-cluster.json":           1,
		"eventbridge/event-cloud-trail-run-instance-creator-assumed.json": 1,
		"eventbridge/event-cloud-trail-run-instances.json":                1,
		"eventbridge/event-cloud-trail-s3.json":                           1,
		"eventbridge/event-cloud-trail-tag-rest-stage.json":               1,

		"stratus-red-team/aws.credential-access.ec2-get-password-data.json":           34,
		"stratus-red-team/aws.credential-access.secretsmanager-retrieve-secrets.json": 21,
		"stratus-red-team/aws.defense-evasion.cloudtrail-event-selectors.json":        1,
		"stratus-red-team/aws.defense-evasion.organizations-leave.json":               3,
		"stratus-red-team/aws.execution.ec2-launch-unusual-instances.json":            3,
		"stratus-red-team/aws.execution.ssm-start-session.json":                       29,
		"stratus-red-team/aws.exfiltration.ec2-share-ebs-snapshot.json":               1,
		"stratus-red-team/aws.initial-access.console-login-without-mfa.json":          1,
		"stratus-red-team/aws.persistence.iam-backdoor-role.json":                     1,
		"stratus-red-team/aws.persistence.iam-create-backdoor-role.json":              2,
		"stratus-red-team/aws.persistence.lambda-layer-extension.json":                1,
		"stratus-red-team/aws.persistence.sts-federation-token.json":                  2,

		"as-delivered/111111111111_CloudTrail_eu-central-1_20171211T1505Z_A6kvhMoVeCsc7v8U.json.gz": 2,
	} {
		t.Run(name, func(t *testing.T) {
			doc := readCaptured(t, filepath.Join(captured, name))
			agree(t, doc)
			all, err := scanAll(bytes.NewReader(doc), doc)
			if err != nil || len(all) != want {
				t.Fatalf("%d records, want %d; %v", len(all), want, err)
			}
			for _, s := range all {
				if s.Problem != "" || s.Text["eventID"] == "" || s.Text["eventSource"] == "" || s.Text["sourceIPAddress"] == "" {
					t.Errorf("record at byte %d: %q %v", s.Offset, s.Problem, s.Text)
				}
			}
		})
	}
	refused := filepath.Join(captured, "ip-ranges-2026-08-22.json.gz")
	if doc := readCaptured(t, refused); len(doc) > 0 {
		if _, err := scanAll(bytes.NewReader(doc), doc); err != ErrNotCloudTrail {
			t.Errorf("address ranges: %v", err)
		}
	}
}

// readCaptured returns the text of a file. It inflates it if the name says so.
func readCaptured(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var text io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if text, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	doc, err := io.ReadAll(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
