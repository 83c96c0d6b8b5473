package kuzzlite

import (
	"sync"
	"testing"
	"time"
)

// Advance fires what is due, in the order of the times, each at its time, also what is set meanwhile.
func TestFakeClock(t *testing.T) {
	f := &fixture{t: t}
	begin := time.UnixMilli(epoch)
	c := NewFakeClock(begin)
	var fired []time.Duration
	note := func() { fired = append(fired, c.Now().Sub(begin)) }
	c.AfterFunc(3*time.Second, note)
	c.AfterFunc(time.Second, func() {
		note()
		c.AfterFunc(time.Second, note)
		c.AfterFunc(time.Hour, note)
	})
	never := c.AfterFunc(2*time.Second, note)
	f.equal("stopped", never.Stop(), true)
	f.equal("stopped again", never.Stop(), false)
	c.AfterFunc(-time.Second, note)
	f.equal("before", len(fired), 0)
	c.Advance(10 * time.Second)
	f.equal("fired", fired, []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second})
	f.equal("now", c.Now().Sub(begin), 10*time.Second)
	c.Advance(-5 * time.Second)
	f.equal("set back", c.Now().Sub(begin), 5*time.Second)
	c.Advance(time.Hour)
	f.equal("fired in the end", len(fired), 5)
	f.equal("at", fired[4], time.Hour+time.Second)
}

// Several goroutines may move a clock, and set timers: each of these fires once, and time does not go back.
func TestFakeClockConcurrently(t *testing.T) {
	f := &fixture{t: t}
	c := newClock()
	var mu sync.Mutex
	fired := 0
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				before := c.Now()
				c.AfterFunc(time.Millisecond, func() {
					mu.Lock()
					defer mu.Unlock()
					fired++
				})
				c.Advance(time.Millisecond)
				if c.Now().Before(before) {
					t.Error("time has gone back")
				}
			}
		})
	}
	all.Wait()
	c.Advance(time.Second)
	f.equal("fired", fired, 800)
}

// stubborn is a clock whose timers cannot be stopped: they are about to fire.
type stubborn struct{ *FakeClock }

func (s stubborn) AfterFunc(d time.Duration, fn func()) Timer {
	return unstoppable{s.FakeClock.AfterFunc(d, fn)}
}

type unstoppable struct{ Timer }

func (unstoppable) Stop() bool { return false }

// An earlier time counts also if it is set while the timer fires.
func TestAlarmSetWhileItFires(t *testing.T) {
	f := &fixture{t: t}
	clock := newClock()
	var rang []int64
	a := alarm{clock: stubborn{clock}, ring: func(now int64) int64 { rang = append(rang, now-epoch); return never }}
	a.set(epoch + 10*maxTimer)
	clock.Advance(maxTimer*time.Millisecond - 1)
	a.set(epoch + maxTimer + 5)
	clock.Advance(time.Second)
	f.equal("rang", rang, []int64{maxTimer + 5})
	a.end()
	a.set(epoch)
	clock.Advance(time.Hour)
	f.equal("after the end", len(rang), 1)
}
