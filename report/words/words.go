// Package words says sentences in the languages that people read. Sentences are written in English
// where they are made, as package phrase says. A catalogue has each of them in another language:
// ja.po has them in Japanese.
//
// Catalogues hold plain formats for package fmt. Package message of golang.org/x/text serves less:
// it formats all numbers in its own way, and cannot say a sentence inside another one.
package words

import (
	_ "embed" // the catalogues
	"fmt"
	"strings"
	"sync"

	"vpcetrail/classify/phrase"
)

// A Language says sentences. nil is English.
type Language struct {
	tag   string
	texts map[entry]string
}

// An entry names a text of a catalogue by its English form.
type entry struct{ context, english string }

// nouns is the context of entries for a phrase.Noun.
const nouns = "noun"

//go:embed ja.po
var japanese string

var ja = sync.OnceValue(func() *Language {
	texts, err := parsePO(japanese)
	if err != nil {
		panic("BUG: ja.po: " + err.Error())
	}
	return &Language{"ja", texts}
})

// Tags are the names of the languages, the default first.
func Tags() []string { return []string{"en", "ja"} }

// In returns the language with one of Tags.
func In(tag string) *Language {
	if tag == "ja" {
		return ja()
	}
	return nil
}

// Tag returns the name of the language.
func (l *Language) Tag() string {
	if l == nil {
		return "en"
	}
	return l.tag
}

// Say says a sentence, which is filled with args as a phrase.Phrase is.
func (l *Language) Say(f phrase.Format, args ...any) string { return l.Text(phrase.Of(f, args...)) }

// Text says a sentence.
func (l *Language) Text(p phrase.Phrase) string {
	if l == nil {
		return p.String()
	}
	args := make([]any, len(p.Args))
	for i, a := range p.Args {
		args[i] = l.value(a)
	}
	return fmt.Sprintf(l.of("", string(p.Format)), args...)
}

// Each says texts that nothing fills, such as the heads of a table.
func (l *Language) Each(list ...phrase.Format) []string {
	texts := make([]string, len(list))
	for i, f := range list {
		texts[i] = l.Say(f)
	}
	return texts
}

// Count says a number of things.
func (l *Language) Count(n int64, noun phrase.Noun) string {
	return l.Say("%s", phrase.Count(n, noun))
}

// of returns a text of the catalogue. It returns the English text if there is none.
func (l *Language) of(context, english string) string {
	if text, ok := l.texts[entry{context, english}]; ok {
		return text
	}
	return english
}

// value says what fills a sentence.
func (l *Language) value(arg any) any {
	switch a := arg.(type) {
	case phrase.Phrase:
		return l.Text(a)
	case phrase.Format:
		return l.Say(a)
	case phrase.Counted:
		text, ok := l.texts[entry{nouns, string(a.Noun)}]
		if !ok {
			return a.String()
		}
		return fmt.Sprintf(text, phrase.Number(a.N))
	case phrase.List:
		texts := make([]string, len(a.Parts))
		for i, p := range a.Parts {
			texts[i] = fmt.Sprint(l.value(p))
		}
		return strings.Join(texts, l.Say(a.With))
	}
	return arg
}
