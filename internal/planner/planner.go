// Package planner decides how the documents of a query are found: by a scan of the collection, by their ids, by field
// indexes, or by several of these together. It is pure: whoever asks counts entries for it.
//
// A plan only has to lead to all documents that match, and to no other than documents of the collection: each is then
// compared with the whole query. So a wrong estimate makes a query slow, and never wrong.
package planner

import (
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Kind is how documents are found.
type Kind int

// The kinds of plans.
const (
	Scan      Kind = iota // all documents of the collection, in the order of their ids
	Nothing               // no document can match
	IDs                   // the documents of a list of ids
	Index                 // by the entries in spans of an index
	Union                 // by one of several plans
	Intersect             // by each of several plans
	Words                 // by entries of several words of an index, in the order of ids, each document once
)

func (k Kind) String() string {
	return [...]string{"scan", "nothing", "ids", "index", "union", "intersection", "words"}[k]
}

// Plan says how to find documents.
type Plan struct {
	Kind  Kind
	IDs   []string               // of IDs, ascending
	Index *fieldindex.Definition // of Index and Words
	Spans []sortkey.Span         // of Index: of the keys of entries, in the order in which they are to be visited

	// Of Words, Spans has the entries of one word each, and a document must have one in each of them, at places that make
	// each of the phrases.
	Phrases []Phrase

	Parts []*Plan // of Union and Intersect: of kinds IDs, Index and Words

	// Sorted says that the plan leads to documents in the order that was asked for, each once: for an Index by visiting
	// each span backwards, if Reverse says so.
	Sorted, Reverse bool

	// Covers says that the entries are read, and not their documents, see Cover.
	Covers bool

	// Documents is about how many documents the plan leads to.
	Documents uint64

	cost float64
}

// Request is what is to be planned.
type Request struct {
	Condition filter.Condition
	Indexes   []fieldindex.Definition // those that are complete
	Documents uint64                  // of the collection

	// Order are the fields by whose values documents are sorted; nil: there is no such order, or ByID.
	Order []filter.Key
	ByID  bool // documents are sorted by their ids
	Limit int  // how many documents are wanted; 0: all

	// Count returns how many entries there are in spans of keys, but not more than most.
	Count func(spans []sortkey.Span, most int) (int, error)
}

// What things cost: to compare one document in a scan is 1.
const (
	costFetch = 4.0 // to read a document by its id
	costEntry = 0.4 // to read an entry
	costSort  = 0.5 // to sort a document

	mostCounted = 2000 // entries
	mostSpans   = 512  // of one index
)

// Make returns the cheapest plan that it knows.
func Make(r *Request) (*Plan, error) {
	p := planning{Request: r}
	best := p.scan()
	plans, err := p.plans(r.Condition)
	if err != nil {
		return nil, err
	}
	p.most = p.Documents
	for _, plan := range plans {
		p.most = min(p.most, plan.Documents)
	}
	for _, plan := range append(plans, p.inOrder()...) {
		if p.total(plan) < p.total(best) {
			best = plan
		}
	}
	return best, nil
}

// planning is one request under way.
type planning struct {
	*Request
	most    uint64 // about how many documents match at most
	counted uint64 // entries of words and points
}

func (p *planning) scan() *Plan {
	return &Plan{Kind: Scan, Sorted: p.ByID, Documents: p.Documents, cost: float64(p.Documents)}
}

// total is what a plan costs, with sorting. A sorted plan ends once there are enough documents: how many match is not
// known, so a tenth of those that may is taken for granted, and that they are spread over the plan.
func (p *planning) total(plan *Plan) float64 {
	switch {
	case plan.Sorted && p.Limit > 0 && p.most > 0:
		return plan.cost * min(1, 10*float64(p.Limit)/float64(p.most))
	case plan.Sorted:
		return plan.cost
	}
	return plan.cost + costSort*float64(plan.Documents)
}

// plans returns plans for a condition, without a scan. There is none if nothing is known.
func (p *planning) plans(c filter.Condition) ([]*Plan, error) {
	switch c.Op {
	case filter.Never:
		return []*Plan{{Kind: Nothing, Sorted: true}}, nil
	case filter.IDs:
		n := uint64(len(c.IDs))
		return []*Plan{{Kind: IDs, IDs: c.IDs, Sorted: p.ByID, Documents: n, cost: costFetch * float64(n)}}, nil
	case filter.Values, filter.Words, filter.Phrase, filter.Cells:
		return p.all([]filter.Condition{c})
	case filter.And:
		return p.all(c.List)
	case filter.Or:
		return p.union(c.List)
	}
	return nil, nil
}

// all returns plans for conditions that are all met.
func (p *planning) all(list []filter.Condition) (plans []*Plan, err error) {
	for i := range p.Indexes {
		of := p.index
		switch p.Indexes[i].Kind {
		case fieldindex.Text:
			of = p.text
		case fieldindex.Geo:
			of = p.geo
		}
		plan, err := of(&p.Indexes[i], list)
		if err != nil {
			return nil, err
		}
		if plan != nil {
			plans = append(plans, plan)
		}
	}
	if both := p.intersection(plans); both != nil {
		plans = append(plans, both)
	}
	for _, c := range list {
		if !isLeaf(c.Op) {
			more, err := p.plans(c)
			if err != nil {
				return nil, err
			}
			plans = append(plans, more...)
		}
	}
	return plans, nil
}

// isLeaf says whether a condition is one that an index alone is good for.
func isLeaf(op filter.Op) bool {
	switch op {
	case filter.Values, filter.Words, filter.Phrase, filter.Cells:
		return true
	}
	return false
}

// union returns a plan for conditions of which one is met: it needs one for each.
func (p *planning) union(list []filter.Condition) ([]*Plan, error) {
	u := &Plan{Kind: Union}
	for _, c := range list {
		plans, err := p.plans(c)
		if err != nil || len(plans) == 0 {
			return nil, err
		}
		best := slices.MinFunc(plans, func(a, b *Plan) int { return compareCosts(a.cost, b.cost) })
		switch best.Kind {
		case Nothing:
			continue
		case Union:
			u.Parts = append(u.Parts, best.Parts...)
		case Intersect: // it is its first part, with less to compare
			best = best.Parts[0]
			fallthrough
		default:
			u.Parts = append(u.Parts, best)
		}
		u.cost += best.cost
		u.Documents = min(u.Documents+best.Documents, p.Documents)
	}
	if len(u.Parts) == 0 {
		return []*Plan{{Kind: Nothing, Sorted: true}}, nil
	}
	return []*Plan{u}, nil
}

func compareCosts(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// intersection returns a plan that goes by the two cheapest of some plans at once, if that is cheaper.
func (p *planning) intersection(plans []*Plan) *Plan {
	if len(plans) < 2 || p.Documents == 0 {
		return nil
	}
	sorted := slices.Clone(plans)
	slices.SortFunc(sorted, func(a, b *Plan) int { return compareCosts(a.cost, b.cost) })
	a, b := sorted[0], sorted[1]
	n := float64(a.Documents) * float64(b.Documents) / float64(p.Documents)
	cost := costEntry*float64(a.Documents+b.Documents) + costFetch*n
	isIndex := func(p *Plan) bool { return p.Kind == Index || p.Kind == Words }
	if cost >= a.cost || !isIndex(a) || !isIndex(b) {
		return nil
	}
	return &Plan{Kind: Intersect, Parts: []*Plan{a, b}, Documents: uint64(n), cost: cost}
}
