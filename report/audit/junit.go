package audit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"vpcetrail/report/grid"
)

// The elements of JUnit XML that CI systems read.
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		junitCounts
		Suite junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Cases []junitCase `xml:"testcase"`
	}
	junitCounts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitMessage `xml:"failure"`
		Error   *junitMessage `xml:"error"`
		Skipped *junitMessage `xml:"skipped"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",cdata"`
	}
)

// WriteJUnit writes the audit as JUnit XML. Each rule is a test case, and so is the completeness of
// the report, and that digests prove its logs if the rules require that. A violated rule and an
// unproved day are failures. An incomplete report is an error unless the rules allow it. A rule
// without calls is skipped. The file holds no times, so the same report gives the same
// bytes.
func (a *Audit) WriteJUnit(w io.Writer) error {
	suite := junitSuite{Name: "vpcetrail audit of " + a.Days}
	complete := junitCase{Class: "vpcetrail.audit", Name: "the report is complete"}
	switch gaps := strings.Join(a.gaps(), "; "); {
	case gaps != "" && a.RequireComplete:
		complete.Error = &junitMessage{Message: gaps, Type: "incomplete"}
		suite.Errors++
	case gaps != "":
		complete.Out = gaps
	}
	suite.Cases = append(suite.Cases, complete)
	if a.RequireVerified {
		proved := junitCase{Class: "vpcetrail.audit", Name: "digests prove the logs"}
		if text := a.Unverified(); text != "" {
			proved.Failure = &junitMessage{Message: text, Type: "unproved"}
			suite.Failures++
		}
		suite.Cases = append(suite.Cases, proved)
	}
	for i := range a.Results {
		r := &a.Results[i]
		c := junitCase{Class: "vpcetrail.audit." + r.Rule.Severity, Name: grid.Clean(r.Rule.Name)}
		switch r.Status {
		case Violated:
			c.Failure = &junitMessage{Message: grid.Clean(r.numbers()), Type: r.Rule.Severity, Text: r.lines()}
			suite.Failures++
		case Empty:
			c.Skipped = &junitMessage{Message: grid.Clean(r.numbers())}
			suite.Skipped++
		default:
			c.Out = grid.Clean(r.numbers())
		}
		suite.Cases = append(suite.Cases, c)
	}
	suite.Tests = len(suite.Cases)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(junitSuites{junitCounts: suite.junitCounts, Suite: suite}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// lines lists the violating rows, one per line.
func (r *Result) lines() string {
	var out strings.Builder
	rows := r.shown()
	for i, c := range rows {
		if i == textRows {
			fmt.Fprintf(&out, "\n… and %d more", len(rows)-textRows+int(r.LeftOut))
			break
		}
		line := []string{grid.OrDash(c.Principal)}
		if c.Session != "" {
			line = append(line, "("+c.Session+")")
		}
		line = append(line, c.name())
		if c.Resource != "" {
			line = append(line, c.Resource)
		}
		if c.Region != "" {
			line = append(line, "in", c.Region)
		}
		text := fmt.Sprintf("%s, %s by %s, last %s", strings.Join(line, " "), grid.Plural(c.Calls, "call"), c.by(), c.LastSeenAt)
		out.WriteString("\n" + grid.Clean(text))
	}
	return out.String() + "\n"
}
