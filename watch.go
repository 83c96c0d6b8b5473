package kuzzlite

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
)

// Following the change feed. A follower has no queue: it reads the durable feed up to its end, then waits to be told
// that there is more. So a slow one costs the writer nothing, and misses nothing unless what it has not read yet is no
// longer kept, which it is told.

// feed is what the store knows of its change feed without reading it.
type feed struct {
	last  atomic.Uint64 // sequence of the newest committed change
	first atomic.Uint64 // sequence of the oldest change still kept; last+1 if there is none

	mu   sync.Mutex    // guards more
	more chan struct{} // closed when last grows; nil if nobody waits
}

// load reads where the feed begins and ends. If its newest part is damaged, so that the next sequence is not known, the
// store can be read but not written.
func (f *feed) load(s *Store) error {
	return s.view(context.Background(), func(tx *bolt.Tx) error {
		first, last, err := feedBounds(tx)
		f.first.Store(first)
		f.last.Store(last)
		if err != nil {
			err = fmt.Errorf("the store can be read, but not written: %w", err)
			s.failure.Store(&err)
		}
		return nil
	})
}

// publish tells the followers what a transaction committed.
func (f *feed) publish(t *txn) {
	f.last.Store(t.sequence)
	if t.firstKept > 0 {
		f.first.Store(t.firstKept)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.more != nil {
		close(f.more)
		f.more = nil
	}
}

// published leaves out changes that are not published: of a commit that just ends, or of one whose outcome is unknown,
// the sequences of which may come again for other changes.
func (f *feed) published(changes []Change) []Change {
	last := f.last.Load()
	for n := len(changes); n > 0; n-- {
		if changes[n-1].Sequence <= last {
			return changes[:n]
		}
	}
	return nil
}

// wait returns a channel that is closed once there is a change after since.
func (f *feed) wait(since uint64) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last.Load() > since {
		ready := make(chan struct{})
		close(ready)
		return ready
	}
	if f.more == nil {
		f.more = make(chan struct{})
	}
	return f.more
}

// Sequence returns the sequence of the newest committed change, 0 in a new store.
func (s *Store) Sequence() uint64 { return s.feed.last.Load() }

// Changes replays all changes after the sequence since, then follows, without a gap or a repeat, until ctx is done or
// the store is closed: it then yields ctx's error or [ErrClosed] and ends. It yields silent changes too, and those of
// indexes and collections. Anything may be called while it runs; a follower that is slow delays nobody.
//
// If changes after since are no longer kept it yields [ErrSequenceGone] and ends; so it does for a since that the store
// has not reached. In a read-only store it ends after the replay. It holds one block of changes, about 900 bytes of
// the feed, in memory.
func (s *Store) Changes(ctx context.Context, since uint64) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		for {
			changes, err := s.nextChanges(ctx, since)
			if err != nil {
				yield(Change{}, err)
				return
			}
			if changes == nil {
				return
			}
			for _, c := range changes {
				since = c.Sequence
				if !yield(c, nil) {
					return
				}
			}
		}
	}
}

// nextChanges returns some changes after since, and waits until there are any; nil at the end of a read-only store.
func (s *Store) nextChanges(ctx context.Context, since uint64) (changes []Change, err error) {
	for {
		more := s.feed.wait(since)
		err := s.view(ctx, func(tx *bolt.Tx) (err error) {
			changes, err = readChanges(tx, since)
			changes = s.feed.published(changes)
			return err
		})
		if err != nil || len(changes) > 0 || s.opts.ReadOnly {
			return changes, err
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.stop.Done():
			return nil, ErrClosed
		}
	}
}

// WatchOptions says what Watch yields. A nil *WatchOptions, and every zero field, means the default.
type WatchOptions struct {
	// Since points to the sequence after which to begin, as for Changes. Default: that of the newest change when Watch is
	// called.
	Since *uint64
}

// Watch follows the changes of the collection, those of silent calls left out: of its documents, and [OpTruncate],
// [OpCreateCollection], [OpDeleteCollection] and [OpDeleteIndex], which concern all of them. Nothing that is committed
// after the call of Watch is missed, even before the iteration begins. For the rest it is as [Store.Changes].
func (c *Collection) Watch(ctx context.Context, o *WatchOptions) iter.Seq2[Change, error] {
	since := c.store.Sequence()
	if o != nil && o.Since != nil {
		since = *o.Since
	}
	return func(yield func(Change, error) bool) {
		for change, err := range c.store.Changes(ctx, since) {
			if err == nil && (change.Silent || !change.concerns(c)) {
				continue
			}
			if !yield(change, err) {
				return
			}
		}
	}
}

// concerns says whether a change is of a collection, or of its index.
func (c *Change) concerns(col *Collection) bool {
	return c.Index == col.index && (c.Collection == col.name || c.Op == OpDeleteIndex)
}
