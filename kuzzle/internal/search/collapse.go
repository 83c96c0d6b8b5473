package search

import (
	"encoding/json"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/topk"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
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
func (in *search) grouping(schema *query.Schema) (*query.Grouping, error) {
	if in.collapse == nil {
		return nil, nil
	}
	if in.after != nil {
		if order, err := query.ParseElasticsearchSort(in.sort); err != nil || !order.IsBy(in.collapse.Field) {
			return nil, storage.BadRequest("Cannot use [collapse] in conjunction with [search_after] unless the search is " +
				"sorted on the same field. Multiple sort fields are not allowed.")
		}
	}
	return schema.Grouping(in.collapse.Field, len(in.collapse.Inner) > 0)
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

// groupHits are the hits of a group that one definition shows.
type groupHits struct {
	of   *query.GroupHits
	hits []hit
}

// maxExpanded is how many hits of groups a search may show at most.
const maxExpanded = 100_000

// expand adds to the hits of a collapsed search others of their groups. All groups are searched in one pass.
func (in *search) expand(c *api.Call, places []*place, hits []hit) error {
	if in.collapse == nil || len(in.collapse.Inner) == 0 || len(hits) == 0 {
		return nil
	}
	if err := in.checkExpanded(len(hits)); err != nil {
		return err
	}
	wanted := make([]*expansion, len(in.collapse.Inner))
	for i := range wanted {
		of := &in.collapse.Inner[i]
		wanted[i] = &expansion{of: of, groups: map[string]firstHits{}}
		for _, h := range hits {
			wanted[i].groups[h.group] = newFirstHits(of.From+of.Size, of.Field != "")
		}
	}
	for _, p := range places {
		if err := p.expand(c, wanted); err != nil {
			return err
		}
	}
	for i := range hits {
		for _, e := range wanted {
			hits[i].groups = append(hits[i].groups, e.answer(hits[i].group))
		}
	}
	return nil
}

// checkExpanded returns the error of a page of groups that would show too much.
func (in *search) checkExpanded(groups int) error {
	most := 0
	for _, of := range in.collapse.Inner {
		if err := checkWindow(of.From, of.Size); err != nil {
			return err
		}
		most += of.From + of.Size
	}
	if most*groups > maxExpanded {
		return storage.BadRequest(fmt.Sprintf("Too many inner hits: %d groups with up to %d each. Must be less than or "+
			"equal "+
			"to: [%d].", groups, most, maxExpanded))
	}
	return nil
}

// expansion is one definition of what is shown of groups.
type expansion struct {
	of     *query.GroupHits
	groups map[string]firstHits // of which hits are shown
}

// answer returns the hits of a group.
func (e *expansion) answer(group string) groupHits {
	found := e.groups[group].sorted()
	return groupHits{of: e.of, hits: found[min(e.of.From, len(found)):]}
}

// expanding is a definition in a collection.
type expanding struct {
	*expansion
	order  hitOrder
	groups *query.Grouping // among the hits of a group; nil: none
	scored bool            // the hits show their scores
}

// in compiles a definition for a collection.
func (e *expansion) in(c *api.Call, p *place) (x expanding, err error) {
	x = expanding{expansion: e, scored: hasScores(*e.of)}
	if x.order, err = orderOf(c, e.of.Sort, p.schema); err != nil {
		return x, sortError(err, p.Target)
	}
	if e.of.Field != "" {
		if x.groups, err = p.schema.Grouping(e.of.Field, false); err != nil {
			return x, queryError(err)
		}
	}
	return x, nil
}

// expand offers the hits of a collection to the definitions.
func (p *place) expand(c *api.Call, wanted []*expansion) error {
	list := make([]expanding, len(wanted))
	for i, e := range wanted {
		var err error
		if list[i], err = e.in(c, p); err != nil {
			return err
		}
	}
	return p.each(c, func(doc *kuzzlite.Document) error {
		h, _, isHit, err := p.selected.match(doc, p.scorer)
		if err != nil || !isHit {
			return err
		}
		group, err := p.group(doc)
		if err != nil {
			return err
		}
		h.target = p.at
		for i := range list {
			if err := list[i].offer(group, h, doc); err != nil {
				return err
			}
		}
		return nil
	})
}

// offer takes in a hit of a group, if hits of that are shown.
func (x *expanding) offer(group string, h hit, doc *kuzzlite.Document) error {
	first, ok := x.expansion.groups[group]
	if !ok {
		return nil
	}
	if x.groups != nil {
		inner, err := x.groups.AppendGroup(nil, doc.Source)
		if err != nil {
			return err
		}
		h.group = string(inner)
	}
	h.scored = x.scored
	first.offer(x.order.key(&h, doc), h)
	return nil
}
