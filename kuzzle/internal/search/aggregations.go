package search

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
)

// Aggregations: they are collected in the pass that finds the hits, and so over the same state of the store.

// readAggregations reads aggs or aggregations of the body; of both, the last one.
func (in *search) readAggregations(body json.RawMessage) (err error) {
	for key, value := range rawjson.Members(body) {
		name := request.Text(key)
		if name != "aggs" && name != "aggregations" {
			continue
		}
		if value[0] != '{' {
			return unknownKeyFor(value, name)
		}
		in.aggregations = nil
		if string(value) == "{}" {
			continue
		}
		if in.aggregations, err = aggregation.Parse(value); err != nil {
			return queryError(err)
		}
	}
	return nil
}

// aggregated is what is aggregated of a search; nil: nothing.
type aggregated struct {
	request   *aggregation.Request
	collector *aggregation.Collector
}

func (in *search) aggregate(c *api.Call) *aggregated {
	if in.aggregations == nil {
		return nil
	}
	o := &aggregation.Options{Now: c.Received, MaxBuckets: c.Limits.Buckets, Memory: c.Limits.AggregationMemory}
	return &aggregated{in.aggregations, in.aggregations.Collector(o)}
}

// selection says which documents of a collection are read, which of these the query matches, and which of those are
// hits.
type selection struct {
	query         *query.Query
	matched, hits *query.Matcher     // nil: all
	input         *aggregation.Input // nil: nothing is aggregated
	all           bool               // all documents are read, since some aggregation needs them
	document      aggregation.Document
}

// selection returns that of a collection.
func (in *search) selection(c *api.Call, t Target, schema *query.Schema, a *aggregated) (s *selection, err error) {
	s = &selection{query: in.query}
	var matched *query.Query
	hits := in.post
	switch {
	case a == nil && in.post != nil: // what is not aggregated need not be found
		s.query, hits = query.And(in.query, in.post), nil
	case a != nil && a.request.NeedsAll():
		s.query, matched, s.all = query.All(), in.query, true
	}
	o := &query.Options{Now: c.Received, Schema: schema, Index: t.name()}
	if matched != nil {
		s.matched, err = query.Compile(matched, o)
	}
	if hits != nil && err == nil {
		s.hits, err = query.Compile(hits, o)
	}
	if a != nil && err == nil {
		s.document.Index = t.name()
		s.input, err = a.collector.Input(s.document.Index, schema)
	}
	s.query = query.Within(s.query, t.name(), schema)
	return s, queryError(err)
}

// onlyAggregates says whether nothing but aggregations and the number of hits is wanted, and nothing depends on
// scores.
func (in *search) onlyAggregates(c *api.Call, a *aggregated) bool {
	if a == nil || in.post != nil || a.request.NeedsScores() {
		return false
	}
	f, err := in.query.Filter(filter.Env{Now: c.Received})
	return err == nil && f.Reads != nil // otherwise there may be a min_score in it
}

// aggregateOnly aggregates a collection, and returns how many documents of it the query matches.
func (in *search) aggregateOnly(c *api.Call, p *place) (n int, err error) {
	q := query.Within(in.query, p.name(), p.schema)
	e, err := p.col.Aggregate(c.Context, q, p.selected.input, &kuzzlite.FindOptions{MaxScan: -1})
	if err != nil {
		return 0, err
	}
	return int(e.Found), nil
}

// take aggregates a document, and returns the hit that it is, if it is one. A scorer that is nil gives no score.
func (s *selection) take(doc *kuzzlite.Document, scorer filter.Scorer) (h hit, isHit bool, err error) {
	d := &s.document
	*d = aggregation.Document{Index: d.Index, ID: doc.ID, Source: doc.Source, Sequence: doc.Sequence}
	if s.all {
		if err := s.input.AddAny(d); err != nil {
			return h, false, queryError(err)
		}
	}
	h, matches, isHit, err := s.match(doc, scorer)
	if err != nil || !matches || s.input == nil {
		return h, isHit, err
	}
	d.Score, d.Scored = float64(h.score), h.scored
	if err := s.input.Add(d); err != nil {
		return h, false, queryError(err)
	}
	return h, isHit, nil
}

// match says whether the query matches a document, and whether it is a hit as well.
func (s *selection) match(doc *kuzzlite.Document, scorer filter.Scorer) (h hit, matches, isHit bool, err error) {
	if s.matched != nil && !s.matched.Match(doc.ID, doc.Source) {
		return h, false, false, nil
	}
	if h, matches, err = newHit(doc, scorer); err != nil || !matches {
		return h, false, false, err
	}
	return h, true, s.hits == nil || s.hits.Match(doc.ID, doc.Source), nil
}

// answer returns the answer of the aggregations, nil if there are none.
func (a *aggregated) answer() (json.RawMessage, error) {
	if a == nil {
		return nil, nil
	}
	answer, err := a.collector.Answer()
	return answer, queryError(err)
}
