package storage

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/door"
)

// Searches that see what was written with a delay, as those of Elasticsearch do.

var freeze = door.Freeze.(func(s *kuzzlite.Store) (handle *kuzzlite.Store, release func(), err error))

// refreshes is the state that searches see.
type refreshes struct {
	clock    kuzzlite.Clock
	interval time.Duration // 0: searches see everything at once

	mu      sync.Mutex
	timer   kuzzlite.Timer
	seen    *kuzzlite.Store // nil: none yet, or closed
	release func()
	last    uint64 // sequence of the newest change that is seen
	closed  bool
}

// RefreshEvery has searches see what was written before the last refresh only, of which there is one at each interval.
// It is called before the store is used.
func (s *Store) RefreshEvery(clock kuzzlite.Clock, interval time.Duration) error {
	s.refreshes.clock, s.refreshes.interval = clock, interval
	return s.Refresh()
}

// Refresh lets searches see what was written until now.
func (s *Store) Refresh() error {
	r := &s.refreshes
	if r.interval == 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	last := s.Sequence() // before, so that what is taken for seen is
	seen, release, err := freeze(s.Store)
	if err != nil {
		return err
	}
	if r.release != nil {
		r.release()
	}
	if r.timer != nil {
		r.timer.Stop()
	}
	r.seen, r.release, r.last = seen, release, last
	r.timer = r.clock.AfterFunc(r.interval, func() { _ = s.Refresh() }) // an error is that of a store that has closed
	return nil
}

// Searched calls fn with what searches see of the store. A refresh meanwhile has fn called once more.
func (s *Store) Searched(ctx context.Context, fn func(*kuzzlite.Store) error) error {
	if s.refreshes.interval == 0 {
		return fn(s.Store)
	}
	for {
		s.refreshes.mu.Lock()
		seen, closed := s.refreshes.seen, s.refreshes.closed
		s.refreshes.mu.Unlock()
		if closed {
			return fn(s.Store)
		}
		if err := fn(seen); !errors.Is(err, kuzzlite.ErrSnapshotGone) || ctx.Err() != nil {
			return err
		}
	}
}

// Seen returns the sequence of the newest change that searches see.
func (s *Store) Seen() uint64 {
	r := &s.refreshes
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.interval == 0 || r.closed {
		return s.Sequence()
	}
	return r.last
}

// Close ends the refreshes. The store stays open.
func (s *Store) Close() {
	r := &s.refreshes
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.timer != nil {
		r.timer.Stop()
	}
	if r.release != nil {
		r.release()
	}
}

// Still returns a handle of a store that Searched gave which reads one state however often it is asked. release ends it.
func (s *Store) Still(searched *kuzzlite.Store) (still *kuzzlite.Store, release func(), err error) {
	if s.refreshes.interval != 0 {
		return searched, func() {}, nil
	}
	return freeze(searched)
}
