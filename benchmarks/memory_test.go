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

// BenchmarkPeakMemory runs the command over a trail of 2 GB of JSON, a run of some seconds in which every buffer fills,
// and over one of the same callers with ten times the objects. It reports the peak resident memory of the whole
// process, in MB, and the rows of the report, of which alone it may depend a little. The trail of a tenth shows what
// the program takes before its buffers fill. The largest one takes minutes to make.
//
// Processes of their own make the trails: the peak that the system tells of a process includes what its parent had when
// it was started, which was more than the program takes.
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

// unit is what Maxrss counts, in bytes.
var unit = map[bool]float64{true: 1, false: 1024}[runtime.GOOS == "darwin"]
