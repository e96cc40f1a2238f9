package table

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestReadmeColumns holds the README's tables of columns against the schema. With -update it
// writes them.
func TestReadmeColumns(t *testing.T) {
	const path, start, end = "../../README.md", "<!-- columns: written by go test ./report/table -update -->\n", "<!-- end of columns -->"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := bytes.Cut(text, []byte(start))
	old, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		t.Fatalf("%s has no section of columns", path)
	}
	want := columnTables()
	if string(old) == want {
		return
	}
	if flag.Lookup("update").Value.String() != "true" {
		t.Fatal("the README's columns are not the schema's: run go test ./report/table -update")
	}
	mended := string(before) + start + want + end + string(after)
	if err := os.WriteFile(path, []byte(mended), 0o644); err != nil {
		t.Fatal(err)
	}
}

func columnTables() string {
	var out strings.Builder
	for _, table := range Tables() {
		fmt.Fprintf(&out, "\n### %s\n\n%s\n\n| column | type | |\n|---|---|---|\n", table.Name, table.Doc)
		for _, c := range table.Columns {
			mark := ""
			if c.Key {
				mark = "**key** "
			}
			fmt.Fprintf(&out, "| `%s` | %s | %s%s |\n", c.Name, c.Type, mark, c.Doc)
		}
	}
	return out.String() + "\n"
}
