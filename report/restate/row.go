package restate

import (
	"encoding/binary"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/store"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/table"
)

// A known holds what is known about one version of an object, and from where.
type known struct {
	published bool    // true if it is in the table of day; false if it was read but not published
	day       day.Day // the day of the table, if published
	row       table.ObjectRow
}

// sameVersion reports whether the row is of the listed version of the object.
func (k *known) sameVersion(o *store.Object) bool {
	return k.row.ETag == o.ETag && k.row.Size == o.Size
}

// lasting reports whether reading the object again would give the same result.
func (k *known) lasting() bool { return ingest.Status(k.row.Status).Lasting() }

// append appends all fields except the name of the object.
func (k *known) append(dst []byte) []byte {
	published := byte(0)
	if k.published {
		published = 1
	}
	dst = k.day.AppendKey(append(dst, published))
	dst = binary.AppendVarint(dst, k.row.Size)
	return spill.AppendFields(dst, k.row.ETag, k.row.Status, k.row.Days)
}

func cutKnown(name, value []byte) (k known) {
	k.published = value[0] == 1
	k.day, value = day.CutKey(value[1:])
	size, n := binary.Varint(value)
	k.row.Key, k.row.Size = string(name), size
	spill.CutFields(string(value[n:]), &k.row.ETag, &k.row.Status, &k.row.Days)
	return k
}

// appendObject appends all fields of a listed object except its name.
func appendObject(dst []byte, o *store.Object) []byte {
	hasDay := byte(0)
	if o.Key.HasDay {
		hasDay = 1
	}
	dst = o.Key.Day.AppendKey(append(dst, hasDay))
	dst = binary.AppendVarint(dst, o.Size)
	return spill.AppendFields(dst, o.ETag, o.Key.Account, o.Key.Region, o.Key.Folder)
}

func cutObject(name, value []byte) store.Object {
	o := store.Object{Name: string(name)}
	o.Key.HasDay = value[0] == 1
	o.Key.Day, value = day.CutKey(value[1:])
	size, n := binary.Varint(value)
	o.Size = size
	spill.CutFields(string(value[n:]), &o.ETag, &o.Key.Account, &o.Key.Region, &o.Key.Folder)
	return o
}
