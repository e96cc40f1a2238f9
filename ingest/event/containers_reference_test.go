package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

var errReference = errors.New("not a CloudTrail log by encoding/json")

// A referenceText is the reference's result for a text.
type referenceText struct {
	all   []seen
	found bool   // it is CloudTrail's: a document or a record shows it
	begun bool   // a document was met
	last  string // the list of the last document
	lines bool   // a line of text came before all documents
}

// reference decodes doc with encoding/json, slowly and simply. It does not set Offset.
func reference(doc []byte) ([]seen, error) {
	var text referenceText
	if slices.Contains([]string{"\xff\xfe", "\xfe\xff", "{\x00", "\x00{", "[\x00", "\x00["}, string(doc[:min(len(doc), 2)])) {
		return nil, errReference
	}
	marked := false
	for {
		rest := bytes.TrimLeft(doc, " \t\r\n")
		isLine := !text.begun || marked || bytes.ContainsRune(doc[:len(doc)-len(rest)], '\n')
		if len(rest) == 0 {
			break
		}
		var isMarked bool
		if doc, isMarked = bytes.CutPrefix(rest, []byte("\ufeff")); isMarked {
			marked = true
			continue
		}
		if !referenceOpens(string(rest), isLine) {
			before, whole := beforeObject(rest)
			switch {
			case !isLine, before < 0, text.begun && text.last == "Records":
				return nil, errReference
			case whole:
				text.all = append(text.all, seen{Record: string(rest[:before]), Text: map[string]string{}, Problem: notLine})
				text.lines = text.lines || !text.begun
				text.last = ""
				doc = rest[before:]
				continue
			}
			rest = rest[before:]
		}
		dec := json.NewDecoder(bytes.NewReader(rest))
		var raw json.RawMessage
		if dec.Decode(&raw) != nil || text.document(raw) != nil {
			return nil, errReference
		}
		doc, text.begun, marked = rest[dec.InputOffset():], true, false
	}
	if !text.found {
		return nil, errReference
	}
	return text.all, nil
}

// referenceOpens reports whether text begins like a document.
func referenceOpens(text string, isLine bool) bool {
	inside := strings.TrimLeft(text[1:], " \t\r\n")
	first := inside[:min(len(inside), 1)]
	switch text[0] {
	case '{':
		return !isLine || strings.Contains(`"}`, first)
	case '"':
		return len(text) == 1 || text[1] == '{'
	case '[':
		if !isLine || strings.Contains(`{["]`, first) {
			return true
		}
		end := plainSkip(inside, 0, 0)
		if end < 0 {
			return ^end == len(inside)
		}
		after := strings.TrimLeft(inside[end:], " \t\r\n")
		if closed, ok := strings.CutPrefix(after, "]"); ok {
			after = strings.TrimLeft(closed, " \t\r")
			return after == "" || strings.Contains("\n{[\"", after[:1])
		}
		return after == "" || after[0] == ','
	}
	return false
}

// beforeObject returns the number of bytes before an object that follows a blank in the
// first line of text, as awslogs writes it. Without such an object it returns the length
// of the whole line, or -1 if that is not text.
func beforeObject(text []byte) (n int, whole bool) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	passed := false // an object followed by text
	for k, c := range line {
		switch {
		case c < ' ' && !strings.ContainsRune("\t\r\x1b", rune(c)):
			return -1, false
		case c == '{' && 0 < k && k < maxPrefix && strings.ContainsAny(string(line[k-1:k]), " \t\r") &&
			!bytes.ContainsRune(line[:k], '"') && !passed && referenceOpens(string(text[k:]), true):
			if passed = !endsLine(text[k:]); !passed {
				return k, false
			}
		}
	}
	return len(line), true
}

// endsLine reports whether no text follows, in the same line, the document at the start
// of text.
func endsLine(text []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(text))
	var raw json.RawMessage
	if dec.Decode(&raw) != nil {
		return true
	}
	rest := strings.TrimLeft(string(text[dec.InputOffset():]), " \t\r")
	return rest == "" || strings.Contains("\n{[\"", rest[:1])
}

func (text *referenceText) document(raw json.RawMessage) error {
	text.last = ""
	switch raw[0] {
	case '[':
		return text.list(raw, "", false)
	case '"':
		text.element(raw, "")
		return nil
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
		case "Records", "Events", "logEvents", "events":
			if list != "" {
				return errTwice
			}
			if value[0] == '[' {
				list, control = key.(string), textOf(top["messageType"]) == "CONTROL_MESSAGE"
			}
		}
		top[key.(string)] = value
	}
	text.last = list
	switch {
	case list == "Records" && text.lines:
		return errReference
	case list != "":
		return text.list(top[list], strings.Replace(list, "events", "logEvents", 1), control)
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
	text.found = text.found || len(elements) == 0 || control
	for _, e := range elements {
		switch {
		case control:
		case e[0] == '[' && name != "Records":
			text.row(e, name)
		default:
			text.element(e, name)
		}
	}
	return nil
}

// row decodes an array inside an array.
func (text *referenceText) row(raw json.RawMessage, list string) {
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		panic("BUG: " + err.Error())
	}
	holds := len(elements) == 0
	for _, e := range elements {
		switch {
		case e[0] == '[':
			text.row(e, list)
		case e[0] == '{', strings.HasPrefix(string(e), `"{`):
			text.element(e, list)
		default:
			continue
		}
		holds = true
	}
	if !holds {
		text.all = append(text.all, seen{Record: string(raw), Text: map[string]string{}, Problem: notRecord})
	}
}

func (text *referenceText) element(raw json.RawMessage, list string) {
	var top map[string]json.RawMessage
	s := seen{Record: string(raw), Text: map[string]string{}, Problem: notRecord}
	switch {
	case list == "Records":
		s = referenceRecord(raw)
	case isString(raw):
		s = referenceQuoted(raw)
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
	text.found = text.found || s.Problem == "" || s.Problem == notTime || list == "Records" && s.Problem == notObject
	text.all = append(text.all, s)
}

// referenceQuoted decodes the record in a string.
func referenceQuoted(literal json.RawMessage) seen {
	inner := json.RawMessage(textOf(literal))
	var top map[string]json.RawMessage
	s := seen{Text: map[string]string{}, Problem: notJSON}
	if json.Unmarshal(inner, &top) == nil && top != nil {
		s = referenceObject(inner, top)
	}
	s.Record = string(literal)
	return s
}

// referenceObject decodes an object that is a record or holds one in detail.
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
