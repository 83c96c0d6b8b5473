package kv

import "bytes"

// Counting keys without going through all of them. A base on pages knows how many keys a page has, and the layers above
// change few of them.

// RangeCounter is a View that may count keys faster than a scan does.
type RangeCounter interface {
	// CountRange returns how many keys there are with from ≤ key < to. ok is false where only a scan would tell.
	CountRange(bucket, from, to []byte) (n int, ok bool, err error)
}

// BaseCounter is a BaseBucket that counts keys. Nested buckets count.
type BaseCounter interface{ CountRange(from, to []byte) int }

// mostCorrected is how many keys of layers a count looks for in the base at most.
const mostCorrected = 512

// CountRange implements RangeCounter.
func (l *Layered) CountRange(bucket, from, to []byte) (n int, ok bool, err error) {
	p, err := l.find(bucket)
	if err != nil {
		return 0, false, err
	}
	base, ok := p.base.(BaseCounter)
	if !ok {
		return 0, false, nil
	}
	more, looked := 0, 0
	for i, c := range p.layers {
		if c.deletesIn(from, to) {
			return 0, false, nil
		}
		c.Each(string(from), func(key, value []byte, deleted bool) bool {
			if bytes.Compare(key, to) >= 0 || looked > mostCorrected {
				return false
			}
			looked++
			if _, newer := (&place{layers: p.layers[:i]}).inLayers(key); newer {
				return true
			}
			if !deleted {
				more++
			}
			if p.base.Get(key) != nil {
				more--
			}
			return true
		})
	}
	if looked > mostCorrected {
		return 0, false, nil
	}
	return base.CountRange(from, to) + more, true, nil
}

// deletesIn says whether a range that was deleted from what lies below has keys between two.
func (c *Changes) deletesIn(from, to []byte) bool {
	for _, r := range c.Deleted {
		if bytes.Compare(r.From, to) < 0 && r.beforeEnd(string(from)) {
			return true
		}
	}
	return false
}
