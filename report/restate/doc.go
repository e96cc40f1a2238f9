// Package restate finds the days of a report that its trail has outgrown: late records have come, or
// objects that could not be read can be now.
//
// What a report holds of its trail stands in its tables objects: every object with its ETag and size, and
// the days of its records. A Search holds them against a listing of the trail, which is cheap. Objects that
// nothing is known of are read once for their days. A day has changed if one of its objects (see
// report.DaysOf) is not in its table as it is now. A day of whose objects some are gone from the trail,
// as after a lifecycle rule, is restated only where that is asked for: what its report holds could not be read again.
//
// Listing, tables and findings are held in spill's stores: a Search takes bounded memory, whatever the trail.
package restate
