// Package inflate decompresses gzip streams that lie in memory whole, at more than twice klauspost's speed on
// CloudTrail objects.
//
// A Reader decodes sound streams only: CRC and length of every member checked, members one behind the other. Whatever
// else comes (a broken or cut stream, bytes behind its end, an unusual header) is left to a Stream, which starts
// anew on the same bytes and goes on behind the text that was handed out already. A Stream is klauspost's reader,
// member by member. So text, errors and their places are klauspost's in every case but one, what follows a member: as
// it refuses nothing in front of a place that this package has passed, what was handed out is the beginning of its text.
//
// The words: text is what comes out; a member is one gzip header, deflate stream and trailer; a symbol is what one
// Huffman code of a deflate stream stands for: a literal byte, the end of the block, or the length of a match, which
// the symbol of its distance follows.
//
// # Memory
//
// The caller owns the compressed bytes, which a Reader reads, but does not copy. The Reader owns the text: a window
// of 160 KiB, whatever the stream inflates to, since matches refer to the last 32 KiB alone. Next hands the text out
// where it lies, for use until the next call; a caller that has not finished with the end of it asks Next to keep
// that, and by this alone the window grows. Reset lets a grown window go. Read copies the text instead.
//
// # Safety
//
// The loop that does most of the work reads and writes without bounds checks (memory_unsafe.go): its comment argues
// why no index leaves its slice. With the build tag purego, and on systems other than amd64 and arm64, the same loop
// runs with the checks, at 0.7 to 0.86 of the speed.
package inflate
