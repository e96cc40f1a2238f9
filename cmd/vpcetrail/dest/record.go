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

// A record lists the steps that make a unit's staged files visible. It exists from
// before the first step until after the last one, so that the next run can finish what
// a stopped run began.
type record struct {
	Folder string   `json:"folder,omitempty"` // holds the staged files, in a directory
	Files  []staged `json:"files"`            // in the order in which they become visible
	Stale  []stale  `json:"stale,omitempty"`  // removed last
}

// A staged file is written, but not yet visible.
type staged struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Upload string `json:"upload,omitempty"` // in S3
	Parts  []part `json:"parts,omitempty"`  // of the upload, in order

	sum hash.Hash // of the bytes written so far; nil once the file is complete
}

// A part is a part of an upload.
type part struct {
	ETag  string `json:"etag"`
	CRC32 string `json:"crc32,omitempty"`
}

// A stale file belongs to an earlier publication, and the new one does not replace it.
type stale struct {
	Name string `json:"name"`
	ETag string `json:"etag,omitempty"` // in S3: another file of this name is kept
}

// errGone says that the staged files are gone.
var errGone = errors.New("what it had staged is gone")

// errTaken says that another run has taken what this one wants or had.
var errTaken = errors.New("another run has taken over")

func newStaged(name string) *staged { return &staged{Name: name, sum: sha256.New()} }

// add records written bytes.
func (s *staged) add(p []byte) {
	s.Bytes += int64(len(p))
	_, _ = s.sum.Write(p) // never fails
}

// close records that the file is complete.
func (s *staged) close() { s.SHA256, s.sum = hex.EncodeToString(s.sum.Sum(nil)), nil }

// is reports whether content is that of the file.
func (s *staged) is(content io.Reader) bool {
	sum := sha256.New()
	n, err := io.Copy(sum, content)
	return err == nil && n == s.Bytes && hex.EncodeToString(sum.Sum(nil)) == s.SHA256
}

// add adds the next file, which must be complete.
func (r *record) add(f *staged) {
	if f.sum != nil {
		panic("BUG: " + f.Name + " is published before it is closed")
	}
	r.Files = append(r.Files, *f)
}

// notifyPrefix begins the units of what notify has sent.
const notifyPrefix = "notify="

// nameOf returns the name of a unit for messages.
func nameOf(unit string) string {
	if window, ok := strings.CutPrefix(unit, "shard="); ok {
		return "the shard of --date " + window
	}
	if _, ok := strings.CutPrefix(unit, notifyPrefix); ok {
		return "what notify has sent"
	}
	if unit == report.UnitOfAll {
		return "to it"
	}
	return strings.TrimPrefix(unit, "dt=")
}

// busy says that another run has a unit.
func busy(s report.Store, unit string) error {
	if strings.HasPrefix(unit, notifyPrefix) {
		return fmt.Errorf("%s: another run of notify is sending: wait for it, and run again", s)
	}
	return fmt.Errorf("%s: another run is writing %s: wait for it, or choose another --out", s, nameOf(unit))
}

// finished says how the run finished a unit that a stopped run had published in part.
// ours: this run replaces the unit. Otherwise it leaves the unit as it is.
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
