package dest

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// becomeNobody runs the rest of root's test as a user who owns no file, but may write
// in folder.
func becomeNobody(t *testing.T, folder string) {
	t.Helper()
	const nobody = 65534
	for _, dir := range []string{folder, filepath.Dir(folder)} { // only the owner can enter the latter
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	runtime.LockOSThread() // the system sets the user of a thread
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Setfsuid(0); err != nil {
			t.Error(err)
		}
		runtime.UnlockOSThread()
	})
	if err := os.WriteFile(filepath.Join(folder, "page"), nil, 0o666); !os.IsPermission(err) {
		t.Fatalf("nobody may write to a file that is root's: %v", err)
	}
	probe := filepath.Join(folder, "probe")
	if err := os.WriteFile(probe, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(probe); err != nil {
		t.Fatal(err)
	}
}
