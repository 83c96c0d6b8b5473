package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"
)

// Transactions over collections. The model test makes random ones.

func TestUpdate(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":1}`)
		s := f.store()
		since := s.Sequence()
		f.ok(s.Update(ctx, func(ctx context.Context, tx *Tx) error {
			from, to := tx.Collection("i", "c"), tx.Collection("i", "d")
			doc, err := from.Get(ctx, "a")
			f.ok(err)
			f.ok(tx.CreateCollection(ctx, "i", "d"))
			_, err = to.Create(ctx, "b", doc.Source, nil)
			f.ok(err)
			_, err = from.Delete(ctx, "a", nil)
			f.ok(err)
			_, err = to.Update(ctx, "b", raw(`{"m":2}`), nil)
			f.ok(err)
			f.equal("in the transaction", [][]string{f.all(from), f.all(to)}, [][]string{nil, {`b v2 {"n":1,"m":2}`}})
			f.equal("outside", f.all(s.Collection("i", "c")), []string{`a v1 {"n":1}`})
			return nil
		}))
		f.holds()
		f.equal("d", f.all(f.store().Collection("i", "d")), []string{`b v2 {"n":1,"m":2}`})
		f.equal("history", f.history(since), []string{
			"4 createCollection i/d  v0", "5 create i/d b v1", "6 delete i/c a v2", "7 update i/d b v2",
		})
	})
}

// A transaction costs one batch and one sync, no matter how many steps it has.
func TestUpdateIsOneBatch(t *testing.T) {
	f := newDiskFixture(t, nil)
	before, err := f.s.Stats(ctx)
	f.ok(err)
	f.ok(f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		for n := range 10 {
			_, err := tx.Collection("i", "c").Create(ctx, fmt.Sprint(n), raw(`{}`), nil)
			f.ok(err)
		}
		return nil
	}))
	after, err := f.s.Stats(ctx)
	f.ok(err)
	f.equal("syncs", after.Syncs-before.Syncs, uint64(1))
	f.equal("calls", after.Writes-before.Writes, uint64(1))
	f.equal("written", after.Changes-before.Changes, uint64(10))
}

// What a function has done that fails, or panics, or whose context is done in its turn, leaves no trace.
func TestUpdateFails(t *testing.T) {
	own := errors.New("of the function")
	for name, end := range map[string]func() error{
		"error": func() error { return own },
		"panic": func() error { panic(own) },
	} {
		t.Run(name, func(t *testing.T) {
			onAll(t, nil, func(t *testing.T, f *fixture) {
				f.put("a", `{"n":1}`)
				s := f.store()
				sequence := s.Sequence()
				err := func() (err error) {
					defer func() {
						if r := recover(); r != nil {
							err = r.(error)
						}
					}()
					return s.Update(ctx, func(ctx context.Context, tx *Tx) error {
						_, err := tx.Collection("i", "c").Update(ctx, "a", raw(`{"n":2}`), nil)
						f.ok(err)
						_, err = tx.Collection("i", "c").Delete(ctx, "a", nil)
						f.ok(err)
						f.ok(tx.CreateIndex(ctx, "j"))
						return end()
					})
				}()
				f.equal("error", err == own, true)
				f.holds(`a v1 {"n":1}`)
				f.equal("sequence", f.store().Sequence(), sequence)
				f.put("a", `{"n":3}`)
				f.holds(`a v2 {"n":3}`)
			})
		})
	}
}

// A call that fails in a transaction leaves no trace there, and the transaction goes on.
func TestUpdateStepFails(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":1}`)
		since := f.s.Sequence()
		f.ok(f.store().Update(ctx, func(ctx context.Context, tx *Tx) error {
			c := tx.Collection("i", "c")
			_, err := c.Create(ctx, "b", raw(`{}`), nil)
			f.ok(err)
			_, err = c.Create(ctx, "b", raw(`{}`), nil)
			f.is("exists", err, ErrExists)
			_, err = c.MUpsert(ctx, []Upsert{{ID: "x", Changes: raw(`{}`)}, {ID: "", Changes: raw(`{}`)}},
				&WriteOptions{Atomic: true})
			f.is("atomic", err, ErrIncomplete)
			_, err = tx.Collection("i", "no").Create(ctx, "a", raw(`{}`), nil)
			f.is("unknown", err, ErrUnknownCollection)
			func() {
				defer func() { f.equal("panic", recover(), any("of fn")) }()
				_, _ = c.Modify(ctx, "a", func(Document) (any, error) { panic("of fn") }, nil)
			}()
			done, cancel := context.WithCancel(ctx)
			cancel()
			_, err = c.Create(done, "y", raw(`{}`), nil)
			f.is("cancelled", err, context.Canceled)
			_, err = c.Modify(ctx, "a", increment, nil)
			f.ok(err)
			return nil
		}))
		f.holds(`a v2 {"n":2}`, `b v1 {}`)
		f.equal("history", f.history(since), []string{"4 create i/c b v1", "5 update i/c a v2"})
	})
}

