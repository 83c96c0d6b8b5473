package kv

import (
	"sync/atomic"
	"unsafe"

	"github.com/tidwall/btree"
)

// Rules of this file:
//
//  1. What a Version can reach is never written to. Whoever changes a bucket copies its Changes first, once after each
//     Version; the maps inside copy their nodes as they are written to.
//  2. Keys and values alias the batches that they came from. So a batch lives as long as one of its entries does.
//  3. A batch is checked as a whole before its first operation is applied.

// degree is that of the maps of entries: a node has up to 2*degree-1 entries. Each node on the way to a changed entry
// is copied once after each Version, so small nodes make little garbage, while large ones make shallow maps. Over
// 50,000 keys in random order, with degrees of 8, 16, 32 (the default of btree) and 64, one put and its Version made
// 3.5, 4.6, 6.9 and 11 kB of garbage and took 3.3, 3.5, 3.7 and 4.8 µs; a put among 200 took 1.2, 1.1, 1.2 and 1.4 µs,
// and a Get 310, 290, 270 and 250 ns.
const degree = 16

// entryBytes is about what one entry takes in a map besides the bytes of its batch: a pair of four words, in nodes that
// are between half and two thirds full. TestOverlayBytes compares it with the heap.
const entryBytes = 8 * int64(unsafe.Sizeof(uintptr(0)))

// Overlay is a mutable ordered map of changes to what lies below it. One goroutine uses an overlay at a time; the
// versions that the overlay gives are for all.
type Overlay struct {
	live   Version  // the state as it is, which changes
	epoch  uint64   // Changes of another epoch belong to a version
	newest *Version // nil once it was overtaken
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
	checked, err := o.Check(encoded)
	if err != nil {
		return err
	}
	checked.Apply()
	return nil
}

// Checked is a batch that an overlay takes, as long as nothing else is applied to the overlay.
type Checked struct {
	overlay *Overlay
	encoded []byte
	ops     int
}

// Check is Apply, but for the changes.
func (o *Overlay) Check(encoded []byte) (Checked, error) {
	ops, err := check(encoded, o.mayExist)
	return Checked{o, encoded, ops}, err
}

// Ops is how many operations the batch has.
func (c Checked) Ops() int { return c.ops }

// Apply makes the changes of the batch.
func (c Checked) Apply() {
	o := c.overlay
	if c.ops == 0 {
		return
	}
	o.newest = nil
	o.bytes += int64(len(c.encoded))
	var current *Changes
	var name *byte // of current: Decode gives the same bytes for all operations that follow one in
	err := Decode(c.encoded, func(op Op, bucket, a, b []byte) error {
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
			o.delete(current, alias(a))
		case OpDeleteRange:
			o.deleteRange(current, Range{a, b})
		}
		return nil
	})
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
		c = c.clone()
	} else {
		c = &Changes{Exists: true, Hides: o.bottom, entries: *btree.NewMap[string, entry](degree)}
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
	empty := &Changes{Hides: true, epoch: o.epoch, entries: *btree.NewMap[string, entry](degree)}
	o.live.buckets.Set(name, empty)
}

func (o *Overlay) put(c *Changes, key, value []byte) {
	if o.bottom {
		both := append(append(make([]byte, 0, len(key)+len(value)), key...), value...)
		key, value = both[:len(key)], both[len(key):]
	}
	o.set(c, alias(key), entry{data: unsafe.SliceData(value), n: len(value)})
}

func (o *Overlay) set(c *Changes, key string, e entry) {
	if _, replaced := c.entries.Set(key, e); replaced {
		return
	}
	o.entries++
	if !o.bottom { // in which most keys are found
		c.note(key)
	}
}

// delete leaves a tombstone only where there may be something below to hide.
func (o *Overlay) delete(c *Changes, key string) {
	if !c.Hides && !c.covers(key) {
		o.set(c, key, entry{n: deleted})
		return
	}
	o.remove(c, key)
}

func (o *Overlay) remove(c *Changes, key string) {
	if _, ok := c.entries.Delete(key); ok {
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
		c.entries.Clear()
		c.filter = nil
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
