package layout

import "testing"

func TestKindOf(t *testing.T) {
	for _, tc := range []struct {
		file string
		want Kind
	}{
		{"111122223333_CloudTrail_us-east-1_20261120T0005Z_A6kvhMoVeCsc7v8U.json.gz", Calls},
		{"a.json", Calls},
		{"a.JSON.GZ", Calls},
		{"a.ndjson", Calls},
		{"a.zst", Calls},
		// Firehose: STREAM-VERSION-TIME-UUID, where the stream's name may have dots
		{"trail-1-2026-11-20-10-00-00-0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f", Calls},
		{"org.trail-1-2026-11-20-10-00-00-0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f", Calls},
		{"calls", Calls},
		{"calls.2026", Calls},
		{"calls.", Calls},
		{"a.json.bz2", Unread},
		{"a.json.tmp", Unread},
		{"a.snappy", Unread},
		{"calls.txt", Unread},
		{"calls.log", Unread},
		{"part-0.parquet", Unread},
		{"", NoCalls}, // the folder's own marker
		{"-", NoCalls},
		{"2026_$folder$", NoCalls},
		{".hidden.json", NoCalls},
		{"_SUCCESS", NoCalls},
		{"README", NoCalls},
		{"README.md", NoCalls},
		{"inventory.csv", NoCalls},
		{"2026-11-20-10-15-32-0123456789ABCDEF", NoCalls}, // S3's server access log
		{"2026-11-20-10-15-32-0123456789ABCDEG", Calls},
		{"111122223333_CloudTrail-Digest_us-east-1_t_us-east-1_20261120T000500Z.json.gz", NoCalls},
		{"111122223333_CloudTrail-Insight_us-east-1_20261120T0005Z_A.json.gz", NoCalls},
		{"111122223333_CloudTrail-Aggregated_us-east-1_20261120T0005Z_A.json.gz", NoCalls},
	} {
		if got := KindOf(tc.file); got != tc.want {
			t.Errorf("KindOf(%q) = %d, want %d", tc.file, got, tc.want)
		}
	}
}
