package spill

import "io"

const (
	leastBlock = 512     // the first block of a bucket: a small run has many buckets and few records
	mostBlock  = 4 << 10 // blocks double up to this: of 256 buckets each has one open
)

// Buckets are numbered logs of records that share one piece of memory and one file. A record is any
// bytes, and comes back in a block with its neighbours: they say themselves where they end.
type Buckets struct {
	share   int
	held    int       // bytes of blocks in memory
	buckets []bucket  // each: first what is in the file, then the blocks in memory
	free    [][]byte  // blocks to be used again
	file    blockFile // what has spilled
	err     error     // the first one: nothing is written after it
}

type bucket struct {
	spilled []extent
	blocks  [][]byte // the last one is being filled
}

// NewBuckets returns n empty buckets that take share bytes of memory together, and a block each.
func NewBuckets(disk *Disk, n, share int) *Buckets {
	return &Buckets{share: share, buckets: make([]bucket, n), file: blockFile{disk: disk}}
}

// Append adds a record to bucket i. It keeps no reference to record. What goes wrong comes out of Err.
func (b *Buckets) Append(i int, record []byte) {
	k := &b.buckets[i]
	if last := len(k.blocks) - 1; last >= 0 && len(k.blocks[last])+len(record) <= cap(k.blocks[last]) {
		k.blocks[last] = append(k.blocks[last], record...)
		return
	}
	if b.held > b.share {
		b.spill()
	}
	k.blocks = append(k.blocks, append(b.block(k, len(record)), record...))
}

// block returns an empty block for bucket k with room for size bytes or more.
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
		k.blocks = k.blocks[:0]
	}
	if b.err == nil {
		b.err = b.file.flush()
	}
	b.held = 0
}

// End says that nothing more is appended: what is kept for that is let go of. What has spilled before goes to the
// file whole.
func (b *Buckets) End() {
	if b.file.size > 0 {
		b.spill()
	}
	b.free, b.file.out = nil, nil
}

// Err returns what went wrong in writing.
func (b *Buckets) Err() error { return b.err }

// Size returns the bytes in bucket i, lengths of blocks included.
func (b *Buckets) Size(i int) int64 {
	var n int64
	for _, e := range b.buckets[i].spilled {
		n += e.end - e.start
	}
	for _, block := range b.buckets[i].blocks {
		n += int64(len(block))
	}
	return n
}

// Read returns the blocks of bucket i, in the order written. Nothing may be appended any more.
func (b *Buckets) Read(i int) *Blocks {
	return &Blocks{from: b, left: b.buckets[i].spilled, memory: b.buckets[i].blocks}
}

// Blocks walks the blocks of one bucket.
type Blocks struct {
	from   *Buckets
	left   []extent
	memory [][]byte
	in     blockReader // of the extent at hand; not open where there is none
}

// Next returns the next block, valid until the next call, and io.EOF after the last.
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
