package source

import (
	"context"
	"crypto/md5"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
)

const (
	acct  = "123456789012"
	acct2 = "210987654321"
	org   = "o-a1b2c3d4e5"
)

// mixed is a bucket with trails in every layout of AWS, among other logs.
var mixed = []string{
	"AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/19/a.json.gz",
	"AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/20/a.json.gz",
	"AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/20/b.json.gz",
	"AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/21/a.json.gz",
	"AWSLogs/123456789012/CloudTrail/us-east-1/2026/12/01/a.json.gz",
	"AWSLogs/123456789012/CloudTrail/eu-west-1/2026/11/20/a.json.gz",
	"AWSLogs/123456789012/CloudTrail-NetworkActivity/us-east-1/2026/11/20/n.json.gz",
	"AWSLogs/o-a1b2c3d4e5/210987654321/CloudTrail/us-east-1/2026/11/20/o.json.gz",
	"o-a1b2c3d4e5/AWSLogs/333333333333/CloudTrail/us-east-1/2026/11/20/c.json.gz",
	"o-a1b2c3d4e5/AWSLogs/o-a1b2c3d4e5/444444444444/CloudTrail/us-east-1/2026/11/20/c.json.gz",
	"some/prefix/AWSLogs/555555555555/CloudTrail/us-east-1/2026/11/20/p.json.gz",
	"flat/666666666666_CloudTrail_us-east-1_20261120T0005Z_A.json.gz",
	"flat/666666666666_CloudTrail_us-east-1_20261201T0005ZB.json.gz",
}

// untold are objects outside AWS's layout that CloudTrail has not named. Beside
// AWSLogs they may be anything. Below a source without AWSLogs they are read.
var untold = []string{"flat/untold.jsonl", "flat-more/untold.json", "top.json.zst"}

// unread lies beside mixed.
var unread = []string{
	"AWSLogs/123456789012/CloudTrail-Digest/us-east-1/2026/11/20/d.json.gz",
	"AWSLogs/123456789012/CloudTrail-Insight/us-east-1/2026/11/20/i.json.gz",
	"AWSLogs/123456789012/CloudTrail-Aggregated/us-east-1/2026/11/20/g.json.gz",
	"AWSLogs/123456789012/vpcflowlogs/us-east-1/2026/11/20/f.log.gz",
	"AWSLogs/123456789012/elasticloadbalancing/us-east-1/2026/11/20/e.log.gz",
	"AWSLogs/123456789012/Config/us-east-1/2026/11/20/c.json.gz",
	"AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/f.log.gz",
	"flat/666666666666_CloudTrail-Digest_us-east-1_trail_us-east-1_20261120T000500Z.json.gz",
	"flat/666666666666_CloudTrail-Insight_us-east-1_20261120T0005Z_A.json.gz",
	"flat/666666666666_CloudTrail-Aggregated_us-east-1_20261120T0005Z_A.json.gz",
	"flat/.hidden.json",
	"flat/_manifest.json",
	"flat/readme.txt",
	".git/config.json",
	"_runs/dt=2026-11-20/run.json",
	"report/traffic/dt=2026-11-20/part-00000.parquet",
}

// both runs the test on the same tree in a directory and in S3. The root is added to a
// source and removed from the names that are compared.
func both(t *testing.T, keys []string, test func(t *testing.T, root string, opt Options)) {
	t.Run("directory", func(t *testing.T) {
		dir := t.TempDir()
		writeTree(t, dir, keys...)
		test(t, filepath.ToSlash(dir)+"/", Options{})
	})
	t.Run("s3", func(t *testing.T) {
		server := newS3(t)
		server.put(t, keys...)
		test(t, "s3://"+bucket+"/", Options{S3: server.open})
	})
}

// under returns root+key for those keys that match, in byte order.
func under(root string, keys []string, match func(key string) bool) []string {
	var want []string
	for _, key := range keys {
		if match(key) {
			want = append(want, root+key)
		}
	}
	slices.Sort(want)
	return want
}

func TestTrailReadsEveryLayoutInOneOrder(t *testing.T) {
	both(t, slices.Concat(mixed, untold, unread), func(t *testing.T, root string, opt Options) {
		got, accounts, err := read(t, []string{root}, allDays, opt)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "objects", got, under(root, mixed, func(string) bool { return true }))
		equal(t, "accounts", accounts, []string{acct, acct2, "333333333333", "444444444444", "555555555555", "666666666666"})
	})
}

