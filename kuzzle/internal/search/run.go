package search

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/query"
)

// hit is a document that was found.
type hit struct {
	target int // in the targets of the search
	score  float32
	scored bool // has a score
	id     string
	source []byte // nil: not read yet, or left out
	gone   bool   // was deleted meanwhile

	group  string             // in which the hit is; "": hits are in no groups
	groups [][]hit            // others of its group, for each definition of the collapse
	nested []filter.InnerHits // by which it matches

	highlight json.RawMessage // nil: none
}

// results is what a search answers.
type results struct {
	in        *search
	hits      []hit
	rest      []hit // behind these
	total     int
	scrollID  string // "": none
	remaining int

	aggregations json.RawMessage // nil: none
}

// answer finds what a search asks for.
func (s *Scrolls) answer(c *api.Call, in *search) (api.Result, error) {
	var r *results
	err := c.Store.Searched(c.Context, func(store *kuzzlite.Store) error {
		store, release, err := in.still(c, store)
		if err != nil {
			return err
		}
		defer release()
		a := in.aggregate(c)
		places, err := in.open(c, store, a)
		if err != nil {
			return err
		}
		found, total, err := in.find(c, places, in.kept())
		if err != nil {
			return err
		}
		r = &results{in: in, total: total}
		if r.aggregations, err = a.answer(); err != nil {
			return err
		}
		found = found[min(in.from, len(found)):]
		r.hits = slices.Clone(found[:min(in.size, len(found))]) // so that a scroll does not hold their documents
		r.rest = found[len(r.hits):]
		if err := in.expand(c, places, r.hits); err != nil {
			return err
		}
		return r.fill(c, store, in)
	})
	if err != nil {
		return nil, err
	}
	if in.scroll > 0 {
		r.remaining = len(r.rest)
		r.scrollID, err = s.keep(c, &scrolled{in: in, hits: r.rest, total: r.total})
	}
	return r, err
}

// still returns the store as it is now where a search reads it several times, so that what is counted, what is found
// and what is shown are of one state.
func (in *search) still(c *api.Call, store *kuzzlite.Store) (*kuzzlite.Store, func(), error) {
	if in.needsScores() || in.collapse != nil && len(in.collapse.Inner) > 0 {
		return c.Store.Still(store)
	}
	return store, func() {}, nil
}

// kept is how many hits are kept at most.
func (in *search) kept() int {
	if in.scroll > 0 {
		return maxScrolled
	}
	return in.from + in.size
}

// maxScrolled is how many hits a scroll has at most.
const maxScrolled = 1_000_000

// place is a collection that is searched, and how.
type place struct {
	Target
	at       int // in the targets of the search
	schema   *query.Schema
	col      *kuzzlite.Collection
	order    hitOrder
	selected *selection
	scorer   filter.Scorer  // nil: nobody needs scores
	groups   filter.Grouper // nil: none

	only  bool           // its documents are aggregated, and nothing else is wanted but their number
	best  []kuzzlite.Hit // the first hits, where indexes of words know them; nil: they do not
	total int            // with best, how many hits there are
}

// open compiles a search for each of its collections, and counts what scores need. What the query matches is handed to
// a.
func (in *search) open(c *api.Call, store *kuzzlite.Store, a *aggregated) (places []*place, err error) {
	in.nested = make([]*query.InnerHits, len(in.targets))
	for i, t := range in.targets {
		p := &place{Target: t, at: i, col: store.Collection(t.Index, t.Collection)}
		if p.schema, err = c.Store.Schema(c.Context, t.Index, t.Collection, c.Dynamic); err != nil {
			return nil, storage.Error(err, t.Index, t.Collection)
		}
		if p.order, err = in.order(c, p.schema); err != nil {
			return nil, sortError(err, t)
		}
		if p.groups, err = in.grouping(p.schema); err != nil {
			return nil, queryError(err)
		}
		if p.selected, err = in.selection(c, t, p.schema, a); err != nil {
			return nil, err
		}
		if p.only = in.kept() == 0 && in.onlyAggregates(c, a); !p.only {
			if err := in.count(c, p); err != nil {
				return nil, findError(err, t)
			}
		}
		places = append(places, p)
	}
	return places, nil
}

// count compiles what scores the hits and the nested objects of a collection, and has it count what it needs.
func (in *search) count(c *api.Call, p *place) (err error) {
	var all []observer
	if p.scorer, err = in.scorer(c, p.Target, p.schema); err != nil {
		return err
	}
	if p.scorer != nil {
		counted, err := in.countByWords(c, p)
		if err != nil && !isNew(err) {
			return err
		}
		if !counted {
			all = append(all, p.scorer)
		}
	}
	nested, err := in.innerHits(c, p.Target, p.schema)
	if err != nil {
		return err
	}
	if in.nested[p.at] = nested; nested != nil {
		all = append(all, nested)
	}
	return observe(c, p.col, all...)
}

