package automaton

import "errors"

// node is a part of a regular expression.
type node struct {
	kind kind
	text []rune  // of kindString
	set  set     // of kindSet
	kids []*node // what an operator works on

	// least and most are the bounds of a repetition or an interval. most is unbounded if a repetition has no upper
	// bound.
	least, most int
	digits      int    // of kindInterval: how many digits the numbers have, or 0
	name        string // of kindIdentifier
}

type kind uint8

const (
	kindString kind = iota
	kindSet         // one code point out of a set
	kindNoString
	kindAnyString
	kindInterval
	kindIdentifier

	// Operators.
	kindUnion
	kindConcatenation
	kindIntersection
	kindComplement
	kindOptional
	kindStar
	kindRepetition
)

const unbounded = -1

// either makes the union of nodes. Unions among them are taken apart.
func either(kids []*node) *node {
	n := &node{kind: kindUnion}
	for _, kid := range kids {
		if kid.kind == kindUnion {
			n.kids = append(n.kids, kid.kids...)
		} else {
			n.kids = append(n.kids, kid)
		}
	}
	return n
}

// then makes the concatenation of two nodes. Strings next to each other are joined.
func then(a, b *node) *node {
	kids := []*node{b}
	if b.kind == kindConcatenation {
		kids = b.kids
	}
	if a.kind != kindConcatenation {
		a = &node{kind: kindConcatenation, kids: []*node{a}}
	}
	for _, kid := range kids {
		last := &a.kids[len(a.kids)-1]
		if (*last).kind == kindString && kid.kind == kindString {
			*last = &node{kind: kindString, text: append((*last).text, kid.text...)}
		} else {
			a.kids = append(a.kids, kid)
		}
	}
	if len(a.kids) == 1 {
		return a.kids[0]
	}
	return a
}

// graph builds what matches n: for each operator the smallest one, but for bounded repetitions, as Lucene does. With
// fold, the ASCII letters of strings and sets of one character have no case.
func (w *workshop) graph(n *node, fold bool) (*graph, error) {
	switch n.kind {
	case kindString:
		return literal(n.text, fold), nil
	case kindSet:
		return oneOf(n.set), nil
	case kindNoString:
		return noString(), nil
	case kindAnyString:
		return anyString(), nil
	case kindInterval:
		return w.interval(n.least, n.most, n.digits)
	case kindIdentifier:
		return nil, errors.New("'" + n.name + "' not found")
	}
	var kids []*graph
	for _, kid := range n.kids {
		g, err := w.graph(kid, fold)
		if err != nil {
			return nil, err
		}
		kids = append(kids, g)
	}
	g, err := w.apply(n, kids)
	if err != nil || n.kind == kindRepetition && n.most != unbounded {
		return g, err
	}
	return w.minimize(g)
}

// apply lets the operator of n work on the graphs of its kids.
func (w *workshop) apply(n *node, kids []*graph) (*graph, error) {
	switch n.kind {
	case kindUnion:
		return w.union(kids)
	case kindConcatenation:
		return w.concatenate(kids)
	case kindComplement:
		return w.complement(kids[0])
	case kindOptional:
		return w.optional(kids[0]), nil
	case kindStar:
		return w.star(kids[0]), nil
	case kindRepetition:
		if n.most == unbounded {
			return w.atLeast(kids[0], n.least)
		}
		return w.between(kids[0], n.least, n.most)
	}
	return w.intersection(kids[0], kids[1])
}
