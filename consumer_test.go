package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// consumed lists what a consumer has not acknowledged.
func (f *fixture) consumed(c *Consumer) (sequences []uint64) {
	f.t.Helper()
	for change, err := range c.Changes(ctx) {
		f.ok(err)
		sequences = append(sequences, change.Sequence)
	}
	return sequences
}

// firstKept returns the sequence of the oldest change that is kept.
func (f *fixture) firstKept() uint64 {
	f.t.Helper()
	stats, err := f.s.Stats(ctx)
	f.ok(err)
	return stats.FirstSequence
}

// A consumer goes on where it was, also in a store that was opened anew.
func TestConsumer(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		consumer := func() *Consumer { return f.store().Consumer("outbox") }
		f.is("state", second(consumer().State(ctx)), ErrNotFound)
		f.is("ack", consumer().Ack(ctx, 1), ErrNotFound)
		f.is("delete", consumer().Delete(ctx), ErrNotFound)
		f.ok(consumer().Create(ctx, nil))
		f.is("again", consumer().Create(ctx), ErrExists)
		f.equal("nothing yet", f.consumed(consumer()), []uint64(nil))
		f.writeMany(3)
		f.equal("three", f.consumed(consumer()), []uint64{3, 4, 5})
		f.equal("not acknowledged", f.consumed(consumer()), []uint64{3, 4, 5})
		f.ok(consumer().Ack(ctx, 4))
		f.ok(consumer().Ack(ctx, 4))
		f.equal("one", f.consumed(consumer()), []uint64{5})
		f.is("back", consumer().Ack(ctx, 3), ErrInvalid)
		f.is("ahead", consumer().Ack(ctx, 6), ErrInvalid)
		f.ok(f.store().Consumer("all").Create(ctx, &ConsumerOptions{Replay: true, MaxLag: 7}))
		f.is("since", f.store().Consumer("x").Create(ctx, &ConsumerOptions{Since: 6}), ErrInvalid)
		list, err := f.store().Consumers(ctx)
		f.ok(err)
		f.equal("consumers", list, []ConsumerState{{"all", 0, 7, false}, {"outbox", 4, defaultMaxLag, false}})
		stats, err := f.s.Stats(ctx)
		f.ok(err)
		f.equal("in Stats", stats.Consumers, list)
		f.equal("all", len(f.consumed(f.store().Consumer("all"))), 5)
		f.ok(consumer().Delete(ctx))
		for _, err := range consumer().Changes(ctx) {
			f.is("deleted", err, ErrNotFound)
		}
		for _, name := range []string{"", "\xff", strings.Repeat("n", 129)} {
			f.is(name, f.store().Consumer(name).Create(ctx), ErrInvalid)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// What a consumer has not acknowledged stays in the feed, by count and by age, and goes once it has.
func TestConsumerHoldsBack(t *testing.T) {
	for name, o := range map[string]*Options{
		"count": {FeedMaxCount: 10}, "age": {FeedMaxAge: time.Minute}, "both": {FeedMaxCount: 100, FeedMaxAge: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			onAll(t, o, func(t *testing.T, f *fixture) {
				f.writeMany(7)
				f.ok(f.store().Consumer("slow").Create(ctx))
				at := f.s.Sequence()
				f.ok(f.s.Consumer("quick").Create(ctx))
				for range 50 {
					f.clock.Advance(time.Hour)
					f.writeMany(20)
				}
				f.ok(f.store().Consumer("quick").Ack(ctx, f.s.Sequence()))
				f.put("a", `{}`)
				if first := f.firstKept(); first > at+1 || first == 1 {
					t.Fatalf("the feed begins at %d, the consumer is at %d", first, at)
				}
				f.equal("kept", len(f.consumed(f.store().Consumer("slow"))), 1001)
				f.ok(f.store().Consumer("slow").Ack(ctx, at+500))
				f.put("a", `{}`)
				if first := f.firstKept(); first > at+501 || first < at+400 {
					t.Errorf("the feed begins at %d, the consumer is at %d", first, at+500)
				}
				f.equal("kept", f.consumed(f.store().Consumer("slow"))[0], at+501)
				f.ok(f.store().Consumer("slow").Delete(ctx))
				f.put("a", `{}`)
				if first := f.firstKept(); first < at+850 {
					t.Errorf("the feed begins at %d", first)
				}
			})
		})
	}
}

// What is held back is not looked through again and again.
func TestHeldBackCosts(t *testing.T) {
	f := newFixture(t, &Options{FeedMaxAge: time.Minute})
	f.ok(f.s.Consumer("slow").Create(ctx, &ConsumerOptions{Replay: true}))
	for range 100 {
		f.writeMany(50)
		f.clock.Advance(time.Hour)
	}
	f.ok(f.s.Consumer("slow").Ack(ctx, 100))
	f.put("a", `{}`)
	c := f.counted()
	for range 10 {
		f.put("a", `{}`)
	}
	if c.keys > 50 {
		t.Errorf("10 calls have looked at %d keys", c.keys)
	}
}

// A consumer that is too far behind holds back no more, and is told.
func TestConsumerMaxLag(t *testing.T) {
	f := newFixture(t, &Options{FeedMaxCount: 10})
	f.ok(f.s.Consumer("slow").Create(ctx, &ConsumerOptions{MaxLag: 500}))
	for range 100 {
		f.writeMany(20)
		f.clock.Advance(time.Millisecond)
	}
	if first := f.firstKept(); first > 2002-500+1 || first < 2002-700 {
		t.Errorf("the feed begins at %d", first)
	}
	for _, err := range f.s.Consumer("slow").Changes(ctx) {
		f.is("changes", err, ErrSequenceGone)
	}
	f.ok(f.s.Consumer("slow").Ack(ctx, f.s.Sequence()))
	f.equal("goes on", f.consumed(f.s.Consumer("slow")), []uint64(nil))
}

// What is acknowledged in a transaction is acknowledged with what the transaction writes, or not at all.
func TestConsumerInTransaction(t *testing.T) {
	f := newFixture(t, &Options{FeedMaxCount: 10})
	f.ok(f.s.Consumer("c").Create(ctx))
	f.writeMany(20)
	failure := errors.New("of the function")
	for _, fails := range []error{failure, nil} {
		f.is("update", f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
			c := tx.Consumer("c")
			f.ok(c.Ack(ctx, 12))
			state, err := c.State(ctx)
			f.ok(err)
			f.equal("in it", state.Sequence, uint64(12))
			_, err = tx.Collection("i", "c").CreateOrReplace(ctx, "sent", raw(fmt.Sprint(`{"n":`, state.Sequence, `}`)))
			f.ok(err)
			for _, err := range c.Changes(ctx) {
				f.is("changes", err, ErrInTransaction)
			}
			return fails
		}), fails)
		state, err := f.s.Consumer("c").State(ctx)
		f.ok(err)
		want := map[bool]uint64{true: 2, false: 12}[fails != nil]
		f.equal("afterwards", state.Sequence, want)
		f.clock.Advance(time.Millisecond)
		f.writeMany(200)
		if first := f.firstKept(); first > want+1 {
			t.Errorf("the feed begins at %d, the consumer is at %d", first, want)
		}
	}
	f.ok(f.s.View(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Consumer("c").State(ctx)
		f.ok(err)
		f.is("in a View", tx.Consumer("c").Ack(ctx, 13), ErrInvalid)
		return nil
	}))
}

