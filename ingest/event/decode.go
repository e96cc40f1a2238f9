package event

import "vpcetrail/ingest/event/walk"

// A decoder decodes one record at a time into ev. Its walks follow the rules of scan.go.
// Do not copy it after it has learned its names.
type decoder struct {
	ev      Event
	named   named  // ev.Named borrows from it
	shape   shape  // of the last object that frame walked
	scratch []byte // text of strings with escapes; reused for each record

	end   int // of the text in the buffer
	depth int // containers around the contents of the current object

	starts   [levels]member // one for each level: precedes its first member
	stranger member         // represents any unknown member
	callers  *callers       // nil until the first caller
	day      day            // of the previous eventTime
}

// record decodes the object that starts at b.At(i), in a text of n bytes. Keys match
// exactly. If a key comes twice, the whole last value counts. A value of the wrong type
// counts as absent. depth is the number of containers around the contents of the record.
func (d *decoder) record(b walk.Buffer, i, n, depth int) int {
	d.scratch = d.scratch[:0]
	d.ev = Event{}
	d.end, d.depth = n, depth
	return d.members(b, i, &d.starts[inRecord])
}

// members walks the object at b.At(i). last is the start of its level. This loop handles
// the usual case itself: an expected member with a plain string. Everything else is done
// elsewhere.
func (d *decoder) members(b walk.Buffer, i int, last *member) int {
	opening := uint64('{' ^ ',') // turns the brace before the first member into a comma; 0 after it
	for {
		m := last.expected
		if b.Load(i)^opening == m.head && b.Load(i+m.size-8) == m.tail && (m.size <= 16 || m.hasMiddle(b, i)) {
			i += m.value
			if m.kind == text {
				if end := walk.HopASCII(b, i+1); b.At(end) == '"' {
					*m.text = b.Cut(i+1, end)
					i, last, opening = end+1, m, 0
					continue
				}
			} else if c := b.At(i); c == '"' && m.kind == unwanted {
				if end := walk.Hop(b, i+1); b.At(end) == '"' {
					i, last, opening = end+1, m, 0
					continue
				}
			} else if c <= ' ' {
				i = walk.SkipSpace(b, i)
			}
		} else if i, m = d.meet(b, i, last, opening != 0); m == nil {
			return i
		}
		if i = d.value(b, i, m); i < 0 {
			return i
		}
		last, opening = m, 0
	}
}

// value reads the value of m at b.At(i).
func (d *decoder) value(b walk.Buffer, i int, m *member) int {
	switch m.kind {
	case text:
		return d.text(b, i, m.text)
	case raw:
		return d.raw(b, i, m.text)
	case listed:
		return d.resources(b, i, m.text)
	case asked:
		return d.request(b, i, m.text)
	case clock:
		return d.eventTime(b, i)
	case truth:
		return d.truth(b, i, &d.ev.ReadOnly)
	case count:
		return d.count(b, i, m.count)
	case object:
		d.empty(m.inside)
		if b.At(i) != '{' {
			break
		}
		if m.inside == inIdentity {
			return d.caller(b, i)
		}
		return d.object(b, i, m.inside)
	}
	return walk.SkipValue(b, i, d.depth)
}

// object walks the object at b.At(i). Its names are those of level l.
func (d *decoder) object(b walk.Buffer, i int, l level) int {
	d.depth++
	i = d.members(b, i, &d.starts[l])
	d.depth--
	return i
}

// meet handles a member that was not expected. It walks from the end of a value, or from
// the brace that opens the object, to the member's value. From then on last expects this
// member. At the object's end it returns no member.
func (d *decoder) meet(b walk.Buffer, i int, last *member, opening bool) (int, *member) {
	if !opening {
		if i = walk.SkipSpace(b, i); b.At(i) == '}' {
			return i + 1, nil
		}
		if b.At(i) != ',' {
			return ^i, nil
		}
	}
	if i = walk.SkipSpace(b, i+1); b.At(i) != '"' {
		if opening && b.At(i) == '}' {
			return i + 1, nil
		}
		return ^i, nil
	}
	if m := last.find(b, i); m != nil {
		last.expected = m
		return walk.SkipSpace(b, i-1+m.value), m
	}
	end, plain := walk.ScanString(b, i+1)
	if end < 0 {
		return end, nil
	}
	key := b.Cut(i+1, end-1)
	if !plain {
		key = d.unescaped(key)
	}
	if i = walk.SkipSpace(b, end); b.At(i) != ':' {
		return ^i, nil
	}
	i = walk.SkipSpace(b, i+1)
	if m := last.called(key); m != nil {
		return i, m
	}
	d.stranger.expected, d.stranger.next = last.expected, last.next // as if the unknown member were not there
	return i, &d.stranger
}
