package event

import "vpcetrail/ingest/event/walk"

// Arrays inside the array of a container are rows, as --query
// 'Events[].[EventId,CloudTrailEvent]' prints them. The records of a row are its objects
// and its strings that begin with a brace. Other values are columns, and are skipped. A
// row that contains neither a record nor a row counts as one record that is not
// CloudTrail's.

// openRow walks the bracket that opens a row.
func (r *Reader) openRow(i int) int {
	if r.around() >= walk.MaxDepth {
		return ^i
	}
	r.rows++
	r.rowAt, r.rowHolds = r.base+int64(i), false
	return r.advance(i, atFirst)
}

// inRow reports whether the value at i, an element of a row, is treated as a record.
func (r *Reader) inRow(i int) bool {
	c := r.buf[i]
	is := c == '{' || c == '"' && r.buf[i+1] == '{'
	r.rowHolds = r.rowHolds || is
	return is
}

// close walks the bracket that ends an array. It reports whether the array is a row that
// counts as a record.
func (r *Reader) close(i int) (end int, isRecord bool) {
	switch {
	case r.rows > 0:
		r.rows--
		isRecord = !r.rowHolds
		r.rowHolds = true // for the row around it
		r.dec.shape = shape{isRow: true}
		return r.advance(i, atMore), isRecord
	case r.list == bare:
		return r.advance(i, atDocument), false
	}
	return r.advance(i, atNext), false
}

// closeEmpty is close for an array without elements. An empty container is still
// CloudTrail's.
func (r *Reader) closeEmpty(i int) (end int, isRecord bool) {
	r.found = r.found || r.rows == 0
	r.rowHolds = true
	return r.close(i)
}
