package aggregation

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite/query"
)

// node is an aggregation of a request.
type node struct {
	name string
	typ  string // "terms"
	path string // of its definition in the request, for errors
	meta []byte // JSON; nil: none
	leaf bool   // it cannot have sub-aggregations: it has no buckets
	definition
	subs      []*node // without pipeline aggregations
	pipelines []pipe
}

// wrong returns an error about an aggregation.
func (n *node) wrong(format string, args ...any) error {
	return &Error{Path: n.path, Reason: fmt.Sprintf(format, args...)}
}

// definition is what an aggregation of one type is asked to do. It does not change.
type definition interface {
	// bind completes how the documents of one collection are collected.
	bind(b *binder, p *plan) error

	// start returns a new state: that of the aggregation in one bucket of the aggregation around it.
	start(r *run, n *node) state
}

// state is what has been collected.
type state interface {
	// add collects a document, or a nested object.
	add(p *plan, o *object)

	// finish returns what stands in the answer. It is called once.
	finish(r *run, n *node) *result

	// value returns one of the numbers that buckets can be ordered by; ok is false for a name of none. The empty name is
	// that of the only one.
	value(name string) (v float64, ok bool)
}

// plan is how an aggregation collects the documents of one collection.
type plan struct {
	*node
	r      *run
	scope  *scope
	fields []*field
	subs   []*plan
	own    any // what the type of the aggregation needs besides
}

// field returns the only field.
func (p *plan) field() *field { return p.fields[0] }

// bucket is a group of documents, with the sub-aggregations of these.
type bucket struct {
	count int64
	subs  []state
}

// About how many bytes a bucket and a state take.
const (
	bucketSize = 96
	stateSize  = 80
	mapSize    = 160 // of a state that has a map
)

// bucket returns a new bucket of an aggregation. Once there is too much it has nothing in it, and nothing is added: a
// short request can ask for more buckets in one another than there is memory.
func (r *run) bucket(n *node) *bucket {
	r.use(bucketSize + stateSize*len(n.subs))
	b := &bucket{}
	if len(n.subs) > 0 && r.err == nil {
		b.subs = make([]state, len(n.subs))
		for i, sub := range n.subs {
			b.subs[i] = sub.start(r, sub)
		}
	}
	return b
}

// add puts a document into the bucket.
func (b *bucket) add(p *plan, o *object) {
	if p.r.err != nil {
		return
	}
	b.count++
	for i, s := range b.subs {
		s.add(p.subs[i], o)
	}
}

// noValue is what states have that buckets cannot be ordered by.
type noValue struct{}

func (noValue) value(string) (float64, bool) { return 0, false }

// binder makes plans for the documents of a collection.
type binder struct {
	r      *run
	schema *query.Schema
	name   string // of the collection
}

// subs completes the plans of the sub-aggregations of p, which look at the objects of a scope.
func (b *binder) subs(p *plan, s *scope) error {
	for _, n := range p.node.subs {
		sub := &plan{node: n, r: b.r, scope: s}
		p.subs = append(p.subs, sub)
		if err := n.bind(b, sub); err != nil {
			return err
		}
	}
	return nil
}

// matcher compiles a query for the objects of a scope.
func (b *binder) matcher(q *query.Query, s *scope) (*query.Matcher, error) {
	return query.Compile(q, &query.Options{Now: b.r.now, Schema: b.schema, Index: b.name, Nested: s.path})
}

// hasValue says whether an aggregation is a metric with a number of a name.
func (n *node) hasValue(metric string) bool {
	if !n.leaf {
		return false
	}
	_, ok := n.start(newRun(nil), n).value(metric)
	return ok
}

// singleBucket is a definition of one bucket.
type singleBucket interface{ singleBucket() }

// single is the state of such a one.
type single interface{ one() *bucket }

// isMulti says whether an aggregation has a list of buckets.
func (n *node) isMulti() bool {
	_, isSingle := n.definition.(singleBucket)
	return !isSingle && !n.leaf
}

// sequence is a definition whose buckets are in the order of numbers or dates, as a histogram's are.
type sequence interface{ sequence() }

// gatherer is a definition that takes in all documents of a collection, or leads to other objects.
type gatherer interface{ gather(p *plan, o *object) }

// gather hands an object to the sub-aggregations that need all, whether the query matches or not.
func (p *plan) gather(o *object) {
	for _, sub := range p.subs {
		if g, ok := sub.definition.(gatherer); ok {
			g.gather(sub, o)
		} else {
			sub.gather(o)
		}
	}
}

// pipe is a pipeline aggregation: it computes with the buckets of others, when these are complete.
type pipe interface {
	title() string

	// inBuckets says whether it has a number in each of the buckets that it computes with. Otherwise it has one beside
	// these.
	inBuckets() bool

	// check returns an error if there is nothing to compute with in n, which the aggregation is in.
	check(n *node) error

	beside(list []*result) *result
	into(buckets []*answered)
}
