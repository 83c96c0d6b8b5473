// Package boltfile looks at a bbolt file by plain reads, before it is mapped.
//
// bbolt maps its file and follows the page ids in it. A file that is shorter than its meta page says, or an id out of
// range, ends in SIGBUS or a panic inside goroutines that bbolt starts itself, and then no recover helps.
// [ReadHeader] is the cheap look before every open, a handful of small reads. [Walk] is the thorough one and reads
// every branch and leaf page: do it before opening a file that is in doubt. Once bbolt has mapped the file, a [Tree] finds
// keys in the mapped pages.
package boltfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"unicode/utf8"
)

// The reasons why a file cannot be handed to bbolt.
var (
	// ErrEmpty is returned for a file of no bytes. bbolt would make a new store of it.
	ErrEmpty = errors.New("file is empty")
	// ErrNotBolt is returned for a file that nothing suggests was ever written by bbolt.
	ErrNotBolt = errors.New("not a bbolt file")
	// ErrVersion is returned for a sound meta page of another file format.
	ErrVersion = errors.New("unknown bbolt file format")
	// ErrTorn is returned when neither meta page is valid. The data pages may well be sound.
	ErrTorn = errors.New("both meta pages are damaged")
	// ErrTruncated is returned for a file that ends before its last page does.
	ErrTruncated = errors.New("file is truncated")
	// ErrDamaged is returned for a valid meta page that speaks of something that cannot be.
	ErrDamaged = errors.New("file is damaged")
	// ErrNoTx is returned by [ReadHeaderAt] when no valid meta page is of the wanted transaction.
	ErrNoTx = errors.New("no meta page of this transaction")
)

// The page sizes that are taken for real, in bytes. bbolt finds a second meta page for 1 KiB to 16 MiB only,
// but takes anything from the first one.
const (
	minPageSize = 512
	maxPageSize = 64 << 20
)

// maxTxid is beyond what any file reaches. Near 2^64 the number of the next transaction would be 0, and bbolt would go
// on reading the old one.
const maxTxid = 1 << 62

// Header is what the meta page in force says of a file.
type Header struct {
	// PageSize is in bytes.
	PageSize int
	// Txid is the transaction that wrote the meta page.
	Txid uint64
	// Pages is the high-water mark: every page id is below it.
	Pages uint64
	// Root is the page id of the root bucket.
	Root uint64
	// Freelist is the page id of the freelist; without FreelistSynced there is none, and bbolt scans the whole file
	// when it opens it.
	Freelist       uint64
	FreelistSynced bool
	// Size is the size of the file in bytes, at least Pages × PageSize: a new file has exactly that, and so has one
	// written by Tx.WriteTo or with NoGrowSync.
	Size int64
	// OneMeta says that the other meta page is not valid. A crash during a commit leaves such a file, and the next
	// commit mends it.
	OneMeta bool

	metaAt int64 // where the meta page is, in bytes
}

// ReadHeader reads the header of a file of size bytes, the meta page that bbolt would choose, and checks that the
// file is as long as it says and that the root and freelist pages look like such. It makes about twenty small reads
// at most. The error is one of this package's, with what was found, or one of r's.
//
// While a store is being written the file changes under the reader: hold off commits, or use [ReadHeaderAt].
func ReadHeader(r io.ReaderAt, size int64) (Header, error) {
	return readHeader(r, size, func(meta) bool { return true }, ErrTorn)
}

// ReadHeaderAt is [ReadHeader] for the meta page of transaction txid. With an open bbolt read transaction of that
// id its pages, its freelist included, stay in place for [Walk]. The meta page itself does not: bbolt overwrites it
// with the second commit that follows, and then the error is [ErrNoTx] and the caller begins a new transaction.
func ReadHeaderAt(r io.ReaderAt, size int64, txid uint64) (Header, error) {
	return readHeader(r, size, func(m meta) bool { return m.txid == txid }, ErrNoTx)
}

// readHeader chooses the meta page with the highest txid among those that the caller wants.
func readHeader(r io.ReaderAt, size int64, want func(meta) bool, errNone error) (Header, error) {
	if size == 0 {
		return Header{}, ErrEmpty
	}
	metas, err := readMetas(r, size)
	if err != nil {
		return Header{}, err
	}
	chosen := -1
	for i, m := range metas {
		if m.valid() && want(m) && (chosen < 0 || m.txid > metas[chosen].txid) {
			chosen = i
		}
	}
	if chosen < 0 {
		return Header{}, errNone
	}
	m, other := metas[chosen], metas[1-chosen]
	if other.valid() && other.pageSize != m.pageSize {
		return Header{}, fmt.Errorf("%w: its meta pages speak of pages of %d and of %d bytes",
			ErrDamaged, m.pageSize, other.pageSize)
	}
	h := m.header(size)
	h.OneMeta = !other.valid()
	h.metaAt = int64(chosen) * int64(h.PageSize)
	if err := h.check(); err != nil {
		return Header{}, err
	}
	return h, h.checkPages(r)
}

// header is what m says of a file of size bytes.
func (m meta) header(size int64) Header {
	h := Header{
		PageSize: int(m.pageSize), Txid: m.txid, Pages: m.pages, Root: m.root,
		FreelistSynced: m.freelist != noFreelist, Size: size,
	}
	if h.FreelistSynced {
		h.Freelist = m.freelist
	}
	return h
}

