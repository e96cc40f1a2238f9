package count

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/count/cells"
	"vpcetrail/report/count/objects"
)

// A shard is what a report is made of before anything is settled that other inputs may change. It is kept
// in parts, each of one kind:
//
//	names     of the objects, in order
//	objects   what reading each object gave, in the order of their names
//	numbers   a dictionary. Those of a shard follow each other: the cells of each count on
//	outlines  of each dictionary what settling needs: a settling job reads no dictionary
//	records   records of one partition after the other, in the order of their places, with the numbers
//	          of their cells. Each segment is a zstd frame, so that a job reads those of its partitions
//
// Parts of the other kinds are one zstd frame that starts with the kind. The same objects give the same
// parts, for any number of workers and any memory: cells are numbered in the order of their texts, and
// partitions are those of package dedupe.

// A PartKind says what a part holds.
type PartKind byte

// The kinds of parts, in the order in which a shard has them. Sums are what a settling job makes of records.
const (
	PartNames PartKind = iota + 1
	PartObjects
	PartNumbers
	PartOutlines
	PartRecords
	PartSums
)

// A Part is a part of a shard.
type Part struct {
	Kind     PartKind
	Text     []byte
	Cells    int       // of PartNumbers
	Segments []Segment // of PartRecords, which follow each other in Text
}

// A Segment is records of one partition.
type Segment struct{ Partition, Bytes int }

const partBytes = 4 << 20

// manyParts is how many times smaller parts are of which a merge holds one of every shard.
const manyParts = 16

// A shardWriter writes a shard's parts.
type shardWriter struct {
	ctx      context.Context
	counters []*Counter
	disk     *spill.Disk
	share    int
	limit    int // bytes of a part before it is compressed
	zst      *zstd.Encoder
	stage    func(*Part) error

	used     [][]uint64 // of each counter, by value: a bit where a record has it
	cells    [][]uint32 // of each counter, by value: the number in the shard
	outlines *packer
}

// ShardOptions say how a shard is written.
type ShardOptions struct {
	Disk      *spill.Disk // takes what passes Memory
	Memory    int         // bytes, about
	PartBytes int         // what a part takes in memory, about; 0 is 4 MiB. A merge holds some of every shard
}

// WriteShard writes the shard of a run that has ended well. No report has been made of its counters
// yet. It calls stage with each part. Parts of one kind come in order. stage must keep no reference to a part.
func WriteShard(ctx context.Context, counters []*Counter, opt ShardOptions, stage func(*Part) error) error {
	if opt.PartBytes == 0 {
		opt.PartBytes = partBytes
	}
	zst, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("shard: write: %w", err)
	}
	w := &shardWriter{ctx: ctx, counters: counters, disk: opt.Disk, share: opt.Memory / 4, limit: opt.PartBytes, zst: zst, stage: stage}
	w.outlines = w.packer(PartOutlines)
	for _, c := range counters {
		if err := c.finish(); err != nil {
			return err
		}
		values := c.base + uint32(len(c.dict.Cells.Keys))
		w.used, w.cells = append(w.used, make([]uint64, values/64+1)), append(w.cells, make([]uint32, values))
	}
	for _, step := range []func() error{w.objects, w.findUsed, w.numbers, w.records} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// A packer packs texts into parts of one kind.
type packer struct {
	kind  PartKind
	limit int
	zst   *zstd.Encoder
	stage func(*Part) error
	text  []byte
}

func (w *shardWriter) packer(kind PartKind) *packer {
	return &packer{kind: kind, limit: w.limit, zst: w.zst, stage: w.stage, text: []byte{byte(kind)}}
}

// add adds a text.
func (p *packer) add(text []byte) error {
	p.text = cells.AppendText(p.text, text)
	if len(p.text) < p.limit {
		return nil
	}
	return p.end(0)
}

// end stages a part, unless it is empty.
func (p *packer) end(cells int) error {
	if len(p.text) == 1 {
		return nil
	}
	packed := p.zst.EncodeAll(p.text, nil)
	p.text = p.text[:1]
	return p.stage(&Part{Kind: p.kind, Text: packed, Cells: cells})
}

// objects writes the names of the objects, and what reading each gave.
func (w *shardWriter) objects() error {
	results := make([]*spill.Sorter, len(w.counters))
	for i, c := range w.counters {
		results[i] = c.results
	}
	names, read := w.packer(PartNames), w.packer(PartObjects)
	names.limit, read.limit = w.limit/manyParts, w.limit/manyParts
	c := spill.Merge(results...)
	for c.Next() {
		if err := errors.Join(context.Cause(w.ctx), names.add(objects.NameIn(c.Value)), read.add(c.Value)); err != nil {
			return err
		}
	}
	return errors.Join(c.Err(), names.end(0), read.end(0))
}

