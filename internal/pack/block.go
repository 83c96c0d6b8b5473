package pack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sort"
)

// A block is stored under its bound, see [Rule]. It is
//
//	checksum   u32, CRC-32C of the bound, then of what follows
//	count      uvarint, of the keys
//	keys       each with its value
//
// A key is how many bytes it shares with the key before it, the first key with the bound, as a uvarint; a byte with two
// lengths, of the rest of the key in the upper half and of the value in the lower half; the rest of the key; and the
// value. A half that is 15 says that the length follows as a uvarint, less 15: first that of the key, then that of the
// value.

const (
	sumSize = 4
	longer  = 15 // a half of a byte: the length follows
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sum returns the checksum of a block.
func sum(bound, rest []byte) uint32 {
	return crc32.Update(crc32.Checksum(bound, castagnoli), castagnoli, rest)
}

// reader reads a block, from one key to the next.
type reader struct {
	bound []byte
	rest  []byte // what was not read yet
	count int    // keys
}

// newReader begins to read a block. It panics if the block is damaged.
func newReader(bound, block []byte) reader {
	if len(block) < sumSize || binary.BigEndian.Uint32(block) != sum(bound, block[sumSize:]) {
		panic(fmt.Sprintf("the checksum of the block of keys up to %q is wrong", bound))
	}
	count, n := binary.Uvarint(block[sumSize:])
	if n <= 0 || count == 0 || count > uint64(len(block)) {
		panic(malformed(bound))
	}
	return reader{bound, block[sumSize+n:], int(count)}
}

func malformed(bound []byte) string {
	return fmt.Sprintf("the block of keys up to %q is malformed", bound)
}

// next reads a key: the first shared bytes of the key before, and then suffix. The bytes are those of the block.
func (r *reader) next() (shared int, suffix, value []byte) {
	shared, rest, tail := r.nextTail()
	return shared, tail[:rest:rest], tail[rest:len(tail):len(tail)]
}

// nextTail is next with what lies together as one: the rest of the key, of so many bytes, and the value. Behind that is
// the rest of the block.
func (r *reader) nextTail() (shared, rest int, tail []byte) {
	if b := r.rest; len(b) >= 2 && b[0] < 0x80 { // nearly always: short ones
		key, val := int(b[1]>>4), int(b[1]&15)
		if key != longer && val != longer && key+val <= len(b)-2 {
			r.rest = b[2+key+val:]
			return int(b[0]), key, b[2 : 2+key+val]
		}
	}
	shared = r.number()
	if len(r.rest) == 0 {
		panic(malformed(r.bound))
	}
	lengths := r.rest[0]
	r.rest = r.rest[1:]
	key, val := int(lengths>>4), int(lengths&15)
	if key == longer {
		key += r.number()
	}
	if val == longer {
		val += r.number()
	}
	if key > len(r.rest) || val > len(r.rest)-key {
		panic(malformed(r.bound))
	}
	tail = r.rest[:key+val]
	r.rest = r.rest[key+val:]
	return shared, key, tail
}

// number reads a uvarint of 31 bits at most.
func (r *reader) number() int {
	if len(r.rest) > 0 && r.rest[0] < 0x80 {
		n := int(r.rest[0])
		r.rest = r.rest[1:]
		return n
	}
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > 1<<31-1-longer {
		panic(malformed(r.bound))
	}
	r.rest = r.rest[n:]
	return int(v)
}

// content is what a block has.
type content struct {
	bound  []byte
	keys   []byte // one after the other
	ends   []int  // of each key in keys
	values [][]byte
}

func (c *content) len() int { return len(c.ends) }

// key returns a key.
func (c *content) key(i int) []byte {
	from, to := 0, c.ends[i]
	if i > 0 {
		from = c.ends[i-1]
	}
	return c.keys[from:to:to]
}

// search returns the place of the first key that is not smaller than the one given.
func (c *content) search(key []byte) int {
	return sort.Search(c.len(), func(i int) bool { return bytes.Compare(c.key(i), key) >= 0 })
}

// read reads a block into keys, which has no bytes yet, and whose memory belongs to whoever gets them: it is not written
// to again. The values are those of the block.
func (c *content) read(bound, block []byte, keys []byte) {
	r := newReader(bound, block)
	c.bound, c.keys, c.ends, c.values = bound, keys, c.ends[:0], c.values[:0]
	before := bound
	for i := range r.count {
		shared, suffix, value := r.next()
		if shared > len(before) || i > 0 && bytes.Compare(before[shared:], suffix) >= 0 {
			panic(malformed(bound)) // or the keys do not ascend
		}
		at := len(c.keys)
		c.keys = append(append(c.keys, before[:shared]...), suffix...)
		before = c.keys[at:]
		c.ends, c.values = append(c.ends, len(c.keys)), append(c.values, value)
	}
	if len(r.rest) > 0 || bytes.Compare(before, bound) > 0 {
		panic(malformed(bound))
	}
}

// clear empties the content.
func (c *content) clear() { c.keys, c.ends, c.values = c.keys[:0], c.ends[:0], c.values[:0] }

// keysSize estimates how much memory the keys of a block take. The block may be damaged.
func keysSize(bound, block []byte) int {
	count, _ := binary.Uvarint(block[min(sumSize, len(block)):])
	most := 4 * len(block) // if keys share more their memory grows while they are read
	return int(min(count*uint64(len(bound)+4), uint64(most)))
}

// sharedLen returns how many bytes two keys share.
func sharedLen(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// appendKey appends a key that shares some bytes with the one before.
func appendKey(dst []byte, shared int, suffix, value []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(shared))
	dst = append(dst, byte(min(len(suffix), longer))<<4|byte(min(len(value), longer)))
	if len(suffix) >= longer {
		dst = binary.AppendUvarint(dst, uint64(len(suffix)-longer))
	}
	if len(value) >= longer {
		dst = binary.AppendUvarint(dst, uint64(len(value)-longer))
	}
	return append(append(dst, suffix...), value...)
}

// keySize returns about how many bytes appendKey appends.
func keySize(shared, suffix, value int) int {
	n := 2 + suffix + value
	if shared >= 0x80 {
		n++
	}
	if suffix >= longer {
		n += 2
	}
	if value >= longer {
		n += 2
	}
	return n
}
