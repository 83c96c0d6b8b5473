package boltfile

import (
	"bytes"
	"sort"
	"strings"
)

// maxMissing is how many ranges of keys are kept. It takes a lot of damage to have more.
const maxMissing = 1 << 16

// missing are the keys that a damaged page leaves in doubt: ranges that ascend, for each bucket.
type missing struct {
	ranges map[string][]keyRange
	n      int
	full   bool // there are more ranges: any key may be missing
}

// keyRange are the keys in [lo, hi), where nil means no bound.
type keyRange struct{ lo, hi []byte }

// add adds the keys of a bucket in [lo, hi), which lies above what was added before, or is the same, or is everything.
func (m *missing) add(bucket string, lo, hi []byte) {
	all := m.ranges[bucket]
	if n := len(all); n > 0 && (all[0].isAll() || bytes.Equal(all[n-1].lo, lo) && bytes.Equal(all[n-1].hi, hi)) || m.full {
		return
	}
	if m.full = m.n == maxMissing; m.full {
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

func (r keyRange) isAll() bool { return r.lo == nil && r.hi == nil }

// has says whether a key may be missing in a bucket, or the bucket in the one that it is in.
func (m *missing) has(bucket string, key []byte) bool {
	all := m.ranges[bucket]
	above := sort.Search(len(all), func(i int) bool { return bytes.Compare(all[i].lo, key) > 0 })
	if m.full || above > 0 && inRange(key, all[above-1].lo, all[above-1].hi) {
		return true
	}
	if bucket == "" {
		return false
	}
	at := strings.LastIndexByte(bucket, 0)
	return m.has(bucket[:max(0, at)], []byte(bucket[at+1:]))
}
