package kuzzlite

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kuzzlite/kuzzlite/query"
)

// Many watchers with queries: what each yields, against the most direct way.

// liveModel are documents, and the watchers of them.
type liveModel struct {
	*rand.Rand
	f        *fixture
	docs     map[string]string
	watchers []*modelWatcher
}

// modelWatcher is a watcher, and what it has been told.
type modelWatcher struct {
	q       *query.Query
	matcher *query.Matcher
	stop    context.CancelFunc

	mu      sync.Mutex
	got     []string            // since the last step
	members map[string]struct{} // by what it was told
	stray   string              // a document that went out and was never in
	held    chan struct{}       // nil: it is not held up; else it waits for this
}

func (m *liveModel) doc() string {
	return fmt.Sprintf(`{"a":%d,"b":["x%d","x%d"]}`, m.IntN(6), m.IntN(4), m.IntN(4))
}

func (m *liveModel) query() *query.Query {
	switch m.IntN(5) {
	case 0:
		return query.Gt("a", m.IntN(6))
	case 1:
		return query.And(query.Eq("a", m.IntN(6)), query.Eq("b", fmt.Sprint("x", m.IntN(4))))
	case 2:
		return query.Or(query.IDs(fmt.Sprint(m.IntN(8))), query.Eq("a", m.IntN(6)))
	case 3:
		return query.Not(query.Eq("b", fmt.Sprint("x", m.IntN(4))))
	}
	return query.Eq("b", fmt.Sprint("x", m.IntN(4)))
}

// watch begins a watcher.
func (m *liveModel) watch() {
	w := &modelWatcher{q: m.query(), members: map[string]struct{}{}}
	var err error
	w.matcher, err = query.Compile(w.q, nil)
	m.f.ok(err)
	for id := range m.matching(w) {
		w.members[id] = struct{}{}
	}
	ctx, stop := context.WithCancel(ctx)
	w.stop = stop
	watched := m.f.s.Collection("i", "c").Watch(ctx, &WatchOptions{Query: w.q, Documents: m.IntN(2) == 0})
	go func() {
		for c, err := range watched {
			if err != nil {
				return
			}
			w.told(&c)
		}
	}()
	m.watchers = append(m.watchers, w)
}

func (w *modelWatcher) told(c *Change) {
	w.mu.Lock()
	held := w.held
	w.mu.Unlock()
	if held != nil {
		<-held
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got = append(w.got, fmt.Sprint(c.Op, " ", c.ID, " ", c.Scope))
	switch {
	case c.Op.empties():
		clear(w.members)
	case c.Scope == ScopeIn:
		w.members[c.ID] = struct{}{}
	case c.Scope == ScopeOut:
		if _, known := w.members[c.ID]; !known {
			w.stray = c.ID
		}
		delete(w.members, c.ID)
	}
}

// matching returns the documents that match for a watcher.
func (m *liveModel) matching(w *modelWatcher) map[string]struct{} {
	ids := map[string]struct{}{}
	for id, doc := range m.docs {
		if w.matcher.Match(id, []byte(doc)) {
			ids[id] = struct{}{}
		}
	}
	return ids
}

// change makes a random change.
func (m *liveModel) change() {
	id := fmt.Sprint(m.IntN(8))
	switch n := m.IntN(20); {
	case n == 0:
		m.f.ok(m.f.col().Truncate(ctx))
		clear(m.docs)
	case n < 5:
		_, _ = m.f.col().Delete(ctx, id)
		delete(m.docs, id)
	default:
		m.docs[id] = m.doc()
		m.f.put(id, m.docs[id])
	}
}

// step makes a change and compares what each watcher is told.
func (m *liveModel) step() {
	m.f.t.Helper()
	before := maps.Clone(m.docs)
	since := m.f.s.Sequence()
	m.change()
	synctest.Wait()
	var c *Change
	for change, err := range m.f.s.Changes(ctx, since) {
		m.f.ok(err)
		c = &change
	}
	for i, w := range m.watchers {
		w.mu.Lock()
		got := w.got
		w.got = nil
		w.mu.Unlock()
		var want []string
		switch {
		case c == nil:
		case c.Op.empties():
			want = []string{fmt.Sprint(c.Op, "  ")}
		default:
			was := before[c.ID] != "" && w.matcher.Match(c.ID, []byte(before[c.ID]))
			is := m.docs[c.ID] != "" && w.matcher.Match(c.ID, []byte(m.docs[c.ID]))
			if is {
				want = []string{fmt.Sprint(c.Op, " ", c.ID, " ", ScopeIn)}
			} else if was {
				want = []string{fmt.Sprint(c.Op, " ", c.ID, " ", ScopeOut)}
			}
		}
		if !slices.Equal(got, want) {
			m.f.t.Fatalf("watcher %d of %+v was told %q, want %q, of %+v", i, w.q, got, want, c)
		}
	}
}

// settled compares what the watchers know with the documents.
func (m *liveModel) settled() {
	m.f.t.Helper()
	synctest.Wait()
	for i, w := range m.watchers {
		w.mu.Lock()
		if want := m.matching(w); !maps.Equal(w.members, want) {
			m.f.t.Fatalf("watcher %d of %+v knows of %v, want %v", i, w.q, w.members, want)
		}
		if w.stray != "" {
			m.f.t.Fatalf("watcher %d of %+v was told that %q is out, which never was in", i, w.q, w.stray)
		}
		w.got = nil
		w.mu.Unlock()
	}
}

func TestLive(t *testing.T) {
	defer func(n int) { maxLiveChanges = n }(maxLiveChanges)
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			maxLiveChanges = []int{4096, 5}[seed%2]
			f := newFixture(t, nil)
			m := &liveModel{rand.New(rand.NewPCG(seed, 51)), f, map[string]string{}, nil}
			for range 200 {
				switch m.IntN(8) {
				case 0:
					m.watch()
				case 1:
					if len(m.watchers) > 20 {
						m.watchers[0].stop()
						m.watchers = m.watchers[1:]
					}
				case 2:
					m.heldUp()
				default:
					synctest.Wait()
					m.step()
				}
			}
			for _, w := range m.watchers {
				w.stop()
			}
			synctest.Wait()
			f.s.hubs.mu.Lock()
			f.equal("hubs", len(f.s.hubs.of), 0)
			f.s.hubs.mu.Unlock()
		})
	}
}

