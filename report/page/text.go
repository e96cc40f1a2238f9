package page

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vpcetrail/report/grid"
	"vpcetrail/report/words"
)

// longestValue is the limit in bytes of HTML for a value from the logs. Longer values are cut, so
// a page of hostile names stays small.
const longestValue = 280

// A piece is a part of a text from the logs: visible text, or the name of an invisible character.
type piece struct {
	Text string
	Odd  bool
}

// pieces splits a text for display. Visible text stays as it is. Characters that are invisible or
// move other text are replaced by their names: control, format and bidirectional characters,
// fillers, broken UTF-8.
func pieces(words *words.Language, s string) []piece { return piecesOf(words, s, longestValue) }

// sentencePieces splits a sentence of ours with values from the logs.
func sentencePieces(words *words.Language, s string) []piece {
	return piecesOf(words, s, 3*longestValue)
}

// piecesOf splits a text, which it cuts after limit bytes of HTML.
func piecesOf(words *words.Language, s string, limit int) []piece {
	var all []piece
	start, taken := 0, 0
	for i, r := range s {
		broken := r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD")
		odd := broken || !isSeen(r)
		if taken += cost(r, odd); taken > limit {
			return append(all, piece{Text: s[start:i]}, piece{Text: words.Say("%d more", utf8.RuneCountInString(s[i:])), Odd: true})
		}
		if !odd {
			continue
		}
		name, size := fmt.Sprintf("U+%04X", r), utf8.RuneLen(r)
		if broken {
			name, size = words.Say("byte %02X", s[i]), 1
		}
		if start < i {
			all = append(all, piece{Text: s[start:i]})
		}
		all = append(all, piece{Text: name, Odd: true})
		start = i + size
	}
	if start < len(s) {
		all = append(all, piece{Text: s[start:]})
	}
	return all
}

// cost returns the number of bytes that a character takes in the page.
func cost(r rune, odd bool) int {
	switch {
	case odd:
		return len(`<span class="odd">U&#43;E0001</span>`)
	case strings.ContainsRune(`<>&"'+`, r):
		return len("&#34;")
	}
	return utf8.RuneLen(r)
}

// isSeen reports whether a character is visible and stays in its place.
func isSeen(r rune) bool {
	switch {
	case !unicode.IsPrint(r):
		return false
	case r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0, r == 0x2800, r == 0x17B4, r == 0x17B5: // fillers and blanks
		return false
	case 0x180B <= r && r <= 0x180F, 0xFE00 <= r && r <= 0xFE0F, 0xE0100 <= r && r <= 0xE01EF: // variation selectors
		return false
	}
	return true
}

// plain returns pieces joined into one text, for attributes.
func plain(words *words.Language, s string) string {
	var text strings.Builder
	for _, p := range pieces(words, s) {
		if p.Odd {
			p.Text = "⟨" + p.Text + "⟩"
		}
		text.WriteString(p.Text)
	}
	return text.String()
}

// capital returns a sentence with a capital first letter. Japanese has no such letters, and a name at
// the start of a sentence stays as it is.
func capital(words *words.Language, s string) string {
	if s == "" || words != nil {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// nameAndAccount is grid.Principal with "" instead of a dash.
func nameAndAccount(principal string) (name, account string) {
	if principal == "" {
		return "", ""
	}
	name, account = grid.Principal(principal)
	return name, strings.TrimPrefix(account, "-")
}

// short formats n in at most five characters, for axes: 950, 1.5k, 20k, 3M.
func short(n int64) string {
	f, unit := float64(n), ""
	for _, u := range []string{"k", "M", "G", "T", "P"} {
		if f < 1000 {
			break
		}
		f, unit = f/1000, u
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0") + unit
}

// share formats part of whole in percent. Rounding never gives 0 or 100 for a share between them.
func share(part, whole int64) string {
	p := 100 * float64(part) / float64(whole)
	switch {
	case whole == 0:
		return "–"
	case part > 0 && p < 0.1:
		return "< 0.1 %"
	case part < whole && p > 99.9:
		return "> 99.9 %"
	}
	return fmt.Sprintf("%.1f %%", p)
}

// minute formats a time, in milliseconds since the epoch, to the minute, or – if there is none.
func minute(ms int64) string {
	if ms <= 0 {
		return "–"
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04")
}
