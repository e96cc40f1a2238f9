package source

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
)

func TestOneDayListsNothingButItsFolders(t *testing.T) {
	server := newS3(t)
	for _, account := range []string{acct, acct2} {
		for _, region := range []string{"eu-west-1", "us-east-1"} {
			for _, d := range []string{"2026/11/19", "2026/11/20", "2026/11/21", "2026/11/22"} {
				server.put(t, "p/AWSLogs/"+org+"/"+account+"/CloudTrail/"+region+"/"+d+"/a.json.gz")
			}
		}
	}
	server.put(t, "p/AWSLogs/"+org+"/"+acct+"/Config/us-east-1/2026/11/20/a.json.gz")
	sel := list.Selection{Window: day.Window{From: date(t, "2026-11-20"), To: date(t, "2026-11-20")}, Accounts: []string{acct2}}
	if got := names(t, []string{"s3://" + bucket}, sel, Options{S3: server.open}); len(got) != 4 {
		t.Errorf("%d objects, want 4: %q", len(got), got)
	}
	equal(t, "LIST prefixes", server.listed(), []string{
		"",
		" without delimiter", // the look-up
		"p/",
		"p/AWSLogs/",
		"p/AWSLogs/" + org + "/",
		"p/AWSLogs/" + org + "/" + acct2 + "/",
		"p/AWSLogs/" + org + "/" + acct2 + "/CloudTrail/",
		"p/AWSLogs/" + org + "/" + acct2 + "/CloudTrail/eu-west-1/2026/11/20/",
		"p/AWSLogs/" + org + "/" + acct2 + "/CloudTrail/eu-west-1/2026/11/21/",
		"p/AWSLogs/" + org + "/" + acct2 + "/CloudTrail/us-east-1/2026/11/20/",
		"p/AWSLogs/" + org + "/" + acct2 + "/CloudTrail/us-east-1/2026/11/21/",
	})
}

func TestListingRunsAheadInParallel(t *testing.T) {
	server := newS3(t)
	for i := range 3 * s3Listers {
		server.put(t, fmt.Sprintf("AWSLogs/%012d/CloudTrail/us-east-1/2026/11/20/a.json.gz", i))
	}
	var inFlight gauge
	server.before = func(w http.ResponseWriter, r *http.Request) bool {
		if !isGet(r) {
			inFlight.add(1)
			time.Sleep(50 * time.Millisecond)
			inFlight.add(-1)
		}
		return false
	}
	names(t, []string{"s3://" + bucket}, oneDay(t, "2026-11-20"), Options{S3: server.open})
	if inFlight.top > s3Listers || inFlight.top < s3Listers/2 {
		t.Errorf("%d LISTs at once, want up to %d", inFlight.top, s3Listers)
	}
}

// The first object of a trail eight folders deep is known after three answers in a
// row, not after ten. One gives a key, one the folders above its account's, one those
// below.
func TestFoldersOnTheWayAreListedAtOnce(t *testing.T) {
	for _, tc := range []struct {
		name string
		keys []string
		sel  list.Selection
	}{
		{"all days", []string{"/CloudTrail/us-east-1/2026/11/20/a.json.gz"}, allDays},
		{"behind digests", []string{"/CloudTrail-Digest/us-east-1/2026/11/20/a.json.gz", "/CloudTrail/us-east-1/2026/11/20/a.json.gz"}, allDays},
		{"behind network events", []string{"/CloudTrail-NetworkActivity/us-east-1/2026/11/20/a.json.gz", "/CloudTrail/us-east-1/2026/11/20/a.json.gz"}, allDays},
		{"one day", []string{"/CloudTrail/us-east-1/2019/12/31/a.json.gz", "/CloudTrail/us-east-1/2026/11/20/a.json.gz"}, oneDay(t, "2026-11-20")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := newS3(t)
			for _, key := range tc.keys {
				server.put(t, "p/AWSLogs/"+org+"/"+acct+key)
			}
			var mu sync.Mutex
			waiting, rounds, found := 0, 0, false // LISTs; how often one came while none waited; a GET has come
			server.before = func(_ http.ResponseWriter, r *http.Request) bool {
				mu.Lock()
				defer mu.Unlock()
				if isGet(r) {
					found = true
					return false
				}
				if waiting == 0 && !found {
					rounds++
				}
				waiting++
				mu.Unlock()
				time.Sleep(100 * time.Millisecond)
				mu.Lock()
				waiting--
				return false
			}
			if got := names(t, []string{"s3://" + bucket + "/p"}, tc.sel, Options{S3: server.open}); len(got) == 0 {
				t.Error("no objects")
			}
			if rounds > 4 {
				t.Errorf("%d answers were waited for, one behind the other, want 3, or 4 for a day's", rounds)
			}
		})
	}
}

