package rawjson

import (
	"bytes"
	"math/bits"
)

// The functions in this file step over valid JSON. Over anything else they return some index
// between i and len(b); they never look past the end.

// Skip returns the index past the value that starts at i.
func Skip(b []byte, i int) int {
	if i >= len(b) {
		return len(b)
	}
	switch b[i] {
	case '"':
		i, _ = skipString(b, i, true)
		return i
	case '{', '[':
		return SkipRest(b, i+1)
	}
	start := i
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] > ' ' {
		i++
	}
	look(i - start)
	return i
}

// SkipString returns the index past the string whose opening quote is at i,
// and whether the string holds an escape.
func SkipString(b []byte, i int) (end int, escaped bool) { return skipString(b, i, false) }

// skipString is SkipString; nobody looks for an escape if escaped says that there is one.
func skipString(b []byte, i int, escaped bool) (int, bool) {
	// Most strings are short: four words cost less than one call of IndexByte, which wins later.
	start, near := i, i+32
	for i++; i+8 <= len(b) && i < near; {
		w := load(b, i)
		hits := (((w ^ '"'*lowBits) - lowBits) | ((w ^ '\\'*lowBits) - lowBits)) &^ w & highBits
		if hits == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(hits) >> 3
		if b[i] == '"' {
			look(i - start)
			return i + 1, escaped
		}
		escaped = true
		i += 2
	}
	look(i - start)
	return skipFar(b, i, escaped)
}

// skipFar does the same from inside a string, not between a backslash and what it escapes.
func skipFar(b []byte, i int, escaped bool) (int, bool) {
	for start := i; i < len(b); i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			break
		}
		// A quote is escaped if an odd number of backslashes stands before it.
		slashes := i + n
		for slashes > i && b[slashes-1] == '\\' {
			slashes--
		}
		i += n
		look(n)
		if (i-slashes)%2 == 0 {
			return i + 1, escaped || bytes.IndexByte(b[start:i], '\\') >= 0
		}
	}
	return len(b), escaped
}

// SkipRest returns the index past the array or object that is open at i,
// where i is not inside a string.
//
// It has no branch for a string: what stands in strings is masked out of each word. The masks have bits in the lowest
// bit of each byte, and multiplying by lowBits adds up, for each byte, the bits of it and of all before it.
func SkipRest(b []byte, i int) int {
	start, depth := i, 1
	inside := uint64(0) // lowBits while in a string
	for i+8 <= len(b) {
		w := load(b, i)
		quotes := equalBytes(w, '"')
		step := 8
		slash := equalBytes(w, '\\')
		if slash != 0 { // stop before it, and go on past what it escapes
			n := bits.TrailingZeros64(slash)
			quotes &= 1<<n - 1
			step = n>>3 + 2
		}
		in := quotes*lowBits&lowBits ^ inside
		inside = in >> 56 * lowBits
		// In ASCII '{' is '[' with bit 0x20 set, as '}' is ']'.
		open := equalBytes(w|0x20*lowBits, '{') &^ in
		closed := equalBytes(w|0x20*lowBits, '}') &^ in
		if open|closed != 0 {
			n := bits.OnesCount64(closed)
			if n >= depth {
				if end := closing(open, closed, depth); end > 0 {
					look(i + end - start)
					return i + end
				}
			}
			depth += bits.OnesCount64(open) - n
		}
		i += step
	}
	look(i - start)
	return skipTail(b, i, depth, inside != 0)
}

// closing returns the number of bytes up to and with the one that brings depth to 0, or 0 if none does.
func closing(open, closed uint64, depth int) int {
	for both := open | closed; both != 0; both &= both - 1 {
		if bit := both & -both; bit&open != 0 {
			depth++
		} else if depth--; depth == 0 {
			return bits.TrailingZeros64(bit)>>3 + 1
		}
	}
	return 0
}

// skipTail is SkipRest for the last bytes.
func skipTail(b []byte, i, depth int, inside bool) int {
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			inside = !inside
		case inside:
			if c == '\\' {
				i++
			}
		case c == '{', c == '[':
			depth++
		case c == '}', c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(b)
}
