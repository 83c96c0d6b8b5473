package analysis

import (
	"unicode"
	"unicode/utf8"
)

// A kind says which code points are part of tokens.
type kind struct {
	ascii [utf8.RuneSelf]bool
	other func(r rune) bool
}

func newKind(part func(r rune) bool) *kind {
	k := &kind{other: part}
	for r := range k.ascii {
		k.ascii[r] = part(rune(r))
	}
	return k
}

var letters, dark = newKind(unicode.IsLetter), newKind(isDark)

// nextRun returns where the next run of code points of a kind begins, at or behind at, and where it ends. Both are the
// length of the text if there is none. A run that is longer than maxToken is cut behind the code point that makes it so
// long, and goes on as the next token.
func nextRun(text []byte, at int, part *kind) (from, to int) {
	from = -1
	units := 0
	for at < len(text) {
		r, size := rune(text[at]), 1
		in := false
		if r < utf8.RuneSelf {
			in = part.ascii[r]
		} else {
			r, size = utf8.DecodeRune(text[at:])
			in = part.other(r)
		}
		switch {
		case in:
			if from < 0 {
				from = at
			}
			if units++; r > 0xffff {
				units++
			}
		case from >= 0:
			return from, at
		}
		at += size
		if units >= maxToken {
			return from, at
		}
	}
	if from < 0 {
		return at, at
	}
	return from, at
}

// isDark says what is part of a token of the analyzer whitespace: all but Java's white space, to which the no-break
// spaces and U+0085 do not belong, but the separators U+001C to U+001F do.
func isDark(r rune) bool {
	switch {
	case '\t' <= r && r <= '\r', 0x1c <= r && r <= 0x1f:
		return false
	case r == 0xa0, r == 0x2007, r == 0x202f:
		return true
	}
	return !unicode.Is(unicode.Z, r)
}
