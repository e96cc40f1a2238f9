// Package page shows a report as one HTML page. The page needs no network and no other file.
//
// Read collects the rows of the page from a report, one table file at a time. These are the
// totals by day, and the first few hundred services, principals, endpoints and findings. Sums
// that exceed their share of memory go to disk. Write turns them into HTML with page.html,
// page.css and page.js. A page holds no time of its creation, so the same report gives the same
// bytes.
//
// Text from logs is hostile. html/template escapes it. Characters that are invisible or that move
// other text (control and bidirectional characters) are shown as code points. Long values are
// cut, so the page stays small. A Content-Security-Policy in the page allows only its own style
// and script, by their hashes.
package page
