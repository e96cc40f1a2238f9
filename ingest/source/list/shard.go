package list

import (
	"fmt"
	"hash/fnv"
	"path"
	"slices"

	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/store"
)

// A Shard is one of Of parts into which the objects of a trail are divided. Number
// counts from 1. The zero value is all objects.
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

func (s Shard) holds(text string) bool {
	h := fnv.New64a()
	h.Write([]byte(text)) // never fails
	sum := h.Sum64()
	return int((sum^sum>>32)%uint64(s.Of)) == s.Number-1
}

// A division divides a trail into shards. It divides object by object, so that shards
// are of equal size even if one account has most of the calls: every shard lists all
// folders. If it is whole, all objects of one account and Region are in one shard, and
// the folders of other shards are not listed.
type division struct {
	Shard
	whole bool
}

// folder reports whether folders with key k may hold objects of the shard.
func (d division) folder(k layout.Key) bool {
	return d.Of == 0 || !d.whole || k.Account == "" || k.Region == "" || d.holds(k.Account+"/"+k.Region)
}

// object reports whether an object is in the shard. It looks at what the name says and
// not at the folders above the trail, so a copy elsewhere is divided in the same way.
func (d division) object(k layout.Key, name string) bool {
	switch {
	case d.Of == 0:
		return true
	case d.whole && k.Account != "" && k.Region != "":
		return d.folder(k)
	}
	text := k.Account + "/" + k.Region + "/" + k.Folder + "/"
	if k.HasDay {
		text += k.Day.String() + "/"
	}
	return d.holds(text + path.Base(name))
}

// choose drops the objects of n that are not in the shard. It reports whether anything
// is left of n.
func (d division) choose(n *node) bool {
	if n.folder {
		return true
	}
	n.objects = slices.DeleteFunc(n.objects, func(obj store.Object) bool { return !d.object(obj.Key, obj.Name) })
	if len(n.objects) == 0 {
		return false
	}
	n.name = n.objects[0].Name
	return true
}
