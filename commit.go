package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
)

// The one writer: group commit and the failure rules. Nothing outside this file and durability.go knows how a commit
// becomes durable.
//
// Callers queue. Whoever finds no leader leads: takes what waits, runs it in one transaction, commits once, publishes,
// and hands the lead to the next in the queue. There is no timer and no goroutine of its own, so a caller who is alone
// neither waits nor switches.
//
// Failure rules:
//
//   - A call works out everything before it writes anything. One that fails has written nothing, and the others in the
//     transaction are not touched.
//   - Should a call fail or panic while it writes, the transaction is given up and each of its calls runs in one of
//     its own, so that only the one at fault fails.
//   - An error out of the commit itself leaves the outcome unknown (bbolt can report one after the new meta page has
//     reached the disk). All calls of the transaction get ErrOutcomeUnknown, and so do all writes after it.
//   - A full disk is told apart from that if the file shows that the meta page was never written: then nothing was, the
//     calls get ErrDiskFull, and the store goes on.

// The bounds of one transaction, so that a full queue does not make its first callers wait without end.
const (
	maxGroupCalls = 1024
	maxGroupBytes = 32 << 20
)

// call is one caller's part of a transaction.
type call struct {
	ctx   context.Context
	apply func(*txn) error // runs in the transaction; writes only once it cannot fail any more
	alone func() error     // instead of apply: runs outside any transaction, with no other writer
	bytes int              // about how much apply writes

	err  error
	done bool          // err is final
	wake chan struct{} // tells a waiting caller that done is set, or that it leads
}

// writer lets one caller at a time write, for all that wait.
type writer struct {
	store  *Store
	buf    []byte // of the latest record of the log; the leader's
	fullAt uint64 // one more than the commits there were when the disk was last full; the leader's

	mu     sync.Mutex // guards the fields below
	queue  []*call
	led    bool // somebody leads, or was told to
	closed bool
	last   int // calls in the latest group
}

// maxYields is how often a leader lets others run before it takes a group, as long as that is smaller than the latest: the
// callers of that one have only just been woken, and those who are about to call again would miss the transaction.
// Where nobody is ready to run a yield costs nothing, and who led alone the last time does not yield.
const maxYields = 16

// exclusive runs fn while nobody writes.
func (w *writer) exclusive(ctx context.Context, fn func() error) error {
	return w.run(ctx, &call{ctx: ctx, alone: fn})
}

// close waits for its turn, runs last, and lets nobody write after that.
func (w *writer) close(last func()) {
	_ = w.run(context.Background(), &call{ctx: context.Background(), alone: func() error {
		last()
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		return nil
	}})
}

// run returns once c is durable, or failed. A context that is done before c's transaction begins withdraws c; after
// that it is too late, and run returns what happened.
func (w *writer) run(ctx context.Context, c *call) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	w.queue = append(w.queue, c)
	if w.led {
		c.wake = make(chan struct{}, 1)
		w.mu.Unlock()
		select {
		case <-c.wake:
		case <-ctx.Done():
			if w.withdraw(c) {
				return ctx.Err()
			}
			<-c.wake
		}
		if c.done {
			return c.err
		}
		w.mu.Lock()
	}
	w.led = true
	for i := 0; i < maxYields && w.last > 1 && len(w.queue) < w.last; i++ {
		w.mu.Unlock()
		runtime.Gosched()
		w.mu.Lock()
	}
	group := w.take()
	w.last = len(group)
	w.mu.Unlock()
	w.runGroup(group)
	w.passLead(group, c)
	return c.err
}

// take takes a group off the queue: what may share a transaction, or one call that may not.
func (w *writer) take() []*call {
	n, bytes := 0, 0
	for n < len(w.queue) && n < maxGroupCalls && (n == 0 || bytes+w.queue[n].bytes <= maxGroupBytes) {
		if w.queue[n].alone != nil {
			n = max(n, 1)
			break
		}
		bytes += w.queue[n].bytes
		n++
	}
	group := slices.Clone(w.queue[:n])
	w.queue = slices.Delete(w.queue, 0, n)
	return group
}

