package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A Checkpoint is what leads a file back to a state it was in, as long as the pages of that state are still there: the
// meta page, and the checksum of the root page, by which the file is recognised.
type Checkpoint struct {
	meta    []byte // metaEnd bytes: the page's header and the meta
	rootSum uint32
}

// ErrOther is returned for a file that a checkpoint is not of.
var ErrOther = errors.New("not the file of the checkpoint")

const checkpointSize = metaEnd + 4

// ReadCheckpoint makes a checkpoint of the state that transaction txid has left, which must be the newest.
func ReadCheckpoint(r io.ReaderAt, size int64, txid uint64) (Checkpoint, error) {
	h, err := ReadHeaderAt(r, size, txid)
	if err != nil {
		return Checkpoint{}, err
	}
	c := Checkpoint{meta: make([]byte, metaEnd)}
	if err := readFull(r, c.meta, h.metaAt); err != nil {
		return Checkpoint{}, err
	}
	c.rootSum, err = h.rootSum(r)
	return c, err
}

// Encode returns the bytes of c, for DecodeCheckpoint.
func (c *Checkpoint) Encode() []byte { return order.AppendUint32(bytes.Clone(c.meta), c.rootSum) }

// DecodeCheckpoint reads what Encode has returned.
func DecodeCheckpoint(b []byte) (Checkpoint, error) {
	if len(b) != checkpointSize || !decodeMeta(b).valid() {
		return Checkpoint{}, fmt.Errorf("%w: not a checkpoint", ErrDamaged)
	}
	return Checkpoint{meta: b[:metaEnd], rootSum: order.Uint32(b[metaEnd:])}, nil
}

// Txid is the transaction that has left the state.
func (c *Checkpoint) Txid() uint64 { return decodeMeta(c.meta).txid }

// File is a file that can be led back.
type File interface {
	io.ReaderAt
	io.WriterAt
}

// Restore leads a file of size bytes back to the checkpoint: it writes the meta page, and makes the other one invalid, so
// that it can lead nowhere else. The caller syncs the file. [ErrOther] if it is not that of the checkpoint; then it is not
// changed.
func (c *Checkpoint) Restore(f File, size int64) error {
	m := decodeMeta(c.meta)
	h := m.header(size)
	if err := h.check(); err != nil {
		return fmt.Errorf("%w: %w", ErrOther, err)
	}
	if err := h.checkPages(f); errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrOther, err)
	} else if err != nil {
		return err
	}
	sum, err := h.rootSum(f)
	if err != nil {
		return err
	}
	if sum != c.rootSum {
		return fmt.Errorf("%w: it has another root page", ErrOther)
	}
	if copied, err := c.isCopied(f, h.PageSize); err != nil || copied {
		return errors.Join(err, ErrOther)
	}
	id := h.Txid % 2 // where bbolt puts it, but in a copy by Tx.WriteTo
	page := bytes.Clone(c.meta)
	order.PutUint64(page, id)
	if _, err := f.WriteAt(page, h.offset(id)); err != nil {
		return err
	}
	_, err = f.WriteAt(make([]byte, metaEnd), h.offset(1-id))
	return err
}

// isCopied says whether the file was written by Tx.WriteTo, as backups are, or was closed since, and is not as it was at the
// checkpoint: then its meta pages are of two transactions in a row and lead to the same root. A commit that changes
// something never writes its root where the one before it had it, and with the log there are no others.
func (c *Checkpoint) isCopied(r io.ReaderAt, pageSize int) (bool, error) {
	b := make([]byte, pageSize+metaEnd)
	if err := readFull(r, b, 0); err != nil {
		return false, err
	}
	first, second, at := decodeMeta(b), decodeMeta(b[pageSize:]), decodeMeta(c.meta)
	if !first.valid() || !second.valid() || first == at || second == at {
		return false, nil
	}
	return first.root == second.root && (first.txid == second.txid+1 || second.txid == first.txid+1), nil
}

// rootSum returns the checksum of the root page.
func (h Header) rootSum(r io.ReaderAt) (uint32, error) {
	head := make([]byte, pageHeaderSize)
	if err := readFull(r, head, h.offset(h.Root)); err != nil {
		return 0, err
	}
	sum := crc32.New(castagnoli)
	n, err := io.Copy(sum, io.NewSectionReader(r, h.offset(h.Root), int64(decodePageHeader(head).bytes(h.PageSize))))
	if err == nil && n < int64(h.PageSize) {
		err = io.ErrUnexpectedEOF
	}
	return sum.Sum32(), err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)
