package objects

import (
	"encoding/binary"
	"errors"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
)

// AppendResult appends what reading an object gave, but for its number.
func AppendResult(dst []byte, res *ingest.Result) []byte {
	key, problem := &res.Object.Key, ""
	if res.Err != nil {
		problem = res.Err.Error()
	}
	for _, text := range []string{
		res.Object.Name, res.Object.ETag, key.Account, key.Region, key.Folder, string(res.Status), problem, res.SHA256,
	} {
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		dst = append(dst, text...)
	}
	folder := int64(noDay)
	if key.HasDay {
		folder = int64(key.Day)
	}
	trailing := int64(0)
	if res.Proof.Trailing {
		trailing = 1
	}
	for _, n := range []int64{
		folder, res.Object.Size, res.ErrOffset, res.Bytes, res.Records, res.Invalid, res.Outside, int64(res.Proof.Members), trailing,
	} {
		dst = binary.AppendVarint(dst, n)
	}
	for _, d := range res.Days {
		dst = binary.AppendVarint(dst, int64(d.Day))
		dst = binary.AppendVarint(dst, d.Records)
	}
	return dst
}

// NameIn returns the name of the object in what AppendResult has written.
func NameIn(text []byte) []byte {
	n, width := binary.Uvarint(text)
	return text[width:][:n]
}

// noDay is written for a day that is not known. No folder has that day.
const noDay = ingest.Undated

// ParseResult returns what AppendResult was given. ok is false where text is not that.
func ParseResult(text []byte) (res ingest.Result, ok bool) {
	var status, problem string
	key, ok := &res.Object.Key, true
	for _, field := range []*string{
		&res.Object.Name, &res.Object.ETag, &key.Account, &key.Region, &key.Folder, &status, &problem, &res.SHA256,
	} {
		n, width := binary.Uvarint(text)
		if width <= 0 || n > uint64(len(text)-width) {
			return res, false
		}
		*field = string(text[width : width+int(n)])
		text = text[width+int(n):]
	}
	varint := func() int64 {
		n, width := binary.Varint(text)
		if width <= 0 { // else a loop over what is left would never end
			text, ok = nil, false
			return 0
		}
		text = text[width:]
		return n
	}
	if folder := day.Day(varint()); folder != noDay {
		key.Day, key.HasDay = folder, true
	}
	for _, field := range []*int64{&res.Object.Size, &res.ErrOffset, &res.Bytes, &res.Records, &res.Invalid, &res.Outside} {
		*field = varint()
	}
	res.Proof.SHA256, res.Proof.Members, res.Proof.Trailing = res.SHA256, int(varint()), varint() == 1
	for len(text) > 0 {
		d := day.Day(varint())
		res.Days = append(res.Days, ingest.DayCount{Day: d, Records: varint()})
	}
	res.Status = ingest.Status(status)
	if problem != "" {
		res.Err = errors.New(problem)
	}
	return res, ok
}
