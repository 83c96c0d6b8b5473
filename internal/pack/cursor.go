package pack

import (
	"bytes"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// cursor walks over the keys of a bucket with blocks. The keys that it returns stay as they are for as long as the bytes
// of the bucket do. Damage is a panic, as everywhere below a view.
type cursor struct {
	blocks kv.Cursor // over blocks, and keys that are not packed
	rule   Rule

	inside bool // the cursor stands at a key of a block
	block  content
	at     int
}

// NewCursor returns a cursor over the keys of a bucket. blocks walks over what the bucket has instead of them.
func NewCursor(blocks kv.Cursor, r Rule) kv.Cursor { return &cursor{blocks: blocks, rule: r} }

// First moves to the first key.
func (c *cursor) First() (key, value []byte) {
	key, value = c.blocks.First()
	return c.atFirst(key, value)
}

// Last moves to the last key.
func (c *cursor) Last() (key, value []byte) {
	key, value = c.blocks.Last()
	return c.atLast(key, value)
}

// Next moves to the next key.
func (c *cursor) Next() (key, value []byte) {
	if !c.inside {
		key, value = c.blocks.Next()
		return c.atFirst(key, value)
	}
	if c.at++; c.at < c.block.len() {
		return c.here()
	}
	before := c.block.bound
	key, value = c.blocks.Next()
	key, value = c.atFirst(key, value)
	inOrder(before, key)
	return key, value
}

// Prev moves to the key before.
func (c *cursor) Prev() (key, value []byte) {
	var behind []byte
	if c.inside {
		if c.at--; c.at >= 0 {
			return c.here()
		}
		behind = c.block.key(0)
	}
	key, value = c.blocks.Prev()
	inOrder(key, behind)
	return c.atLast(key, value)
}

// Seek moves to the first key that is not smaller.
func (c *cursor) Seek(key []byte) (k, value []byte) {
	if c.inside && c.spans(key) {
		c.at = c.block.search(key)
		return c.here()
	}
	k, value = c.blocks.Seek(key)
	if k, value = c.atFirst(k, value); !c.inside || bytes.Compare(k, key) >= 0 {
		return k, value
	}
	if c.at = c.block.search(key); c.at == c.block.len() { // the keys of the block end before its bound
		c.at--
		return c.Next()
	}
	return c.here()
}

// spans says whether a key lies between the first and the last one of the block.
func (c *cursor) spans(key []byte) bool {
	return bytes.Compare(c.block.key(0), key) <= 0 && bytes.Compare(key, c.block.key(c.block.len()-1)) <= 0
}

// here returns the key at which the cursor stands in a block.
func (c *cursor) here() (key, value []byte) { return c.block.key(c.at), c.block.values[c.at] }

// atFirst moves to the first key of a block, or to a key that is not packed.
func (c *cursor) atFirst(key, value []byte) (k, v []byte) {
	if c.inside = c.rule.IsBlock(key); !c.inside {
		return key, value
	}
	c.read(key, value)
	c.at = 0
	return c.here()
}

// atLast moves to the last key of a block, or to a key that is not packed.
func (c *cursor) atLast(key, value []byte) (k, v []byte) {
	if c.inside = c.rule.IsBlock(key); !c.inside {
		return key, value
	}
	c.read(key, value)
	c.at = c.block.len() - 1
	return c.here()
}

// read reads a block. Its keys are in memory of their own, for they are handed out.
func (c *cursor) read(bound, block []byte) {
	c.inside = true
	c.block.read(bound, block, make([]byte, 0, keysSize(bound, block)))
	if key := c.block.key(0); len(key) <= c.rule.Group || !c.rule.together(key, bound) {
		panic(malformed(bound))
	}
}

// inOrder panics if the bound of a block, or a key, does not come before a key behind. Nil is no key.
func inOrder(before, behind []byte) {
	if before != nil && behind != nil && bytes.Compare(before, behind) >= 0 {
		panic(fmt.Sprintf("the block of keys up to %q reaches over the key %q behind the block", before, behind))
	}
}
