package wire

import (
	"fmt"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query/search"
)

// Search is a kuzzlite.SearchRequest as it travels: as the body of a search.
type Search struct {
	Body    Text          `json:"body,omitempty"`  // see search.Parse
	Query   *Query        `json:"query,omitempty"` // beside a body without one
	Timeout time.Duration `json:"timeout,omitempty"`
	MaxScan int           `json:"maxScan,omitempty"`
}

// Library reads the request.
func (s *Search) Library() (kuzzlite.SearchRequest, error) {
	if s == nil {
		return kuzzlite.SearchRequest{}, nil
	}
	r, err := search.Parse([]byte(s.Body))
	switch {
	case err != nil:
		return r, err
	case s.Query != nil && r.Query != nil:
		return r, fmt.Errorf("%w search: it has two queries", kuzzlite.ErrInvalid)
	case s.Query != nil:
		r.Query = s.Query.query
	}
	r.Timeout, r.MaxScan = s.Timeout, s.MaxScan
	return r, nil
}

// Hit is a kuzzlite.Hit but for the values behind the head: its source, Sort, Highlight, InnerHits and Fields.
type Hit struct {
	Document
	Score  float32 `json:"score,omitempty"`
	Scored bool    `json:"scored,omitempty"`
}

// valuesOfHit is how many values a hit has.
const valuesOfHit = 5

// HitOf returns a hit as it travels, and its values.
func HitOf(h *kuzzlite.Hit) (Hit, [][]byte) {
	return Hit{DocumentOf(&h.Document), h.Score, h.Scored},
		[][]byte{h.Document.Source, h.Sort, h.Highlight, h.InnerHits, h.Fields}
}

// Library is the inverse of HitOf.
func (h *Hit) Library(values [][]byte) (kuzzlite.Hit, error) {
	if len(values) != valuesOfHit {
		return kuzzlite.Hit{}, fmt.Errorf("%w: a hit has %d values", ErrMessage, len(values))
	}
	return kuzzlite.Hit{
		Document: h.Document.Library(values[0]), Score: h.Score, Scored: h.Scored, Sort: values[1], Highlight: values[2],
		InnerHits: values[3], Fields: values[4],
	}, nil
}

// SearchResult is a kuzzlite.SearchResult but for the values behind the head: its aggregations, and those of its hits.
type SearchResult struct {
	Total int   `json:"total"`
	Hits  []Hit `json:"hits"`
}

// SearchResultOf returns a result as it travels, and its values.
func SearchResultOf(r *kuzzlite.SearchResult) (SearchResult, [][]byte) {
	head, values := SearchResult{Total: r.Total, Hits: make([]Hit, len(r.Hits))}, [][]byte{r.Aggregations}
	for i := range r.Hits {
		hit, own := HitOf(&r.Hits[i])
		head.Hits[i], values = hit, append(values, own...)
	}
	return head, values
}

// Library is the inverse of SearchResultOf.
func (r *SearchResult) Library(values [][]byte) (*kuzzlite.SearchResult, error) {
	if len(values) != 1+valuesOfHit*len(r.Hits) {
		return nil, fmt.Errorf("%w: %d hits have %d values", ErrMessage, len(r.Hits), len(values))
	}
	found := &kuzzlite.SearchResult{Total: r.Total, Hits: make([]kuzzlite.Hit, len(r.Hits)), Aggregations: values[0]}
	for i := range r.Hits {
		var err error
		if found.Hits[i], err = r.Hits[i].Library(values[1+valuesOfHit*i:][:valuesOfHit]); err != nil {
			return nil, err
		}
	}
	return found, nil
}
