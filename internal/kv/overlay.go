package kv

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"
)

// Rules of this file:
//
//  1. What a Version can reach is never written to. Whoever changes a bucket copies its Changes first, once after each
//     Version; the tree inside copies its nodes as they are written to.
//  2. Keys and values alias the batches that they came from. So a batch lives as long as one of its entries does.
//  3. A batch is checked as a whole before its first operation is applied.

// entryBytes is about what one entry takes in a tree besides the bytes of its batch: two words, in nodes that are between
// half and two thirds full. TestOverlayBytes compares it with the heap.
const entryBytes = 4 * int64(unsafe.Sizeof(uintptr(0)))

// Overlay is a mutable ordered map of changes to what lies below it. One goroutine uses an overlay at a time; the
// versions that the overlay gives are for all.
type Overlay struct {
	live   Version  // the state as it is, which changes
	epoch  uint64   // Changes of another epoch belong to a version
	newest *Version // nil once it was overtaken
	writer writer   // to the trees of live
	bottom bool     // see newBottom

	// What the overlay retains. A bottom has no use for that.
	bytes   int64 // of batches
	entries int   // point entries, and ranges
}

// epochs gives each epoch its number. It counts for all overlays, because a snapshot moves Changes from one overlay to
// another.
var epochs atomic.Uint64

// NewOverlay returns an overlay without changes.
func NewOverlay() *Overlay { return &Overlay{epoch: epochs.Add(1)} }

// newBottom returns an overlay that has nothing below it. It keeps no tombstones, no ranges and no dropped buckets, and
// it copies each key and value, so that no entry keeps the rest of its batch alive.
func newBottom() *Overlay {
	o := NewOverlay()
	o.bottom = true
	return o
}

// Bytes returns how many bytes the overlay retains: those of all batches applied, and an estimate for each entry.
// Versions that are older than the newest retain more.
func (o *Overlay) Bytes() int64 { return o.bytes + int64(o.entries)*entryBytes }

// Entries returns the number of keys and ranges that the overlay has changes of.
func (o *Overlay) Entries() int { return o.entries }

// Live returns the state of the overlay as it is, whenever one looks. It may be read while Version is called, and not
// while Apply is: so it is for whoever applies the batches, and spares the copies that a version makes the next batch
// do.
func (o *Overlay) Live() *Version { return &o.live }

// Version returns the state of the overlay now, which later batches do not change. It costs the same no matter how
// large the overlay is.
func (o *Overlay) Version() *Version {
	if o.newest == nil {
		o.newest = &Version{buckets: *o.live.buckets.Copy()}
		o.epoch = epochs.Add(1)
	}
	return o.newest
}

// restore sets a bottom to a snapshot. It does not write to the snapshot, not even to the marks that its map keeps for
// itself, because others use the snapshot at this moment.
func (o *Overlay) restore(s *Snapshot) {
	buckets := s.version.buckets
	o.live.buckets, o.newest = *buckets.Copy(), s.version
}

// Apply makes the changes of an encoded batch. Apply keeps encoded, which must not be changed any more. A bucket that
// the overlay does not know is taken to exist below; see Layered.Check. An error means that encoded is no batch, or
// writes to a bucket that the overlay has dropped; nothing was changed then.
func (o *Overlay) Apply(encoded []byte) error {
	ops, err := check(encoded, o.mayExist)
	if err == nil && ops > 0 {
		o.ApplyChecked(encoded)
	}
	return err
}

// ApplyChecked is Apply of a batch of which [Layered.Check] has said that it can be applied to a view that has the
// overlay, as it is, on top.
func (o *Overlay) ApplyChecked(encoded []byte) {
	o.newest = nil
	o.bytes += int64(len(encoded))
	var current *Changes
	var name *byte // of current: Decode gives the same bytes for all operations that follow one in
	err := Decode(encoded, func(op Op, bucket, a, b []byte) error {
		switch op {
		case OpEnsureBucket:
			o.ensure(alias(bucket))
			current = nil
			return nil
		case OpDropBucket:
			o.drop(alias(bucket))
			current = nil
			return nil
		}
		if current == nil || name != &bucket[0] {
			current, name = o.change(alias(bucket)), &bucket[0]
		}
		switch op {
		case OpPut:
			o.put(current, a, b)
		case OpDelete:
			o.delete(current, a)
		case OpDeleteRange:
			o.deleteRange(current, Range{a, b})
		}
		return nil
	})
	o.writer.forget()
	if err != nil {
		panic("kv: a batch was changed after it was checked: " + err.Error())
	}
}

