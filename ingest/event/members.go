package event

import "encoding/binary"

// How a key is known without being read.
//
// CloudTrail writes the members of a record, of userIdentity and of the other objects nearly always
// in the same order; what differs is which of them are there. So a decoder holds for each name that
// it knows (names.go) a member, and each member remembers the one that came behind it last time, in
// expected. Behind a value, or the brace that opens an object, the text must go on as that member
// does, ,"eventName":" for one: two comparisons of eight bytes tell, three or four where the name
// is long. With that the decoder knows what to do with the value, wanted or not, and from the kind
// of the value even that it is a string.
//
// Where the text goes on otherwise, meet looks the key up: first among the names of the level by
// the same comparisons, starting from the one behind the last, since most often a member was left
// out; then, for a key with escapes or with white space around it, by reading it. What it finds is
// expected from then on. A key that is not known changes nothing.
//
// An expectation is only a guess at what to compare first. What a record decodes to, and which byte
// is found wrong, never depends on it: FuzzDecoderForgets holds a decoder that has met other
// records against a new one.

// A member is a name as one decoder looks for it.
type member struct {
	// The text that a member with this name starts with: a comma, the name in quotes, a colon, and
	// before a text its quote. It has at least eight bytes, ,"arn":", and at most 32.
	head, tail uint64    // its first and its last eight bytes
	middle     [2]uint64 // the bytes from the ninth on, and from the seventeenth
	size       int       // its length
	value      int       // the place of the value in it, the quote of a text included

	expected *member // the one that came behind it last time
	next     *member // the one behind it in names; behind the last the first

	kind   kind
	inside level
	text   *[]byte // where a text or a raw value goes, in the decoder's Event
	count  *int64  // where a count goes
	name   string
}

// learn makes the members of every level, each expecting the next.
func (d *decoder) learn() {
	for l := range names {
		list := make([]member, len(names[l]))
		for k, n := range names[l] {
			m := &list[k]
			*m = member{kind: n.kind, inside: n.inside, name: n.name}
			m.next = &list[(k+1)%len(list)]
			m.expected = m.next
			if n.text != nil {
				m.text = n.text(&d.ev)
			}
			if n.count != nil {
				m.count = n.count(&d.ev)
			}
			m.spell()
		}
		d.starts[l] = member{expected: &list[0], next: &list[0]}
	}
}

// spell sets the text that m starts with.
func (m *member) spell() {
	as := `,"` + m.name + `":`
	m.value = len(as)
	if m.kind == text {
		as += `"`
	}
	if m.size = len(as); m.size < 8 || m.size > 32 {
		panic("BUG: no room to spell " + as)
	}
	var padded [32]byte
	copy(padded[:], as)
	word := func(at int) uint64 { return binary.LittleEndian.Uint64(padded[at:]) }
	m.head, m.tail = word(0), word(m.size-8)
	m.middle = [2]uint64{word(8), word(16)}
}

// hasMiddle compares what head and tail leave open.
func (m *member) hasMiddle(b buffer, i int) bool {
	return b.load(i+8) == m.middle[0] && (m.size <= 24 || b.load(i+16) == m.middle[1])
}

// find returns the member whose name stands at b.at(i), searching m's level from behind m; nil
// where it is not known, or does not stand there as CloudTrail writes it.
func (m *member) find(b buffer, i int) *member {
	i--                            // to the comma, or what else stands before the name
	other := uint64(b.at(i) ^ ',') // turns that into a comma
	for n := m.next; ; {
		if b.load(i)^other == n.head && b.load(i+n.size-8) == n.tail && (n.size <= 16 || n.hasMiddle(b, i)) {
			return n
		}
		if n = n.next; n == m.next {
			return nil
		}
	}
}

// called is find for a name that was read.
func (m *member) called(name []byte) *member {
	for n := m.next; ; {
		if n.name == string(name) {
			return n
		}
		if n = n.next; n == m.next {
			return nil
		}
	}
}
