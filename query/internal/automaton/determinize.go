package automaton

import (
	"cmp"
	"encoding/binary"
	"slices"
	"unicode"
)

// determinize returns a deterministic graph that matches what g matches, g itself if it is deterministic. The states of
// the result are sets of states of g. The effort is the sum of their sizes, and must stay below ten times the limit.
func (w *workshop) determinize(g *graph) (*graph, error) {
	if g.deterministic || len(g.edges) <= 1 {
		return g, nil
	}
	d := &determinizer{
		w: w, from: g, result: newGraph(0), number: map[string]int32{}, count: make([]int32, len(g.edges)),
	}
	d.numberOf([]int32{0})
	effort := 0
	for s := 0; s < len(d.sets); s++ {
		effort += len(d.sets[s])
		if effort >= 10*w.limit {
			return nil, w.tooComplex(g)
		}
		if err := d.expand(s); err != nil {
			return nil, w.tooComplex(g)
		}
	}
	return d.result.finish(), nil
}

type determinizer struct {
	w      *workshop
	from   *graph
	result *graph
	sets   [][]int32        // by state of the result: states of from, in order
	number map[string]int32 // of the state of the result for a set

	// Scratch space of expand.
	points []point
	active []int32 // in order
	count  []int32 // by state of from: edges that lead there
	key    []byte
}

// point is a code point at which edges that lead to a state begin (by is 1) or have just ended (by is -1).
type point struct {
	at rune
	to int32
	by int32
}

// numberOf returns the state of the result for a set of states.
func (d *determinizer) numberOf(states []int32) int32 {
	d.key = d.key[:0]
	for _, s := range states {
		d.key = binary.LittleEndian.AppendUint32(d.key, uint32(s))
	}
	n, known := d.number[string(d.key)]
	if !known {
		n = int32(len(d.sets))
		d.number[string(d.key)] = n
		d.sets = append(d.sets, slices.Clone(states))
		d.result.edges = append(d.result.edges, nil)
		accept := slices.ContainsFunc(states, func(s int32) bool { return d.from.accept[s] })
		d.result.accept = append(d.result.accept, accept)
	}
	return n
}

// expand finds the edges of state s of the result: it goes through the code points at which the set of states that
// can be reached from those of s changes.
func (d *determinizer) expand(s int) error {
	d.points = d.points[:0]
	for _, member := range d.sets[s] {
		for _, e := range d.from.edges[member] {
			d.points = append(d.points, point{e.lo, e.to, 1}, point{e.hi + 1, e.to, -1})
		}
	}
	if err := d.w.spend(d.result, len(d.points)); err != nil {
		return err
	}
	slices.SortFunc(d.points, func(a, b point) int { return cmp.Compare(a.at, b.at) })
	d.active = d.active[:0]
	var edges []edge
	for i := 0; i < len(d.points); {
		at := d.points[i].at
		for ; i < len(d.points) && d.points[i].at == at; i++ {
			d.change(d.points[i])
		}
		if len(d.active) > 0 {
			edges = append(edges, edge{at, unicode.MaxRune, d.numberOf(d.active)})
			if i < len(d.points) {
				edges[len(edges)-1].hi = d.points[i].at - 1
			}
		}
		if err := d.w.spend(d.result, len(d.active)+1); err != nil {
			return err
		}
	}
	d.result.edges[s] = edges
	return nil
}

// change counts the edges that lead to a state, and keeps the active states in order.
func (d *determinizer) change(p point) {
	was := d.count[p.to]
	d.count[p.to] += p.by
	i, _ := slices.BinarySearch(d.active, p.to)
	switch {
	case was == 0 && p.by > 0:
		d.active = slices.Insert(d.active, i, p.to)
	case was == 1 && p.by < 0:
		d.active = slices.Delete(d.active, i, i+1)
	}
}