// mayExist says whether a bucket exists as far as the overlay knows.
func (o *Overlay) mayExist(name []byte) bool {
	c, ok := o.live.buckets.Get(alias(name))
	if !ok {
		return !o.bottom
	}
	return c.Exists
}

// change returns the Changes of a bucket for writing.
func (o *Overlay) change(name string) *Changes {
	c, ok := o.live.buckets.Get(name)
	if ok && c.epoch == o.epoch {
		return c
	}
	if ok {
		own := *c // whose tree shares all nodes, which the old epoch keeps from being written to
		c = &own
	} else {
		c = &Changes{Exists: true, Hides: o.bottom}
	}
	c.epoch = o.epoch
	if o.bottom {
		name = string([]byte(name)) // also of a bucket that is there: the map takes the key anew
	}
	o.live.buckets.Set(name, c)
	return c
}

func (o *Overlay) ensure(name string) { o.change(name).Exists = true }

func (o *Overlay) drop(name string) {
	if c, ok := o.live.buckets.Get(name); ok {
		o.entries -= c.entries.Len() + len(c.Deleted)
		if o.bottom {
			o.live.buckets.Delete(name)
			return
		}
	} else if o.bottom {
		return
	}
	empty := &Changes{Hides: true, epoch: o.epoch}
	o.live.buckets.Set(name, empty)
}

func (o *Overlay) put(c *Changes, key, value []byte) {
	if o.bottom {
		both := make([]byte, 0, len(key)+binary.MaxVarintLen32+len(value))
		both = binary.AppendUvarint(append(both, key...), uint64(len(value)))
		key = append(both, value...)[:len(key)]
	}
	o.set(c, entry{data: &key[0], size: int32(len(value)), keySize: uint16(len(key))})
}

func (o *Overlay) set(c *Changes, e entry) {
	if o.writer.set(&c.entries, c.epoch, e) {
		return
	}
	o.entries++
	if !o.bottom { // in which most keys are found
		c.note(e.key())
	}
}

// delete leaves a tombstone only where there may be something below to hide.
func (o *Overlay) delete(c *Changes, key []byte) {
	if !c.Hides && !c.covers(alias(key)) {
		o.set(c, entry{data: &key[0], size: deleted, keySize: uint16(len(key))})
		return
	}
	o.remove(c, alias(key))
}

func (o *Overlay) remove(c *Changes, key string) {
	if o.writer.delete(&c.entries, c.epoch, key) {
		o.entries--
	}
}

func (o *Overlay) deleteRange(c *Changes, r Range) {
	if r.empty() {
		return
	}
	o.removeRange(c, r)
	if c.Hides {
		return
	}
	before := len(c.Deleted)
	c.Deleted = addRange(c.Deleted, r)
	o.entries += len(c.Deleted) - before
}

// removeRange removes the point entries of a range. It finds them in portions, so that the memory that this takes is
// bounded.
func (o *Overlay) removeRange(c *Changes, r Range) {
	if len(r.From) == 0 && len(r.To) == 0 {
		o.entries -= c.entries.Len()
		c.entries, c.filter = tree{}, nil
		return
	}
	const portion = 512
	var keys []string
	for {
		keys = keys[:0]
		it := c.entries.Iter()
		for ok := it.Seek(alias(r.From)); ok && r.beforeEnd(it.Key()) && len(keys) < portion; ok = it.Next() {
			keys = append(keys, it.Key())
		}
		for _, key := range keys {
			o.remove(c, key)
		}
		if len(keys) < portion {
			return
		}
	}
}

// alias returns the bytes as a string without copying them.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// bytesOf returns the bytes of a string without copying them.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
