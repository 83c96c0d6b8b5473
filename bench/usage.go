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
	space   int64   // bytes, now: addresses
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

// liveHeap is how many bytes of the Go heap are alive, after a collection.
func liveHeap() int64 {
	runtime.GC()
	read := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(read)
	return int64(read[0].Value.Uint64())
}

// roundWatch looks at the memory of this process during a round, and allocates nothing meanwhile. A nil one does not.
type roundWatch struct {
	stop, stopped chan struct{}
	own, live     int64 // peaks
}

// watchRound begins to watch, if the task asks for it.
func (r *runner) watchRound() *roundWatch {
	if !r.Watch {
		return nil
	}
	w := &roundWatch{stop: make(chan struct{}), stopped: make(chan struct{})}
	go w.watch()
	return w
}

func (w *roundWatch) watch() {
	defer close(w.stopped)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	own := newOwnMemory()
	defer own.close()
	read := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for ended := false; ; {
		metrics.Read(read)
		w.own, w.live = max(w.own, own.bytes()), max(w.live, int64(read[0].Value.Uint64()))
		if ended {
			return
		}
		select {
		case <-tick.C:
		case <-w.stop:
			ended = true // after a last look: a round may be shorter than a tick
		}
	}
}

// fill ends the watch; empty is what the process used before there was a store.
func (w *roundWatch) fill(s *sample, empty resources) {
	if w == nil {
		return
	}
	close(w.stop)
	<-w.stopped
	s.OwnPeak, s.HeapLive = max(0, w.own-empty.own), max(w.live, liveHeap())
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
