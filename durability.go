package kuzzlite

import (
	"context"
	"errors"
	"time"
)

// What makes writes durable besides the commit itself: the log before it, with Relaxed now and then, and when the store is
// closed.

// logReady makes the log ready for a transaction that is about to begin.
func (s *Store) logReady() error {
	a := s.engine.Load().ahead
	if a == nil {
		return nil
	}
	err := a.ready()
	if errors.Is(err, ErrOutcomeUnknown) {
		return s.fail(err)
	}
	return err
}

// Sync makes everything acknowledged so far durable. With Durability Sync it already is, and in memory it never is:
// then Sync does nothing.
func (s *Store) Sync() error {
	if err := s.usable(); err != nil {
		return err
	}
	if s.path == "" || s.opts.Durability != Relaxed || s.opts.ReadOnly {
		return nil
	}
	return s.writer.exclusive(context.Background(), func() error {
		if failure := s.failure.Load(); failure != nil { // what was not synced then may never be
			return *failure
		}
		if err := s.engine.Load().ahead.sync(); err != nil {
			return s.fail(err)
		}
		return nil
	})
}

// syncRegularly bounds what Relaxed can lose. It ends with Close.
func (s *Store) syncRegularly() {
	tick := time.NewTicker(s.opts.SyncInterval)
	defer tick.Stop()
	var synced uint64
	for {
		select {
		case <-s.stop.Done():
			return
		case <-tick.C:
			if n := s.commits.Load(); n != synced && s.Sync() == nil {
				synced = n
			}
		}
	}
}

// settle makes the bbolt file alone the store, and writes the list of free pages into it, so that the next Open need not
// look for them.
func (s *Store) settle(e *engine) error {
	if s.path == "" || s.opts.ReadOnly || s.commits.Load() == 0 && (e.ahead == nil || e.ahead.log == nil) {
		return nil
	}
	if failure := s.failure.Load(); failure != nil {
		if s.opts.Durability == Relaxed { // whoever wrote was told that all is well
			return *failure
		}
		return nil
	}
	if e.ahead != nil {
		if err := e.ahead.retire(); err != nil {
			return err
		}
	}
	tx, err := e.begin(true)
	if err != nil {
		return err
	}
	defer e.end(tx)
	e.db.NoSync, e.db.NoGrowSync, e.db.NoFreelistSync = false, false, false
	return e.commitBolt(tx)
}
