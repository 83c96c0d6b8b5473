package disk

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// announcements are of calls that are about to append. Whoever syncs next waits for them a little: so one sync does for
// what a server has read together, where chance would make several of it.
//
// The wait ends with the last who comes. Those for whom it was in vain count no more, so that a call which takes long, or
// waits itself, is waited for once.
type announcements struct {
	mu     sync.Mutex // guards what follows
	age    uint64     // of the announcements that count
	coming int        // of those, who have not come
	all    chan struct{}
}

// announced implements kv.Announcement.
type announced struct {
	context.Context

	of   *announcements
	age  uint64
	come atomic.Bool
}

func (c *announcements) announce(ctx context.Context) *announced {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.coming++
	return &announced{Context: ctx, of: c, age: c.age}
}

func (a *announced) Value(key any) any {
	if key == (kv.AnnouncementKey{}) {
		return a
	}
	return a.Context.Value(key)
}

func (a *announced) Come() {
	if a.come.Swap(true) {
		return
	}
	c := a.of
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.age != c.age {
		return
	}
	if c.coming--; c.coming == 0 && c.all != nil {
		close(c.all)
		c.all = nil
	}
}

// wait returns once all who were announced have come, or after the longest time.
func (c *announcements) wait(longest time.Duration) {
	all := c.awaited()
	if all == nil {
		return
	}
	timer := time.NewTimer(longest)
	defer timer.Stop()
	select {
	case <-all:
	case <-timer.C:
		c.forget(all)
	}
}

// awaited returns what is closed once all have come; nil if nobody is coming.
func (c *announcements) awaited() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.coming == 0 {
		return nil
	}
	if c.all == nil {
		c.all = make(chan struct{})
	}
	return c.all
}

// forget no longer counts those who have not come, unless all have come just now.
func (c *announcements) forget(all <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all != all {
		return
	}
	c.age++
	c.coming, c.all = 0, nil
}
