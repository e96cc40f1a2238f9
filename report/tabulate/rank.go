package tabulate

import (
	"slices"
	"strings"
)

// ranked returns the rank of each text in the order of their bytes, and the texts by rank. No
// text is there twice.
func ranked(list []string) (ranks []uint32, byRank []string) {
	order := make([]uint32, len(list))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return strings.Compare(list[a], list[b]) })
	ranks, byRank = make([]uint32, len(list)), make([]string, len(list))
	for rank, i := range order {
		ranks[i], byRank[rank] = uint32(rank), list[i]
	}
	return ranks, byRank
}

// rankedKeys returns the rank of each key, and the keys by rank. No key is there twice.
func rankedKeys[K any](keys []K, compare func(a, b *K) int) (ranks []uint32, byRank []K) {
	order := make([]uint32, len(keys))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return compare(&keys[a], &keys[b]) })
	ranks, byRank = make([]uint32, len(keys)), make([]K, len(keys))
	for rank, i := range order {
		ranks[i], byRank[rank] = uint32(rank), keys[i]
	}
	return ranks, byRank
}

// radixSort returns rows in the order of their keys. It may use the memory of rows.
func radixSort(rows []resourceRow) []resourceRow {
	const digit = 11
	all, any := ^uint64(0), uint64(0)
	for i := range rows {
		all, any = all&rows[i].key, any|rows[i].key
	}
	other := make([]resourceRow, len(rows))
	for shift := 0; shift < 64; shift += digit {
		if (any&^all)>>shift&(1<<digit-1) == 0 {
			continue // the same in all
		}
		var starts [1<<digit + 1]uint32
		for i := range rows {
			starts[rows[i].key>>shift&(1<<digit-1)+1]++
		}
		for i := 1; i < len(starts); i++ {
			starts[i] += starts[i-1]
		}
		for i := range rows {
			at := &starts[rows[i].key>>shift&(1<<digit-1)]
			other[*at] = rows[i]
			*at++
		}
		rows, other = other, rows
	}
	return rows
}
