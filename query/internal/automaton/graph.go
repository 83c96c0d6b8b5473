package automaton

import (
	"cmp"
	"slices"
	"unicode"
)

// edge leads to a state for each code point from lo to hi.
type edge struct {
	lo, hi rune
	to     int32
}

// graph is a finite automaton without empty transitions. State 0 is the first one; a graph without states matches no
// string. The edges of a state are in order, and no two of them that lead to one state touch: see graph.finish.
type graph struct {
	edges  [][]edge
	accept []bool
	// deterministic: no two edges of one state overlap, in states that cannot be reached neither.
	deterministic bool
}

func newGraph(states int) *graph {
	return &graph{edges: make([][]edge, states), accept: make([]bool, states)}
}

// noString matches nothing.
func noString() *graph { return newGraph(0).finish() }

// emptyString matches the empty string.
func emptyString() *graph {
	g := newGraph(1)
	g.accept[0] = true
	return g.finish()
}

// anyString matches every string.
func anyString() *graph {
	g := emptyString()
	g.edges[0] = []edge{{0, unicode.MaxRune, 0}}
	return g.finish()
}

// oneOf matches each string of one code point of the set.
func oneOf(s set) *graph {
	if len(s) == 0 {
		return noString()
	}
	g := newGraph(2)
	for _, r := range s {
		g.edges[0] = append(g.edges[0], edge{r.lo, r.hi, 1})
	}
	g.accept[1] = true
	return g.finish()
}

// literal matches text, and with fold also text with other cases of its ASCII letters. With fold, the empty text
// matches nothing, as in Lucene.
func literal(text []rune, fold bool) *graph {
	if fold && len(text) == 0 {
		return noString()
	}
	g := newGraph(len(text) + 1)
	for i, c := range text {
		for _, r := range char(c, fold) {
			g.edges[i] = append(g.edges[i], edge{r.lo, r.hi, int32(i + 1)})
		}
	}
	g.accept[len(text)] = true
	return g.finish()
}

// copy adds the states of from to g, and returns the number of the first one.
func (g *graph) copy(from *graph) int32 {
	first := int32(len(g.edges))
	for i, edges := range from.edges {
		shifted := make([]edge, len(edges))
		for j, e := range edges {
			shifted[j] = edge{e.lo, e.hi, e.to + first}
		}
		g.edges = append(g.edges, shifted)
		g.accept = append(g.accept, from.accept[i])
	}
	return first
}

// join lets state s do all that state like does: the effect of an empty transition.
func (g *graph) join(s, like int32) {
	g.edges[s] = append(g.edges[s], g.edges[like]...)
	g.accept[s] = g.accept[s] || g.accept[like]
}

// finish puts the edges in order, and finds out whether g is deterministic. It has to follow each change of edges.
func (g *graph) finish() *graph {
	g.deterministic = true
	for s, edges := range g.edges {
		if len(edges) > 1 {
			edges = mergeEdges(edges)
			g.edges[s] = edges
		}
		for i := 1; i < len(edges); i++ {
			if edges[i].lo <= edges[i-1].hi {
				g.deterministic = false
			}
		}
	}
	return g
}

// mergeEdges sorts edges, and makes one of those that touch or overlap and lead to one state.
func mergeEdges(edges []edge) []edge {
	slices.SortFunc(edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.to, b.to), cmp.Compare(a.lo, b.lo), cmp.Compare(a.hi, b.hi))
	})
	merged := edges[:1]
	for _, e := range edges[1:] {
		last := &merged[len(merged)-1]
		if e.to == last.to && e.lo <= last.hi+1 {
			last.hi = max(last.hi, e.hi)
		} else {
			merged = append(merged, e)
		}
	}
	slices.SortFunc(merged, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(a.hi, b.hi), cmp.Compare(a.to, b.to))
	})
	return merged
}

func (g *graph) countEdges() (n int) {
	for _, edges := range g.edges {
		n += len(edges)
	}
	return n
}

// matchesNothing says so of a graph that is finished, and is right only if the first state has no edges to dead states.
func (g *graph) matchesNothing() bool {
	return len(g.edges) == 0 || !g.accept[0] && len(g.edges[0]) == 0
}

// live returns g without the states that cannot be reached from state first, and without those from which no string can
// be matched any more. State first becomes state 0.
func (g *graph) live(first int32) *graph {
	if len(g.edges) == 0 {
		return noString()
	}
	order := g.reachable(first)
	useful := g.useful()
	if !useful[first] {
		return noString()
	}
	number := make([]int32, len(g.edges))
	kept := order[:0]
	for _, s := range order {
		if useful[s] {
			number[s] = int32(len(kept))
			kept = append(kept, s)
		}
	}
	smaller := newGraph(len(kept))
	for i, s := range kept {
		smaller.accept[i] = g.accept[s]
		for _, e := range g.edges[s] {
			if useful[e.to] {
				smaller.edges[i] = append(smaller.edges[i], edge{e.lo, e.hi, number[e.to]})
			}
		}
	}
	return smaller.finish()
}

// reachable returns the states that can be reached from first, in the order of their distance, beginning with first.
func (g *graph) reachable(first int32) []int32 {
	seen := make([]bool, len(g.edges))
	seen[first] = true
	order := []int32{first}
	for i := 0; i < len(order); i++ {
		for _, e := range g.edges[order[i]] {
			if !seen[e.to] {
				seen[e.to] = true
				order = append(order, e.to)
			}
		}
	}
	return order
}

// useful says for each state whether an accepting one can be reached from there.
func (g *graph) useful() []bool {
	from := make([][]int32, len(g.edges))
	var order []int32
	useful := make([]bool, len(g.edges))
	for s, edges := range g.edges {
		for _, e := range edges {
			from[e.to] = append(from[e.to], int32(s))
		}
		if g.accept[s] {
			useful[s] = true
			order = append(order, int32(s))
		}
	}
	for i := 0; i < len(order); i++ {
		for _, s := range from[order[i]] {
			if !useful[s] {
				useful[s] = true
				order = append(order, s)
			}
		}
	}
	return useful
}
