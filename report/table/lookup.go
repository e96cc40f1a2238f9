package table

// Column returns the column of a name, or nil if the table has none. It is shared: do not change it.
func (t *Table[T]) Column(name string) *Column[T] {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}
