package kv

import (
	"bytes"
	"errors"
)

// Over is a view with an overlay on top that no engine knows of: what somebody who works on a batch sees, with the
// changes that he has made so far. It shows the overlay as it is whenever one looks; nothing may be applied to the
// overlay while Scan or Buckets runs.
type Over struct {
	base View
	top  *Overlay
}

// NewOver returns a view of base with the changes of top. Release releases base.
func NewOver(base View, top *Overlay) *Over { return &Over{base, top} }

// Release implements View.
func (o *Over) Release() { o.base.Release() }

// changes returns what the overlay changes in a bucket, nil if nothing.
func (o *Over) changes(bucket []byte) *Changes {
	c, _ := o.top.live.buckets.Get(alias(bucket))
	return c
}

// lookup returns the value of a key if c decides about the key.
func (c *Changes) lookup(key string) (value []byte, known bool) {
	if e, ok := c.entries.Get(key); ok {
		return e.value(), true
	}
	return nil, c.Hides || c.covers(key)
}

// Get implements View.
func (o *Over) Get(bucket, key []byte) ([]byte, error) {
	c := o.changes(bucket)
	switch {
	case c == nil:
		return o.base.Get(bucket, key)
	case !c.Exists:
		return nil, ErrNoBucket
	}
	if value, known := c.lookup(alias(key)); known {
		return value, nil
	}
	value, err := o.base.Get(bucket, key)
	return value, unlessNew(err)
}

// unlessNew turns the error of a bucket that only the overlay has into none.
func unlessNew(err error) error {
	if errors.Is(err, ErrNoBucket) {
		return nil
	}
	return err
}

// GetMany implements View.
func (o *Over) GetMany(bucket []byte, keys, values [][]byte) error {
	c := o.changes(bucket)
	switch {
	case c == nil:
		return o.base.GetMany(bucket, keys, values)
	case !c.Exists:
		return ErrNoBucket
	}
	var asked [][]byte // of base
	var at []int
	for i, key := range keys {
		if i > 0 && bytes.Compare(keys[i-1], key) > 0 {
			return errOrder
		}
		value, known := c.lookup(alias(key))
		if values[i] = value; !known {
			asked, at = append(asked, key), append(at, i)
		}
	}
	found := make([][]byte, len(asked))
	if err := o.base.GetMany(bucket, asked, found); err != nil {
		return unlessNew(err)
	}
	for n, i := range at {
		values[i] = found[n]
	}
	return nil
}

// Scan implements View.
func (o *Over) Scan(bucket, from []byte, reverse bool, fn func(key, value []byte) bool) error {
	c := o.changes(bucket)
	switch {
	case c == nil:
		return o.base.Scan(bucket, from, reverse, fn)
	case !c.Exists:
		return ErrNoBucket
	}
	s := overScan{top: layer{changes: c, it: c.entries.Iter()}, reverse: reverse, fn: fn, more: true}
	s.top.start(from, reverse)
	for s.jumped = !c.Hides; s.jumped; from = s.from {
		s.jumped = false
		if err := o.base.Scan(bucket, from, reverse, s.below); unlessNew(err) != nil {
			return err
		}
	}
	for s.more && s.top.key != nil {
		s.above()
	}
	return nil
}

// overScan is a scan of an Over.
type overScan struct {
	top     layer
	reverse bool
	fn      func(key, value []byte) bool
	more    bool // fn wants more
	jumped  bool // the walk over the base goes on from another key, behind a range that the overlay has deleted
	from    []byte
}

// above passes the key at which the overlay is.
func (s *overScan) above() {
	if !s.top.entry.deleted() {
		s.more = s.fn(s.top.key, s.top.entry.value())
	}
	s.top.step(s.reverse)
}

// below passes a key of the base, and what the overlay has before it or in its place.
func (s *overScan) below(key, value []byte) bool {
	for s.more && s.top.key != nil {
		order := bytes.Compare(s.top.key, key)
		if s.reverse {
			order = -order
		}
		if order > 0 {
			break
		}
		if s.above(); order == 0 {
			return s.more
		}
	}
	if !s.more {
		return false
	}
	if r, ok := s.top.deleted(key, s.reverse); ok {
		return s.pass(r, key)
	}
	s.more = s.fn(key, value)
	return s.more
}

// pass jumps over a range that the overlay has deleted around a key of the base, and says whether to go on without.
func (s *overScan) pass(r Range, key []byte) bool {
	switch {
	case !s.reverse:
		s.from, s.jumped = r.To, len(r.To) > 0
	case bytes.Equal(key, r.From): // where the jump has led
		return true
	default:
		s.from, s.jumped = r.From, len(r.From) > 0
	}
	return false
}

// Buckets implements View.
func (o *Over) Buckets(from []byte, fn func(name []byte) bool) error {
	it := o.top.live.buckets.Iter()
	more, ok := true, it.Seek(alias(from))
	above := func() {
		if it.Value().Exists {
			more = fn(bytesOf(it.Key()))
		}
		ok = it.Next()
	}
	err := o.base.Buckets(from, func(name []byte) bool {
		for more && ok && it.Key() < alias(name) {
			above()
		}
		switch {
		case !more:
		case ok && it.Key() == alias(name):
			above()
		default:
			more = fn(name)
		}
		return more
	})
	for err == nil && more && ok {
		above()
	}
	return err
}
