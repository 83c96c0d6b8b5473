package search

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
)

// Aggregations: they are collected in the pass that finds the hits.

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

// queries returns the query of a search for the fields of a collection, and which of the documents that it finds are
// hits. What is not aggregated need not be found.
func (in *search) queries(c *api.Call, schema *query.Schema, a *aggregated) (*query.Query, *query.Matcher, error) {
	q, post := in.query, in.post
	if a == nil && post != nil {
		q, post = query.And(q, post), nil
	}
	hits, err := query.Compile(post, &query.Options{Now: c.Received, Schema: schema})
	if schema != nil {
		q = query.Mapped(q, schema)
	}
	return q, hits, err
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

// input returns what collects a document that the query finds. Where other documents count as well, it hands all of the
// collection over first.
func (a *aggregated) input(
	c *api.Call, col *kuzzlite.Collection, t Target, schema *query.Schema,
) (collect func(*kuzzlite.Document) error, err error) {
	if a == nil {
		return func(*kuzzlite.Document) error { return nil }, nil
	}
	index := "&" + t.Index + "." + t.Collection
	in, err := a.collector.Input(index, schema)
	if err != nil {
		return nil, queryError(err)
	}
	one := &aggregation.Document{Index: index}
	document := func(doc *kuzzlite.Document) *aggregation.Document {
		one.ID, one.Source, one.Sequence = doc.ID, doc.Source, doc.Sequence
		return one
	}
	if a.request.NeedsAll() {
		for doc, err := range col.Find(c.Context, query.All(), &kuzzlite.FindOptions{MaxScan: -1}) {
			if isNew(err) {
				break
			}
			if err != nil {
				return nil, findError(err, t)
			}
			if err := in.AddAny(document(&doc)); err != nil {
				return nil, queryError(err)
			}
		}
	}
	return func(doc *kuzzlite.Document) error { return in.Add(document(doc)) }, nil
}

// answer returns the answer of the aggregations, nil if there are none.
func (a *aggregated) answer() (json.RawMessage, error) {
	if a == nil {
		return nil, nil
	}
	answer, err := a.collector.Answer()
	return answer, queryError(err)
}
