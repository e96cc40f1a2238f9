package spill

import "io"

const (
	leastBlock = 512     // the first block of a bucket: a small run has many buckets and few records
	mostBlock  = 4 << 10 // blocks double up to this size: 256 buckets have one open block each
)

// Buckets are numbered logs of records that share one memory budget and one file. A
// record is any sequence of bytes. Records come back in blocks of several. A record must
// show where it ends.
type Buckets struct {
	share   int
	held    int       // bytes of blocks in memory
	buckets []bucket  // each: first the extents in the file, then the blocks in memory
	free    [][]byte  // blocks for reuse
	file    blockFile // the spilled blocks
	err     error     // the first error: nothing is written after it
}

type bucket struct {
	open    []byte // the block that is being filled; blocks ends with it, as it was when it was new
	spilled []extent
	blocks  [][]byte
}

// close brings the end of blocks up to date.
func (k *bucket) close() {
	if last := len(k.blocks) - 1; last >= 0 {
		k.blocks[last] = k.open
	}
}

// NewBuckets returns n empty buckets. Together they take share bytes of memory, plus one
// block each.
func NewBuckets(disk *Disk, n, share int) *Buckets {
	return &Buckets{share: share, buckets: make([]bucket, n), file: blockFile{disk: disk}}
}

// Append adds a record to bucket i. It keeps no reference to record. Err returns any
// error.
func (b *Buckets) Append(i int, record []byte) {
	k := &b.buckets[i]
	if len(k.open)+len(record) <= cap(k.open) {
		k.open = append(k.open, record...)
		return
	}
	if b.held > b.share {
		b.spill()
	}
	k.close()
	k.open = append(b.block(k, len(record)), record...)
	k.blocks = append(k.blocks, k.open)
}

// block returns an empty block for bucket k, with room for at least size bytes.
func (b *Buckets) block(k *bucket, size int) []byte {
	want := leastBlock
	if n := len(k.blocks); n > 0 {
		want = min(2*cap(k.blocks[n-1]), mostBlock)
	} else if len(k.spilled) > 0 {
		want = mostBlock
	}
	if n := len(b.free); n > 0 && want == mostBlock && size <= mostBlock {
		block := b.free[n-1]
		b.free = b.free[:n-1]
		b.held += mostBlock
		return block
	}
	want = max(want, size)
	b.held += want
	return make([]byte, 0, want)
}

// spill writes all blocks to the file.
func (b *Buckets) spill() {
	for i := range b.buckets {
		k := &b.buckets[i]
		k.close()
		start := b.file.size
		for _, block := range k.blocks {
			if b.err == nil {
				b.err = b.file.write(block)
			}
			if cap(block) == mostBlock && len(b.free)*mostBlock < b.share {
				b.free = append(b.free, block[:0])
			}
		}
		if len(k.blocks) > 0 {
			k.spilled = append(k.spilled, extent{start, b.file.size})
		}
		clear(k.blocks)
		k.blocks, k.open = k.blocks[:0], nil
	}
	if b.err == nil {
		b.err = b.file.flush()
	}
	b.held = 0
}

// End declares that no more records come, and frees the memory that only writing needs.
// If anything has spilled, End writes all the rest to the file.
func (b *Buckets) End() {
	if b.file.size > 0 {
		b.spill()
	}
	b.free, b.file.out = nil, nil
}

// Err returns the first error of writing.
func (b *Buckets) Err() error { return b.err }

// Size returns the number of bytes in bucket i, including the length prefixes of blocks.
func (b *Buckets) Size(i int) int64 {
	b.buckets[i].close()
	var n int64
	for _, e := range b.buckets[i].spilled {
		n += e.end - e.start
	}
	for _, block := range b.buckets[i].blocks {
		n += int64(len(block))
	}
	return n
}

// Read returns the blocks of bucket i in the order written. After Read, nothing may be
// appended.
func (b *Buckets) Read(i int) *Blocks {
	b.buckets[i].close()
	return &Blocks{from: b, left: b.buckets[i].spilled, memory: b.buckets[i].blocks}
}

// Blocks iterates over the blocks of one bucket.
type Blocks struct {
	from   *Buckets
	left   []extent
	memory [][]byte
	in     blockReader // of the current extent; not open if there is none
}

// Next returns the next block, valid until the next call. After the last block it returns
// io.EOF.
func (b *Blocks) Next() ([]byte, error) {
	for {
		if b.from.err != nil {
			return nil, b.from.err
		}
		if b.in.open {
			block, err := b.in.next()
			if err != io.EOF {
				return block, err
			}
			b.in.open = false
		}
		switch {
		case len(b.left) > 0:
			b.in.reset(&b.from.file, b.left[0])
			b.left = b.left[1:]
		case len(b.memory) > 0:
			block := b.memory[0]
			b.memory = b.memory[1:]
			return block, nil
		default:
			return nil, io.EOF
		}
	}
}
