package main

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/fixtures/trail"
	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/findings"
	"vpcetrail/report/table"
)

// generateForMerge writes a trail in which many records cross accounts, objects and
// days. It returns its directory and the endpoint inventory.
func generateForMerge(t testing.TB, accounts, days int) (dir, endpoints string) {
	t.Helper()
	dir = t.TempDir()
	cfg := trail.Default()
	cfg.Seed, cfg.Accounts, cfg.Days, cfg.Objects, cfg.Records, cfg.Principals = 7, accounts, days, 4, 80, 6
	cfg.Duplicates, cfg.Shared, cfg.Corrections, cfg.Late, cfg.Network, cfg.Others, cfg.Invalid = 0.03, 0.03, 0.02, 0.03, 0.1, 0.01, 0.003
	cfg.Routes.Other, cfg.MaxLate = 0.2, 1
	if _, err := trail.Generate(t.Context(), cfg, dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "trail"), filepath.Join(dir, "endpoints.json")
}

// The shards of a trail, merged, give what one run gives, byte for byte.
func TestMergeOfShards(t *testing.T) {
	src, endpoints := generateForMerge(t, 5, 2)
	for _, tc := range []struct {
		date   string
		shards int
	}{{"all", 16}, {"2026-11-21", 3}, {"2026-11-20..2026-11-21", 2}} {
		t.Run(tc.date, func(t *testing.T) {
			out := t.TempDir()
			flags := []string{"--date", tc.date, "--endpoints", endpoints, "--quiet"}
			want, got := filepath.Join(out, "want"), filepath.Join(out, "got")
			if tc.shards == 3 {
				flags = append(flags, "--nat-price", "0.06", "--format", "parquet,arrow")
			}
			mustRun(t, exit.Incomplete, slices.Concat([]string{"analyze", src, "--out", want}, flags)...)
			expectSamples(t, want)
			var parts []string
			for i := range tc.shards {
				parts = append(parts, filepath.Join(out, fmt.Sprint("part-", i)))
				analyzePart(t, src, parts[i], append(flags, "--shard", fmt.Sprintf("%d/%d", i+1, tc.shards))...)
			}
			mustRun(t, exit.Incomplete, slices.Concat([]string{"merge", "--out", got, "--quiet"}, parts)...)
			sameFiles(t, fmt.Sprint(tc.shards, " shards"), tree(t, got), tree(t, want))
			for jobs := 1; jobs < 20; jobs += 4 {
				joined := filepath.Join(out, fmt.Sprint("joined-", jobs))
				mergeInJobs(t, parts, joined, jobs)
				sameFiles(t, fmt.Sprint(tc.shards, " shards, settled by ", jobs), tree(t, joined), tree(t, want))
			}
		})
	}
}

// mergeInJobs merges parts by a number of jobs, each of which gets the parts in another order, and joins what they
// made.
func mergeInJobs(t testing.TB, parts []string, out string, jobs int, flags ...string) {
	t.Helper()
	parts = slices.Clone(parts)
	var settled []string
	for i := range jobs {
		settled = append(settled, fmt.Sprintf("%s-job-%d", out, i))
		mustRun(t, 0, slices.Concat([]string{"merge", "--out", settled[i], "--shard", fmt.Sprintf("%d/%d", i+1, jobs)}, parts, flags)...)
		parts = append(parts[1:], parts[0])
	}
	slices.Reverse(settled)
	mustRun(t, exit.Incomplete, slices.Concat([]string{"merge", "--out", out, "--quiet"}, settled, flags)...)
}

// expectSamples checks that findings of a report omit event ids, so that the choice of
// samples matters.
func expectSamples(t testing.TB, out string) {
	t.Helper()
	store, err := dest.Open(t.Context(), out, aws.NewS3, dest.S3Options{})
	if err != nil {
		t.Fatal(err)
	}
	full := 0
	for _, m := range manifests(t, out) {
		d, err := day.Parse(m.Day)
		if err != nil {
			t.Fatal(err)
		}
		for row, err := range report.ReadTable(t.Context(), store, &table.Findings, m, d) {
			if err != nil {
				t.Fatal(err)
			}
			if ids := strings.Fields(row.SampleEventIDs); len(ids) == findings.MaxSamples && row.Calls > int64(len(ids)) {
				full++
			}
		}
	}
	if full < 5 {
		t.Errorf("%d findings have more calls than samples", full)
	}
}

// analyzePart analyzes a part of a trail. Some parts hold records without a time, and
// some are empty.
func analyzePart(t testing.TB, src, out string, flags ...string) {
	t.Helper()
	if f := vpcetrail(t.Context(), append([]string{"analyze", src, "--out", out}, flags...)...); f.code != 0 && f.code != exit.Incomplete {
		t.Fatalf("%s, %v: %s", src, flags, f.errOut)
	}
}

