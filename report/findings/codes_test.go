package findings

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vpcetrail/fixtures"
)

// TestReadmeCodes holds the README's table of findings against Codes.
func TestReadmeCodes(t *testing.T) {
	var out strings.Builder
	out.WriteString("| finding | severity | |\n|---|---|---|\n")
	for _, c := range Codes {
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", c.Name, c.Severity, c.Means)
	}
	fixtures.Section(t, "README.md", "findings", []byte(out.String()))
}

func TestCodesAreToldApart(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Codes {
		if seen[c.Name+c.Severity] || !slices.Contains([]string{"critical", "high", "medium", "low", "info"}, c.Severity) || !strings.HasSuffix(string(c.Means), ".") {
			t.Errorf("%+v", c)
		}
		seen[c.Name+c.Severity] = true
	}
}
