package kuzzlite

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// The change feed: where it is kept, where it begins and ends, and who waits for more of it.
//
// The bucket "#changes" has the blocks of changes under their keys. There is no gap: each block begins where the one
// before ended. Where the feed begins and ends is also kept in "#store", under keyFeed, written by each batch that has
// changes: so the next sequence is known when all changes are gone, and a bit that rots in a block's key is noticed.

// feed is what the store knows of its change feed without reading it.
type feed struct {
	last atomic.Uint64 // sequence of the newest change of which a call has returned
	era  atomic.Pointer[era]

	mu   sync.Mutex    // guards more, and changes of the above
	more chan struct{} // closed when last grows, and by Restore; nil if nobody waits
}

// era is the time until the next call of Store.Restore.
type era struct {
	next   *era // nil: it lasts
	line   *lineage
	shared uint64 // up to this sequence the changes are those of the era before
}

// lineage is the history of one era: the changes of its parent up to fork, and behind them its own. A change is known
// by its sequence and the lineage that made it, in whichever store that was.
type lineage struct {
	parent *lineage // nil: what an opened store has found
	fork   uint64
	depth  int // how many parents there are
}

// shared returns up to which sequence two histories are the same: a up to its last sequence, and b up to its.
func shared(a *lineage, aLast uint64, b *lineage, bLast uint64) uint64 {
	for a != b {
		switch {
		case a.parent == nil && b.parent == nil:
			return 0
		case a.depth >= b.depth:
			a, aLast = a.parent, min(aLast, a.fork)
		default:
			b, bLast = b.parent, min(bLast, b.fork)
		}
	}
	return min(aLast, bLast)
}

// branch returns the lineage of what goes on from a sequence of l.
func (l *lineage) branch(sequence uint64) *lineage {
	for l.parent != nil && sequence <= l.fork { // nothing of l itself is in it
		l = l.parent
	}
	return &lineage{parent: l, fork: sequence, depth: l.depth + 1}
}

// newFeed returns the feed of a store that was just opened.
func newFeed() *feed {
	f := new(feed)
	f.era.Store(&era{line: new(lineage)})
	return f
}

// load reads where the feed ends.
func (f *feed) load(v kv.View) error {
	b, err := readBounds(v)
	if err != nil {
		return err
	}
	f.last.Store(b.last)
	f.era.Load().line.fork = b.last
	ok, err := hasBucket(v, bucketChanges)
	if err == nil && !ok {
		err = fmt.Errorf("%w: there is no change feed", ErrCorrupt)
	}
	return err
}

// check compares the bounds that a call works from with what was acknowledged.
func (f *feed) check(b bounds) error {
	if known := f.last.Load(); b.last < known {
		return fmt.Errorf("%w: the change feed ends at sequence %d, the store has acknowledged %d", ErrCorrupt, b.last, known)
	}
	return nil
}

// publish tells the followers up to which sequence changes are published. Calls may come in any order.
func (f *feed) publish(last uint64) {
	if last <= f.last.Load() {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if last <= f.last.Load() {
		return
	}
	f.last.Store(last)
	f.wake()
}

// reset runs fn, which puts a feed of another lineage in the place of this one and returns its newest sequence.
func (f *feed) reset(of *lineage, fn func() (last uint64, err error)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	last, err := fn()
	if err != nil {
		return err
	}
	before := f.era.Load()
	next := &era{line: of.branch(last), shared: shared(before.line, f.last.Load(), of, last)}
	f.last.Store(last)
	before.next = next
	f.era.Store(next)
	f.wake()
	return nil
}

// wake wakes all who wait. The caller holds mu.
func (f *feed) wake() {
	if f.more != nil {
		close(f.more)
		f.more = nil
	}
}

// restored says whether an era has ended. It waits for a reset that is under way: what was read meanwhile may be of
// either era.
func (f *feed) restored(e *era) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.era.Load() != e
}

// wait returns a channel that is closed once there is a change after since, or Restore was called.
func (f *feed) wait(since uint64) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last.Load() > since {
		ready := make(chan struct{})
		close(ready)
		return ready
	}
	if f.more == nil {
		f.more = make(chan struct{})
	}
	return f.more
}

// readBytes is how much of the feed is read at a time, in bytes.
const readBytes = 16 << 10

// readChanges returns some changes after since, none if since is the newest.
func readChanges(v kv.View, since uint64) (changes []Change, err error) {
	b, err := readBounds(v)
	switch {
	case err != nil:
		return nil, err
	case since == b.last:
		return nil, nil
	case since > b.last:
		return nil, fmt.Errorf("%w: asked for those after %d, but the newest is %d: was the store set back?",
			ErrSequenceGone, since, b.last)
	case since+1 < b.first:
		return nil, fmt.Errorf("%w: asked for those after %d, the oldest kept is %d: "+
			"read all documents again and go on from %d", ErrSequenceGone, since, b.first, b.last)
	}
	start, err := blockOf(v, since+1)
	if err != nil {
		return nil, err
	}
	bytes, decodeErr := 0, error(nil)
	err = v.Scan(bucketChanges, start, false, func(key, block []byte) bool {
		n := len(changes)
		if changes, decodeErr = decodeBlock(changes, key, block, since); decodeErr == nil {
			decodeErr = follows(changes[n:], since)
		}
		if decodeErr != nil {
			changes = changes[:n]
			return false
		}
		since = changes[len(changes)-1].Sequence
		bytes += len(block)
		return bytes < readBytes
	})
	if err == nil && len(changes) == 0 { // damage behind changes is found by who asks for what is behind them
		err = decodeErr
	}
	if err == nil && len(changes) == 0 {
		err = gap(since)
	}
	return changes, err
}

// follows says whether changes begin right after since.
func follows(changes []Change, since uint64) error {
	if len(changes) == 0 || changes[0].Sequence != since+1 {
		return gap(since)
	}
	return nil
}

func gap(since uint64) error {
	return fmt.Errorf("%w: the change feed has a gap after sequence %d", ErrCorrupt, since)
}

// blockOf returns the key of the block that has a sequence.
func blockOf(v kv.View, sequence uint64) (key []byte, err error) {
	err = v.Scan(bucketChanges, sequenceKey(sequence), true, func(k, _ []byte) bool {
		key = append(key, k...)
		return false
	})
	if err == nil && len(key) != 8 {
		err = gap(sequence - 1)
	}
	return key, err
}

// blockTime reads the time of a block without checking the rest.
func blockTime(b []byte) int64 {
	d := decoder{b: b[min(len(b), checksumSize+1):]}
	return d.varint()
}
