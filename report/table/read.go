package table

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"vpcetrail/report/table/thrift"
)

// Read returns the rows of a Parquet file of size bytes. It reads the footer first, and then one
// row group at a time, each by one ReadAt. It checks the hash of each part before it decodes the
// part. parts are those that the file's Writer returned. If a part has changed since, the error
// wraps ErrChanged. If parts is nil, there are no hashes to check.
//
// A row is valid until the next one. An error comes with a nil row and ends the sequence. It is
// always one line, even for a hostile file. Read checks the context before each row group. If it
// is done, the error is its cause. The file may come from another version: columns that it does
// not have are NULL, and columns that the table does not know are ignored.
func (t *Table[T]) Read(ctx context.Context, from io.ReaderAt, size int64, parts Parts) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		groups, err := readFooter(from, size, parts)
		if err != nil {
			yield(nil, err)
			return
		}
		var row T
		for i := range groups {
			columns, err := t.readGroup(ctx, from, &groups[i])
			if err != nil {
				yield(nil, err)
				return
			}
			for k := range groups[i].part.Rows {
				for c := range t.Columns {
					t.Columns[c].set(&row, &columns[c], int(k))
				}
				if !yield(&row, nil) {
					return
				}
			}
		}
	}
}

// Decode returns the rows of a Parquet file in memory, as Read does.
func (t *Table[T]) Decode(ctx context.Context, data []byte) iter.Seq2[*T, error] {
	return t.Read(ctx, bytes.NewReader(data), int64(len(data)), nil)
}

// set sets the column's value in row to row i of the vector, or to NULL if there is no vector.
func (c *Column[T]) set(row *T, v *Vector, i int) {
	switch {
	case v.rows(c.Type) == 0:
		c.setNull(row)
	case c.Type == Text:
		*c.text(row) = v.Dict[v.Ranks[i]]
	case c.Type == Real:
		*c.real(row) = v.Reals[i]
	default:
		*c.number(row) = v.Numbers[i]
	}
}

// A rowGroup is the footer's description of a row group.
type rowGroup struct {
	part    Part // without a hash if none is known
	columns []columnChunk
}

// A columnChunk is the footer's description of a column of a row group.
type columnChunk struct {
	name           string
	kind           int64 // the physical type in Parquet
	nullable       bool
	offset, length int64 // in the file
}

// readGroup reads the row group into one vector for each of the table's columns.
func (t *Table[T]) readGroup(ctx context.Context, from io.ReaderAt, g *rowGroup) (columns []Vector, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("row group at byte %d: %w", g.part.Offset, err)
		}
	}()
	defer recovered(&err)
	data, err := g.part.read(from)
	if err != nil {
		return nil, err
	}
	columns = make([]Vector, len(t.Columns))
	var decoder chunkReader
	for i := range t.Columns {
		c := &t.Columns[i]
		at := slices.IndexFunc(g.columns, func(found columnChunk) bool { return found.name == c.Name })
		if at < 0 {
			continue
		}
		found := g.columns[at]
		if found.kind != int64(c.Type.physical()) {
			return nil, fmt.Errorf("column %s is not of type %s", c.Name, c.Type)
		}
		chunk := data[found.offset-g.part.Offset:][:found.length]
		if columns[i], err = decoder.decode(chunk, c.Type, c.Nullable, found.nullable, int(g.part.Rows)); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	return columns, nil
}

// errDecoder means that decoding panicked. The file is damaged, and the code has a bug: it should
// have found the damage.
var errDecoder = errors.New("BUG: damage that was not found in time")

// recovered turns a panic into an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", errDecoder, p)
	}
}

var errFooter = errors.New("not the footer of a Parquet file")

