package search

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/query"
)

// hit is a document that was found.
type hit struct {
	target int    // in the targets of the search
	key    []byte // by which hits are ordered
	score  float32
	scored bool // has a score
	id     string
	source []byte // nil: not read yet, or left out
	gone   bool   // was deleted meanwhile
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
	keep := in.from + in.size
	if in.scroll > 0 {
		keep = maxScrolled
	}
	var r *results
	err := c.Store.Searched(c.Context, func(store *kuzzlite.Store) error {
		a := in.aggregate(c)
		found, total, err := find(c, store, in, keep, a)
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
		return r.fill(c, store, in)
	})
	if err != nil {
		return nil, err
	}
	if in.scroll > 0 {
		for i := range r.rest {
			r.rest[i].key = nil // they are in order
		}
		r.remaining = len(r.rest)
		r.scrollID, err = s.keep(c, &scrolled{in: in, hits: r.rest, total: r.total})
	}
	return r, err
}

// maxScrolled is how many hits a scroll has at most.
const maxScrolled = 1_000_000

// find returns the first hits in order, so many at most, and how many there are in all. It hands what the query matches
// to a.
func find(
	c *api.Call, store *kuzzlite.Store, in *search, keep int, a *aggregated,
) (hits []hit, total int, err error) {
	first, scored := &firstHits{}, in.isScored()
	if in.needsScores() { // so that what is counted and what is found are of one state
		var release func()
		if store, release, err = c.Store.Still(store); err != nil {
			return nil, 0, err
		}
		defer release()
	}
	for i, t := range in.targets {
		schema, err := c.Store.Schema(c.Context, t.Index, t.Collection, c.Dynamic)
		if err != nil {
			return nil, 0, storage.Error(err, t.Index, t.Collection)
		}
		order, err := in.order(c, schema)
		if err != nil {
			return nil, 0, sortError(err, t)
		}
		selected, err := in.selection(c, t, schema, a)
		if err != nil {
			return nil, 0, err
		}
		col := store.Collection(t.Index, t.Collection)
		if keep == 0 && in.onlyAggregates(c, a) {
			n, err := in.aggregateOnly(c, col, schema, selected)
			if err != nil && !isNew(err) {
				return nil, 0, findError(err, t)
			}
			total += n
			continue
		}
		scorer, err := in.scorer(c, schema, col)
		if err != nil && !isNew(err) {
			return nil, 0, findError(err, t)
		}
		for doc, err := range col.Find(c.Context, selected.query, &kuzzlite.FindOptions{MaxScan: -1}) {
			if isNew(err) {
				break
			}
			if err != nil {
				return nil, 0, findError(err, t)
			}
			h, isHit, err := selected.take(&doc, scorer)
			if err != nil {
				return nil, 0, findError(err, t)
			}
			if !isHit {
				continue
			}
			total++
			h.target, h.scored = i, scored
			if h.key = order.key(&h, &doc); h.key != nil {
				first.offer(h, keep)
			}
		}
	}
	return first.sorted(), total, nil
}

// fielddata is the reason why a field of words is no order, which names the collection.
var fielddata = regexp.MustCompile(`^(Fielddata is disabled on \[[^\]]*\])\.`)

// sortError returns the error of an order on a collection.
func sortError(err error, t Target) error {
	e := apierror.Of(queryError(err))
	reason := fielddata.ReplaceAllString(e.Message, "$1 in [&"+t.Index+"."+t.Collection+"].")
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
	sort := in.sort
	if sort == nil {
		if in.after != nil {
			return hitOrder{}, storage.BadRequest("Sort must contain at least one field.")
		}
		sort = json.RawMessage(bestFirst)
	}
	order, err := query.ParseElasticsearchSort(sort)
	if err != nil {
		return hitOrder{}, err
	}
	if schema != nil {
		order = order.Mapped(schema)
	}
	if in.after != nil {
		order = order.Behind(in.after)
	}
	compiled, err := order.Order(filter.Env{Now: c.Received})
	return hitOrder{compiled}, err
}

// key returns the key of a hit, nil for one that is not behind the values of search_after.
func (o hitOrder) key(h *hit, doc *kuzzlite.Document) (key []byte) {
	switch {
	case o.Order == nil: // that of _doc
	case h.scored:
		key = o.AppendScored(nil, h.score, doc.ID, doc.Source)
	default:
		key = o.AppendKey(nil, doc.ID, doc.Source)
	}
	if o.Order != nil && o.Behind != nil && (bytes.HasPrefix(key, o.Behind) || bytes.Compare(key, o.Behind) < 0) {
		return nil
	}
	return appendPlace(key, h, doc)
}

// fill reads the documents of the hits.
func (r *results) fill(c *api.Call, store *kuzzlite.Store, in *search) error {
	r.in = in
	if in.source.none {
		return nil
	}
	for target, t := range in.targets {
		var ids []string
		var at []int
		for i := range r.hits {
			if r.hits[i].target == target {
				ids, at = append(ids, r.hits[i].id), append(at, i)
			}
		}
		if len(ids) == 0 {
			continue
		}
		found, err := store.Collection(t.Index, t.Collection).MGet(c.Context, ids)
		if err != nil && !errors.Is(err, kuzzlite.ErrSnapshotGone) {
			return storage.Error(err, t.Index, t.Collection)
		}
		if err != nil {
			return err
		}
		sources := map[string][]byte{}
		for _, doc := range found.Successes {
			sources[doc.ID] = doc.Source
		}
		for _, i := range at {
			source, ok := sources[r.hits[i].id]
			if r.hits[i].gone = !ok; ok {
				r.hits[i].source = in.source.apply(source)
			}
		}
	}
	return nil
}

// AppendJSON appends {"aggregations", "hits", "remaining", "scrollId", "total"}. Scores are null where the order has none
// in it.
func (r *results) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	if r.aggregations != nil {
		dst = append(append(append(dst, `"aggregations":`...), r.aggregations...), ',')
	}
	dst = append(dst, `"hits":[`...)
	first := true
	for i := range r.hits {
		h := &r.hits[i]
		if h.gone {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		t := r.in.targets[h.target]
		dst = rawjson.AppendString(append(dst, `{"_id":`...), h.id)
		if dst = append(dst, `,"_score":`...); h.scored {
			dst = appendScoreJSON(dst, h.score)
		} else {
			dst = append(dst, "null"...)
		}
		if h.source != nil {
			dst = append(append(dst, `,"_source":`...), h.source...)
		}
		dst = api.AppendMember(dst, "collection", t.Collection)
		dst = append(api.AppendMember(dst, "index", t.Index), '}')
	}
	dst = append(dst, ']')
	if r.scrollID != "" {
		dst = strconv.AppendInt(append(dst, `,"remaining":`...), int64(r.remaining), 10)
		dst = api.AppendMember(dst, "scrollId", r.scrollID)
	}
	dst = strconv.AppendInt(append(dst, `,"total":`...), int64(r.total), 10)
	return append(dst, '}')
}
