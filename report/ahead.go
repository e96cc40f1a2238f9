package report

import "sync"

// aheadRows is how many rows are handed over at a time. Of the largest rows they take 150 KB.
const aheadRows = 512

// ahead returns the same rows, which a goroutine of their own makes while those before are taken: reading totals takes about
// as long as settling them, and making rows as encoding them. The goroutine has ended when the walk has.
func ahead[T any](rows Rows[T]) Rows[T] {
	return func(yield func(*T, error) bool) {
		made, used, stop := make(chan []T), make(chan []T, 2), make(chan struct{})
		var failed error // what ended the rows, once made is closed
		var maker sync.WaitGroup
		maker.Go(func() {
			defer close(made)
			failed = hand(rows, made, used, stop)
		})
		defer maker.Wait()
		defer close(stop)
		for batch := range made {
			for i := range batch {
				if !yield(&batch[i], nil) {
					return
				}
			}
			used <- batch
		}
		if failed != nil {
			yield(nil, failed)
		}
	}
}

// hand sends rows to made in batches, in memory that came back by used, until stop. It returns the error that ended them.
func hand[T any](rows Rows[T], made chan<- []T, used <-chan []T, stop <-chan struct{}) (failed error) {
	var batch []T
	send := func() bool {
		select {
		case made <- batch:
		case <-stop:
			return false
		}
		select {
		case batch = <-used:
			batch = batch[:0]
		default:
			batch = nil
		}
		return true
	}
	for row, err := range rows {
		if err != nil {
			failed = err
			break
		}
		if batch = append(batch, *row); len(batch) == aheadRows && !send() {
			return nil
		}
	}
	send()
	return failed
}
