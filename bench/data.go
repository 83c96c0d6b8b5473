package main

import (
	"math/bits"
	"strconv"
)

// The documents of all workloads. A document is a function of its number, its shape and a seed: the seed decides the
// leaves that an update changes (four: three at the top, one two levels down), everything else stays. So each contender
// can be given the same data without keeping it, and what a document must look like after any number of updates is
// known without asking a contender.

const (
	sizeLarge = 1024
	sizeSmall = 300
)

// shape is what the documents of a workload have in common.
type shape struct {
	Size   int `json:"size"`             // bytes of a document
	Leaves int `json:"leaves"`           // that an update changes: 1, 4, or 20, 16 of which are in an object of their own
	Buyers int `json:"buyers,omitempty"` // more than 0: documents have the fields of query_data.go in front
	Shops  int `json:"shops,omitempty"`  // more than 0: they have those of aggregate_ask.go
}

// extraLeaves are the leaves that documents have only where updates change so many.
const extraLeaves = 16

// wide says whether the documents have the extra leaves.
func (s shape) wide() bool { return s.Leaves > 4 }

// filled is the shape by which a store is filled: an update of one leaf needs no other documents.
func (s shape) filled() shape {
	if s.wide() {
		return s
	}
	return shape{Size: s.Size, Leaves: 4, Buyers: s.Buyers, Shops: s.Shops}
}

// appendDocument appends document number i as an update with seed leaves it, Size bytes of JSON without white space.
func (s shape) appendDocument(dst []byte, i int, seed uint64) []byte {
	if s.Buyers > 0 {
		return s.appendAsked(dst, i, seed)
	}
	if s.Shops > 0 {
		return s.appendSold(dst, i, seed)
	}
	if s.Leaves == 1 {
		return appendOrder(dst, i, s.Size, seed, 0, false)
	}
	return appendOrder(dst, i, s.Size, seed, seed, s.wide())
}

// appendChanges appends the update that gives a document the leaves of seed.
func (s shape) appendChanges(dst []byte, seed uint64) []byte {
	if s.Leaves == 1 {
		dst = append(dst, `{"status":"st-`...)
		dst = appendSeed(dst, seed)
		return append(dst, `"}`...)
	}
	dst = appendChanges(dst, seed)
	if s.wide() {
		dst = appendExtra(dst[:len(dst)-1], seed)
		dst = append(dst, '}')
	}
	return dst
}

func appendExtra(dst []byte, seed uint64) []byte {
	dst = append(dst, `,"extra":{`...)
	for n := range extraLeaves {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"', 'x', 'a'+byte(n), '"', ':', '"')
		dst = appendSeed(dst, seed)
		dst = append(dst, '"')
	}
	return append(dst, '}')
}

// mix is the finalizer of splitmix64: a bijection that scatters consecutive numbers.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unmix is the inverse of mix.
func unmix(x uint64) uint64 {
	x = (x ^ x>>31 ^ x>>62) * 0x319642b2d24d8ec3
	x = (x ^ x>>27 ^ x>>54) * 0x96de1b173f119089
	x ^= x>>30 ^ x>>60
	return x - 0x9e3779b97f4a7c15
}

// documentOf returns the number of the document that has an id.
func documentOf(id []byte) (i int, err error) {
	x, err := strconv.ParseUint(string(id), 16, 64)
	return int(unmix(x)), err
}

// appendID appends the id of document number i: 16 hexadecimal digits in an order unlike that of the numbers.
func appendID(dst []byte, i int) []byte {
	const digits = "0123456789abcdef"
	for x, n := mix(uint64(i)), 0; n < 16; n++ {
		dst = append(dst, digits[x>>60])
		x = bits.RotateLeft64(x, 4)
	}
	return dst
}

// appendSeed appends seed as ten digits, so that all documents of a size have exactly that size.
func appendSeed(dst []byte, seed uint64) []byte {
	var buf [10]byte
	for i := range buf {
		buf[9-i] = byte('0' + seed%10)
		seed /= 10
	}
	return append(dst, buf[:]...)
}

// appendDocument appends document number i with the four leaves of seed.
func appendDocument(dst []byte, i, size int, seed uint64) []byte {
	return appendOrder(dst, i, size, seed, seed, false)
}

