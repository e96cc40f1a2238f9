// Package day counts calendar days in UTC. The report's partitions and the trail's
// folders are such days.
package day

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// A Day is a number of days since 1970-01-01, in UTC.
type Day int32

const msPerDay = 24 * 60 * 60 * 1000

// OfMillis returns the day that contains ms, in milliseconds since the epoch. Times
// before the epoch round down.
func OfMillis(ms int64) Day {
	d := ms / msPerDay
	if ms%msPerDay < 0 {
		d--
	}
	return Day(d)
}

// Of returns the UTC day of t.
func Of(t time.Time) Day { return OfMillis(t.UnixMilli()) }

// Parse reads a day written as 2026-11-20.
func Parse(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("day %q: want YYYY-MM-DD", s)
	}
	return Of(t), nil
}

// Time returns the day's first moment.
func (d Day) Time() time.Time { return time.UnixMilli(int64(d) * msPerDay).UTC() }

// String returns the day as 2026-11-20.
func (d Day) String() string { return d.Time().Format(time.DateOnly) }

// AppendKey appends the day to dst as four bytes. The bytes sort as the days do.
func (d Day) AppendKey(dst []byte) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(d)^1<<31)
}

// CutKey removes from the front of key what AppendKey appended.
func CutKey(key []byte) (d Day, rest []byte) {
	return Day(int32(binary.BigEndian.Uint32(key) ^ 1<<31)), key[4:]
}

// A Window is a range of days, both ends included. The zero value is the single day
// 1970-01-01. Use All for a window without bounds.
type Window struct{ From, To Day }

// All returns the window that holds every day.
func All() Window { return Window{From: -1 << 31, To: 1<<31 - 1} }

// IsAll reports whether w has no bounds.
func (w Window) IsAll() bool { return w == All() }

// Contains reports whether d is in w.
func (w Window) Contains(d Day) bool { return w.From <= d && d <= w.To }

// Days returns the number of days in w.
func (w Window) Days() int { return int(int64(w.To)-int64(w.From)) + 1 }

// String returns "all", a day, or D..D. A window that is open at one end is "D and later"
// or "D and earlier".
func (w Window) String() string {
	switch open := All(); {
	case w == open:
		return "all"
	case w.To == open.To:
		return w.From.String() + " and later"
	case w.From == open.From:
		return w.To.String() + " and earlier"
	case w.From == w.To:
		return w.From.String()
	}
	return w.From.String() + ".." + w.To.String()
}

// ParseWindow reads "all", "yesterday" (relative to now), a day, or two days joined by
// "..".
func ParseWindow(s string, now time.Time) (Window, error) {
	switch s {
	case "all":
		return All(), nil
	case "yesterday":
		d := Of(now) - 1
		return Window{d, d}, nil
	}
	first, last, isRange := strings.Cut(s, "..")
	from, err := Parse(first)
	if err != nil {
		return Window{}, err
	}
	if !isRange {
		return Window{from, from}, nil
	}
	to, err := Parse(last)
	if err != nil {
		return Window{}, err
	}
	if to < from {
		return Window{}, fmt.Errorf("window %q: ends before it starts", s)
	}
	return Window{from, to}, nil
}
