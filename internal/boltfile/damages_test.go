package boltfile

import (
	"regexp"
	"testing"
)

// damager changes the words of a file in place.
type damager struct {
	t *testing.T
	b []byte
	h Header
}

func matched(pattern, msg string) bool { return regexp.MustCompile(pattern).MatchString(msg) }

func (d *damager) page(id uint64) []byte { return d.b[d.h.offset(id):] }

// find returns the first page, of those in use, that f likes.
func (d *damager) find(f func(p pageHeader, page []byte) bool) (uint64, []byte) {
	d.t.Helper()
	used := d.used()
	for id := uint64(firstPage); id < d.h.Pages; id++ {
		p := decodePageHeader(d.page(id))
		if used[id] && f(p, d.page(id)) {
			return id, d.page(id)
		}
	}
	d.t.Fatal("no such page")
	return 0, nil
}

// used finds the pages with a header that are reachable, without the package's own walk.
func (d *damager) used() map[uint64]bool {
	used := map[uint64]bool{}
	var visit func(id uint64)
	visit = func(id uint64) {
		used[id] = true
		p := decodePageHeader(d.page(id))
		for i := range int(p.count) {
			e := decodeElement(d.page(id), p.flags == flagLeaf, i)
			if p.flags == flagBranch {
				visit(e.pgid)
			} else if e.flags == bucketFlag {
				if root := order.Uint64(d.page(id)[e.value():]); root != 0 {
					visit(root)
				}
			}
		}
	}
	visit(d.h.Root)
	return used
}

func (d *damager) leaf() (uint64, []byte) {
	return d.find(func(p pageHeader, _ []byte) bool { return p.flags == flagLeaf && p.count > 3 && p.overflow == 0 })
}

func (d *damager) branch() (uint64, []byte) {
	return d.find(func(p pageHeader, _ []byte) bool { return p.flags == flagBranch && p.count > 1 })
}

// bucket returns a leaf page and a bucket in it: an inlined one of two keys or more, or one with a root page.
func (d *damager) bucket(inlined bool) (b []byte, e element) {
	_, b = d.find(func(p pageHeader, page []byte) bool {
		for i := 0; p.flags == flagLeaf && i < int(p.count); i++ {
			if e = decodeElement(page, true, i); e.flags != bucketFlag {
				continue
			}
			root := order.Uint64(page[e.value():])
			if root != 0 && !inlined || root == 0 && inlined && decodePageHeader(page[e.value()+bucketHeaderSize:]).count > 1 {
				return true
			}
		}
		return false
	})
	return b, e
}

func (d *damager) inlined() []byte {
	b, e := d.bucket(true)
	return b[e.value()+bucketHeaderSize : e.end()]
}

func put16(b []byte, v uint16) { order.PutUint16(b, v) }
func put32(b []byte, v uint32) { order.PutUint32(b, v) }
func put64(b []byte, v uint64) { order.PutUint64(b, v) }

