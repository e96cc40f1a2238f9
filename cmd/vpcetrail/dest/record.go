package dest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"vpcetrail/report"
)

// A record says which steps make a unit's staged files visible. It is kept from before the first
// step until after the last one, so that the next run can finish what a stopped run began.
type record struct {
	Folder string   `json:"folder,omitempty"` // of the staged files, in a directory
	Files  []staged `json:"files"`            // in the order in which they become visible
	Stale  []stale  `json:"stale,omitempty"`  // removed last
}

// A staged file.
type staged struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Upload string `json:"upload,omitempty"` // in S3
	Parts  []part `json:"parts,omitempty"`  // of the upload, in order

	sum hash.Hash // of what was written so far; nil once the file is whole
}

// A part of an upload.
type part struct {
	ETag  string `json:"etag"`
	CRC32 string `json:"crc32,omitempty"`
}

// A stale file is one of an earlier publication that the new one does not replace.
type stale struct {
	Name string `json:"name"`
	ETag string `json:"etag,omitempty"` // in S3: another file of this name is left alone
}

// errGone says that what was staged is not there any more.
var errGone = errors.New("what it had staged is gone")

// errTaken says that another run has what this one wants or had.
var errTaken = errors.New("another run has taken over")

func newStaged(name string) *staged { return &staged{Name: name, sum: sha256.New()} }

// add notes what was written.
func (s *staged) add(p []byte) {
	s.Bytes += int64(len(p))
	_, _ = s.sum.Write(p) // never fails
}

// close notes that the file is whole.
func (s *staged) close() { s.SHA256, s.sum = hex.EncodeToString(s.sum.Sum(nil)), nil }

// is reports whether content is the file's.
func (s *staged) is(content io.Reader) bool {
	sum := sha256.New()
	n, err := io.Copy(sum, content)
	return err == nil && n == s.Bytes && hex.EncodeToString(sum.Sum(nil)) == s.SHA256
}

// add adds the next file, which must be whole.
func (r *record) add(f *staged) {
	if f.sum != nil {
		panic("BUG: " + f.Name + " is published before it is closed")
	}
	r.Files = append(r.Files, *f)
}

// nameOf names a unit in messages.
func nameOf(unit string) string {
	if window, ok := strings.CutPrefix(unit, "shard="); ok {
		return "the shard of --date " + window
	}
	if unit == report.UnitOfAll {
		return "to it"
	}
	return strings.TrimPrefix(unit, "dt=")
}

// busy says that another run has a unit.
func busy(s report.Store, unit string) error {
	return fmt.Errorf("%s: another run is writing %s: wait for it, or choose another --out", s, nameOf(unit))
}

// finished says how it went to finish what a stopped run had published in part of a unit that this
// run replaces or, where it is not ours, leaves as it is.
func finished(s report.Store, unit string, ours bool, err error) string {
	what := fmt.Sprintf("%s: a run was stopped while it published %s", s, nameOf(unit))
	switch {
	case err == nil:
		return what + ": this is finished now"
	case !errors.Is(err, errGone):
		return fmt.Sprintf("%s, and this cannot be finished: %v", what, err)
	case ours:
		return fmt.Sprintf("%s, and %v: this run replaces it", what, errGone)
	}
	return fmt.Sprintf("%s, and %v: run analyze again for it", what, errGone)
}
