package kuzzlite

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/percolator"
)

// Many watchers with queries of one collection. Each following the feed by itself would read each change and its document
// anew. So one follower reads for all of them: the hub of the collection. It asks a percolator which queries a document
// may match, and gives the change to those whose scope that has.
//
// A watcher begins by itself, behind the change up to which it has found the documents that match. Once it has come to
// where the hub was when it joined, it is live: the hub knows its documents, and puts its changes into its queue. What
// the hub meets in between waits for it. A watcher that is too slow for its queue goes on by itself, and joins again.

// The bounds of what the hub holds for one watcher. Tests make do with less.
var (
	maxLiveChanges = 4096
	maxLiveBytes   = 4 << 20
)

// hub is the follower for the watchers with queries of one collection.
type hub struct {
	store  *Store
	bucket string
	watch  watcher // which changes are of the collection
	stop   context.CancelFunc

	mu       sync.Mutex // guards what follows, and the liveWatchers
	at       uint64     // the sequence up to which changes were given out
	ended    error      // why there will be no more
	watchers map[*liveWatcher]struct{}
	joining  map[*liveWatcher]struct{} // of these, the ones for whom changes wait
	live     *percolator.Percolator[*liveWatcher]
	members  map[string][]*liveWatcher // of each document, the live ones for which it matches
}

// liveWatcher is what a hub knows of a watcher.
type liveWatcher struct {
	prefix    string
	documents bool
	since     uint64  // what comes up to this sequence the watcher has had by itself
	scoped    *scoped // the hub's as long as the watcher is live, and its own otherwise
	wake      chan struct{}

	isLive  bool
	dropped bool         // it was too slow
	pending []liveChange // while it is not live
	queue   []liveChange // while it is
	bytes   int          // of both
}

// liveChange is a change with what belongs to it.
type liveChange struct {
	change  Change
	doc     *Document
	was     bool                // the document has matched before
	cleared map[string]struct{} // the documents that have matched, before all were deleted
}

// join makes a watcher one of a collection's hub, which may have to be made.
func (s *Store) join(c *Collection, w *liveWatcher) *hub {
	bucket := string(c.key)
	s.hubs.mu.Lock()
	defer s.hubs.mu.Unlock()
	h, _ := s.hubs.of[bucket].(*hub)
	if h == nil {
		h = s.newHub(c, bucket)
		if s.hubs.of == nil {
			s.hubs.of = map[string]any{}
		}
		s.hubs.of[bucket] = h
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchers[w] = struct{}{}
	return h
}

// newHub makes a hub that begins with what comes.
func (s *Store) newHub(c *Collection, bucket string) *hub {
	ctx, stop := context.WithCancel(s.stop)
	since, era := s.place()
	h := &hub{
		store: s, bucket: bucket, stop: stop, at: since, watchers: map[*liveWatcher]struct{}{},
		joining: map[*liveWatcher]struct{}{},
		watch:   watcher{col: &Collection{store: s, index: c.index, name: c.name, key: c.key}, documents: true, all: true},
		live:    percolator.New[*liveWatcher](), members: map[string][]*liveWatcher{},
	}
	f := follower{store: s, since: since, era: era, look: h.watch.complete}
	go f.run(ctx, h.take)
	return h
}

// leave takes a watcher out of its hub, which ends with the last. That takes as long as the watcher has documents that
// match, so that the lock of all hubs is not held meanwhile.
func (h *hub) leave(w *liveWatcher) {
	h.mu.Lock()
	h.retire(w)
	delete(h.watchers, w)
	delete(h.joining, w)
	last := len(h.watchers) == 0
	h.mu.Unlock()
	if last {
		h.endWithout()
	}
}

// endWithout ends the hub, unless a watcher has come meanwhile.
func (h *hub) endWithout() {
	h.store.hubs.mu.Lock()
	defer h.store.hubs.mu.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.watchers) > 0 {
		return
	}
	h.stop()
	if h.store.hubs.of[h.bucket] == h {
		delete(h.store.hubs.of, h.bucket)
	}
}

// retire makes a live watcher one that is not.
func (h *hub) retire(w *liveWatcher) {
	if !w.isLive {
		return
	}
	w.isLive = false
	h.live.Remove(w)
	for id := range w.scoped.matched {
		h.forget(id, w)
	}
}

// forget notes that a document does not match for a live watcher any more.
func (h *hub) forget(id string, w *liveWatcher) {
	list := h.members[id]
	if i := slices.Index(list, w); i >= 0 {
		list = slices.Delete(list, i, i+1)
	}
	if h.members[id] = list; len(list) == 0 {
		delete(h.members, id)
	}
}

