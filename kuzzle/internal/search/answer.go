package search

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/query/highlight"
)

// What a search answers: the documents of its hits, and all as JSON.

// fill reads the documents of the hits, and of what is shown with them.
func (r *results) fill(c *api.Call, store *kuzzlite.Store, in *search) error {
	r.in = in
	for target, t := range in.targets {
		if slices.ContainsFunc(r.hits, func(h hit) bool { return h.target == target }) {
			if err := in.checkFields(c, t); err != nil {
				return err
			}
		}
		shown := r.shown(target)
		if len(shown) == 0 {
			continue
		}
		ids := make([]string, len(shown))
		for i, s := range shown {
			ids[i] = s.id
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
		highlighter, err := in.highlighter(c, t)
		if err != nil {
			return err
		}
		for _, s := range shown {
			if err := c.Context.Err(); err != nil { // highlights may take long
				return err
			}
			if err := s.fill(in, sources, highlighter); err != nil {
				return findError(err, t)
			}
		}
	}
	return nil
}

// shown is a hit of which something is to be read from its document.
type shown struct {
	*hit
	filter *fieldpath.SourceFilter
	group  *filter.GroupHits // by which it is shown with another hit of its group; nil: it is none of those
}

// shown returns the hits of a collection of which something is to be read.
func (r *results) shown(target int) (list []shown) {
	add := func(h *hit, source *fieldpath.SourceFilter, more bool, group *filter.GroupHits) {
		if h.target == target && (more || !source.Nothing) {
			list = append(list, shown{h, source, group})
		}
	}
	for i := range r.hits {
		h := &r.hits[i]
		add(h, &r.in.source, r.in.nested[target] != nil || r.in.highlight != nil, nil)
		for j := range h.groups {
			of := &r.in.shown[target][j]
			for k := range h.groups[j] {
				add(&h.groups[j][k], &of.Source, of.Highlighter != nil, of)
			}
		}
	}
	return list
}

// fill fills a hit with what is shown of its document. A highlighter that is nil highlights nothing.
func (s shown) fill(in *search, sources map[string][]byte, h *highlight.Highlighter) (err error) {
	doc, ok := sources[s.id]
	if s.gone = !ok; s.gone {
		return nil
	}
	if !s.filter.Nothing {
		s.source = s.filter.Append(nil, doc)
	}
	if s.group != nil {
		if of := s.group.Highlighter; of != nil {
			s.highlight, err = of.Highlight(s.id, doc)
		}
		return err
	}
	if h != nil {
		if s.highlight, err = h.Highlight(s.id, doc); err != nil {
			return err
		}
	}
	if nested := in.nested[s.target]; nested != nil {
		s.nested, err = nested.Of(s.id, doc)
	}
	return err
}

// AppendJSON appends {"aggregations", "hits", "remaining", "scrollId", "total"}. Scores are null where the order has
// none in it.
func (r *results) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	if r.aggregations != nil {
		dst = append(append(append(dst, `"aggregations":`...), r.aggregations...), ',')
	}
	dst = r.appendHits(append(dst, `"hits":`...), r.hits)
	if r.scrollID != "" {
		dst = strconv.AppendInt(append(dst, `,"remaining":`...), int64(r.remaining), 10)
		dst = api.AppendMember(dst, "scrollId", r.scrollID)
	}
	dst = strconv.AppendInt(append(dst, `,"total":`...), int64(r.total), 10)
	return append(dst, '}')
}

// appendHits appends a list of hits.
func (r *results) appendHits(dst []byte, hits []hit) []byte {
	dst = append(dst, '[')
	first := true
	for i := range hits {
		h := &hits[i]
		if h.gone {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = r.appendHit(dst, h, h.score, h.scored, h.source, h.highlight)
		if len(h.groups)+len(h.nested) > 0 {
			dst = r.appendInner(append(dst[:len(dst)-1], `,"inner_hits":`...), h)
			dst = append(dst, '}')
		}
	}
	return append(dst, ']')
}

// appendHit appends a hit, or a nested object in it, which Kuzzle gives the id of the document.
func (r *results) appendHit(dst []byte, h *hit, score float32, scored bool, source, highlight json.RawMessage) []byte {
	t := r.in.targets[h.target]
	dst = rawjson.AppendString(append(dst, `{"_id":`...), h.id)
	if dst = append(dst, `,"_score":`...); scored {
		dst = appendScoreJSON(dst, score)
	} else {
		dst = append(dst, "null"...)
	}
	if source != nil {
		dst = append(append(dst, `,"_source":`...), source...)
	}
	dst = api.AppendMember(dst, "collection", t.Collection)
	dst = api.AppendMember(dst, "index", t.Index)
	if highlight != nil {
		dst = append(append(dst, `,"highlight":`...), highlight...)
	}
	return append(dst, '}')
}
