package table

import (
	"fmt"
	"strings"
	"testing"

	"vpcetrail/fixtures"
)

// TestReadmeColumns holds the README's tables of columns against the schema.
func TestReadmeColumns(t *testing.T) {
	fixtures.Section(t, "README.md", "columns", []byte(columnTables()))
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
