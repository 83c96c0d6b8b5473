package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Queues that time empties: when they are looked into, and what goes.

// counting is an engine that counts what is asked of its views.
type counting struct {
	kv.Engine
	gets, many, scans int // of stages
	queues            int // scans of queues of tombstones
	keys              int // that scans have met
}

// counted counts the reads of a store that nobody else uses.
func (f *fixture) counted() *counting {
	c := &counting{Engine: f.s.engine}
	f.s.engine = c
	f.t.Cleanup(func() { f.s.engine = c.Engine })
	return c
}

func (c *counting) Begin(ctx context.Context) (kv.Stage, error) {
	s, err := c.Engine.Begin(ctx)
	return &countedStage{s, c}, err
}

type countedStage struct {
	kv.Stage
	c *counting
}

func (s *countedStage) Get(bucket, key []byte) ([]byte, error) {
	s.c.gets++
	return s.Stage.Get(bucket, key)
}

func (s *countedStage) GetMany(bucket []byte, keys, values [][]byte) error {
	s.c.many++
	return s.Stage.GetMany(bucket, keys, values)
}

func (s *countedStage) Scan(bucket, from []byte, reverse bool, fn func(k, v []byte) bool) error {
	s.c.scans++
	if len(from) == 1 && from[0] == prefixRemoval {
		s.c.queues++
	}
	return s.Stage.Scan(bucket, from, reverse, func(k, v []byte) bool {
		s.c.keys++
		return fn(k, v)
	})
}

// A call makes the same few reads however many documents it has: with an engine behind a network each is a round trip.
func TestReadsOfACall(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	for id := range 50 {
		f.put(fmt.Sprint(id), `{}`)
	}
	counts := f.counted()
	for _, tt := range []struct {
		name       string
		ids        []string
		gets, many int
	}{
		{"all are there", []string{"1", "2", "3", "49", "11"}, 1, 1},
		{"some are not", []string{"1", "x", "y", "z", "2"}, 1, 2},
		{"one", []string{"4"}, 1, 1},
		{"the same again and again", []string{"5", "5", "new", "5", "new"}, 1, 2},
	} {
		counts.gets, counts.many, counts.scans = 0, 0, 0
		var items []Upsert
		for n, id := range tt.ids {
			items = append(items, Upsert{ID: id, Changes: map[string]int{"n": n}})
		}
		_, err := c.MUpsert(ctx, items, &WriteOptions{Strict: true})
		f.ok(err)
		f.equal(tt.name, []int{counts.gets, counts.many}, []int{tt.gets, tt.many})
	}
}

// A collection's queue of tombstones is looked into only if something in it can be due.
func TestLooksForTombstones(t *testing.T) {
	f := newFixture(t, &Options{TombstoneRetention: time.Minute})
	counts := f.counted()
	looks := func(what string, want int) {
		t.Helper()
		f.equal(what, counts.queues, want)
		counts.queues = 0
	}
	remove := func(id string) {
		t.Helper()
		_, err := f.s.Collection("i", "c").Delete(ctx, id, nil)
		f.ok(err)
	}
	f.put("a", `{}`)
	looks("at first nothing is known", 1)
	for n := range 10 {
		f.put(fmt.Sprint(n), `{}`)
		f.clock.Advance(time.Hour)
	}
	looks("there are none", 0)
	remove("0")
	f.clock.Advance(time.Minute)
	remove("1")
	f.put("10", `{}`)
	looks("none is due", 0)
	f.clock.Advance(time.Millisecond)
	f.put("0", `{"n":1}`)
	looks("one is due", 1)
	f.put("11", `{}`)
	looks("the next is not due", 0)
	f.clock.Advance(time.Minute)
	f.put("12", `{}`)
	looks("the next is due", 1)
	f.equal("tombstones", f.sound().Tombstones, uint64(0))

	f.clock.Advance(-24 * time.Hour) // the clock is set back
	remove("2")
	f.clock.Advance(time.Minute + time.Millisecond)
	f.put("13", `{}`)
	looks("of before the clock was set", 1)
	f.equal("tombstones", f.sound().Tombstones, uint64(0))
}

