package kuzzlite

import "encoding/binary"

// Pruning the change feed: by Options.FeedMaxCount and by Options.FeedMaxAge, as far as consumers let it go.

// finish completes the batch with what is kept for the whole store.
func (t *txn) finish() error {
	if len(t.blocks) == 0 {
		return nil
	}
	if err := t.prune(); err != nil {
		return err
	}
	for i := range t.blocks {
		if b := &t.blocks[i]; b.first >= t.feed.first { // or the call has more changes than are kept
			t.batch.Put(bucketChanges, b.key(), b.bytes)
		}
	}
	t.batch.Put(bucketStore, keyFeed, t.feed.encode())
	return nil
}

// prune drops the oldest blocks once the feed is over its bounds. The feed may grow a little beyond them, so that many
// blocks go at a time.
func (t *txn) prune() error {
	held, err := t.heldBack()
	if err != nil {
		return err
	}
	if held <= t.before.first { // nothing may go
		t.store.dues.forget(string(bucketChanges))
		return nil
	}
	first, err := t.pruneByCount()
	if err != nil {
		return err
	}
	byAge, err := t.pruneByAge(first, held)
	if err != nil {
		return err
	}
	if first = max(first, byAge); first > held {
		t.store.dues.forget(string(bucketChanges))
		if first, err = t.blockBefore(held); err != nil {
			return err
		}
	}
	if first > t.before.first {
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
		key, err := blockOf(t.view, oldest)
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
// keeps nothing in the feed. It does not look further than what is held back.
func (t *txn) pruneByAge(first, held uint64) (uint64, error) {
	o := &t.store.opts
	if o.FeedMaxAge <= 0 {
		return first, nil
	}
	dues := &t.store.dues
	now, age := t.store.now(), o.FeedMaxAge.Milliseconds()
	if dues.maybe(bucketChanges, now-age-age/64) {
		look := aging{now: now, oldest: now - age, held: held, first: first, rest: never}
		err := t.view.Scan(bucketChanges, sequenceKey(first), false, look.block)
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
	held        uint64 // the first sequence that is held back
	first       uint64 // where the feed has to begin
	open        bool   // it begins with the next block
	rest        int64  // the time of the oldest block that stays, as far as it is past
}

// block looks at one block, and says whether to look at the next.
func (a *aging) block(key, block []byte) bool {
	if len(key) != 8 {
		return false
	}
	at, sequence := blockTime(block), binary.BigEndian.Uint64(key)
	if at < a.oldest && sequence <= a.held {
		a.open = true
		return true
	}
	if a.open {
		a.open, a.first = false, sequence
	}
	if at <= a.now {
		a.rest = at
		return false
	}
	return true
}
