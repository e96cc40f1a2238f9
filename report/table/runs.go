package table

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// appendRuns appends values of width bits, at least 1, in Parquet's RLE and bit-packing hybrid
// encoding. 8 or more equal values become a run. All others are packed, 8 at a time.
func appendRuns(dst []byte, values []uint32, width int) []byte {
	for at := 0; at < len(values); {
		if n := runAt(values[at:]); n >= 8 || n == len(values)-at {
			dst = binary.AppendUvarint(dst, uint64(n)<<1)
			for shift := 0; shift < width; shift += 8 {
				dst = append(dst, byte(values[at]>>shift))
			}
			at += n
			continue
		}
		end := min(at+8, len(values))
		for end < len(values) && runAt(values[end:min(end+8, len(values))]) < 8 {
			end = min(end+8, len(values))
		}
		dst = appendPacked(dst, values[at:end], width)
		at = end
	}
	return dst
}

// runAt returns the number of equal values at the front.
func runAt(values []uint32) int {
	n := 1
	for n < len(values) && values[n] == values[0] {
		n++
	}
	return n
}

func appendPacked(dst []byte, values []uint32, width int) []byte {
	groups := (len(values) + 7) / 8
	dst = binary.AppendUvarint(dst, uint64(groups)<<1|1)
	end := len(dst) + groups*width
	held, n := uint64(0), 0
	for _, v := range values {
		held |= uint64(v) << n
		if n += width; n >= 32 {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(held))
			held >>= 32
			n -= 32
		}
	}
	for ; len(dst) < end; held >>= 8 {
		dst = append(dst, byte(held))
	}
	return dst
}

// readRuns appends n values of width bits from data, in the encoding of appendRuns. It reports
// whether data holds that many.
func readRuns(dst []uint32, data []byte, width, n int) ([]uint32, bool) {
	dst = slices.Grow(dst, n)
	end := len(dst) + n
	for len(dst) < end {
		head, length := binary.Uvarint(data)
		if length <= 0 || head>>1 == 0 {
			return dst, false
		}
		data = data[length:]
		if head&1 == 0 {
			size := (width + 7) / 8
			if size > len(data) {
				return dst, false
			}
			value := uint32(0)
			for i, b := range data[:size] {
				value |= uint32(b) << (8 * i)
			}
			data = data[size:]
			for range min(head>>1, uint64(end-len(dst))) {
				dst = append(dst, value)
			}
			continue
		}
		groups := head >> 1
		if hi, size := bits.Mul64(groups, uint64(width)); hi > 0 || size > uint64(len(data)) {
			return dst, false
		}
		packed := data[:groups*uint64(width)]
		data = data[len(packed):]
		dst = unpack(dst, packed, width, int(min(8*groups, uint64(end-len(dst)))))
	}
	return dst, true
}

// unpack appends n values of width bits.
func unpack(dst []uint32, packed []byte, width, n int) []uint32 {
	held, has := uint64(0), 0
	for range n {
		if has < width && len(packed) >= 4 {
			held |= uint64(binary.LittleEndian.Uint32(packed)) << has
			packed = packed[4:]
			has += 32
		}
		for has < width {
			held |= uint64(packed[0]) << has
			packed = packed[1:]
			has += 8
		}
		dst = append(dst, uint32(held&(1<<width-1)))
		held >>= width
		has -= width
	}
	return dst
}
