package endpoints

import "bytes"

// IsID reports whether s is the id of a VPC endpoint: vpce- and 8 or 17 hexadecimal
// digits.
func IsID(s []byte) bool {
	digits, ok := bytes.CutPrefix(s, []byte("vpce-"))
	return ok && IsHexID(digits)
}

// IsHexID reports whether s is the variable part of an EC2 resource id, short or long.
func IsHexID(s []byte) bool {
	if len(s) != 8 && len(s) != 17 {
		return false
	}
	for _, c := range s {
		if !isDigit(c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// IsAccount reports whether s is an account id: 12 digits.
func IsAccount(s []byte) bool {
	if len(s) != 12 {
		return false
	}
	for _, c := range s {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

// IDInHost returns the id at the start of an endpoint's DNS name. In S3's names it
// follows bucket. or accesspoint. The result is empty for any other name.
func IDInHost(host []byte) string {
	if !IsHost(host) {
		return ""
	}
	for label := range bytes.SplitSeq(host, []byte(".")) {
		for _, digits := range []int{17, 8} {
			if n := len("vpce-") + digits; len(label) >= n && IsID(label[:n]) {
				return string(label[:n])
			}
		}
	}
	return ""
}
