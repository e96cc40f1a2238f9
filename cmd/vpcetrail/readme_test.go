package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"vpcetrail/fixtures"
)

// root is the root of the repository. Its READMEs hold three kinds of blocks:
//
//	sh        commands that run, from the root of a clone, in the order of the page, and write
//	          into folders of out that no other page names
//	console   commands that need an AWS account or other tools; their syntax and flags are checked
//	text      right after an sh block: exactly what its commands print
const root = "../.."

// needGitAndBash skips a test where they are not installed.
func needGitAndBash(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"git", "bash"} {
		if _, err := exec.LookPath(tool); err != nil && os.Getenv("CI") != "true" {
			t.Skip(err)
		}
	}
}

// readmes returns the paths of all READMEs below root.
func readmes(t *testing.T) []string {
	t.Helper()
	paths := []string{}
	for _, path := range repositoryFiles(t) {
		if name := filepath.Base(path); name == "README.md" || name == "README.ja.md" {
			paths = append(paths, path)
		}
	}
	if len(paths) < 10 {
		t.Fatalf("only %d READMEs: %q", len(paths), paths)
	}
	return paths
}

// repositoryFiles returns the files that git has, or would add, below root.
func repositoryFiles(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	return slices.DeleteFunc(strings.Split(strings.TrimRight(string(out), "\x00"), "\x00"), func(path string) bool {
		_, err := os.Stat(filepath.Join(root, path))
		return err != nil // deleted, but not yet in git
	})
}

var (
	// blocks matches each sh block with the text block after it, and each console block.
	blocks = regexp.MustCompile("(?ms)^```(sh|console)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?")
	// inOut matches out in a block, and the folder in it.
	inOut = regexp.MustCompile(`(?:^|[^\w.-])out\b(/\w+)?`)
	// aCall matches each vpcetrail command in a line of shell, up to where it ends.
	aCall = regexp.MustCompile(`(?:^|[|(;] ?|&& )vpcetrail ((?:'[^']*'|[^'|>#;)])*)`)
)

// TestReadmeBlocks runs the commands of all READMEs in one copy of the repository, page after page,
// and compares what they print with the page. With -update it rewrites the page.
func TestReadmeBlocks(t *testing.T) {
	needGitAndBash(t)
	dir := copyOfRepository(t)
	writer := map[string]string{} // of each folder in out
	for _, page := range readmes(t) {
		t.Run(page, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(root, page))
			if err != nil {
				t.Fatal(err)
			}
			got := blocks.ReplaceAllStringFunc(string(text), func(block string) string {
				part := blocks.FindStringSubmatch(block)
				kind, commands, printed := part[1], part[2], part[3]
				checkCommands(t, commands)
				checkFolders(t, writer, page, commands)
				if kind != "sh" {
					return block
				}
				out := runCommands(t, dir, commands)
				if printed == "" {
					return block
				}
				return "```sh\n" + commands + "```\n\n```text\n" + out + "```\n"
			})
			onlyOutIsNew(t, dir)
			if !t.Failed() {
				fixtures.Golden(t, filepath.Join(root, page), []byte(got))
			}
		})
	}
}

// copyOfRepository returns a directory with a copy of the repository's files.
func copyOfRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, path := range repositoryFiles(t) {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runCommands runs a block and returns what it prints on standard output.
func runCommands(t *testing.T, dir, commands string) string {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errOut
	cmd.Env = append(os.Environ(), "GOBIN="+filepath.Join(dir, "out", "bin"), "AWS_EC2_METADATA_DISABLED=true",
		"GOFLAGS=-trimpath") // builds are cached, wherever dir is
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s%v\n%s%s", commands, err, out.String(), errOut.String())
	}
	return out.String()
}

