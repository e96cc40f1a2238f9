package list

import (
	"fmt"
	"hash/fnv"
	"path"
	"slices"

	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/store"
)

// A Shard is one of Of parts into which the objects of a trail are divided by account
// and Region. Number counts from 1. All objects in the folders of one account and
// Region are in one shard, so the folders of other shards are not listed. An object
// that does not give both in its name is assigned by its file's name. The zero value
// is all objects.
type Shard struct{ Number, Of int }

// MaxShards is the largest number of parts of a trail.
const MaxShards = 10_000

// String returns the shard as 3/16, "" for all objects.
func (s Shard) String() string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Number, s.Of)
}

// folder reports whether folders with key k may hold objects of the shard.
func (s Shard) folder(k layout.Key) bool {
	return s.Of == 0 || k.Account == "" || k.Region == "" || s.holds(k.Account+"/"+k.Region)
}

// object reports whether an object is in the shard.
func (s Shard) object(k layout.Key, name string) bool {
	if k.Account == "" || k.Region == "" {
		return s.Of == 0 || s.holds(path.Base(name))
	}
	return s.folder(k)
}

func (s Shard) holds(text string) bool {
	h := fnv.New64a()
	h.Write([]byte(text)) // never fails
	sum := h.Sum64()
	return int((sum^sum>>32)%uint64(s.Of)) == s.Number-1
}

// choose drops the objects of n that are not in the shard. It reports whether anything
// is left of n.
func (s Shard) choose(n *node) bool {
	if n.folder {
		return true
	}
	n.objects = slices.DeleteFunc(n.objects, func(obj store.Object) bool { return !s.object(obj.Key, obj.Name) })
	if len(n.objects) == 0 {
		return false
	}
	n.name = n.objects[0].Name
	return true
}