// damages are single changes to a sound file and what Walk is to say, each the business of one check.
var damages = []struct {
	name string
	do   func(*damager)
	want string
}{
	{"meta header", func(d *damager) { put64(d.page(1), 7) }, "is not a meta page"},
	{"page id", func(d *damager) { _, b := d.leaf(); put64(b, 3) }, "^calls itself page 3$"},
	{"page flags", func(d *damager) { _, b := d.leaf(); put16(b[8:], flagMeta) }, "neither branch nor leaf"},
	{"overflow out of file", func(d *damager) { id, b := d.leaf(); put32(b[12:], uint32(d.h.Pages-id)) }, "beyond the last page"},
	{"overflow by one", func(d *damager) { _, b := d.leaf(); put32(b[12:], 2) }, "has 2 overflow pages for"},
	{"count", func(d *damager) { _, b := d.leaf(); put16(b[10:], 9999) }, "has 9999 elements in 1024 bytes"},
	{"element start", func(d *damager) { _, b := d.leaf(); put32(b[16+16+4:], 1) }, "element 1 starts at byte 33 instead"},
	{"empty key", func(d *damager) { _, b := d.leaf(); put32(b[16+8:], 0) }, "element 0 has an empty key"},
	{"value too long", func(d *damager) { _, b := d.leaf(); put32(b[16+12:], 5000) }, "element 0 ends at byte .* of 1024"},
	{"value too short", func(d *damager) { _, b := d.leaf(); put32(b[16+12:], 1) }, "element 1 starts at byte"},
	{"leaf flags", func(d *damager) { _, b := d.leaf(); put32(b[16:], 4) }, "element 0 has unknown flags 0x4"},
	{"leaf order", func(d *damager) {
		_, b := d.leaf()
		e := decodeElement(b, true, 2)
		copy(b[e.start:e.value()], "\x01\x01")
	}, "key 2 is (not above the one before|out of the range)"},
	{"equal keys", func(d *damager) {
		_, b := d.leaf()
		e, f := decodeElement(b, true, 0), decodeElement(b, true, 1)
		copy(b[f.start:f.value()], b[e.start:e.value()])
	}, "key 1 is not above the one before"},
	{"below the parent", func(d *damager) { d.childKey(0, 0x01) }, "^key 0 is out of the range"},
	{"above the parent", func(d *damager) { d.childKey(-1, 0xff) }, "^key .* is out of the range"},
	{"branch order", func(d *damager) {
		_, b := d.branch()
		b[decodeElement(b, false, 1).start] = 0x01
	}, "branch key 1 is not above the one before"},
	{"equal branch keys", func(d *damager) {
		_, b := d.branch()
		copy(b[decodeElement(b, false, 1).start:], d.branchKey(b, 0))
	}, "branch key 1 is not above the one before"},
	{"branch below the parent", func(d *damager) { d.page(d.deepen())[32] = 0x01 }, "branch key 0 is out of the range"},
	{"upper bound", func(d *damager) {
		b := d.child(0)
		last := decodeElement(b, true, int(order.Uint16(b[10:]))-1)
		_, parent := d.parent()
		copy(b[last.start:last.value()], d.branchKey(parent, 1))
	}, "^key .* is out of the range"},
	{"empty branch", func(d *damager) { _, b := d.branch(); put16(b[10:], 0) }, "is an empty branch page"},
	{"empty leaf", func(d *damager) { put16(d.child(0)[10:], 0) }, "is an empty leaf page below a branch"},
	{"child out of file", func(d *damager) { _, b := d.branch(); put64(b[16+8:], d.h.Pages) }, "refers to page .* of"},
	{"child is meta", func(d *damager) { _, b := d.branch(); put64(b[16+8:], 1) }, "refers to page 1 of"},
	{"child twice", func(d *damager) {
		_, b := d.branch()
		put64(b[16+8:], decodeElement(b, false, 1).pgid)
	}, "which is in use elsewhere"},
	{"cycle", func(d *damager) { id, b := d.branch(); put64(b[16+8:], id) }, "which is in use elsewhere"},
	{"child is free", func(d *damager) { _, b := d.branch(); put64(b[16+8:], d.firstFree()) }, "which is on the freelist"},
	{"leaf depth", func(d *damager) { d.deepen() }, "is a leaf at level 1, others are at 2"},
	{"bucket too short", func(d *damager) {
		_, b := d.leaf()
		last := pageHeaderSize + elementSize*(int(order.Uint16(b[10:]))-1)
		put32(b[last:], bucketFlag)
		put32(b[last+12:], 3)
	}, "is a bucket of 3 bytes"},
	{"bucket root", func(d *damager) { b, e := d.bucket(false); put64(b[e.value():], d.h.Root) }, "in use elsewhere"},
	{"bucket inline by mistake", func(d *damager) { b, e := d.bucket(false); put64(b[e.value():], 0) }, "inlined bucket: has 0 bytes"},
	{"bucket with root and page", func(d *damager) { b, e := d.bucket(true); put64(b[e.value():], 3) }, "with a root page and"},
	{"inlined too long", func(d *damager) {
		_, b := d.find(func(p pageHeader, _ []byte) bool { return p.overflow > 0 && p.flags == flagLeaf })
		put32(b[16:], bucketFlag) // its value is zeros
	}, "is an inlined bucket of 3000 bytes"},
	{"inlined id", func(d *damager) { put64(d.inlined(), 3) }, "inlined bucket: calls itself page 3"},
	{"inlined flags", func(d *damager) { put16(d.inlined()[8:], flagBranch) }, "inlined bucket: calls itself page 0, flags 0x1"},
	{"inlined overflow", func(d *damager) { put32(d.inlined()[12:], 1) }, "inlined bucket: calls itself page 0, flags 0x2, overflow 1"},
	{"inlined order", func(d *damager) { b := d.inlined(); b[decodeElement(b, true, 1).start] = 0 }, "key 1 is not above the one before"},
	{"inlined count", func(d *damager) { put16(d.inlined()[10:], 999) }, "inlined bucket: has 999 elements"},
	{"inlined count less", func(d *damager) { put16(d.inlined()[10:], 0) }, "inlined bucket: uses 16 of its"},
	{"inlined element", func(d *damager) { put32(d.inlined()[16+4:], 500) }, "inlined bucket: element 0 starts"},
	{"inlined bucket in it", func(d *damager) { put32(d.inlined()[16:], bucketFlag) }, "element 0 is itself a bucket"},
	{"freelist twice", func(d *damager) { b := d.page(d.h.Freelist); copy(b[24:], b[16:24]) }, "lists page .* after page"},
	{"freelist itself", func(d *damager) { b := d.page(d.h.Freelist); put64(b[16:], d.h.Freelist) }, "lists its own page"},
	{"freelist of meta", func(d *damager) { put64(d.page(d.h.Freelist)[16:], 1) }, "lists page 1 of"},
	{"freelist out of file", func(d *damager) { b := d.page(d.h.Freelist); put64(b[16:], 1<<40) }, "lists page 1099511627776 of"},
	{"freelist length", func(d *damager) { b := d.page(d.h.Freelist); put16(b[10:], 0xFFFF); put64(b[16:], 1<<60) }, "has room for"},
	{"freelist shorter", func(d *damager) { b := d.page(d.h.Freelist); put16(b[10:], order.Uint16(b[10:])-1) }, "1 pages from here on are neither"},
	{"freelist flags", func(d *damager) { put16(d.page(d.h.Freelist)[8:], flagLeaf) }, "is not a freelist page"},
}