// eachRecord calls fn with every record of a partition that is not void, counter by counter.
func (w *shardWriter) eachRecord(part int, fn func(counter int, r *dedupe.Record, extra []byte, original *dedupe.ID)) error {
	for i, c := range w.counters {
		if err := c.log.Each(part, func(r *dedupe.Record, extra []byte, original *dedupe.ID) { fn(i, r, extra, original) }); err != nil {
			return err
		}
	}
	return nil
}

// findUsed finds which cells records have: others are of objects that did not prove whole.
func (w *shardWriter) findUsed() error {
	for part := range dedupe.Parts {
		if err := w.eachRecord(part, func(counter int, r *dedupe.Record, _ []byte, _ *dedupe.ID) {
			w.used[counter][r.Value/64] |= 1 << (r.Value % 64)
		}); err != nil {
			return err
		}
	}
	return nil
}

// numbers numbers the cells of all counters in the order of their texts, and writes dictionaries of them.
func (w *shardWriter) numbers() error {
	sorter := spill.NewSorter(w.disk, w.share)
	var key, value []byte
	for i, c := range w.counters {
		for number := range len(c.away.pages) + 1 {
			d, base := c.dict, c.base
			if number < len(c.away.pages) {
				var err error
				if d, err = c.away.read(number); err != nil {
					return err
				}
				base = c.away.bases[number]
			}
			for cell := range d.Cells.Keys {
				at := base + uint32(cell)
				if w.used[i][at/64]>>(at%64)&1 == 1 {
					key = d.AppendCell(key[:0], uint32(cell))
					value = binary.AppendUvarint(binary.AppendUvarint(value[:0], uint64(i)), uint64(at))
					sorter.Add(key, value)
				}
			}
		}
	}
	return w.writeNumbers(sorter)
}

func (w *shardWriter) writeNumbers(sorter *spill.Sorter) error {
	d := cells.New()
	next, held := uint32(0), 0
	var last []byte
	cursor := sorter.Cursor()
	for cursor.Next() {
		if next == 0 || !bytes.Equal(cursor.Key, last) {
			if held > w.limit {
				if err := w.writeDictionary(d); err != nil {
					return err
				}
				held = 0
			}
			d.AddCell(cursor.Key)
			next, held, last = next+1, held+len(cursor.Key), append(last[:0], cursor.Key...)
		}
		counter, width := binary.Uvarint(cursor.Value)
		at, _ := binary.Uvarint(cursor.Value[width:])
		w.cells[counter][at] = next - 1
	}
	return errors.Join(cursor.Err(), w.writeDictionary(d), w.outlines.end(0))
}

func (w *shardWriter) writeDictionary(d *cells.Dictionary) error {
	if len(d.Cells.Keys) == 0 {
		return nil
	}
	if err := errors.Join(context.Cause(w.ctx), w.outlines.add(newPage(d, nil).appendOutline(nil))); err != nil {
		return err
	}
	numbers := w.packer(PartNumbers)
	out := bytes.NewBuffer(numbers.text)
	if err := d.Write(out); err != nil {
		return err
	}
	numbers.text = out.Bytes()
	n := len(d.Cells.Keys)
	d.Clear()
	return numbers.end(n)
}

// records writes the records of each partition, in segments. A part holds the segments of several partitions,
// or some of a large partition.
func (w *shardWriter) records() error {
	part := &Part{Kind: PartRecords}
	for partition := range dedupe.Parts {
		sorter := spill.NewSorter(w.disk, w.share)
		var key, value []byte
		err := w.eachRecord(partition, func(counter int, r *dedupe.Record, extra []byte, original *dedupe.ID) {
			moved := *r
			moved.Value = w.cells[counter][r.Value]
			key = binary.BigEndian.AppendUint64(key[:0], uint64(r.At()))
			value = dedupe.AppendRecord(value[:0], &moved, extra, original)
			sorter.Add(key, value)
		})
		if err != nil {
			return err
		}
		if err := w.segments(part, partition, sorter.Cursor()); err != nil {
			return err
		}
	}
	return w.endRecords(part)
}

// segments adds the records of a partition to a part, and stages it whenever it is full.
func (w *shardWriter) segments(part *Part, partition int, records *spill.Cursor) error {
	var segment []byte
	flush := func() error {
		if len(segment) == 0 {
			return nil
		}
		at := len(part.Text)
		part.Text = w.zst.EncodeAll(segment, part.Text)
		part.Segments, segment = append(part.Segments, Segment{partition, len(part.Text) - at}), segment[:0]
		if len(part.Text) < w.limit {
			return nil
		}
		return w.endRecords(part)
	}
	for records.Next() {
		segment = append(segment, records.Value...)
		if len(segment) >= w.limit {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return errors.Join(records.Err(), flush())
}

// endRecords stages a part of records, unless it is empty.
func (w *shardWriter) endRecords(part *Part) error {
	if err := context.Cause(w.ctx); err != nil || len(part.Text) == 0 {
		return err
	}
	err := w.stage(part)
	part.Text, part.Segments = part.Text[:0], part.Segments[:0]
	return err
}