func TestTrailReadsTheDaysOfAWindow(t *testing.T) {
	on := func(days ...string) func(string) bool {
		return func(key string) bool {
			return slices.ContainsFunc(days, func(d string) bool {
				return strings.Contains(key, d) || strings.Contains(key, strings.ReplaceAll(d, "/", ""))
			})
		}
	}
	d20 := date(t, "2026-11-20")
	both(t, slices.Concat(mixed, untold, unread), func(t *testing.T, root string, opt Options) {
		for _, tc := range []struct {
			name string
			sel  list.Selection
			want func(string) bool
		}{
			{"one day", oneDay(t, "2026-11-20"), on("2026/11/20")},
			{"one day and the next by default", list.Selection{Window: day.Window{From: d20, To: d20}}, on("2026/11/20", "2026/11/21")},
			{"a day without objects", oneDay(t, "2020-02-29"), on()},
			{"a range over a month's end", list.Selection{Window: day.Window{From: d20 + 1, To: d20 + 5}, Lateness: 6}, on("2026/11/21", "2026/12/01")},
			{"a range too long to name its days", list.Selection{Window: day.Window{From: 0, To: d20}, Lateness: -1}, on("2026/11/19", "2026/11/20")},
		} {
			t.Run(tc.name, func(t *testing.T) {
				equal(t, "objects", names(t, []string{root}, tc.sel, opt), under(root, mixed, tc.want))
			})
		}
	})
}

func TestTrailReadsAnythingWhereThereIsNoLayout(t *testing.T) {
	both(t, slices.Concat(mixed, untold, unread), func(t *testing.T, root string, opt Options) {
		flat := slices.Concat(mixed, untold)
		got := names(t, []string{root + "flat"}, allDays, opt)
		equal(t, "flat", got, under(root, flat, func(key string) bool { return strings.HasPrefix(key, "flat/") }))
		both := names(t, []string{root, root + "flat"}, allDays, opt)
		equal(t, "flat and the root", both, under(root, append(flat[:len(mixed):len(mixed)], "flat/untold.jsonl"), func(string) bool { return true }))
	})
}

func TestTrailSelectsAccountsAndRegions(t *testing.T) {
	both(t, slices.Concat(mixed, untold, unread), func(t *testing.T, root string, opt Options) {
		sel := list.Selection{Window: day.All(), Accounts: []string{acct, "666666666666", "999999999999"}, Regions: []string{"us-east-1"}}
		got, accounts, err := read(t, []string{root}, sel, opt)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "objects", got, under(root, mixed, func(key string) bool {
			return !strings.Contains(key, "/eu-west-1/") && (strings.Contains(key, acct) || strings.Contains(key, "666666666666"))
		}))
		equal(t, "accounts", accounts, []string{acct, acct2, "333333333333", "444444444444", "555555555555", "666666666666"})
	})
}

func TestTrailStartsAtAnyDepth(t *testing.T) {
	const object = "AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/20/a.json.gz"
	both(t, slices.Concat(mixed, untold, unread), func(t *testing.T, root string, opt Options) {
		for i, c := range object {
			if c != '/' {
				continue
			}
			above := object[:i]
			want := under(root, mixed, func(key string) bool {
				return strings.HasPrefix(key, above+"/") && strings.Contains(key, "2026/11/20")
			})
			for _, arg := range []string{above, above + "/"} {
				equal(t, arg, names(t, []string{root + arg}, oneDay(t, "2026-11-20"), opt), want)
			}
		}
		equal(t, "the object", names(t, []string{root + object}, oneDay(t, "2026-11-20"), opt), []string{root + object})
	})
}

func TestTrailOutOfTheWindowHasNothing(t *testing.T) {
	both(t, mixed, func(t *testing.T, root string, opt Options) {
		args := []string{root + "AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/20", root + "AWSLogs/o-a1b2c3d4e5"}
		got, accounts, err := read(t, args, oneDay(t, "2026-11-25"), opt)
		if err != nil || len(got) > 0 {
			t.Errorf("got %q, %v; want nothing", got, err)
		}
		equal(t, "accounts", accounts, []string{acct, acct2})
	})
}

