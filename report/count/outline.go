package count

import (
	"encoding/binary"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"

	"vpcetrail/report/count/cells"
)

// An outline is what settling needs of a dictionary: for each cell the scope of its records' identities, and
// whether eventIDs are kept of it. Cells follow each other in the order of their texts, which begin with most of
// a scope, so an outline is a list of runs of cells of one scope: the number of cells, day, kind, account,
// Region, and a bit for each cell.

// appendOutline appends the outline of a page without records.
func (p *Page) appendOutline(dst []byte) []byte {
	type place struct {
		day             day.Day
		kind            event.Kind
		account, region uint32
	}
	of := func(cell int) place {
		c := p.calleeOf(uint32(cell))
		return place{c.Day, c.Kind, c.Account, c.Region}
	}
	for from := 0; from < len(p.totals); {
		at, to := of(from), from+1
		for to < len(p.totals) && of(to) == at {
			to++
		}
		dst = binary.AppendUvarint(dst, uint64(to-from))
		dst = append(binary.AppendVarint(dst, int64(at.day)), byte(at.kind))
		dst = cells.AppendText(cells.AppendText(dst, p.Texts.Text(at.account)), p.Texts.Text(at.region))
		bits := make([]byte, (to-from+7)/8)
		for i := range to - from {
			if p.totals[from+i].sample.wanted() {
				bits[i/8] |= 1 << (i % 8)
			}
		}
		dst = append(dst, bits...)
		from = to
	}
	return dst
}

// addOutline adds the cells of an outline to a page that records are counted on. It panics if the outline is
// damaged.
func (p *Page) addOutline(text []byte) {
	number := func() int {
		n, width := binary.Uvarint(text)
		text = text[width:]
		return int(n)
	}
	take := func(n int) (out []byte) {
		out, text = text[:n], text[n:]
		return out
	}
	for len(text) > 0 {
		count := number()
		of, width := binary.Varint(text)
		kind := event.Kind(text[width])
		text = text[width+1:]
		account := take(number())
		callee := p.CalleeOf(account, take(number()), day.Day(of), kind)
		bits := take((count + 7) / 8)
		for i := range count {
			t := total{callee: callee}
			if bits[i/8]>>(i%8)&1 == 1 {
				t.sample = noSamples
			}
			p.totals = append(p.totals, t)
		}
	}
}
