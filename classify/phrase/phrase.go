// Package phrase holds sentences that can be said in several languages. Whoever makes a sentence
// writes its English form, with verbs of package fmt for what it is filled with. Package words
// holds the other languages, by these forms.
package phrase

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Format is the English form of a sentence. Its verbs are those of fmt.Sprintf.
type Format string

// A Phrase is a sentence: a form, and what fills it. An argument may be a Phrase, a Format, a
// Counted or a List, which are said in the language of the sentence. Others are ids, names and
// numbers, the same in all languages. The zero value says nothing.
type Phrase struct {
	Format Format
	Args   []any
}

// Of returns a sentence.
func Of(f Format, args ...any) Phrase { return Phrase{f, args} }

// String says the sentence in English.
func (p Phrase) String() string { return fmt.Sprintf(string(p.Format), p.Args...) }

// MarshalText returns the sentence in English, so that programs always read the same.
func (p Phrase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Is reports whether the sentence says something.
func (p Phrase) Is() bool { return p.Format != "" }

// verb matches a verb of a Format, with the index of its argument.
var verb = regexp.MustCompile(`%(?:\[(\d+)\])?s`)

// Match returns the sentence of form f that text is in English. It returns false if text has another
// form. All verbs of f must be %s, with or without an index. An argument that is a number of one of
// nouns becomes a Counted, and any other one a string.
func (f Format) Match(text string, nouns ...Noun) (Phrase, bool) {
	var pattern strings.Builder
	p, at, order := Phrase{Format: f}, 0, []int{}
	for i, v := range verb.FindAllStringSubmatchIndex(string(f), -1) {
		pattern.WriteString(regexp.QuoteMeta(string(f[at:v[0]])) + "(.*)")
		if at = v[1]; v[2] >= 0 {
			i, _ = strconv.Atoi(string(f[v[2]:v[3]]))
			i--
		}
		order = append(order, i)
	}
	found := regexp.MustCompile(`(?s)^` + pattern.String() + regexp.QuoteMeta(string(f[at:])) + `$`).FindStringSubmatch(text)
	if found == nil {
		return Phrase{}, false
	}
	p.Args = make([]any, slices.Max(append(order, -1))+1)
	for i := range p.Args {
		p.Args[i] = ""
	}
	for i, to := range order {
		p.Args[to] = counted(found[i+1], nouns)
	}
	return p, true
}

// counted returns the Counted that text is in English, or text.
func counted(text string, nouns []Noun) any {
	digits, _, _ := strings.Cut(text, " ")
	n, err := strconv.ParseInt(strings.ReplaceAll(digits, ",", ""), 10, 64)
	for _, noun := range nouns {
		if c := (Counted{n, noun}); err == nil && c.String() == text {
			return c
		}
	}
	return text
}

// A Noun is the English singular of what can be counted.
type Noun string

// A Counted is a number of things.
type Counted struct {
	N    int64
	Noun Noun
}

// Count returns a number of things.
func Count[N int | int64](n N, noun Noun) Counted { return Counted{int64(n), noun} }

// String says the number and the noun, in the plural unless the number is 1: 3 shared copies.
func (c Counted) String() string {
	if c.N == 1 {
		return "1 " + string(c.Noun)
	}
	noun := string(c.Noun)
	if stem, ok := strings.CutSuffix(noun, "y"); ok && !strings.ContainsAny(stem[len(stem)-1:], "aeou") {
		noun = stem + "ie" // copies, but days
	}
	return Number(c.N) + " " + noun + "s"
}

// Number formats n with commas: 1,234,567.
func Number(n int64) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// A List joins parts, each of which may be what an argument of a Phrase may be.
type List struct {
	With  Format // such as Comma
	Parts []any
}

// What joins lists.
const (
	Comma Format = ", "
	And   Format = " and "
	Or    Format = " or "
)

// Join returns a list.
func Join[T any](with Format, parts []T) List {
	l := List{With: with, Parts: make([]any, len(parts))}
	for i, p := range parts {
		l.Parts[i] = p
	}
	return l
}

// String says the list in English.
func (l List) String() string {
	texts := make([]string, len(l.Parts))
	for i, p := range l.Parts {
		texts[i] = fmt.Sprint(p)
	}
	return strings.Join(texts, string(l.With))
}

// Few joins names with commas. Of more than five, it gives the first five and the number of others.
func Few(names []string) Phrase {
	const shown = 5
	if more := len(names) - shown; more > 0 {
		return Of("%s and %s more", Join(Comma, names[:shown]), Number(int64(more)))
	}
	return Of("%s", Join(Comma, names))
}
