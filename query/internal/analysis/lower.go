package analysis

import (
	"unicode"
	"unicode/utf8"
)

// appendLower appends text in lower case to dst, code point by code point, as Java's Character.toLowerCase does: the İ
// of İstanbul becomes i, Σ becomes σ at the end of a word as well, and ß, ﬁ and accents stay. Bytes that are no UTF-8
// stay.
func appendLower(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		b := text[i]
		if b < utf8.RuneSelf {
			dst = append(dst, lowerASCII(b))
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if l := unicode.ToLower(r); l != r {
			dst = utf8.AppendRune(dst, l)
		} else {
			dst = append(dst, text[i:i+size]...)
		}
		i += size
	}
	return dst
}

func lowerASCII(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + ('a' - 'A')
	}
	return b
}

// isLower says whether appendLower would change nothing. It may say no although nothing would.
func isLower(text []byte) bool {
	for _, b := range text {
		if mayChange[b] {
			return false
		}
	}
	return true
}

// mayChange are the first bytes of code points of which some have another lower case. Most scripts have none of these.
var mayChange = func() (first [256]bool) {
	for _, cased := range unicode.CaseRanges {
		if cased.Delta[unicode.LowerCase] == 0 {
			continue
		}
		for r := cased.Lo; r <= cased.Hi; r++ {
			first[string(rune(r))[0]] = true
		}
	}
	return first
}()
