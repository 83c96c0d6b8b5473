package boltfile

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
)

// The layout of bbolt 1.x, file format 2, all words in the byte order of the machine that wrote them:
//
//	page header     id u64, flags u16, count u16, overflow u32
//	branch element  pos u32, ksize u32, pgid u64
//	leaf element    flags u32, pos u32, ksize u32, vsize u32
//	bucket header   root u64, sequence u64
//	meta            magic u32, version u32, page size u32, flags u32, root bucket header,
//	                freelist u64, pages u64, txid u64, checksum u64 (FNV-1a of what precedes it)
//
// A page of overflow n is followed by n pages without a header. An element's pos counts from the element itself.
const (
	pageHeaderSize   = 16
	elementSize      = 16
	bucketHeaderSize = 16
	metaSize         = 64
	metaEnd          = pageHeaderSize + metaSize

	magic      = 0xED0CDAED
	version    = 2
	noFreelist = ^uint64(0)

	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagMeta     = 0x04
	flagFreelist = 0x10

	// bucketFlag marks a leaf element whose value is a bucket.
	bucketFlag = 0x01

	// firstPage is the first page id behind the two meta pages.
	firstPage = 2
)

var order = binary.NativeEndian

// pageHeader is the head of every page but the overflow pages.
type pageHeader struct {
	id       uint64
	flags    uint16
	count    uint16
	overflow uint32
}

func decodePageHeader(b []byte) pageHeader {
	return pageHeader{
		id:       order.Uint64(b),
		flags:    order.Uint16(b[8:]),
		count:    order.Uint16(b[10:]),
		overflow: order.Uint32(b[12:]),
	}
}

// check says what is wrong with the header of page id in a file of so many pages, or "".
func (p pageHeader) check(id, pages uint64) string {
	if p.id != id {
		return fmt.Sprintf("calls itself page %d", p.id)
	}
	if uint64(p.overflow) >= pages-id {
		return fmt.Sprintf("its %d overflow pages end beyond the last page %d", p.overflow, pages-1)
	}
	return ""
}

// bytes is the size of the page with its overflow pages.
func (p pageHeader) bytes(pageSize int) uint64 {
	return (uint64(p.overflow) + 1) * uint64(pageSize)
}

// element is an element of a branch page (pgid set) or of a leaf page (flags and vsize set).
// Its key begins start bytes into the page, its value follows.
type element struct {
	flags        uint32
	start        uint64
	ksize, vsize uint64
	pgid         uint64
}

func (e element) value() uint64 { return e.start + e.ksize }
func (e element) end() uint64   { return e.start + e.ksize + e.vsize }

// decodeElement reads element i of a page of which page holds at least all elements.
func decodeElement(page []byte, leaf bool, i int) element {
	at := pageHeaderSize + elementSize*i
	b := page[at : at+elementSize]
	if leaf {
		return element{
			flags: order.Uint32(b),
			start: uint64(at) + uint64(order.Uint32(b[4:])),
			ksize: uint64(order.Uint32(b[8:])),
			vsize: uint64(order.Uint32(b[12:])),
		}
	}
	return element{
		start: uint64(at) + uint64(order.Uint32(b)),
		ksize: uint64(order.Uint32(b[4:])),
		pgid:  order.Uint64(b[8:]),
	}
}

// checkElements says what is wrong with the places of a page's elements, or "", and how many bytes of the page are
// in use. Every version of bolt and bbolt has written keys and values back to back behind the elements, so that
// anything else is damage: a shortened value would otherwise go unnoticed.
// The page holds size bytes, of which the slice has at least all elements.
func checkElements(page []byte, leaf bool, count int, size uint64) (used uint64, msg string) {
	next := uint64(pageHeaderSize + elementSize*count)
	for i := range count {
		e := decodeElement(page, leaf, i)
		switch {
		case e.ksize == 0:
			return 0, fmt.Sprintf("element %d has an empty key", i)
		case e.start != next:
			return 0, fmt.Sprintf("element %d starts at byte %d instead of %d", i, e.start, next)
		case e.end() > size:
			return 0, fmt.Sprintf("element %d ends at byte %d of %d", i, e.end(), size)
		case e.flags&^bucketFlag != 0:
			return 0, fmt.Sprintf("element %d has unknown flags %#x", i, e.flags)
		}
		next = e.end()
	}
	return next, ""
}

// checkOverflow says whether a branch or leaf page has the overflow pages that used bytes need. When they fill the
// page to the last byte, the original bolt allocated one page more.
func checkOverflow(p pageHeader, used uint64, pageSize int) string {
	have := uint64(p.overflow) + 1
	if least := (used + uint64(pageSize) - 1) / uint64(pageSize); have == least || have == used/uint64(pageSize)+1 {
		return ""
	}
	return fmt.Sprintf("has %d overflow pages for %d bytes", p.overflow, used)
}

// freelistLen is the number of page ids on a freelist page and how many words precede them: a count of 0xFFFF says
// that the first word holds the number.
func freelistLen(p pageHeader, first uint64) (skip, n uint64) {
	if p.count == 0xFFFF {
		return 1, first
	}
	return 0, uint64(p.count)
}

// checkFreelist says what is wrong with the header of freelist page id, or "". b holds the page's header and its
// first word.
func checkFreelist(b []byte, id, pages uint64, pageSize int) string {
	p := decodePageHeader(b)
	if msg := p.check(id, pages); msg != "" {
		return msg
	}
	if p.flags != flagFreelist {
		return fmt.Sprintf("is not a freelist page (flags %#x)", p.flags)
	}
	skip, n := freelistLen(p, order.Uint64(b[pageHeaderSize:]))
	if room := (p.bytes(pageSize) - pageHeaderSize) / 8; skip > room || n > room-skip {
		return fmt.Sprintf("lists %d free pages, but has room for %d", n, room-min(room, skip))
	}
	return ""
}

// meta is one of the two meta pages, of which the valid one with the higher txid counts.
type meta struct {
	magic, version uint32
	pageSize       uint32
	root           uint64
	freelist       uint64
	pages          uint64
	txid           uint64
	sumOK          bool
}

// decodeMeta reads the meta behind the page header in b, which holds metaEnd bytes.
func decodeMeta(b []byte) meta {
	b = b[pageHeaderSize:metaEnd]
	sum := fnv.New64a()
	sum.Write(b[:metaSize-8])
	return meta{
		magic:    order.Uint32(b),
		version:  order.Uint32(b[4:]),
		pageSize: order.Uint32(b[8:]),
		root:     order.Uint64(b[16:]),
		freelist: order.Uint64(b[32:]),
		pages:    order.Uint64(b[40:]),
		txid:     order.Uint64(b[48:]),
		sumOK:    order.Uint64(b[56:]) == sum.Sum64(),
	}
}

func (m meta) valid() bool { return m.magic == magic && m.version == version && m.sumOK }
