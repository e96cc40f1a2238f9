// Package inflate decompresses gzip streams that are whole in memory. On CloudTrail
// objects it is more than twice as fast as klauspost's reader.
//
// A Reader decodes only sound streams: one or more members, each with a correct CRC and
// length. Everything else goes to a Stream: a broken or truncated stream, bytes after its
// end, an unusual header. The Stream starts again on the same bytes, skips the text that
// was already returned, and continues. A Stream is klauspost's reader, member by member.
// So the text, the errors and their places are klauspost's, except for what follows a
// member. klauspost's reader accepts everything up to any place that this package has
// passed, so the text already returned is the beginning of its text.
//
// Terms: text is the output. A member is one gzip header, deflate stream and trailer. A
// symbol is the meaning of one Huffman code in a deflate stream: a literal byte, the end
// of the block, or the length of a match. The symbol of the match's distance follows its
// length.
//
// # Memory
//
// The caller owns the compressed bytes. A Reader reads them without a copy. The Reader
// owns the text: a window of 160 KiB, whatever the size of the text, because matches
// refer only to the last 32 KiB. Next returns the text in place, valid until the next
// call. A caller that still needs the end of the text asks Next to keep it. Only this
// makes the window grow. Reset frees a window that has grown. Read copies the text
// instead.
//
// # Safety
//
// The inner loop reads and writes without bounds checks (memory_unsafe.go). Its comment
// proves that no index leaves its slice. With the build tag purego, and on systems other
// than amd64 and arm64, the same loop runs with the checks, at 0.7 to 0.86 of the speed.
package inflate
