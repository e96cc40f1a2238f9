//go:build unix

package benchmarks

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"vpcetrail/benchmarks/workload"
)

// BenchmarkPeakMemory runs the command over a trail of 2 GB of JSON, which takes some
// seconds and fills every buffer, and over a trail of the same callers with ten times the
// objects. It reports the peak resident memory of the whole process, in MB, and the
// number of rows in the report. Only the rows may change the peak a little. The trail of
// a tenth shows the memory before the buffers fill. The largest trail takes minutes to
// generate.
//
// Separate processes generate the trails. The system's peak for a process includes the
// memory of its parent at the start, which was more than the program takes.
func BenchmarkPeakMemory(b *testing.B) {
	binary, err := workload.Build(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	for _, times := range []float64{0.1, 1, 10} {
		b.Run(fmt.Sprintf("objects=%gx", times), func(b *testing.B) {
			dir := b.TempDir()
			cfg := workload.Config(int(times * 1500))
			text, err := exec.CommandContext(b.Context(), "go", "run", "vpcetrail/fixtures/gentrail", "-out", dir,
				"-objects", strconv.Itoa(cfg.Objects), "-records", strconv.Itoa(cfg.Records), "-principals", "8", "-run", "30").CombinedOutput()
			var objects, records, rows int
			if _, scanErr := fmt.Sscanf(string(text), "%d objects, %d records, %d rows", &objects, &records, &rows); err != nil || scanErr != nil {
				b.Fatalf("gentrail: %v: %s", err, text)
			}
			peak := 0.0
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), binary, "analyze", filepath.Join(dir, "trail"), "--out", filepath.Join(dir, "out"), "--quiet")
				if text, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, text)
				}
				peak = max(peak, float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)*unit/1e6)
			}
			b.ReportMetric(peak, "peak-MB")
			b.ReportMetric(float64(rows), "rows")
		})
	}
}

// unit is the unit of Maxrss, in bytes.
var unit = map[bool]float64{true: 1, false: 1024}[runtime.GOOS == "darwin"]
