//go:build !purego

package table

import (
	_ "unsafe" // go:linkname

	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/klauspost/compress/zstd"
)

// Arrow's own zstd codec makes an encoder for every page, of 0.3 to 9 MB by the page's size and the number of
// processors, and drops it: three quarters of the time that compressing took, and most of what publishing left to the
// garbage collector (2026-11). Arrow has no way to give it another codec, so this takes its place in arrow's list, which
// the linker finds by name; an arrow without that list does not link. Build tag purego leaves arrow as it is: the
// bytes are the same.
//
//go:linkname codecs github.com/apache/arrow/go/v15/parquet/compress.codecs
var codecs map[compress.Compression]compress.Codec

func init() {
	encoder, err := zstd.NewWriter(nil, zstd.WithZeroFrames(true), zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(zstdLevel)))
	if err != nil {
		panic("BUG: " + err.Error())
	}
	codecs[compress.Codecs.Zstd] = keptEncoder{codecs[compress.Codecs.Zstd], encoder}
}

// A keptEncoder is a codec that keeps one encoder, of zstdLevel. It is safe for concurrent use: the encoder lets one
// page in at a time.
type keptEncoder struct {
	compress.Codec
	encoder *zstd.Encoder
}

// EncodeLevel appends src to dst[:0], compressed.
func (k keptEncoder) EncodeLevel(dst, src []byte, level int) []byte {
	if level != zstdLevel {
		return k.Codec.EncodeLevel(dst, src, level)
	}
	return k.encoder.EncodeAll(src, dst[:0])
}
