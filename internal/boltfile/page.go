package boltfile

import (
	"bytes"
	"fmt"
	"io"
)

// page is a branch or leaf page while it is looked at. Its keys stay valid until the next page of its level is read,
// which is how long the levels below need them as bounds.
type page struct {
	pageHeader
	// buf holds the page's first bytes: all elements in any case, and the whole of a branch page.
	buf []byte
	// size is the size of the page with overflow pages, in bytes.
	size uint64
	// lo and hi bound the keys, next is the child to visit next, of a branch page.
	lo, hi []byte
	next   int
}

func (p *page) branchKey(i int) []byte {
	e := decodeElement(p.buf, false, i)
	return p.buf[e.start:e.value()]
}

// grow makes room for n bytes in buf.
func (p *page) grow(n uint64) {
	if uint64(cap(p.buf)) < n {
		p.buf = append(make([]byte, 0, n), p.buf...)
	}
	p.buf = p.buf[:n]
}

// fetcher fills b from byte off of a page on.
type fetcher func(b []byte, id, off uint64) error

// fetch returns the fetcher that reads r and nothing else.
func (h Header) fetch(r io.ReaderAt) fetcher {
	return func(b []byte, id, off uint64) error { return readFull(r, b, h.offset(id)+int64(off)) }
}

// damage is what is wrong with a page. It is [ErrDamaged].
type damage string

func (d damage) Error() string        { return string(d) }
func (d damage) Is(target error) bool { return target == ErrDamaged }

func damagef(format string, args ...any) error { return damage(fmt.Sprintf(format, args...)) }

// load reads a page into p and checks its header: afterwards it has room for its elements. The error is damage, or that
// of the fetcher.
func (p *page) load(h Header, id uint64, fetch fetcher) error {
	size := uint64(h.PageSize)
	p.grow(size)
	if err := fetch(p.buf, id, 0); err != nil {
		return err
	}
	p.pageHeader = decodePageHeader(p.buf)
	if msg := p.check(id, h.Pages); msg != "" {
		return damage(msg)
	}
	if p.flags != flagBranch && p.flags != flagLeaf {
		return damagef("is neither branch nor leaf (flags %#x)", p.flags)
	}
	p.size = p.bytes(h.PageSize)
	need := uint64(pageHeaderSize + elementSize*int(p.count))
	if p.flags == flagBranch {
		need = p.size
	}
	switch {
	case need > p.size:
		return damagef("has %d elements in %d bytes", p.count, p.size)
	case p.flags == flagBranch && need > maxBranch:
		return damagef("is a branch page of %d bytes", need)
	case need > size:
		p.grow(need)
		return fetch(p.buf[size:], id, size)
	}
	return nil
}

// checkExtent says what is wrong with where the elements of a page lie and how many overflow pages it has for them.
func (p *page) checkExtent(pageSize int) error {
	used, msg := checkElements(p.buf, p.flags == flagLeaf, int(p.count), p.size)
	if msg == "" {
		msg = checkOverflow(p.pageHeader, used, pageSize)
	}
	if msg != "" {
		return damage(msg)
	}
	return nil
}

// load reads a page into p, checks its header and the places of its elements, and reports whether it can be used.
func (w *walker) load(p *page, id uint64) bool {
	err := p.load(w.h, id, w.fetch)
	if err == nil {
		err = p.checkExtent(w.h.PageSize)
	}
	if err != nil {
		w.problem(id, "%v", err)
	}
	return err == nil
}

// branch checks the keys of a branch page and reports whether it can be followed.
func (w *walker) branch(p *page) bool {
	if p.count == 0 {
		w.problem(p.id, "is an empty branch page")
		return false
	}
	for i := range int(p.count) {
		key := p.branchKey(i)
		if !inRange(key, p.lo, p.hi) {
			w.problem(p.id, "branch key %d is out of the range of its parent", i)
			return false
		}
		if i > 0 && bytes.Compare(p.branchKey(i-1), key) >= 0 {
			w.problem(p.id, "branch key %d is not above the one before", i)
			return false
		}
	}
	return true
}

