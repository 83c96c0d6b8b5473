package rawjson

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// keyStack holds the keys of the objects that are open, innermost last, to find duplicates
// when an object closes. Waiting for the close lets all objects share one hash table.
type keyStack struct {
	keys  []keySpan
	arena []byte  // decoded keys, for those with an escape
	table []int32 // index into the keys of one object, plus 1
}

// keySpan is src[start:end] as written, without quotes, or arena[from:to] if it had an escape.
type keySpan struct {
	hash       uint64
	start, end int
	from, to   int
	decoded    bool
}

type keyMark struct{ keys, arena int }

const (
	manyKeys   = 32      // above this, a hash table is faster than comparing pairs
	keepKeys   = 1 << 12 // a pooled stack larger than this is given back to the collector
	hashFactor = 0x9E3779B97F4A7C15
)

var seed = maphash.MakeSeed()

func (s *keyStack) mark() keyMark { return keyMark{len(s.keys), len(s.arena)} }

func (s *keyStack) push(src []byte, start, end int, escaped bool) {
	k := keySpan{start: start, end: end}
	if escaped {
		k.from = len(s.arena)
		s.arena = appendDecoded(s.arena, src[start:end])
		k.to, k.decoded = len(s.arena), true
	}
	k.hash = quickHash(s.bytes(src, &k))
	s.keys = append(s.keys, k)
}

func (s *keyStack) bytes(src []byte, k *keySpan) []byte {
	if k.decoded {
		return s.arena[k.from:k.to]
	}
	return src[k.start:k.end]
}

// pop forgets the keys above mark. It returns the offset of a key that stands there twice, or -1.
func (s *keyStack) pop(src []byte, mark keyMark) int {
	keys := s.keys[mark.keys:]
	at := -1
	switch {
	case len(keys) < 2:
	case len(keys) <= manyKeys:
		at = s.compareAll(src, keys)
	default:
		at = s.compareHashed(src, keys)
	}
	s.keys, s.arena = s.keys[:mark.keys], s.arena[:mark.arena]
	return at
}

func (s *keyStack) compareAll(src []byte, keys []keySpan) int {
	var filter uint64
	for i := range keys {
		k := &keys[i]
		bit := uint64(1) << (k.hash >> 58)
		if filter&bit != 0 {
			for j := range keys[:i] {
				if keys[j].hash == k.hash && same(s.bytes(src, &keys[j]), s.bytes(src, k)) {
					return k.start - 1
				}
			}
		}
		filter |= bit
	}
	return -1
}

// compareHashed uses a seeded hash: nobody can choose keys that collide.
func (s *keyStack) compareHashed(src []byte, keys []keySpan) int {
	size := 1 << bits.Len(uint(2*len(keys)))
	if cap(s.table) < size {
		s.table = make([]int32, size)
	}
	table := s.table[:size]
	clear(table)
	for i := range keys {
		k := s.bytes(src, &keys[i])
		look(len(k))
		slot := int(maphash.Bytes(seed, k)) & (size - 1)
		for table[slot] != 0 {
			if same(s.bytes(src, &keys[table[slot]-1]), k) {
				return keys[i].start - 1
			}
			slot = (slot + 1) & (size - 1)
		}
		table[slot] = int32(i + 1)
	}
	return -1
}

func (s *keyStack) reset() {
	if cap(s.keys) > keepKeys || cap(s.arena) > 16*keepKeys || cap(s.table) > 4*keepKeys {
		*s = keyStack{}
	}
	s.keys, s.arena = s.keys[:0], s.arena[:0]
}

// quickHash looks at 16 bytes at most: enough to tell most keys of a small object apart.
func quickHash(b []byte) uint64 {
	n := len(b)
	var x uint64
	switch {
	case n >= 8:
		x = load(b, 0) ^ bits.RotateLeft64(load(b, n-8), 23)
	case n >= 4:
		x = uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<32
	case n > 0:
		x = uint64(b[0]) | uint64(b[n/2])<<8 | uint64(b[n-1])<<16
	}
	return (x ^ uint64(n)) * hashFactor
}
