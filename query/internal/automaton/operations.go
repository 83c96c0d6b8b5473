package automaton

import "unicode"

// The operations follow Lucene's in which states and edges they make, unreachable ones included. That decides how much
// effort it takes to determinize the result, and so which patterns are refused.

// union matches what one of the graphs matches.
func (w *workshop) union(list []*graph) (*graph, error) {
	g := newGraph(1)
	for _, one := range list {
		if len(one.edges) == 0 {
			continue
		}
		first := g.copy(one)
		g.join(0, first)
		if err := w.spend(g, one.countEdges()+len(one.edges)); err != nil {
			return nil, err
		}
	}
	return g.finish().live(0), nil
}

// concatenate matches the strings of the graphs, one after the other. Without graphs it matches nothing.
func (w *workshop) concatenate(list []*graph) (*graph, error) {
	g := newGraph(0)
	var firsts []int32
	for _, one := range list {
		if len(one.edges) == 0 {
			return noString(), nil
		}
		firsts = append(firsts, g.copy(one))
		if err := w.spend(g, one.countEdges()+len(one.edges)); err != nil {
			return nil, err
		}
	}
	for i, one := range list {
		for s, accept := range one.accept {
			if !accept {
				continue
			}
			at := firsts[i] + int32(s)
			if err := w.follow(g, at, firsts[i+1:]); err != nil {
				return nil, err
			}
		}
	}
	return g.finish(), nil
}

// follow lets the accepting state at go on as the graphs that follow do. The first states of these are still as they
// were copied, because states are followed from the front.
func (w *workshop) follow(g *graph, at int32, firsts []int32) error {
	g.accept[at] = false
	for _, first := range firsts {
		g.edges[at] = append(g.edges[at], g.edges[first]...)
		if err := w.spend(g, len(g.edges[first])+1); err != nil {
			return err
		}
		if !g.accept[first] {
			return nil
		}
	}
	g.accept[at] = true
	return nil
}

// optional matches what g matches, and the empty string.
func (w *workshop) optional(g *graph) *graph {
	result := emptyString()
	if len(g.edges) > 0 {
		result.copy(g)
		result.join(0, 1)
	}
	return result.finish()
}

// star matches strings of g any number of times. It matches no string if g matches none, not even the empty one.
func (w *workshop) star(g *graph) *graph {
	if len(g.edges) == 0 {
		return g
	}
	result := emptyString()
	result.copy(g)
	first := result.edges[1]
	result.edges[0] = append(result.edges[0], first...)
	for s, accept := range g.accept {
		if accept {
			result.edges[s+1] = append(result.edges[s+1], first...)
		}
	}
	return result.finish()
}

// atLeast matches n or more strings of g, one after the other.
func (w *workshop) atLeast(g *graph, n int) (*graph, error) {
	if n == 0 {
		return w.star(g), nil
	}
	if err := w.checkCopies(g, n); err != nil {
		return nil, err
	}
	return w.concatenate(append(copies(g, n), w.star(g)))
}

// between matches from least to most strings of g, one after the other.
func (w *workshop) between(g *graph, least, most int) (*graph, error) {
	if err := w.checkCopies(g, most); err != nil {
		return nil, err
	}
	result := emptyString()
	if least > 0 {
		var err error
		if result, err = w.concatenate(copies(g, least)); err != nil {
			return nil, err
		}
	}
	ends := result.accepting(0)
	for range most - least {
		first := result.copy(g)
		if len(g.edges) > 0 {
			for _, s := range ends {
				result.join(s, first)
			}
		}
		if err := w.spend(result, (len(ends)+1)*(g.countEdges()+1)); err != nil {
			return nil, err
		}
		ends = result.accepting(first)
	}
	return result.finish(), nil
}

// checkCopies says whether n copies of g are too many. The number of states that they have takes the place of the limit
// in the error, as in Lucene.
func (w *workshop) checkCopies(g *graph, n int) error {
	if states := (len(g.edges) - 1) * n; states > w.limit {
		return &tooComplex{limit: states, states: len(g.edges), edges: g.countEdges()}
	}
	return w.spend(g, n) // a graph of one state, or none, may be copied as often as the work allows
}

func copies(g *graph, n int) []*graph {
	list := make([]*graph, n)
	for i := range list {
		list[i] = g
	}
	return list
}

// accepting returns the accepting states from the given one on.
func (g *graph) accepting(from int32) (states []int32) {
	for s := int(from); s < len(g.accept); s++ {
		if g.accept[s] {
			states = append(states, int32(s))
		}
	}
	return states
}

// intersection matches what both graphs match.
func (w *workshop) intersection(a, b *graph) (*graph, error) {
	if len(a.edges) == 0 || len(b.edges) == 0 {
		return noString(), nil
	}
	type pair struct{ a, b int32 }
	pairs := []pair{{0, 0}}
	number := map[pair]int32{{0, 0}: 0}
	result := newGraph(0)
	for i := 0; i < len(pairs); i++ {
		p := pairs[i]
		var edges []edge
		for _, x := range a.edges[p.a] {
			for _, y := range b.edges[p.b] {
				lo, hi := max(x.lo, y.lo), min(x.hi, y.hi)
				if lo > hi {
					continue
				}
				next := pair{x.to, y.to}
				if _, known := number[next]; !known {
					number[next] = int32(len(pairs))
					pairs = append(pairs, next)
				}
				edges = append(edges, edge{lo, hi, number[next]})
			}
		}
		result.edges = append(result.edges, edges)
		result.accept = append(result.accept, a.accept[p.a] && b.accept[p.b])
		if err := w.spend(result, len(a.edges[p.a])*len(b.edges[p.b])+1); err != nil {
			return nil, err
		}
	}
	return result.finish().live(0), nil
}

// complement matches what g does not match.
func (w *workshop) complement(g *graph) (*graph, error) {
	if len(g.edges) == 0 {
		return anyString(), nil
	}
	g, err := w.determinize(g)
	if err != nil {
		return nil, err
	}
	result := newGraph(0)
	result.copy(g)
	rest := int32(len(result.edges))
	for s := range result.edges {
		result.accept[s] = !result.accept[s]
		next := rune(0)
		for _, e := range g.edges[s] {
			if e.lo > next {
				result.edges[s] = append(result.edges[s], edge{next, e.lo - 1, rest})
			}
			next = e.hi + 1
		}
		if next <= unicode.MaxRune {
			result.edges[s] = append(result.edges[s], edge{next, unicode.MaxRune, rest})
		}
	}
	result.copy(anyString())
	return result.finish().live(0), w.spend(result, result.countEdges())
}
