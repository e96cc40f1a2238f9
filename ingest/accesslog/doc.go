// Package accesslog reads S3 server access logs, in both forms that S3 delivers: lines of text
// with 18 fields or with 24 and more, and JSON, one object a line.
//
// Two fields of the text are the client's own bytes, between quotes that nobody escapes: the
// request's URI and the user agent. A client can so write a whole second half of a line into them.
// A Reader tries every reading of a line that the format allows. If there are two, the line is
// Ambiguous: it is counted, and nothing in it is believed. The JSON form has no such lines.
//
// Access logs are best effort: records come late, twice or not at all. They can prove a
// request, and never that there was none.
package accesslog
