package sqlcheck

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The columns of traffic, in order.
var (
	trafficKey = []string{
		"account_id", "region", "principal", "principal_type", "principal_account_id", "session", "service",
		"route", "origin", "evidence", "vpc_endpoint_id", "endpoint_type", "endpoint_account_id", "endpoint_owner", "egress",
	}
	trafficCounts = []string{"calls", "denied", "errors", "reads", "writes", "bytes_in", "bytes_out"}
	trafficTimes  = []string{"first_seen", "last_seen"}
)

// trafficColumns returns the columns of traffic and of the expected table, dt first, with
// their SQL types.
func trafficColumns() (names, typed []string) {
	add := func(sqlType string, columns ...string) {
		for _, c := range columns {
			names = append(names, c)
			typed = append(typed, c+": '"+sqlType+"'")
		}
	}
	add("VARCHAR", "dt")
	add("VARCHAR", trafficKey...)
	add("BIGINT", trafficCounts...)
	add("TIMESTAMPTZ", trafficTimes...)
	return names, typed
}

// TestTheTrailIsLarge makes sure that the comparison does not shrink unnoticed.
func TestTheTrailIsLarge(t *testing.T) {
	objects, records := 400, int64(500_000)
	if testing.Short() {
		objects, records = 16, 15_000
	}
	if fixture.objects < objects || fixture.balance.Records < records {
		t.Errorf("%d objects, %d records: want at least %d and %d", fixture.objects, fixture.balance.Records, objects, records)
	}
}

// TestTrafficIsExpected compares traffic, every column of every row, with the generator's
// own table.
func TestTrafficIsExpected(t *testing.T) {
	for _, workers := range allWorkers {
		t.Run(fmt.Sprintf("workers=%d", workers), func(t *testing.T) {
			s := open(t, out(workers))
			names, typed := trafficColumns()
			s.exec(t, "CREATE TABLE expected AS FROM read_csv('"+filepath.Join(fixture.dir, "expected", "traffic.csv")+
				"', auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', columns = {"+strings.Join(typed, ", ")+"})")
			columns := strings.Join(names, ", ")
			s.same(t, "traffic", "SELECT "+columns+" FROM traffic", "SELECT "+columns+" FROM expected")
			if got := s.count(t, "SELECT sum(calls)::BIGINT FROM traffic"); got != fixture.balance.Calls {
				t.Errorf("%d calls, want %d", got, fixture.balance.Calls)
			}
			for _, c := range names {
				asked := c != "egress" // TestTablesThatFlagsAskFor has a run with --networks
				if asked && s.count(t, "SELECT count("+c+") FROM expected") == 0 {
					t.Errorf("column %s is NULL in every expected row: nothing was compared", c)
				}
			}
		})
	}
}

// TestObjectsAreAll compares the table objects and each day's run.json with what the
// generator wrote.
func TestObjectsAreAll(t *testing.T) {
	s := open(t, out(8))
	const whole = "FROM (SELECT DISTINCT key, size, records, status FROM objects)"
	if got := s.count(t, "SELECT count(*) "+whole); got != int64(fixture.objects) {
		t.Errorf("%d objects, want %d", got, fixture.objects)
	}
	if got := s.count(t, "SELECT sum(records)::BIGINT "+whole); got != fixture.balance.Records {
		t.Errorf("%d records, want %d", got, fixture.balance.Records)
	}
	s.none(t, "objects that could not be read", "FROM objects WHERE status != 'ok' OR error IS NOT NULL OR error_offset IS NOT NULL")
	stored := "read_blob('" + filepath.Join(fixture.dir, "trail", "**", "*.json.gz") + "')"
	s.none(t, "objects of another size", "SELECT key, o.size, b.size FROM objects o LEFT JOIN "+stored+" b ON key = filename WHERE o.size IS DISTINCT FROM b.size")
	s.same(t, "balance in run.json",
		"SELECT DISTINCT unnest(balance) FROM read_json('"+filepath.Join(s.report, "_runs", "*", "run.json")+"')",
		"FROM read_json('"+filepath.Join(fixture.dir, "expected", "balance.json")+"')")
}

// TestTwiceTheSameBytes compares whole reports: for different numbers of workers, and
// before and after a rerun.
func TestTwiceTheSameBytes(t *testing.T) {
	first := digests(t, out(1))
	if many := digests(t, out(8)); !maps.Equal(first, many) {
		t.Errorf("1 and 8 workers give different files: %v", differing(first, many))
	}
	if err := analyze(1); err != nil {
		t.Fatal(err)
	}
	if again := digests(t, out(1)); !maps.Equal(first, again) {
		t.Errorf("a rerun gives different files: %v", differing(first, again))
	}
}

// digests returns the SHA-256 of every file of a report by name.
func digests(t *testing.T, report string) map[string][sha256.Size]byte {
	t.Helper()
	sums := map[string][sha256.Size]byte{}
	err := fs.WalkDir(os.DirFS(report), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(report, name))
		sums[name] = sha256.Sum256(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(sums) == 0 {
		t.Fatalf("%s holds no file", report)
	}
	return sums
}

// differing returns the names of files that differ or that only one of two reports has.
func differing(a, b map[string][sha256.Size]byte) (names []string) {
	for name, sum := range a {
		if other, ok := b[name]; !ok || other != sum {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}
