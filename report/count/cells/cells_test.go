package cells

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

// A table that has grown finds each key by its number, even if all hashes are equal.
func TestNumbersGrow(t *testing.T) {
	for name, hashOf := range map[string]func(*Cell) uint64{
		"hashes": (*Cell).Hash, "equal hashes": func(*Cell) uint64 { return 1 << 63 },
	} {
		t.Run(name, func(t *testing.T) {
			n := NewNumbers(hashOf)
			for pass, wantNew := range []bool{true, false} {
				for i := range uint32(1000) {
					key := Cell{i, i / 2}
					if number, isNew := n.Number(hashOf(&key), key); number != i || isNew != wantNew {
						t.Fatalf("pass %d: key %d has the number %d (new: %v)", pass, i, number, isNew)
					}
				}
			}
		})
	}
}

func TestTextsGrow(t *testing.T) {
	texts := NewTexts()
	for pass, wantNew := range []bool{true, false} {
		for i := range uint32(1000) {
			if number, isNew := texts.Number(fmt.Append(nil, i)); number != i+1 || isNew != wantNew {
				t.Fatalf("pass %d: text %d has the number %d (new: %v)", pass, i, number, isNew)
			}
		}
	}
}

// A dictionary that is put away and read again makes no garbage for each of its keys.
func TestDictionaryAllocations(t *testing.T) {
	d := New()
	const keys = 10_000
	for i := range uint32(keys) {
		group, target := Group{Callee: i}, Target{Name: i}
		g, _ := d.Groups.Number(group.Hash(), group)
		to, _ := d.Targets.Number(target.Hash(), target)
		cell := Cell{g, to}
		d.Cells.Number(cell.Hash(), cell)
	}
	var away bytes.Buffer
	if err := d.Write(&away); err != nil {
		t.Fatal(err)
	}
	for name, pass := range map[string]func() error{
		"write": func() error { return d.Write(io.Discard) },
		"read":  func() error { _, err := Read(bytes.NewReader(away.Bytes())); return err },
	} {
		if n := testing.AllocsPerRun(3, func() {
			if err := pass(); err != nil {
				t.Fatal(err)
			}
		}); n > keys/20 {
			t.Errorf("%s: %.0f allocations for %d keys of each kind", name, n, keys)
		}
	}
}
