package analysis

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/clipperhouse/uax29/v2/words"
)

// Comparisons with an implementation of UAX #29 that others keep. It goes by Unicode 17, so what has changed since
// Unicode 12 is listed, and it says nothing of what a segment is, so emoji and scripts without spaces are left out.

// changed are the code points whose property Word_Break is another one now: signs that Arabic and Kaithi numbers are
// put into and a Syriac mark, which were Format, a digit of New Tai Lue, and two forms of punctuation.
var changed = []rune{
	0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6dd, 0x70f, 0x8e2, 0x110bd, 0x110cd, 0x19da, 0xfe10, 0xfe14,
}

// segments returns the segments that uax29 finds and that have a letter, a digit, an ideograph.
func segments(text []byte) (offsets []int) {
	for it := words.FromBytes(text); it.Next(); {
		for _, r := range string(it.Value()) {
			if k := table().class(r); letter <= k && k <= southeast || k == emojiLetter {
				offsets = append(offsets, it.Start(), it.End())
				break
			}
		}
	}
	return offsets
}

// The table: every code point does the same to the letters, digits, Katakana and connectors around it as in uax29.
func TestUAX29Classes(t *testing.T) {
	seen := 0
	for r := rune(1); r <= 0xe01ef; r++ {
		switch k := table().class(r); {
		case k == other || k == southeast || k == emoji || k == joiner || slices.Contains(changed, r):
			continue
		}
		seen++
		for _, around := range [][2]string{{"a", "a"}, {"1", "1"}, {"カ", "カ"}, {"a_", "a"}} {
			text := []byte(around[0] + string(r) + around[1])
			if got, want := offsetsOf(text), segments(text); !slices.Equal(got, want) {
				t.Errorf("%+q: got %v, want %v", text, got, want)
			}
		}
	}
	if seen < 120_000 {
		t.Errorf("%d code points only", seen)
	}
}

// The rules: random texts have the same words. Hebrew is left out as well, where Lucene is content with less.
func TestUAX29Rules(t *testing.T) {
	var all [][]rune
	for _, k := range []class{
		letter, numeric, katakana, ideographic, extend, extendNumLet, midLetter, midNum, midNumLet,
	} {
		var some []rune
		for _, r := range classRanges[k] {
			if !slices.Contains(changed, r) {
				some = append(some, r)
			}
		}
		all = append(all, some)
	}
	all = append(all, []rune("'"), []rune(`" -#`), []rune("ab"), []rune("12"))
	for seed := range uint64(50_000) {
		text := randomText(rand.New(rand.NewPCG(seed, 2)), all)
		if len(text) > maxToken {
			continue
		}
		if got, want := offsetsOf(text), segments(text); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %+q:\ngot  %v\nwant %v", seed, text, got, want)
		}
	}
}