// appendOrder appends a document: first is the seed of its first leaf, seed that of the others.
func appendOrder(dst []byte, i, size int, first, seed uint64, wide bool) []byte {
	end := len(dst) + size
	dst = append(dst, `{"status":"st-`...)
	dst = appendSeed(dst, first)
	dst = append(dst, `","total":1`...)
	dst = appendSeed(dst, seed)
	dst = append(dst, `.25,"updater":"user-`...)
	dst = appendSeed(dst, seed)
	dst = append(dst, `","customer":{"name":"`...)
	dst = appendWords(dst, uint64(i)<<8, 14)
	dst = append(dst, `","address":{"city":"ci-`...)
	dst = appendSeed(dst, seed)
	dst = append(dst, `","zip":"`...)
	dst = strconv.AppendInt(dst, int64(10000+mix(uint64(i))%90000), 10)
	dst = append(dst, `"},"active":true},"tags":["`...)
	dst = appendWords(dst, uint64(i)<<8+1, 6)
	dst = append(dst, `",null]`...)
	if size >= 2*sizeSmall {
		dst = appendLines(dst, i, size/256)
	}
	if wide {
		dst = appendExtra(dst, seed)
	}
	dst = append(dst, `,"note":"`...)
	dst = appendWords(dst, uint64(i)<<8+2, end-len(dst)-2)
	return append(dst, `"}`...)
}

// appendLines appends the order's lines, which make the larger documents as nested as real ones.
func appendLines(dst []byte, i, lines int) []byte {
	dst = append(dst, `,"lines":[`...)
	for n := range lines {
		if n > 0 {
			dst = append(dst, ',')
		}
		r := mix(uint64(i)<<12 + 16 + uint64(n))
		dst = append(dst, `{"sku":"`...)
		dst = appendSeed(dst, r>>32)
		dst = append(dst, `","quantity":`...)
		dst = strconv.AppendInt(dst, int64(1+r%9), 10)
		dst = append(dst, `,"price":`...)
		dst = strconv.AppendInt(dst, int64(100+r>>40%900), 10)
		dst = append(dst, `.95,"gift":false}`...)
	}
	return append(dst, ']')
}

// appendWords appends n bytes of text that compresses about as well as prose.
func appendWords(dst []byte, seed uint64, n int) []byte {
	end := len(dst) + n
	for r := mix(seed); len(dst) < end; r = mix(r) {
		for x := r; x > 0xffff && len(dst) < end; x >>= 10 {
			dst = append(dst, words[x%uint64(len(words))]...)
		}
	}
	return dst[:end]
}

// words are 512 words of three to eight letters and a space.
var words = func() (list [512]string) {
	const consonants, vowels = "bcdfghklmnprstvw", "aeiou"
	for i := range list {
		r := mix(uint64(i) + 1e6)
		word := []byte{}
		for range 3 + r%6 {
			letters := consonants
			if len(word)%2 == 1 {
				letters = vowels
			}
			r = mix(r)
			word = append(word, letters[r%uint64(len(letters))])
		}
		list[i] = string(append(word, ' '))
	}
	return list
}()

// appendChanges appends the update that gives a document the four leaves of seed.
func appendChanges(dst []byte, seed uint64) []byte {
	dst = append(dst, `{"status":"st-`...)
	dst = appendSeed(dst, seed)
	dst = append(dst, `","total":1`...)
	dst = appendSeed(dst, seed)
	dst = append(dst, `.25,"updater":"user-`...)
	dst = appendSeed(dst, seed)
	dst = append(dst, `","customer":{"address":{"city":"ci-`...)
	dst = appendSeed(dst, seed)
	return append(dst, `"}}}`...)
}

// stream draws the documents that one of several callers updates: the same ones in each run and for each contender,
// scattered evenly, none twice in a batch, and none that another caller draws, so that the outcome does not depend
// on who comes first.
type stream struct {
	docs, callers, caller, batch int
	skewed                       bool // four in five of what is drawn is from a fifth of the documents
	halves                       bool // what is drawn is even and odd in turn: one caller, an even number of documents

	drawn uint64 // batches so far
	taken map[int]struct{}
}

func newStream(docs, callers, caller, batch int, skewed bool) *stream {
	return &stream{docs: docs, callers: callers, caller: caller, batch: batch, skewed: skewed, taken: map[int]struct{}{}}
}

// anew returns the stream as it was before it drew anything.
func (s *stream) anew() *stream {
	again := newStream(s.docs, s.callers, s.caller, s.batch, s.skewed)
	again.halves = s.halves
	return again
}

// next calls draw with each document of the next batch and the seed of its new leaves, which no other update has.
func (s *stream) next(draw func(pos, doc int, seed uint64)) {
	clear(s.taken)
	first := (s.drawn*uint64(s.callers) + uint64(s.caller)) * uint64(s.batch)
	r := mix(first)
	for pos := 0; pos < s.batch; r = mix(r) {
		of := uint64(s.docs / s.callers)
		if s.skewed && r>>32%5 > 0 {
			of = max(1, of/5)
		}
		doc := s.caller + s.callers*int(r%of)
		if s.halves && doc%2 != pos%2 {
			doc ^= 1
		}
		if _, ok := s.taken[doc]; ok {
			continue
		}
		s.taken[doc] = struct{}{}
		draw(pos, doc, first+uint64(pos)+1)
		pos++
	}
	s.drawn++
}