// readMetas reads both meta pages; at least one is valid if err is nil. It finds the page size as bbolt does: in
// meta page 0, and if that is damaged in a meta page 1 at one of the possible page sizes.
func readMetas(r io.ReaderAt, size int64) (metas [2]meta, err error) {
	head := make([]byte, min(size, metaEnd))
	if err := readFull(r, head, 0); err != nil {
		return metas, err
	}
	if len(head) < metaEnd {
		if looksLikeMeta(head) {
			return metas, fmt.Errorf("%w: file has %d bytes, less than one meta page", ErrTruncated, size)
		}
		return metas, notBolt(head)
	}
	seen := looksLikeMeta(head)
	if metas[0] = decodeMeta(head); metas[0].valid() {
		metas[1], err = readMeta(r, size, int64(metas[0].pageSize))
		return metas, err
	}
	other := metas[0]
	for at := int64(1 << 10); at <= 16<<20 && at <= size-metaEnd; at <<= 1 {
		m, err := readMeta(r, size, at)
		if err != nil {
			return metas, err
		}
		if m.valid() && int64(m.pageSize) == at {
			metas[1] = m
			return metas, nil
		}
		if m.magic == magic {
			seen, other = true, m
		}
	}
	switch {
	case other.magic == magic && other.version != version && other.sumOK:
		return metas, fmt.Errorf("%w: version %d instead of %d", ErrVersion, other.version, version)
	case seen:
		return metas, ErrTorn
	}
	return metas, notBolt(head)
}

// readMeta reads the meta page at an offset; one beyond the end of the file is not valid.
func readMeta(r io.ReaderAt, size, at int64) (meta, error) {
	if at > size-metaEnd {
		return meta{}, nil
	}
	b := make([]byte, metaEnd)
	if err := readFull(r, b, at); err != nil {
		return meta{}, err
	}
	return decodeMeta(b), nil
}

// check compares the fields with one another.
func (h Header) check() error {
	if h.PageSize < minPageSize || h.PageSize > maxPageSize || h.PageSize%8 != 0 {
		return fmt.Errorf("%w: its header speaks of pages of %d bytes", ErrDamaged, h.PageSize)
	}
	if over, want := bits.Mul64(h.Pages, uint64(h.PageSize)); over != 0 || int64(want) < 0 {
		return fmt.Errorf("%w: its header speaks of %d pages", ErrDamaged, h.Pages)
	} else if int64(want) > h.Size {
		return fmt.Errorf("%w: file has %d bytes, but its header speaks of %d pages of %d bytes (%d bytes): %d missing",
			ErrTruncated, h.Size, h.Pages, h.PageSize, want, int64(want)-h.Size)
	}
	if h.Txid > maxTxid {
		return fmt.Errorf("%w: its header speaks of transaction %d", ErrDamaged, h.Txid)
	}
	if h.Root < firstPage || h.Root >= h.Pages {
		return fmt.Errorf("%w: its root is page %d of %d", ErrDamaged, h.Root, h.Pages)
	}
	if h.FreelistSynced && (h.Freelist < firstPage || h.Freelist >= h.Pages) {
		return fmt.Errorf("%w: its freelist is page %d of %d", ErrDamaged, h.Freelist, h.Pages)
	}
	return nil
}

// checkPages looks at the heads of the two pages that bbolt reads while opening. A freelist with a false length is
// copied as long as it says, out of the mapping or out of memory.
func (h Header) checkPages(r io.ReaderAt) error {
	b := make([]byte, pageHeaderSize+8)
	if err := readFull(r, b, h.offset(h.Root)); err != nil {
		return err
	}
	p := decodePageHeader(b)
	msg := p.check(h.Root, h.Pages)
	if msg == "" && p.flags != flagBranch && p.flags != flagLeaf {
		msg = fmt.Sprintf("is neither branch nor leaf (flags %#x)", p.flags)
	}
	if msg != "" {
		return fmt.Errorf("%w: root page %d: %s", ErrDamaged, h.Root, msg)
	}
	if !h.FreelistSynced {
		return nil
	}
	if err := readFull(r, b, h.offset(h.Freelist)); err != nil {
		return err
	}
	if msg := checkFreelist(b, h.Freelist, h.Pages, h.PageSize); msg != "" {
		return fmt.Errorf("%w: freelist page %d: %s", ErrDamaged, h.Freelist, msg)
	}
	return nil
}

// offset is where a page begins, in bytes.
func (h Header) offset(id uint64) int64 { return int64(id) * int64(h.PageSize) }

// readFull fills b. A ReaderAt may return io.EOF with the last bytes, which is no error here.
func readFull(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read %d bytes at %d: %w", len(b), at, err)
}

// looksLikeMeta reports whether the first bytes of a file are those of a meta page, be they damaged:
// the page header, or the magic number.
func looksLikeMeta(head []byte) bool {
	if len(head) >= pageHeaderSize && decodePageHeader(head) == (pageHeader{flags: flagMeta}) {
		return true
	}
	return len(head) >= pageHeaderSize+4 && order.Uint32(head[pageHeaderSize:]) == magic
}

// notBolt wraps [ErrNotBolt] with what the file looks like. It does not quote the file: it may be anyone's document.
func notBolt(head []byte) error {
	like := "something else"
	switch {
	case bytes.HasPrefix(head, []byte("SQLite format 3")):
		like = "an SQLite database"
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		like = "a gzip file"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		like = "a zip file"
	case len(bytes.Trim(head, "\x00")) == 0:
		like = "nothing but zeros"
	case foreignOrder(head):
		like = "a bbolt file from a machine of the other byte order"
	case bytes.IndexFunc(head, func(c rune) bool { return c < '\t' || c == utf8.RuneError }) < 0:
		like = "a text file"
	}
	return fmt.Errorf("%w: it begins like %s", ErrNotBolt, like)
}

func foreignOrder(head []byte) bool {
	if len(head) < pageHeaderSize+4 {
		return false
	}
	b := head[pageHeaderSize:]
	return binary.LittleEndian.Uint32(b) == magic || binary.BigEndian.Uint32(b) == magic
}
