package inflate

import (
	"math/rand/v2"
	"testing"
)

// someCode returns the code lengths of a complete code for up to used of count symbols,
// or of an incomplete code with one symbol. No length exceeds longest.
func someCode(rnd *rand.Rand, count, used, longest int) []uint {
	leaves := []uint{0} // depths of the leaves of a tree
	if used == 1 {
		leaves[0] = 1
	}
	for len(leaves) < min(used, count) {
		k := rnd.IntN(len(leaves))
		if rnd.IntN(3) == 0 {
			k = len(leaves) - 1 // so that some trees are deep
		}
		if leaves[k] == uint(longest) {
			if 1<<longest == len(leaves) {
				break
			}
			continue
		}
		leaves[k]++
		leaves = append(leaves, leaves[k])
	}
	lengths := make([]uint, count)
	for k, s := range rnd.Perm(count)[:len(leaves)] {
		lengths[s] = leaves[k]
	}
	return lengths
}

// made builds a code from lengths.
func made(lengths []uint) *code {
	var c code
	for s, n := range lengths {
		if n > 0 {
			c.add(s, n)
		}
	}
	return &c
}

// slowly decodes the symbol at the lowest bits of b and returns the number of bits of its
// code.
func slowly(h huffman, b uint) (symbol, n uint) {
	code := uint(0)
	for n := uint(1); n <= maxBits; n++ {
		code = code<<1 | b>>(n-1)&1
		for s := range h.lengths {
			if h.lengths[s] == n && h.codes[s] == code {
				return uint(s), n
			}
		}
	}
	return 0, 0
}

func TestTablesKnowWhatAllBitsMean(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		lit := someCode(rnd, maxLitCodes, 2+rnd.IntN(maxLitCodes-1), maxBits)
		dist := someCode(rnd, maxDistCodes, 2+rnd.IntN(maxDistCodes-1), maxBits)
		var f inflater
		if !made(lit).build(f.lit[:], litBits, literalsAndLengths[:]) || !made(dist).build(f.dist[:], distBits, distances[:]) {
			t.Fatal("a complete code is refused")
		}
		litCode, distCode := assign(lit), assign(dist)
		for range 2000 {
			b := uint(rnd.Uint64())
			e, _, n := lookUp(f.lit[:], litBits, uint64(b))
			checkLiterals(t, litCode, b, e, n)
			e, rest, n := lookUp(f.dist[:], distBits, uint64(b))
			s, bits := slowly(distCode, b)
			extra := uint(distances[s] & 63)
			want := int(distances[s]>>valueShift) + int(b>>bits&(1<<extra-1))
			if n+uint(e&63) != bits+extra || plus(e, rest) != want || e&(special|literal) != 0 {
				t.Fatalf("distance symbol %d: entry %x gives %d in %d bits, want %d in %d",
					s, e, plus(e, rest), n+uint(e&63), want, bits+extra)
			}
		}
	}
}

// checkLiterals compares an entry, found by n bits, with the one or two symbols at the
// start of b.
func checkLiterals(t *testing.T, h huffman, b uint, e entry, n uint) {
	t.Helper()
	s, bits := slowly(h, b)
	want := literalsAndLengths[s]
	if s < 256 && e>>countShift&3 == 2 {
		s2, bits2 := slowly(h, b>>bits)
		if s2 >= 256 {
			t.Fatalf("entry %x: the second symbol is %d", e, s2)
		}
		if e>>valueShift != entry(s|s2<<8) || n+uint(e&63) != bits+bits2 || bits+bits2 > litBits {
			t.Fatalf("entry %x for literals %d and %d of %d and %d bits", e, s, s2, bits, bits2)
		}
		return
	}
	if s2, bits2 := slowly(h, b>>bits); s < 256 && s2 < 256 && bits+bits2 <= litBits {
		t.Fatalf("entry %x alone for literals %d and %d of %d and %d bits", e, s, s2, bits, bits2)
	}
	code := entry(bits) - entry(n) // the bits that are looked up in the sub-table
	if e != want+code<<codeShift+code {
		t.Fatalf("symbol %d of %d bits: entry %x after %d bits", s, bits, e, n)
	}
}

func TestSubTablesFitForTheWorstCodes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 1000 {
		var f inflater // a write past the tables panics
		if !made(someCode(rnd, 288, 288-rnd.IntN(30), maxBits)).build(f.lit[:], litBits, literalsAndLengths[:]) ||
			!made(someCode(rnd, 32, 32-rnd.IntN(8), maxBits)).build(f.dist[:], distBits, distances[:]) {
			t.Fatal("a complete code is refused")
		}
	}
}

func TestCodesThatAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name    string
		lengths []uint
		ok      bool
	}{
		{"none", nil, true},
		{"one of a bit", []uint{0, 1}, true},
		{"one of two bits", []uint{0, 2}, false},
		{"two of a bit", []uint{1, 1}, true},
		{"three of a bit", []uint{1, 1, 1}, false},
		{"room left", []uint{1, 2, 3}, false},
		{"too many, though the longest would fit", []uint{1, 1, 15, 15}, false},
		{"all but one of fifteen bits", []uint{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, false},
		{"all of fifteen bits", []uint{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15}, true},
	} {
		var f inflater
		if ok := made(tc.lengths).build(f.lit[:], litBits, literalsAndLengths[:]); ok != tc.ok {
			t.Errorf("%s: %t", tc.name, ok)
		}
	}
}
