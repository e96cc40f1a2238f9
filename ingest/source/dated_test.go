package source

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/store"
)

// datedNames are objects by the window of 2026-11-20 to 2026-11-21: true is listed.
var datedNames = map[string]bool{
	"simple/2026-11-19-23-59-59-0123456789ABCDEF":                                               false,
	"simple/2026-11-20-00-00-00-0123456789ABCDEF":                                               true,
	"simple/2026-11-21-23-59-59-0123456789ABCDEF":                                               true,
	"simple/2026-11-22-00-00-00-0123456789ABCDEF":                                               false,
	"simple/111122223333/eu-west-1/logged/2026/11/20/2026-11-20-00-00-00-0123456789ABCDEF":      true,
	"simple/202611223333/eu-west-1/logged/2026/11/21/2026-11-21-10-00-00-0123456789ABCDEF":      true,
	"simple/202611223333/eu-west-1/logged/2026/11/22/2026-11-22-10-00-00-0123456789ABCDEF":      false,
	"simple/202611223333/eu-west-1/logged/2025/11/20/2025-11-20-10-00-00-0123456789ABCDEF":      false,
	"simple/111122223333/eu-west-1/2025/2026/11/20/2026-11-20-00-00-00-0123456789ABCDEF":        true, // buckets called like years
	"simple/111122223333/eu-west-1/2026/2026/11/21/2026-11-21-00-00-00-0123456789ABCDEF":        true,
	"simple/111122223333/eu-west-1/2026/2026/11/22/2026-11-22-00-00-00-0123456789ABCDEF":        false,
	"access/2025/2026-11-20-00-00-00-0123456789ABCDEF":                                          true, // and prefixes
	"access/2025/2026-11-22-00-00-00-0123456789ABCDEF":                                          false,
	"access/2024/111122223333/eu-west-1/logged/2026/11/20/2026-11-20-00-00-00-0123456789ABCDEF": true,
	"access/2024/111122223333/eu-west-1/logged/2024/11/20/2024-11-20-00-00-00-0123456789ABCDEF": false,
	"2025/01/01/2026-11-20-00-00-00-0123456789ABCDEF":                                           true, // and dates
	"2025/01/01/2025-01-01-00-00-00-0123456789ABCDEF":                                           false,
	"2025/01/01/logged/2026-11-21-00-00-00-0123456789ABCDEF":                                    true,
	"2025/01/01/prod2026-11-21-00-00-00-0123456789ABCDEF":                                       true,
	"2025/01/01/111122223333/eu-west-1/logged/2026/11/20/2026-11-20-00-00-00-0123456789ABCDEF":  true,
	"2025/01/01/111122223333/eu-west-1/logged/2026/11/22/2026-11-22-00-00-00-0123456789ABCDEF":  false,
	"2026/11/20/2026-11-19-00-00-00-0123456789ABCDEF":                                           false,
	"2026/11/20/111122223333/eu-west-1/logged/2026/11/21/2026-11-21-00-00-00-0123456789ABCDEF":  true,
	"111122223333/2025/01/01/2026-11-20-00-00-00-0123456789ABCDEF":                              true,
	"year=2025/month=01/day=01/2026-11-20-00-00-00-0123456789ABCDEF":                            true,
	"exported/2026/11/20/10/part-00001.json.gz":                                                 true,
	"exported/2026/11/19/10/part-00001.json.gz":                                                 false,
	"simple/.hidden": false,
	"prod2026-11-20-10-00-00-0123456789ABCDEF":                                                 true,
	"prod2026-11-22-10-00-00-0123456789ABCDEF":                                                 false,
	"hive/AWSLogs/111122223333/x/year=2026/month=11/day=20/hour=01/a.log.gz":                   true,
	"hive/AWSLogs/111122223333/x/year=2026/month=12/day=20/hour=01/a.log.gz":                   false,
	"AWSLogs/111122223333/vpcdnsquerylogs/vpc-1/2026/11/20/vpc-1_vpcdnsquerylogs_20261120.log": true,
	"AWSLogs/111122223333/vpcdnsquerylogs/vpc-1/2026/11/19/vpc-1_vpcdnsquerylogs_20261119.log": false,
	"fh/2026/01/01/2026/11/20/10/stream-1":                                                     true, // prefixes that are dates
	"fh/2026/01/01/2026/11/22/10/stream-1":                                                     false,
	"own/2026/01/01/AWSLogs/111122223333/S3/us-east-1/logged/2026/11/20/10/x.log":              true,
	"dash/2026-01-01-2026-11-20-10-10-00-0123456789ABCDEF":                                     true,
	"dash/2026-11-20-2026-01-01-10-10-00-0123456789ABCDEF":                                     false,
	"loose/names-no-day": true,
}