// The union of the sources is returned once and in one order, whatever the sources and
// their order.
func TestTrailHandsOutOverlappingSourcesOnce(t *testing.T) {
	keys := slices.Concat(mixed, untold, unread)
	args := []string{""} // the root itself
	for _, key := range keys {
		args = append(args, key)
		for i := range key {
			if key[i] == '/' && !slices.Contains(args, key[:i]) {
				args = append(args, key[:i])
			}
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	both(t, keys, func(t *testing.T, root string, opt Options) {
		for _, sel := range []list.Selection{allDays, oneDay(t, "2026-11-20"), {Window: day.Window{From: 0, To: 30000}}} {
			rounds := 30
			if opt.S3 != nil {
				rounds = 3 // slower, with the same code
			}
			for range rounds {
				var chosen, want []string
				for range 2 + rng.IntN(12) {
					arg := root + args[rng.IntN(len(args))]
					chosen, want = append(chosen, arg), append(want, names(t, []string{arg}, sel, opt)...)
				}
				slices.Sort(want)
				equal(t, sel.Window.String()+" of "+strings.Join(chosen, " "), names(t, chosen, sel, opt), slices.Compact(want))
			}
		}
	})
}

func TestTrailReadsWhateverFileIsNamed(t *testing.T) {
	both(t, unread, func(t *testing.T, root string, opt Options) {
		for _, key := range unread {
			equal(t, key, names(t, []string{root + key}, oneDay(t, "2020-02-29"), opt), []string{root + key})
		}
	})
}

func TestTrailTellsWhatIsKnownOfAnObject(t *testing.T) {
	const key = "AWSLogs/" + org + "/" + acct + "/CloudTrail-NetworkActivity/cn-north-1/2026/11/20/a.json.gz"
	etags := map[string]string{"directory": "", "s3": fmt.Sprintf("%x", md5.Sum([]byte(key)))}
	both(t, []string{key}, func(t *testing.T, root string, opt Options) {
		_, kind, _ := strings.Cut(t.Name(), "/")
		want := store.Object{Name: root + key, Size: int64(len(key)), ETag: etags[kind],
			Key: layout.Key{Account: acct, Region: "cn-north-1", Folder: "CloudTrail-NetworkActivity", Day: date(t, "2026-11-20"), HasDay: true}}
		for _, arg := range []string{root, root + key} {
			trail, err := Open(t.Context(), []string{arg}, allDays, opt)
			if err != nil {
				t.Fatal(err)
			}
			for f := range fetches(t, trail) {
				if f.Object != want {
					t.Errorf("%s:\n got %+v\nwant %+v", arg, f.Object, want)
				}
				f.Close()
			}
			if objects, bytes, done := trail.Found(); objects != 1 || bytes != want.Size || !done {
				t.Errorf("found %d objects, %d bytes, done %v", objects, bytes, done)
			}
			trail.Close()
		}
	})
}

// A folder given by a relative path gets its place from the absolute path.
func TestTrailPlacesARelativePath(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, "AWSLogs/"+acct+"/CloudTrail/us-east-1/2026/11/20/a.json.gz", "AWSLogs/"+acct+"/vpcflowlogs/us-east-1/2026/11/20/f.log.gz")
	t.Chdir(filepath.Join(dir, "AWSLogs", acct))
	trail, err := Open(t.Context(), []string{"."}, oneDay(t, "2026-11-20"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	for f := range fetches(t, trail) {
		if want := "CloudTrail/us-east-1/2026/11/20/a.json.gz"; f.Object.Name != want || f.Object.Key.Account != acct {
			t.Errorf("got %+v, want %s of %s", f.Object, want, acct)
		}
		f.Close()
	}
	equal(t, "accounts", trail.Accounts(), []string{acct})
}

func TestTrailReadsLinksAndSpellings(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	writeTree(t, dir, "real/a.json", "real/deep/b.json", "elsewhere/c.json", "-")
	for link, to := range map[string]string{"real/link.json": "../elsewhere/c.json", "real/folder": "../elsewhere", "real/deep/up": "..", "alias": "real"} {
		if err := os.Symlink(to, filepath.FromSlash(link)); err != nil {
			t.Fatal(err)
		}
	}
	readNames := func(args ...string) []string {
		trail, err := Open(t.Context(), args, allDays, Options{Stdin: strings.NewReader("in")})
		if err != nil {
			t.Fatal(err)
		}
		defer trail.Close()
		var got []string
		for f := range fetches(t, trail) {
			body, err := readFetch(t.Context(), f)
			if err != nil {
				t.Error(err)
			}
			got = append(got, f.Object.Name+" = "+body)
		}
		return got
	}
	tree := []string{"real/a.json = real/a.json", "real/deep/b.json = real/deep/b.json", "real/folder/c.json = elsewhere/c.json", "real/link.json = elsewhere/c.json"}
	equal(t, "as given", readNames("./real/"), tree)
	equal(t, "twice, spelled differently", readNames(filepath.Join(dir, "real"), "alias/deep", "real", "alias"), prefixed(filepath.ToSlash(dir)+"/", tree))
	equal(t, "here and standard input", readNames(".", "-", "./-"), slices.Concat([]string{"- = in", "./- = -",
		"alias/a.json = real/a.json", "alias/deep/b.json = real/deep/b.json", "alias/folder/c.json = elsewhere/c.json", "alias/link.json = elsewhere/c.json",
		"elsewhere/c.json = elsewhere/c.json"}, tree))
}

func prefixed(prefix string, list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = prefix + s
	}
	return out
}

// A trail can still be closed, and says why it ended, if its context ended before
// anything was listed or fetched.
func TestTrailOfAnEndedContextCloses(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, mixed...)
	for range 200 { // it is random which goroutine sees the end first
		ctx, cancel := context.WithCancel(context.Background())
		go cancel()
		trail, err := Open(ctx, []string{dir, "-"}, allDays, Options{})
		if err != nil {
			continue
		}
		closed := make(chan struct{})
		go func() {
			_ = trail.Close() // it has no error to return
			close(closed)
		}()
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			t.Fatal("Close hangs")
		}
		if f, err := trail.Next(context.Background()); err == nil {
			t.Fatalf("%s comes after the end", f.Object.Name)
		}
		cancel()
	}
}
