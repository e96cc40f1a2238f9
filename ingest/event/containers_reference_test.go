package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

var errReference = errors.New("not a CloudTrail log by encoding/json")

// A referenceText is what the reference finds in a text.
type referenceText struct {
	all   []seen
	found bool // CloudTrail's, by a document or a record
}

// reference decodes doc with encoding/json, slowly and obviously. Offset is left out.
func reference(doc []byte) ([]seen, error) {
	var text referenceText
	for begun := false; ; begun = true {
		rest := bytes.TrimLeft(doc, " \t\r\n")
		newLine := bytes.ContainsRune(doc[:len(doc)-len(rest)], '\n')
		if len(rest) == 0 {
			break
		}
		if rest[0] != '{' && rest[0] != '[' {
			if begun && !newLine || !hasPrefixText(rest) {
				return nil, errReference
			}
			rest = rest[bytes.IndexByte(rest, '{'):]
		}
		dec := json.NewDecoder(bytes.NewReader(rest))
		var raw json.RawMessage
		if dec.Decode(&raw) != nil || text.document(raw) != nil {
			return nil, errReference
		}
		doc = rest[dec.InputOffset():]
	}
	if !text.found {
		return nil, errReference
	}
	return text.all, nil
}

// hasPrefixText reports whether an object stands behind text in the line, as awslogs writes it.
func hasPrefixText(line []byte) bool {
	before, _, ok := bytes.Cut(line, []byte("{"))
	return ok && len(before) < maxPrefix && !bytes.ContainsAny(before, "\"\n\x00") && bytes.ContainsAny(before[len(before)-1:], " \t")
}

func (text *referenceText) document(raw json.RawMessage) error {
	if raw[0] == '[' {
		return text.list(raw, "", false)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	_, _ = dec.Token() // the brace; raw is known to be JSON
	top := map[string]json.RawMessage{}
	list, control := "", false
	for dec.More() {
		key, _ := dec.Token()
		var value json.RawMessage
		_ = dec.Decode(&value)
		switch key {
		case "Records", "Events", "logEvents":
			if list != "" {
				return errTwice
			}
			if value[0] == '[' {
				list, control = key.(string), textOf(top["messageType"]) == "CONTROL_MESSAGE"
			}
		}
		top[key.(string)] = value
	}
	switch {
	case list != "":
		return text.list(top[list], list, control)
	case textOf(top["messageType"]) == "CONTROL_MESSAGE":
		text.found = true
	default:
		text.element(raw, "")
	}
	return nil
}

func (text *referenceText) list(raw json.RawMessage, name string, control bool) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		return err
	}
	text.found = text.found || len(elements) == 0 || control || name == "Records"
	for _, e := range elements {
		if !control {
			text.element(e, name)
		}
	}
	return nil
}

func (text *referenceText) element(raw json.RawMessage, list string) {
	var top map[string]json.RawMessage
	s := seen{Record: string(raw), Text: map[string]string{}, Problem: notRecord}
	switch {
	case list == "Records":
		s = referenceRecord(raw)
	case json.Unmarshal(raw, &top) != nil || top == nil:
		s.Problem = notObject
	case list == "logEvents" && strings.HasPrefix(string(top["message"]), `"CWL CONTROL MESSAGE: `):
		text.found = true
		return
	case list == "logEvents" && isString(top["message"]):
		s = referenceQuoted(top["message"])
	case list != "logEvents" && !isRecord(top) && isString(top["CloudTrailEvent"]):
		s = referenceQuoted(top["CloudTrailEvent"])
	case list != "logEvents":
		s = referenceObject(raw, top)
	}
	text.found = text.found || s.Problem == "" || s.Problem == notTime
	text.all = append(text.all, s)
}

// referenceQuoted is the record in a string.
func referenceQuoted(literal json.RawMessage) seen {
	inner := json.RawMessage(textOf(literal))
	var top map[string]json.RawMessage
	s := seen{Text: map[string]string{}, Problem: notJSON}
	if json.Unmarshal(inner, &top) == nil && top != nil {
		if s = referenceObject(inner, top); s.Problem == notRecord {
			s.Text = map[string]string{}
		}
	}
	s.Record = string(literal)
	return s
}

// referenceObject is an object that is a record or holds one in detail.
func referenceObject(raw json.RawMessage, top map[string]json.RawMessage) seen {
	var detail map[string]json.RawMessage
	switch {
	case isRecord(top):
		return referenceRecord(raw)
	case json.Unmarshal(top["detail"], &detail) == nil && isRecord(detail):
		return referenceRecord(top["detail"])
	}
	return seen{Record: string(raw), Text: map[string]string{}, Problem: notRecord}
}

func isRecord(top map[string]json.RawMessage) bool {
	return isString(top["eventVersion"]) || isString(top["eventTime"])
}

func isString(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '"' }
