package analysis

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// samples has some code points of each class.
func samples() (all [][]rune) {
	for _, ranges := range classRanges {
		var some []rune
		for i := 0; i < len(ranges); i += 2 {
			some = append(some, ranges[i], ranges[i+1])
		}
		if some != nil {
			all = append(all, some)
		}
	}
	for r := range singles {
		all = append(all, []rune{r})
	}
	slices.SortFunc(all, slices.Compare)
	return append(all, []rune{' ', '\n', '-', 0xa0, 0x200b}, []rune{firstTag, lastTag},
		[]rune("aZ"), []rune("09"), []rune("_"))
}

// randomText makes a text of code points of few classes, some of them repeated often.
func randomText(rng *rand.Rand, all [][]rune) []byte {
	few := make([][]rune, 1+rng.IntN(6))
	for i := range few {
		few[i] = all[rng.IntN(len(all))]
	}
	var text []byte
	for range rng.IntN(12) {
		of := few[rng.IntN(len(few))]
		r, times := of[rng.IntN(len(of))], 1
		if rng.IntN(40) == 0 {
			times = rng.IntN(300)
		}
		for range times {
			text = utf8.AppendRune(text, r)
		}
	}
	return text
}

// The tokens of random texts of all classes are those of the naive tokenizer.
func TestNaive(t *testing.T) {
	all := samples()
	for seed := range uint64(5_000) {
		text := randomText(rand.New(rand.NewPCG(seed, 1)), all)
		if got, want := offsetsOf(text), naive(text); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %+q:\ngot  %v\nwant %v", seed, text, got, want)
		}
	}
}

// The same where connectors, joiners and marks are repeated beyond the longest token, and then something follows.
func TestNaiveFloods(t *testing.T) {
	parts := []string{
		"_", "_", "\u203f", "\u0301", "\u200d", "\U000e0101", "\u0e31", "🏽", "\ufe0f", "☝", "#", "a", ".", " ",
	}
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 4))
		var text []byte
		for range 1 + rng.IntN(3) {
			few := 1 + rng.IntN(len(parts)-1)
			unit := ""
			for range 1 + rng.IntN(4) {
				unit += parts[rng.IntN(few)]
			}
			text = append(text, strings.Repeat(unit, rng.IntN(600/len(unit)))...)
			text = append(text, parts[rng.IntN(len(parts))]...)
		}
		if got, want := offsetsOf(text), naive(text); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %+q:\ngot  %v\nwant %v", seed, text, got, want)
		}
	}
}

func FuzzStandard(f *testing.F) {
	for _, s := range splits {
		f.Add([]byte(s.text))
	}
	f.Add([]byte(strings.Repeat("_", 300) + "a"))
	f.Add([]byte("\xe6\x9d\xff\xf0\x9f"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 2000 {
			return
		}
		if got, want := offsetsOf(text), naive(text); !slices.Equal(got, want) {
			t.Errorf("%+q:\ngot  %v\nwant %v", text, got, want)
		}
	})
}

// What holds of the tokens of any text.
func FuzzAnalyzers(f *testing.F) {
	for _, s := range splits {
		f.Add([]byte(s.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, a := range analyzers {
			var scratch Scratch
			last, position := 0, -1
			a.Each(text, &scratch, func(k Token) bool {
				if k.Start < last || k.End < k.Start || k.End > len(text) || k.End == k.Start && a.name != "keyword" {
					t.Errorf("%s: %+q: [%d:%d] follows %d", a.name, text, k.Start, k.End, last)
				}
				if k.Position <= position || !a.stopping && k.Position != position+1 {
					t.Errorf("%s: %+q: position %d follows %d", a.name, text, k.Position, position)
				}
				want := text[k.Start:k.End]
				if a.lowers {
					want = appendLower(nil, want)
				}
				if !bytes.Equal(k.Term, want) {
					t.Errorf("%s: %+q: term %+q, want %+q", a.name, text, k.Term, want)
				}
				if n := len(utf16.Encode([]rune(string(text[k.Start:k.End])))); n > 256 && a.name != "keyword" {
					t.Errorf("%s: a token of %d units", a.name, n)
				}
				last, position = k.End, k.Position
				return true
			})
		}
	})
}

// The short way for ASCII finds what the general rules find.
func FuzzASCII(f *testing.F) {
	f.Add([]byte("The quick-brown fox's 1,000.5 a.b #1 x_y "), 3)
	f.Add([]byte("a"), 255)
	f.Fuzz(func(t *testing.T, text []byte, times int) {
		if len(text) == 0 || times < 0 || times > 600 || len(text)*times > 5000 {
			return
		}
		text = bytes.Repeat(text, times)
		for i := range text {
			text[i] &= 0x7f
		}
		for at := range text {
			if asciiKinds[text[at]] != asciiWord {
				continue
			}
			short := plainWord(text, at)
			rules := tokenizer{text: text}
			if long, _ := rules.longest(at); short > at && short != long {
				t.Errorf("%q from %d: %d by the short way, %d by the long one", text, at, short, long)
			}
		}
	})
}

// A line break is in no token: the tokens of two texts with one between them are those of the first and of the second.
func FuzzLines(f *testing.F) {
	for i, s := range splits {
		f.Add([]byte(s.text), []byte(splits[(i*7+1)%len(splits)].text))
	}
	f.Fuzz(func(t *testing.T, one, other []byte) {
		for _, a := range analyzers {
			if a.split == whole {
				continue
			}
			var place Place
			want := tokensFrom(a, one, &place)
			place = Place{Position: place.Position, Offset: len(one) + 1}
			want = append(want, tokensFrom(a, other, &place)...)
			got := tokensFrom(a, slices.Concat(one, []byte("\n"), other), &Place{})
			if !slices.Equal(got, want) {
				t.Errorf("%s: %+q and %+q:\ngot  %s\nwant %s", a.name, one, other, got, want)
			}
		}
	})
}

// tokensFrom returns the tokens of a text that begins at a place, which moves behind it, and nothing further.
func tokensFrom(a *Analyzer, text []byte, at *Place) (tokens []string) {
	var scratch Scratch
	a.EachValue(text, at, 0, &scratch, func(k Token) bool {
		tokens = append(tokens, fmt.Sprintf("%q@%d[%d:%d]", k.Term, k.Position, k.Start, k.End))
		return true
	})
	return tokens
}
