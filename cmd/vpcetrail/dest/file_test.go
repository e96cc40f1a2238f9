package dest

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// holdsAlone checks a file's content, and that its folder holds nothing but the given
// names.
func holdsAlone(t *testing.T, name, want string, names ...string) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", name, got, err, want)
	}
	found, err := os.ReadDir(filepath.Dir(name))
	if err != nil {
		t.Fatal(err)
	}
	for i, entry := range found {
		if i >= len(names) || entry.Name() != names[i] {
			t.Errorf("%s is there; want %q alone", entry.Name(), names)
		}
	}
	if len(found) < len(names) {
		t.Errorf("%d files are there; want %q", len(found), names)
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := WriteFile(name, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// A reader that opened the old file reads it to its end.
func TestWriteFileReplaces(t *testing.T) {
	name := filepath.Join(t.TempDir(), "page.html")
	writeFile(t, name, "the first")
	reader, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	writeFile(t, name, "2nd")
	holdsAlone(t, name, "2nd", "page.html")
	var text bytes.Buffer
	if _, err := text.ReadFrom(reader); err != nil || text.String() != "the first" {
		t.Errorf("the open file holds %q, %v", text.String(), err)
	}
}

func TestWriteFileModes(t *testing.T) {
	dir := t.TempDir()
	name, plain := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	writeFile(t, name, "new")
	if err := os.WriteFile(plain, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if got, want := modeOf(t, name), modeOf(t, plain); got != want {
		t.Errorf("a new file has mode %v; want %v, as any", got, want)
	}
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	writeFile(t, name, "again")
	if got := modeOf(t, name); got != 0o640 {
		t.Errorf("a file that was there has mode %v; want what it had", got)
	}
}

func modeOf(t *testing.T, name string) os.FileMode {
	t.Helper()
	info, err := os.Lstat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

// Links stay: relative ones, several in a row, and one to a file that does not exist
// yet. The folder that an earlier link leads to decides what .. means.
func TestWriteFileFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "deep/er"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{
		"latest": "second", "second": "way/../page", "way": "deep/er",
	} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"made", "replaced"} {
		writeFile(t, filepath.Join(dir, "latest"), text)
		holdsAlone(t, filepath.Join(dir, "deep/page"), text, "er", "page")
		holdsAlone(t, filepath.Join(dir, "latest"), text, "deep", "latest", "second", "way")
	}
	for _, name := range []string{"latest", "second", "way"} {
		if modeOf(t, filepath.Join(dir, name))&os.ModeSymlink == 0 {
			t.Errorf("%s is no link any more", name)
		}
	}
}

// A file that is not regular, or was received open, is written to and stays what it
// is.
func TestWriteFileLeavesDevices(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("no /proc: ", err)
	}
	writeFile(t, os.DevNull, "nothing")
	if modeOf(t, os.DevNull)&os.ModeDevice == 0 {
		t.Fatalf("%s is no device any more", os.DevNull)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(openAs(w), link); err != nil {
		t.Fatal(err)
	}
	writeFile(t, openAs(w), "to a pipe")
	writeFile(t, link, ", by a link")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(r); err != nil || text.String() != "to a pipe, by a link" {
		t.Errorf("the pipe got %q, %v", text.String(), err)
	}

	open, err := os.Create(filepath.Join(t.TempDir(), "redirected"))
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	writeFile(t, openAs(open), "into the open file")
	got := make([]byte, 32)
	if n, _ := open.ReadAt(got, 0); string(got[:n]) != "into the open file" {
		t.Errorf("the open file holds %q", got[:n])
	}
}

// openAs returns the name under which a process finds its own open file.
func openAs(f *os.File) string { return "/proc/self/fd/" + strconv.Itoa(int(f.Fd())) }

func TestWriteFileFails(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "page")
	writeFile(t, page, "as it was")
	ring := filepath.Join(dir, "ring")
	if err := os.Symlink("ring", ring); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		dir:                              "is a directory",
		ring:                             "too many",
		page + "/under":                  "not a directory",
		filepath.Join(dir, "no/page"):    "folder " + dir + "/no does not exist: create it first",
		filepath.Join(dir, "no") + "/":   "folder " + dir + "/no does not exist: create it first",
		dir + strings.Repeat("/long", 9): "folder " + dir + strings.Repeat("/long", 8) + " does not exist: create it first",
	} {
		err := WriteFile(name, []byte("new"))
		if err == nil || !strings.HasPrefix(err.Error(), name+": write: "+want) {
			t.Errorf("%s: error %v; want %s", name, err, want)
		}
		if checked := CheckFile(name); name != ring && (checked == nil || checked.Error() != err.Error()) {
			t.Errorf("%s: checked: %v; want %v", name, checked, err)
		}
	}
	for _, name := range []string{page, filepath.Join(dir, "new"), os.DevNull} {
		if err := CheckFile(name); err != nil {
			t.Error(err)
		}
	}
	holdsAlone(t, page, "as it was", "page", "ring")
}

// If anything fails after the text is staged, no staged file is left.
func TestReplaceLeavesNothingStaged(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	staged, err := stageBeside(folder)
	if err != nil {
		t.Fatal(err)
	}
	f := NewFile{name: folder, place: folder, staged: staged}
	if err := f.Commit(); err == nil {
		t.Error("a file took the place of a folder")
	}
	writeFile(t, filepath.Join(folder, "page"), "beside")
	holdsAlone(t, filepath.Join(folder, "page"), "beside", "page")
	if found, err := os.ReadDir(filepath.Dir(folder)); err != nil || len(found) != 1 {
		t.Errorf("%v is left, %v", found, err)
	}
}

// A NewFile that is closed without Commit leaves the file as it was.
func TestNewFileIsDropped(t *testing.T) {
	name := filepath.Join(t.TempDir(), "page")
	writeFile(t, name, "as it was")
	f, err := CreateFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	holdsAlone(t, name, "as it was", "page")
}

// A user without write permission cannot replace the file either.
func TestWriteFileAsksForPermission(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "page")
	if err := os.WriteFile(name, []byte("kept"), 0o444); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		becomeNobody(t, folder)
	}
	if err := WriteFile(name, []byte("new")); err == nil || err.Error() != name+": write: permission denied" {
		t.Errorf("error %v", err)
	}
	holdsAlone(t, name, "kept", "page")
}
