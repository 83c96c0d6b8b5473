package planner

import (
	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// geo returns the best plan that goes by an index of points, for conditions that are all met; nil if none of them is about
// points of the index. Each of several conditions may be met by another point, so one of them counts.
func (p *planning) geo(d *fieldindex.Definition, list []filter.Condition) (best *Plan, err error) {
	for _, c := range list {
		if c.Op != filter.Cells || c.Field != d.Fields[0].Path {
			continue
		}
		var spans []sortkey.Span
		for _, r := range c.Covering() {
			spans = append(spans, d.CellSpan(r))
		}
		plan, err := p.byEntries(d, spans)
		if err != nil {
			return nil, err
		}
		best = cheaper(best, plan)
	}
	return best, nil
}
