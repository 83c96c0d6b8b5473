package main

import (
	"slices"
	"testing"

	"github.com/kuzzlite/kuzzlite/query/internal/koncorde"
)

// A filter keeps its canonical form when its parts are put into another order and negations are doubled.
func TestCanonicalFormOfRewrittenFilters(t *testing.T) {
	compared := 0
	for g := newGenerator(3); compared < 3000; {
		g.conditions = 0
		filter := g.filter(3)
		first, err := koncorde.Parse([]byte(encode(filter)))
		if err != nil {
			continue
		}
		other := encode(g.rewrite(filter))
		second, err := koncorde.Parse([]byte(other))
		if err != nil {
			continue
		}
		compared++
		if got, want := string(koncorde.Canonical(second)), string(koncorde.Canonical(first)); got != want {
			t.Fatalf("%s\n%s\nhave the canonical forms\n%s\n%s", encode(filter), other, want, got)
		}
	}
}

// rewrite returns a filter with the same meaning.
func (g *generator) rewrite(filter any) any {
	o, ok := filter.(obj)
	if !ok || len(o) != 1 {
		return filter
	}
	switch keyword := o[0].key; keyword {
	case "and", "or":
		o = one(keyword, g.rewriteAll(o[0].value.([]any)))
	case "not":
		o = one(keyword, g.rewrite(o[0].value))
	case "bool":
		clauses := obj{}
		for _, clause := range o[0].value.(obj) {
			clauses = append(clauses, field{clause.key, g.rewriteAll(clause.value.([]any))})
		}
		o = one(keyword, g.shuffled(clauses...))
	case "select", "geoDistance", "geoDistanceRange", "geoBoundingBox":
		if inner, ok := o[0].value.(obj); ok {
			o = one(keyword, g.shuffled(slices.Clone(inner)...))
		}
	}
	if g.IntN(4) == 0 {
		return one("not", one("not", o))
	}
	return o
}

func (g *generator) rewriteAll(filters []any) []any {
	var result []any
	for _, f := range filters {
		result = append(result, g.rewrite(f))
	}
	g.Shuffle(len(result), func(i, j int) { result[i], result[j] = result[j], result[i] })
	return result
}
