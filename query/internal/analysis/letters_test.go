package analysis

import (
	"slices"
	"testing"
	"unicode/utf8"
)

// White space is what Java's Character.isWhitespace says.
func TestWhiteSpace(t *testing.T) {
	want := []rune{
		'\t', '\n', '\v', '\f', '\r', 0x1c, 0x1d, 0x1e, 0x1f, ' ', 0x1680,
		0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x205f, 0x3000,
	}
	var got []rune
	for r := range rune(utf8.MaxRune + 1) {
		if from, to := nextRun([]byte(string(r)), 0, dark); from == to {
			got = append(got, r)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %U, want %U", got, want)
	}
}
