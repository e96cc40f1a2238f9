package inflate

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// The flags of a member's header. They say what else the header contains (RFC 1952,
// section 2.3.1).
const (
	hasText = 1 << iota // a guess about the text; nothing to skip
	hasSum
	hasExtra
	hasName
	hasComment
)

// maxName is the length at which klauspost's reader rejects a name or comment.
const maxName = 512

// header skips a member's header.
func (f *inflater) header() bool {
	size := headerSize(f.in[f.i:])
	f.i += size
	f.b, f.n = 0, 0
	f.from, f.sum, f.size = f.o, 0, 0
	f.state = atBlock
	if size > 0 {
		f.members++
	}
	return size > 0
}

// headerSize returns the length of the header at the start of p, or 0 if there is no
// sound header.
func headerSize(p []byte) int {
	const fixed = 10
	if len(p) < fixed || p[0] != 0x1f || p[1] != 0x8b || p[2] != 8 {
		return 0
	}
	flags, size := p[3], fixed
	if flags >= hasComment<<1 {
		return 0
	}
	if flags&hasExtra != 0 {
		if len(p) < size+2 {
			return 0
		}
		size += 2 + int(binary.LittleEndian.Uint16(p[size:]))
	}
	for _, flag := range []byte{hasName, hasComment} {
		if flags&flag == 0 {
			continue
		}
		if len(p) < size {
			return 0
		}
		end := bytes.IndexByte(p[size:min(len(p), size+maxName)], 0)
		if end < 0 {
			return 0
		}
		size += end + 1
	}
	if flags&hasSum != 0 {
		if len(p) < size+2 || binary.LittleEndian.Uint16(p[size:]) != uint16(crc32.ChecksumIEEE(p[:size])) {
			return 0
		}
		size += 2
	}
	if len(p) < size {
		return 0
	}
	return size
}