// readFooter returns the row groups in the footer of a file.
func readFooter(from io.ReaderAt, size int64, parts Parts) (groups []rowGroup, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("footer: %w", err)
		}
	}()
	defer recovered(&err)
	footer := Part{}
	if parts != nil {
		if err := parts.check(size); err != nil {
			return nil, err
		}
		footer = parts[len(parts)-1]
	} else if footer, err = findFooter(from, size); err != nil {
		return nil, err
	}
	data, err := footer.read(from)
	if err != nil {
		return nil, err
	}
	if len(data) < tail || len(data) > maxFooter || string(data[len(data)-4:]) != magic {
		return nil, errFooter
	}
	length := int64(binary.LittleEndian.Uint32(data[len(data)-tail:]))
	if data = data[:len(data)-tail]; length > int64(len(data)) {
		return nil, errFooter
	}
	return parseFooter(data[int64(len(data))-length:], footer.Offset, parts)
}

// tail is the number of bytes after the footer: the footer's length and PAR1.
const tail = 8

// maxFooter is enough for more than 3,000 row groups, which have 100 million rows.
const maxFooter = 16 << 20

// findFooter finds the footer with the last bytes of the file.
func findFooter(from io.ReaderAt, size int64) (Part, error) {
	if size < tail {
		return Part{}, errFooter
	}
	end, err := readRange(from, size-tail, tail)
	if err != nil {
		return Part{}, err
	}
	length := int64(binary.LittleEndian.Uint32(end)) + tail
	if length > min(size, maxFooter) {
		return Part{}, errFooter
	}
	return Part{Offset: size - length, Length: length}, nil
}

// parseFooter returns the row groups of a footer. It checks that their columns end before the
// footer's offset and, if parts is known, lie within their parts.
func parseFooter(data []byte, offset int64, parts Parts) ([]rowGroup, error) {
	footer, _, err := thrift.Read(data)
	if err != nil {
		return nil, err
	}
	schema := footer.Field(2).List()
	if len(schema) == 0 {
		return nil, errFooter
	}
	nullable := map[string]bool{}
	for _, element := range schema[1:] { // after the root
		if element.Field(5).Int(0) != 0 || element.Field(3).Int(0) > 1 {
			return nil, errors.New("columns within columns")
		}
		nullable[element.Field(4).Text] = element.Field(3).Int(0) == 1
	}
	found := footer.Field(4).List()
	if parts != nil && len(found) != len(parts)-1 {
		return nil, errFooter
	}
	groups, before := make([]rowGroup, len(found)), int64(0)
	for i := range found {
		if groups[i], err = parseGroup(found[i], nullable); err != nil {
			return nil, err
		}
		g := &groups[i]
		start, end := g.span()
		switch {
		case parts == nil:
			g.part.Offset, g.part.Length = start, end-start
		case parts[i].Rows != g.part.Rows:
			return nil, errFooter
		default:
			g.part = parts[i]
		}
		if start < max(before, g.part.Offset) || end > min(offset, g.part.Offset+g.part.Length) || start >= end {
			return nil, errFooter
		}
		before = end
	}
	return groups, nil
}

func parseGroup(group thrift.Value, nullable map[string]bool) (g rowGroup, err error) {
	g.part.Rows = group.Field(3).Int(-1)
	if g.part.Rows < 0 || g.part.Rows > maxGroup {
		return g, fmt.Errorf("a row group of %d rows", g.part.Rows)
	}
	for _, column := range group.Field(1).List() {
		about := column.Field(3)
		c := columnChunk{kind: about.Field(1).Int(-1), offset: about.Field(9).Int(-1), length: about.Field(7).Int(-1)}
		if dictionary := about.Field(11).Int(0); dictionary > 0 {
			c.offset = min(c.offset, dictionary)
		}
		path := about.Field(3).List()
		if len(path) != 1 || c.offset < 0 || c.length < 0 || c.offset+c.length < c.offset || about.Field(4).Int(-1) != zstdCodec {
			return g, errFooter
		}
		c.name = path[0].Text
		var known bool
		if c.nullable, known = nullable[c.name]; !known {
			return g, errFooter
		}
		g.columns = append(g.columns, c)
	}
	return g, nil
}

// span returns the offsets where the columns start and end.
func (g *rowGroup) span() (start, end int64) {
	for i, c := range g.columns {
		if i == 0 || c.offset < start {
			start = c.offset
		}
		end = max(end, c.offset+c.length)
	}
	return start, end
}
