package words

import (
	"fmt"
	"strconv"
	"strings"
)

// parsePO reads a catalogue in the format of gettext: msgctxt, msgid and msgstr, each with a quoted
// text that may go on in the next lines. It takes no plural forms and no header.
func parsePO(catalogue string) (map[entry]string, error) {
	texts := map[entry]string{}
	var at map[string]string // by keyword: the current entry
	var keyword string
	end := func() error {
		e := entry{at["msgctxt"], at["msgid"]}
		if _, twice := texts[e]; at != nil && (e.english == "" || at["msgstr"] == "" || twice) {
			return fmt.Errorf("%q: empty, or there twice", e.english)
		}
		if at != nil {
			texts[e] = at["msgstr"]
		}
		at = nil
		return nil
	}
	number := 0
	for line := range strings.Lines(catalogue) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if word, rest, ok := strings.Cut(line, " "); ok && strings.HasPrefix(word, "msg") {
			if at["msgstr"] != "" {
				if err := end(); err != nil {
					return nil, err
				}
			}
			keyword, line = word, rest
		}
		text, err := strconv.Unquote(line)
		if err != nil || keyword == "" {
			return nil, fmt.Errorf("line %d: want a quoted text", number)
		}
		if at == nil {
			at = map[string]string{}
		}
		at[keyword] += text
	}
	return texts, end()
}
