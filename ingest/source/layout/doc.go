// Package layout knows how AWS lays a trail out in folders:
//
//	[prefix/]AWSLogs/[o-id/]account/FOLDER/region/YYYY/MM/DD/object
//
// The organization's id may come before or after AWSLogs. Other folders may lie
// between AWSLogs and the account. Copies may lack the upper folders. The package
// reads names only.
package layout
