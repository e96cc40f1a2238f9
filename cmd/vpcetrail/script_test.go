package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	_ "vpcetrail/fixtures" // for its flag -update
)

// TestScripts runs the scripts of testdata/script. WORKSHOP is the folder of the
// endpoint workshop. In addition to testscript's own commands there are:
//
//	exits CODE PROGRAM ARGS...   run a program that ends with this exit code
//	fails CODE TEXT ARGS...      run vpcetrail, which ends so and prints this one line alone
//	gzip FILE... TO              write one gzip member for each file
//	join FILE... TO              write the files one after the other
//	cut FILE SIZE                cut a file short; a negative size is taken off its end
//	poke FILE OFFSET BYTE        overwrite one byte; a negative offset counts from the end
//	table DEST NAME COLUMN...    print columns of a table
func TestScripts(t *testing.T) {
	workshop, err := filepath.Abs("../../fixtures/workshop")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("WORKSHOP", workshop)
			env.Setenv("AWS_EC2_METADATA_DISABLED", "true") // for any test machine
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "fails": fails, "gzip": gzipFiles, "join": joinFiles, "cut": cutFile, "poke": pokeByte, "table": printTable,
		},
		RequireExplicitExec: true,
		UpdateScripts:       flag.Lookup("update").Value.String() == "true",
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var status *exec.ExitError
		if !errors.As(err, &status) {
			ts.Fatalf("%v", err)
		}
		got = status.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func fails(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: fails CODE TEXT ARGS...")
	}
	exits(ts, neg, append([]string{args[0], "vpcetrail"}, args[2:]...))
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("it prints %q, want nothing", out)
	}
	if errOut, want := ts.ReadFile("stderr"), "vpcetrail: "+args[1]+"\n"; errOut != want {
		ts.Fatalf("it says\n%swant\n%s", errOut, want)
	}
}

func gzipFiles(ts *testscript.TestScript, _ bool, args []string) {
	var out bytes.Buffer
	from, to := fromTo(ts, args)
	for _, name := range from {
		z := gzip.NewWriter(&out)
		_, err := z.Write([]byte(ts.ReadFile(name)))
		ts.Check(errors.Join(err, z.Close()))
	}
	write(ts, to, out.Bytes())
}

func joinFiles(ts *testscript.TestScript, _ bool, args []string) {
	var out []byte
	from, to := fromTo(ts, args)
	for _, name := range from {
		out = append(out, ts.ReadFile(name)...)
	}
	write(ts, to, out)
}

func cutFile(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	write(ts, args[0], []byte(text[:place(ts, args[1], len(text))]))
}

func pokeByte(ts *testscript.TestScript, _ bool, args []string) {
	text := []byte(ts.ReadFile(args[0]))
	value, err := strconv.ParseUint(args[2], 0, 8)
	ts.Check(err)
	at := place(ts, args[1], len(text))
	if text[at] == byte(value) {
		ts.Fatalf("%s has this byte there already", args[0])
	}
	text[at] = byte(value)
	write(ts, args[0], text)
}

func printTable(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: table DEST NAME COLUMN...")
	}
	text, err := tableText(ts.MkAbs(args[0]), args[1], args[2:]...)
	ts.Check(err)
	_, err = fmt.Fprint(ts.Stdout(), text)
	ts.Check(err)
}

func fromTo(ts *testscript.TestScript, args []string) (from []string, to string) {
	if len(args) < 1 {
		ts.Fatalf("no file to write is named")
	}
	return args[:len(args)-1], args[len(args)-1]
}

// write writes a file, and the folders that it needs.
func write(ts *testscript.TestScript, name string, text []byte) {
	path := ts.MkAbs(name)
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o777))
	ts.Check(os.WriteFile(path, text, 0o666))
}

// place reads a position in a file. A negative one counts from the end.
func place(ts *testscript.TestScript, arg string, size int) int {
	n, err := strconv.Atoi(arg)
	ts.Check(err)
	if n < 0 {
		n += size
	}
	return n
}
