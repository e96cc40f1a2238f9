package count

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/count/cells"
	"vpcetrail/report/findings"
)

// Sums are what a settling job makes of records: the total of each cell that it met, in the order of the cells'
// numbers, with the samples and the denials of the cell. Joining adds them up, and needs no records.

// sumBytes is about the size of a part of sums before it is compressed. Joining holds one of every job.
const sumBytes = 1 << 20

// What of a sum follows its counts.
const (
	sumBytesInOut = 1 << iota
	sumSamples
	sumDenials
)

// A sumWriter writes sums.
type sumWriter struct {
	packer
	next uint32 // the number after the one before
	one  []byte
}

// newSumWriter packs at the fastest level: most bytes are ids, which no level packs. The default level made sums 3 %
// smaller, and an undivided merge of 201,600 events 4 % slower.
func newSumWriter(stage func(*Part) error) (*sumWriter, error) {
	zst, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, fmt.Errorf("shard: write: %w", err)
	}
	return &sumWriter{packer: packer{kind: PartSums, limit: sumBytes, zst: zst, stage: stage, text: []byte{byte(PartSums)}}}, nil
}

// page writes the sums of a page, whose first cell has the number base. denials are those that were kept, or nil.
func (w *sumWriter) page(p *Page, base uint32, denials *spill.Cursor) error {
	more := denials != nil && denials.Next()
	for i := range p.totals {
		t := &p.totals[i]
		var of [][]byte
		for ; more && binary.BigEndian.Uint32(denials.Key) == uint32(i); more = denials.Next() {
			of = append(of, bytes.Clone(denials.Key[4:]))
		}
		if t.calls == 0 && t.sample.isEmpty() {
			continue
		}
		number := base + uint32(i)
		w.one = p.appendSum(binary.AppendUvarint(w.one[:0], uint64(number-w.next)), t, of)
		w.next = number + 1
		if err := w.add(w.one); err != nil {
			return err
		}
	}
	if denials != nil {
		return denials.Err()
	}
	return nil
}

// appendSum appends the sum of a cell.
func (p *Page) appendSum(dst []byte, t *total, denials [][]byte) []byte {
	what := byte(0)
	if t.in|t.out != 0 {
		what |= sumBytesInOut
	}
	if !t.sample.isEmpty() {
		what |= sumSamples
	}
	if len(denials) > 0 {
		what |= sumDenials
	}
	dst = append(dst, what)
	for _, n := range [...]uint32{t.calls, t.denied, t.errors, t.reads, t.writes, t.first, t.last - t.first} {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	if what&sumBytesInOut != 0 {
		dst = binary.AppendVarint(binary.AppendVarint(dst, t.in), t.out)
	}
	if what&sumSamples != 0 {
		dst = p.samples.appendList(dst, t.sample)
	}
	if what&sumDenials != 0 {
		dst = binary.AppendUvarint(dst, uint64(len(denials)))
		for _, d := range denials {
			dst = cells.AppendText(dst, d)
		}
	}
	return dst
}

// How a sample is written.
const (
	sampleCounted = 1 << iota
	sampleIsText
	sampleIsLast
)

// appendList appends a list that is not empty.
func (s *samples) appendList(dst []byte, l sampleList) []byte {
	for at := l.first; at >= firstNode; at = s.node(at).next {
		n, head := s.node(at), byte(0)
		if n.counted {
			head |= sampleCounted
		}
		if n.next < firstNode {
			head |= sampleIsLast
		}
		if n.isText {
			dst = cells.AppendText(append(dst, head|sampleIsText), []byte(s.texts[n.id.Lo]))
			continue
		}
		dst = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(append(dst, head), n.id.Hi), n.id.Lo)
	}
	return dst
}

// A SumReader reads what one settling job has written.
type SumReader struct {
	parts  *PartReader
	number uint32 // of the current sum
	left   []byte // the rest of the current sum
	ended  bool
}

