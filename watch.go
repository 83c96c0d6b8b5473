package kuzzlite

import (
	"cmp"
	"context"
	"fmt"
	"iter"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Following the change feed. A follower has no queue: it reads the durable feed up to its end, then waits to be
// told that there is more. So a slow follower costs the writer nothing, and misses nothing, unless what it has not
// read yet is no longer kept, which it is told.

// Sequence returns the sequence of the newest committed change, 0 in a new store. Nothing that a read has returned, and
// no backup that was taken, has a newer one. It costs a read. Once the store is closed it is that of the newest change
// of which a call has returned.
func (s *Store) Sequence() uint64 {
	last := s.feed.last.Load()
	// What is durable can be read before the call that wrote it has returned.
	_ = s.view(context.Background(), func(v kv.View) error {
		b, err := readBounds(v)
		if err == nil {
			last = max(last, b.last)
		}
		return err
	})
	return last
}

// place returns the newest sequence and the era that it is of.
func (s *Store) place() (uint64, *era) {
	for {
		in := s.feed.era.Load()
		last := s.Sequence()
		if !s.feed.restored(in) {
			return last, in
		}
	}
}

// Changes replays all changes after the sequence since, then follows, without a gap or a repeat, until ctx is done or
// the store is closed: it then yields ctx's error or [ErrClosed] and ends. It yields silent changes too, and those of
// indexes and collections. Anything may be called while it runs; a follower that is slow delays nobody.
//
// If changes after since are no longer kept it yields [ErrSequenceGone] and ends; so it does for a since that the store
// has not reached, and if [Store.Restore] takes back a change that it has yielded. In a read-only store it ends after
// the replay. It holds about 16 KiB of the feed in memory.
func (s *Store) Changes(ctx context.Context, since uint64) iter.Seq2[Change, error] {
	return s.follow(ctx, since, s.feed.era.Load())
}

// follow is Changes for a sequence of an era.
func (s *Store) follow(ctx context.Context, since uint64, in *era) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		f := follower{store: s, since: since, era: in}
		for {
			changes, err := f.next(ctx)
			if err != nil {
				yield(Change{}, err)
				return
			}
			if changes == nil {
				return
			}
			for _, c := range changes {
				if s.feed.era.Load() != f.era { // what was read ahead does not count any more
					break
				}
				f.since = c.Sequence
				if !yield(c, nil) {
					return
				}
			}
		}
	}
}

// follower is a place in the change feed.
type follower struct {
	store *Store
	since uint64 // sequence of the change seen last
	era   *era   // in which that was
}

// next returns some changes after since, and waits until there are any; nil at the end of a read-only store.
func (f *follower) next(ctx context.Context) (changes []Change, err error) {
	s := f.store
	for {
		if err := f.catchUp(); err != nil {
			return nil, err
		}
		more := s.feed.wait(f.since)
		err := s.view(ctx, func(v kv.View) (err error) {
			changes, err = readChanges(v, f.since)
			return err
		})
		if s.feed.restored(f.era) {
			continue
		}
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

// catchUp takes a follower into the present era, unless it has seen a change that was gone when an era began.
func (f *follower) catchUp() error {
	for now := f.store.feed.era.Load(); f.era != now; {
		f.era = f.era.next
		if f.since > f.era.shared {
			return fmt.Errorf("%w: asked for those after %d, but the store was restored, and has those up to %d only",
				ErrSequenceGone, f.since, f.era.shared)
		}
	}
	return nil
}

// WatchOptions says what Watch yields. Every zero field means the default.
type WatchOptions struct {
	// Since is the sequence after which to begin, as for Changes. Default: that of the newest change when Watch is called.
	Since uint64

	// Replay begins at Since even if that is 0: with all changes that are kept, if the first one is.
	Replay bool
}

// Watch follows the changes of the collection, those of silent calls left out: of its documents, and [OpTruncate],
// [OpCreateCollection], [OpDeleteCollection] and [OpDeleteIndex], which concern all of them. Nothing that is committed
// after the call of Watch is missed, even before the iteration begins. The collection need not exist; if its name, or
// that of its index, breaks Kuzzle's rules, Watch yields [ErrInvalid] and ends. For the rest it is as [Store.Changes].
func (c *Collection) Watch(ctx context.Context, o ...*WatchOptions) iter.Seq2[Change, error] {
	since, era := c.store.place()
	opts, err := onlyOne(o)
	if opts != nil && (opts.Replay || opts.Since > 0) {
		since = opts.Since
	}
	changes, err := c.store.follow(ctx, since, era), cmp.Or(err, c.checkNames())
	if c.tx != nil {
		err = ErrInTransaction
	}
	return func(yield func(Change, error) bool) {
		if err != nil { // or there will never be such a collection
			yield(Change{}, err)
			return
		}
		for change, err := range changes {
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
