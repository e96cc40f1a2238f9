package notify

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"vpcetrail/report/changes"
	"vpcetrail/report/findings"
	"vpcetrail/report/grid"
)

// metrics writes gauges in Prometheus' text format.
type metrics struct {
	bytes.Buffer
	report string // the label of every sample
}

// gauge starts a gauge.
func (m *metrics) gauge(name, help string) func(value float64, labels ...string) {
	name = "vpcetrail_" + name
	fmt.Fprintf(m, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
	return func(value float64, labels ...string) {
		fmt.Fprintf(m, `%s{report="%s"`, name, escape(m.report))
		for i := 0; i < len(labels); i += 2 {
			fmt.Fprintf(m, `,%s="%s"`, labels[i], escape(labels[i+1]))
		}
		fmt.Fprintf(m, "} %s\n", strconv.FormatFloat(value, 'f', -1, 64))
	}
}

// escape writes a text as the value of a label.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(grid.Clean(text)) // Clean leaves no line end
}

// maxWaysOut is how many ways out of the networks have a series. The others are added up.
const maxWaysOut = 50

// textFile returns the state of a day, and what it changed, as gauges for Prometheus. No series is
// for a principal or another name that callers choose.
func textFile(c *changes.Changes, report string) []byte {
	m := &metrics{report: report}
	calls := c.After.Calls()
	m.gauge("day_end_timestamp_seconds", "End of the day that these metrics are about.")(float64((c.After.Day + 1).Time().Unix()))
	if c.Before != nil {
		m.gauge("day_nights_missing", "Days before this one that the report does not have, back to the last one that it has.")(float64(c.Missing()))
	}
	complete := 1.0
	if c.After.Lacks().Is() {
		complete = 0
	}
	m.gauge("day_complete", "Whether all of the day's input could be counted.")(complete)
	route := m.gauge("day_calls", "API calls of the day by route.")
	for _, name := range slices.Compact(slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(c.After.Manifest.Routes)), "vpce", "internet", "aws_service", "unknown")))) {
		route(float64(c.After.Manifest.Routes[name]), "route", name)
	}
	if share := calls.Share(); !math.IsNaN(share) {
		m.gauge("day_vpce_share_ratio", "Calls through endpoints, of these and the calls past them.")(share)
	}
	m.findings(c)
	if v := c.After.Manifest.Verified; v != nil {
		m.gauge("day_digests_invalid", "Logs, digests and gaps that are evidence of a change.")(float64(v.Invalid))
		m.gauge("day_digests_unchecked", "Logs, digests and gaps that could not be checked.")(float64(v.Unchecked))
	}
	if c.Causes != nil {
		m.counts("day_cause_calls", "Calls past the endpoints by cause.", "cause", c.Causes)
	}
	if c.Egress != nil {
		m.counts("day_egress_calls", "Calls past the endpoints by way out of the network.", "egress", c.Egress)
	}
	return m.Bytes()
}

// findings writes how many findings there are, are new and are gone. Every code has a series, so
// that an alert sees the change from 0.
func (m *metrics) findings(c *changes.Changes) {
	codes := map[[2]string]changes.Code{}
	for _, f := range findings.Codes {
		codes[[2]string{f.Name, f.Severity}] = changes.Code{}
	}
	for _, own := range [][2]string{{changes.IncompleteInput, "medium"}, {changes.InvalidLogs, "critical"}, {changes.UnverifiedLogs, "medium"}} {
		codes[own] = changes.Code{}
	}
	for _, code := range c.Codes {
		codes[[2]string{code.Finding, code.Severity}] = code
	}
	names := slices.SortedFunc(maps.Keys(codes), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	for _, of := range []struct {
		name, help string
		value      func(changes.Code) int64
		known      bool
	}{
		{"day_findings", "Findings of the day.", func(c changes.Code) int64 { return c.After }, true},
		{"day_findings_new", "Findings that the day before does not have.", func(c changes.Code) int64 { return c.New }, c.Before != nil},
		{"day_findings_gone", "Findings that only the day before has. It has no samples if the day cannot prove it.", func(c changes.Code) int64 { return c.Gone }, c.Proved()},
	} {
		if !of.known {
			continue
		}
		write := m.gauge(of.name, of.help)
		for _, name := range names {
			write(float64(of.value(codes[name])), "finding", name[0], "severity", name[1])
		}
	}
}

// counts writes the calls of the day by name, and the others as one.
func (m *metrics) counts(name, help, label string, counts []changes.Count) {
	write := m.gauge(name, help)
	others := int64(0)
	for i, n := range counts {
		if i >= maxWaysOut {
			others += n.After
			continue
		}
		write(float64(n.After), label, n.Name)
	}
	if len(counts) > maxWaysOut {
		write(float64(others), label, "others")
	}
}
