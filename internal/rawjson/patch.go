package rawjson

import (
	"hash/maphash"
	"math/bits"
)

// A Patch is an object taken apart once, to be merged into many others. Its members, at all depths of
// objects within objects, are nodes with numbers: [Patch.Root] is the object itself, and the members
// of a node are First, then Next of that, until End.
//
// A Patch does not change after Reset, and several goroutines may use it at once.
// It aliases the bytes it was made from.
type Patch struct {
	src   []byte
	nodes []node
	arena []byte  // decoded keys
	table []int32 // hash tables of the nodes with many members

	few [fewNodes]node // so that a small patch is one allocation
}

type node struct {
	key, keyEnd     int   // in Patch.src, with quotes
	value, valueEnd int   // in Patch.src
	name, nameEnd   int   // in Patch.arena, if the key holds an escape
	next            int32 // the node after this one and all below it
	kids            int32 // members, if open
	table           int32 // where its hash table starts in Patch.table
	open            bool  // an object whose members are nodes

	// One bit for each member's name: most keys of a target
	// are not in the patch, and one test says so.
	filter uint64
}

const (
	fewNodes  = 12
	hashAbove = 8       // members; up to here comparing them one by one is faster
	keepNodes = 1 << 12 // a patch larger than this does not keep its memory
)

// Compile returns the Patch of obj, which must be a compact valid object; anything else gives an empty one.
func Compile(obj []byte) *Patch {
	p := new(Patch)
	p.Reset(obj)
	return p
}

// Reset makes p the Patch of obj, as Compile does, reusing p's memory. Reset(nil) lets go of the old object.
func (p *Patch) Reset(obj []byte) {
	if p.nodes == nil || cap(p.nodes) > keepNodes {
		p.nodes, p.arena, p.table = p.few[:0], nil, nil
	}
	p.src, p.nodes, p.arena, p.table = obj, p.nodes[:0], p.arena[:0], p.table[:0]
	p.nodes = append(p.nodes, node{valueEnd: len(obj)})
	p.object(0, 0, 1)
}

// object adds the members of the object at src[i:] below parent and returns where the object ends.
func (p *Patch) object(parent, i, depth int) int {
	r := openObject(p.src, i)
	var filter uint64
	kids := int32(0)
	for r.next() {
		c := len(p.nodes)
		p.nodes = append(p.nodes, node{key: r.key, keyEnd: r.keyEnd, value: r.value})
		if r.escaped {
			n := &p.nodes[c]
			n.name = len(p.arena)
			p.arena = appendDecoded(p.arena, r.body())
			n.nameEnd = len(p.arena)
		}
		filter |= filterBit(p.name(c))
		kids++
		end := 0
		if at(p.src, r.value) == '{' && depth < MaxDepth {
			end = p.object(c, r.value, depth+1)
		} else {
			end = Skip(p.src, r.value)
			p.nodes[c].next = int32(c + 1)
		}
		p.nodes[c].valueEnd = end
		r.done(end)
	}
	n := &p.nodes[parent]
	n.open, n.kids, n.filter, n.next = at(p.src, i) == '{', kids, filter, int32(len(p.nodes))
	if kids > hashAbove {
		p.index(parent)
	}
	return r.end()
}

// name returns the decoded key of c.
func (p *Patch) name(c int) []byte {
	n := &p.nodes[c]
	if n.nameEnd > 0 { // an escape decodes to a byte or more
		return p.arena[n.name:n.nameEnd]
	}
	return p.src[n.key+1 : n.keyEnd-1]
}

// index builds an open hash table over the members of parent, at most half full.
func (p *Patch) index(parent int) {
	n := &p.nodes[parent]
	n.table = int32(len(p.table))
	size := tableSize(n.kids)
	for range size {
		p.table = append(p.table, 0)
	}
	table := p.table[n.table:]
	for c := p.First(parent); c < p.End(parent); c = p.Next(c) {
		slot := int(maphash.Bytes(seed, p.name(c))) & (size - 1)
		for table[slot] != 0 {
			slot = (slot + 1) & (size - 1)
		}
		table[slot] = int32(c)
	}
}

func tableSize(kids int32) int { return 1 << bits.Len(uint(2*kids)) }

// Root is the node of the patch as a whole.
func (p *Patch) Root() int { return 0 }

// Nodes returns the number of nodes; they are numbered from 0.
func (p *Patch) Nodes() int { return len(p.nodes) }

// First returns the first member of c.
func (p *Patch) First(c int) int { return c + 1 }

// End returns the number past the last node below c.
func (p *Patch) End(c int) int { return int(p.nodes[c].next) }

// Next returns the member after c of the same object, if that is less than the object's End.
func (p *Patch) Next(c int) int { return int(p.nodes[c].next) }

// Len returns the number of members of c.
func (p *Patch) Len(c int) int { return int(p.nodes[c].kids) }

// IsObject reports whether c is an object. One that is nested deeper than [MaxDepth] is not taken apart
// and counts as no object.
func (p *Patch) IsObject(c int) bool { return p.nodes[c].open }

// Key returns the key of c as written, with its quotes.
func (p *Patch) Key(c int) []byte { return p.src[p.nodes[c].key:p.nodes[c].keyEnd] }

// Value returns the value of c as written.
func (p *Patch) Value(c int) []byte { return p.src[p.nodes[c].value:p.nodes[c].valueEnd] }

// IsNull reports whether the value of c is null.
func (p *Patch) IsNull(c int) bool { return string(p.Value(c)) == "null" }

// Find returns the member of c whose key decodes to the same as key, which stands with its quotes, or 0.
// escaped says whether key holds an escape, as [SkipString] does.
func (p *Patch) Find(c int, key []byte, escaped bool) int {
	if len(key) < 2 {
		return 0
	}
	name := key[1 : len(key)-1]
	if escaped {
		var buf [64]byte
		return p.findDecoded(c, appendDecoded(buf[:0], name))
	}
	if p.nodes[c].filter&filterBit(name) == 0 {
		return 0
	}
	return p.findDecoded(c, name)
}

func (p *Patch) findDecoded(c int, name []byte) int {
	if p.nodes[c].kids > hashAbove {
		return p.findHashed(c, name)
	}
	for k, end := p.First(c), p.End(c); k < end; k = p.Next(k) {
		if same(p.name(k), name) {
			return k
		}
	}
	return 0
}

func (p *Patch) findHashed(c int, name []byte) int {
	size := tableSize(p.nodes[c].kids)
	table := p.table[p.nodes[c].table:]
	look(len(name))
	slot := int(maphash.Bytes(seed, name)) & (size - 1)
	for table[slot] != 0 {
		if k := int(table[slot]); same(p.name(k), name) {
			return k
		}
		slot = (slot + 1) & (size - 1)
	}
	return 0
}

// filterBit chooses a bit by the length and two bytes of name.
func filterBit(name []byte) uint64 {
	n := len(name)
	if n == 0 {
		return 1
	}
	return 1 << ((name[0] ^ name[n-1]<<2 ^ byte(n)*7) & 63)
}
