package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/cmd/vpcetrail/verify"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary act as the program: in scripts, and in tests that need
// a process to signal or kill.
func TestMain(m *testing.M) {
	flags.Lease = 3 * time.Second // the ages in S3 are whole seconds
	// Many tests wait, for a lease or for a server. So more run at once than there are CPUs,
	// unless -parallel says otherwise.
	if err := flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0))); err != nil {
		panic("BUG: " + err.Error())
	}
	if at, err := time.Parse(time.RFC3339, os.Getenv(clockVariable)); err == nil {
		verify.Now = func() time.Time { return at }
	}
	version = versioned("dev")
	testscript.Main(m, map[string]func(){"vpcetrail": main})
}

// versioned returns a function that returns a version, as that of a build does.
func versioned(v string) func() (string, error) { return func() (string, error) { return v, nil } }

// clockVariable is the environment variable with the time of a process that acts as the
// program.
const clockVariable = "VPCETRAIL_TEST_CLOCK"

// A finished run is what a user sees of a command line.
type finished struct {
	code        int
	out, errOut string
}

// vpcetrail runs one command line in this process, as main does.
func vpcetrail(ctx context.Context, args ...string) finished {
	return vpcetrailWith(ctx, strings.NewReader(""), args...)
}

func vpcetrailWith(ctx context.Context, in io.Reader, args ...string) finished {
	var out, errOut bytes.Buffer
	err := run(ctx, args, in, &out, &errOut)
	if err != nil {
		terminal.NewMessages(&errOut, terminal.WantsJSON(args)).Failed(err)
	}
	return finished{exit.Code(err), out.String(), errOut.String()}
}

// mustRun runs a command line that must end with the given exit code.
func mustRun(t testing.TB, code int, args ...string) finished {
	t.Helper()
	f := vpcetrail(t.Context(), args...)
	if f.code != code {
		t.Fatalf("vpcetrail %s\nexit code %d, want %d\n%s%s", strings.Join(args, " "), f.code, code, f.out, f.errOut)
	}
	return f
}

// tree returns the content of all files below dir by name, including hidden ones.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator)))] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// sameFiles reports every file that only one tree has, or that differs.
func sameFiles(t testing.TB, what string, got, want map[string]string) {
	t.Helper()
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: %s is there, and should not be", what, name)
		}
	}
	for name := range want {
		text, ok := got[name]
		switch {
		case !ok:
			t.Errorf("%s: %s is missing", what, name)
		case text != want[name]:
			t.Errorf("%s: %s differs: %d bytes, want %d", what, name, len(text), len(want[name]))
		}
	}
}
