package aggregation

// node is an aggregation of a request.
type node struct {
	name string
	typ  string // "terms"
	path string // of its definition in the request, for errors
	meta []byte // JSON; nil: none
	definition
	subs      []*node // without pipeline aggregations
	pipelines []*pipeline
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