// end tells the watchers why there will be no more. Who comes later gets another hub.
func (h *hub) end(why error) {
	h.store.hubs.mu.Lock()
	defer h.store.hubs.mu.Unlock()
	if h.store.hubs.of[h.bucket] == h {
		delete(h.store.hubs.of, h.bucket)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = why
	for w := range h.watchers {
		w.tell()
	}
}

// take is called with each change.
func (h *hub) take(c Change, err error) bool {
	if err != nil {
		if h.store.stop.Err() != nil {
			err = ErrClosed
		}
		h.end(err)
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = c.Sequence
	if !h.watch.concerns(&c) {
		return true
	}
	doc := c.Document
	c.Document = nil
	for w := range h.joining {
		if w.wait(liveChange{change: c, doc: doc}); w.dropped {
			delete(h.joining, w)
		}
	}
	h.give(&c, doc)
	return true
}

// wait keeps a change for a watcher that is not live yet.
func (w *liveWatcher) wait(l liveChange) {
	w.pending = append(w.pending, l)
	w.count(&l)
	if w.isFull() {
		w.pending, w.bytes, w.dropped = nil, 0, true
	}
}

func (w *liveWatcher) count(l *liveChange) {
	w.bytes += 200 + len(l.change.ID)
	if l.doc != nil {
		w.bytes += len(l.doc.Source)
	}
}

func (w *liveWatcher) isFull() bool {
	return len(w.pending)+len(w.queue) > maxLiveChanges || w.bytes > maxLiveBytes
}

// give gives a change to the live watchers that it concerns.
func (h *hub) give(c *Change, doc *Document) {
	if c.ID == "" {
		for w := range h.watchers {
			if w.isLive {
				h.evaluate(w, c, doc)
			}
		}
		return
	}
	for _, w := range slices.Clone(h.members[c.ID]) {
		h.evaluate(w, c, doc)
	}
	if doc == nil {
		return
	}
	var candidates []*liveWatcher
	h.live.Candidates(doc.ID, doc.Source, func(w *liveWatcher) {
		if _, member := w.scoped.matched[c.ID]; !member {
			candidates = append(candidates, w)
		}
	})
	for _, w := range candidates { // or for whom it has matched, and does no more: nothing becomes of that
		h.evaluate(w, c, doc)
	}
}

// evaluate gives a change to a live watcher, if the change has a scope, or is one of the collection as a whole.
func (h *hub) evaluate(w *liveWatcher, c *Change, doc *Document) {
	if c.Sequence <= w.since {
		return
	}
	l := liveChange{change: *c, doc: doc}
	_, l.was = w.scoped.matched[c.ID]
	if c.ID == "" && c.Op.empties() {
		for id := range w.scoped.matched {
			h.forget(id, w)
		}
		l.cleared = w.scoped.matched
		w.scoped.matched = map[string]struct{}{}
	}
	w.scoped.look(&l.change, doc)
	_, is := w.scoped.matched[c.ID]
	switch {
	case is && !l.was:
		h.members[c.ID] = append(h.members[c.ID], w)
	case l.was && !is:
		h.forget(c.ID, w)
	}
	if c.Silent || c.ID != "" && (l.change.Scope == "" || !strings.HasPrefix(c.ID, w.prefix)) {
		return
	}
	h.queue(w, l)
}

// queue puts a change into the queue of a live watcher. If the queue is full the watcher goes on by itself, from the
// change before those in the queue: what these have done to the documents that match is undone.
func (h *hub) queue(w *liveWatcher, l liveChange) {
	w.queue = append(w.queue, l)
	w.count(&l)
	if w.isFull() {
		h.retire(w)
		for _, l := range slices.Backward(w.queue) {
			switch {
			case l.cleared != nil:
				w.scoped.matched = l.cleared
			case l.change.ID == "":
			case l.was:
				w.scoped.matched[l.change.ID] = struct{}{}
			default:
				delete(w.scoped.matched, l.change.ID)
			}
		}
		w.queue, w.bytes, w.dropped = nil, 0, true
	}
	w.tell()
}

// tell wakes a watcher.
func (w *liveWatcher) tell() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// begin has the hub keep what comes for a watcher, and returns the sequence up to which the watcher must come by itself.
func (h *hub) begin(w *liveWatcher) (until uint64, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w.pending, w.queue, w.bytes, w.dropped = nil, nil, 0, false
	h.joining[w] = struct{}{}
	return h.at, h.ended
}

// activate makes a watcher live that has come up to a sequence. It says false if too much was waiting for it.
func (h *hub) activate(w *liveWatcher, since uint64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	w.since = since
	if w.dropped {
		return false
	}
	delete(h.joining, w)
	pending := w.pending
	w.pending, w.bytes, w.isLive = nil, 0, true
	h.live.Add(w, w.scoped.filter.Condition)
	for id := range w.scoped.matched {
		h.members[id] = append(h.members[id], w)
	}
	for i := range pending {
		if h.evaluate(w, &pending[i].change, pending[i].doc); w.dropped {
			return false
		}
	}
	return true
}

// next returns what is in the queue of a live watcher, and waits until there is anything; nil if the watcher was
// dropped.
func (h *hub) next(ctx context.Context, w *liveWatcher) ([]liveChange, error) {
	for {
		h.mu.Lock()
		list, dropped, ended := w.queue, w.dropped, h.ended
		w.queue, w.bytes = nil, 0
		h.mu.Unlock()
		switch {
		case len(list) > 0 || dropped:
			return list, nil
		case ended != nil:
			return nil, ended
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
