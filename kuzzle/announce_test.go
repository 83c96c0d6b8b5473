package kuzzle

import (
	"context"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/door"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// announcing is an engine in memory that counts who is announced and has not come.
type announcing struct {
	*kv.Memory

	announced, coming, early atomic.Int64 // early: of those, who had not come when they began to wait
}

type announcement struct {
	context.Context

	of   *announcing
	come atomic.Bool
}

func (e *announcing) Announce(ctx context.Context) kv.Announcement {
	e.announced.Add(1)
	e.coming.Add(1)
	return &announcement{Context: ctx, of: e}
}

func (a *announcement) Value(key any) any {
	if key == (kv.AnnouncementKey{}) {
		return a
	}
	return a.Context.Value(key)
}

func (a *announcement) Come() {
	if !a.come.Swap(true) {
		a.of.coming.Add(-1)
	}
}

func (e *announcing) Begin(ctx context.Context) (kv.Stage, error) {
	s, err := e.Memory.Begin(ctx)
	return &announcedStage{s, e}, err
}

type announcedStage struct {
	kv.Stage
	of *announcing
}

func (s *announcedStage) Append(b *kv.Batch) (kv.Pending, error) {
	p, err := s.Stage.Append(b)
	return &announcedPending{p, s.of}, err
}

type announcedPending struct {
	kv.Pending
	of *announcing
}

func (p *announcedPending) Wait() error {
	p.of.early.Add(p.of.coming.Load())
	return p.Pending.Wait()
}

// What is read from a WebSocket is announced to the engine, and has come before a write waits for its sync, at the latest
// when it is answered: whatever it is, and whatever becomes of it.
func TestFramesAreAnnounced(t *testing.T) {
	e := &announcing{Memory: kv.NewMemory(nil)}
	open := door.Open.(func(string, kv.Engine, *kuzzlite.Options) (*kuzzlite.Store, error))
	store, err := open("announcing", e, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s, err := NewServer(store, nil)
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(s)
	defer listening.Close()
	if err := store.CreateCollection(t.Context(), "i", "c"); err != nil {
		t.Fatal(err)
	}
	frames := []string{
		`{"controller":"document","action":"mUpsert","index":"i","collection":"c","body":{"documents":[{"_id":"a","changes":{}}]}}`,
		`{"controller":"document","action":"create","index":"i","collection":"c","_id":"a","body":{}}`,
		`{"controller":"document","action":"deleteByQuery","index":"i","collection":"c","body":{"query":{}}}`,
		`{"controller":"document","action":"search","index":"i","collection":"c","body":{}}`,
		`{"controller":"server","action":"now"}`, `{"controller":"no","action":"such"}`, pingFrame, `{`,
	}
	c := dial(t, listening.URL)
	for n, frame := range frames {
		c.send(frame)
		c.read()
		for e.coming.Load() > 0 { // the answer may be on its way before
			runtime.Gosched()
		}
		if got := e.announced.Load(); got != int64(n+1) {
			t.Errorf("%d announced after %s", got, frame)
		}
	}
	if e.early.Load() > 0 {
		t.Error("a write waits for its sync before it has come")
	}
	_ = c.conn.Close(websocket.StatusNormalClosure, "")
}
