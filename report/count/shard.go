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
)

// A shard is what a report is made of before anything is settled that other inputs may change. It is kept
// in parts, each a zstd frame that starts with its kind:
//
//	objects   what reading each object gave, in the order of their names
//	numbers   a dictionary. Those of a shard follow each other: the cells of each count on
//	records   records of one partition after the other, in the order of their places, with the numbers
//	          of their cells
//
// The same objects give the same parts, for any number of workers and any memory: cells are numbered in
// the order of their texts, and partitions are those of package dedupe.

// A PartKind says what a part of a shard holds.
type PartKind byte

// The kinds of parts, in the order in which a shard has them.
const (
	PartObjects PartKind = iota + 1
	PartNumbers
	PartRecords
)

const partBytes = 4 << 20

// A shardWriter writes a shard's parts.
type shardWriter struct {
	ctx      context.Context
	counters []*Counter
	disk     *spill.Disk
	share    int
	limit    int // bytes of a part before it is compressed
	zst      *zstd.Encoder
	stage    func(part []byte) error
	part     []byte

	used  [][]uint64 // of each counter, by value: a bit where a record has it
	cells [][]uint32 // of each counter, by value: the number in the shard
}

// ShardOptions say how a shard is written.
type ShardOptions struct {
	Disk      *spill.Disk // takes what passes Memory
	Memory    int         // bytes, about
	PartBytes int         // what a part takes in memory, about; 0 is 4 MiB. A merge holds one of every shard
}

// WriteShard writes the shard of a run that has ended well. No report has been made of its counters
// yet. It calls stage with each part in order. stage must keep no reference to a part.
func WriteShard(ctx context.Context, counters []*Counter, opt ShardOptions, stage func(part []byte) error) error {
	if opt.PartBytes == 0 {
		opt.PartBytes = partBytes
	}
	zst, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("shard: write: %w", err)
	}
	w := &shardWriter{ctx: ctx, counters: counters, disk: opt.Disk, share: opt.Memory / 4, limit: opt.PartBytes, zst: zst, stage: stage}
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

// begin starts a part.
func (w *shardWriter) begin(kind PartKind) { w.part = append(w.part[:0], byte(kind)) }

// end stages the part, unless it is empty.
func (w *shardWriter) end() error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	if len(w.part) <= 1 {
		return nil
	}
	return w.stage(w.zst.EncodeAll(w.part, nil))
}

// objects writes what reading each object gave.
func (w *shardWriter) objects() error {
	results := make([]*spill.Sorter, len(w.counters))
	for i, c := range w.counters {
		results[i] = c.results
	}
	w.begin(PartObjects)
	for c := spill.Merge(results...); ; {
		if !c.Next() {
			return errors.Join(c.Err(), w.end())
		}
		w.part = cells.AppendText(w.part, c.Value)
		if len(w.part) > w.limit {
			if err := w.end(); err != nil {
				return err
			}
			w.begin(PartObjects)
		}
	}
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
	return errors.Join(cursor.Err(), w.writeDictionary(d))
}

func (w *shardWriter) writeDictionary(d *cells.Dictionary) error {
	w.begin(PartNumbers)
	if len(d.Cells.Keys) > 0 {
		out := bytes.NewBuffer(w.part)
		if err := d.Write(out); err != nil {
			return err
		}
		w.part = out.Bytes()
	}
	d.Clear()
	return w.end()
}

// records writes the records of each partition, in segments: the partition's number, the length, and records. A
// part holds the segments of several partitions, or one of many segments of a large partition.
func (w *shardWriter) records() error {
	w.begin(PartRecords)
	for part := range dedupe.Parts {
		sorter := spill.NewSorter(w.disk, w.share)
		var key, value []byte
		err := w.eachRecord(part, func(counter int, r *dedupe.Record, extra []byte, original *dedupe.ID) {
			moved := *r
			moved.Value = w.cells[counter][r.Value]
			key = binary.BigEndian.AppendUint64(key[:0], uint64(r.At()))
			value = dedupe.AppendRecord(value[:0], &moved, extra, original)
			sorter.Add(key, value)
		})
		if err != nil {
			return err
		}
		if err := w.writeRecords(part, sorter.Cursor()); err != nil {
			return err
		}
	}
	return w.end()
}

func (w *shardWriter) writeRecords(part int, records *spill.Cursor) error {
	var segment []byte
	flush := func() error {
		if len(segment) > 0 {
			w.part = cells.AppendText(binary.AppendUvarint(w.part, uint64(part)), segment)
			segment = segment[:0]
		}
		if len(w.part) < w.limit {
			return nil
		}
		err := w.end()
		w.begin(PartRecords)
		return err
	}
	for records.Next() {
		segment = append(segment, records.Value...)
		if len(w.part)+len(segment) >= w.limit {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return errors.Join(records.Err(), flush())
}
