// Package restate finds the days of a report that are out of date: late records have arrived, or
// objects that could not be read before can be read now.
//
// Table objects lists every object that the report read, with its ETag and size and the days of its
// records. A Search compares these tables with a listing of the trail, which is cheap. It reads
// unknown objects once to get their days. A day has changed if its table does not have the current
// version of one of its objects (see report.DaysOf). If objects of a day are gone from the trail, for
// example because of a lifecycle rule, the day is restated only on request: the removed objects
// cannot be read again.
//
// A Search keeps the listing, the tables and its results in spill stores, so its memory is bounded
// for every trail.
package restate
