package report

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/klauspost/compress/zstd"

	"vpcetrail/ingest"
)

// A shard is what a report was made of, before anything was settled that other inputs may change: the objects in the
// order of their names, and of each event its cell, its row and its EventID. It is kept in parts. A part is a zstd
// frame of a dictionary's page and of entries, each an object or an event of the object before it, which may
// stand in the part before.

// entryResult is the first byte of an object's entry: its length follows, and what appendResult wrote. An event's entry
// starts as its row does (see rowLog), and ends in its EventID.
const entryResult = 0x82

// partBytes is what a part takes in memory, about, before it is compressed: a merge holds one of every shard.
const partBytes = 4 << 20

// A partWriter writes a shard's parts. The same objects and events give the same parts.
type partWriter struct {
	stage func(part []byte) error
	zst   *zstd.Encoder
	limit int

	cells   dictionary // of the part at hand: one page
	entries []byte
	rows    rowLog // of which only the coding is used
}

func newPartWriter(stage func(part []byte) error) (*partWriter, error) {
	zst, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("shard: write: %w", err)
	}
	w := &partWriter{stage: stage, zst: zst, limit: partBytes}
	w.begin()
	return w, nil
}

// begin starts a part.
func (w *partWriter) begin() {
	w.cells = newDictionary(nil, math.MaxInt) // all in memory
	w.entries, w.rows.time = w.entries[:0], 0
}

// object adds an object. Those that are added are in the order of their names.
func (w *partWriter) object(result []byte) error {
	w.entries = binary.AppendUvarint(append(w.entries, entryResult), uint64(len(result)))
	w.entries = append(w.entries, result...)
	w.rows.time = 0
	return w.flushIfFull()
}

// event adds an event of the object added last, which counts. Of the eventIDs that may be samples it keeps
// those that no others of the part beat, whatever the counters of the run would have kept.
func (w *partWriter) event(g group, t target, r *row, id *ingest.EventID) error {
	numbered := *r
	numbered.cell = w.cells.place([]byte(g), []byte(t))
	w.cells.choose(&numbered, g.kind())
	w.entries = append(w.entries, w.rows.encode(&numbered)...)
	w.entries = id.Append(w.entries)
	return w.flushIfFull()
}

func (w *partWriter) flushIfFull() error {
	if w.cells.held+len(w.entries) < w.limit {
		return nil
	}
	return w.flush()
}

// flush stages what was added since the last part.
func (w *partWriter) flush() error {
	if len(w.entries) == 0 {
		return nil
	}
	w.cells.next()
	var text []byte
	for blocks := w.cells.pages.Read(0); ; {
		block, err := blocks.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		text = append(text, block...)
	}
	part := w.zst.EncodeAll(append(text, w.entries...), nil)
	w.begin()
	return w.stage(part)
}

// openPart returns the cells of a part, and a reader before its first entry.
func openPart(zst *zstd.Decoder, part []byte) (page, rowReader, error) {
	text, err := zst.DecodeAll(part, nil)
	if err != nil {
		return page{}, rowReader{}, fmt.Errorf("shard: decode: %w", err)
	}
	pages := dictionaryReader{block: text}
	cells, err := pages.next()
	return cells, rowReader{block: pages.block}, err
}

// cutResult takes an object's entry off the front of the reader's block, if there is one.
func (r *rowReader) cutResult() (result ingest.Result, ok bool) {
	if len(r.block) == 0 || r.block[0] != entryResult {
		return result, false
	}
	n, width := binary.Uvarint(r.block[1:])
	text := r.block[1+width:][:n]
	r.block, r.time = r.block[1+width+int(n):], 0
	return parseResult(text), true
}
