package spill

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// A Disk makes the temporary files of one run, in one directory. It is safe for concurrent use.
type Disk struct {
	dir string

	mu    sync.Mutex
	files []*os.File
}

// NewDisk returns a Disk whose files lie in dir; "" means the system's place for temporary files.
// Nothing is made before something spills.
func NewDisk(dir string) *Disk { return &Disk{dir: dir} }

// Close removes all files. What has spilled cannot be read any more.
func (d *Disk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, f := range d.files {
		errs = append(errs, f.Close())
		if err := os.Remove(f.Name()); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	d.files = nil
	return errors.Join(errs...)
}

// Files returns how many files were made: none where all had its place in memory.
func (d *Disk) Files() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.files)
}

// create makes a file. Where the system allows it the file has no name from the start, so that
// nothing is left of a process that is killed.
func (d *Disk) create() (*os.File, error) {
	f, err := os.CreateTemp(d.dir, "vpcetrail-*.spill")
	if err != nil {
		return nil, d.describe(err)
	}
	_ = os.Remove(f.Name()) // Close tries again
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files = append(d.files, f)
	return f, nil
}

// describe says what is wrong with the directory, and what to do.
func (d *Disk) describe(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	dir := d.dir
	if dir == "" {
		dir = os.TempDir()
	}
	return fmt.Errorf("%s: spill: %w: make room there, name another directory in TMPDIR, or raise --memory", dir, err)
}

// A blockFile is a file of blocks. It makes its file when the first block comes.
type blockFile struct {
	disk *Disk
	file *os.File
	out  *bufio.Writer
	size int64
}

// An extent is a stretch of a blockFile.
type extent struct{ start, end int64 }

// write appends a block, which may be empty.
func (b *blockFile) write(block []byte) error {
	if b.file == nil {
		f, err := b.disk.create()
		if err != nil {
			return err
		}
		b.file, b.out = f, bufio.NewWriterSize(f, 256<<10)
	}
	var length [4]byte
	binary.LittleEndian.PutUint32(length[:], uint32(len(block)))
	_, err := b.out.Write(length[:])
	if err == nil {
		_, err = b.out.Write(block)
	}
	if err != nil {
		return b.disk.describe(err)
	}
	b.size += int64(len(length) + len(block))
	return nil
}

// flush makes what was written readable.
func (b *blockFile) flush() error {
	if b.out == nil {
		return nil
	}
	if err := b.out.Flush(); err != nil {
		return b.disk.describe(err)
	}
	return nil
}

// A blockReader reads the blocks of one extent after the other's.
type blockReader struct {
	disk *Disk
	open bool
	in   *bufio.Reader
	buf  []byte
}

// readAhead is what a blockReader reads at a time, in bytes.
const readAhead = 32 << 10

// reset makes r read an extent of b from its start.
func (r *blockReader) reset(b *blockFile, e extent) {
	section := io.NewSectionReader(b.file, e.start, e.end-e.start)
	if r.in == nil {
		r.in = bufio.NewReaderSize(section, readAhead)
	} else {
		r.in.Reset(section)
	}
	r.disk, r.open = b.disk, true
}

// next returns the next block, valid until the next call, and io.EOF after the last.
func (r *blockReader) next() ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r.in, length[:]); err != nil {
		if err == io.EOF {
			return nil, io.EOF
		}
		return nil, r.disk.describe(err)
	}
	n := int(binary.LittleEndian.Uint32(length[:]))
	if cap(r.buf) < n {
		r.buf = make([]byte, n)
	}
	r.buf = r.buf[:n]
	if _, err := io.ReadFull(r.in, r.buf); err != nil {
		return nil, r.disk.describe(err)
	}
	return r.buf, nil
}