// A call that failed leaves nothing behind that keeps tombstones from going.
func TestTombstonesOfFailedCall(t *testing.T) {
	f := newFixture(t, &Options{TombstoneRetention: time.Minute})
	f.put("a", `{}`)
	_, err := f.col().Delete(ctx, "a", nil)
	f.ok(err)
	f.clock.Advance(time.Hour)
	g := f.gated()
	g.pass(nil)
	g.refuse = func(*kv.Batch) error { return ErrDiskFull }
	_, err = f.s.Collection("i", "c").Create(ctx, "b", raw(`{}`), nil)
	f.is("create", err, ErrDiskFull)
	g.refuse = nil
	f.put("b", `{}`)
	f.s.engine = g.Engine
	f.equal("tombstones", f.sound().Tombstones, uint64(0))
}

// A document that comes and goes again once its old tombstone was due has a new one, which stays.
func TestBuriedAgain(t *testing.T) {
	for name, reopen := range map[string]bool{"same": false, "reopened": true} {
		t.Run(name, func(t *testing.T) {
			f := newDiskFixture(t, nil)
			f.put("a", `{}`)
			_, err := f.s.Collection("i", "c").Delete(ctx, "a", nil)
			f.ok(err)
			f.clock.Advance(time.Hour)
			if reopen {
				f.reopen(nil)
			}
			c := f.s.Collection("i", "c")
			_, err = c.Create(ctx, "a", raw(`{}`), nil)
			f.ok(err)
			_, err = c.Delete(ctx, "a", nil)
			f.ok(err)
			f.clock.Advance(time.Hour)
			f.s.dues.forgetAll()
			_, err = c.MDelete(ctx, []string{"a"}, nil)
			f.ok(err)
			f.equal("tombstones", f.sound().Tombstones, uint64(1))
			f.put("a", `{"again":true}`)
			f.holds(`a v1 {"again":true}`)
			_, err = c.Delete(ctx, "a", nil)
			f.ok(err)
			f.put("a", `{}`)
			f.holds("a v3 {}")
		})
	}
}

// Collections that come and go left a time in memory for each name that there ever was.
func TestDuesOfDroppedCollections(t *testing.T) {
	for name, drop := range map[string]func(s *Store, index, collection string) error{
		"collections": func(s *Store, index, name string) error { return s.DeleteCollection(ctx, index, name) },
		"indexes":     func(s *Store, index, _ string) error { return s.DeleteIndex(ctx, index) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, &Options{AutoCreate: true})
			for n := range 20 {
				index := fmt.Sprint("i", n)
				for _, collection := range []string{"a", "b"} {
					for range 2 {
						_, err := f.s.Collection(index, collection).CreateOrReplace(ctx, "a", raw(`{}`), nil)
						f.ok(err)
						_, err = f.s.Collection(index, collection).Delete(ctx, "a", nil)
						f.ok(err)
					}
				}
				f.ok(drop(f.s, index, "a"))
				if name == "collections" {
					f.ok(drop(f.s, index, "b"))
				}
			}
			f.equal("times kept", len(f.s.dues.oldest), 0)
		})
	}
}

// A collection that was emptied, or made again, has its tombstones removed on time.
func TestDuesAfterTruncate(t *testing.T) {
	f := newFixture(t, &Options{TombstoneRetention: time.Minute})
	for _, empty := range []func() error{
		func() error { return f.s.Collection("i", "c").Truncate(ctx, nil) },
		func() error {
			return errors.Join(f.s.DeleteCollection(ctx, "i", "c"), f.s.CreateCollection(ctx, "i", "c"))
		},
	} {
		for n := range 3 {
			f.put("a", `{}`)
			_, err := f.s.Collection("i", "c").Delete(ctx, "a", nil)
			f.ok(err)
			f.equal("tombstones", f.sound().Tombstones, uint64(1))
			f.clock.Advance(time.Hour)
			f.put(fmt.Sprint("b", n), `{}`)
			f.equal("tombstones", f.sound().Tombstones, uint64(0))
		}
		f.ok(empty())
	}
}
