package flags

import (
	"errors"
	"strconv"
	"strings"
)

// A NumberOfDays is a number of days: 30d, or 720h.
type NumberOfDays int

// Type returns what help calls the value.
func (d *NumberOfDays) Type() string { return "days" }

// String returns the value as Set reads it.
func (d *NumberOfDays) String() string {
	if *d == 0 {
		return ""
	}
	return strconv.Itoa(int(*d)) + "d"
}

// Set reads a number of days, or of hours that make whole days.
func (d *NumberOfDays) Set(text string) error {
	for unit, hours := range map[string]int{"d": 24, "h": 1} {
		if digits, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.ParseUint(digits, 10, 16)
			if err == nil && int(n)*hours%24 == 0 {
				*d = NumberOfDays(int(n) * hours / 24)
				return nil
			}
		}
	}
	return errors.New("want days, such as 30d")
}
