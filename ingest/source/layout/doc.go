// Package layout knows how AWS lays a trail out in folders:
//
//	[prefix/]AWSLogs/[o-id/]account/FOLDER/region/YYYY/MM/DD/object
//
// with the organization's id before or after AWSLogs, other folders between AWSLogs and the
// account, or copies that lack the upper folders. It reads names only.
package layout
