package bm25

import "math/bits"

// The length of a field is kept in a byte: exactly up to 40, then with four significant bits (Lucene: SmallFloat). So
// fields of nearly the same length score the same.

// free is how many values of a byte are left for exact lengths, where the rest reaches to the largest int32.
const free = 255 - 231

// Norm returns a length as a byte.
func Norm(length int) byte {
	if length < free {
		return byte(length)
	}
	n := length - free
	shift := bits.Len(uint(n)) - 4
	if shift < 0 {
		return byte(free + n)
	}
	return byte(free + (n>>shift&7 | (shift+1)<<3))
}

// Length returns the length that a byte stands for.
func Length(norm byte) int {
	if norm < free {
		return int(norm)
	}
	n := int(norm) - free
	shift := n>>3 - 1
	if shift < 0 {
		return free + n
	}
	return free + (n&7|8)<<shift
}
