package phrase

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// randomText is places of the words of a phrase in a text: position p has the word at p.
func randomText(r *rand.Rand) (text []int, words []Word) {
	text = make([]int, r.IntN(12))
	for i := range text {
		text[i] = r.IntN(3)
	}
	offset := 0
	for range 1 + r.IntN(3) {
		w := Word{Offset: offset}
		word := r.IntN(3)
		for i, at := range text {
			if at == word {
				w.Places = append(w.Places, i)
			}
		}
		words = append(words, w)
		offset += 1 + r.IntN(2)
	}
	return text, words
}

// all calls yield with all choices of places.
func all(words []Word, yield func(positions []int)) {
	positions := make([]int, len(words))
	var choose func(i int)
	choose = func(i int) {
		if i == len(words) {
			yield(positions)
			return
		}
		for _, p := range words[i].Places {
			positions[i] = p
			choose(i + 1)
		}
	}
	choose(0)
}

func positionsOf(words []Word, at []int) []int {
	list := make([]int, len(at))
	for i, place := range at {
		list[i] = words[i].Places[place]
	}
	return list
}

func TestExactly(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 5000 {
		text, words := randomText(r)
		var got, want []string
		Exactly(words, func(at []int) { got = append(got, fmt.Sprint(positionsOf(words, at))) })
		all(words, func(positions []int) {
			for i, p := range positions {
				if p-words[i].Offset != positions[0]-words[0].Offset {
					return
				}
			}
			want = append(want, fmt.Sprint(positions))
		})
		if !slices.Equal(got, want) {
			t.Fatalf("%v %v: %v, want %v", text, words, got, want)
		}
	}
}

// Near and Sloppy find some places of all that there are, and one at least if there is any. What they find is no
// further than the slop.
func TestNearAndSloppy(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 5000 {
		text, words := randomText(r)
		slop := r.IntN(5)
		near := func(positions []int) bool {
			return slices.Max(positions)+1-slices.Min(positions)-len(words) <= slop
		}
		found := 0
		Near(words, slop, func(at []int) {
			found++
			if p := positionsOf(words, at); !near(p) {
				t.Fatalf("%v %v: %v", text, words, p)
			}
		})
		is := false
		all(words, func(positions []int) { is = is || near(positions) })
		if is != (found > 0) {
			t.Fatalf("%v %v ~%d: %d", text, words, slop, found)
		}
		if len(words) < 2 {
			continue
		}
		Sloppy(words, slop, func(length int, at []int) {
			if p := positionsOf(words, at); length < 0 || length > slop {
				t.Fatalf("%v %v: %d at %v", text, words, length, p)
			}
		})
	}
}
