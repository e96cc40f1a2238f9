//go:build !purego

package table

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v15/parquet/compress"
)

// TestKeptEncoderWritesArrowsBytes compresses pages of all sizes, one after the other: none may show in the next.
func TestKeptEncoderWritesArrowsBytes(t *testing.T) {
	codec, err := compress.GetCodec(compress.Codecs.Zstd)
	if err != nil {
		t.Fatal(err)
	}
	kept, ok := codec.(keptEncoder)
	if !ok {
		t.Fatalf("arrow compresses with %T", codec)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{300_000, 1, 70, 0, 130_000, 140_000, 131_072, 9_000, 600_000, 300} {
		page := make([]byte, size)
		for i := range page {
			page[i] = byte(random.IntN(1 + i%7*i%250))
		}
		copy(page[size/2:], page[:size/3])
		got, want := kept.EncodeLevel(nil, page, zstdLevel), kept.Codec.EncodeLevel(nil, page, zstdLevel)
		if !bytes.Equal(got, want) {
			t.Errorf("a page of %d bytes becomes %d bytes, not arrow's %d", size, len(got), len(want))
		}
	}
}
