package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's three parts
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"vpcetrail/report/grid"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"pieces": pieces, "plain": plain, "bytes": grid.Size, "minute": minute,
	"lines":  func(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") },
	"number": func(n any) string { return grid.Number(integer(n)) },
	"plural": func(n any, noun string) string { return grid.Plural(integer(n), noun) },
	"name":   func(principal string) string { name, _ := nameAndAccount(principal); return name },
}).Parse(pageHTML))

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
	v.CSS, v.JS = template.CSS(pageCSS), template.JS(pageJS)
	v.Policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hash(pageCSS), hash(pageJS))
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, v); err != nil {
		return fmt.Errorf("page: write: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// hash returns the source of a style or script in a Content-Security-Policy.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
