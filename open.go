package kuzzlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/disk"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Opening a store.

// Open opens the store in the file at path. If there is none it creates one, unless o.ReadOnly or o.Mode says
// otherwise; the directory must exist, and an empty file is not a store. A new file may be read and written by its
// owner only (mode 0600). A store that was not closed is recovered: what is in its log is read into memory, and with
// ReadOnly neither file is changed.
//
// Errors: [ErrLocked] if another process has it open, [ErrNotStore], [ErrCorrupt], [ErrInvalid] options, [ErrDiskFull],
// [ErrExists] and [fs.ErrNotExist] by o.Mode, and what the file system says.
func Open(path string, o *Options) (*Store, error) {
	opts, err := o.resolved()
	if err != nil {
		return nil, err
	}
	if path == "" {
		return nil, fmt.Errorf("open store: %w path: it is empty", ErrInvalid)
	}
	e, err := disk.Open(path, opts.disk())
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	s, err := newStore(path, opts, e)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, errors.Join(err, e.Close()))
	}
	return s, nil
}

// OpenMemory opens an empty store in memory: nothing is left after Close.
func OpenMemory(o *Options) (*Store, error) {
	opts, err := o.resolved()
	if err != nil {
		return nil, err
	}
	if opts.ReadOnly {
		return nil, fmt.Errorf("open store in memory: %w options: a new store cannot be ReadOnly", ErrInvalid)
	}
	if opts.Mode == OpenExisting {
		return nil, fmt.Errorf("open store in memory: %w options: there is none yet for OpenExisting", ErrInvalid)
	}
	s, err := newStore("", opts, kv.NewMemory(initial()))
	if err != nil {
		return nil, fmt.Errorf("open store in memory: %w", err)
	}
	return s, nil
}

// newStore returns a store that uses an engine. It can be read, but not written, if the beginning and the end of its
// change feed are damaged: the next sequence is not known then.
func newStore(path string, o Options, e kv.Engine) (*Store, error) {
	s := &Store{core: &core{path: path, engine: e, feed: newFeed()}, opts: o, limits: kuzzleLimits}
	s.sweeps.clock, s.sweeps.pause, s.sweeps.ring = o.Clock, sweepPause, s.sweep
	if _, fake := o.Clock.(*FakeClock); fake { // whose Advance leaves nothing undone
		s.sweeps.pause = 0
	}
	s.stop, s.stopNow = context.WithCancel(context.Background())
	err := s.view(context.Background(), s.feed.load)
	if errors.Is(err, ErrCorrupt) {
		s.damage = fmt.Errorf("the store can be read, but not written: %w", err)
		err = nil
	}
	if err == nil && s.writable() == nil {
		err = s.moveMappings(context.Background())
	}
	if err == nil && s.writable() == nil {
		err = s.view(context.Background(), s.startSweeps)
	}
	if err != nil {
		s.sweeps.end()
	}
	return s, err
}
