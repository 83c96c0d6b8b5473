package kuzzlite

import (
	"encoding/json"
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

	// Highlight has the fragments of the document in which something was found: an object with a list for each field that
	// has some; nil if there are none, or none were asked for.
	Highlight json.RawMessage

	// InnerHits has the nested objects that match a clause of the query which asks for them (inner_hits): an object with
	// {"total","hits"} for each such clause, by its name; nil without such.
	InnerHits json.RawMessage
}

// appendInnerHits appends the nested objects that match the clauses of a query.
func appendInnerHits(dst []byte, list []filter.InnerHits) []byte {
	dst = append(dst, '{')
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(rawjson.AppendString(dst, list[i].Name), `:{"total":`...)
		dst = append(strconv.AppendInt(dst, int64(list[i].Total), 10), `,"hits":[`...)
		for j := range list[i].Hits {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = appendInnerHit(dst, &list[i].Hits[j])
		}
		dst = append(dst, "]}"...)
	}
	return append(dst, '}')
}

func appendInnerHit(dst []byte, h *filter.InnerHit) []byte {
	dst = append(h.Places.AppendJSON(append(dst, `{"_nested":`...)), `,"_score":`...)
	dst = appendScore(dst, h.Score, h.Scored)
	if h.Source != nil {
		dst = append(append(dst, `,"_source":`...), h.Source...)
	}
	if h.Highlight != nil {
		dst = append(append(dst, `,"highlight":`...), h.Highlight...)
	}
	if len(h.Inner) > 0 {
		dst = appendInnerHits(append(dst, `,"inner_hits":`...), h.Inner)
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
	dst = append(dst, `,"hits":[`...)
	for i := range r.Hits {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.Hits[i].AppendJSON(dst)
	}
	dst = append(dst, ']')
	if r.Aggregations != nil {
		dst = append(append(dst, `,"aggregations":`...), r.Aggregations...)
	}
	return append(dst, '}')
}

// MarshalJSON returns the JSON of the result.
func (r *SearchResult) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil), nil }
