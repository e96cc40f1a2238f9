package policy

import (
	"encoding/json"
	"strings"
)

// A Document is a policy to write.
type Document struct {
	Version   string // 2012-10-17
	Statement []StatementDocument
}

// String returns the policy as indented JSON, without a final line break.
func (d *Document) String() string { return indented(d) }

// A StatementDocument is one statement of an IAM policy, with its elements in the usual order.
type StatementDocument struct {
	Sid       string
	Effect    string
	Principal any   `json:",omitempty"` // "*", or a map of Texts such as {"AWS": …}
	Action    Texts // at least one
	Resource  Texts `json:",omitempty"`
	// Condition holds the values by operator and key.
	Condition map[string]map[string]Texts `json:",omitempty"`
}

// Texts is a list of texts. In JSON, a list of one is a plain string, as is usual in policies.
type Texts []string

// MarshalJSON writes the texts.
func (t Texts) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// String returns the statement as indented JSON, without a final line break.
func (d *StatementDocument) String() string { return indented(d) }

func indented(document any) string {
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(document); err != nil {
		panic("BUG: statement: " + err.Error()) // strings and lists of strings always marshal
	}
	return strings.TrimSuffix(text.String(), "\n")
}
