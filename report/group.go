package report

import (
	"encoding/binary"

	"vpcetrail/classify"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
)

// A group is what records have in common that are counted together before the window is known
// whole, in one string. Its numbers stand first, one byte each but for the day, then each text behind its
// length. A group of other events has neither evidence nor texts.
type group string

// The numbers of a group, by place.
const (
	groupDay       = 0 // 4 bytes, big-endian
	groupKind      = 4 // event.Kind
	groupEvidence  = 5 // of Facts.Unowned
	groupOrigin    = 6
	groupInterface = 7 // Facts.Interface
	groupTexts     = 8 // where the texts start
)

// The texts of a group, in order.
const (
	textAccount = iota
	textRegion
	textPrincipal
	textPrincipalType
	textPrincipalAccount
	textSession
	textService
	textEndpoint
	textEndpointAccount
	textSharedBy // the caller's account, where the record may be another account's copy
	groupTextCount
)

// appendGroup appends the group of ev to dst.
func appendGroup(dst []byte, d day.Day, kind event.Kind, ev *event.Event, f *classify.Facts, p *classify.Principal) []byte {
	iface := byte(0)
	if f.Interface {
		iface = 1
	}
	dst = append(appendBareGroup(dst, d, kind), byte(f.Unowned.Evidence), byte(f.Unowned.Origin), iface)
	dst = appendText(dst, ev.Recipient)
	dst = appendText(dst, ev.Region)
	dst = appendText(dst, p.Name)
	dst = appendText(dst, p.Type)
	dst = appendText(dst, p.Account)
	dst = appendText(dst, p.Session)
	dst = appendText(dst, ev.Source)
	dst = appendText(dst, f.EndpointID)
	dst = appendText(dst, f.EndpointAccount)
	return appendText(dst, classify.SharedBy(ev))
}

// appendBareGroup appends the group of an event that tells no route.
func appendBareGroup(dst []byte, d day.Day, kind event.Kind) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(d)), byte(kind))
}

func appendText(dst, text []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(text)))
	return append(dst, text...)
}

func (g group) day() day.Day {
	return day.Day(int32(binary.BigEndian.Uint32([]byte(g[groupDay : groupDay+4]))))
}

func (g group) kind() event.Kind { return event.Kind(g[groupKind]) }

func (g group) unowned() classify.Verdict {
	return classify.Verdict{Evidence: classify.Evidence(g[groupEvidence]), Origin: classify.Origin(g[groupOrigin])}
}

func (g group) provesInterface() bool { return g[groupInterface] == 1 }

// texts returns the group's texts; they share its memory.
func (g group) texts() (texts [groupTextCount]string) {
	texts, _ = g.cut()
	return texts
}

// cut returns the group's texts, and what stands behind it.
func (g group) cut() (texts [groupTextCount]string, rest string) {
	rest = string(g[groupTexts:])
	for i := range texts {
		texts[i], rest = cutText(rest)
	}
	return texts, rest
}

func uvarint(s string) (n, width int) {
	for shift := 0; ; shift += 7 {
		c := s[width]
		width++
		n |= int(c&0x7f) << shift
		if c < 0x80 {
			return n, width
		}
	}
}
