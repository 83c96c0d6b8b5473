package kuzzlite

import (
	"encoding/binary"
	"errors"
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

var keyFeed = []byte("feed")

// bounds are the sequences of the oldest change kept, last+1 if there is none, and of the newest.
type bounds struct{ first, last uint64 }

const boundsSize = checksumSize + 16

// encode returns the value of keyFeed: CRC-32C (4 bytes, big endian) of the key and of what follows, first and last (8
// bytes each, big endian).
func (b bounds) encode() []byte {
	v := binary.BigEndian.AppendUint64(make([]byte, checksumSize, boundsSize), b.first)
	v = binary.BigEndian.AppendUint64(v, b.last)
	seal(keyFeed, v)
	return v
}

// decodeBounds reads what encode wrote.
func decodeBounds(v []byte) (bounds, error) {
	if len(v) != boundsSize || !sealed(keyFeed, v) {
		return bounds{}, fmt.Errorf("%w: the beginning and the end of the change feed are damaged or missing", ErrCorrupt)
	}
	b := bounds{binary.BigEndian.Uint64(v[checksumSize:]), binary.BigEndian.Uint64(v[checksumSize+8:])}
	if b.first == 0 || b.first-1 > b.last {
		return bounds{}, fmt.Errorf("%w: the change feed begins at sequence %d and ends at %d", ErrCorrupt, b.first, b.last)
	}
	return b, nil
}

// readBounds returns where the feed begins and ends.
func readBounds(v kv.View) (bounds, error) {
	b, err := v.Get(bucketStore, keyFeed)
	if err != nil && !errors.Is(err, kv.ErrNoBucket) {
		return bounds{}, err
	}
	return decodeBounds(b)
}

// feed is what the store knows of its change feed without reading it.
type feed struct {
	last atomic.Uint64 // sequence of the newest published change
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

// place returns the newest sequence and the era that it is of.
func (f *feed) place() (last uint64, in *era) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last.Load(), f.era.Load()
}

// wake wakes all who wait. The caller holds mu.
func (f *feed) wake() {
	if f.more != nil {
		close(f.more)
		f.more = nil
	}
}

// published leaves out changes whose publication the store does not know of yet, so that no follower is ahead of
// Store.Sequence.
func (f *feed) published(changes []Change) []Change {
	last := f.last.Load()
	for n := len(changes); n > 0; n-- {
		if changes[n-1].Sequence <= last {
			return changes[:n]
		}
	}
	return nil
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

// prune drops the oldest blocks once the feed is over its bounds. The feed may grow a little beyond them, so that many
// blocks go at a time.
func (t *txn) prune() error {
	first, err := t.pruneByCount()
	if err != nil {
		return err
	}
	byAge, err := t.pruneByAge(first)
	if err != nil {
		return err
	}
	if first = max(first, byAge); first > t.before.first {
		// From the beginning, so that a feed that is pruned again and again has one deleted range.
		t.batch.DeleteRange(bucketChanges, nil, sequenceKey(first))
		t.feed.first = first
	}
	return nil
}

// pruneByCount returns where the feed has to begin for Options.FeedMaxCount.
func (t *txn) pruneByCount() (first uint64, err error) {
	o := &t.store.opts
	first = t.feed.first
	keep := uint64(max(o.FeedMaxCount, 1))
	if o.FeedMaxCount < 0 || t.feed.last+1-first <= keep+keep/64+64 {
		return first, nil
	}
	oldest := t.feed.last - keep + 1 // its block stays
	if own := t.blocks[0].first; oldest < own {
		key, err := blockOf(t.stage, oldest)
		if err != nil {
			return 0, err
		}
		return binary.BigEndian.Uint64(key), nil
	}
	for i := range t.blocks {
		if t.blocks[i].first <= oldest {
			first = t.blocks[i].first
		}
	}
	return first, nil
}

// pruneByAge returns where the feed has to begin for Options.FeedMaxAge, at first or later.
//
// The times of blocks ascend, unless the clock was set. A block whose time is still to come says nothing of its
// age: the look goes on behind it, and what is found too old there takes it along. So a clock that was ahead once
// keeps nothing in the feed.
func (t *txn) pruneByAge(first uint64) (uint64, error) {
	o := &t.store.opts
	if o.FeedMaxAge <= 0 {
		return first, nil
	}
	dues := &t.store.dues
	now, age := o.Clock().UnixMilli(), o.FeedMaxAge.Milliseconds()
	if dues.maybe(bucketChanges, now-age-age/64) {
		look := aging{now: now, oldest: now - age, first: first, rest: never}
		err := t.stage.Scan(bucketChanges, sequenceKey(first), false, look.block)
		if err != nil {
			return 0, err
		}
		if look.open {
			look.first = t.blocks[0].first
		}
		first = max(first, look.first)
		t.sees(bucketChanges, look.rest)
	}
	for i := range t.blocks {
		dues.put(bucketChanges, blockTime(t.blocks[i].bytes))
	}
	return first, nil
}

// aging is a look at the beginning of the feed, for blocks that are too old.
type aging struct {
	now, oldest int64  // ms since 1970
	first       uint64 // where the feed has to begin
	open        bool   // it begins with the next block
	rest        int64  // the time of the oldest block that stays, as far as it is past
}

// block looks at one block, and says whether to look at the next.
func (a *aging) block(key, block []byte) bool {
	if len(key) != 8 {
		return false
	}
	at := blockTime(block)
	if at < a.oldest {
		a.open = true
		return true
	}
	if a.open {
		a.open, a.first = false, binary.BigEndian.Uint64(key)
	}
	if at <= a.now {
		a.rest = at
		return false
	}
	return true
}

// blockTime reads the time of a block without checking the rest.
func blockTime(b []byte) int64 {
	d := decoder{b: b[min(len(b), checksumSize+1):]}
	return d.varint()
}
