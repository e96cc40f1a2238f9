package store

import (
	"encoding/base64"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net/http"
	"strings"
)

// checksums are those that S3 or the SDKs compute for objects, by the end of the
// header's name.
var checksums = map[string]func() hash.Hash{
	"Crc64nvme": func() hash.Hash { return crc64.New(nvme) },
	"Crc32":     func() hash.Hash { return crc32.NewIEEE() },
	"Crc32c":    func() hash.Hash { return crc32.New(castagnoli) },
}

var (
	nvme       = crc64.MakeTable(0x9a6c9329ac4bc9b5) // the polynomial of NVM Express, its lowest bit first
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// validate checks resp's body against the checksum that came with it. It reports false
// for a checksum of an unknown kind, and for a second checksum. The checksum of a
// multipart upload is ignored: it says nothing about the bytes. The SDK ignores it
// too.
func validate(resp *http.Response) bool {
	const prefix = "X-Amz-Checksum-"
	for name, values := range resp.Header {
		kind, ok := strings.CutPrefix(name, prefix)
		if !ok || kind == "Type" || strings.Contains(values[0], "-") {
			continue
		}
		sum, ok := checksums[kind]
		if _, twice := resp.Body.(*checkedBody); !ok || twice {
			return false
		}
		resp.Body = &checkedBody{resp.Body, sum(), strings.ToUpper(kind), values[0]}
	}
	return true
}

// A checkedBody ends in an error if its bytes do not have the wanted checksum.
type checkedBody struct {
	io.ReadCloser
	sum    hash.Hash
	kind   string
	wanted string // base64
}

func (c *checkedBody) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.sum.Write(p[:n])
	if err == io.EOF {
		if got := base64.StdEncoding.EncodeToString(c.sum.Sum(nil)); got != c.wanted {
			return n, fmt.Errorf("checksum did not match: algorithm %s, expect %s, actual %s", c.kind, c.wanted, got)
		}
	}
	return n, err
}
