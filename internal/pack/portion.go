package pack

import (
	"bytes"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Portions implements kv.PortionBase.
func (b *Bucket) Portions(prefix, from []byte) kv.PortionCursor {
	if !b.rule.packsAll(prefix) {
		return nil
	}
	return &portions{blocks: b.blocks.Cursor(), rule: b.rule, prefix: prefix, from: from}
}

// portions reads the packed keys with a prefix, from one of these on. What is damaged is a panic, as with a cursor.
type portions struct {
	blocks kv.Cursor
	rule   Rule
	prefix []byte
	from   []byte // nil: the keys from there on were reached

	block reader
	left  int    // keys of the block that were not read yet
	key   []byte // that was read last; in a block of which none was read, the bound
	value []byte
	held  bool // key was not handed out yet
	ended bool
}

// Read implements kv.PortionCursor.
func (c *portions) Read(until []byte, most int, p *kv.Portion) (more bool) {
	for p.Len() < most {
		if !c.held && !c.step() {
			return false
		}
		if until != nil && !c.below(until) {
			return true
		}
		c.held = false
		p.Add(c.key[len(c.prefix):], c.value)
		if !c.run(until, p) {
			return !c.ended
		}
	}
	return true
}

// below says whether the key at hand is below another one. If it is that one it is passed over.
func (c *portions) below(until []byte) bool {
	order := bytes.Compare(c.key, until)
	c.held = order > 0
	return order < 0
}

// run appends the rest of the block, each key by what it shares with the one before, and says whether to go on behind it.
func (c *portions) run(until []byte, p *kv.Portion) bool {
	last := p.Len() - 1
	for c.left > 0 {
		shared, rest, tail := c.block.nextTail()
		c.left--
		if shared -= len(c.prefix); shared < 0 { // keys ascend, so none behind has the prefix
			c.ended = true
			return false
		}
		before := p.Key(last)
		if shared > len(before) {
			panic(malformed(c.block.bound))
		}
		ascends := rest > 0 && (shared == len(before) || tail[0] > before[shared])
		p.AddShared(shared, rest, tail)
		if last++; !ascends && bytes.Compare(p.Key(last-1), p.Key(last)) >= 0 {
			panic(malformed(c.block.bound))
		}
		if until != nil && bytes.Compare(p.Key(last), until[len(c.prefix):]) >= 0 {
			c.at(p.Key(last), tail[rest:])
			p.Drop()
			c.below(until)
			return false
		}
	}
	c.at(p.Key(last), nil)
	return true
}

// at makes a key of the block the one at hand. key is what is behind the prefix.
func (c *portions) at(key, value []byte) {
	c.key, c.value = append(append(c.key[:0], c.prefix...), key...), value
	c.end()
}

// step reads the next key that has the prefix, if there is one.
func (c *portions) step() bool {
	for !c.ended {
		switch {
		case c.left > 0:
			c.next(false)
		case !c.enter():
			c.ended = true
			return false
		}
		if c.from != nil && bytes.Compare(c.key, c.from) < 0 {
			continue
		}
		c.from = nil
		c.ended = !bytes.HasPrefix(c.key, c.prefix)
		return !c.ended
	}
	return false
}

// enter reads the first key of the next block of the group, or the next key that is not packed, if there is one.
func (c *portions) enter() bool {
	var bound, block []byte
	before := c.block.bound
	if before == nil {
		bound, block = c.blocks.Seek(c.from)
	} else {
		bound, block = c.blocks.Next()
	}
	if bound == nil || len(bound) < c.rule.Group || !c.rule.together(bound, c.prefix) {
		return false
	}
	if !c.rule.IsBlock(bound) { // a key of the group that is not packed
		c.block, c.left, c.key, c.value = reader{bound: bound}, 0, append(c.key[:0], bound...), block
		inOrder(before, c.key)
		return true
	}
	c.block = newReader(bound, block)
	c.left, c.key = c.block.count, append(c.key[:0], bound...)
	c.next(true)
	if len(c.key) <= c.rule.Group || !c.rule.together(c.key, bound) {
		panic(malformed(bound))
	}
	inOrder(before, c.key)
	return true
}

// next reads the next key of the block.
func (c *portions) next(first bool) {
	shared, rest, value := c.block.next()
	c.left--
	if shared > len(c.key) || !first && bytes.Compare(c.key[shared:], rest) >= 0 {
		panic(malformed(c.block.bound))
	}
	c.key, c.value = append(c.key[:shared], rest...), value
	c.end()
}

// end panics if the last key of the block was read, and the block does not end there, or not below its bound.
func (c *portions) end() {
	if c.left == 0 && (len(c.block.rest) > 0 || bytes.Compare(c.key, c.block.bound) > 0) {
		panic(malformed(c.block.bound))
	}
}
