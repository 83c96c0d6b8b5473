package kuzzlite

import (
	"sync"
	"time"
)

// alarm calls a function at times, by a clock: the earliest time that was set counts.
type alarm struct {
	clock Clock
	pause int64 // from one call to the next at least, in ms
	ring  func(now int64) (next int64)

	mu      sync.Mutex // guards what follows
	timer   Timer      // nil: nothing is waited for
	at      int64      // what is waited for, in ms since 1970
	last    int64      // when the function was called last
	ended   bool
	running sync.WaitGroup
}

// maxTimer is how long one timer lasts at most, in ms: so the alarm minds a clock that is set, and no time is too far.
const maxTimer = 3_600_000

func (a *alarm) now() int64 { return a.clock.Now().UnixMilli() }

// set makes the alarm ring at a time in ms since 1970, unless that is never, or it rings before.
func (a *alarm) set(at int64) {
	if at == never {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return
	}
	if a.pause > 0 {
		at = max(at, min(a.last, a.now())+a.pause) // the clock may have been set back since
	}
	if a.timer != nil && at >= a.at {
		return
	}
	a.at = at
	if a.timer == nil || a.timer.Stop() { // or fire is called already, and sees to it
		a.wait()
	}
}

// wait sets the timer. The caller holds mu.
func (a *alarm) wait() {
	left := min(a.at-a.now(), maxTimer)
	a.timer = a.clock.AfterFunc(time.Duration(left)*time.Millisecond, a.fire)
}

// fire is what the timer calls.
func (a *alarm) fire() {
	now, ok := a.begin()
	if !ok {
		return
	}
	defer a.running.Done()
	a.set(a.ring(now))
}

// begin says whether the function is to be called now.
func (a *alarm) begin() (now int64, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return 0, false
	}
	if now = a.now(); now < a.at {
		a.wait()
		return 0, false
	}
	a.timer, a.last = nil, now
	a.running.Add(1)
	return now, true
}

// end ends the alarm, and waits for a call that is under way.
func (a *alarm) end() {
	a.mu.Lock()
	a.ended = true
	if a.timer != nil {
		a.timer.Stop()
	}
	a.mu.Unlock()
	a.running.Wait()
}
