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

// A Disk creates the temporary files of one run in one directory. It is safe for
// concurrent use.
type Disk struct {
	dir string

	mu    sync.Mutex
	files []*os.File
}

// NewDisk returns a Disk that creates its files in dir. "" means the system's directory
// for temporary files. No file is created before something spills.
func NewDisk(dir string) *Disk { return &Disk{dir: dir} }

// Close removes all files. Spilled data cannot be read after that.
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

// Files returns the number of files created. It is 0 if everything fit in memory.
func (d *Disk) Files() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.files)
}

// create creates a file. Where the system allows it, the file has no name, so a killed
// process leaves no file.
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

// describe says what is wrong with the directory and what to do.
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

// A blockFile is a file of blocks. It creates the file at the first block.
type blockFile struct {
	disk *Disk
	file *os.File
	out  *bufio.Writer
	size int64
}

// An extent is a range of a blockFile.
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

// flush makes the written blocks readable.
func (b *blockFile) flush() error {
	if b.out == nil {
		return nil
	}
	if err := b.out.Flush(); err != nil {
		return b.disk.describe(err)
	}
	return nil
}

// A blockReader reads the blocks of one extent after another.
type blockReader struct {
	disk *Disk
	open bool
	in   *bufio.Reader
	buf  []byte
}

// readAhead is the number of bytes that a blockReader reads at a time.
const readAhead = 32 << 10

// reset points r at the start of an extent of b.
func (r *blockReader) reset(b *blockFile, e extent) {
	section := io.NewSectionReader(b.file, e.start, e.end-e.start)
	if r.in == nil {
		r.in = bufio.NewReaderSize(section, readAhead)
	} else {
		r.in.Reset(section)
	}
	r.disk, r.open = b.disk, true
}

// next returns the next block, valid until the next call. After the last block it returns
// io.EOF.
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