// A consumer that the last step of a transaction has made holds back what this transaction has written.
func TestConsumerMadeLast(t *testing.T) {
	f := newFixture(t, &Options{FeedMaxCount: 10})
	f.writeMany(1)
	since := f.s.Sequence()
	f.ok(f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		for n := range 200 {
			f.ok(second(tx.Collection("i", "c").CreateOrReplace(ctx, fmt.Sprint(n), raw(`{}`))))
		}
		return tx.Consumer("c").Create(ctx, &ConsumerOptions{Since: since})
	}))
	if first := f.firstKept(); first > since+1 {
		t.Errorf("the feed begins at %d, the consumer is at %d", first, since)
	}
}

// A consumer whose place is damaged says so, holds back nothing, and can be deleted.
func TestDamagedConsumer(t *testing.T) {
	f := newFixture(t, &Options{FeedMaxCount: 10})
	f.damaged = true
	f.ok(f.s.Consumer("c").Create(ctx))
	f.ok(f.s.write(ctx, func(t *txn) error {
		t.batch.Put(bucketStore, consumerKey("c"), []byte("no place at all 1234"))
		t.store.holds.forget()
		return nil
	}))
	f.is("state", second(f.s.Consumer("c").State(ctx)), ErrCorrupt)
	f.is("list", second(f.s.Consumers(ctx)), ErrCorrupt)
	report, err := f.s.Check(ctx)
	f.ok(err)
	f.equal("problems", len(report.Problems), 1)
	f.writeMany(500)
	if first := f.firstKept(); first < 300 {
		t.Errorf("the feed begins at %d", first)
	}
	f.ok(f.s.Consumer("c").Delete(ctx))
	f.sound()
}

// failingScan is an engine whose scans of the feed fail.
type failingScan struct {
	kv.Engine
	fails bool
}

func (e *failingScan) Begin(ctx context.Context) (kv.Stage, error) {
	s, err := e.Engine.Begin(ctx)
	return &failingStage{s, e}, err
}

type failingStage struct {
	kv.Stage
	e *failingScan
}

func (s *failingStage) Scan(bucket, from []byte, reverse bool, fn func(k, v []byte) bool) error {
	if s.e.fails && string(bucket) == string(bucketChanges) {
		return ErrCorrupt
	}
	return s.Stage.Scan(bucket, from, reverse, fn)
}

