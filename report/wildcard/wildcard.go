// Package wildcard matches names against patterns, as in IAM policies. * matches any text, even an
// empty one, and ? matches any one character. There is no escape, and / is not special.
package wildcard

import "unicode/utf8"

// Match reports whether pattern matches all of text.
func Match(pattern, text string) bool { return match(pattern, text, true) }

// MatchAny reports whether one of the patterns matches all of text.
func MatchAny(patterns []string, text string) bool {
	for _, p := range patterns {
		if Match(p, text) {
			return true
		}
	}
	return false
}

// Covers reports whether pattern matches everything that the pattern set matches. A true is always
// correct. It may return false for patterns that are equal but written differently, such as ?* and *?.
func Covers(pattern, set string) bool { return match(pattern, set, false) }

// match goes back only to the last *, because it can match everything that an earlier * could match.
// If one is not set, ? does not match a * in the text, because that * may be more than one character.
func match(pattern, text string, one bool) bool {
	star, resume := -1, 0 // the index after the last *, and where the text continues after its match
	p, t := 0, 0
	for t < len(text) {
		r, size := utf8.DecodeRuneInString(text[t:])
		if p < len(pattern) && pattern[p] == '*' {
			p++
			star, resume = p, t
			continue
		}
		if p < len(pattern) {
			q, width := utf8.DecodeRuneInString(pattern[p:])
			if q == r && pattern[p:p+width] == text[t:t+size] || q == '?' && (one || r != '*') {
				p, t = p+width, t+size
				continue
			}
		}
		if star < 0 {
			return false
		}
		_, size = utf8.DecodeRuneInString(text[resume:])
		resume += size
		p, t = star, resume
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// Overlap reports whether there is a text that both patterns match. Its time and memory grow with the
// product of their lengths.
func Overlap(a, b string) bool {
	as, bs := []rune(a), []rune(b)
	// below[j] says whether as[i+1:] and bs[j:] overlap.
	below := make([]bool, len(bs)+1)
	for i := len(as); i >= 0; i-- {
		row := make([]bool, len(bs)+1)
		for j := len(bs); j >= 0; j-- {
			switch {
			case i == len(as) && j == len(bs):
				row[j] = true
			case i < len(as) && as[i] == '*':
				row[j] = below[j] || j < len(bs) && row[j+1]
			case j < len(bs) && bs[j] == '*':
				row[j] = row[j+1] || i < len(as) && below[j]
			case i < len(as) && j < len(bs):
				row[j] = (as[i] == bs[j] || as[i] == '?' || bs[j] == '?') && below[j+1]
			}
		}
		below = row
	}
	return below[0]
}
