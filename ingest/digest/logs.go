package digest

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/inflate"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/spill"
)

// Reading says how the logs of a trail are read to be checked.
type Reading struct {
	// Each is called for every log, from one goroutine, in the order of their names.
	Each func(*Finding) error
	// Progress, if not nil, is updated while logs are read.
	Progress *Progress
	// Found, if not nil, is called once with the function that says how many logs were found.
	Found func(found func() (objects int, bytes int64, done bool))
}

// Progress counts the logs that were read. It may be read at any time.
type Progress struct{ Logs, Stored, Bytes atomic.Int64 }

// Verify reads every log of the range and judges it. Logs that digests name and that are
// not there are findings too.
func (c *Check) Verify(ctx context.Context, opt Reading) error {
	if opt.Progress == nil {
		opt.Progress = new(Progress)
	}
	trail, err := source.Open(ctx, c.opt.Sources, c.opt.Selection, c.opt.Reading)
	if err != nil {
		return err
	}
	defer trail.Close()
	if opt.Found != nil {
		opt.Found(trail.Found)
	}
	proofs := make([]*spill.Sorter, max(c.opt.Workers, 1))
	group, running := errgroup.WithContext(ctx)
	for i := range proofs {
		proofs[i] = spill.NewSorter(c.opt.Disk, c.opt.Memory/4/len(proofs))
		group.Go(func() error {
			return readLogs(running, trail, opt.Progress, func(key, value []byte) error {
				proofs[i].Add(key, value)
				return proofs[i].Err()
			})
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return c.judgeAll(proofs, opt.Each)
}

// judgeAll judges logs that were read.
func (c *Check) judgeAll(proofs []*spill.Sorter, each func(*Finding) error) error {
	var failed error
	claims := c.Logs(func(f *Finding) {
		if failed == nil {
			failed = each(f)
		}
	})
	read := spill.Merge(proofs...)
	for failed == nil && read.Next() {
		f, p := cutProof(read.Key, read.Value)
		f.Status, f.Problem = c.Judge(f.Name, f.Key, &p, claims)
		if failed == nil {
			failed = each(&f)
		}
	}
	return errors.Join(failed, read.Err(), claims.End())
}

// readLogs reads logs until none is left, and keeps what it finds about each.
func readLogs(ctx context.Context, trail *source.Trail, done *Progress, keep func(key, value []byte) error) error {
	h := hasher{sum: sha256.New()}
	return trail.Each(ctx, func(f *source.Fetch) error {
		p, err := h.read(ctx, f)
		done.Logs.Add(1)
		done.Stored.Add(max(f.Object.Size, 0))
		if err != nil {
			return err
		}
		done.Bytes.Add(h.bytes)
		return keep([]byte(f.Object.Name), appendProof(nil, f, &p))
	})
}

// A hasher hashes the uncompressed text of one log after another.
type hasher struct {
	sum    hash.Hash
	gz     inflate.Reader
	copied []byte // scratch
	bytes  int64  // of the text
}

// read hashes a log. The error ends the run. What is wrong with the log itself is in the
// Proof.
func (h *hasher) read(ctx context.Context, f *source.Fetch) (p Proof, err error) {
	h.sum.Reset()
	h.bytes = 0
	body, err := f.Open(ctx)
	if err == nil {
		if gz := f.Bytes(); gz != nil {
			err = h.whole(gz, &p)
		} else {
			err = h.stream(body, &p)
		}
	}
	if ctx.Err() != nil {
		return p, context.Cause(ctx)
	}
	var unread *source.Error
	switch {
	case err == nil:
		p.SHA256 = hex.EncodeToString(h.sum.Sum(nil))
	case errors.As(err, &unread):
		if unread.EndsRun() {
			return p, err
		}
		p = Proof{}
		p.Unread, p.Problem = statusOf(unread)
	case errors.Is(err, inflate.ErrTrailing):
		p.Trailing = true
	default:
		p.Problem = "cannot be inflated: " + err.Error() + ": " + restore
	}
	return p, nil
}

// whole hashes the text of a gzip stream in memory.
func (h *hasher) whole(gz []byte, p *Proof) error {
	err := h.gz.Reset(gz)
	for err == nil {
		var text []byte
		text, err = h.gz.Next(0)
		h.sum.Write(text)
		h.bytes += int64(len(text))
	}
	p.Members = h.gz.Members()
	if err == io.EOF {
		err = nil
	}
	return err
}

// stream hashes the text of a gzip stream as it arrives.
func (h *hasher) stream(body io.Reader, p *Proof) error {
	gz, err := inflate.NewStream(bufio.NewReaderSize(body, 64<<10))
	if err == nil {
		if h.copied == nil {
			h.copied = make([]byte, 128<<10)
		}
		h.bytes, err = io.CopyBuffer(struct{ io.Writer }{h.sum}, gz, h.copied)
	}
	p.Members = gz.Members()
	return err
}

// appendProof appends what reading a log found out.
func appendProof(dst []byte, f *source.Fetch, p *Proof) []byte {
	trailing := uint64(0)
	if p.Trailing {
		trailing = 1
	}
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(p.Members)), trailing)
	k := &f.Object.Key
	return spill.AppendFields(dst, p.SHA256, string(p.Unread), p.Problem, k.Account, k.Region, k.Folder)
}

func cutProof(name, value []byte) (f Finding, p Proof) {
	members, n := binary.Uvarint(value)
	trailing, m := binary.Uvarint(value[n:])
	p.Members, p.Trailing = int(members), trailing == 1
	f.Kind, f.Name = KindLog, string(name)
	k := &f.Key
	spill.CutFields(string(value[n+m:]), &p.SHA256, (*string)(&p.Unread), &p.Problem, &k.Account, &k.Region, &k.Folder)
	f.Account, f.Region = k.Account, k.Region
	return f, p
}
