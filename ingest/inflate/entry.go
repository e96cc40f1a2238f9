package inflate

// An entry of a decoding table gives the meaning of the next bits of the stream. One
// look-up decodes a symbol, or two literals in a row:
//
//	bits  0-5   bits to take from the stream: the code and its extra bits
//	bit   7     end of block
//	bits  8-11  the code's bits alone; in a link, how many bits index the sub-table
//	bits 12-13  how many literals, 1 or 2
//	bit  14     link: the code is longer than the table's index; a sub-table has the rest
//	bit  15     special: link, end of block, or no code at all; so no length and no distance
//	bits 16-31  the literals, the first one low; the least length or distance; the sub-table's start
type entry = uint32

const (
	endOfBlock entry = 1 << 7
	literal    entry = 3 << countShift
	link       entry = 1 << 14
	special    entry = 1 << 15

	codeShift  = 8
	countShift = 12
	valueShift = 16
)

// plus returns the length or distance of e. b starts with its code and extra bits.
func plus(e entry, b uint64) int {
	return int(e>>valueShift) + int(b&(1<<(e&63)-1)>>(e>>codeShift&15))
}

// linked returns the entry for b in the sub-table of the link e. b starts after the bits
// of the link.
func linked(e entry, b uint64) entry {
	return e>>valueShift + entry(b)&(1<<(e>>codeShift&15)-1)
}

// The meanings of the symbols: their entries, without the code's bits.
var (
	literalsAndLengths = func() (m [288]entry) {
		for s := range entry(256) {
			m[s] = 1<<countShift | s<<valueShift
		}
		m[256] = special | endOfBlock
		least := entry(3)
		for s := 257; s < 285; s++ {
			extra := max(0, s-261) / 4
			m[s] = least<<valueShift | entry(extra)
			least += 1 << extra
		}
		m[285] = maxLength << valueShift
		m[286], m[287] = special, special // they have a code in fixed blocks, but no meaning
		return m
	}()
	distances = func() (m [32]entry) {
		least := entry(1)
		for s := range 30 {
			extra := max(0, s-2) / 2
			m[s] = least<<valueShift | entry(extra)
			least += 1 << extra
		}
		m[30], m[31] = special, special // same
		return m
	}()
	codeLengths = func() (m [19]entry) {
		for s := range m {
			m[s] = entry(s) << valueShift
		}
		return m
	}()
)
