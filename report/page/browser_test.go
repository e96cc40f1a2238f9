package page

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vpcetrail/report/words"
)

// TestPageInABrowser opens the pages of the workshop, of a month and of hostile names in a headless Chromium. Pictures of
// them are kept in screenshots/.
func TestPageInABrowser(t *testing.T) {
	b := newTab(t)
	t.Run("the workshop", func(t *testing.T) {
		b.emulate(1280, "screen", "light")
		b.openPage(t, workshopPage(t, nil))
		b.shootAll("workshop")
		b.emulate(1280, "screen", "light")
		b.openPage(t, workshopPage(t, words.In("ja")))
		if lang := run[string](b, "document.documentElement.lang"); lang != "ja" {
			t.Errorf("the page is in %q", lang)
		}
		b.shootAll("workshop-ja")
	})
	t.Run("a month", func(t *testing.T) {
		b.emulate(1280, "screen", "light")
		b.openPage(t, aMonth())
		b.shootAll("month")
		b.emulate(1280, "screen", "light")
		t.Run("the window never scrolls sideways", b.testWidth)
		t.Run("the filter", b.testFilter)
		t.Run("severities", b.testSeverities)
		t.Run("sorting by keyboard", b.testSorting)
		t.Run("the theme", b.testTheme)
		t.Run("what a screen reader is told", b.testAccessibility)
		b.call("Page.printToPDF", nil, nil)
	})
	t.Run("hostile names", func(t *testing.T) {
		m := month{days: 2, principals: 30, services: 20, text: hostile, name: func(i int) string { return fmt.Sprint(i, hostile) }}
		b.openPage(t, write(t, read(t, m.publish(t))))
		if n := run[int](b, "document.scripts.length + document.querySelectorAll('[onload], iframe, object, img, link').length"); n != 1 {
			t.Errorf("%d scripts and other things that load, want the page's own script", n)
		}
		b.shoot("hostile")
	})
	if len(b.Console) > 0 {
		t.Errorf("the console says\n%s", strings.Join(b.Console, "\n"))
	}
	for _, url := range b.Asked {
		if !strings.HasPrefix(url, "file://") || !strings.HasSuffix(url, "/page.html") {
			t.Errorf("asked for %s", url)
		}
	}
}

// openPage opens a page from a file of its own, as its reader does.
func (b *tab) openPage(t *testing.T, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	b.open("file://" + filepath.ToSlash(path))
}

// shootAll keeps pictures of the page in both themes, on a desk and on a phone, and printed.
func (b *tab) shootAll(name string) {
	b.t.Helper()
	for _, theme := range []string{"light", "dark"} {
		b.emulate(1280, "screen", theme)
		b.shoot(name + "-" + theme)
		b.emulate(390, "screen", theme)
		b.shoot(name + "-phone-" + theme)
	}
	b.printPDF(name)
}

func (b *tab) testWidth(t *testing.T) {
	for _, width := range []int{360, 768, 1280, 1920} {
		b.emulate(width, "screen", "light")
		if got := run[int](b, "document.documentElement.scrollWidth"); got > width {
			t.Errorf("a window of %d shows a page of %d", width, got)
		}
	}
	b.emulate(1280, "screen", "light")
}

// visible counts the rows of a section's table that are shown.
func (b *tab) visible(section string) int {
	return run[int](b, fmt.Sprintf("[...document.querySelectorAll('#%s tbody tr')].filter(r => r.getClientRects().length).length", section))
}

func (b *tab) testFilter(t *testing.T) {
	if n := b.visible("principals"); n != 15 {
		t.Errorf("%d principals at first, want 15", n)
	}
	b.press("/", "/")
	if id := run[string](b, "document.activeElement.id"); id != "filter" {
		t.Fatalf("/ leads to %q, want the filter", id)
	}
	b.call("Input.insertText", map[string]any{"text": "Role/ML-API-004 1112"}, nil)
	if n := b.visible("principals"); n != 1 {
		t.Errorf("%d principals match, want 1", n)
	}
	if n := b.visible("services"); n != 0 {
		t.Errorf("%d services match, want none", n)
	}
	if said := run[string](b, "document.getElementById('shown').value"); !strings.HasSuffix(said, "match") && said != "1 row matches" {
		t.Errorf("the reader is told %q", said)
	}
	b.press("Escape", "")
	if n := b.visible("principals"); n != 15 {
		t.Errorf("%d principals after Escape, want 15", n)
	}
	run[any](b, "document.querySelector('#principals .rows button').click()")
	if n := b.visible("principals"); n != keep.Principals {
		t.Errorf("%d principals of all, want %d", n, keep.Principals)
	}
	run[any](b, "document.querySelector('#principals .rows button').click()")
}

