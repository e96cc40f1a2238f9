// Package page shows what a report says as one HTML page that needs nothing else: no network, no file beside it.
//
// Read collects the page's rows from a report, a table file at a time: totals by day, and of services, principals,
// endpoints and findings the first few hundred; sums that pass their share of memory go to disk. Write turns them
// into HTML by page.html, page.css and page.js. The same report gives the same bytes: a page holds no clock.
//
// What comes from logs is hostile text. html/template escapes it; what a reader would not see, or would see in the
// wrong place (control and bidirectional characters), is written out by its code point; long values are cut, so that the
// page stays small. A Content-Security-Policy in the page allows its own style and script, by their hashes, and nothing else.
package page