// The store is not for those inside a transaction.
func TestInTransaction(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":1}`)
		s := f.store()
		other, err := OpenMemory(&Options{AutoCreate: true}) // a store that is no business of the transaction
		f.ok(err)
		defer other.Close()
		all := []map[string]func(context.Context, *Store) error{storeReads, storeWrites}
		inside := func(ctx context.Context, tx *Tx) error {
			f.refused(ctx, ErrInTransaction, all, readCalls, writeCalls)
			for _, err := range tx.Collection("i", "c").Watch(ctx, nil) {
				f.is("Watch", err, ErrInTransaction)
			}
			_, err := other.Collection("i", "c").CreateOrReplace(ctx, "a", raw(`{}`), nil)
			f.ok(err)
			return nil
		}
		f.ok(s.Update(ctx, inside))
		f.ok(s.View(ctx, inside))
		f.holds(`a v1 {"n":1}`)
	})
}

// A transaction ends with its function.
func TestTxDone(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":1}`)
	for name, begin := range map[string]func(context.Context, func(context.Context, *Tx) error) error{
		"Update": f.s.Update, "View": f.s.View,
	} {
		var late *Tx
		f.ok(begin(ctx, func(_ context.Context, tx *Tx) error { late = tx; return nil }))
		for call, fn := range readCalls {
			f.is(name+", "+call, fn(ctx, late.Collection("i", "c")), ErrTxDone)
		}
		for call, fn := range writeCalls {
			f.is(name+", "+call, fn(ctx, late.Collection("i", "c")), ErrTxDone)
		}
		_, err := late.Indexes(ctx)
		f.is(name, err, ErrTxDone)
	}
	f.holds(`a v1 {"n":1}`)
}

// All that a View shows is of one state, while others write.
func TestView(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":1}`)
		s := f.store()
		f.ok(s.View(ctx, func(ctx context.Context, tx *Tx) error {
			for n := range 3 {
				_, err := s.Collection("i", "c").Update(context.Background(), "a", raw(fmt.Sprintf(`{"n":%d}`, 2+n)), nil)
				f.ok(err)
				f.ok(s.CreateCollection(context.Background(), "i", fmt.Sprint("d", n)))
				f.equal("documents", f.all(tx.Collection("i", "c")), []string{`a v1 {"n":1}`})
				names, err := tx.Collections(ctx, "i")
				f.ok(err)
				f.equal("collections", names, []string{"c"})
			}
			_, err := tx.Collection("i", "c").Create(ctx, "b", raw(`{}`), nil)
			f.is("write", err, ErrInvalid)
			f.is("write", tx.CreateIndex(ctx, "j"), ErrInvalid)
			return nil
		}))
		f.holds(`a v4 {"n":4}`)
	})
}

// A View ends when it has lasted for too long, and when the store is closed.
func TestViewEnds(t *testing.T) {
	f := newFixture(t, &Options{MaxViewTime: time.Minute})
	f.put("a", `{"n":1}`)
	get := func(tx *Tx) error { _, err := tx.Collection("i", "c").Get(ctx, "a"); return err }
	f.ok(f.s.View(ctx, func(_ context.Context, tx *Tx) error {
		f.clock.Advance(time.Minute - 1)
		f.ok(get(tx))
		f.clock.Advance(1)
		f.is("a minute later", get(tx), ErrSnapshotGone)
		return nil
	}))
	f = newDiskFixture(t, nil)
	f.put("a", `{"n":1}`)
	f.ok(f.s.View(ctx, func(_ context.Context, tx *Tx) error {
		f.ok(f.s.Close())
		_, err := tx.Collection("i", "c").Get(ctx, "a")
		f.is("closed", err, ErrClosed)
		return nil
	}))
}

// A transaction that writes too much is refused before it has used up the memory.
func TestUpdateTooLarge(t *testing.T) {
	f := newFixture(t, nil)
	before := maxTransaction
	maxTransaction = 10_000
	defer func() { maxTransaction = before }()
	f.ok(f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		var err error
		n := 0
		for ; err == nil && n < 1000; n++ {
			_, err = tx.Collection("i", "c").Create(ctx, fmt.Sprint(n), raw(fmt.Sprintf(`{"pad":"%0500d"}`, 0)), nil)
		}
		f.is("the transaction", err, ErrTooLarge)
		f.equal("documents", n > 10 && n < 20, true)
		return nil
	}))
	n, err := f.col().Count(ctx)
	f.ok(err)
	f.equal("documents", n > 9 && n < 19, true)
}

