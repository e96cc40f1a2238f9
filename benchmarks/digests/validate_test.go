package digests

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/fixtures"
	"vpcetrail/fixtures/signed"
)

// TestValidateLogs runs each case of the table through the AWS CLI, and compares what it
// says of each digest and log with the table. testdata/validate-logs.golden has the
// CLI's words. With -short it runs every fifth case.
func TestValidateLogs(t *testing.T) {
	program := findCLI(t)
	cases := signed.Cases()
	words := make([]string, len(cases))
	t.Run("cases", func(t *testing.T) {
		for i, c := range cases {
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				if testing.Short() && i%5 != 0 {
					t.Skip("-short")
				}
				trail := c.Make()
				said := validateLogs(t, program, trail)
				words[i] = fmt.Sprintf("\n%s: %s\n%s", c.Name, c.What, said.words)
				compare(t, &c, trail, said)
			})
		}
	})
	if slices.Contains(words, "") {
		return // of a part of the cases
	}
	fixtures.Golden(t, "testdata/validate-logs.golden", []byte(strings.Join(words, "")))
}

// compare compares what the CLI said with what the table expects.
func compare(t *testing.T, c *signed.Case, trail *signed.Trail, said verdicts) {
	want := map[string]string{}
	for name := range said.status {
		want[name] = "valid"
	}
	maps.Copy(want, c.Want)
	maps.Copy(want, c.CLI)
	for name, status := range want {
		if notSaid[status] {
			status = ""
		}
		if got := said.status[name]; got != status {
			t.Errorf("the CLI says %q of %s, the table %q", got, name, status)
		}
	}
	if said.exit != c.CLIExit {
		t.Errorf("the CLI ends with %d, the table says %d", said.exit, c.CLIExit)
	}
	if t.Failed() {
		t.Log(said.words)
	}
}

// notSaid are the statuses that the CLI does not have: it does not mention the object.
var notSaid = map[string]bool{
	"unverified": true, "not_in_digest": true, "denied": true, "gap": true, "tail_missing": true, "pending": true,
}

// findCLI returns the AWS CLI.
func findCLI(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(cmp.Or(os.Getenv("AWSCLI"), filepath.Join(cache, "vpcetrail-awscli")), "bin", "aws")
	if _, err := os.Stat(program); err != nil {
		t.Skip("the AWS CLI is not here: benchmarks/digests/check installs it: ", err)
	}
	return program
}

// verdicts are what one run of the CLI said, by the names of the table.
type verdicts struct {
	status map[string]string
	words  string // the lines about what is not valid, with these names
	exit   int
}

// validateLogs runs the CLI over the day of a trail.
func validateLogs(t *testing.T, program string, trail *signed.Trail) verdicts {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "cloudtrail", "validate-logs", "--verbose", "--region", trail.Region,
		"--trail-arn", trail.ARN(), "--account-id", trail.Account,
		"--start-time", trail.From.Format(time.RFC3339), "--end-time", trail.Until.Format(time.RFC3339))
	cmd.Env = append(os.Environ(), serve(t, trail)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run() // the exit status shows the result
	v := verdicts{map[string]string{}, "", cmd.ProcessState.ExitCode()}
	names := trail.Names()
	valid := 0
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSpace(line)
		what, rest, isFile := strings.Cut(line, "\ts3://")
		object, says, _ := strings.Cut(rest, "\t")
		name := names[object]
		switch {
		case strings.HasPrefix(line, "Validating") || strings.HasPrefix(line, "Results") || line == "":
		case isFile && says == "valid":
			valid++
			v.status[name] = says
		case isFile:
			v.status[name] = status(says)
			v.words += fmt.Sprintf("  %s: %s %s\n", name, what, says)
		default:
			v.words += "  " + line + "\n"
		}
	}
	v.words += fmt.Sprintf("  exit status %d\n", v.exit)
	return v
}

// says are the CLI's words for the statuses of the table.
var says = []struct{ words, status string }{
	{"signature verification failed", "bad_signature"},
	{"public key not found", "no_key"},
	{"Unable to load PKCS #1 key", "no_key"},
	{"has been moved", "moved"},
	{"not found", "missing"},
	{"hash value doesn't match", "modified"},
	{"unexpected data after end", "trailing_data"},
	{"invalid format", "malformed"},
}

func status(words string) string {
	i := slices.IndexFunc(says, func(s struct{ words, status string }) bool { return strings.Contains(words, s.words) })
	if i < 0 {
		return "malformed" // an exception of Python
	}
	return says[i].status
}

// TestReadmeNamesUnseenDamage writes the list of the damage that the CLI does not report.
func TestReadmeNamesUnseenDamage(t *testing.T) {
	var list strings.Builder
	for _, c := range signed.Cases() {
		if c.Exit != 0 && c.CLIExit == 0 && c.Now.IsZero() { // a day that is not over is not damaged
			fmt.Fprintf(&list, "- %s: %s\n", c.Name, c.What)
		}
	}
	fixtures.Section(t, "../README.md", "unseen", []byte(list.String()))
}
