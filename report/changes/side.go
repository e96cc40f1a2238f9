package changes

import (
	"context"
	"math"
	"slices"
	"strings"

	"vpcetrail/classify/network"
	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/diff"
	"vpcetrail/report/findings"
	"vpcetrail/report/table"
)

// A Side is one of the two days that are compared.
type Side struct {
	Day      day.Day
	Manifest *report.Manifest

	store    report.Store
	snapshot *network.Snapshot // that decides on the day; empty if there is none
	measured map[string]bool   // the endpoints in table endpoint_metrics, by id
}

// Latest returns the newest day of window of which the report has the calls.
func Latest(ctx context.Context, store report.Store, window day.Window) (*Side, error) {
	within, err := report.DaysWithin(ctx, store, window)
	if err != nil {
		return nil, err
	}
	side, err := latest(ctx, store, within)
	if err == nil && side == nil {
		err = report.NoTrail(store, within[len(within)-1])
	}
	return side, err
}

// Before returns the last day before s of which the report has the calls, or nil if there is none.
func (s *Side) Before(ctx context.Context) (*Side, error) {
	all, err := report.Days(ctx, s.store)
	if err != nil {
		return nil, err
	}
	i, _ := slices.BinarySearch(all, s.Day)
	return latest(ctx, s.store, all[:i])
}

// latest returns the last of days of which the report has the calls, or nil.
func latest(ctx context.Context, store report.Store, days []day.Day) (*Side, error) {
	for _, d := range slices.Backward(days) {
		m, err := report.ReadManifest(ctx, store, d)
		if err != nil {
			return nil, err
		}
		if m.HasTrail() {
			side := &Side{Day: d, Manifest: m, store: store}
			return side, side.readEvidence(ctx)
		}
	}
	return nil, nil //nolint:nilnil // there is none
}

// readEvidence reads what decides whether a finding is gone.
func (s *Side) readEvidence(ctx context.Context) (err error) {
	if s.snapshot, err = report.ReadNetwork(ctx, s.store, s.Manifest, s.Day); s.snapshot == nil {
		s.snapshot = network.New()
	}
	s.measured = map[string]bool{}
	for row, failed := range report.ReadTable(ctx, s.store, &table.EndpointMetrics, s.Manifest, s.Day) {
		if failed != nil {
			return failed
		}
		s.measured[strings.Clone(row.EndpointID)] = true
	}
	return err
}

// Calls returns the calls of the day.
func (s *Side) Calls() diff.Counts {
	c := diff.Counts{VPCE: s.Manifest.Routes["vpce"], Internet: s.Manifest.Routes["internet"]}
	for _, n := range s.Manifest.Routes {
		c.Calls += n
	}
	return c
}

// Lacks says what the run of the day could not count, or nothing.
func (s *Side) Lacks() phrase.Phrase {
	if part := s.Manifest.Part(); part != "" {
		return phrase.Of("the day covers shard %s of the trail alone", part)
	}
	var runs report.Runs
	runs.Add(s.Manifest)
	if lacks := runs.Lacks(); lacks.Is() {
		return phrase.Of("%s; %s", lacks, runs.Named())
	}
	return phrase.Phrase{}
}

// The findings that are about a day itself. They are not in table findings.
const (
	IncompleteInput = "incomplete_input"
	UnverifiedLogs  = "unverified_logs"
	InvalidLogs     = "invalid_logs"
)

// A problem is a finding that is about the day itself.
type problem struct {
	finding, severity string
	detail            phrase.Phrase
}

// problems returns the findings that are about the day itself, in the order of their keys.
func (s *Side) problems() (list []problem) {
	add := func(finding, severity string, detail phrase.Format, args ...any) {
		list = append(list, problem{finding, severity, phrase.Of(detail, args...)})
	}
	if lacks := s.Lacks(); lacks.Is() {
		add(IncompleteInput, "medium", "Not all of the input could be counted: %s.", lacks)
	}
	switch v := s.Manifest.Verified; {
	case v == nil:
	case v.Invalid > 0:
		add(InvalidLogs, "critical", "Logs or digests of the trail are not as CloudTrail delivered them: %s.", v.Phrase())
	case !v.Proved():
		add(UnverifiedLogs, "medium", "The digests of the trail do not prove all logs: %s.", v.Phrase())
	}
	return list
}

// own returns the problems as rows of table findings.
func (s *Side) own() (rows []table.FindingRow) {
	for _, p := range s.problems() {
		rows = append(rows, table.FindingRow{
			FindingKey: table.FindingKey{Finding: p.finding, Severity: p.severity}, Detail: p.detail.String(),
			EstimatedUSD: math.NaN(), FirstSeen: -1, LastSeen: -1,
		})
	}
	return rows
}

// Findings returns the rows of table findings, and those about the day itself, in the order of
// their keys.
func (s *Side) Findings(ctx context.Context) report.Rows[table.FindingRow] {
	own := s.own()
	return func(yield func(*table.FindingRow, error) bool) {
		for row, err := range report.ReadTable(ctx, s.store, &table.Findings, s.Manifest, s.Day) {
			for err == nil && len(own) > 0 && own[0].Compare(&row.FindingKey) < 0 {
				if !yield(&own[0], nil) {
					return
				}
				own = own[1:]
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
		for i := range own {
			if !yield(&own[i], nil) {
				return
			}
		}
	}
}

// Unproved says why a finding of scope before that the day does not have need not be gone. It
// says nothing if it is gone.
func (s *Side) Unproved(before Scope) phrase.Phrase {
	switch {
	case !s.Manifest.Has(table.Findings.Name):
		return phrase.Of("it has no table findings")
	case s.Manifest.Part() != "", !s.Manifest.Complete():
		return s.Lacks()
	}
	now := s.Scope()
	return now.lacks(&before)
}

// Doubt says why a finding that the day does not have need not be gone, if Unproved says nothing: the
// source beside the trail that shows it was not read completely, access logs were not compared with the
// trail, or its endpoint was not measured.
func (s *Side) Doubt(gone *table.FindingRow) phrase.Phrase {
	flag := findings.SourceOf(&gone.FindingKey)
	w := s.Manifest.Witnesses[flag]
	switch {
	case flag == "":
	case w == nil:
		return phrase.Of("it has nothing of --%s", flag)
	case w.Unread() > 0:
		return phrase.Of("not all objects of --%s for %s could be read whole", flag, s.Day.String())
	case flag == table.S3Access.Flag && !w.Matched:
		return phrase.Of("it did not compare --%s with the trail", flag)
	case flag == table.EndpointMetrics.Flag && !s.measured[gone.EndpointID] && !s.isDeleted(gone):
		return phrase.Of("--%s has nothing of the endpoint, and no network snapshot shows that it is deleted", flag)
	}
	return phrase.Phrase{}
}

// isDeleted reports whether the network snapshot proves that the endpoint of a finding did not exist on
// the day.
func (s *Side) isDeleted(of *table.FindingRow) bool {
	_, has := s.snapshot.Endpoints[of.EndpointID]
	return !has && slices.ContainsFunc(s.snapshot.Sweeps(), func(sweep network.Sweep) bool {
		return sweep.Place == network.Place{Account: of.AccountID, Region: of.Region} && sweep.Unread[network.CallEndpoints] == ""
	})
}

// networked reports whether the day knows by which ways calls left their networks.
func (s *Side) networked() bool {
	return s.Manifest.Run.Inputs["network"] != "" || s.Manifest.Run.Inputs["networks"] != ""
}
