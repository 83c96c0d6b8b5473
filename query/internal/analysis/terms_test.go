package analysis

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestTerms(t *testing.T) {
	a, _ := Lookup("standard")
	var terms Terms
	terms.Add(a, []byte("Quake quake and more"), PositionGap)
	terms.Add(a, []byte("and QUAKE"), PositionGap)
	var got []string
	for i := range terms.Len() {
		got = append(got, fmt.Sprintf("%s %v", terms.At(i).Text, terms.At(i).Positions))
	}
	if want := "and [2 104], more [3], quake [0 1 105]"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
	if terms.Tokens() != 6 {
		t.Errorf("%d tokens", terms.Tokens())
	}
	if q, ok := terms.Find([]byte("quake")); !ok || string(q.Text) != "quake" || len(q.Positions) != 3 {
		t.Errorf("quake: %v, %t", q, ok)
	}
	for _, absent := range []string{"", "a", "mord", "z"} {
		if _, ok := terms.Find([]byte(absent)); ok {
			t.Errorf("%q is found", absent)
		}
	}
	terms.Reset()
	if terms.Len() != 0 || terms.Tokens() != 0 {
		t.Error("terms are left")
	}
	terms.Add(a, []byte("x"), PositionGap)
	if x := terms.At(0); string(x.Text) != "x" || !slices.Equal(x.Positions, []int{0}) {
		t.Errorf("after Reset: %v", x)
	}
}

// Terms against a map, also when they are asked between two values.
func TestTermsModel(t *testing.T) {
	var terms Terms
	all := samples()
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 3))
		a := slices.Collect(maps.Values(analyzers))[rng.IntN(len(analyzers))]
		want, at, n := map[string][]int{}, Place{}, 0
		terms.Reset()
		for range rng.IntN(4) {
			value := append(randomText(rng, all), " the a a b"[:rng.IntN(10)]...)
			gap := rng.IntN(3)
			terms.Add(a, value, gap)
			a.EachValue(value, &at, gap, &Scratch{}, func(k Token) bool {
				want[string(k.Term)] = append(want[string(k.Term)], k.Position)
				n++
				return true
			})
			if terms.Len() != len(want) || terms.Tokens() != n {
				t.Fatalf("seed %d: %d terms, %d tokens, want %d, %d", seed, terms.Len(), terms.Tokens(), len(want), n)
			}
		}
		for i, term := range slices.Sorted(maps.Keys(want)) {
			got, ok := terms.Find([]byte(term))
			if !ok || !slices.Equal(got.Positions, want[term]) || string(terms.At(i).Text) != term {
				t.Fatalf("seed %d: %q: %v %t, at %d %q, want %v", seed, term, got, ok, i, terms.At(i).Text, want[term])
			}
		}
	}
}