// checkFolders checks that a block names out only by folders in it that no other page names: so a
// page shows the same whether other pages ran before it or not.
func checkFolders(t *testing.T, writer map[string]string, page, commands string) {
	t.Helper()
	for _, path := range inOut.FindAllStringSubmatch(commands, -1) {
		folder := path[1]
		if folder == "" {
			t.Errorf("%q: name a folder in out that no other page has, such as out/NAME", path[0])
		} else if other := writer[folder]; other != "" && other != page {
			t.Errorf("%q: out%s is a folder of %s: name another", path[0], folder, other)
		}
		writer[folder] = page
	}
}

// onlyOutIsNew checks that the commands of a page write below out alone, which git ignores.
func onlyOutIsNew(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if _, err := os.Stat(filepath.Join(root, entry.Name())); err != nil && entry.Name() != "out" {
			t.Errorf("the commands write %s: write below out", entry.Name())
		}
	}
}

// checkCommands checks the syntax of a block, and the commands and flags of each
// vpcetrail in it.
func checkCommands(t *testing.T, commands string) {
	t.Helper()
	if text, err := exec.Command("bash", "-n", "-c", commands).CombinedOutput(); err != nil {
		t.Errorf("%s%s", commands, text)
	}
	for line := range strings.Lines(strings.ReplaceAll(commands, "\\\n", " ")) {
		for _, call := range aCall.FindAllStringSubmatch(strings.TrimSpace(line), -1) {
			checkCall(t, call[1])
		}
	}
}

// checkCall checks that the command and the flags of one call exist. The call has
// neither quoted spaces nor variables.
func checkCall(t *testing.T, call string) {
	t.Helper()
	program := newRoot()
	program.InitDefaultVersionFlag()
	program.InitDefaultCompletionCmd()
	called, args, err := program.Find(strings.Fields(strings.ReplaceAll(call, "'", "")))
	if err == nil {
		err = called.ParseFlags(args)
	}
	if err == nil {
		err = called.ValidateRequiredFlags()
	}
	if err != nil || !called.HasParent() && !slices.Contains(args, "--version") {
		t.Errorf("vpcetrail %s: no such command or flag: %v", call, err)
	}
}

// Every relative link of every README leads to a file, and its anchor to a heading.
func TestReadmeLinks(t *testing.T) {
	needGitAndBash(t)
	link := regexp.MustCompile(`\]\(([^)#\s]*)(#[^)\s]*)?\)`)
	pages := readmes(t)
	for _, page := range pages {
		text := withoutCode(t, page)
		for _, l := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(l[1], "://") {
				continue
			}
			to := page
			if l[1] != "" {
				to = filepath.Join(filepath.Dir(page), l[1])
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s: link %s: %v", page, l[0], err)
				continue
			}
			if anchor := strings.TrimPrefix(l[2], "#"); anchor != "" && !slices.Contains(anchors(withoutCode(t, to)), anchor) {
				t.Errorf("%s: link %s: %s has no such heading", page, l[0], to)
			}
		}
		if page != "README.md" && !slices.ContainsFunc(pages, func(other string) bool {
			rel, _ := filepath.Rel(filepath.Dir(other), page)
			return other != page && regexp.MustCompile(`\]\(`+regexp.QuoteMeta(rel)+`[)#]`).MatchString(withoutCode(t, other))
		}) {
			t.Errorf("no README links to %s", page)
		}
	}
}

func withoutCode(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(string(text), "")
}

// anchors returns the anchors of a page's headings, as GitHub makes them.
func anchors(text string) []string {
	var found []string
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		plain := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		found = append(found, strings.ReplaceAll(plain, " ", "-"))
	}
	return found
}

// The README mentions every command that is not hidden.
func TestReadmeNamesEveryCommand(t *testing.T) {
	text := withoutCode(t, "README.md")
	for _, cmd := range slices.DeleteFunc(ours(), func(c *cobra.Command) bool { return !c.HasParent() || c.Hidden }) {
		if !strings.Contains(text, "| [`"+cmd.Name()+"`](") {
			t.Errorf("the README's table of commands lacks %s", cmd.Name())
		}
	}
}
