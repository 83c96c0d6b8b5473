package kv

import (
	"bytes"
	"sort"

	"github.com/tidwall/btree"
)

// Version is the state of an overlay at one moment. It never changes, and any number of goroutines may use it.
type Version struct {
	buckets btree.Map[string, *Changes]
}

// Empty says whether the version has no changes.
func (v *Version) Empty() bool { return v.buckets.Len() == 0 }

// Knows says whether a bucket exists, and whether v has changes of it: if not, what lies below decides.
func (v *Version) Knows(bucket []byte) (exists, known bool) {
	c, ok := v.buckets.Get(alias(bucket))
	return ok && c.Exists, ok
}

// Buckets calls fn with each bucket that has changes, in ascending order of the names, until fn returns false.
func (v *Version) Buckets(fn func(name string, c *Changes) bool) { v.buckets.Scan(fn) }

// Changes are the changes to one bucket. To bring what lies below up to date: delete the bucket if Hides, create it if
// it Exists and is missing, delete the ranges in Deleted, then put and delete the keys of Each. Nobody may write to the
// fields.
type Changes struct {
	Exists  bool    // the bucket exists after the changes
	Hides   bool    // what lies below under the name was dropped: nothing of it counts
	Deleted []Range // ranges deleted from what lies below: sorted, not touching one another. Entries of Each win over them

	epoch   uint64 // of the overlay that may still write to these Changes
	entries tree
	filter  *filter // nil: the entries are few
}

// Each calls fn with the changed keys from the key given on, in ascending order, until fn returns false. The bytes must
// not be changed.
func (c *Changes) Each(from string, fn func(key, value []byte, deleted bool) bool) {
	it := c.entries.Iter()
	for ok := it.Seek(from); ok; ok = it.Next() {
		if e := it.Value(); !fn(bytesOf(e.key()), e.value(), e.deleted()) {
			return
		}
	}
}

// Len returns the number of keys that Each calls its function with.
func (c *Changes) Len() int { return c.entries.Len() }

// covers says whether a key lies in one of the deleted ranges.
func (c *Changes) covers(key string) bool {
	if len(c.Deleted) == 0 {
		return false
	}
	r := c.Deleted
	i := sort.Search(len(r), func(i int) bool { return string(r[i].From) > key })
	return i > 0 && r[i-1].beforeEnd(key)
}

// Range is the keys From ≤ key < To. An empty To means no upper end.
type Range struct{ From, To []byte }

// empty says whether no key can be in the range.
func (r Range) empty() bool { return len(r.To) > 0 && bytes.Compare(r.From, r.To) >= 0 }

func (r Range) beforeEnd(key string) bool { return len(r.To) == 0 || key < string(r.To) }

// addRange returns ranges, which are sorted and do not touch one another, with one more, which swallows those that it
// overlaps or touches. It does not write to ranges, which costs a copy: the ranges of a bucket are few.
func addRange(ranges []Range, r Range) []Range {
	first := sort.Search(len(ranges), func(i int) bool { // the first that does not end before r begins
		return len(ranges[i].To) == 0 || bytes.Compare(ranges[i].To, r.From) >= 0
	})
	after := first // the first behind that which begins after r ends
	for after < len(ranges) && (len(r.To) == 0 || bytes.Compare(ranges[after].From, r.To) <= 0) {
		if bytes.Compare(ranges[after].From, r.From) < 0 {
			r.From = ranges[after].From
		}
		if end := ranges[after].To; len(end) == 0 || len(r.To) > 0 && bytes.Compare(end, r.To) > 0 {
			r.To = end
		}
		after++
	}
	sum := make([]Range, 0, len(ranges)-(after-first)+1)
	sum = append(sum, ranges[:first]...)
	sum = append(sum, r)
	return append(sum, ranges[after:]...)
}

func (r Range) holds(key []byte) bool {
	return bytes.Compare(r.From, key) <= 0 && r.beforeEnd(alias(key))
}
