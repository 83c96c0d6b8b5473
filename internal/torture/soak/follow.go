package soak

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// follower follows the feed from life to life of the store. It is owed each change once, in order.
type follower struct {
	watched  string // collection; "": all
	since    atomic.Uint64
	versions map[string]uint64 // of each document of its collection
	seen     int
}

// follow follows a store until it is closed.
func (f *follower) follow(ctx context.Context, s *kuzzlite.Store) error {
	since := f.since.Load()
	changes := s.Changes(ctx, since, &kuzzlite.ChangesOptions{Follow: true})
	if f.watched != "" {
		changes = s.Collection(oracle.Index, f.watched).Watch(ctx, &kuzzlite.WatchOptions{Replay: true, Since: since})
	}
	return f.take(changes)
}

func (f *follower) take(changes iter.Seq2[kuzzlite.Change, error]) error {
	for c, err := range changes {
		if errors.Is(err, kuzzlite.ErrClosed) {
			return nil
		}
		if err == nil {
			err = f.next(c)
		}
		if err != nil {
			return fmt.Errorf("follower of %q after sequence %d: %w", f.watched, f.since.Load(), err)
		}
	}
	return errors.New("a follower ended by itself")
}

// next verifies that nothing is between the change and the last one: in the store, or else in the document, whose
// versions go on, or begin anew once its tombstone has ended.
func (f *follower) next(c kuzzlite.Change) error {
	last := f.since.Load()
	if c.Sequence <= last || f.watched == "" && c.Sequence != last+1 {
		return fmt.Errorf("sequence %d after %d", c.Sequence, last)
	}
	id := c.Collection + "/" + c.ID
	had := f.versions[id]
	switch {
	case f.watched != "" && c.Collection != f.watched && c.Collection != "":
		return fmt.Errorf("change of %s", c.Collection)
	case c.ID == "", c.Version == had+1, c.Op == kuzzlite.OpCreate && c.Version == 1:
	default:
		return fmt.Errorf("version %d of %s after %d, %v", c.Version, id, had, c.Op)
	}
	f.versions[id] = c.Version
	f.seen++
	f.since.Store(c.Sequence)
	return nil
}
