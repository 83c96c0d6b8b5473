package kuzzlite

import "encoding/binary"

// Pruning the change feed: by Options.FeedMaxCount and by Options.FeedMaxAge.

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
