package event

import "vpcetrail/ingest/event/walk"

// The functions of this file read one value of a record. Each accepts any value. A value
// of the wrong type is walked and counts as absent.

// text reads a string into dst.
func (d *decoder) text(b walk.Buffer, i int, dst *[]byte) int {
	if b.At(i) != '"' {
		*dst = nil
		return walk.SkipValue(b, i, d.depth)
	}
	end, plain := walk.ScanString(b, i+1)
	if end < 0 {
		return end
	}
	*dst = b.Cut(i+1, end-1)
	if !plain {
		*dst = d.unescaped(*dst)
	}
	return end
}

// unescaped returns the text of a string literal, kept in scratch. If scratch grows it
// moves, but earlier texts stay valid.
func (d *decoder) unescaped(lit []byte) []byte {
	start := len(d.scratch)
	d.scratch = walk.AppendText(d.scratch, lit)
	return d.scratch[start:len(d.scratch):len(d.scratch)]
}

// raw keeps a value as raw JSON. null clears dst.
func (d *decoder) raw(b walk.Buffer, i int, dst *[]byte) int {
	*dst = nil
	if walk.IsNull(b.Load(i)) {
		return i + len("null")
	}
	end := walk.SkipValue(b, i, d.depth)
	if end > 0 {
		*dst = b.Cut(i, end)
	}
	return end
}

// truth reads true or false, or either as a string, which some services write.
func (d *decoder) truth(b walk.Buffer, i int, dst *Bool) int {
	switch w := b.Load(i); {
	case walk.IsTrue(w):
		*dst = True
		return i + len("true")
	case walk.IsFalse(w):
		*dst = False
		return i + len("false")
	}
	var text []byte
	i = d.text(b, i, &text)
	switch string(text) {
	case "true":
		*dst = True
	case "false":
		*dst = False
	default:
		*dst = Absent
	}
	return i
}

// count reads a number.
func (d *decoder) count(b walk.Buffer, i int, dst *int64) int {
	end := walk.SkipValue(b, i, d.depth)
	*dst = 0
	if end > 0 && (walk.IsDigit(b.At(i)) || b.At(i) == '-') {
		*dst = walk.ParseCount(b.Cut(i, end))
	}
	return end
}

// A day is the day of an eventTime, with the eleven bytes that spell it and its T.
type day struct {
	month, rest uint64 // 2026-11- and, shifted up, 20T
	start       int64  // milliseconds since the epoch
}

// eventTime reads the time. In an object nearly all times are on one day. If the day is
// the same as the previous one, only the time of day is parsed.
func (d *decoder) eventTime(b walk.Buffer, i int) int {
	const size = len(`"2026-11-20T10:11:12Z"`)
	month, rest, seconds := b.Load(i+1), b.Load(i+9), b.Load(i+17)
	spelled := rest << 40
	if month == d.day.month && spelled == d.day.rest && b.At(i) == '"' && uint16(seconds>>24) == '"'<<8|'Z' {
		if ms, ok := timeOfDay(rest>>24 | seconds<<40); ok {
			d.ev.Time, d.ev.HasTime = d.day.start+ms, true
			return i + size
		}
	}
	var text []byte
	end := d.text(b, i, &text)
	d.ev.Time, d.ev.HasTime = walk.ParseTime(text)
	if d.ev.HasTime && end == i+size && len(text) == size-2 && text[len(text)-1] == 'Z' {
		const length = 24 * 60 * 60 * 1000
		sinceMidnight := (d.ev.Time%length + length) % length
		d.day = day{month, spelled, d.ev.Time - sinceMidnight}
	}
	return end
}

// timeOfDay parses eight bytes such as 10:11:12 into milliseconds.
func timeOfDay(s uint64) (ms int64, ok bool) {
	s ^= 0x30303a30303a3030 // "00:00:00": digits become 0 to 9, colons become 0
	if (s|(s+0x0606000606000606))&0xf0f0fff0f0fff0f0 != 0 {
		return 0, false
	}
	two := func(at int) int64 { return int64(s>>at&15)*10 + int64(s>>(at+8)&15) }
	hour, minute, second := two(0), two(24), two(48)
	return ((hour*60+minute)*60 + second) * 1000, hour < 24 && minute < 60 && second < 60
}
