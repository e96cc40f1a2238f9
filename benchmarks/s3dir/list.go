package main

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A listing is ListObjectsV2's answer.
type listing struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	NextMarker            string `xml:",omitempty"`
	KeyCount              int
	Contents              []object
	CommonPrefixes        []prefix
}

type object struct {
	Key, ETag, LastModified, StorageClass string
	Size                                  int64
}

type prefix struct{ Prefix string }

// list answers ListObjectsV2, and ListObjects, which the AWS CLI calls. A continuation
// token is the last key or prefix.
func (b *bucket) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	most, err := strconv.Atoi(q.Get("max-keys"))
	if err != nil {
		most = 1000
	}
	page := b.page(q.Get("prefix"), q.Get("delimiter"), q.Get("continuation-token")+q.Get("marker"), most)
	page.NextMarker = page.NextContinuationToken
	w.Header().Set("Content-Type", "application/xml")
	if err := xml.NewEncoder(w).Encode(page); err != nil {
		fmt.Fprint(w, err)
	}
}

func (b *bucket) page(below, delimiter, after string, most int) *listing {
	page := new(listing)
	i, _ := slices.BinarySearch(b.keys, max(below, after))
	for i < len(b.keys) && strings.HasPrefix(b.keys[i], below) {
		key := b.keys[i]
		folder := ""
		if k := strings.Index(key[len(below):], delimiter); delimiter != "" && k >= 0 {
			folder = key[:len(below)+k+len(delimiter)]
		}
		switch {
		case key == after:
			i++
			continue
		case folder != "" && folder == after:
			i = b.after(folder)
			continue
		case page.KeyCount == most:
			page.IsTruncated = true
			return page
		case folder != "":
			page.CommonPrefixes = append(page.CommonPrefixes, prefix{folder})
			page.NextContinuationToken = folder
			i = b.after(folder)
		default:
			page.Contents = append(page.Contents, object{key, b.etag(key), "2026-11-20T00:00:00.000Z", "STANDARD", b.sizes[key]})
			page.NextContinuationToken = key
			i++
		}
		page.KeyCount++
	}
	page.NextContinuationToken = ""
	return page
}

// after returns the index of the first key after all keys of a folder.
func (b *bucket) after(folder string) int {
	i, _ := slices.BinarySearch(b.keys, folder[:len(folder)-1]+string(folder[len(folder)-1]+1))
	return i
}
