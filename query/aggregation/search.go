package aggregation

import (
	"encoding/json"

	store "github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query"
)

// Aggregations of a search of a store, which hands over the documents.

// Limited returns the request with options that hold wherever it is handed to without others, as to a search. Nil
// options are the defaults.
func (r *Request) Limited(o *Options) *Request {
	limited := *r
	limited.options = o
	return &limited
}

// Aggregator is for the store.
func (r *Request) Aggregator(env store.Env) (store.Aggregator, error) {
	o := Options{}
	if r.options != nil {
		o = *r.options
	}
	if o.Now.IsZero() {
		o.Now = env.Now
	}
	schema, _ := env.Schema.(*query.Schema)
	c := r.Collector(&o)
	in, err := c.Input("", schema)
	if err != nil {
		return nil, err
	}
	return &aggregator{request: r, collector: c, input: in}, nil
}

// aggregator is an Aggregator of the store.
type aggregator struct {
	request   *Request
	collector *Collector
	input     *Input
	document  Document
}

func (a *aggregator) NeedsAll() bool                   { return a.request.NeedsAll() }
func (a *aggregator) NeedsScores() bool                { return a.request.NeedsScores() }
func (a *aggregator) AddAny(d *store.Scoring) error    { return a.input.AddAny(a.of(d)) }
func (a *aggregator) Add(d *store.Scoring) error       { return a.input.Add(a.of(d)) }
func (a *aggregator) Aggregation() store.Aggregation   { return a.input.Aggregation() }
func (a *aggregator) Answer() (json.RawMessage, error) { return a.collector.Answer() }

// of returns a document as an Input takes it.
func (a *aggregator) of(d *store.Scoring) *Document {
	a.document = Document{
		ID: d.ID, Source: d.Source, Sequence: d.Sequence, Score: float64(d.Score), Scored: d.Scored,
	}
	return &a.document
}