// NewSumReader returns a reader of the parts that next returns one after the other, and io.EOF after the last.
func NewSumReader(next func() ([]byte, error)) (*SumReader, error) {
	parts, err := NewPartReader(PartSums, next)
	if err != nil {
		return nil, err
	}
	s := &SumReader{parts: parts}
	s.number--
	return s, s.turn()
}

// turn goes on to the next sum.
func (s *SumReader) turn() (err error) {
	defer hostile(&err)
	text, err := s.parts.Next()
	if err == io.EOF {
		s.ended = true
		return nil
	}
	if err != nil {
		return err
	}
	skipped, width := binary.Uvarint(text)
	number := uint64(s.number) + 1 + skipped
	if s.number+1 == 0 {
		number = skipped
	}
	if s.number, s.left = uint32(number), text[width:]; uint64(s.number) != number {
		return errShard
	}
	return nil
}

// addTo adds the sums of the cells of a page, whose first cell has the number base.
func (s *SumReader) addTo(p *Page, base uint32) (err error) {
	defer hostile(&err)
	for !s.ended && uint64(s.number) < uint64(base)+uint64(len(p.totals)) {
		if s.number < base {
			return errShard
		}
		p.addSum(s.number-base, s.left)
		if p.records > maxPageRecords {
			return errCells
		}
		if err := s.turn(); err != nil {
			return err
		}
	}
	return nil
}

// addSum adds a sum that appendSum has written. It panics if that is damaged.
func (p *Page) addSum(number uint32, text []byte) {
	what, text := text[0], text[1:]
	var more total
	for _, n := range [...]*uint32{&more.calls, &more.denied, &more.errors, &more.reads, &more.writes, &more.first, &more.last} {
		v, width := binary.Uvarint(text)
		*n, text = uint32(v), text[width:]
	}
	more.last += more.first
	if what&sumBytesInOut != 0 {
		for _, n := range [...]*int64{&more.in, &more.out} {
			v, width := binary.Varint(text)
			*n, text = v, text[width:]
		}
	}
	p.records += int64(more.calls)
	t := &p.totals[number]
	t.add(&more)
	if what&sumSamples != 0 {
		text = p.samples.addList(&t.sample, text)
	}
	if what&sumDenials != 0 {
		n, width := binary.Uvarint(text)
		for text = text[width:]; n > 0; n-- {
			length, width := binary.Uvarint(text)
			p.denyKept(number, text[width:width+int(length)])
			text = text[width+int(length):]
		}
	}
}

// addList adds a list that appendList has written, and returns the rest.
func (s *samples) addList(l *sampleList, text []byte) []byte {
	for head := byte(0); head&sampleIsLast == 0; {
		head, text = text[0], text[1:]
		if head&sampleIsText != 0 {
			n, width := binary.Uvarint(text)
			if id := text[width : width+int(n)]; findings.CanSample(id) {
				s.addText(l, string(id), head&sampleCounted != 0)
			}
			text = text[width+int(n):]
			continue
		}
		id := dedupe.ID{Hi: binary.BigEndian.Uint64(text), Lo: binary.BigEndian.Uint64(text[8:])}
		s.addID(l, id, head&sampleCounted != 0)
		text = text[16:]
	}
	return text
}

// keep keeps a denial for the page that has the texts: what deny needs of it.
func (p *Page) keep(r *dedupe.Record, x *extra) {
	key := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, r.Value), r.Flags>>timeShift)
	key = cells.AppendText(key, x.requestID)
	if p.calleeOf(r.Value).Kind == event.Network {
		key = append(key, p.eventID(r, x)...)
	}
	p.kept.Add(key, nil)
}

// denyKept notes a denial that keep has kept, without the number of its cell.
func (p *Page) denyKept(number uint32, text []byte) {
	ms := binary.BigEndian.Uint32(text)
	n, width := binary.Uvarint(text[4:])
	id := text[4+width+int(n):]
	p.deny(&dedupe.Record{Value: number, Flags: ms << timeShift}, &extra{tag: extraID, requestID: text[4+width:][:n], id: id})
}
