package notify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"vpcetrail/report/changes"
	"vpcetrail/report/findings"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/table"
)

// A state is what has become of a finding.
type state string

const (
	isNew  state = "new"
	isGone state = "gone"
	isOpen state = "open" // as before: sent again so that the target keeps it
)

// news is one thing to send: a finding, or a day.
type news struct {
	state   state
	finding finding
	row     table.FindingRow  // without counts if it is gone
	date    string            // of the day that shows it
	at      int64             // when it is sent, in milliseconds, see record.Updated
	event   *changes.Document // of the day; nil: it is a finding
	run     int               // of the event, see sentDay
	known   bool              // the record has the finding
	first   *news             // sent before this, which is not sent if that fails

	body json.RawMessage // what the target is sent
	err  error           // why it was not delivered; errNoAnswer until it is
}

// id returns an id that is the same whenever the same news are sent.
func (n *news) id() string {
	texts, run := []string{n.finding.ID, n.finding.Since, string(n.state)}, n.finding.Run
	if n.event != nil {
		text, _ := json.Marshal(n.event) // texts and numbers always marshal
		texts, run = []string{"day", string(text)}, n.run
	}
	if run > 0 {
		texts = append(texts, strconv.Itoa(run))
	}
	return hash(texts...)
}

// hash returns a short hash of texts.
func hash(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// String names the news in messages.
func (n *news) String() string {
	if n.event != nil {
		return "the day " + n.date
	}
	return titleOf(&n.row)
}

// titleOf says in a few words what a finding is about.
func titleOf(row *table.FindingRow) string {
	name, _ := grid.Principal(row.Principal)
	title := row.Finding
	if row.Principal != "" {
		title += " of " + name
	}
	if on := strings.TrimSpace(strings.Join([]string{row.Service, row.Resource, row.EndpointID}, " ")); on != "" {
		title += ": " + strings.Join(strings.Fields(on), " ")
	}
	return grid.Clean(title)
}

// byUrgency orders findings: the most severe first, then those with the most calls.
func byUrgency(a, b *news) int {
	return cmp.Or(overview.RankOfSeverity(b.row.Severity)-overview.RankOfSeverity(a.row.Severity),
		cmp.Compare(b.row.Calls, a.row.Calls), a.row.Compare(&b.row.FindingKey), strings.Compare(string(b.state), string(a.state))) // new before gone
}

// meaningOf says what a finding of this code means.
func meaningOf(row *table.FindingRow) string {
	for _, code := range findings.Codes {
		if code.Name == row.Finding && code.Severity == row.Severity {
			return string(code.Means)
		}
	}
	return row.Finding // about the day itself, or of another version
}
