package kuzzlite

import (
	"context"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// frozen is a state of a store.
type frozen struct {
	mu   sync.Mutex // guards view, which one goroutine at a time may use
	view kv.View    // nil: released
}

func (f *frozen) read(ctx context.Context, fn func(kv.View) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.view == nil {
		return ErrSnapshotGone
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return fn(f.view)
}

func (f *frozen) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.view != nil {
		f.view.Release()
		f.view = nil
	}
}
