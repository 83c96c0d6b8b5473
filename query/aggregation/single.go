package aggregation

import "github.com/kuzzlite/kuzzlite/query"

// The aggregations of one bucket: filter, missing, global, nested and reverse_nested.

// singleState is the state of an aggregation of one bucket.
type singleState struct {
	bucket *bucket
	adds   func(p *plan, o *object, b *bucket)
}

func (s *singleState) one() *bucket { return s.bucket }

func (s *singleState) add(p *plan, o *object) { s.adds(p, o, s.bucket) }

func (s *singleState) value(name string) (float64, bool) {
	return float64(s.bucket.count), name == "" || name == byCount || name == "doc_count"
}

func (s *singleState) finish(r *run, n *node) *result {
	return &result{single: r.answer(n, s.bucket)}
}

func startSingle(r *run, n *node, adds func(p *plan, o *object, b *bucket)) state {
	return &singleState{r.bucket(n), adds}
}

// filter has the documents that a query matches.
type filter struct{ query *query.Query }

func readFilter(_ *node, raw []byte) (definition, error) {
	q, err := readQuery(raw)
	return &filter{q}, err
}

// readQuery reads a query, which unlike the one of a search must have a clause.
func readQuery(raw []byte) (*query.Query, error) {
	if string(raw) == "{}" {
		return nil, &query.DSLError{Reason: "query malformed, empty clause found"}
	}
	return query.ParseElasticsearch(raw)
}

func (*filter) singleBucket() {}

func (d *filter) bind(b *binder, p *plan) error {
	m, err := b.matcher(d.query, p.scope)
	if err != nil {
		return err
	}
	p.own = m
	return b.subs(p, p.scope)
}

func (d *filter) start(r *run, n *node) state {
	return startSingle(r, n, func(p *plan, o *object, b *bucket) {
		if p.own.(*query.Matcher).Match(o.document.ID, o.raw) {
			b.add(p, o)
		}
	})
}

// missing has the documents without a value of a field.
type missing struct{ source }

func readMissing(n *node, raw []byte) (definition, error) {
	d := &missing{}
	return d, n.readSource(&d.source, raw, nil)
}

func (*missing) singleBucket() {}

func (d *missing) bind(b *binder, p *plan) error {
	f, err := b.field(p, &d.source, anything)
	if err != nil {
		return err
	}
	p.fields = []*field{f}
	return b.subs(p, p.scope)
}

func (d *missing) start(r *run, n *node) state {
	return startSingle(r, n, func(p *plan, o *object, b *bucket) {
		if len(p.field().sorted(o)) == 0 {
			b.add(p, o)
		}
	})
}

// global has all documents, whatever the query is.
type global struct{}

func readGlobal(n *node, raw []byte) (definition, error) { return &global{}, n.read(n.typ, raw, nil) }

func (*global) singleBucket() {}
func (*global) ofAll() bool   { return true }

func (*global) bind(b *binder, p *plan) error { return b.subs(p, p.scope) }

func (*global) start(r *run, n *node) state {
	return startSingle(r, n, func(p *plan, o *object, b *bucket) { b.add(p, o) })
}
