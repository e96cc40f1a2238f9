package page

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed" // the page's three parts
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/grid"
	"vpcetrail/report/words"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

//go:embed page.ja.css
var pageCSSJapanese string

var pageTemplate = template.Must(template.New("page").Funcs(functions(nil)).Parse(pageHTML))

// functions are the functions of the template for a language.
func functions(words *words.Language) template.FuncMap {
	return template.FuncMap{
		"bytes": func(n, all int64) string {
			if all == 0 {
				return "–" // nobody knows
			}
			return grid.Size(n)
		},
		"minute": minute, "lang": words.Tag,
		"pieces":   func(text string) []piece { return pieces(words, text) },
		"sentence": func(text string) []piece { return sentencePieces(words, text) },
		"plain":    func(text string) string { return plain(words, text) },
		"lines":    func(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") },
		"number":   func(n any) string { return grid.Number(integer(n)) },
		"span":     grid.Range,
		"count":    func(n any, noun phrase.Noun) phrase.Counted { return phrase.Count(integer(n), noun) },
		"name":     func(principal string) string { name, _ := nameAndAccount(principal); return name },
		"say": func(f phrase.Format, args ...any) template.HTML {
			for i, arg := range args {
				if _, isHTML := arg.(template.HTML); !isHTML {
					args[i] = escaper.Replace(words.Say("%s", arg))
				}
			}
			return template.HTML(words.Say(f, args...)) // the sentences may have markup
		},
		"seen": func(text string) template.HTML { return seen(words, text) },
	}
}

// integer converts a number from a template.
func integer(n any) int64 {
	if i, ok := n.(int); ok {
		return int64(i)
	}
	return n.(int64)
}

// Write writes the page as HTML.
func (p *Page) Write(w io.Writer) error {
	v := p.view()
	css, js := pageCSS, script(p.Words)
	if p.Words.Tag() == "ja" {
		css += pageCSSJapanese
	}
	v.CSS, v.JS = template.CSS(css), template.JS(js)
	v.Policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hash(css), hash(js))
	var out bytes.Buffer
	if err := template.Must(pageTemplate.Clone()).Funcs(functions(p.Words)).Execute(&out, v); err != nil {
		return fmt.Errorf("page: write: %w", err)
	}
	html := out.Bytes()
	if p.Words.Tag() == "ja" {
		html = counted.ReplaceAllFunc(html, func(text []byte) []byte { return bytes.ReplaceAll(text, []byte(" "), []byte("&nbsp;")) })
	}
	_, err := w.Write(html)
	return err
}

// counted matches a number with what is before it, and with its counter word or its sign. They stay
// on one line.
var counted = regexp.MustCompile(` ?\d[\d,.]* [件個日回行%]`)

// scriptTexts are the sentences of page.js, as they are there.
var scriptTexts = []phrase.Format{
	"`${visible} of ${list.rows.length} rows shown.`",
	"`${list.matching} of ${list.rows.length} rows match${visible < list.matching ? `, ${visible} shown` : ''}.`",
	"`Show ${list.limit}`",
	"`Show all ${list.matching}`",
	"`${matching} ${matching === 1 ? 'row matches' : 'rows match'}`",
	"'Light' : 'Dark'",
}

// script returns page.js in a language.
func script(words *words.Language) string {
	var pairs []string
	for _, f := range scriptTexts {
		pairs = append(pairs, string(f), words.Say(f))
	}
	return strings.NewReplacer(pairs...).Replace(pageJS)
}

// escaper escapes text as the template does.
var escaper = strings.NewReplacer(`"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;", "\x00", "\uFFFD")

// seen is the template text for a value inside a sentence.
func seen(words *words.Language, text string) template.HTML {
	html := ""
	for _, p := range sentencePieces(words, text) {
		if p.Odd {
			html += `<span class="odd">` + escaper.Replace(p.Text) + "</span>"
		} else {
			html += escaper.Replace(p.Text)
		}
	}
	return template.HTML(cmp.Or(html, "–"))
}

// hash returns the source of a style or script in a Content-Security-Policy.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
