package rawjson

import (
	"encoding/binary"
	"math/bits"
)

// Text is scanned eight bytes at a time (SWAR). In each test the lowest set bit is exact:
// a subtraction borrows only out of a byte that is itself a hit, so a false hit can
// only stand above a true one.
const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

func load(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i : i+8]) }

// plain returns the index of the first quote, backslash or control character at or after i,
// or len(src), and or-s all bytes before it into high.
func plain(src []byte, i int, high uint64) (int, uint64) {
	start := i
	for i+8 <= len(src) {
		w := load(src, i)
		hits := ((w - 0x20*lowBits) | ((w ^ '"'*lowBits) - lowBits) | ((w ^ '\\'*lowBits) - lowBits)) &^ w & highBits
		if hits != 0 {
			n := bits.TrailingZeros64(hits) &^ 7
			look(i + n>>3 - start)
			return i + n>>3, high | w&(1<<n-1)
		}
		high |= w
		i += 8
	}
	for ; i < len(src); i++ {
		c := src[i]
		if c < ' ' || c == '"' || c == '\\' {
			break
		}
		high |= uint64(c)
	}
	look(i - start)
	return i, high
}

// equalBytes returns a word with the lowest bit set of each byte that is c in w. Unlike
// the tests above it is exact for all bytes.
func equalBytes(w uint64, c byte) uint64 {
	w ^= uint64(c) * lowBits
	return ^((w&^highBits + ^uint64(highBits)) | w) & highBits >> 7
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

func skipDigits(b []byte, i int) int {
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	return i
}

// at returns b[i], or 0 past the end: a byte that no JSON token has.
func at(b []byte, i int) byte {
	if i < len(b) {
		return b[i]
	}
	return 0
}
