package report

import "sync"

// aheadRows is the number of rows in a batch. A batch of the largest rows takes 150 KB.
const aheadRows = 512

// ahead returns the same rows. A separate goroutine makes the next rows while the caller uses
// the current ones: reading totals takes about as long as settling them, and making rows takes
// about as long as encoding them. The goroutine ends with the loop over the rows.
func ahead[T any](rows Rows[T]) Rows[T] {
	return func(yield func(*T, error) bool) {
		made, used, stop := make(chan []T), make(chan []T, 2), make(chan struct{})
		var failed error // the error that ended the rows; set before made is closed
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

// hand sends rows to made in batches until stop is closed. It reuses the batches that come back
// through used. It returns the error that ended the rows.
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