func (b *tab) testSeverities(t *testing.T) {
	run[any](b, "document.querySelectorAll('input[name=severity]').forEach(s => { if (s.value !== 'critical') s.click() })")
	if n := b.visible("findings"); n != 2 {
		t.Errorf("%d critical findings, want 2", n)
	}
	run[any](b, "document.querySelectorAll('input[name=severity]:not(:checked)').forEach(s => s.click())")
	if n := b.visible("findings"); n != 15 {
		t.Errorf("%d findings, want 15", n)
	}
}

func (b *tab) testSorting(t *testing.T) {
	const heads = "[...document.querySelectorAll('#principals thead th')].map(h => h.getAttribute('aria-sort') || '-').join(' ')"
	const first = "document.querySelector('#principals tbody tr').cells[%d].textContent"
	if got := run[string](b, heads); got != "- - descending - - - - -" {
		t.Errorf("sorted by %q", got)
	}
	run[any](b, "document.querySelector('#principals thead button').focus()")
	b.press("Enter", "\r")
	if got := run[string](b, heads); got != "ascending - - - - - - -" {
		t.Errorf("Enter on the first column: sorted by %q", got)
	}
	if got := run[string](b, fmt.Sprintf(first, 0)); got != "role/billing-api-007" {
		t.Errorf("the first is %s", got)
	}
	for range 3 { // Account, Past, From AWS
		b.press("Tab", "")
	}
	b.press(" ", " ")
	if got := run[string](b, heads); got != "- - - descending - - - -" {
		t.Errorf("space on the fourth column: sorted by %q", got)
	}
	descending := run[string](b, fmt.Sprintf(first, 4))
	b.press(" ", " ")
	if ascending := run[string](b, fmt.Sprintf(first, 4)); descending != "15,791" || ascending == descending || len(ascending) > 3 {
		t.Errorf("first %q, and after a second time %q", descending, ascending)
	}
	run[any](b, "document.querySelectorAll('#principals thead button')[2].click()")
}

func (b *tab) testTheme(t *testing.T) {
	const ground = "getComputedStyle(document.body).backgroundColor"
	light := run[string](b, ground)
	run[any](b, "document.getElementById('theme').click()")
	if dark := run[string](b, ground); light != "rgb(245, 246, 248)" || dark != "rgb(17, 20, 26)" {
		t.Errorf("from %s to %s", light, dark)
	}
	run[any](b, "document.getElementById('theme').click()")
}

// testAccessibility reads the browser's accessibility tree: what a screen reader is handed.
func (b *tab) testAccessibility(t *testing.T) {
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name struct{ Value any }
		}
	}
	b.call("Accessibility.getFullAXTree", nil, &tree)
	roles, unnamed := map[string]int{}, []string{}
	for _, n := range tree.Nodes {
		role, _ := n.Role.Value.(string)
		if n.Ignored {
			continue
		}
		roles[role]++
		switch name, _ := n.Name.Value.(string); role {
		case "button", "link", "searchbox", "checkbox", "navigation", "image", "region", "heading", "columnheader", "rowheader":
			if strings.TrimSpace(name) == "" {
				unnamed = append(unnamed, role)
			}
		}
	}
	for role, least := range map[string]int{"banner": 1, "navigation": 1, "main": 1, "contentinfo": 1, "search": 1, "table": 5, "columnheader": 30, "rowheader": 60, "image": 2, "heading": 8, "status": 1} {
		if roles[role] < least {
			t.Errorf("%d of role %s, want %d at least", roles[role], role, least)
		}
	}
	if len(unnamed) > 0 {
		t.Errorf("without a name: %q", unnamed)
	}
}
