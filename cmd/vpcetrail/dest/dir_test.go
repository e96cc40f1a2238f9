package dest

import (
	"os"
	"path/filepath"
	"testing"

	"vpcetrail/report"
)

func openDir(t *testing.T, root string) report.Store {
	t.Helper()
	store, err := Open(t.Context(), root, nil, S3Options{})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// refused checks that a publication cannot begin, and why.
func refused(t *testing.T, store report.Store, want string) {
	t.Helper()
	pub, err := tryBegin(t.Context(), store, unit)
	if err == nil {
		pub.Abort()
	}
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}

func TestDirIsWrittenByOneRunAtATime(t *testing.T) {
	root := filepath.Join(t.TempDir(), "report")
	first, second := openDir(t, root), openDir(t, root)
	pub := begin(t, first)
	stage(t, pub, "", day1)
	refused(t, second, root+": another run is writing 2026-11-20: wait for it, or choose another --out")
	commit(t, pub)
	holds(t, second, "traffic/", "", day1) // the first one's staged files are intact
	begin(t, second).Abort()
}

// A killed run leaves its staging directory, but not its lock.
func TestDirForgetsWhatAKilledRunStaged(t *testing.T) {
	root := filepath.Join(t.TempDir(), "report")
	store := openDir(t, root)
	killed := begin(t, store)
	stage(t, killed, "", day1, day1b, run1)
	if err := killed.Publication.(*dirPublication).file.Close(); err != nil { // as the kernel does
		t.Fatal(err)
	}
	holds(t, store, "", "")
	for _, pattern := range []string{"*.parquet", "*/*.parquet", "*/*/*.parquet"} {
		if found, err := filepath.Glob(filepath.Join(root, pattern)); err != nil || len(found) > 0 {
			t.Errorf("%s finds %q, %v", pattern, found, err)
		}
	}
	pub := begin(t, store)
	left, err := filepath.Glob(filepath.Join(root, stagingDir, unit, "*", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%d staged files are left, %v", len(left), err)
	}
	stage(t, pub, " anew", day2)
	commit(t, pub)
	holds(t, store, "", " anew", day2)
	if _, err := os.Stat(filepath.Join(root, stagingDir)); !os.IsNotExist(err) {
		t.Errorf("the staging directory is still there: %v", err)
	}
}

func TestDirThatHoldsNothingIsGoneAfterAbort(t *testing.T) {
	above := t.TempDir()
	pub := begin(t, openDir(t, filepath.Join(above, "a", "deep", "report")))
	stage(t, pub, "", day1)
	pub.Abort()
	if left, err := os.ReadDir(above); err != nil || len(left) > 0 {
		t.Errorf("%v is still there, %v", left, err)
	}
}

// A directory that existed before stays, even if it is empty.
func TestDirOfTheUserStays(t *testing.T) {
	root := t.TempDir()
	begin(t, openDir(t, root)).Abort()
	if left, err := os.ReadDir(root); err != nil || len(left) > 0 {
		t.Errorf("it holds %v, %v", left, err)
	}
}

func TestDirIgnoresWhatIsNotTheReports(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"traffic/.hidden.parquet", "traffic/.tmp/part.parquet", day1} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	holds(t, openDir(t, root), "traffic/", "", day1)
}

func TestDirThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{file, filepath.Join(file, "report")} {
		refused(t, openDir(t, root), root+": write: not a directory: choose another --out")
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "mine" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	if _, err := openDir(t, file).List(t.Context(), "_runs/"); err == nil || err.Error() != file+": is no directory: name that of a report, or s3://bucket/prefix" {
		t.Errorf("error %v", err)
	}
}

// If a file cannot be replaced, the error gives the state of the report, and the next
// run continues from there.
func TestDirWhereAFileStandsInAFoldersPlace(t *testing.T) {
	root := t.TempDir()
	obstacle := filepath.Join(root, "_runs")
	if err := os.WriteFile(obstacle, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	store := openDir(t, root)
	pub := begin(t, store)
	stage(t, pub, "", day1, day2, run1)
	err := pub.Commit(t.Context(), nil)
	pub.Abort()
	target := filepath.Join(root, filepath.FromSlash(run1))
	want := target + ": write: not a directory: the report is published in part: run again"
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
	holds(t, store, "traffic/", "", day1, day2)
	refused(t, store, want)
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	pub, err = tryBegin(t.Context(), store, unit)
	if err != nil {
		t.Fatal(err)
	}
	if want := root + ": a run was stopped while it published 2026-11-20: this is finished now"; len(pub.notes) != 1 || pub.notes[0] != want {
		t.Errorf("it says %q, want %s", pub.notes, want)
	}
	holds(t, store, "", "", run1, day1, day2)
	if err := os.MkdirAll(filepath.Join(root, "traffic", "dt=2026-11-22", "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	err = pub.Commit(t.Context(), []string{"traffic/dt=2026-11-22"})
	pub.Abort()
	want = filepath.Join(root, "traffic", "dt=2026-11-22") + ": remove: directory not empty: the report is published, but holds this file of an earlier one: run again"
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}