// heldUp makes changes while some watchers are held up.
func (m *liveModel) heldUp() {
	held := make(chan struct{})
	for _, w := range m.watchers {
		if m.IntN(2) == 0 {
			w.mu.Lock()
			w.held = held
			w.mu.Unlock()
		}
	}
	for range m.IntN(15) {
		m.change()
		if m.IntN(2) == 0 {
			synctest.Wait()
		}
	}
	for _, w := range m.watchers {
		w.mu.Lock()
		w.held = nil
		w.mu.Unlock()
	}
	close(held)
	m.settled()
}

// Watchers end with the store, and a hub that has ended makes room for another.
func TestLiveEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		var err error
		ended := make(chan struct{})
		watched := f.s.Collection("i", "c").Watch(ctx, &WatchOptions{Query: query.All()})
		go func() {
			defer close(ended)
			for _, err = range watched {
			}
		}()
		synctest.Wait()
		f.put("a", `{}`)
		time.Sleep(time.Millisecond) // of the bubble
		f.ok(f.s.Close())
		<-ended
		f.is("ended", err, ErrClosed)
	})
}

// A watcher that leaves a hub which is at work held the lock of all hubs until that was done.
func TestLiveLeaveHoldsNoOthers(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{}`)
	w := &liveWatcher{scoped: &scoped{matched: map[string]struct{}{}}, wake: make(chan struct{}, 1)}
	h := f.s.join(f.s.Collection("i", "c"), w)
	h.mu.Lock() // the hub is at work
	begun, left := make(chan struct{}), make(chan struct{})
	go func() {
		close(begun)
		h.leave(w)
		close(left)
	}()
	<-begun
	held := false
	for range 100_000 { // time enough for leave to come to the lock of the hub
		runtime.Gosched()
		if !f.s.hubs.mu.TryLock() {
			held = true
			break
		}
		f.s.hubs.mu.Unlock()
	}
	h.mu.Unlock()
	<-left
	if held {
		t.Error("the lock of all hubs is held")
	}
	if f.s.hubs.of[h.bucket] != nil {
		t.Error("the hub has not ended with its last watcher")
	}
}

// A hub that a watcher joins while the last one leaves does not end.
func TestLiveJoinWhileLeaving(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{}`)
	col := f.s.Collection("i", "c")
	newWatcher := func() *liveWatcher {
		return &liveWatcher{scoped: &scoped{matched: map[string]struct{}{}}, wake: make(chan struct{}, 1)}
	}
	one, two, three := newWatcher(), newWatcher(), newWatcher()
	h := f.s.join(col, one)
	f.equal("two", f.s.join(col, two) == h, true)
	h.endWithout()
	f.equal("three", f.s.join(col, three) == h, true)
	h.leave(one)
	h.leave(three)
	f.equal("one is left", f.s.hubs.of[h.bucket] == any(h), true)
	h.leave(two)
	f.equal("hubs", len(f.s.hubs.of), 0)
}
