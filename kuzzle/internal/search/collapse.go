package search

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/topk"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/query"
)

// Collapsed hits: of each group the first one, and with it more hits of the group.

// readCollapse reads collapse of the body of a search.
func (in *search) readCollapse(body json.RawMessage) (err error) {
	value := member(body, "collapse")
	if value == nil {
		return nil
	}
	in.collapse, err = query.ParseElasticsearchCollapse(value)
	return queryError(err)
}

// grouping compiles the grouping of the hits of a collection; nil: they are in no groups.
func (in *search) grouping(schema *query.Schema) (filter.Grouper, error) {
	if in.collapse == nil {
		return nil, nil
	}
	var after filter.Sort
	if in.after != nil {
		order, err := query.ParseElasticsearchSort(in.sort)
		if err != nil {
			return nil, err
		}
		after = order
	}
	return in.collapse.Grouper(after, filter.Env{Schema: schema})
}

// group returns the group of a document.
func (p *place) group(doc *kuzzlite.Document) (string, error) {
	group, err := p.groups.AppendGroup(nil, doc.Source)
	return string(group), err
}

// firstHits keeps the first hits, of a collapsed search the first of each group.
type firstHits struct {
	all    *topk.First[hit]
	groups *topk.Groups[hit] // nil: there are no groups
}

func newFirstHits(keep int, grouped bool) firstHits {
	if grouped {
		return firstHits{groups: topk.NewGroups[hit](keep)}
	}
	return firstHits{all: topk.NewFirst[hit](keep)}
}

func (f firstHits) offer(key []byte, h hit) {
	if f.groups != nil {
		f.groups.Offer([]byte(h.group), key, h)
		return
	}
	f.all.Offer(key, h)
}

func (f firstHits) sorted() []hit {
	if f.groups != nil {
		return f.groups.Sorted()
	}
	return f.all.Sorted()
}

// expand adds to the hits of a collapsed search others of their groups. All groups are searched in one pass.
func (in *search) expand(c *api.Call, places []*place, hits []hit) error {
	if in.collapse == nil || len(in.collapse.Inner) == 0 || len(hits) == 0 {
		return nil
	}
	in.shown = make([][]filter.GroupHits, len(in.targets))
	for _, p := range places {
		q, env := query.Within(in.query, p.name(), p.schema), filter.Env{Now: c.Received, Schema: p.schema}
		var err error
		if in.shown[p.at], err = in.collapse.GroupHits(len(hits), q, env); err != nil {
			return sortError(err, p.Target)
		}
	}
	groups := make([]string, len(hits))
	for i := range hits {
		groups[i] = hits[i].group
	}
	kept := make([]*topk.Expansion[hit], len(in.collapse.Inner))
	for i := range kept {
		of := &in.collapse.Inner[i]
		kept[i] = topk.NewExpansion[hit](of.From+of.Size, of.Field != "", groups)
	}
	for _, p := range places {
		if err := p.expand(c, in.shown[p.at], kept); err != nil {
			return err
		}
	}
	for i := range hits {
		hits[i].groups = make([][]hit, len(kept))
		for j, k := range kept {
			first, _ := k.Of(groups[i])
			hits[i].groups[j] = first[min(in.collapse.Inner[j].From, len(first)):]
		}
	}
	return nil
}

// expand offers the hits of a collection.
func (p *place) expand(c *api.Call, shown []filter.GroupHits, kept []*topk.Expansion[hit]) error {
	return p.each(c, func(doc *kuzzlite.Document) error {
		h, _, isHit, err := p.selected.match(doc, p.scorer)
		if err != nil || !isHit {
			return err
		}
		group, err := p.groups.AppendGroup(nil, doc.Source)
		if err != nil || !kept[0].Has(group) {
			return err
		}
		h.target = p.at
		for i := range shown {
			of, inner := &shown[i], []byte(nil)
			if of.Groups != nil {
				if inner, err = of.Groups.AppendGroup(nil, doc.Source); err != nil {
					return err
				}
			}
			h.scored = of.Scored
			kept[i].Offer(group, inner, appendPlace(of.AppendKey(nil, h.score, doc.ID, doc.Source), &h, doc), h)
		}
		return nil
	})
}
