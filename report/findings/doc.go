// Package findings finds the calls and endpoints of a day that need attention.
//
// A Collector takes calls after the owners of the endpoints are known, and sums them by finding and
// subject. Some facts need the whole day, such as the services with an endpoint in use. They are
// applied when the rows of the day are read. So the findings of a day depend only on the records of
// the day and the inventory, and not on their order.
//
// Codes lists all findings. The package does not import package report.
package findings
