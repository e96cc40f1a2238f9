package why

import (
	"fmt"
	"io"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/causes"
	"vpcetrail/report/grid"
)

// WriteFixes writes the change of each group in one of causes.Formats, at most top of them. A top of 0
// means all. destination names the report in the commands that show the result.
func (y *Why) WriteFixes(w io.Writer, format string, style grid.Style, destination string, top int) error {
	shown := y.Groups
	if top > 0 {
		shown = shown[:min(top, len(shown))]
	}
	var out strings.Builder
	comment := func(f phrase.Format, args ...any) {
		style.Paragraph(&out, "# ", "#   ", style.Words.Say(f, args...)) // which a shell, Terraform and YAML ignore
	}
	comment("%s", y.Headline())
	if format == "cloudformation" {
		comment("Each --- starts a template of its own, for the account and Region that it names.")
	}
	for i := range shown {
		g := &shown[i]
		fix := causes.Of(g.Plan, format)
		fix.Check = phrase.Phrase{}
		out.WriteString("\n")
		if format == "cloudformation" && fix.Code != "" && !g.Done {
			out.WriteString("---\n") // one template a change
		}
		comment("%d. %s: %s.", i+1, g.numbers(), causes.Title(&g.Plan))
		if g.Owner != "" {
			comment("In account %s, Region %s.", g.Owner, g.Region)
		}
		comment("Cause: %s: %s. %s", string(g.Cause), g.Proof(), g.From(false))
		if g.Done {
			continue
		}
		if err := fix.Write(&out, style); err != nil {
			return err
		}
		if g.IsMovable() {
			comment("See that it worked, when the next day is analyzed. The first line lists no such calls, and the second shows them by route vpce:")
			for _, line := range g.Checks(destination) {
				out.WriteString("#   " + grid.Clean(line) + "\n")
			}
		}
	}
	if more := len(y.Groups) - len(shown); more > 0 {
		out.WriteString("\n")
		comment("… and %s more.", grid.Number(int64(more)))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// numbers says the measures of a group in words.
func (g *Group) numbers() phrase.List {
	numbers := []any{phrase.Count(g.Calls, "call")}
	if g.Bytes > 0 {
		numbers = append(numbers, grid.Size(g.Bytes))
	}
	if usd, known := g.Cost(); known {
		numbers = append(numbers, phrase.Of("%s for the NAT gateway by estimate", grid.Dollars(usd)))
	}
	return phrase.Join(phrase.Comma, numbers)
}

// Checks returns a command and a query that show tomorrow whether the change of the group worked.
func (g *Group) Checks(destination string) []string {
	command := []string{"vpcetrail", "why", destination, "--date", "yesterday", "--cause", string(g.Cause)}
	if g.VPC != "" {
		command = append(command, "--vpc", g.VPC)
	}
	for _, service := range g.Services {
		command = append(command, "--service", service)
	}
	for i := range command {
		command[i] = causes.Shell(command[i])
	}
	return []string{
		strings.Join(command, " "),
		fmt.Sprintf("SELECT dt, route, sum(calls) AS calls FROM traffic WHERE service IN (%s) AND account_id IN (%s) GROUP BY dt, route ORDER BY dt, route",
			sqlList(g.Services), sqlList(g.Accounts)),
	}
}

func sqlList(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + strings.ReplaceAll(v, "'", "''") + "'"
	}
	return strings.Join(quoted, ", ")
}
