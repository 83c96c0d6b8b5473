package planner

import (
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Indexes whose entries have all that somebody wants to know of documents, so that these need not be read.

// Cover returns a plan by the entries of an index that tell the values of some fields, if that is cheaper than a plan
// that leads to documents; nil if it is not, or if there is no such index. Of each document that matches there is one
// entry in the plan. spelled says that numbers count as they are written.
func Cover(r *Request, fields []string, spelled bool, documents *Plan) (*Plan, error) {
	p := planning{Request: r}
	list := r.Condition.List
	if isLeaf(r.Condition.Op) {
		list = []filter.Condition{r.Condition}
	} else if r.Condition.Op != filter.And {
		list = nil
	}
	best, cost := (*Plan)(nil), documents.cost
	for i := range r.Indexes {
		d := &r.Indexes[i]
		if !d.Tells(spelled) || !hasFields(d, fields) {
			continue
		}
		plan, err := p.cover(d, list)
		if err != nil {
			return nil, err
		}
		if plan != nil && plan.cost < cost {
			best, cost = plan, plan.cost
		}
	}
	return best, nil
}

func hasFields(d *fieldindex.Definition, fields []string) bool {
	return !slices.ContainsFunc(fields, func(path string) bool {
		return !slices.ContainsFunc(d.Fields, func(f fieldindex.Field) bool { return f.Path == path })
	})
}

// cover returns a plan by the entries of an index, nil if it has none of some documents.
func (p *planning) cover(d *fieldindex.Definition, list []filter.Condition) (*Plan, error) {
	plan := &Plan{Kind: Index, Index: d, Covers: true, Documents: p.Documents}
	u := use{d: d}
	if u.take(list) {
		plan.Spans, _, _ = u.visited(p.Request)
		plan.Spans = sortkey.Union(plan.Spans)
		n, err := p.documents(plan, &u)
		if err != nil {
			return nil, err
		}
		plan.Documents = n
	} else {
		if d.Sparse {
			return nil, nil
		}
		from, to := d.Range()
		plan.Spans = []sortkey.Span{{From: from, To: to}}
	}
	plan.cost = costEntry * float64(plan.Documents)
	return plan, nil
}
