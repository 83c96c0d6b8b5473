package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// faultyEngine is an engine of which one operation of a stage fails.
type faultyEngine struct {
	kv.Engine
	at    int // which operation, counted from 1
	calls int
	err   error
}

func (e *faultyEngine) Begin(ctx context.Context) (kv.Stage, error) {
	s, err := e.Engine.Begin(ctx)
	return &faultyStage{s, e}, err
}

// fails counts an operation, and returns its error.
func (e *faultyEngine) fails() error {
	if e.calls++; e.calls == e.at {
		return e.err
	}
	return nil
}

type faultyStage struct {
	kv.Stage
	e *faultyEngine
}

func (s *faultyStage) Get(bucket, key []byte) ([]byte, error) {
	if err := s.e.fails(); err != nil {
		return nil, err
	}
	return s.Stage.Get(bucket, key)
}

func (s *faultyStage) GetMany(bucket []byte, keys, values [][]byte) error {
	if err := s.e.fails(); err != nil {
		return err
	}
	return s.Stage.GetMany(bucket, keys, values)
}

func (s *faultyStage) Scan(bucket, from []byte, reverse bool, fn func(k, v []byte) bool) error {
	if err := s.e.fails(); err != nil {
		return err
	}
	return s.Stage.Scan(bucket, from, reverse, fn)
}

func (s *faultyStage) Append(b *kv.Batch) (kv.Pending, error) {
	if err := s.e.fails(); err != nil {
		s.Release()
		return nil, err
	}
	return s.Stage.Append(b)
}

// swept is a store with three collections, each with documents that have expired and some that have not, to be removed
// a few in a turn.
func swept(t *testing.T) *fixture {
	f := newFixture(t, nil)
	f.unswept()
	for _, name := range []string{"c", "d", "e"} {
		if name != "c" {
			f.createCollection("i", name)
		}
		c := f.s.Collection("i", name)
		f.ok(c.EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"u"}, Unique: true}))
		f.ok(c.EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"n"}}))
		for i := range 7 {
			o := &WriteOptions{}
			if i < 5 {
				o.ExpireAfter = time.Second
			}
			f.ok(second(c.Create(ctx, fmt.Sprint(i), raw(fmt.Sprintf(`{"u":%d,"n":[1,%d]}`, i, i)), o)))
		}
	}
	f.clock.Advance(time.Second)
	return f
}

// removed returns how many documents are gone, by the count of each collection, and by the change feed.
func (f *fixture) removed() (counted, told int) {
	f.t.Helper()
	f.ok(f.s.view(ctx, func(v kv.View) error {
		for _, name := range []string{"c", "d", "e"} {
			n, err := readCount(v, collectionKey("i", name))
			f.ok(err)
			counted += 7 - int(n)
		}
		return nil
	}))
	for c, err := range f.s.Changes(ctx, 0) {
		f.ok(err)
		if c.Op == OpExpire {
			told++
		}
	}
	return counted, told
}

// Whichever operation of a sweep fails, nothing is half done: what has been removed is removed with its entries in
// field indexes, its place in the queue and its change, and the next sweep does the rest.
func TestSweepThatFails(t *testing.T) {
	defer func(n int) { maxSweep = n }(maxSweep)
	maxSweep = 4
	for _, failure := range []error{ErrCorrupt, kv.ErrDiskFull, errors.New("cannot be read")} {
		amounts := map[int]bool{}
		at := 1
		for ; ; at++ {
			f := swept(t)
			e := &faultyEngine{Engine: f.s.engine, at: at, err: failure}
			f.s.engine = e
			_, err := f.s.sweepAll(ctx, f.s.now())
			f.s.engine = e.Engine
			if err != nil || failure != ErrCorrupt && e.calls >= at { // what is damaged does not stop the others
				f.is("sweep", err, failure)
			}
			f.sound()
			counted, told := f.removed()
			f.equal(fmt.Sprint("removed and told after fault ", at), counted, told)
			amounts[counted] = true
			f.ok(second(f.s.sweepAll(ctx, f.s.now())))
			f.sound()
			counted, told = f.removed()
			f.equal(fmt.Sprint("in the end, after fault ", at), []int{counted, told}, []int{15, 15})
			if e.calls < at { // nothing has failed
				break
			}
		}
		if at < 50 || len(amounts) < 4 {
			t.Errorf("%v: %d faults, after which so many documents were removed: %v", failure, at, amounts)
		}
	}
}