// leaf checks a leaf page: its depth, its keys, and the buckets among its values.
func (w *walker) leaf(p *page, depth int) {
	if w.leafDepth < 0 {
		w.leafDepth = depth
	} else if depth != w.leafDepth {
		w.problem(p.id, "is a leaf at level %d, others are at %d", depth, w.leafDepth)
	}
	if p.count == 0 && depth > 0 {
		w.problem(p.id, "is an empty leaf page below a branch")
	}
	var last []byte
	ascending := true
	for i := range int(p.count) {
		e := decodeElement(p.buf, true, i)
		if e.flags&bucketFlag == 0 {
			w.report.Keys++
			w.report.Content += e.ksize + e.vsize
		} else {
			w.report.Buckets++
			w.nested(p, i, e)
		}
		if !ascending || w.ended() {
			continue
		}
		key := w.leafKey(p, i, e)
		switch {
		case key == nil:
			ascending = false
			continue
		case !inRange(key, p.lo, p.hi):
			w.problem(p.id, "key %d is out of the range of its parent", i)
			ascending = false
		case i > 0 && bytes.Compare(last, key) >= 0:
			w.problem(p.id, "key %d is not above the one before", i)
			ascending = false
		}
		last = key
	}
}

// leafKey returns the key of an element, valid until the second call that follows, or nil if it cannot be read.
func (w *walker) leafKey(p *page, i int, e element) []byte {
	if e.value() <= uint64(len(p.buf)) {
		return p.buf[e.start:e.value()]
	}
	if e.ksize > maxKey {
		w.problem(p.id, "key %d has %d bytes", i, e.ksize)
		return nil
	}
	b := &w.keys[i%2]
	*b = append((*b)[:0], make([]byte, e.ksize)...)
	if !w.read(*b, p.id, e.start) {
		return nil
	}
	return *b
}

// nested checks an element that is a bucket: either a bucket header with a root page, to be followed later, or a
// header without one and behind it a leaf page of its own.
func (w *walker) nested(p *page, i int, e element) {
	if e.vsize < bucketHeaderSize {
		w.problem(p.id, "element %d is a bucket of %d bytes", i, e.vsize)
		return
	}
	// An inlined bucket is at most a quarter of a page.
	v := make([]byte, min(e.vsize, uint64(w.h.PageSize)))
	if n := copy(v, p.buf[min(e.value(), uint64(len(p.buf))):]); n < len(v) && !w.read(v[n:], p.id, e.value()+uint64(n)) {
		return
	}
	root := order.Uint64(v)
	switch {
	case root == 0 && e.vsize > uint64(len(v)):
		w.problem(p.id, "element %d is an inlined bucket of %d bytes", i, e.vsize)
	case root == 0:
		w.report.Inline++
		keys, msg := checkInlined(v[bucketHeaderSize:])
		w.report.Keys += uint64(keys)
		w.report.Content += uint64(max(0, len(v)-bucketHeaderSize-pageHeaderSize-elementSize*keys))
		if msg != "" {
			w.problem(p.id, "element %d is an inlined bucket: %s", i, msg)
		}
	case e.vsize != bucketHeaderSize:
		w.problem(p.id, "element %d is a bucket with a root page and %d bytes", i, e.vsize)
	default:
		w.follow(root, p.id)
	}
}

// checkInlined says what is wrong with the leaf page of an inlined bucket, or "", and how many keys are in it.
func checkInlined(b []byte) (keys int, msg string) {
	if len(b) < pageHeaderSize {
		return 0, fmt.Sprintf("has %d bytes", len(b))
	}
	p := decodePageHeader(b)
	if p.id != 0 || p.flags != flagLeaf || p.overflow != 0 {
		return 0, fmt.Sprintf("calls itself page %d, flags %#x, overflow %d", p.id, p.flags, p.overflow)
	}
	if pageHeaderSize+elementSize*int(p.count) > len(b) {
		return 0, fmt.Sprintf("has %d elements in %d bytes", p.count, len(b))
	}
	used, msg := checkElements(b, true, int(p.count), uint64(len(b)))
	if msg != "" {
		return 0, msg
	}
	if used != uint64(len(b)) {
		return 0, fmt.Sprintf("uses %d of its %d bytes", used, len(b))
	}
	var last []byte
	for i := range int(p.count) {
		e := decodeElement(b, true, i)
		if e.flags != 0 {
			return int(p.count), fmt.Sprintf("element %d is itself a bucket", i)
		}
		key := b[e.start:e.value()]
		if i > 0 && bytes.Compare(last, key) >= 0 {
			return int(p.count), fmt.Sprintf("key %d is not above the one before", i)
		}
		last = key
	}
	return int(p.count), ""
}
