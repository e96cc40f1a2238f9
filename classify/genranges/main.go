// Command genranges writes AWS's ip-ranges.json, plain or gzipped, in the compact form
// that package classify embeds.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"

	"vpcetrail/classify"
)

func main() {
	out := flag.String("o", "aws-ip-ranges.txt.gz", "`file` to write")
	flag.Parse()
	if err := generate(flag.Arg(0), *out); err != nil {
		fmt.Fprintln(os.Stderr, "genranges:", err)
		os.Exit(1)
	}
}

func generate(in, out string) error {
	data, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	if bytes.HasPrefix(data, []byte("\x1f\x8b")) {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return fmt.Errorf("%s: %w", in, err)
		}
		if data, err = io.ReadAll(z); err != nil {
			return fmt.Errorf("%s: %w", in, err)
		}
	}
	ranges, err := classify.ParseRanges(data)
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	var compact bytes.Buffer
	z, err := gzip.NewWriterLevel(&compact, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(ranges.AppendText(nil)); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, compact.Bytes(), 0o644)
}