// What a transaction has acknowledged is held back if the transaction fails, also in its last part.
func TestAckThatFails(t *testing.T) {
	f := newFixture(t, &Options{FeedMaxCount: 10})
	f.ok(f.s.Consumer("c").Create(ctx))
	for range 20 {
		f.writeMany(20)
		f.clock.Advance(time.Millisecond)
	}
	e := &failingScan{Engine: f.s.engine, fails: true}
	f.s.engine = e
	defer func() { f.s.engine = e.Engine }()
	f.is("update", f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		f.ok(tx.Consumer("c").Ack(ctx, 300))
		_, err := tx.Collection("i", "c").CreateOrReplace(ctx, "a", raw(`{}`))
		return err
	}), ErrCorrupt)
	e.fails = false
	f.put("b", `{}`)
	f.equal("kept", f.consumed(f.s.Consumer("c"))[0], uint64(3))
}

// A consumer cannot begin where changes are no longer kept. It could, and its first Changes failed.
func TestConsumerBeginsWhereGone(t *testing.T) {
	onAll(t, &Options{FeedMaxCount: 10}, func(t *testing.T, f *fixture) {
		c := f.s.Consumer("c")
		f.ok(c.Create(ctx, &ConsumerOptions{Replay: true}))
		f.ok(c.Delete(ctx))
		for range 20 {
			f.writeMany(20)
			f.clock.Advance(time.Millisecond)
		}
		first := f.firstKept()
		if first < 3 {
			t.Fatalf("the feed begins at %d", first)
		}
		for _, o := range []*ConsumerOptions{{Replay: true}, {Since: 1}, {Since: first - 2}} {
			f.is(fmt.Sprintf("%+v", *o), c.Create(ctx, o), ErrSequenceGone)
			f.is("state", second(c.State(ctx)), ErrNotFound)
		}
		f.ok(c.Create(ctx, &ConsumerOptions{Since: first - 1}))
		if got := f.consumed(c); len(got) == 0 || got[0] != first {
			t.Errorf("it begins with %v, the feed with %d", got, first)
		}
	})
}

// A consumer that refuses writes misses no change: what would leave it further behind is refused, and leaves no trace.
func TestConsumerRefuses(t *testing.T) {
	onAll(t, &Options{FeedMaxCount: 10}, func(t *testing.T, f *fixture) {
		consumer := func() *Consumer { return f.store().Consumer("slow") }
		f.writeMany(1)
		f.ok(consumer().Create(ctx, &ConsumerOptions{MaxLag: 100, Refuse: true}))
		since := f.store().Sequence()
		f.writeMany(100) // the first is there already
		c := func() *Collection { return f.store().Collection("i", "c") }
		_, err := c().MUpsert(ctx, []Upsert{{ID: "two", Changes: raw(`{}`)}, {ID: "more", Changes: raw(`{}`)}})
		f.is("one too many", err, ErrConsumerBehind)
		f.ok(second(c().Upsert(ctx, "last", raw(`{}`), nil)))
		f.is("full", second(c().Upsert(ctx, "x", raw(`{}`), nil)), ErrConsumerBehind)
		f.is("a collection", f.store().CreateCollection(ctx, "i", "new"), ErrConsumerBehind)
		f.is("a transaction", f.store().Update(ctx, func(ctx context.Context, tx *Tx) error {
			return second(tx.Collection("i", "c").Delete(ctx, "last"))
		}), ErrConsumerBehind)
		f.ok(second(c().Upsert(ctx, "here", raw(`{}`), nil, &WriteOptions{LocalOnly: true})))
		f.is("still full", second(c().Upsert(ctx, "x", raw(`{}`), nil)), ErrConsumerBehind)
		f.is("nothing of it", second(c().Get(ctx, "x")), ErrNotFound)
		f.equal("all there is", len(f.consumed(consumer())), 101)
		f.ok(f.store().Update(ctx, func(ctx context.Context, tx *Tx) error { // what it acknowledges makes room for what it writes
			f.ok(tx.Consumer("slow").Ack(ctx, since+50))
			return second(tx.Collection("i", "c").Upsert(ctx, "in the transaction", raw(`{}`), nil))
		}))
		state, err := consumer().State(ctx)
		f.ok(err)
		f.equal("state", state, ConsumerState{"slow", since + 50, 100, true})
		f.ok(second(c().Upsert(ctx, "x", raw(`{}`), nil)))
		f.equal("the rest", len(f.consumed(consumer())), 53)
		f.ok(consumer().Delete(ctx))
		f.writeMany(200)
	})
}

// What has expired is removed although a consumer refuses writes.
func TestConsumerRefusesNoExpiry(t *testing.T) {
	f := newFixture(t, nil)
	f.ok(second(f.s.Collection("i", "c").Create(ctx, "a", raw(`{}`), &WriteOptions{ExpireAfter: time.Second})))
	f.ok(f.s.Consumer("slow").Create(ctx, &ConsumerOptions{MaxLag: 1, Refuse: true}))
	f.writeMany(1)
	f.clock.Advance(time.Minute)
	removed := 0
	for change, err := range f.s.Consumer("slow").Changes(ctx) {
		f.ok(err)
		if change.Op == OpExpire {
			removed++
		}
	}
	f.equal("removed", removed, 1)
}
