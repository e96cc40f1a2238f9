package dedupe

import "encoding/binary"

// parseUUID reads a UUID in the form that CloudTrail writes, lower case with hyphens.
func parseUUID(s []byte) (hi, lo uint64, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return 0, 0, false
	}
	var digits [32]byte
	copy(digits[0:], s[0:8])
	copy(digits[8:], s[9:13])
	copy(digits[12:], s[14:18])
	copy(digits[16:], s[19:23])
	copy(digits[20:], s[24:36])
	wrong := uint64(0)
	var words [4]uint64
	for i := range words {
		var bad uint64
		words[i], bad = parseHex(binary.BigEndian.Uint64(digits[8*i:]))
		wrong |= bad
	}
	return words[0]<<32 | words[1], words[2]<<32 | words[3], wrong == 0
}

// parseHex reads eight digits at once because it runs for every event. A byte is a digit
// if it is 0x30 to 0x39, or 0x61 to 0x66. Bit 6 is set only in the second range. wrong is
// 0 only if all eight are digits.
func parseHex(text uint64) (value, wrong uint64) {
	const ones = 0x0101010101010101
	letters := text >> 6 & ones
	value = text&(0x0f*ones) + 9*letters // 0x61 and 9 end in a; no byte exceeds 24, so no sum carries
	above9 := (value + 0x76*ones) & (0x80 * ones)
	above15 := (value + 0x70*ones) & (0x80 * ones)
	wrong = (value + 0x30*ones + 0x27*letters) ^ text // compares with the spelling of such a digit
	wrong |= above15 | (above9 ^ letters<<7)          // letters, and only letters, are above 9
	value = (value | value>>4) & 0x00ff00ff00ff00ff
	value = (value | value>>8) & 0x0000ffff0000ffff
	return (value | value>>16) & 0xffffffff, wrong
}
