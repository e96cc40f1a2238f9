package list

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestLists(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"trail/AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/20/a.json", "trail/reports/old", "file.json", "else/where"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, nil, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link": "trail/reports", "linked": "trail"} {
		if err := os.Symlink(filepath.FromSlash(to), link); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		arg, folder string
		want        bool
	}{
		{"s3://b", "s3://b", true},
		{"s3://b/", "s3://b/reports", true},
		{"s3://b/prefix", "s3://b/prefix/reports/", true},
		{"s3://b/prefix/", "s3://b/prefix", true},
		{"s3://b/AWSLogs/123456789012/CloudTrail/us-east-1", "s3://b/AWSLogs/123456789012/CloudTrail/us-east-1/reports", true},
		{"s3://b/AWSLogs/123456789012/vpcflowlogs", "s3://b/AWSLogs/123456789012/vpcflowlogs", true}, // it is read if it is the SOURCE
		{"s3://b", "s3://b/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", true},                         // its depth would end the listing

		{"s3://b/AWSLogs/", "s3://b/reports", false},
		{"s3://b/AWSLogs", "s3://b", false},
		{"s3://b", "s3://b2/reports", false},
		{"s3://b/prefix", "s3://b/prefix2/reports", false},
		{"s3://b", "s3://b/AWSLogs/reports", false}, // only accounts are entered there
		{"s3://b/AWSLogs", "s3://b/AWSLogs", false},
		{"s3://b", "s3://b/_reports", false},
		{"s3://b", "reports", false},
		{"trail", "s3://trail/reports", false},
		{"lookup-events://us-east-1", "lookup-events:", false},
		{"-", "-", false},

		{"trail", "trail", true},
		{"trail/", "./trail/reports/new", true},
		{".", "reports", true},
		{"trail", "link", true},
		{"trail", "link/new/er", true},
		{"linked", "trail/reports", true},
		{dir, "trail/reports", true},

		{"trail", "reports", false},
		{"trail", "trails", false},
		{"trail", ".", false},
		{"trail", "trail/AWSLogs/reports", false},
		{"trail/AWSLogs", "trail/reports", false},
		{"trail", "trail/.reports", false},
		{"file.json", "file.json/reports", false},
		{"missing", "missing/reports", false},
	} {
		if got := Lists(tc.arg, tc.folder, "traffic"); got != tc.want {
			t.Errorf("Lists(%q, %q) = %v", tc.arg, tc.folder, got)
		}
	}
}
