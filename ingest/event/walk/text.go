package walk

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendText appends the text of a checked string literal to dst, without its quotes. It
// resolves escapes. It replaces invalid UTF-8 and lone surrogates by U+FFFD.
func AppendText(dst, lit []byte) []byte {
	for i := 0; i < len(lit); {
		c := lit[i]
		switch {
		case c == '\\' && lit[i+1] == 'u':
			r := hex4(lit[i+2:])
			i += 6
			if utf16.IsSurrogate(r) {
				pair := utf8.RuneError
				if i+6 <= len(lit) && lit[i] == '\\' && lit[i+1] == 'u' {
					pair = utf16.DecodeRune(r, hex4(lit[i+2:]))
				}
				if r = pair; r != utf8.RuneError {
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
		case c == '\\':
			dst = append(dst, unescape(lit[i+1]))
			i += 2
		case c < utf8.RuneSelf:
			end := i + 1
			for end < len(lit) && lit[end] != '\\' && lit[end] < utf8.RuneSelf {
				end++
			}
			dst = append(dst, lit[i:end]...)
			i = end
		default:
			r, n := utf8.DecodeRune(lit[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
		}
	}
	return dst
}

func unescape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // a quote, a backslash or a slash
}

func hex4(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		if c >= 'A' {
			c = c&^0x20 - 'A' + '0' + 10
		}
		r = r<<4 | rune(c-'0')
	}
	return r
}

// ParseTime parses an eventTime into milliseconds since the epoch. CloudTrail's own form,
// 2026-11-20T10:11:12Z, is parsed by hand. Package time parses other forms: RFC 3339, and
// SQL's timestamp(3) that Athena and CloudTrail Lake export, 2026-11-20 10:11:12.000, in
// UTC. SQL's form without milliseconds is rejected: spreadsheets write times like that,
// in any time zone.
func ParseTime(s []byte) (ms int64, ok bool) {
	if len(s) == len("2026-11-20T10:11:12Z") &&
		s[4] == '-' && s[7] == '-' && s[10] == 'T' && s[13] == ':' && s[16] == ':' && s[19] == 'Z' {
		year := two(s, 0)*100 + two(s, 2)
		month, day, hour, minute, second := two(s, 5), two(s, 8), two(s, 11), two(s, 14), two(s, 17)
		if year >= 1 && 1 <= month && month <= 12 && 1 <= day && day <= 28 && hour >= 0 && hour < 24 &&
			minute >= 0 && minute < 60 && second >= 0 && second < 60 {
			return ((daysBefore(year, month)+int64(day))*86400 + int64(hour*3600+minute*60+second)) * 1000, true
		}
	}
	t, err := time.Parse(time.RFC3339, string(s))
	if err != nil {
		t, err = time.Parse(time.DateTime+".000", string(bytes.TrimSuffix(s, []byte(" UTC"))))
	}
	if err != nil {
		return 0, false
	}
	return t.UnixMilli(), true
}

// two parses two digits at s[i:]. It returns a negative number for anything else.
func two(s []byte, i int) int {
	a, b := s[i]-'0', s[i+1]-'0'
	if a > 9 || b > 9 {
		return -10000
	}
	return int(a)*10 + int(b)
}

// daysBefore returns the days from 1970-01-01 to the day before the first of the month,
// in the proleptic Gregorian calendar. It counts years from March, so that the leap day
// comes last.
func daysBefore(year, month int) int64 {
	y, m := int64(year), int64(month)
	if m <= 2 {
		y, m = y-1, m+12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 - 719469
}

// MaxCount is the largest count of bytes. No call moves more, and sums fit in an int64.
const MaxCount = 1 << 56

// ParseCount parses a number literal as a count of bytes: 312, 0.0, 1.2E7. It cuts off
// fractions. Negative numbers and numbers above MaxCount give 0.
func ParseCount(lit []byte) int64 {
	var n int64
	for _, c := range lit {
		if !IsDigit(c) || n > MaxCount {
			f, err := strconv.ParseFloat(string(lit), 64)
			if err != nil || f < 0 || f > MaxCount {
				return 0
			}
			return int64(f)
		}
		n = n*10 + int64(c-'0')
	}
	if n > MaxCount {
		return 0
	}
	return n
}
