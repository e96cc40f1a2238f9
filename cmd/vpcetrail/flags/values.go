package flags

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"vpcetrail/ingest/source/list"
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

// A Shard is one of N parts: 3/16.
type Shard list.Shard

// Type returns what help calls the value.
func (f *Shard) Type() string { return "shard" }

// String returns the value as Set reads it.
func (f *Shard) String() string { return list.Shard(*f).String() }

// Set reads I/N.
func (f *Shard) Set(text string) error {
	number, of, _ := strings.Cut(text, "/")
	i, err := strconv.ParseUint(number, 10, 16)
	n, errOf := strconv.ParseUint(of, 10, 16)
	if err != nil || errOf != nil || i < 1 || i > n || n > list.MaxShards {
		return fmt.Errorf("want I/N, such as 3/16, of at most %d", list.MaxShards)
	}
	*f = Shard{int(i), int(n)}
	return nil
}