func TestListingAllowedByFoldersAlone(t *testing.T) {
	server := newS3(t)
	key := "p/AWSLogs/" + acct + "/CloudTrail/us-east-1/2026/11/20/a.json.gz"
	server.put(t, key)
	server.before = func(w http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		return q.Has("list-type") && q.Get("delimiter") != "/" && refuse(w, 403, "AccessDenied", "s3:delimiter must be /")
	}
	equal(t, "objects", names(t, []string{"s3://" + bucket + "/p"}, allDays, Options{S3: server.open}), []string{"s3://" + bucket + "/" + key})
}

func TestListingGoesOverPages(t *testing.T) {
	var objects, accounts []string
	for i := range store.PageSize + 20 {
		objects = append(objects, fmt.Sprintf("AWSLogs/%s/CloudTrail/us-east-1/2026/11/20/%04d.json.gz", acct, i))
		accounts = append(accounts, fmt.Sprintf("AWSLogs/%012d/CloudTrail/a.json.gz", i))
	}
	dir := t.TempDir()
	writeTree(t, dir, objects...)
	equal(t, "directory", names(t, []string{dir}, allDays, Options{}), prefixed(dir+"/", objects))

	server := newS3(t)
	server.put(t, objects...)
	server.put(t, accounts...)
	sel := list.Selection{Window: day.All(), Accounts: []string{acct}}
	equal(t, "s3", names(t, []string{"s3://" + bucket + "/AWSLogs"}, sel, Options{S3: server.open}), prefixed("s3://"+bucket+"/", objects))
	for _, page := range []string{"AWSLogs/ +token", "AWSLogs/" + acct + "/CloudTrail/us-east-1/2026/11/20/ +token"} {
		if !slices.Contains(server.listed(), page) {
			t.Errorf("no LIST %s", page)
		}
	}
}

func TestListingOutOfOrderIsAnError(t *testing.T) {
	server := newS3(t)
	server.before = func(w http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		if q.Get("list-type") != "2" {
			return false
		}
		key, more := "p/b.json", "true"
		if q.Has("continuation-token") {
			key, more = "p/a.json", "false"
		}
		fmt.Fprintf(w, `<ListBucketResult><IsTruncated>%s</IsTruncated><NextContinuationToken>t</NextContinuationToken><Contents><Key>%s</Key><Size>1</Size></Contents></ListBucketResult>`, more, key)
		return true
	}
	trail, err := Open(t.Context(), []string{"s3://logs/p"}, allDays, Options{S3: server.open})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	f, err := trail.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	_, err = trail.Next(t.Context())
	if want := `list s3://logs/p/: the answer is no listing: it is not in byte order: "p/a.json" comes after "p/b.json": check AWS_ENDPOINT_URL and any proxy on the way`; err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestListingStopsBelowUnendingFolders(t *testing.T) {
	both(t, []string{strings.Repeat("d/", list.MaxDepth+1) + "a.json"}, func(t *testing.T, root string, opt Options) {
		_, _, err := read(t, []string{root}, allDays, opt)
		want := "list " + root + strings.Repeat("d/", list.MaxDepth) + ": more than 16 folders deep and no AWSLogs: name a source nearer to the trail"
		if err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	})
}
