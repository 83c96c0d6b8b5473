package automaton

import (
	"slices"
	"unicode"
)

// minimize returns the smallest deterministic graph that matches what g matches, without dead states.
func (w *workshop) minimize(g *graph) (*graph, error) {
	if g.matchesNothing() {
		return noString(), nil
	}
	g, err := w.determinize(g)
	if err != nil {
		return nil, err
	}
	g = g.live(0)
	if len(g.edges) <= 1 {
		return g, nil
	}
	starts := startsOf(g)
	if err := w.spend(g, (len(g.edges)+1)*len(starts)); err != nil {
		return nil, err
	}
	return newPartition(g, starts).refine().quotient(g), nil
}

// startsOf returns the code points at which the classes of code points begin that the edges of g do not tell apart.
func startsOf(g *graph) []rune {
	starts := []rune{0}
	for _, edges := range g.edges {
		for _, e := range edges {
			starts = append(starts, e.lo)
			if e.hi < unicode.MaxRune {
				starts = append(starts, e.hi+1)
			}
		}
	}
	slices.Sort(starts)
	return slices.Compact(starts)
}

// partition groups the states of a graph into blocks of states that are not known to differ, by Hopcroft's algorithm.
// The last state is none of the graph: all missing edges lead there.
type partition struct {
	states, classes int
	sources         []int32 // for each class and state, the states from which an edge of the class leads there
	sourcesAt       []int32 // by class*states + state: where the sources begin

	members []int32 // all states, those of each block side by side
	place   []int32 // by state: where it is in members
	block   []int32 // by state
	begin   []int32 // by block: where its members begin
	end     []int32 // by block: where its members end
	marked  []int32 // by block: so many of its first members are marked

	work   []int32 // block*classes + class: the block may tell states of other blocks apart
	inWork []bool
}

func newPartition(g *graph, starts []rune) *partition {
	p := &partition{states: len(g.edges) + 1, classes: len(starts)}
	p.findSources(p.targets(g, starts))
	p.members, p.place, p.block = make([]int32, p.states), make([]int32, p.states), make([]int32, p.states)
	accepting := 0
	for s := range g.edges {
		if g.accept[s] {
			p.members[accepting] = int32(s)
			accepting++
		}
	}
	other := accepting
	for s := range p.states {
		if s == len(g.edges) || !g.accept[s] {
			p.members[other] = int32(s)
			p.block[s] = 1
			other++
		}
	}
	for i, s := range p.members {
		p.place[s] = int32(i)
	}
	p.begin, p.end = []int32{0, int32(accepting)}, []int32{int32(accepting), int32(p.states)}
	p.marked, p.inWork = make([]int32, 2), make([]bool, 2*p.classes)
	p.add(p.smaller(0, 1))
	return p
}

// targets returns the state to which each class leads from each state, by class*states + state.
func (p *partition) targets(g *graph, starts []rune) []int32 {
	to := make([]int32, p.classes*p.states)
	for i := range to {
		to[i] = int32(p.states - 1)
	}
	for s, edges := range g.edges {
		for _, e := range edges {
			class, _ := slices.BinarySearch(starts, e.lo)
			for ; class < len(starts) && starts[class] <= e.hi; class++ {
				to[class*p.states+s] = e.to
			}
		}
	}
	return to
}

// findSources turns the targets round.
func (p *partition) findSources(to []int32) {
	p.sources, p.sourcesAt = make([]int32, len(to)), make([]int32, len(to)+1)
	for i, target := range to {
		class := i / p.states
		p.sourcesAt[class*p.states+int(target)+1]++
	}
	for i := 1; i < len(p.sourcesAt); i++ {
		p.sourcesAt[i] += p.sourcesAt[i-1]
	}
	next := slices.Clone(p.sourcesAt)
	for i, target := range to {
		class := i / p.states
		at := class*p.states + int(target)
		p.sources[next[at]] = int32(i % p.states)
		next[at]++
	}
}

func (p *partition) smaller(a, b int32) int32 {
	if p.end[a]-p.begin[a] <= p.end[b]-p.begin[b] {
		return a
	}
	return b
}

// add puts all classes of a block to the work.
func (p *partition) add(block int32) {
	for class := range p.classes {
		p.addClass(block, class)
	}
}

func (p *partition) addClass(block int32, class int) {
	at := int(block)*p.classes + class
	if !p.inWork[at] {
		p.inWork[at] = true
		p.work = append(p.work, int32(at))
	}
}

// refine splits blocks until no block tells states of one block apart.
func (p *partition) refine() *partition {
	var sources, touched []int32
	for len(p.work) > 0 {
		at := int(p.work[len(p.work)-1])
		p.work = p.work[:len(p.work)-1]
		p.inWork[at] = false
		block, class := at/p.classes, at%p.classes
		sources = sources[:0]
		for _, s := range p.members[p.begin[block]:p.end[block]] {
			i := class*p.states + int(s)
			sources = append(sources, p.sources[p.sourcesAt[i]:p.sourcesAt[i+1]]...)
		}
		touched = touched[:0]
		for _, s := range sources {
			b := p.block[s]
			if p.marked[b] == 0 {
				touched = append(touched, b)
			}
			p.mark(s)
		}
		for _, b := range touched {
			p.split(b)
		}
	}
	return p
}

// mark moves a state that is not marked to the marked ones of its block.
func (p *partition) mark(s int32) {
	b := p.block[s]
	first := p.begin[b] + p.marked[b]
	other := p.members[first]
	p.members[first], p.members[p.place[s]] = s, other
	p.place[other], p.place[s] = p.place[s], first
	p.marked[b]++
}

// split makes a block of its own of the marked members of block b, unless all of them are marked.
func (p *partition) split(b int32) {
	middle := p.begin[b] + p.marked[b]
	p.marked[b] = 0
	if middle == p.end[b] {
		return
	}
	made := int32(len(p.begin))
	p.begin, p.end, p.marked = append(p.begin, p.begin[b]), append(p.end, middle), append(p.marked, 0)
	p.begin[b] = middle
	for _, s := range p.members[p.begin[made]:middle] {
		p.block[s] = made
	}
	p.inWork = append(p.inWork, make([]bool, p.classes)...)
	smaller := p.smaller(made, b)
	for class := range p.classes {
		if p.inWork[int(b)*p.classes+class] {
			p.addClass(made, class)
		} else {
			p.addClass(smaller, class)
		}
	}
}

// quotient returns the graph that has one state for each block.
func (p *partition) quotient(g *graph) *graph {
	result := newGraph(len(p.begin))
	for b := range result.edges {
		s := p.members[p.begin[b]]
		if int(s) == len(g.edges) {
			continue // the block of the state that is none: what else is in there was dead
		}
		result.accept[b] = g.accept[s]
		for _, e := range g.edges[s] {
			result.edges[b] = append(result.edges[b], edge{e.lo, e.hi, p.block[e.to]})
		}
	}
	return result.finish().live(p.block[0])
}
