package pack

import (
	"bytes"
	"cmp"
	"encoding/binary"
)

// list are the keys of a block, or of several, that are to be written.
type list struct {
	bytes []byte // of keys and values
	items []item
	from  int // items before were taken
	size  int // of the items as one block, about
}

// item is a key of a list.
type item struct {
	key, value, end int // where they begin in the bytes, and where the value ends
	size            int // in a block, about, unless it is the first key
	added           bool
}

func (l *list) len() int { return len(l.items) - l.from }

func (l *list) clear() { l.bytes, l.items, l.from, l.size = l.bytes[:0], l.items[:0], 0, 0 }

func (l *list) key(i int) []byte { return l.bytes[l.items[i].key:l.items[i].value] }

// endsNew says whether the last key is new.
func (l *list) endsNew() bool { return l.len() > 0 && l.items[len(l.items)-1].added }

// add appends a key. added says that it was not there before.
func (l *list) add(key, value []byte, added bool) {
	n, shared := len(l.items), 0
	if n > l.from {
		shared = sharedLen(l.key(n-1), key)
	}
	at := len(l.bytes)
	l.bytes = append(append(l.bytes, key...), value...)
	size := keySize(shared, len(key)-shared, len(value))
	l.items = append(l.items, item{at, at + len(key), len(l.bytes), size, added})
	l.size += size
}

// take returns the first n keys as a block; last says under which bound, nil: that of the last of the keys. The memory
// is that of the caller.
func (l *list) take(n int, last []byte) (bound, block []byte) {
	items := l.items[l.from : l.from+n]
	if bound = last; bound == nil {
		bound = bytes.Clone(l.key(l.from + n - 1))
	}
	size := 0
	for i := range items {
		size += items[i].size
	}
	block = binary.AppendUvarint(make([]byte, sumSize, sumSize+4+size), uint64(n))
	before := bound
	for i := range items {
		it := &items[i]
		key := l.bytes[it.key:it.value]
		shared := sharedLen(before, key)
		block = appendKey(block, shared, key[shared:], l.bytes[it.value:it.end])
		before = key
	}
	binary.BigEndian.PutUint32(block, sum(bound, block[sumSize:]))
	l.from += n
	l.size -= size
	if 2*l.from > len(l.items) {
		l.forget()
	}
	return bound, block
}

// forget lets go of what was taken.
func (l *list) forget() {
	from := len(l.bytes)
	if l.len() > 0 {
		from = l.items[l.from].key
	}
	l.bytes = l.bytes[:copy(l.bytes, l.bytes[from:])]
	l.items = l.items[:copy(l.items, l.items[l.from:])]
	for i := range l.items {
		it := &l.items[i]
		it.key, it.value, it.end = it.key-from, it.value-from, it.end-from
	}
	l.from = 0
}

// run is how many new keys in a row are taken for a place where more will come.
const run = 4

// part returns how many keys the next block has. all says that no more keys come.
//
// Where blocks end decides how full they stay. Keys of one word, or of one value, come in the order of their ids, so the
// next ones come behind those that are new. There a block ends, if that leaves it at least half full: what is in front
// stays, and the next keys find room. Where new keys are anywhere, blocks are divided evenly.
func (l *list) part(all bool) int {
	if all && l.size <= largest {
		return l.len()
	}
	even := largest
	if blocks := (l.size + largest - 1) / largest; all && !l.endsNew() {
		even = (l.size + blocks - 1) / blocks
	}
	n, behindRun, added, size := 0, 0, 0, 0
	for i := l.from; i < len(l.items); i++ {
		if it := &l.items[i]; it.added {
			added++
		} else {
			if added >= run && size >= small {
				behindRun = i - l.from
			}
			added = 0
		}
		if size += l.items[i].size; size > largest {
			break
		}
		if size <= even {
			n = i - l.from + 1
		}
	}
	return max(1, cmp.Or(behindRun, n))
}
