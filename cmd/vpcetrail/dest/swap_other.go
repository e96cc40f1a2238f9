//go:build !linux && !darwin

package dest

// swap puts the folder from in to's place, and what stood there, if anything, beside from.
func swap(from, to string) error { return putAside(from, to) }
