package words

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"
	"text/template/parse"

	"vpcetrail/classify/phrase"
)

// rooms are the packages whose sentences people read in other languages than English.
var rooms = []string{
	"classify", "classify/endpoints", "classify/network", "classify/phrase", "report", "report/causes", "report/changes", "report/explain",
	"report/findings", "report/grid", "report/overview", "report/page", "report/readiness", "report/replay", "report/summary", "report/why",
}

// TestCatalogues holds that each sentence of the rooms is in each catalogue, and nothing else is.
func TestCatalogues(t *testing.T) {
	wanted := map[entry]string{} // where it is
	for where, list := range constants(t) {
		for _, e := range list {
			wanted[e] = where
		}
	}
	for _, e := range templateSentences(t, "../page/page.html") {
		wanted[e] = "page.html"
	}
	needs, err := os.ReadFile("../replay/owned.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(needs)) {
		if fields := strings.Split(line, "|"); len(fields) == 4 {
			wanted[entry{"", fields[1]}] = "owned.txt"
		}
	}
	delete(wanted, entry{})
	texts := ja().texts
	for _, e := range slices.SortedFunc(maps.Keys(wanted), func(a, b entry) int { return strings.Compare(wanted[a]+a.english, wanted[b]+b.english) }) {
		if _, ok := texts[e]; !ok {
			t.Errorf("ja.po lacks a text of %s:\n%s", wanted[e], skeleton(e))
		}
	}
	for e := range texts {
		if wanted[e] == "" {
			t.Errorf("ja.po has a text that nobody says: %q", e.english)
		}
	}
}

// skeleton is the entry to add to a catalogue.
func skeleton(e entry) string {
	text := fmt.Sprintf("msgid %q\nmsgstr \"\"", e.english)
	if e.context != "" {
		text = fmt.Sprintf("msgctxt %q\n", e.context) + text
	}
	return text
}

// constants returns the constants of the rooms that are a phrase.Format or a phrase.Noun, by file.
func constants(t *testing.T) map[string][]entry {
	t.Helper()
	found := map[string][]entry{}
	files := token.NewFileSet()
	imports := importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) { return os.Open(list(t)[path].export) })
	for path, p := range list(t) {
		room, ok := strings.CutPrefix(path, "vpcetrail/")
		if !ok || !slices.Contains(rooms, room) {
			continue
		}
		var parsed []*ast.File
		for _, name := range p.files {
			f, err := parser.ParseFile(files, filepath.Join(p.dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			parsed = append(parsed, f)
		}
		info := types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
		check := types.Config{Importer: imports}
		if _, err := check.Check(path, files, parsed, &info); err != nil {
			t.Fatal(err)
		}
		part := map[ast.Expr]bool{} // of a longer constant
		for expr := range info.Types {
			if sum, ok := expr.(*ast.BinaryExpr); ok {
				part[sum.X], part[sum.Y] = true, true
			}
		}
		for expr, v := range info.Types {
			if v.Value == nil || v.Value.Kind() != constant.String || part[expr] {
				continue
			}
			e := entry{"", constant.StringVal(v.Value)}
			where := filepath.Join(room, filepath.Base(files.Position(expr.Pos()).Filename))
			switch v.Type.String() {
			case "vpcetrail/classify/phrase.Format":
				found[where] = append(found[where], e)
			case "vpcetrail/classify/phrase.Noun":
				e.context = nouns
				found[where] = append(found[where], e)
			}
		}
	}
	return found
}

// A listed is a package as go list has it.
type listed struct {
	dir, export string
	files       []string
}

var packages map[string]listed

// list returns the packages of the module and what they import.
func list(t *testing.T) map[string]listed {
	t.Helper()
	if packages != nil {
		return packages
	}
	cmd := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}|{{.Dir}}|{{.Export}}|{{join .GoFiles \" \"}}", "vpcetrail/report/...", "vpcetrail/classify/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	packages = map[string]listed{}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), "|")
		packages[f[0]] = listed{f[1], f[2], strings.Fields(f[3])}
	}
	return packages
}

// templateSentences returns the sentences that a template says.
func templateSentences(t *testing.T, file string) (found []entry) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	none := func() string { return "" }
	names := template.FuncMap{}
	for _, name := range regexp.MustCompile(`\b[a-z]\w*`).FindAllString(string(text), -1) {
		names[name] = none
	}
	parsed, err := template.New("page").Funcs(names).Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range parsed.Templates() {
		walk(one.Root, func(c *parse.CommandNode) {
			for i := range c.Args[1:] {
				text, isText := c.Args[i+1].(*parse.StringNode)
				switch name := c.Args[0].String(); {
				case isText && name == "say" && i == 0:
					found = append(found, entry{"", text.Text})
				case isText && name == "count":
					found = append(found, entry{nouns, text.Text})
				}
			}
		})
	}
	return found
}

// walk calls fn with the commands of a node.
func walk(node parse.Node, fn func(*parse.CommandNode)) {
	branch := func(b *parse.BranchNode) {
		walk(b.Pipe, fn)
		walk(b.List, fn)
		if b.ElseList != nil {
			walk(b.ElseList, fn)
		}
	}
	switch n := node.(type) {
	case *parse.ListNode:
		for _, one := range n.Nodes {
			walk(one, fn)
		}
	case *parse.ActionNode:
		walk(n.Pipe, fn)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			walk(n.Pipe, fn)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			fn(c)
			for _, arg := range c.Args {
				walk(arg, fn)
			}
		}
	}
}

var verb = regexp.MustCompile(`%(\[\d+\])?[0-9.]*[a-zA-Z%]`)

// verbs returns the verbs of a format, each with the number of its argument.
func verbs(format string) (list []string) {
	next := 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		kind := m[0][len(m[0])-1:]
		if kind == "%" {
			continue
		}
		if m[1] != "" {
			_, _ = fmt.Sscanf(m[1], "[%d]", &next)
		}
		list = append(list, fmt.Sprint(next, kind))
		next++
	}
	slices.Sort(list)
	return slices.Compact(list)
}

var markup = regexp.MustCompile(`</?[a-z]+[^<>]*>|\$\{[^}]*\}`)

// TestPlaceholders holds that a sentence is filled with the same in every language, and has the same markup.
func TestPlaceholders(t *testing.T) {
	for e, text := range ja().texts {
		want := verbs(e.english)
		if e.context == nouns {
			want = []string{"1s"}
		}
		if got := verbs(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v in %q, want %v", e.english, got, text, want)
		}
		if got, want := markup.FindAllString(text, -1), markup.FindAllString(e.english, -1); len(got) != len(want) && !strings.HasPrefix(e.english, "`") {
			t.Errorf("%q: markup %v in %q, want %v", e.english, got, text, want)
		}
	}
}

// TestSay holds how sentences inside sentences are said.
func TestSay(t *testing.T) {
	p := phrase.Of("%s: %s", phrase.Join(phrase.Comma, []string{"a", "b"}), phrase.Of("in %s", "vpc-1"))
	l := &Language{"xx", map[entry]string{{"", ", "}: "/", {"", "%s: %s"}: "%[2]s = %[1]s", {"", "in %s"}: "IN %s", {nouns, "call"}: "CALL %s"}}
	if got := l.Text(p); got != "IN vpc-1 = a/b" {
		t.Errorf("got %q", got)
	}
	if got := l.Say("%s", phrase.Count(1234, "call")); got != "CALL 1,234" {
		t.Errorf("got %q", got)
	}
	if got := p.String(); got != "a, b: in vpc-1" || In("en").Text(p) != got {
		t.Errorf("got %q", got)
	}
}
