package event

import (
	"encoding/binary"

	"vpcetrail/ingest/event/walk"
)

// How the decoder knows a key without reading it.
//
// CloudTrail nearly always writes the members of a record, of userIdentity and of the
// other objects in the same order. Only which of them are present differs. So a decoder
// has a member for each name that it knows (names.go). Each member remembers in expected
// which member came after it last time. After a value, or after the brace that opens an
// object, the decoder expects the text of that member, for example ,"eventName":". Two
// comparisons of eight bytes check it, or three or four if the name is long. Then the
// decoder knows what to do with the value, wanted or not, and often also that the value
// is a string.
//
// If the text is different, meet looks the key up. First it compares the names of the
// level in the same way, starting with the one after the last, because most often a
// member was left out. A key with escapes or with white space around it is read. From
// then on the decoder expects the member that it found. An unknown key changes nothing.
//
// An expectation only decides what is compared first. It never changes the decoded record
// or the place of an error. FuzzDecoderForgets compares a decoder that has met other
// records with a new one.

// A member is a name in the form that a decoder compares.
type member struct {
	// The text that starts a member with this name: a comma, the name in quotes, a colon,
	// and the opening quote of a string value. It has at least eight bytes, ,"arn":", and
	// at most 32.
	head, tail uint64    // its first and its last eight bytes
	middle     [2]uint64 // the bytes from the ninth and from the seventeenth
	size       int       // its length
	value      int       // the offset of the value in it, or of a string's quote

	expected *member // the member that came after it last time
	next     *member // the next one in names; the first one follows the last

	kind   kind
	inside level
	text   *[]byte // destination of a text or a raw value, in the decoder's Event
	count  *int64  // destination of a count
	name   string
}

// learn creates the members of every level. Each expects the next.
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

// spell sets the text that starts m.
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

// hasMiddle compares the bytes that head and tail do not cover.
func (m *member) hasMiddle(b walk.Buffer, i int) bool {
	return b.Load(i+8) == m.middle[0] && (m.size <= 24 || b.Load(i+16) == m.middle[1])
}

// find returns the member at b.At(i). It searches m's level, starting after m. It returns
// nil if the name is unknown, or is not written as CloudTrail writes it.
func (m *member) find(b walk.Buffer, i int) *member {
	i--                            // to the comma, or to the byte before the name
	other := uint64(b.At(i) ^ ',') // turns that byte into a comma
	for n := m.next; ; {
		if b.Load(i)^other == n.head && b.Load(i+n.size-8) == n.tail && (n.size <= 16 || n.hasMiddle(b, i)) {
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
