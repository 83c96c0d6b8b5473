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
// The wait ends with the last who comes. Once it has lasted as long as a sync takes, it ends as soon as those who have
// come are as many as those who have not: so while the disk syncs for the ones, the processor works for the others. A
// call that takes long, or waits itself, is not waited for again and again: who has not come in two waits counts no
// more, and neither do those for whom one wait was wholly in vain.
type announcements struct {
	mu     sync.Mutex // guards what follows
	age    uint64     // of the announcements to come
	coming [2]int     // of those that count, who have not come: of this age and of the one before, in turns
	wakes  chan struct{}
	come   int  // of those whom somebody waits for, and who were there before
	half   bool // as many are enough as do not come
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
	c.coming[c.age%2]++
	return &announced{Context: ctx, of: c, age: c.age}
}

// some says whether anybody is coming.
func (c *announcements) some() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left() > 0
}

// left is how many are coming. The caller holds mu.
func (c *announcements) left() int { return c.coming[0] + c.coming[1] }

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
	if a.age != c.age && a.age+1 != c.age {
		return
	}
	c.coming[a.age%2]--
	c.come++
	c.look()
}

// look ends a wait if enough have come. The caller holds mu.
func (c *announcements) look() {
	left := c.left()
	if c.wakes == nil || left > 0 && (!c.half || left > c.come) {
		return
	}
	if left > 0 {
		c.older()
	}
	close(c.wakes)
	c.wakes = nil
}

// older no longer counts those who were announced before the latest wait. The caller holds mu.
func (c *announcements) older() {
	c.age++
	c.coming[c.age%2] = 0
}

// wait returns once all who were announced have come, or after the shortest time as many as have not, those included
// that were there before, or after the longest time.
func (c *announcements) wait(before int, shortest, longest time.Duration) {
	wakes := c.awaited(before)
	if wakes == nil {
		return
	}
	shortest = min(shortest, longest)
	timer := time.NewTimer(shortest)
	defer timer.Stop()
	select {
	case <-wakes:
		return
	case <-timer.C:
	}
	c.halves(wakes)
	timer.Reset(longest - shortest)
	select {
	case <-wakes:
	case <-timer.C:
		c.forget(wakes)
	}
}

// awaited returns what is closed once enough have come; nil if nobody is coming.
func (c *announcements) awaited(before int) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left() == 0 {
		return nil
	}
	if c.wakes == nil {
		c.wakes, c.come, c.half = make(chan struct{}), before, false
	}
	return c.wakes
}

// halves ends a wait as soon as those who have come are as many as those who have not.
func (c *announcements) halves(wakes <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wakes == wakes {
		c.half = true
		c.look()
	}
}

// forget no longer counts those who have not come, unless enough have come just now.
func (c *announcements) forget(wakes <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wakes == wakes {
		c.older()
		c.older()
		c.wakes = nil
	}
}
