package statistics

import (
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// A request that takes longer than a frame is under way in none that it does not end, and an hour of frames is kept.
func TestRecorder(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	r := &Recorder{Now: func() time.Time { return now },
		Connections: func() Counts { return Counts{request.WebSocket: 2} }}
	end := r.Begin(request.HTTP)
	now = now.Add(3 * Interval)
	end(false)
	if list := r.Between(0, now.UnixMilli()); len(list) != 0 {
		t.Errorf("a frame in which nothing ended: %+v", list)
	}
	if r.Ongoing() != 0 {
		t.Errorf("%d requests are under way", r.Ongoing())
	}
	for range kept + 5 {
		now = now.Add(Interval)
		r.Begin(request.WebSocket)(true)
	}
	now = now.Add(Interval)
	list := r.Between(0, now.UnixMilli())
	if len(list) != kept {
		t.Fatalf("%d frames are kept, want %d", len(list), kept)
	}
	last := r.Last()
	if last.Timestamp != now.UnixMilli() || last.Failed[request.WebSocket] != 1 ||
		last.Connections[request.WebSocket] != 2 {
		t.Errorf("the last frame is %+v, at %d", last, now.UnixMilli())
	}
	if list[0].Completed[request.HTTP] != 0 {
		t.Errorf("the first frame kept is %+v", list[0])
	}
}
