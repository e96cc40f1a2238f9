package table

// Column returns the column of a name, nil where the table has none. It is shared: read only.
func (t *Table[T]) Column(name string) *Column[T] {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}