// find returns the first hits in order, so many at most, and how many there are in all.
func (in *search) find(c *api.Call, places []*place, keep int) (hits []hit, total int, err error) {
	first, scored := newFirstHits(keep, in.collapse != nil), in.isScored()
	for _, p := range places {
		if p.only {
			n, err := in.aggregateOnly(c, p)
			if err != nil && !isNew(err) {
				return nil, 0, findError(err, p.Target)
			}
			total += n
			continue
		}
		if p.best != nil {
			total += p.total
			for i := range p.best {
				doc := &p.best[i].Document
				h := hit{target: p.at, scored: true, id: doc.ID, score: p.best[i].Score}
				first.offer(p.order.key(&h, doc), h)
			}
			continue
		}
		err := p.each(c, func(doc *kuzzlite.Document) error {
			h, isHit, err := p.selected.take(doc, p.scorer)
			if err != nil || !isHit {
				return err
			}
			total++
			h.target, h.scored = p.at, scored
			key := p.order.key(&h, doc)
			if p.groups != nil {
				if h.group, err = p.group(doc); err != nil {
					return err
				}
			}
			if key != nil {
				first.offer(key, h)
			}
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	return first.sorted(), total, nil
}

// each calls fn with the documents that the query of a search may match.
func (p *place) each(c *api.Call, fn func(*kuzzlite.Document) error) error {
	for doc, err := range p.col.Find(c.Context, p.selected.query, &kuzzlite.FindOptions{MaxScan: -1}) {
		if isNew(err) {
			break
		}
		if err == nil {
			err = fn(&doc)
		}
		if err != nil {
			return findError(err, p.Target)
		}
	}
	return nil
}

// fielddata is the reason why a field of words is no order, which names the collection.
var fielddata = regexp.MustCompile(`^(Fielddata is disabled on \[[^\]]*\])\.`)

// sortError returns the error of an order on a collection.
func sortError(err error, t Target) error {
	e := apierror.Of(queryError(err))
	reason := fielddata.ReplaceAllString(e.Message, "$1 in ["+t.name()+"].")
	if reason == e.Message {
		return e
	}
	return storage.BadRequest(reason)
}

// isNew says whether an error is that of a collection which was created after the last refresh, since it does exist.
func isNew(err error) bool {
	return errors.Is(err, kuzzlite.ErrUnknownIndex) || errors.Is(err, kuzzlite.ErrUnknownCollection)
}

// findError returns the error of a query on a collection: one of the query itself, or of the store.
func findError(err error, t Target) error {
	if errors.Is(err, kuzzlite.ErrSnapshotGone) {
		return err
	}
	if errors.Is(err, query.ErrInvalid) {
		return queryError(err)
	}
	return storage.Error(err, t.Index, t.Collection)
}

// hitOrder is the order of hits. Among equals, what was written last comes last.
type hitOrder struct{ *filter.Order }

func (in *search) order(c *api.Call, schema *query.Schema) (hitOrder, error) {
	if in.sort == nil && in.after != nil {
		return hitOrder{}, storage.BadRequest("Sort must contain at least one field.")
	}
	if in.sort == nil {
		return orderOf(c, nil, schema)
	}
	order, err := query.ParseElasticsearchSort(in.sort)
	if err != nil {
		return hitOrder{}, err
	}
	if in.after != nil {
		order = order.Behind(in.after)
	}
	return orderOf(c, order, schema)
}

// orderOf compiles an order of hits; nil: the best scores first.
func orderOf(c *api.Call, order *query.Order, schema *query.Schema) (hitOrder, error) {
	if order == nil {
		var err error
		if order, err = query.ParseElasticsearchSort([]byte(bestFirst)); err != nil {
			return hitOrder{}, err
		}
	}
	if schema != nil {
		order = order.Mapped(schema)
	}
	compiled, err := order.Order(filter.Env{Now: c.Received})
	return hitOrder{compiled}, err
}

// key returns the key of a hit, nil for one that is not behind the values of search_after.
func (o hitOrder) key(h *hit, doc *kuzzlite.Document) (key []byte) {
	switch {
	case o.Order == nil: // that of _doc
	case o.AppendScored != nil:
		key = o.AppendScored(nil, h.score, doc.ID, doc.Source)
	default:
		key = o.AppendKey(nil, doc.ID, doc.Source)
	}
	if o.Order != nil && o.Behind != nil && (bytes.HasPrefix(key, o.Behind) || bytes.Compare(key, o.Behind) < 0) {
		return nil
	}
	return appendPlace(key, h, doc)
}
