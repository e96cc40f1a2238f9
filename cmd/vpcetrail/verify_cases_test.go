package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/fixtures"
	"vpcetrail/fixtures/signed"
)

// verified is what verify --format json says, as far as the tests need it.
type verified struct {
	Counts   map[string]map[string]int64
	Problems []struct{ Kind, Status, Name, Problem string }
	Twice    []string `json:"listed_twice"`
}

// TestVerifyFindsEachDamage runs verify over each trail of the table in S3, with a
// CloudTrail that lists its keys. testdata/verify.golden has what it says of each.
func TestVerifyFindsEachDamage(t *testing.T) {
	t.Parallel()
	cases := signed.Cases()
	said := make([]string, len(cases))
	t.Run("cases", func(t *testing.T) {
		for i, c := range cases {
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				said[i] = verifyInS3(t, &c)
			})
		}
	})
	if !slices.Contains(said, "") {
		fixtures.Golden(t, "testdata/verify.golden", []byte(strings.Join(said, "")))
	}
}

// verifyInS3 runs verify over the trail of a case in S3, and returns what it says.
func verifyInS3(t *testing.T, c *signed.Case) string {
	t.Helper()
	s := startFake(t)
	trail := c.Make()
	args := []string{"verify", "--date", signed.Day.Format(time.DateOnly), "--format", "json", "--quiet"}
	for _, bucket := range bucketsOf(trail) {
		args = append(args, "s3://"+bucket)
	}
	if err := trail.Store.Upload(t.Context(), s.client); err != nil {
		t.Fatal(err)
	}
	s.do(func(w http.ResponseWriter, r *http.Request) bool {
		return trail.Denied[strings.TrimPrefix(r.URL.Path, "/")] && refuse(w, http.StatusForbidden, "AccessDenied", "Access Denied")
	})
	cmd := s.command(t, 1, append(args, c.Flags...)...)
	cmd.Env = append(cmd.Env, "AWS_ENDPOINT_URL_CLOUDTRAIL="+serve(t, &signed.API{Keys: trail.Keys, Trail: &trail.Chain}))
	problems := checkFound(t, trail, c.Want, runAt(t, cmd, c.Now, c.Exit))
	return fmt.Sprintf("\n%s: %s\n%s  exit status %d\n", c.Name, c.What, problems, c.Exit)
}

// runAt runs the program in its own process, at a time unless that is zero, and returns
// what it prints.
func runAt(t *testing.T, cmd *exec.Cmd, now time.Time, code int) string {
	t.Helper()
	if !now.IsZero() {
		cmd.Env = append(cmd.Environ(), clockVariable+"="+now.Format(time.RFC3339))
	}
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errOut
	_ = cmd.Run() // the exit code shows the result
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("exit code %d, want %d\n%s%s", got, code, out.String(), errOut.String())
	}
	return out.String()
}

// TestVerifyFindsEachDamageInADirectory runs verify over a copy of each trail, with a keys
// file. A key that is not in the file is one that was not read.
func TestVerifyFindsEachDamageInADirectory(t *testing.T) {
	t.Parallel()
	for _, c := range signed.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if c.S3Only {
				t.Skip("a directory does not show it")
			}
			trail, dir := c.Make(), t.TempDir()
			keys, copied := filepath.Join(dir, "keys.json"), filepath.Join(dir, "copy")
			if err := signed.WriteKeys(keys, trail.Keys); err != nil {
				t.Fatal(err)
			}
			if err := trail.Store.Write(copied); err != nil {
				t.Fatal(err)
			}
			want, code := map[string]string{}, c.Exit
			for name, status := range c.Want {
				if status == "no_key" {
					status, code = "key_unread", 3
				}
				want[name] = status
			}
			args := []string{"verify", copied, "--keys", keys, "--date", signed.Day.Format(time.DateOnly), "--format", "json", "--quiet"}
			args = append(args, c.Flags...)
			if c.Now.IsZero() {
				checkFound(t, trail, want, mustRun(t, code, args...).out)
			} else {
				checkFound(t, trail, want, runAt(t, exec.CommandContext(t.Context(), "vpcetrail", args...), c.Now, code))
			}
		})
	}
}