// passLead wakes the others of a finished group, and the one who leads next.
func (w *writer) passLead(group []*call, leader *call) {
	for _, c := range group {
		if c != leader {
			c.done = true
			c.wake <- struct{}{}
		}
	}
	w.mu.Lock()
	w.wakeNext()
	w.mu.Unlock()
}

// wakeNext tells the first in the queue to lead. The caller holds mu.
func (w *writer) wakeNext() {
	w.led = len(w.queue) > 0
	if w.led {
		w.queue[0].wake <- struct{}{}
	}
}

// withdraw takes c off the queue if it still waits there. If c was told to lead meanwhile, the next one is.
func (w *writer) withdraw(c *call) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.queue, c)
	if i < 0 {
		return false
	}
	w.queue = slices.Delete(w.queue, i, i+1)
	select {
	case <-c.wake:
		w.wakeNext()
	default:
	}
	return true
}

// runGroup makes each call of the group final.
func (w *writer) runGroup(group []*call) {
	w.mu.Lock()
	closed := w.closed
	w.mu.Unlock()
	if closed {
		failAll(group, ErrClosed)
		return
	}
	if group[0].alone != nil {
		group[0].err = runAlone(group[0].alone)
		return
	}
	live := make([]*call, 0, len(group))
	for _, c := range group {
		if c.err = c.ctx.Err(); c.err == nil {
			live = append(live, c)
		}
	}
	if len(live) == 0 || w.transact(live) || len(live) == 1 {
		return
	}
	for _, c := range live {
		c.err = nil
		w.transact([]*call{c})
	}
}

func failAll(group []*call, err error) {
	for _, c := range group {
		c.err = err
	}
}

func runAlone(fn func() error) (err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return fn()
}

// transact runs the group in one transaction and publishes what it wrote. It returns false if the transaction was given
// up because of one call; then nothing was written. A disk that is full may have room in the store itself, once there is
// a checkpoint: so that is tried again, once.
func (w *writer) transact(group []*call) bool {
	done := w.attempt(group)
	if now := w.store.commits.Load() + 1; done && errors.Is(group[0].err, ErrDiskFull) && w.fullAt != now {
		w.fullAt = now // and not again before something was written
		for _, c := range group {
			c.err = nil
		}
		done = w.attempt(group)
	}
	return done
}

func (w *writer) attempt(group []*call) bool {
	s := w.store
	if err := s.writable(); err != nil {
		failAll(group, err)
		return true
	}
	if err := s.logReady(); err != nil {
		failAll(group, err)
		return true
	}
	tx, e, err := s.begin(context.Background(), true)
	if err != nil {
		failAll(group, err)
		return true
	}
	defer e.end(tx)
	t := newTxn(s, tx, w.redo(e))
	defer w.keep(t.redo)
	if !applyAll(t, group) {
		return false
	}
	if t.documents == 0 && !t.dirty {
		return true // nothing to make durable
	}
	if maybe, err := e.commit(tx, t.redo); maybe {
		failAll(group, s.fail(err))
		return true
	} else if err != nil {
		failAll(group, fmt.Errorf("%w, nothing was written: free some space and try again: %w", ErrDiskFull, err))
		return true
	}
	s.commits.Add(1)
	s.written.Add(t.documents)
	s.feed.publish(t)
	return true
}

// redo returns what notes the writes of a transaction for the log, nil if there is none.
func (w *writer) redo(e *engine) *redo {
	if e.ahead == nil {
		return nil
	}
	return newRedo(w.buf)
}

// keep keeps the memory of a redo for the next one.
func (w *writer) keep(r *redo) {
	const most = 4 << 20
	if r != nil && cap(r.record) <= most {
		w.buf = r.record
	}
}

// applyAll runs the calls of a group. It returns false, with the culprit's error set, if the transaction must be given
// up.
func applyAll(t *txn, group []*call) (ok bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	current := group[0]
	defer func() {
		if r := recover(); r != nil {
			current.err = panicked(r)
			ok = false
		}
	}()
	for _, c := range group {
		current = c
		if c.err = c.apply(t); c.err != nil && t.broken {
			return false
		}
	}
	if err := t.finish(); err != nil {
		failAll(group, err)
		return false
	}
	return true
}
