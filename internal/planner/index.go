package planner

import (
	"bytes"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// What an index is good for.

// index returns a plan that goes by an index, for conditions that are all met; nil if none of them is about the first
// field of the index.
func (p *planning) index(d *fieldindex.Definition, list []filter.Condition) (*Plan, error) {
	u := use{d: d}
	if !u.take(list) {
		return nil, nil
	}
	plan := &Plan{Kind: Index, Index: d}
	plan.Spans, plan.Sorted, plan.Reverse = u.visited(p.Request)
	var err error
	if plan.Documents, err = p.documents(plan, &u); err != nil {
		return nil, err
	}
	plan.cost = (costEntry + costFetch) * float64(plan.Documents)
	return plan, nil
}

// documents returns about how many documents a plan leads to.
func (p *planning) documents(plan *Plan, u *use) (uint64, error) {
	if u.isUnique() {
		return uint64(len(plan.Spans)), nil
	}
	most := mostCounted
	if plan.Sorted && p.Limit > 0 { // it ends once there are enough
		most = min(most, p.Limit)
	}
	n, err := p.Count(plan.Spans, most)
	if err != nil || n < most {
		return uint64(n), err
	}
	return max(uint64(n), p.Documents/3), nil // nobody knows how many more: of a range a third of all
}

// isUnique says whether each of the spans has one entry at most.
func (u *use) isUnique() bool {
	if !u.d.Unique || len(u.equal) < len(u.d.Fields) {
		return false
	}
	return !slices.ContainsFunc(u.equal, func(points [][]byte) bool {
		return slices.ContainsFunc(points, sortkey.IsAbsent)
	})
}

// inOrder returns plans that go by all entries of an index which has the order that was asked for.
func (p *planning) inOrder() (plans []*Plan) {
	for i := range p.Indexes {
		d := &p.Indexes[i]
		if d.Kind != fieldindex.Ordered {
			continue
		}
		u := use{d: d}
		spans, sorted, reverse := u.visited(p.Request)
		if sorted && !d.Sparse && len(p.Order) > 0 {
			plans = append(plans, &Plan{
				Kind: Index, Index: d, Spans: spans, Sorted: true, Reverse: reverse, Documents: p.Documents,
				cost: (costEntry + costFetch) * float64(p.Documents),
			})
		}
	}
	return plans
}

// use is how an index is used: its first fields have one of some values each, and the next one has values in spans.
type use struct {
	d     *fieldindex.Definition
	equal [][][]byte // the keys of the values of each of the first fields
	next  []sortkey.Span
}

// take finds the conditions that are about the fields of the index. It says whether the index is of use.
func (u *use) take(list []filter.Condition) bool {
	combinations, present := 1, !u.d.Sparse
	for _, f := range u.d.Fields {
		spans := u.spansOf(f.Path, list)
		if spans == nil {
			break
		}
		if !slices.ContainsFunc(spans, sortkey.Span.IsAbsent) {
			present = true
		}
		points := pointsOf(spans)
		if points == nil || combinations*len(points) > mostSpans {
			u.next = spans
			break
		}
		combinations *= len(points)
		u.equal = append(u.equal, points)
	}
	return present && (len(u.equal) > 0 || u.next != nil)
}

// spansOf returns the spans in which one value of a field lies, nil if nothing is known. With several conditions on a
// field that may have several values, each may be met by another value: then one of the conditions counts.
func (u *use) spansOf(path string, list []filter.Condition) []sortkey.Span {
	var spans []sortkey.Span
	for _, c := range list {
		switch {
		case c.Op != filter.Values || c.Field != path:
		case spans == nil:
			spans = c.Spans
		case !u.d.Shape.Multiple:
			spans = intersect(spans, c.Spans)
		case pointsOf(c.Spans) != nil && pointsOf(spans) == nil:
			spans = c.Spans
		}
	}
	return spans
}

// intersect returns the keys that are in one of a and one of b. It is not nil.
func intersect(a, b []sortkey.Span) []sortkey.Span {
	a, b = sortkey.Union(slices.Clone(a)), sortkey.Union(slices.Clone(b))
	both := []sortkey.Span{}
	for len(a) > 0 && len(b) > 0 {
		if s := sortkey.Intersect(a[0], b[0]); !s.Empty() {
			both = append(both, s)
		}
		if b[0].To == nil || a[0].To != nil && bytes.Compare(a[0].To, b[0].To) < 0 {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return both
}

// pointsOf returns the keys of spans that have one key each, nil if one has more.
func pointsOf(spans []sortkey.Span) [][]byte {
	points := make([][]byte, 0, len(spans))
	for _, s := range spans {
		if !s.IsPoint() {
			return nil
		}
		points = append(points, s.From)
	}
	return points
}

// visited returns the spans of entries in the order in which they are to be visited, and whether that, with each span
// backwards if reverse says so, is the order that was asked for.
func (u *use) visited(r *Request) (spans []sortkey.Span, sorted, reverse bool) {
	isPoint := !slices.ContainsFunc(u.equal, func(points [][]byte) bool { return len(points) != 1 })
	rest := u.d.Fields[len(u.equal):]
	next := u.next
	if isPoint {
		sorted, reverse = u.follows(r, rest)
		if sorted && len(r.Order) == 1 {
			next = inOrderOf(r.Order[0], next)
		}
	}
	u.each(nil, 0, next, &spans)
	switch {
	case !sorted:
		spans = sortkey.Union(spans)
	case len(r.Order) > 1: // then absent values are where entries have them
		spans = sortkey.Union(spans)
		if reverse {
			slices.Reverse(spans)
		}
	}
	return spans, sorted, reverse
}

// follows says whether the entries of documents with the same first values follow the order that was asked for, or its
// reverse, in the rest of the fields.
func (u *use) follows(r *Request, rest []fieldindex.Field) (sorted, reverse bool) {
	if len(rest) == 0 {
		last := u.d.Fields[len(u.d.Fields)-1]
		return r.ByID, last.Descending // with equal values, ids are in the direction of the last field
	}
	if len(rest) != len(r.Order) || u.d.Shape.Multiple || u.d.Shape.Cut {
		return false, false
	}
	for i, key := range r.Order {
		turned := key.Descending != rest[i].Descending
		if key.Field != rest[i].Path || i > 0 && turned != reverse {
			return false, false
		}
		reverse = turned
		if len(r.Order) > 1 && key.MissingFirst != turned { // absent values are last in entries
			return false, false
		}
	}
	return true, reverse
}

// inOrderOf returns spans in the order in which a sorted list has their values, absent ones first or last. A nil list of
// spans is one of everything.
func inOrderOf(key filter.Key, spans []sortkey.Span) []sortkey.Span {
	if spans == nil {
		spans = []sortkey.Span{sortkey.Present, sortkey.Nulls, sortkey.Missing}
	}
	var values, absent []sortkey.Span
	for _, s := range spans {
		if s.IsAbsent() {
			absent = append(absent, s)
		} else {
			values = append(values, s)
		}
	}
	if key.Descending {
		slices.Reverse(values)
	}
	if key.MissingFirst {
		slices.Reverse(absent)
		return append(absent, values...)
	}
	return append(values, absent...)
}

// each appends the spans of entries for all combinations of the values of the first fields.
func (u *use) each(equal [][]byte, field int, next []sortkey.Span, spans *[]sortkey.Span) {
	switch {
	case field < len(u.equal):
		for _, key := range u.equal[field] {
			u.each(append(equal[:len(equal):len(equal)], key), field+1, next, spans)
		}
	case next == nil:
		*spans = append(*spans, u.d.Span(equal, nil))
	default:
		for i := range next {
			*spans = append(*spans, u.d.Span(equal, &next[i]))
		}
	}
}
