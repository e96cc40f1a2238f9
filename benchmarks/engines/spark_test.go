//go:build engines

package engines

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func init() { starters = append(starters, starter{"Spark", startSpark}) }

// installed returns a path below the directory where the script check installs. If that
// or Java is missing, the error wraps errAbsent. Java runs what is installed there.
func installed(parts ...string) (string, error) {
	dir := os.Getenv("ENGINES")
	if dir == "" {
		return "", fmt.Errorf("%w: ENGINES does not name the folder that the script check installs into", errAbsent)
	}
	path := filepath.Join(append([]string{dir}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%w: %w", errAbsent, err)
	}
	if _, err := exec.LookPath("java"); err != nil {
		return "", fmt.Errorf("%w: %w", errAbsent, err)
	}
	return path, nil
}

// startSpark starts Spark SQL over local files, with a metastore in memory, in a process
// that accepts statements.
func startSpark(t *testing.T) (*engine, error) {
	lib, err := installed("spark")
	if err != nil {
		return nil, err
	}
	dir := t.TempDir()
	script, err := filepath.Abs("spark.py")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(t.Context(), "python3", script, filepath.Join(dir, "warehouse"))
	cmd.Dir = dir // Derby writes a log where it runs
	cmd.Env = append(os.Environ(), "PYTHONPATH="+lib, "PYSPARK_PYTHON=python3", "TZ=UTC", "SPARK_LOCAL_IP=127.0.0.1")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "spark.log"))
	if err != nil {
		return nil, err
	}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		_ = in.Close() // closing it ends the process
		_ = cmd.Wait()
		_ = log.Close()
		showLog(t, log.Name())
	})
	e := &engine{
		name: "Spark", word: "spark", types: [4]string{"string", "bigint", "timestamp", "double"}, reportsScanned: true,
		location: func(dir string) string { return "file://" + dir },
		query:    asker(in, out),
	}
	version, err := e.query("SELECT version()")
	if err != nil {
		return nil, fmt.Errorf("does not start: %w", err)
	}
	t.Logf("Spark %s", version.lines()[0])
	return e, nil
}

// asker returns a function that sends statements to spark.py.
func asker(in io.Writer, out io.Reader) func(string) (result, error) {
	ask, answers := json.NewEncoder(in), json.NewDecoder(bufio.NewReader(out))
	return func(sql string) (result, error) {
		var reply struct {
			result
			Error string
		}
		if err := ask.Encode(sql); err != nil {
			return reply.result, err
		}
		if err := answers.Decode(&reply); err != nil {
			return reply.result, err
		}
		if reply.Error != "" {
			return reply.result, errors.New(reply.Error)
		}
		return reply.result, nil
	}
}

// showLog prints the end of an engine's log if the test failed.
func showLog(t *testing.T, name string) {
	if text, err := os.ReadFile(name); err == nil && t.Failed() {
		t.Logf("the end of %s:\n%s", filepath.Base(name), text[max(0, len(text)-3000):])
	}
}

// TestSparkParsesAthenasTables passes Athena's declarations, unchanged, to a parser of
// Hive's grammar.
func TestSparkParsesAthenasTables(t *testing.T) {
	e, err := startSpark(t)
	switch {
	case errors.Is(err, errAbsent):
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	n := 0
	for _, s := range printed(t, fixture.report, "--location", "s3://audit-reports/vpcetrail")[:8] {
		e.must(t, "PARSE "+s.sql)
		n++
	}
	if _, err := e.query("PARSE CREATE EXTERNAL TABLE t (a string COMMENT)"); err == nil {
		t.Error("the parser takes anything")
	}
	t.Logf("%d statements parsed", n)
}