func walkDated(t *testing.T, args []string, opt Options) []string {
	t.Helper()
	from, err := day.Parse("2026-11-20")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = WalkDated(t.Context(), args, day.Window{From: from, To: from + 1}, opt, func(o store.Object) error {
		if !o.Key.HasDay != strings.HasSuffix(o.Name, "no-day") {
			t.Errorf("%s: %+v", o.Name, o.Key)
		}
		got = append(got, o.Name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	return got
}

func TestWalkDatedFindsTheDaysOfNames(t *testing.T) {
	server, dir := newS3(t), t.TempDir()
	var listed []string
	for name, is := range datedNames {
		server.put(t, name)
		writeTree(t, dir, name)
		if is {
			listed = append(listed, name)
		}
	}
	slices.Sort(listed)
	opt := Options{S3: server.open}
	equal(t, "directory", walkDated(t, []string{dir}, opt), prefixed(dir+"/", listed))
	equal(t, "bucket", walkDated(t, []string{"s3://logs"}, opt), prefixed("s3://logs/", listed))
	equal(t, "start of names", walkDated(t, []string{"s3://logs/prod"}, opt), []string{"s3://logs/prod2026-11-20-10-00-00-0123456789ABCDEF"})
	equal(t, "folder", walkDated(t, []string{"s3://logs/loose", dir + "/loose/names-no-day"}, opt), []string{dir + "/loose/names-no-day", "s3://logs/loose/names-no-day"})
}

// Years of logs under one prefix cost the requests of the window's own days.
func TestWalkDatedSkipsOtherDays(t *testing.T) {
	server := newS3(t)
	var keys, want []string
	for d := range 4 {
		for i := range 1500 {
			keys = append(keys, fmt.Sprintf("p/2026-11-%02d-00-00-00-%016X", 18+d, i))
		}
	}
	want = prefixed("s3://logs/", keys[3000:])
	for d := range 100 {
		at := time.Date(2025, 1, d, 0, 0, 0, 0, time.UTC)
		keys = append(keys, "p/202711112222/eu-west-1/b/"+at.Format("2006/01/02/2006-01-02-00-00-00-0123456789ABCDEF"))
	}
	for hour := range 500 { // as Firehose writes query logs
		at := time.Date(2025, 5, 1, hour, 0, 0, 0, time.UTC)
		keys = append(keys, "p/"+at.Format("2006/01/02/15/")+"queries-1", "p/other/"+at.Format("year=2006/month=01/day=02/hour=15/")+"queries-1")
	}
	for i := range 1000 {
		keys = append(keys, fmt.Sprintf("p/2026-01-01-2026-11-19-00-00-00-%016X", i))
	}
	const dash = "p/2026-01-01-2026-11-20-00-00-00-0123456789ABCDEF" // below a prefix that is a date
	keys, want = append(keys, dash), append(want, "s3://logs/"+dash)
	const folder = "p/202711112222/eu-west-1/b/2026/11/20/2026-11-20-00-00-00-0123456789ABCDEF"
	keys = append(keys, "p/2027-01-01-00-00-00-0123456789ABCDEF", folder)
	want = append(want, "s3://logs/"+folder)
	slices.Sort(keys)
	slices.Sort(want)
	server.before = func(w http.ResponseWriter, r *http.Request) bool { return listKeys(w, r, keys) }
	equal(t, "objects", walkDated(t, []string{"s3://logs/p/"}, Options{S3: server.open}), want)
	if n := len(server.listed()); n > 17 { // one page is of names below a date, which cannot be skipped
		t.Errorf("%d LISTs: %q", n, server.listed())
	}
}

// listKeys answers a LIST as S3 does: storing thousands of objects in a server takes seconds.
func listKeys(w http.ResponseWriter, r *http.Request, keys []string) bool {
	q := r.URL.Query()
	prefix, after := q.Get("prefix"), max(q.Get("start-after"), q.Get("continuation-token"))
	var entries strings.Builder
	most, err := strconv.Atoi(q.Get("max-keys"))
	if err != nil {
		return false
	}
	n, last := 0, ""
	for _, key := range keys {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok || key <= after || strings.HasSuffix(last, "/") && strings.HasPrefix(key, last) {
			continue
		}
		if n++; n > most {
			break
		}
		if last = key; q.Get("delimiter") != "" && strings.Contains(rest, "/") {
			name, _, _ := strings.Cut(rest, "/")
			last = prefix + name + "/"
			entries.WriteString("<CommonPrefixes><Prefix>" + last + "</Prefix></CommonPrefixes>")
		} else {
			entries.WriteString(objectXML(key))
		}
	}
	more := fmt.Sprintf("<IsTruncated>%v</IsTruncated>", n > most)
	if n > most {
		more += "<NextContinuationToken>" + last + "</NextContinuationToken>"
	}
	_, _ = w.Write([]byte(page(more + entries.String())))
	return true
}

func TestWalkDatedSaysWhatIsWrong(t *testing.T) {
	server, window, dir := newS3(t), day.All(), t.TempDir()
	server.put(t, "p/a/b")
	if err := os.MkdirAll(dir+"/p/a", 0o777); err != nil {
		t.Fatal(err)
	}
	empty := newS3(t)
	empty.before = func(w http.ResponseWriter, r *http.Request) bool { return listKeys(w, r, nil) }
	denied := newS3(t)
	denied.before = func(w http.ResponseWriter, _ *http.Request) bool {
		return refuse(w, 403, "AccessDenied", "Access Denied")
	}
	for _, tc := range []struct {
		arg, want string
		server    *s3Server
	}{
		{"s3://logs/none", "s3://logs/none: no object of that name or below it: check bucket and prefix", server},
		{"s3://logs", "s3://logs/: no object of that name or below it: check bucket and prefix", empty},
		{dir, dir + ": no object of that name or below it: check bucket and prefix", server},
		{"s3://", "s3://: no bucket: write s3://bucket/prefix", server},
		{"./nowhere", "./nowhere: no such file or directory: name s3://bucket/prefix, a directory or a file", server},
		{"s3://logs/p", "list s3://logs/p/: AccessDenied: Access Denied", denied},
	} {
		err := WalkDated(t.Context(), []string{tc.arg}, window, Options{S3: tc.server.open}, func(store.Object) error { return nil })
		if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", tc.arg, err, tc.want)
		}
	}
}
