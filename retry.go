package kuzzlite

import (
	"context"
	"math/rand/v2"
	"time"
)

// retries bounds how often work that lost a race is done again.
type retries struct{ left int } // negative: no bound

// The pauses before work is done again: at random up to twice as long each time.
const (
	firstPause = time.Millisecond
	maxPause   = 100 * time.Millisecond
)

// again waits before the next try, after n of them, or returns why there is none: ErrConflict, or ctx's error.
func (r *retries) again(ctx context.Context, n int) error {
	if r.left == 0 {
		return ErrConflict
	}
	r.left--
	pause := time.NewTimer(rand.N(min(firstPause<<min(n, 10), maxPause)))
	defer pause.Stop()
	select {
	case <-pause.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
