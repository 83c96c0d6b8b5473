package pack

import (
	"bytes"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Bucket shows a bucket with blocks as if each key stood for itself. Any number of goroutines may use it. Damage is a
// panic, as everywhere below a view.
type Bucket struct {
	blocks kv.BaseBucket
	rule   Rule
}

// NewBucket returns what shows a bucket with blocks.
func NewBucket(blocks kv.BaseBucket, r Rule) *Bucket { return &Bucket{blocks, r} }

// Blocks returns the bucket as it is stored.
func (b *Bucket) Blocks() kv.BaseBucket { return b.blocks }

// Cursor returns a cursor over the keys.
func (b *Bucket) Cursor() kv.Cursor { return NewCursor(b.blocks.Cursor(), b.rule) }

// Get returns the value of a key, nil if there is none.
func (b *Bucket) Get(key []byte) []byte {
	if b.rule.Packs(key) {
		return b.getPacked(key)
	}
	if b.rule.IsLast(key) {
		return nil
	}
	return b.blocks.Get(key)
}

// getPacked is Get of a packed key.
func (b *Bucket) getPacked(key []byte) []byte {
	bound, block := b.blocks.Cursor().Seek(key)
	if bound == nil || !b.rule.IsBlock(bound) || !b.rule.together(bound, key) {
		return nil
	}
	return find(bound, block, key)
}

// find returns the value of a key in a block, nil if the key is not there.
func find(bound, block, wanted []byte) []byte {
	r := newReader(bound, block)
	var room [128]byte
	key := append(room[:0], bound...)
	for range r.count {
		shared, suffix, value := r.next()
		if shared > len(key) {
			panic(malformed(bound))
		}
		key = append(key[:shared], suffix...)
		switch order := bytes.Compare(key, wanted); {
		case order == 0:
			return value
		case order > 0:
			return nil
		}
	}
	return nil
}

// GetMany sets values[i] to the value of keys[i], nil if there is none. The keys ascend.
func (b *Bucket) GetMany(keys, values [][]byte) {
	for from := 0; from < len(keys); {
		to := from // the end of keys that are as they are
		for to < len(keys) && !b.rule.IsBlock(keys[to]) {
			to++
		}
		b.getPlain(keys[from:to], values[from:to])
		if to < len(keys) {
			values[to] = b.Get(keys[to])
		}
		from = to + 1
	}
}

// getPlain is GetMany of keys that are not packed.
func (b *Bucket) getPlain(keys, values [][]byte) {
	if many, ok := b.blocks.(kv.ManyGetter); ok && len(keys) > 0 {
		many.GetMany(keys, values)
		return
	}
	for i, key := range keys {
		values[i] = b.blocks.Get(key)
	}
}

// CountRange returns how many keys there are with from ≤ key < to. Of blocks that lie in the range as a whole it reads no
// key.
func (b *Bucket) CountRange(from, to []byte) int {
	begin, end := []byte{b.rule.First}, []byte{b.rule.First + 1}
	return b.countPlain(from, least(to, begin)) + b.countPacked(most(from, begin), least(to, end)) +
		b.countPlain(most(from, end), to)
}

// countPlain is CountRange of keys that are not packed.
func (b *Bucket) countPlain(from, to []byte) (n int) {
	if bytes.Compare(from, to) >= 0 {
		return 0
	}
	if counter, ok := b.blocks.(kv.BaseCounter); ok {
		return counter.CountRange(from, to)
	}
	c := b.blocks.Cursor()
	for key, _ := c.Seek(from); key != nil && bytes.Compare(key, to) < 0; key, _ = c.Next() {
		n++
	}
	return n
}

// countPacked is CountRange of keys with the first byte of packed ones.
func (b *Bucket) countPacked(from, to []byte) (n int) {
	if bytes.Compare(from, to) >= 0 {
		return 0
	}
	c := b.blocks.Cursor()
	bound, block := c.Seek(from)
	for first := true; bound != nil; first = false {
		isIn := bytes.Compare(bound, to) < 0
		switch {
		case !b.rule.IsBlock(bound):
			if isIn {
				n++
			}
		case isIn && !first: // all keys are above the one before, which is not below from
			r := newReader(bound, block)
			n += r.count
		default:
			n += countIn(bound, block, from, to)
		}
		if !isIn {
			break
		}
		bound, block = c.Next()
	}
	return n
}

// countIn returns how many keys of a block lie in a range.
func countIn(bound, block, from, to []byte) (n int) {
	r := newReader(bound, block)
	var room [128]byte
	key := append(room[:0], bound...)
	for range r.count {
		shared, suffix, _ := r.next()
		if shared > len(key) {
			panic(malformed(bound))
		}
		key = append(key[:shared], suffix...)
		if bytes.Compare(key, to) >= 0 {
			return n
		}
		if n > 0 || bytes.Compare(key, from) >= 0 {
			n++
		}
	}
	return n
}

func least(a, b []byte) []byte {
	if bytes.Compare(a, b) <= 0 {
		return a
	}
	return b
}

func most(a, b []byte) []byte {
	if bytes.Compare(a, b) >= 0 {
		return a
	}
	return b
}
