package kv

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Reading many small keys at once, such as the entries of an index: those that begin with the same bytes. A scan hands
// out each for itself, and in memory that stays as it is, which costs several times what the key is worth. A portion has
// copies of many keys behind one another.

// Portion is a list of keys that begin with the same bytes, without these, and their values. Its bytes are its own: they
// are good until the next change, whatever becomes of the view that they were read from. The zero Portion is empty.
type Portion struct {
	data  []byte // of each key what is behind the beginning, and the value
	items []item
}

// headSize is how many bytes of a key are its head.
const headSize = 8

// item is a key of a portion.
type item struct {
	head          uint64
	key, val, end int // where they begin in the data, and where the value ends
}

// Len returns how many keys there are.
func (p *Portion) Len() int { return len(p.items) }

// Key returns what is behind the beginning of a key.
func (p *Portion) Key(i int) []byte { return p.data[p.items[i].key:p.items[i].val] }

// Value returns the value of a key.
func (p *Portion) Value(i int) []byte { return p.data[p.items[i].val:p.items[i].end] }

// Head returns the first eight bytes of Key as a number, as if zeros followed: where two heads differ, they are in the
// order of the keys.
func (p *Portion) Head(i int) uint64 { return p.items[i].head }

// Reserve makes room for so many keys.
func (p *Portion) Reserve(keys int) { p.items = slices.Grow(p.items, max(0, keys-len(p.items))) }

// Clear empties the portion.
func (p *Portion) Clear() { p.data, p.items = p.data[:0], p.items[:0] }

// Add appends a key.
func (p *Portion) Add(key, value []byte) {
	p.AddShared(0, len(key), key)
	p.data = append(p.data, value...)
	p.items[len(p.items)-1].end = len(p.data)
}

// AddShared appends a key that begins with so many bytes of the last one, which must have them. tail is the rest of the
// key, of so many bytes, and then the value; what lies behind it, up to its capacity, may be read.
func (p *Portion) AddShared(shared, rest int, tail []byte) {
	at, size := len(p.data), shared+rest
	end := at + shared + len(tail)
	if cap(p.data)-end < 2*headSize {
		p.data = slices.Grow(p.data, max(end-at+2*headSize, at))
	}
	var head uint64
	if shared > 0 {
		head = p.items[len(p.items)-1].head
	}
	data := p.data[at : end+2*headSize]
	if size <= headSize && len(tail)-rest <= headSize && cap(tail) >= rest+headSize { // without calls
		tail := tail[:rest+headSize]
		head = head&^(^uint64(0)>>(8*shared)) | binary.BigEndian.Uint64(tail)>>(8*shared)
		head &^= 1<<(8*(headSize-size)) - 1
		binary.BigEndian.PutUint64(data, head)
		binary.LittleEndian.PutUint64(data[size:], binary.LittleEndian.Uint64(tail[rest:]))
	} else {
		if shared > 0 {
			copy(data, p.data[p.items[len(p.items)-1].key:][:shared])
		}
		copy(data[shared:], tail)
		head = binary.BigEndian.Uint64(data)
		if size < headSize {
			head &^= 1<<(8*(headSize-size)) - 1
		}
	}
	p.data = p.data[:end]
	p.items = append(p.items, item{head, at, at + size, end})
}

// Drop takes the last key away. Its bytes stay until another one is added.
func (p *Portion) Drop() {
	last := len(p.items) - 1
	p.data, p.items = p.data[:p.items[last].key], p.items[:last]
}

// PortionReader is a View that reads portions faster than a scan does.
type PortionReader interface {
	// ReadPortion makes p the next keys that begin with prefix, from one of these on: most or some more, or all that
	// are left. more is false if there are none behind.
	ReadPortion(bucket, prefix, from []byte, most int, p *Portion) (more bool, err error)
}

// PortionBase is a BaseBucket that reads portions faster than its cursors do.
type PortionBase interface {
	// Portions returns what reads the keys that begin with prefix, from one of these on, one after the other; nil: it
	// does not read these.
	Portions(prefix, from []byte) PortionCursor
}

// PortionCursor reads the keys of a range.
type PortionCursor interface {
	// Read appends keys until p has most or some more, or the next one is not below a key; nil: all. The next one is passed
	// over if it is that key. more is false if none is left.
	Read(until []byte, most int, p *Portion) (more bool)
}

// ReadPortion is PortionReader.ReadPortion for any view.
func ReadPortion(v View, bucket, prefix, from []byte, most int, p *Portion) (more bool, err error) {
	if r, ok := v.(PortionReader); ok {
		return r.ReadPortion(bucket, prefix, from, most, p)
	}
	return scanPortion(v, bucket, prefix, from, most, p)
}

// scanPortion is ReadPortion by a scan.
func scanPortion(v View, bucket, prefix, from []byte, most int, p *Portion) (more bool, err error) {
	p.Clear()
	err = v.Scan(bucket, from, false, func(key, value []byte) bool {
		if !bytes.HasPrefix(key, prefix) {
			return false
		}
		if more = p.Len() >= most; !more {
			p.Add(key[len(prefix):], value)
		}
		return !more
	})
	return more, err
}

// ReadPortion implements PortionReader.
func (l *Layered) ReadPortion(bucket, prefix, from []byte, most int, p *Portion) (more bool, err error) {
	place, err := l.find(bucket)
	if err != nil {
		return false, err
	}
	if base, ok := place.base.(PortionBase); ok && !place.deletesFrom(prefix, from) {
		if c := base.Portions(prefix, from); c != nil {
			p.Clear()
			return place.readPortion(c, prefix, from, most, p), nil
		}
	}
	return scanPortion(l, bucket, prefix, from, most, p)
}

// deletesFrom says whether a layer has deleted a range in which there is a key with a prefix, from one of these on.
func (p *place) deletesFrom(prefix, from []byte) bool {
	for _, c := range p.layers {
		for _, r := range c.Deleted {
			if (bytes.HasPrefix(r.From, prefix) || bytes.Compare(r.From, prefix) < 0) && r.beforeEnd(alias(from)) {
				return true
			}
		}
	}
	return false
}

// readPortion reads a portion of a base with single keys changed by layers.
func (p *place) readPortion(base PortionCursor, prefix, from []byte, most int, to *Portion) (more bool) {
	changes := make([]layer, len(p.layers))
	for i, c := range p.layers {
		changes[i] = layer{it: c.entries.Iter()}
		changes[i].start(from, false)
	}
	left := true // keys in the base
	for to.Len() < most {
		next := -1 // the layer with the next change, the newest one
		for i := range changes {
			key := changes[i].key
			if key != nil && bytes.HasPrefix(key, prefix) && (next < 0 || bytes.Compare(key, changes[next].key) < 0) {
				next = i
			}
		}
		if next < 0 {
			return left && base.Read(nil, most, to)
		}
		key, value := changes[next].key, changes[next].entry.value()
		if left {
			if left = base.Read(key, most, to); left && to.Len() >= most {
				return true
			}
		}
		if value != nil {
			to.Add(key[len(prefix):], value)
		}
		for i := range changes {
			if bytes.Equal(changes[i].key, key) {
				changes[i].step(false)
			}
		}
	}
	return true
}
