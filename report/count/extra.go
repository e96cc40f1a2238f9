package count

import (
	"encoding/binary"

	"vpcetrail/ingest/event"

	"vpcetrail/report/count/cells"
	"vpcetrail/report/findings"
)

// An extraTag says what an extra holds, in this order.
type extraTag byte

const (
	extraBytes  extraTag = 1 << iota // bytes in and out
	extraPolicy                      // the requestID: an endpoint's policy refused the call
	extraID                          // an eventID that the identity does not hold; "" where it cannot be a sample
)

func appendExtra(dst []byte, tag extraTag, ev *event.Event) []byte {
	dst = append(dst, byte(tag))
	if tag&extraBytes != 0 {
		dst = binary.AppendVarint(dst, ev.Additional.BytesIn)
		dst = binary.AppendVarint(dst, ev.Additional.BytesOut)
	}
	if tag&extraPolicy != 0 {
		dst = cells.AppendText(dst, cells.Clip(ev.RequestID))
	}
	if tag&extraID != 0 {
		id := ev.ID
		if !findings.CanSample(id) {
			id = nil
		}
		dst = cells.AppendText(dst, id)
	}
	return dst
}

// An extra holds what a record has in addition to its 32 bytes.
type extra struct {
	tag           extraTag
	in, out       int64
	requestID, id []byte
}

func parseExtra(text []byte) (x extra) {
	x.tag, text = extraTag(text[0]), text[1:]
	if x.tag&extraBytes != 0 {
		for _, n := range [...]*int64{&x.in, &x.out} {
			v, width := binary.Varint(text)
			*n, text = v, text[width:]
		}
	}
	for _, part := range [...]struct {
		tag extraTag
		to  *[]byte
	}{{extraPolicy, &x.requestID}, {extraID, &x.id}} {
		if x.tag&part.tag != 0 {
			n, width := binary.Uvarint(text)
			*part.to, text = text[width:width+int(n)], text[width+int(n):]
		}
	}
	return x
}
