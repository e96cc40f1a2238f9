package digest

import (
	"fmt"
	"path"
	"strings"

	"vpcetrail/ingest/source/list"
)

// A Move says that the objects below the place Old now lie below the place New, such as
// after a copy to another bucket. Each is s3://bucket/prefix; New may be a directory.
type Move struct{ Old, New string }

// ParseMove reads OLD=NEW.
func ParseMove(text string) (Move, error) {
	before, after, ok := strings.Cut(text, "=")
	if !ok || !list.IsS3(before) || after == "" {
		return Move{}, fmt.Errorf("%q: want OLD=NEW, such as s3://old-bucket/prefix=s3://new-bucket/prefix", text)
	}
	return Move{folder(before), folder(after)}, nil
}

func folder(name string) string { return strings.TrimRight(name, "/") + "/" }

// places maps the names that digests record, s3://bucket/key, to the names of the objects
// that are read.
type places struct {
	moves []Move
	flat  string // the directory that holds all objects, without folders; "": there is none
}

// of returns where an object with this recorded name is expected.
func (p places) of(recorded string) string {
	for _, m := range p.moves {
		if rest, ok := strings.CutPrefix(recorded, m.Old); ok {
			return m.New + rest
		}
	}
	if p.flat != "" {
		return p.flat + path.Base(recorded)
	}
	return recorded
}

// at returns the places for what the digest called name mentions, given the name that it
// records for itself. ok is false if it lies elsewhere than it says. A directory has no
// bucket, so there the last folders must be the recorded ones, and the other objects are
// expected in the same directory.
func (p places) at(name, recorded string) (at places, ok bool) {
	switch {
	case p.of(recorded) == name:
		return p, true
	case list.IsS3(name), path.Base(name) != path.Base(recorded):
		return p, false
	}
	same := sameEnd(name, recorded)
	dir := name[:len(name)-same]
	if same == len(path.Base(name)) {
		return places{p.moves, dir}, true
	}
	return places{moves: append([]Move{{recorded[:len(recorded)-same], dir}}, p.moves...)}, true
}

// sameEnd returns the length of the longest equal end of two paths, in whole names.
func sameEnd(a, b string) (same int) {
	for i := 1; i <= min(len(a), len(b)) && a[len(a)-i] == b[len(b)-i]; i++ {
		if startsName(a, len(a)-i) && startsName(b, len(b)-i) {
			same = i
		}
	}
	return same
}

func startsName(s string, i int) bool { return i == 0 || s[i-1] == '/' }
