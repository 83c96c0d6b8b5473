package koncorde

import (
	"cmp"
	"fmt"
	"slices"
)

// This file does what Koncorde does with a valid filter when it registers it: count conditions, bring the filter into
// the form of an or of conjunctions, drop impossible ones, and refuse conditions that it cannot store.
//
// Koncorde minimizes the truth table of the conditions. Each condition of the filter occurs once in the table, so there
// is exactly one minimal form, and it is what distributing and over or gives.

// maxTerms is how many conjunctions a filter may be distributed into.
const maxTerms = 4096

// register returns the tree of a standardized filter. The tree stays as it is if plain logic gives Koncorde's answer.
func register(f Filter) (Filter, error) {
	leaves := flatten(nil, f)
	if len(leaves) > MaxConditions {
		const format = "Filter too complex: exceeds the configured maximum number of conditions (conditions: %d, max: %d)"
		return nil, &RuntimeError{Message: fmt.Sprintf(format, len(leaves), MaxConditions)}
	}
	var bad error
	for _, l := range leaves {
		if err := l.store(); bad == nil {
			bad = err
		}
	}
	if bad == nil && !isDroppedWrongly(leaves) {
		return plain(f), nil
	}
	terms, ok := distribute(f)
	switch {
	case !ok && bad != nil:
		return nil, bad
	case !ok:
		return plain(f), nil
	}
	terms = slices.DeleteFunc(terms, func(t term) bool { return !t.isPossible() })
	for _, t := range terms {
		if err := t.firstError(); err != nil {
			return nil, err
		}
	}
	return tree(terms), nil
}

// A literal is a leaf, or the negation of one.
type literal struct {
	leaf Filter
	not  bool
}

// A term is a conjunction.
type term []literal

// flatten appends the literals of f in order.
func flatten(literals []literal, f Filter) []literal {
	switch f := f.(type) {
	case *group:
		for _, sub := range f.filters {
			literals = flatten(literals, sub)
		}
		return literals
	case Not:
		return append(literals, literal{f.Leaf, true})
	}
	return append(literals, literal{f, false})
}

// keyword returns the name by which Koncorde orders conditions.
func (l literal) keyword() string {
	switch l.leaf.(type) {
	case Equals:
		return "equals"
	case Everything:
		return "everything"
	case Exists:
		return "exists"
	case Match:
		return "match"
	case Nothing:
		return "nothing"
	case Range:
		return "range"
	case *Regexp:
		return "regexp"
	case *Select:
		return "select"
	}
	return "geospatial"
}

// store returns the error that Koncorde throws when it stores the condition. The filter of a Select is registered.
func (l literal) store() error {
	switch leaf := l.leaf.(type) {
	case Nothing:
		if l.not {
			return &RuntimeError{Message: notStorable, Late: true}
		}
	case Box:
		return leaf.check()
	case *Select:
		if l.not {
			return &RuntimeError{Message: notStorable, Late: true}
		}
		return leaf.register()
	}
	return nil
}

// register registers the filter of a Select, once.
func (s *Select) register() error {
	if s.registered {
		return s.err
	}
	s.registered = true
	inner, err := register(s.Filter)
	if err != nil {
		s.err = &RuntimeError{Message: err.Error(), Late: true}
		return s.err
	}
	s.Filter = inner
	return nil
}

// firstError returns the error of the condition that Koncorde stores first, or nil.
func (t term) firstError() error {
	sorted := slices.Clone(t)
	slices.SortStableFunc(sorted, func(a, b literal) int { return cmp.Compare(a.keyword(), b.keyword()) })
	for _, l := range sorted {
		if err := l.store(); err != nil {
			return err
		}
	}
	return nil
}

// plain returns f with its groups as And and Or.
func plain(f Filter) Filter {
	g, ok := f.(*group)
	if !ok {
		return f
	}
	var filters []Filter
	for _, sub := range g.filters {
		filters = append(filters, plain(sub))
	}
	if g.keyword == "and" {
		return And(filters)
	}
	return Or(filters)
}

// tree returns the filter of an or of terms.
func tree(terms []term) Filter {
	var or Or
	for _, t := range terms {
		var and And
		for _, l := range t {
			if l.not {
				and = append(and, Not{l.leaf})
			} else {
				and = append(and, l.leaf)
			}
		}
		or = append(or, and)
	}
	if len(or) == 0 {
		return Nothing{}
	}
	return or
}
