package kv

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"
)

// filter says of most keys that Changes do not have that they do not: a Bloom filter whose bits of a key lie in one
// word. To look for a key among many entries costs some misses of the processor's caches, and most keys that are asked
// for are in one of the layers of a view only, or in none.
//
// All versions of a bucket share the filter, though the newest goes on adding to it: what an older version finds there
// too much costs it a search, and never hides a key.
type filter struct {
	words []atomic.Uint64
	room  int // how many keys it is made for
}

const (
	filterFrom = 128 // entries: a filter for fewer would often be made anew
	filterGrow = 8   // by which factor, so that keys are seldom added once more
	filterBits = 16  // for each key: of 100 keys that are not there about one seems to be
)

var filterSeed = maphash.MakeSeed()

func filterHash(key string) uint64 { return maphash.String(filterSeed, key) }

func newFilter(room int) *filter {
	return &filter{words: make([]atomic.Uint64, room*filterBits/64), room: room}
}

// place returns the word of a hash, and the bits in it.
func (f *filter) place(hash uint64) (word *atomic.Uint64, mask uint64) {
	at, _ := bits.Mul64(hash, uint64(len(f.words)))
	return &f.words[at], 1<<(hash&63) | 1<<(hash>>6&63) | 1<<(hash>>12&63)
}

func (f *filter) add(hash uint64) {
	word, mask := f.place(hash)
	word.Or(mask)
}

// has says whether a key with that hash may have been added.
func (f *filter) has(hash uint64) bool {
	word, mask := f.place(hash)
	return word.Load()&mask == mask
}

// note has the filter of c know a key that was just put into c.
func (c *Changes) note(key string) {
	n := c.entries.Len()
	switch {
	case c.filter != nil && n <= c.filter.room: // also while the entries are few again
		c.filter.add(filterHash(key))
	case n >= filterFrom:
		c.filter = newFilter(n * filterGrow)
		it := c.entries.Iter()
		for ok := it.First(); ok; ok = it.Next() {
			c.filter.add(filterHash(it.Key()))
		}
	}
}
