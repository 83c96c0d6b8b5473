package kuzzlite

import (
	"cmp"
	"context"
	"fmt"
)

// Compaction is what Compact achieved, in bytes of the file.
type Compaction struct{ Before, After int64 }

// CompactOptions says how Compact behaves. Every zero field means the default, as do options that are left out, or nil.
type CompactOptions struct {
	// Progress is told how far Compact has come, see [Progress]; of a store in memory nothing. Default: nobody is told.
	Progress func(Progress)
}

func (o *CompactOptions) progress() func(Progress) {
	if o == nil {
		return nil
	}
	return o.Progress
}

// Compact copies the store into a new file without free pages and puts that in the place of the old one, in one step
// that a crash does not tear. Documents that have expired are removed before. Reads and writes go on meanwhile; the
// Store stays open and usable. It needs free space for the copy, and the right to create files beside the store's. The
// file keeps its page size, also on a machine that has another. If it fails nothing has changed. A copy that would not
// be smaller is thrown away: After is Before then. The copy may keep a little unused space, of about the size of its
// two largest documents. While another Compact runs it returns [ErrLocked]. On a store in memory, which has no unused
// space, it does nothing.
func (s *Store) Compact(ctx context.Context, o ...*CompactOptions) (c Compaction, err error) {
	opts, err := onlyOne(o)
	if err := cmp.Or(err, s.ready(ctx), s.writable()); err != nil {
		return c, err
	}
	e, ok := s.engine.(compacter)
	if !ok {
		return c, nil
	}
	ctx, cancel := s.whileOpen(ctx)
	defer cancel()
	s.sweepForCompact(ctx)
	err = observed(ctx, opts.progress(), func(ctx context.Context, by *observer) (err error) {
		c.Before, c.After, err = e.Compact(ctx, by.meter())
		return err
	})
	if err != nil {
		return c, fmt.Errorf("compact: %w", whyDone(ctx, err))
	}
	return c, nil
}