// bucketsOf returns the buckets of a trail.
func bucketsOf(trail *signed.Trail) []string {
	buckets := map[string]bool{}
	for _, o := range trail.Store.Objects() {
		buckets[o.Bucket] = true
	}
	return slices.Sorted(maps.Keys(buckets))
}

// checkFound compares the problems that verify prints with those of the table. It returns
// one line of each kind, with the names of the table.
func checkFound(t *testing.T, trail *signed.Trail, want map[string]string, text string) (problems string) {
	t.Helper()
	var found verified
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return compareFound(t, trail, want, &found)
}

func compareFound(t *testing.T, trail *signed.Trail, want map[string]string, found *verified) (problems string) {
	t.Helper()
	names, got, rename := map[string]string{}, map[string]string{}, []string{}
	for object, name := range trail.Names() {
		names[object[strings.Index(object, "AWSLogs/"):]] = name
		rename = append(rename, "s3://"+object, name, path.Base(object), name)
	}
	short := strings.NewReplacer(rename...)
	for _, p := range found.Problems {
		name := p.Name
		if i := strings.Index(name, "AWSLogs/"); i >= 0 {
			name = names[name[i:]]
		}
		if p.Kind == "gap" {
			name = "hours"
		}
		got[name] = p.Status
		if text := p.Status + ": " + p.Problem; !strings.Contains(problems, text) {
			problems += short.Replace("  " + p.Name + ": " + text + "\n")
		}
		if p.Problem == "" || strings.ContainsAny(p.Problem, "\n\r") {
			t.Errorf("%s: %q is not one line that says what to do", p.Name, p.Problem)
		}
	}
	expected := map[string]string{}
	for name, status := range want {
		if status == "listed_twice" { // no problem
			if found.Counts["log"]["listed_twice"] == 0 {
				t.Errorf("no log is listed twice")
			}
			continue
		}
		if strings.HasPrefix(name, "hours") {
			name = "hours"
		}
		expected[name] = status
	}
	if !maps.Equal(got, expected) {
		t.Errorf("found %v\nwant  %v", got, expected)
	}
	return problems
}

// TestVerifyWithoutNetwork checks a copy in a directory with the saved keys and signatures,
// and without the signatures.
func TestVerifyWithoutNetwork(t *testing.T) {
	s := newS3(t)
	c := signed.Cases()[0]
	trail := c.Make()
	bucket := bucketsOf(trail)[0]
	if err := trail.Store.Upload(t.Context(), s.client); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", serve(t, &signed.API{Keys: trail.Keys, Trail: &trail.Chain}))
	dir := t.TempDir()
	copied, keys, signatures := filepath.Join(dir, "copy"), filepath.Join(dir, "keys.json"), filepath.Join(dir, "signatures")
	date := signed.Day.Format(time.DateOnly)
	mustRun(t, 0, "verify", "s3://"+bucket, "--date", date, "--quiet", "--save-keys", keys, "--save-signatures", signatures)
	if err := trail.Store.Write(copied); err != nil {
		t.Fatal(err)
	}
	saved, made := tree(t, signatures), tree(t, copied)
	for name, text := range saved {
		if !jsonEqual(text, made[name]) {
			t.Errorf("%s: saved %q, want %q", name, text, made[name])
		}
	}
	ownKeys := filepath.Join(dir, "own.json")
	if err := signed.WriteKeys(ownKeys, trail.Keys); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", "http://127.0.0.1:1")
	for _, file := range []string{keys, ownKeys} {
		mustRun(t, 0, "verify", copied, "--date", date, "--quiet", "--keys", file)
	}
	for name := range made {
		if strings.HasSuffix(name, ".signature.json") {
			if err := os.Remove(filepath.Join(copied, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	mustRun(t, 0, "verify", copied, "--date", date, "--quiet", "--keys", keys) // by the successors
	if got := mustRun(t, 3, "verify", copied, "--date", date, "--quiet"); !strings.Contains(got.out, "key_unread") {
		t.Errorf("without keys: %s", got.out)
	}
}

func jsonEqual(a, b string) bool {
	var x, y map[string]string
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && fmt.Sprint(x) == fmt.Sprint(y)
}
