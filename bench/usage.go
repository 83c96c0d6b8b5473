package main

import (
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync"
	"time"
)

// resources are what this process has used up so far.
type resources struct {
	cpu     float64 // seconds
	written int64   // bytes handed to the disk
	own     int64   // bytes, now: memory that is no file's
	rss     int64   // bytes, peak: all memory
	mallocs uint64
}

func usage() resources {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := resources{mallocs: m.Mallocs}
	systemUsage(&u)
	return u
}

// heapWatch looks at the Go heap every few milliseconds, all the time.
type heapWatch struct {
	mu         sync.Mutex // guards all below
	peak, live uint64
	away       bool // what happens now is the harness's own
}

// watchHeap watches until the process ends.
func watchHeap() *heapWatch {
	w := &heapWatch{}
	go func() {
		for range time.Tick(5 * time.Millisecond) {
			w.look()
		}
	}()
	return w
}

func (w *heapWatch) look() {
	read := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/live:bytes"},
	}
	metrics.Read(read)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.away {
		return
	}
	w.peak = max(w.peak, read[0].Value.Uint64())
	w.live = max(w.live, read[1].Value.Uint64())
}

func (w *heapWatch) peaks() (peak, live int64) {
	w.look()
	w.mu.Lock()
	defer w.mu.Unlock()
	return int64(w.peak), int64(w.live)
}

// lookAway runs fn, which is no work of the contender's, unwatched.
func (w *heapWatch) lookAway(fn func()) {
	if w == nil {
		fn()
		return
	}
	w.setAway(true)
	fn()
	runtime.GC() // what fn left behind
	runtime.GC()
	w.setAway(false)
}

func (w *heapWatch) setAway(away bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.away = away
}

// watchMemory looks at the memory of another process until the function it returns is called, which tells the peaks.
// (What the system tells when a process has ended includes its parent's memory, from before the exec.)
func watchMemory(pid int) (peaks func() (own, all int64)) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	var own, all int64
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			o, a := memory(strconv.Itoa(pid))
			own, all = max(own, o), max(all, a)
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	return func() (int64, int64) {
		close(stop)
		<-stopped
		return own, all
	}
}
