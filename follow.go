package kuzzlite

import (
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

// ChangesOptions says how far Changes goes. Every zero field means the default.
type ChangesOptions struct {
	// Follow waits for more at the end of the feed, until ctx is done. Default: Changes ends with the change that is the
	// newest when the iteration begins.
	Follow bool

	// Until is the sequence of the change after which to end. Default 0: none.
	Until uint64
}

// Changes yields the changes after the sequence since, without a gap or a repeat: those that are there, and with
// ChangesOptions.Follow those that come. It yields silent changes too, and those of indexes and collections. Anything
// may be called while it runs; whoever is slow to read changes delays nobody.
//
// When ctx is done it yields ctx's error and ends, when the store is closed [ErrClosed]. If changes after since are no
// longer kept it yields [ErrSequenceGone] and ends; so it does for a since that the store has not reached, and if
// [Store.Restore] takes back a change that it has yielded. A read-only store does not change, so it is not followed.
// Changes holds about 16 KiB of the feed in memory.
func (s *Store) Changes(ctx context.Context, since uint64, o ...*ChangesOptions) iter.Seq2[Change, error] {
	one, err := onlyOne(o)
	if err != nil {
		return func(yield func(Change, error) bool) { yield(Change{}, err) }
	}
	var opts ChangesOptions
	if one != nil {
		opts = *one
	}
	f := follower{store: s, since: since, era: s.feed.era.Load()}
	if opts.Until > 0 {
		f.until = &opts.Until
	}
	return func(yield func(Change, error) bool) {
		f := f // a sequence may be iterated more than once
		if !opts.Follow {
			f.endHere()
		}
		f.run(ctx, yield)
	}
}

// follower is a place in the change feed.
type follower struct {
	store *Store
	since uint64  // sequence of the change seen last
	era   *era    // in which that was
	until *uint64 // sequence of the last change to yield; nil: there is none
	ends  bool    // at the end of the feed

	// look is called, if not nil, with changes and what they were read from. It may complete the changes, and returns
	// as many of them, from the first on, as it has looked at.
	look func(kv.View, []Change) ([]Change, error)
}

// endHere makes the follower end with the change that is the newest now.
func (f *follower) endHere() {
	newest := f.store.Sequence()
	if f.until == nil || newest < *f.until {
		f.until = &newest
	}
	f.ends = true
}

// run yields changes.
func (f *follower) run(ctx context.Context, yield func(Change, error) bool) {
	for {
		changes, err := f.next(ctx)
		if err != nil {
			yield(Change{}, err)
			return
		}
		if len(changes) == 0 {
			return
		}
		for _, c := range changes {
			if f.store.feed.era.Load() != f.era { // what was read ahead does not count any more
				break
			}
			f.since = c.Sequence
			if !yield(c, nil) {
				return
			}
		}
	}
}

// next returns some changes after since, and waits until there are any; nil at the end.
func (f *follower) next(ctx context.Context) (changes []Change, err error) {
	s := f.store
	for {
		if err := f.catchUp(); err != nil {
			return nil, err
		}
		more := s.feed.wait(f.since)
		end := false
		err := s.view(ctx, func(v kv.View) (err error) {
			changes, end, err = f.read(v)
			return err
		})
		if s.feed.restored(f.era) {
			continue
		}
		if err != nil || len(changes) > 0 || end || f.ends || s.opts.ReadOnly {
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

// read reads some changes after since, up to until. end says that the follower has none to come.
func (f *follower) read(v kv.View) (changes []Change, end bool, err error) {
	changes, err = readChanges(v, f.since)
	if err != nil {
		return nil, false, err
	}
	if f.until != nil {
		for n := len(changes); n > 0 && changes[n-1].Sequence > *f.until; n-- {
			changes = changes[:n-1]
		}
		end = len(changes) == 0 && f.since >= *f.until
	}
	if f.look != nil {
		changes, err = f.look(v, changes)
	}
	return changes, end, err
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
