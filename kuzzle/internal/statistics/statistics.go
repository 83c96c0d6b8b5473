// Package statistics counts the requests of a server.
package statistics

import (
	"maps"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// Counts are numbers by protocol.
type Counts map[request.Protocol]int

// Frame is what happened in some time. Its JSON is Kuzzle's.
type Frame struct {
	Completed   Counts `json:"completedRequests"` // requests that were answered
	Connections Counts `json:"connections"`       // that were open at the end of the frame
	Failed      Counts `json:"failedRequests"`    // of the requests, with an error
	Ongoing     Counts `json:"ongoingRequests"`   // that were under way at the end
	Timestamp   int64  `json:"timestamp"`         // ms since 1970, of the end
}

// How long a frame is, and how many are kept: an hour of them, as in Kuzzle. A frame in which nothing happened is
// none.
const (
	Interval = 10 * time.Second
	kept     = int(time.Hour / Interval)
)

// Recorder counts. Any number of goroutines may use it.
type Recorder struct {
	Now         func() time.Time
	Connections func() Counts // that are open; it must not use the Recorder

	mu      sync.Mutex // guards what follows
	frames  []Frame    // the oldest first
	current Frame
	began   time.Time // the current frame
	ongoing Counts
}

// Begin notes that a request has begun. The function that it returns is to be called when it has ended.
func (r *Recorder) Begin(p request.Protocol) (end func(failed bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roll()
	r.add(&r.ongoing, p, 1)
	return func(failed bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.roll()
		r.add(&r.ongoing, p, -1)
		if r.add(&r.current.Completed, p, 1); failed {
			r.add(&r.current.Failed, p, 1)
		}
	}
}

func (r *Recorder) add(to *Counts, p request.Protocol, n int) {
	if *to == nil {
		*to = Counts{}
	}
	(*to)[p] += n
}

// roll ends the current frame, if it is old enough.
func (r *Recorder) roll() {
	now := r.Now()
	if r.began.IsZero() {
		r.began = now
	}
	if now.Sub(r.began) < Interval {
		return
	}
	if len(r.current.Completed) > 0 {
		r.frames = append(r.frames, r.ended(r.began.Add(Interval)))
		r.frames = r.frames[max(0, len(r.frames)-kept):]
	}
	r.current, r.began = Frame{}, now
}

// ended returns the current frame as it is at a time.
func (r *Recorder) ended(at time.Time) Frame {
	return Frame{
		Completed: copied(r.current.Completed), Failed: copied(r.current.Failed), Ongoing: copied(r.ongoing),
		Connections: r.Connections(), Timestamp: at.UnixMilli(),
	}
}

// copied returns numbers that nobody changes any more.
func copied(c Counts) Counts {
	if c == nil {
		return Counts{}
	}
	return maps.Clone(c)
}

// Last returns the latest frame that has ended, or if there is none the one under way.
func (r *Recorder) Last() Frame {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roll()
	if len(r.frames) == 0 {
		return r.ended(r.Now())
	}
	return r.frames[len(r.frames)-1]
}

// Between returns the frames that have ended from one time to another, both in ms since 1970.
func (r *Recorder) Between(from, to int64) []Frame {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roll()
	list := []Frame{}
	for _, f := range r.frames {
		if from <= f.Timestamp && f.Timestamp <= to {
			list = append(list, f)
		}
	}
	return list
}

// Ongoing returns how many requests are under way.
func (r *Recorder) Ongoing() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, count := range r.ongoing {
		n += count
	}
	return n
}