// Many who compete, each with a transaction over two documents: the sum of both never changes.
func TestUpdateBank(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":100}`)
		f.put("b", `{"n":100}`)
		s := f.store()
		sum := func(ctx context.Context, tx *Tx) error {
			a, err := tx.Collection("i", "c").Get(ctx, "a")
			f.ok(err)
			b, err := tx.Collection("i", "c").Get(ctx, "b")
			f.ok(err)
			f.equal("sum", a.Get("n").Int()+b.Get("n").Int(), int64(200))
			return nil
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 10 {
					err := s.Update(ctx, func(ctx context.Context, tx *Tx) error {
						c := tx.Collection("i", "c")
						_, err := c.Modify(ctx, "a", increment, nil)
						if err != nil {
							return err
						}
						_, err = c.Modify(ctx, "b", func(doc Document) (any, error) {
							return map[string]int64{"n": doc.Get("n").Int() - 1}, nil
						}, nil)
						return err
					})
					if err := errors.Join(err, s.View(ctx, sum)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		f.equal("a", f.get("a"), `v81 {"n":180}`)
		f.equal("b", f.get("b"), `v81 {"n":20}`)
	})
}

// A call that writes does not write through the Tx while it is under way: what it had written stayed, without its
// changes in the feed, when the call around it failed.
func TestNestedWrites(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":1}`)
		own := errors.New("of fn")
		s := f.store()
		f.ok(s.Update(ctx, func(ctx context.Context, tx *Tx) error {
			c := tx.Collection("i", "c")
			for _, end := range []error{nil, own} {
				_, err := c.Modify(ctx, "a", func(Document) (any, error) {
					for name, call := range writeCalls {
						f.is(name+" within Modify", call(ctx, c), ErrInTransaction)
					}
					f.is("CreateIndex within Modify", tx.CreateIndex(ctx, "new"), ErrInTransaction)
					d, err := c.Get(ctx, "a")
					f.ok(err)
					f.equal("what it reads", string(d.Source), `{"n":1}`)
					return nil, end
				})
				f.equal("Modify", err, end, cmpopts.EquateErrors())
			}
			_, err := c.Create(ctx, "after", raw(`{}`))
			return err
		}))
		f.holds(`a v1 {"n":1}`, `after v1 {}`)
	})
}

// Close waits for a transaction that writes, which goes on as if nothing were.
func TestCloseDuringUpdate(t *testing.T) {
	f := newDiskFixture(t, nil)
	var closed func()
	f.ok(f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		done := make(chan error, 1)
		go func() { done <- f.s.Close() }()
		closed = func() { f.ok(<-done) }
		<-f.s.stop.Done()
		c := tx.Collection("i", "c")
		for _, id := range []string{"a", "b"} {
			_, err := c.Create(ctx, id, raw(`{}`))
			f.ok(err)
			_, err = c.Get(ctx, id)
			f.ok(err)
		}
		return tx.CreateIndex(ctx, "new")
	}))
	closed()
	f.reopen(nil)
	f.holds("a v1 {}", "b v1 {}")
}

// Calls that would write nothing are refused where calls that write are.
func TestEmptyCallsInTransaction(t *testing.T) {
	f := newFixture(t, nil)
	empty := func(ctx context.Context, c *Collection) []error {
		_, err1 := c.MUpsert(ctx, nil)
		_, err2 := c.MUpsert(ctx, []Upsert{{ID: ""}})
		return []error{err1, err2}
	}
	var late *Collection
	f.ok(f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		late = tx.Collection("i", "c")
		f.equal("in it", empty(ctx, late), []error{nil, nil})
		_, err := f.col().MGet(ctx, nil)
		f.is("reading the store", err, ErrInTransaction)
		for _, err := range empty(ctx, f.col()) {
			f.is("writing to the store", err, ErrInTransaction)
		}
		return nil
	}))
	_, err := late.MGet(ctx, nil)
	f.is("reading late", err, ErrTxDone)
	for _, err := range empty(ctx, late) {
		f.is("writing late", err, ErrTxDone)
	}
	f.ok(f.s.View(ctx, func(ctx context.Context, tx *Tx) error {
		for _, err := range empty(ctx, tx.Collection("i", "c")) {
			f.is("writing in View", err, ErrInvalid)
		}
		return nil
	}))
}

// Readers do not wait for the function of a transaction, also when the file has to be mapped anew meanwhile.
func TestReadsDuringUpdate(t *testing.T) {
	f := newDiskFixture(t, &Options{CheckpointSize: 1 << 20, Durability: Relaxed})
	body := raw(`{"pad":"` + strings.Repeat("x", 1<<20) + `"}`)
	for n := range 48 {
		within(t, "a transaction that is read beside", func() {
			f.ok(f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
				_, err := tx.Collection("i", "c").Create(ctx, fmt.Sprint(n), body)
				f.ok(err)
				for range 100 { // the checkpoint goes on meanwhile
					_, err = f.s.Collection("i", "c").Exists(context.Background(), "0")
					f.ok(err)
					yield()
				}
				return nil
			}))
		})
	}
}