// parent returns a branch page, all of whose children are leaves.
func (d *damager) parent() (uint64, []byte) {
	return d.find(func(p pageHeader, page []byte) bool {
		return p.flags == flagBranch && p.count > 2 &&
			order.Uint16(d.page(decodeElement(page, false, 0).pgid)[8:]) == flagLeaf
	})
}

// child returns a child of that.
func (d *damager) child(i int) []byte {
	_, b := d.parent()
	return d.page(decodeElement(b, false, i).pgid)
}

func (d *damager) branchKey(b []byte, i int) []byte {
	e := decodeElement(b, false, i)
	return b[e.start:e.value()]
}

// childKey changes the first byte of key i of a leaf page, or of its last for -1.
func (d *damager) childKey(i int, c byte) {
	b := d.child(0)
	if i < 0 {
		i = int(order.Uint16(b[10:])) - 1
	}
	b[decodeElement(b, true, i).start] = c
}

func (d *damager) firstFree() uint64 { return order.Uint64(d.page(d.h.Freelist)[16:]) }

// deepen puts a free page as a branch between a branch page and its first child, and returns it.
func (d *damager) deepen() uint64 {
	_, b := d.parent()
	id, e := d.firstFree(), decodeElement(b, false, 0)
	p := d.page(id)
	put64(p, id)
	put16(p[8:], flagBranch)
	put16(p[10:], 1)
	put32(p[12:], 0)
	put32(p[16:], 16)
	put32(p[20:], uint32(e.ksize))
	put64(p[24:], e.pgid)
	copy(p[32:], b[e.start:e.value()])
	put64(b[16+8:], id)
	// The page is no longer free.
	f := d.page(d.h.Freelist)
	n := order.Uint16(f[10:])
	copy(f[16:], f[24:16+8*int(n)])
	put16(f[10:], n-1)
	return id
}
