package kuzzlite

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// What a search finds.

// SearchResult is what Search finds.
type SearchResult struct {
	// Total is how many hits there are, whatever From, Size and After are.
	Total int `json:"total"`

	Hits []Hit `json:"hits"`

	// Aggregations is the answer of the aggregations, an object with a member for each; nil if none were asked for.
	Aggregations json.RawMessage `json:"aggregations,omitempty"`
}

// Hit is a document that was found. Its JSON is that of the document, with _score, which is null without scores, and
// what else there is.
type Hit struct {
	Document Document

	// Score says how well the document matches, in comparison with others of the same search. Scored says whether it has
	// a score.
	Score  float32
	Scored bool

	// Sort are the values by which the hit is ordered, as a JSON array, see SearchRequest.After; nil without a Sort.
	Sort json.RawMessage

	// Fields has the values of the fields that SearchRequest.FieldValues names: an object with a list for each field
	// that has some; nil if there are none, or none were asked for.
	Fields json.RawMessage

	// Highlight has the fragments of the document in which something was found: an object with a list for each field that
	// has some; nil if there are none, or none were asked for.
	Highlight json.RawMessage

	// InnerHits has the nested objects that match a clause of the query which asks for them (inner_hits), and hits of the
	// group of this one, where Collapse asks for them: an object with {"total","hits"} for each, by its name; nil without
	// such. The hits of a group are as this one is.
	InnerHits json.RawMessage
}

// shownGroup are hits of a group that are shown with its first one.
type shownGroup struct {
	name  string
	total int
	hits  []Hit
}

// appendInner appends what is shown with a hit: hits of its group, and the nested objects that match the clauses of a
// query. Of both by one name the group counts (Elasticsearch).
func appendInner(dst []byte, groups []shownGroup, nested []filter.InnerHits) []byte {
	dst = append(dst, '{')
	for i := range groups {
		dst = appendTotal(dst, groups[i].name, groups[i].total)
		dst = append(appendHits(dst, groups[i].hits), '}')
	}
	for i := range nested {
		n := &nested[i]
		if slices.ContainsFunc(groups, func(g shownGroup) bool { return g.name == n.Name }) {
			continue
		}
		dst = append(appendTotal(dst, n.Name, n.Total), '[')
		for j := range n.Hits {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = appendInnerHit(dst, &n.Hits[j])
		}
		dst = append(dst, "]}"...)
	}
	return append(dst, '}')
}

// appendTotal begins a member of an object, whose hits follow.
func appendTotal(dst []byte, name string, total int) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(rawjson.AppendString(dst, name), `:{"total":`...)
	return append(strconv.AppendInt(dst, int64(total), 10), `,"hits":`...)
}

// appendHits appends a list of hits.
func appendHits(dst []byte, hits []Hit) []byte {
	dst = append(dst, '[')
	for i := range hits {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = hits[i].AppendJSON(dst)
	}
	return append(dst, ']')
}

func appendInnerHit(dst []byte, h *filter.InnerHit) []byte {
	dst = append(h.Places.AppendJSON(append(dst, `{"_nested":`...)), `,"_score":`...)
	dst = appendScore(dst, h.Score, h.Scored)
	if h.Source != nil {
		dst = append(append(dst, `,"_source":`...), h.Source...)
	}
	if h.Fields != nil {
		dst = append(append(dst, `,"fields":`...), h.Fields...)
	}
	if h.Highlight != nil {
		dst = append(append(dst, `,"highlight":`...), h.Highlight...)
	}
	if len(h.Inner) > 0 {
		dst = appendInner(append(dst, `,"inner_hits":`...), nil, h.Inner)
	}
	return append(dst, '}')
}

// appendScore appends a score, null if there is none.
func appendScore(dst []byte, score float32, scored bool) []byte {
	if !scored {
		return append(dst, "null"...)
	}
	return strconv.AppendFloat(dst, float64(score), 'g', -1, 32)
}

// AppendJSON appends the JSON of the hit to dst, the source byte for byte.
func (h *Hit) AppendJSON(dst []byte) []byte {
	dst = append(rawjson.AppendString(append(dst, `{"_id":`...), h.Document.ID), `,"_score":`...)
	dst = appendScore(dst, h.Score, h.Scored)
	if h.Document.Source != nil {
		dst = append(append(dst, `,"_source":`...), h.Document.Source...)
	}
	dst = strconv.AppendUint(append(dst, `,"_version":`...), h.Document.Version, 10)
	if h.Fields != nil {
		dst = append(append(dst, `,"fields":`...), h.Fields...)
	}
	if h.InnerHits != nil {
		dst = append(append(dst, `,"inner_hits":`...), h.InnerHits...)
	}
	if h.Highlight != nil {
		dst = append(append(dst, `,"highlight":`...), h.Highlight...)
	}
	if h.Sort != nil {
		dst = append(append(dst, `,"sort":`...), h.Sort...)
	}
	return append(dst, '}')
}

// MarshalJSON returns the JSON of the hit.
func (h Hit) MarshalJSON() ([]byte, error) { return h.AppendJSON(nil), nil }

// AppendJSON appends the JSON of the result to dst, sources byte for byte.
func (r *SearchResult) AppendJSON(dst []byte) []byte {
	dst = strconv.AppendInt(append(dst, `{"total":`...), int64(r.Total), 10)
	dst = appendHits(append(dst, `,"hits":`...), r.Hits)
	if r.Aggregations != nil {
		dst = append(append(dst, `,"aggregations":`...), r.Aggregations...)
	}
	return append(dst, '}')
}

// MarshalJSON returns the JSON of the result.
func (r *SearchResult) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil), nil }