// scatter copies the files below dir to n folders in an arbitrary way, and returns the
// folders.
func scatter(t testing.TB, dir string, n int) (folders []string) {
	t.Helper()
	for i := range n {
		folders = append(folders, fmt.Sprint("trail-", i))
	}
	for name, text := range tree(t, dir) {
		h := fnv.New32a()
		h.Write([]byte(name))
		path := filepath.Join(folders[h.Sum32()>>8%uint32(n)], name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return folders
}

// Any other division of the trail gives the same too, however it splits an account,
// Region or day.
func TestMergeOfArbitraryParts(t *testing.T) {
	src, endpoints := generateForMerge(t, 3, 2)
	t.Chdir(t.TempDir())
	parts := scatter(t, src, 16)
	flags := []string{"--endpoints", endpoints, "--quiet", "--own-accounts", "999988887777"}
	mustRun(t, exit.Incomplete, slices.Concat([]string{"analyze", "--out", "want"}, parts, flags)...)
	want := tree(t, "want")
	var reports []string
	var apart report.Balance
	for i, part := range parts {
		reports = append(reports, fmt.Sprint("report-", i))
		analyzePart(t, part, reports[i], append(flags, "--mergeable")...)
		for _, m := range manifests(t, reports[i]) {
			apart.Kinds.Add(m.Balance.Kinds)
			break // each describes the whole run
		}
	}
	for _, m := range manifests(t, "want") { // else there is nothing to settle
		if one := m.Balance; apart.Duplicates >= one.Duplicates || apart.Calls <= one.Calls || apart.Corrections <= one.Corrections {
			t.Errorf("the parts hold %+v,\ntogether %+v: nothing crosses them", apart.Kinds, one.Kinds)
		}
	}
	mustRun(t, exit.Incomplete, slices.Concat([]string{"merge", "--out", "got", "--quiet"}, reports)...)
	sameFiles(t, "16 parts", tree(t, "got"), want)
	slices.Reverse(reports)
	mustRun(t, exit.Incomplete, slices.Concat([]string{"merge", "--out", "again", "--quiet", "--memory", "256MiB"}, reports)...)
	sameFiles(t, "16 parts, the last first", tree(t, "again"), want)
	mergeInJobs(t, reports, "joined", 3, "--memory", "256MiB")
	sameFiles(t, "16 parts, settled by 3", tree(t, "joined"), want)
}

// manifests returns the manifests of the report in dir.
func manifests(t testing.TB, dir string) (all []*report.Manifest) {
	t.Helper()
	store, err := dest.Open(t.Context(), dir, aws.NewS3, dest.S3Options{})
	if err != nil {
		t.Fatal(err)
	}
	days, err := report.Days(t.Context(), store)
	if err != nil || len(days) == 0 {
		t.Fatalf("%s: %d days, %v", dir, len(days), err)
	}
	for _, d := range days {
		m, err := report.ReadManifest(t.Context(), store, d)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// Reports that were made night by night are merged night by night, or all at once. If
// a day was read again, the last reading counts.
func TestMergeOfNights(t *testing.T) {
	src, _ := generateForMerge(t, 2, 3)
	t.Chdir(t.TempDir())
	nights := []string{"2026-11-20..2026-11-21", "2026-11-20", "2026-11-22"}
	for _, night := range nights { // the second night lists fewer folders than the first: it must ask to replace the day
		analyzePart(t, src, "want", "--date", night, "--quiet", "--replace-incomplete")
		for _, shard := range []string{"1/2", "2/2"} {
			analyzePart(t, src, "part-"+shard[:1], "--date", night, "--quiet", "--replace-incomplete", "--shard", shard)
		}
	}
	merge := func(out string, flags ...string) {
		t.Helper()
		if f := vpcetrail(t.Context(), append([]string{"merge", "part-1", "part-2", "--quiet", "--out", out}, flags...)...); f.code != exit.Incomplete {
			t.Fatalf("exit code %d: %s", f.code, f.errOut)
		}
	}
	want := tree(t, "want")
	merge("all")
	merge("one by one", "--date", "2026-11-20..2026-11-21")
	merge("one by one", "--date", "2026-11-22")
	sameFiles(t, "one by one", tree(t, "one by one"), tree(t, "all"))

	// In want, the day that was read again has its second revision, or has not
	// changed.
	const again = "_runs/dt=2026-11-20/run.json"
	got := tree(t, "all")
	if want[again] == "" || got[again] == "" {
		t.Fatal("the day is missing")
	}
	delete(want, again)
	delete(got, again)
	sameFiles(t, "all nights", got, want)

	// A day that only one of the shards has read again belongs to two runs.
	analyzePart(t, src, "part-1", "--date", "2026-11-21", "--quiet", "--shard", "1/2", "--replace-incomplete")
	f := mustRun(t, 1, "merge", "part-1", "part-2", "--out", "x", "--quiet")
	if want := "vpcetrail: part-2: holds no run for --date 2026-11-21, which part-1 holds: analyze both for the same days\n"; f.errOut != want {
		t.Errorf("it says %s", f.errOut)
	}
}

// Reports in S3 are merged like reports in directories.
func TestMergeInS3(t *testing.T) {
	s := startFake(t)
	setAWS(t, s)
	src, _ := generateForMerge(t, 2, 1)
	s.put(t, src, "")
	const from, to = "s3://" + trailBucket, "s3://" + reportBucket
	analyzePart(t, from, to+"/want", "--date", "all", "--quiet")
	analyzePart(t, from, to+"/parts/1", "--date", "all", "--quiet", "--shard", "1/2")
	local := filepath.Join(t.TempDir(), "2")
	analyzePart(t, from, local, "--date", "all", "--quiet", "--shard", "2/2")
	for range 2 { // the second time replaces a report
		mustRun(t, exit.Incomplete, "merge", to+"/parts/1", local, "--out", to+"/got", "--quiet")
		sameFiles(t, "S3 and a directory to S3", s.report(t, "got/"), s.report(t, "want/"))
	}
	out := t.TempDir()
	mustRun(t, exit.Incomplete, "merge", to+"/parts/1", local, "--out", out, "--quiet")
	sameFiles(t, "S3 and a directory to a directory", tree(t, out), s.report(t, "want/"))
	if n := s.uploads(t); n > 0 {
		t.Errorf("%d uploads are left", n)
	}
}

// A later, smaller run replaces a shard and leaves no old part.
func TestShardIsReplacedWhole(t *testing.T) {
	eachKind := map[string]func(t *testing.T) (out string, files func() map[string]string){
		"directory": func(t *testing.T) (string, func() map[string]string) {
			out := t.TempDir()
			return out, func() map[string]string { return tree(t, out) }
		},
		"S3": func(t *testing.T) (string, func() map[string]string) {
			s := startFake(t)
			setAWS(t, s)
			return "s3://" + reportBucket, func() map[string]string { return s.report(t, "") }
		},
	}
	for name, kind := range eachKind {
		t.Run(name, func(t *testing.T) {
			out, files := kind(t)
			src := generate(t, 1, 1)
			mustRun(t, 0, "analyze", src, "--out", out, "--quiet", "--mergeable")
			if files()["_shards/all/part-00000.zst"] == "" {
				t.Fatal("no part is there")
			}
			mustRun(t, 0, "analyze", src, "--out", out, "--quiet", "--shard", "1/1", "--accounts", "999999999999")
			for name := range files() {
				if strings.HasPrefix(name, "_shards/all/part-") {
					t.Errorf("%s is left", name)
				}
			}
		})
	}
}

// Shards that restate their days night by night, merged, give what one run over
// everything gives.
func TestMergeOfRestatedShards(t *testing.T) {
	m, out := newMonth(t, 5), t.TempDir()
	parts := []string{filepath.Join(out, "1"), filepath.Join(out, "2")}
	restated := 0
	for n := range m.days {
		night := m.nightly(t, n, "")
		for i, part := range parts {
			night[3] = part
			f := mustRun(t, 0, append(night, "--shard", fmt.Sprintf("%d/2", i+1))...)
			restated += strings.Count(f.out, "Restated ")
		}
	}
	if restated == 0 {
		t.Error("no day was restated: this test shows nothing")
	}
	last := m.from.AddDate(0, 0, m.days-1).Format(time.DateOnly)
	dates := m.from.Format(time.DateOnly) + ".." + last // late records make folders of later days
	mustRun(t, 0, "merge", parts[0], parts[1], "--out", filepath.Join(out, "got"), "--date", dates, "--quiet")
	mustRun(t, 0, "analyze", m.bucket, "--out", filepath.Join(out, "want"), "--date", dates, "--lateness", "240h", "--quiet")
	got, want := tables(tree(t, filepath.Join(out, "got"))), tables(tree(t, filepath.Join(out, "want")))
	sameFiles(t, "restated shards", got, want)
}

// Data of another version may have another meaning. Builds of a changed tree or without a version
// differ by their build ids.
func TestMergeRefusesOtherVersions(t *testing.T) {
	src := generate(t, 1, 1)
	t.Chdir(t.TempDir())
	defer func(was func() (string, error)) { version = was }(version)
	for i, v := range []string{"v1.1.0", "v1.1.0+dirty.0f3c52a1b7d0e1a2", "v1.1.0+dirty.0f3c52a1b7d0e1a2"} {
		version = versioned(v)
		mustRun(t, 0, "analyze", src, "--out", fmt.Sprint("part-", i), "--quiet", "--shard", fmt.Sprintf("%d/2", max(i, 1)))
	}
	const alike = "vpcetrail: part-0 and part-2 were made with different versions, v1.1.0 and v1.1.0+dirty.0f3c52a1b7d0e1a2: no single run gives the two together: analyze them alike\n"
	if f := mustRun(t, 1, "merge", "part-0", "part-2", "--out", "x"); f.errOut != alike {
		t.Errorf("it says %s", f.errOut)
	}
	version = versioned("v1.1.0+dirty.9a1b52a1b7d0e1a2")
	const other = "vpcetrail: part-1 was made by version v1.1.0+dirty.0f3c52a1b7d0e1a2, and this is v1.1.0+dirty.9a1b52a1b7d0e1a2: merge with that version, or analyze again\n"
	if f := mustRun(t, 1, "merge", "part-1", "part-2", "--out", "x"); f.errOut != other {
		t.Errorf("it says %s", f.errOut)
	}
}
