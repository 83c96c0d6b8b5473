package kuzzlite

import (
	"context"
	"fmt"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// What bounds a query.

// The bounds of one chunk, besides those of All.
const (
	chunkScanned = 4096 // documents and entries
	firstMatches = 16   // for how many there is room at first
)

// maxCollected is how many ids are collected at most: beyond that all documents are looked at. Tests make do with less.
var maxCollected = 1 << 20

// reading is the reading of one query.
type reading struct {
	col     *Collection
	ctx     context.Context
	clock   stopwatch
	scanned int // documents and entries that were looked at
	most    int // how many may be; not positive: any number
}

// read runs fn on one state of the store, within the time that is left.
func (r *reading) read(fn func(v kv.View, bucket []byte) error) error {
	r.clock.start()
	defer r.clock.stop()
	if err := r.clock.check(r.ctx); err != nil {
		return err
	}
	return r.col.read(r.ctx, fn)
}

// look counts what the query has looked at.
func (r *reading) look(n int) error {
	r.scanned += n
	if r.most > 0 && r.scanned > r.most {
		return fmt.Errorf("%w: the query looks at more than %d documents and entries of field indexes (MaxScan): make a field "+
			"index for it, or allow more", ErrTooLarge, r.most)
	}
	if r.scanned%256 == 0 {
		return r.clock.check(r.ctx)
	}
	return nil
}

// stopwatch bounds the time of a query, without that between two reads.
type stopwatch struct {
	left  time.Duration // negative: any
	until time.Time     // while it runs
}

// start begins to take the time.
func (w *stopwatch) start() {
	if w.left >= 0 {
		w.until = time.Now().Add(w.left)
	}
}

// stop ends that.
func (w *stopwatch) stop() {
	if w.left >= 0 {
		w.left = max(time.Until(w.until), 0)
	}
}

// check returns why the query must end.
func (w *stopwatch) check(ctx context.Context) error {
	if ctx.Err() == nil && w.left >= 0 && !time.Now().Before(w.until) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}
