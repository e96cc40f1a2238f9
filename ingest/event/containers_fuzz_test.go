package event

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A builder writes a text of containers that follows a plan, and what a Reader must find
// in it: eventIDs, and problems after a "!".
type builder struct {
	plan []byte
	text strings.Builder
	want []string
	ids  int
}

// choose reads a number below n from the plan, or 0 at its end.
func (b *builder) choose(n int) int {
	if len(b.plan) == 0 {
		return 0
	}
	c := int(b.plan[0]) % n
	b.plan = b.plan[1:]
	return c
}

// record returns a record with a nested value.
func (b *builder) record() string {
	b.ids++
	id := fmt.Sprint(b.ids)
	b.want = append(b.want, id)
	depth := b.choose(256) * b.choose(3)
	nested := strings.Repeat(`[{"Records":`, depth) + "0" + strings.Repeat("}]", depth)
	return strings.TrimSuffix(rec(id), "}") + `,"requestParameters":` + nested + "}"
}

func (b *builder) fails(problem, text string) string {
	b.want = append(b.want, "!"+problem)
	return text
}

// element returns an element of an array.
func (b *builder) element(rows int) string {
	switch b.choose(8) {
	case 0:
		return b.record()
	case 1:
		return quote(b.record())
	case 2:
		return lookedUp(b.record())
	case 3:
		return envelope(b.record())
	case 4:
		return quote(envelope(b.record()))
	case 5:
		return b.fails(notRecord, []string{`{}`, notification, quote(notification)}[b.choose(3)])
	case 6:
		return b.fails(notJSON, quote(rec("x")[:b.choose(80)+1]))
	}
	if rows == 3 {
		return b.record()
	}
	return b.row(rows)
}

func (b *builder) row(rows int) string {
	var elements []string
	for range b.choose(4) {
		if b.choose(2) == 0 {
			elements = append(elements, b.element(rows+1))
		} else {
			elements = append(elements, []string{`"id"`, "7", "null", `" {"`}[b.choose(4)])
		}
	}
	holds := func(e string) bool { return e[0] == '[' || e[0] == '{' || strings.HasPrefix(e, `"{`) }
	row := "[" + strings.Join(elements, " ,") + "]"
	if len(elements) > 0 && !slices.ContainsFunc(elements, holds) {
		return b.fails(notRecord, row)
	}
	return row
}

// line writes a document, or a line of text.
func (b *builder) line() {
	b.text.WriteString(strings.Repeat(bom, b.choose(3)/2))
	switch b.choose(8) {
	case 0:
		b.text.WriteString(b.record())
	case 1:
		b.text.WriteString(quote(b.record()))
	case 2:
		var elements []string
		for range b.choose(5) + 1 {
			elements = append(elements, b.element(0))
		}
		list := []string{"[%s]", `{"Events":[%s],"NextToken":"t"}`}[b.choose(2)]
		fmt.Fprintf(&b.text, list, strings.Join(elements, ",\n\t"))
	case 3:
		b.text.WriteString(payload(b.record(), b.record()))
	case 4:
		b.text.WriteString(`{"events":[` + filtered(b.record()) + `,[1,` + filtered(b.record()) + `]],"searchedLogStreams":[[]]}`)
	case 5:
		b.text.WriteString("group [stream] {1} 2026-11-20T10:11:12Z\t" + b.record())
	case 6:
		b.text.WriteString(envelope(b.record()) + " " + b.record())
	case 7:
		b.text.WriteString(b.fails(notLine, []string{"one two", "[INFO] {a} {}b", "{name}", `"it" says`, "[2026-11-20] x", "[1] ]", "\x1b[1m" + rec("x") + "\x1b[0m"}[b.choose(7)]))
	}
	b.text.WriteString([]string{"\n", "\r\n", "\n \n"}[b.choose(3)])
}

// FuzzContainers puts records into containers, inside and after one another, with byte
// order marks, rows and lines of text. A Reader must find them all, whatever the size of
// reads.
func FuzzContainers(f *testing.F) {
	for kind := range byte(8) {
		f.Add([]byte{kind, 1, 2, kind, 3, 4, 5, 6, 7, 0, 1, 2}, false)
		f.Add([]byte{2, kind, kind, 4, kind, kind, 0, 0, 1, 2, 7, 3, 1, 1, 0, kind, 255, 2, kind}, false)
	}
	f.Add([]byte{2, 1, 3, 0, 1, 250, 2, 1}, true)
	f.Fuzz(func(t *testing.T, plan []byte, logs bool) {
		b := builder{plan: plan[:min(len(plan), 60)]}
		for len(b.plan) > 0 {
			if logs {
				fmt.Fprintf(&b.text, `%s{"Records":[%s,%s]}`, []string{"", bom, "\n" + bom + bom}[b.choose(3)], b.record(), b.record())
			} else {
				b.line()
			}
		}
		doc := []byte(b.text.String())
		agree(t, doc)
		all, err := scanAll(bytes.NewReader(doc), doc)
		found := slices.ContainsFunc(b.want, func(w string) bool { return w[0] != '!' })
		if found != (err == nil) && !strings.Contains(b.text.String(), "[]") {
			t.Fatalf("%q: %v", doc, err)
		}
		if found && !slices.Equal(idsOf(all), b.want) {
			t.Fatalf("%q:\ngot  %q\nwant %q", doc, idsOf(all), b.want)
		}
	})
}

// idsOf returns what was found, in a builder's notation.
func idsOf(all []seen) (got []string) {
	for _, s := range all {
		what := s.Text["eventID"]
		if s.Problem != "" {
			what = "!" + s.Problem
		}
		got = append(got, what)
	}
	return got
}
