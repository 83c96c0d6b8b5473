package kuzzlite

import (
	"slices"
	"sync"
	"time"
)

// Clock tells the time and waits for it. All of its methods may be called by any goroutine, AfterFunc also with locks
// of the store held.
type Clock interface {
	Now() time.Time

	// AfterFunc calls fn once, after d, unless the timer is stopped before: not before AfterFunc has returned, and on
	// another goroutine or by whoever moves the clock. Where d is not positive the time has come.
	AfterFunc(d time.Duration, fn func()) Timer
}

// Timer is a function that a Clock will call.
type Timer interface {
	// Stop keeps the function from being called. It returns false if that was done before, or it is too late.
	Stop() bool
}

// systemClock is that of the system.
type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) AfterFunc(d time.Duration, fn func()) Timer { return time.AfterFunc(d, fn) }

// FakeClock is a Clock for tests, which stands still until it is moved.
type FakeClock struct {
	mu     sync.Mutex // guards what follows
	now    time.Time
	timers []*fakeTimer
}

// fakeTimer is a timer of a FakeClock.
type fakeTimer struct {
	clock *FakeClock
	at    time.Time
	fn    func()
}

// NewFakeClock returns a clock that stands at a time.
func NewFakeClock(at time.Time) *FakeClock { return &FakeClock{now: at} }

// Now returns the time at which the clock stands.
func (c *FakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc returns a timer that Advance fires.
func (c *FakeClock) AfterFunc(d time.Duration, fn func()) Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &fakeTimer{clock: c, at: c.now.Add(max(d, 0)), fn: fn}
	c.timers = append(c.timers, t)
	return t
}

// Advance moves the clock by d. Whatever becomes due on the way is done when Advance returns, in the order of the
// times, each while the clock stands at its time: documents that expire are removed, and their changes are in the feed.
// Where d is negative the clock is set back, and nothing is due.
//
// A store removes documents in its turn to write. So Advance must not be called by the function of a transaction, or of
// Modify, which has the turn: it would wait for ever.
func (c *FakeClock) Advance(d time.Duration) {
	c.mu.Lock()
	until := c.now.Add(d)
	for {
		t := c.next(until)
		if t == nil {
			break
		}
		c.mu.Unlock()
		t.fn()
		c.mu.Lock()
	}
	if d < 0 || until.After(c.now) { // another call may have moved it further meanwhile
		c.now = until
	}
	c.mu.Unlock()
}

// next takes the first of the timers that are due until a time, moves the clock to when it is due, and returns it; nil
// if there is none. The caller holds mu.
func (c *FakeClock) next(until time.Time) *fakeTimer {
	if len(c.timers) == 0 {
		return nil
	}
	t := slices.MinFunc(c.timers, func(a, b *fakeTimer) int { return a.at.Compare(b.at) }) // the first set, of several
	if t.at.After(until) {
		return nil
	}
	c.remove(t)
	if t.at.After(c.now) {
		c.now = t.at
	}
	return t
}

// remove takes a timer away, and says whether it was there. The caller holds mu.
func (c *FakeClock) remove(t *fakeTimer) bool {
	i := slices.Index(c.timers, t)
	if i < 0 {
		return false
	}
	c.timers = slices.Delete(c.timers, i, i+1)
	return true
}

// Stop takes the timer away from its clock.
func (t *fakeTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	return t.clock.remove(t)
}
