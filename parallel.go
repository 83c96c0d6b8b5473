package kuzzlite

import (
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Work on many items at once, for calls with many documents. The goroutines end before the function returns.

const (
	shareSize  = 32 // items that a goroutine takes at a time: far more work than to take them
	maxSharers = 8  // goroutines, however many cores there are: the writer's other work does not become faster
)

// inShares calls fn for all of n items, in shares [from, to), on several goroutines if there are items enough for them.
// If fn panics, or touches a page that is not there, the first of these panics is that of inShares.
func inShares(n int, fn func(from, to int)) {
	sharers := min(runtime.GOMAXPROCS(0), maxSharers, n/shareSize)
	if sharers < 2 {
		fn(0, n)
		return
	}
	s := shares{n: n, fn: fn}
	var helpers sync.WaitGroup
	for range sharers - 1 {
		helpers.Go(s.work)
	}
	s.work()
	helpers.Wait()
	if r := s.panicked.Load(); r != nil {
		panic(*r)
	}
}

// shares is work that is shared.
type shares struct {
	n        int
	fn       func(from, to int)
	taken    atomic.Int64 // items that somebody has taken
	panicked atomic.Pointer[any]
}

// work takes shares until there are none left.
func (s *shares) work() {
	defer func() {
		if r := recover(); r != nil {
			s.panicked.CompareAndSwap(nil, &r)
			s.taken.Store(int64(s.n)) // nobody needs the rest
		}
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // it is a setting of the goroutine
	for {
		to := int(s.taken.Add(shareSize))
		from := to - shareSize
		if from >= s.n {
			return
		}
		s.fn(from, min(to, s.n))
	}
}
