package aggregation

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/query"
)

// Collector collects documents. One goroutine at a time may use it.
type Collector struct {
	request *Request
	r       *run
	all     *bucket // of everything
}

// Collector returns a collector for the request. Nil options are those of Limited, or the defaults.
func (r *Request) Collector(o *Options) *Collector {
	if o == nil {
		o = r.options
	}
	c := &Collector{request: r, r: newRun(o)}
	c.all = c.r.bucket(&r.root)
	return c
}

// NeedsAll says whether the answer depends on documents that the query does not match: there is a global aggregation,
// or one of terms with a min_doc_count of 0. Then every document must be handed to Input.AddAny, too.
func (r *Request) NeedsAll() bool { return r.all }

// NeedsScores says whether the answer depends on the scores of documents: there is a top_hits without an order of its
// own. Without scores its order is that in which the documents were written.
func (r *Request) NeedsScores() bool { return r.scores }

// Input takes in the documents of one collection.
type Input struct {
	r        *run
	all      *bucket
	plan     *plan
	object   object
	found    []int  // the aggregations that are not of all documents
	name     string // of the collection
	needsAll bool
	document Document // the one at hand, if the store hands it over
}

// Input returns what takes in documents of a collection, of which name is the name, for errors. A nil schema is a
// collection without a mapping: values count as their JSON types say.
//
// An error says which aggregation does not fit the schema, and why: a field of the wrong type, or one that keeps
// nothing to count with.
func (c *Collector) Input(name string, schema *query.Schema) (*Input, error) {
	b := &binder{r: c.r, schema: schema, name: name}
	root := &scope{}
	p := &plan{node: &c.request.root, r: c.r, scope: root}
	if err := b.subs(p, root); err != nil {
		return nil, err
	}
	in := &Input{
		r: c.r, all: c.all, plan: p, object: object{scope: root}, name: name, needsAll: c.request.NeedsAll(),
	}
	for i, sub := range p.subs {
		if sub.typ != "global" {
			in.found = append(in.found, i)
		}
	}
	return in, nil
}

// Add collects a document that the query matches. It keeps nothing of it. The cost is a pass over the document, and
// over the values of the fields that are aggregated. The error is that there is too much to keep, see Options.
func (in *Input) Add(d *Document) error { return in.add(in.meet(d)) }

// add collects a document.
func (in *Input) add(o *object) error {
	in.all.count++
	for _, i := range in.found {
		in.all.subs[i].add(in.plan.subs[i], o)
	}
	return in.r.err
}

// AddAny takes in a document of the collection, whether the query matches it or not, see Request.NeedsAll. Whoever
// calls it hands each document of the collection to it once, and those that the query matches to Add besides.
func (in *Input) AddAny(d *Document) error {
	o := in.meet(d)
	for i, s := range in.all.subs {
		if p := in.plan.subs[i]; p.typ == "global" {
			s.add(p, o)
		}
	}
	in.plan.gather(o)
	return in.r.err
}

// meet makes a document the object at hand.
func (in *Input) meet(d *Document) *object {
	o := &in.object
	o.document, o.raw, o.entry = d, d.Source, nil
	o.serial++
	o.scope.fields.Collect(d.Source, &o.values)
	return o
}

// Answer returns the answer: {"networks": {"buckets": [...]}, ...}, in the shape of Elasticsearch, the aggregations of
// a level in the order in which the request has them. It ends the collector. The error is that there are too many
// buckets, see Options, or an order or a path of buckets that leads nowhere.
func (c *Collector) Answer() (json.RawMessage, error) {
	if c.r.err != nil {
		return nil, c.r.err
	}
	list := c.r.finishSubs(&c.request.root, c.all.subs)
	if c.r.err != nil {
		return nil, c.r.err
	}
	answer := append([]byte(nil), '{')
	answer = appendResults(answer, list, false)
	return append(answer, '}'), nil
}
