package kv_test

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/kv/kvtest"
)

// layered is an engine as simple as one can be that has everything that Layered is made for: an overlay that takes the
// changes, one that is frozen, and a base.
type layered struct {
	turn chan struct{}

	mu     sync.Mutex // guards what follows
	closed bool
	active *kv.Overlay
	frozen *kv.Version
	base   base
}

func newLayered() *layered {
	return &layered{turn: make(chan struct{}, 1), active: kv.NewOverlay(), frozen: kv.NewOverlay().Version()}
}

func TestLayered(t *testing.T) {
	kvtest.Run(t, func(*testing.T) kv.Engine { return newLayered() }, kvtest.Options{
		Disturb: func(e kv.Engine) { e.(*layered).checkpoint() },
		Reopen: func(_ *testing.T, e kv.Engine) kv.Engine {
			next := newLayered()
			next.base = e.(*layered).base.with(e.(*layered).frozen).with(e.(*layered).active.Version())
			return next
		},
	})
}

// checkpoint freezes the active overlay, or brings the one that is frozen to the base.
func (e *layered) checkpoint() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.frozen.Empty() {
		e.frozen, e.active = e.active.Version(), kv.NewOverlay()
		return
	}
	e.base = e.base.with(e.frozen)
	e.frozen = kv.NewOverlay().Version()
}

func (e *layered) view(release func()) *kv.Layered {
	e.mu.Lock()
	defer e.mu.Unlock()
	return kv.NewLayered(e.base, release, e.active.Version(), e.frozen)
}

func (e *layered) Read(context.Context) (kv.View, error) {
	if err := e.Sync(context.Background()); err != nil {
		return nil, err
	}
	return e.view(nil), nil
}

func (e *layered) Begin(ctx context.Context) (kv.Stage, error) {
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := e.Sync(ctx); err != nil {
		<-e.turn
		return nil, err
	}
	return &layeredStage{e.view(func() { <-e.turn }), e}, nil
}

func (e *layered) Sync(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return kv.ErrClosed
	}
	return nil
}

func (e *layered) Close() error {
	e.turn <- struct{}{}
	defer func() { <-e.turn }()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	return nil
}

type layeredStage struct {
	*kv.Layered
	engine *layered
}

func (s *layeredStage) Rest() {}

func (s *layeredStage) Append(b *kv.Batch) (kv.Pending, error) {
	defer s.Release()
	if _, err := s.Check(b.Encoded()); err != nil {
		return nil, err
	}
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	return done{}, s.engine.active.Apply(b.Encoded())
}

type done struct{}

func (done) Wait() error { return nil }

// base is the kv.Base of the tests: buckets that nobody writes to.
type base map[string]*bucket

// bucket has its keys in order. A value of nil stands for a nested bucket.
type bucket struct{ keys, values [][]byte }

// with returns the base after the changes of a version, made as a checkpoint makes them.
func (b base) with(v *kv.Version) base {
	next := base{}
	maps.Copy(next, b)
	v.Buckets(func(name string, c *kv.Changes) bool {
		values := map[string][]byte{}
		if old := next[name]; old != nil && !c.Hides {
			for i, key := range old.keys {
				values[string(key)] = old.values[i]
			}
		}
		delete(next, name)
		for _, r := range c.Deleted {
			maps.DeleteFunc(values, func(key string, _ []byte) bool {
				return key >= string(r.From) && (len(r.To) == 0 || key < string(r.To))
			})
		}
		c.Each("", func(key, value []byte, deleted bool) bool {
			if deleted {
				delete(values, string(key))
			} else {
				values[string(key)] = append([]byte{}, value...)
			}
			return true
		})
		if c.Exists {
			next[name] = newBucket(values)
		}
		return true
	})
	return next
}

// CountRange implements kv.BaseCounter.
func (b *bucket) CountRange(from, to []byte) (n int) {
	for i, key := range b.keys {
		if b.values[i] != nil && bytes.Compare(key, from) >= 0 && bytes.Compare(key, to) < 0 {
			n++
		}
	}
	return n
}

func newBucket(values map[string][]byte) *bucket {
	b := new(bucket)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		b.keys, b.values = append(b.keys, []byte(key)), append(b.values, values[key])
	}
	return b
}

func (b base) Bucket(name []byte) kv.BaseBucket {
	if bucket := b[string(name)]; bucket != nil {
		return bucket
	}
	return nil
}

func (b base) Names() kv.Cursor {
	names := new(bucket)
	for _, name := range slices.Sorted(maps.Keys(b)) {
		names.keys, names.values = append(names.keys, []byte(name)), append(names.values, nil)
	}
	return names.Cursor()
}

func (b *bucket) Get(key []byte) []byte {
	if i, ok := slices.BinarySearchFunc(b.keys, key, bytes.Compare); ok {
		return b.values[i]
	}
	return nil
}

func (b *bucket) Cursor() kv.Cursor { return &cursor{bucket: b, at: -1} }

// cursor is strict: it may not be stepped where it stands at no key.
type cursor struct {
	*bucket
	at int
}

func (c *cursor) to(i int) (key, value []byte) {
	if c.at = i; i < 0 || i >= len(c.keys) {
		return nil, nil
	}
	return c.keys[i], c.values[i]
}

func (c *cursor) step(by int) (key, value []byte) {
	if c.at < 0 || c.at >= len(c.keys) {
		panic("a cursor is stepped that stands at no key")
	}
	return c.to(c.at + by)
}

func (c *cursor) First() (key, value []byte) { return c.to(0) }
func (c *cursor) Last() (key, value []byte)  { return c.to(len(c.keys) - 1) }
func (c *cursor) Next() (key, value []byte)  { return c.step(1) }
func (c *cursor) Prev() (key, value []byte)  { return c.step(-1) }

func (c *cursor) Seek(key []byte) (k, v []byte) {
	i, _ := slices.BinarySearchFunc(c.keys, key, bytes.Compare)
	return c.to(i)
}
