package boltfile

import (
	"bytes"
	"sort"
	"strings"
)

// How much is kept of what is missing. It takes a lot of damage to have more: what is missing beyond that is not looked
// for in the transaction before.
const (
	maxMissing = 1 << 16 // ranges of keys
	maxHanded  = 8 << 20 // bytes of keys that were handed out of ranges that are missing
)

// missing are the keys that a damaged page leaves in doubt.
type missing struct {
	ranges map[string][]keyRange // that ascend, for each bucket
	n      int                   // of all buckets
	// handed are keys that lie in ranges that are missing, and were handed out all the same, for each bucket.
	handed map[string]map[string]bool
	bytes  int // of handed
	// found are buckets that were read although the bucket that they are in is missing: only their own ranges count.
	found map[string]bool
}

// keyRange are the keys in [lo, hi), where nil means no bound.
type keyRange struct{ lo, hi []byte }

// add adds the keys of a bucket in [lo, hi), which lies above what was added before, or is the same, or is everything.
func (m *missing) add(bucket string, lo, hi []byte) {
	all := m.ranges[bucket]
	if n := len(all); n > 0 && (all[0].isAll() || bytes.Equal(all[n-1].lo, lo) && bytes.Equal(all[n-1].hi, hi)) {
		return
	}
	if m.n == maxMissing {
		return
	}
	if m.ranges == nil {
		m.ranges = map[string][]keyRange{}
	}
	r := keyRange{bytes.Clone(lo), bytes.Clone(hi)}
	if r.isAll() {
		all = nil
	}
	m.ranges[bucket] = append(all, r)
	m.n++
}

// note keeps the keys that were handed out of a range that is going to be added. It returns false if they are too many.
func (m *missing) note(bucket string, keys *keyList) bool {
	if m.bytes += len(keys.bytes) + 64*len(keys.ends); m.bytes > maxHanded {
		return false
	}
	if m.handed == nil {
		m.handed = map[string]map[string]bool{}
	}
	if m.handed[bucket] == nil {
		m.handed[bucket] = map[string]bool{}
	}
	keys.each(func(key []byte) { m.handed[bucket][string(key)] = true })
	return true
}

// find says that a bucket was read.
func (m *missing) find(bucket string) {
	if m.found == nil {
		m.found = map[string]bool{}
	}
	m.found[bucket] = true
}

func (r keyRange) isAll() bool { return r.lo == nil && r.hi == nil }

// has says whether a key may be missing in a bucket, or the bucket in the one that it is in.
func (m *missing) has(bucket string, key []byte) bool {
	if m.handed[bucket][string(key)] {
		return false
	}
	all := m.ranges[bucket]
	above := sort.Search(len(all), func(i int) bool { return bytes.Compare(all[i].lo, key) > 0 })
	if above > 0 && inRange(key, all[above-1].lo, all[above-1].hi) {
		return true
	}
	if bucket == "" || m.found[bucket] {
		return false
	}
	at := strings.LastIndexByte(bucket, 0)
	return m.has(bucket[:max(0, at)], []byte(bucket[at+1:]))
}

// keyList is a list of keys that takes no memory of its own once it has grown.
type keyList struct {
	bytes []byte
	ends  []int
}

func (l *keyList) reset() { l.bytes, l.ends = l.bytes[:0], l.ends[:0] }

func (l *keyList) add(key []byte) {
	l.bytes = append(l.bytes, key...)
	l.ends = append(l.ends, len(l.bytes))
}

func (l *keyList) each(fn func(key []byte)) {
	at := 0
	for _, end := range l.ends {
		fn(l.bytes[at:end])
		at = end
	}
}
