// Package findings finds what somebody should look at among a day's calls.
//
// A Collector takes calls once it is settled whose endpoints are ours, and adds them up by finding and subject. What
// only the whole day tells, such as which services had an endpoint in use, decides when the day's rows are asked for.
// So a day's findings follow from the day's records and the inventory alone, in whatever order they came.
//
// Codes lists what there is to find. The package imports nothing of package report.
package findings
