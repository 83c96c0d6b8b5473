package kuzzlite

import (
	"bytes"
	"context"
)

// A watcher with a query, as it goes on by itself and by the hub of its collection in turns.

// liveRun is one iteration.
type liveRun struct {
	ctx   context.Context
	w     *watcher
	f     follower
	yield func(Change, error) bool
}

// run yields changes until the iteration ends.
func (r *liveRun) run() {
	l := &liveWatcher{prefix: r.w.prefix, documents: r.w.documents, scoped: r.w.scoped, wake: make(chan struct{}, 1)}
	h := r.f.store.join(r.w.col, l)
	defer h.leave(l)
	for {
		until, err := h.begin(l)
		if err != nil {
			r.yield(Change{}, err)
			return
		}
		if !r.alone(until) {
			return
		}
		if h.activate(l, r.f.since) && !r.live(h, l) {
			return
		}
	}
}

// alone reads changes up to a sequence, and says whether to go on.
func (r *liveRun) alone(until uint64) (goOn bool) {
	if r.f.since >= until {
		return true
	}
	r.f.until = &until
	goOn = true
	r.f.run(r.ctx, func(c Change, err error) bool {
		if err != nil {
			r.yield(c, err)
			goOn = false
		} else if r.w.wants(&c) {
			goOn = r.yield(c, nil)
		}
		return goOn
	})
	return goOn
}

// live yields what the hub gives, and says whether to go on without.
func (r *liveRun) live(h *hub, l *liveWatcher) (goOn bool) {
	for {
		list, err := h.next(r.ctx, l)
		if err != nil {
			r.yield(Change{}, err)
			return false
		}
		if len(list) == 0 {
			return true
		}
		for i := range list {
			c := list[i].change
			if doc := list[i].doc; r.w.documents && doc != nil {
				own := *doc // others get the same
				own.Source = bytes.Clone(doc.Source)
				c.Document = &own
			}
			r.f.since = c.Sequence
			if !r.yield(c, nil) {
				return false
			}
		}
	}
}
