package boltfile

import (
	"bytes"
	"io"
	"sort"
)

// Reading the pages that keys need, for no other end than to have them in memory.

// maxTouch is how much of one leaf page is read, in bytes.
const maxTouch = 64 << 10

// Touch reads, of the bucket with that root page, the pages on the way to each of some ascending keys, and with them up
// to 64 KiB of the leaf pages that may have the keys. Pages of the header's transaction must not change meanwhile. Where
// a page makes no sense, or cannot be read, Touch ends: that is told by who reads the keys. It ends when stop says so.
//
// A key costs a read of its leaf page, and a read of each branch page that the key before did not need.
func Touch(r io.ReaderAt, h Header, root uint64, keys [][]byte, stop func() bool) {
	if h.check() != nil {
		return
	}
	t := toucher{h: h, fetch: h.fetch(r)}
	for _, key := range keys {
		if stop() || !t.touch(root, key) {
			return
		}
	}
}

// toucher has the pages on the way to the key that was touched last.
type toucher struct {
	h     Header
	fetch fetcher
	way   [maxDepth]page
}

// touch goes down to the leaf page that may have a key, and says whether the pages make sense.
func (t *toucher) touch(id uint64, key []byte) bool {
	for depth := range t.way {
		p := &t.way[depth]
		if p.id != id || p.buf == nil {
			p.buf = p.buf[:0]
			if id < firstPage || id >= t.h.Pages || p.load(t.h, id, t.fetch) != nil {
				p.buf = nil
				return false
			}
		}
		if p.flags == flagLeaf {
			return t.rest(p)
		}
		next, ok := p.child(key)
		if !ok {
			return false
		}
		id = next
	}
	return false
}

// rest reads what a leaf page has behind its elements.
func (t *toucher) rest(p *page) bool {
	have, want := uint64(len(p.buf)), min(p.size, maxTouch)
	if have >= want {
		return true
	}
	p.grow(want)
	return t.fetch(p.buf[have:], p.id, have) == nil
}

// child returns the page below a branch page that may have a key: that of the last branch key which is not above it.
func (p *page) child(key []byte) (id uint64, ok bool) {
	ok = p.count > 0
	n := sort.Search(int(p.count), func(i int) bool {
		e := decodeElement(p.buf, false, i)
		if e.end() > uint64(len(p.buf)) {
			ok = false
			return true
		}
		return bytes.Compare(p.buf[e.start:e.value()], key) > 0
	})
	if !ok {
		return 0, false
	}
	return decodeElement(p.buf, false, max(0, n-1)).pgid, true
}
