package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// What [Lookup] does not find.
var (
	// ErrNoBucket is returned where there is no bucket of the name.
	ErrNoBucket = errors.New("no such bucket")
	// ErrNoKey is returned where the bucket has no such key, or has a bucket there.
	ErrNoKey = errors.New("no such key")
)

// maxValue is the largest value that bbolt stores, in bytes.
const maxValue = 1<<31 - 2

// Lookup returns the value of a key in a bucket at the top level. The pages of the header must not change meanwhile.
// [ErrNoBucket] or [ErrNoKey] if there is none, [ErrDamaged] if a page on the way makes no sense, and otherwise the
// error of r. It reads one page a level, and the value: whatever the file holds, it ends.
func Lookup(r io.ReaderAt, h Header, bucket, key []byte) ([]byte, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	l := &lookup{h: h, fetch: h.fetch(r)}
	e, err := l.find(h.Root, bucket)
	if err != nil {
		return nil, err
	}
	if e == nil || e.flags&bucketFlag == 0 {
		return nil, ErrNoBucket
	}
	root, inlined, err := l.bucket(*e)
	if err != nil {
		return nil, err
	}
	if root == 0 {
		return findInlined(inlined, key)
	}
	e, err = l.find(root, key)
	if err != nil {
		return nil, err
	}
	if e == nil || e.flags&bucketFlag != 0 {
		return nil, ErrNoKey
	}
	return l.value(*e)
}

// lookup follows one path through the file.
type lookup struct {
	h     Header
	fetch fetcher
	p     page // the one that was read last
}

// damaged is the error of the page that was to be read.
func damaged(id uint64, err error) error {
	if d, ok := errors.AsType[damage](err); ok {
		return fmt.Errorf("%w: page %d: %s", ErrDamaged, id, string(d))
	}
	return err
}

// find returns the element of a key in the tree below a page, or nil. The element is on l.p.
func (l *lookup) find(id uint64, key []byte) (*element, error) {
	for range maxDepth {
		if err := l.load(id); err != nil {
			return nil, damaged(id, err)
		}
		if l.p.flags == flagLeaf {
			e, err := l.leaf(key)
			return e, damaged(id, err)
		}
		next, err := l.child(key)
		if err != nil {
			return nil, damaged(id, err)
		}
		id = next
	}
	return nil, damaged(id, damagef("is more than %d levels deep", maxDepth))
}

// load reads a page.
func (l *lookup) load(id uint64) error {
	if id < firstPage || id >= l.h.Pages {
		return damagef("is none of the file's %d pages", l.h.Pages)
	}
	if err := l.p.load(l.h, id, l.fetch); err != nil {
		return err
	}
	if l.p.flags == flagBranch && l.p.count == 0 {
		return damagef("is an empty branch page")
	}
	return l.p.checkExtent(l.h.PageSize)
}

// child returns the page that may have a key: that of the last branch key which is not above it.
func (l *lookup) child(key []byte) (uint64, error) {
	n, _, err := l.search(false, key)
	if err != nil {
		return 0, err
	}
	return decodeElement(l.p.buf, false, max(0, n-1)).pgid, nil
}

// leaf returns the element of a key on a leaf page, or nil.
func (l *lookup) leaf(key []byte) (*element, error) {
	n, found, err := l.search(true, key)
	if err != nil || !found {
		return nil, err
	}
	e := decodeElement(l.p.buf, true, n-1)
	return &e, nil
}

// search says how many keys of the page are not above a key, and whether the last of them is that key. It looks at
// all of them: where keys do not ascend, no search can be trusted.
func (l *lookup) search(leaf bool, key []byte) (n int, found bool, err error) {
	var last []byte
	for i := range int(l.p.count) {
		e := decodeElement(l.p.buf, leaf, i)
		k, err := l.bytes(e.start, e.ksize)
		if err != nil {
			return 0, false, err
		}
		if i > 0 && bytes.Compare(last, k) >= 0 {
			return 0, false, damagef("key %d is not above the one before", i)
		}
		switch c := bytes.Compare(k, key); {
		case c == 0:
			found = true
			fallthrough
		case c < 0:
			n++
		}
		last = k
	}
	return n, found, nil
}

// bytes returns n bytes of the page that was read last.
func (l *lookup) bytes(start, n uint64) ([]byte, error) {
	if n > maxValue {
		return nil, damagef("has a key or value of %d bytes", n)
	}
	if start+n <= uint64(len(l.p.buf)) {
		return l.p.buf[start : start+n], nil
	}
	b := make([]byte, n)
	return b, l.fetch(b, l.p.id, start)
}

// value returns a copy of the value of an element of the page that was read last.
func (l *lookup) value(e element) ([]byte, error) {
	v, err := l.bytes(e.value(), e.vsize)
	if err != nil {
		return nil, damaged(l.p.id, err)
	}
	return append(make([]byte, 0, len(v)), v...), nil
}

// bucket returns the root page of the bucket that an element is, or 0 and the page that the bucket has in its value.
func (l *lookup) bucket(e element) (root uint64, inlined []byte, err error) {
	v, err := l.value(e)
	if err != nil {
		return 0, nil, err
	}
	if len(v) < bucketHeaderSize {
		return 0, nil, damaged(l.p.id, damagef("has a bucket of %d bytes", len(v)))
	}
	if root = order.Uint64(v); root != 0 {
		return root, nil, nil
	}
	inlined = v[bucketHeaderSize:]
	if _, msg := checkInlined(inlined); msg != "" {
		return 0, nil, damaged(l.p.id, damagef("has an inlined bucket: %s", msg))
	}
	return 0, inlined, nil
}

// findInlined returns the value of a key in the page of an inlined bucket, which was checked.
func findInlined(page, key []byte) ([]byte, error) {
	for i := range int(decodePageHeader(page).count) {
		if e := decodeElement(page, true, i); bytes.Equal(page[e.start:e.value()], key) {
			return page[e.value():e.end():e.end()], nil
		}
	}
	return nil, ErrNoKey
}
