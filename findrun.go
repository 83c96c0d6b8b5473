package kuzzlite

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/planner"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Running a query: candidates come from a source, which goes by the plan, in chunks of one state of the store each. Each
// candidate is compared with the whole query.

// finder is a query under way.
type finder struct {
	reading
	opts   FindOptions
	filter *filter.Filter
	order  *filter.Order         // nil: by id
	after  []byte                // the key behind which to begin, nil: at the beginning
	now    int64                 // ms since 1970
	fields *fieldpath.Projection // nil: all fields

	indexes []fieldindex.Definition // all of the collection
	request planner.Request
	plan    *planner.Plan // nil: there is no collection yet
	counted counted
	source  source
	inOrder bool // the source has the order, and begins behind after
	keyAt   int  // the match whose key is wanted even then; the first is 1
	portion int  // how many candidates are looked for at once
	matched int
}

// newFinder compiles a query and plans it.
func (c *Collection) newFinder(ctx context.Context, q Query, o []*FindOptions) (*finder, error) {
	one, err := onlyOne(o)
	if err != nil {
		return nil, err
	}
	f := &finder{reading: reading{col: c, ctx: ctx}, opts: one.resolved(), now: c.now()}
	f.clock.left, f.most = f.opts.Timeout, f.opts.MaxScan
	if len(f.opts.Fields)+len(f.opts.Exclude) > 0 {
		if f.fields, err = fieldpath.NewProjection(f.opts.Fields, f.opts.Exclude); err != nil {
			return nil, fmt.Errorf("%w projection: %w", ErrInvalid, err)
		}
	}
	env := filter.Env{Now: fromMillis(f.now)}
	if q != nil || f.opts.Sort != nil {
		if env, err = c.env(ctx, f.now); err != nil {
			return nil, err
		}
	}
	if f.filter, err = compiled(q, env); err != nil {
		return nil, err
	}
	if f.opts.Sort != nil {
		if f.order, err = f.opts.Sort.Order(env); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if f.order != nil && f.order.AppendScored != nil {
			return nil, fmt.Errorf("%w: an order with _score is for Search: documents that are only found have no scores", ErrInvalid)
		}
	}
	if f.after, err = position(f.order, f.opts.After); err != nil {
		return nil, err
	}
	if f.after == nil && f.order != nil && f.order.Behind != nil {
		f.after = behindAll(f.order.Behind)
	}
	return f, nil
}

// plans plans the query.
func (f *finder) plans(v kv.View, bucket []byte) error {
	set, err := f.col.store.fieldIndexes(v, bucket)
	if err != nil {
		return err
	}
	r := planner.Request{Condition: f.filter.Condition, ByID: f.order == nil, Limit: max(f.opts.Limit, 0)}
	if r.Documents, err = readCount(v, bucket); err != nil {
		return err
	}
	if f.order != nil {
		r.Order = f.order.Keys
	}
	if set != nil {
		f.indexes = set.Indexes
		for i := range set.Indexes {
			if d := &set.Indexes[i]; d.Build == nil && (d.Where == "" || f.filter.Implies != nil && f.filter.Implies(d.Where)) {
				r.Indexes = append(r.Indexes, set.Indexes[i])
			}
		}
	}
	f.counted.keeps = f.after == nil
	r.Count = func(spans []span, most int) (int, error) {
		if err := f.clock.check(f.ctx); err != nil { // a query may have many words
			return 0, err
		}
		return f.counted.count(v, bucket, spans, most)
	}
	f.request = r
	f.plan, err = planner.Make(&r)
	f.request.Count = nil
	return err
}

// each calls yield with all documents that match, in their order, until yield returns false.
func (f *finder) each(yield func(*match) bool) error {
	begun := false
	var first chunk
	err := f.read(func(v kv.View, bucket []byte) (err error) {
		if err = f.plans(v, bucket); err != nil {
			return err
		}
		f.portion = f.firstPortion()
		if begun, err = f.begin(); begun && err == nil { // what was counted to plan is of the same state
			first, err = f.next(v, bucket, f.opts.Limit)
		}
		return err
	})
	if err != nil && len(first.found) == 0 || f.plan == nil { // no plan, no error: AutoCreate makes the collection later
		return err
	}
	f.counted = counted{}
	if begun {
		return f.stream(first, err, yield)
	}
	if f.source, err = f.sourceOf(f.plan); err != nil {
		return err
	}
	if f.plan.Sorted || f.order == nil {
		return f.stream(chunk{more: true}, nil, yield)
	}
	return f.sorted(yield)
}

// begin makes the source of a plan that leads to documents as they are to be yielded, and needs no reading for that. It
// says whether the plan is such.
func (f *finder) begin() (ok bool, err error) {
	p := f.plan
	if p.Kind != planner.Scan && (p.Kind != planner.Index || !p.Sorted) || f.order != nil && !p.Sorted {
		return false, nil
	}
	f.source, err = f.sourceOf(p)
	return true, err
}

// firstPortion is how many candidates are looked for at first: no more than are expected, or wanted.
func (f *finder) firstPortion() int {
	n := uint64(chunkDocuments)
	if f.plan.Kind == planner.Index || f.plan.Kind == planner.Words {
		n = min(n, f.plan.Documents+1) // one more, to see the end
	}
	if f.opts.Limit > 0 {
		n = min(n, uint64(f.opts.Limit))
	}
	return int(n)
}

// sourceOf returns the source of a plan: in the order that was asked for if the plan is sorted or there is no order, and
// otherwise in any.
func (f *finder) sourceOf(p *planner.Plan) (source, error) {
	switch {
	case p.Kind == planner.Scan:
		s := &scanSource{}
		if f.order == nil {
			s.last = string(f.after)
		}
		return s, nil
	case p.Kind == planner.Index && p.Sorted:
		f.inOrder = true
		s := &entrySource{reading: &f.reading, index: p.Index, spans: p.Spans, reverse: p.Reverse, inOrder: f.order != nil}
		s.current, s.ahead = true, f.counted.of(p)
		return s, f.seek(s)
	}
	if p.Kind == planner.Words {
		s := newWordSource(&f.reading, p)
		if f.order == nil && f.after != nil {
			s.from = behind(string(f.after))
		}
		return s, nil
	}
	ids, tooMany, err := f.collect(p)
	if err != nil {
		return nil, err
	}
	if tooMany {
		return f.sourceOf(&planner.Plan{Kind: planner.Scan})
	}
	if f.order == nil && f.after != nil {
		at, found := slices.BinarySearch(ids, string(f.after))
		if found {
			at++
		}
		ids = ids[at:]
	}
	return &listSource{ids: ids}, nil
}

// seek has a source go to where the query goes on.
func (f *finder) seek(s *entrySource) (err error) {
	switch {
	case f.after == nil:
		return nil
	case f.order == nil:
		return s.seek(len(s.index.Fields), sortkey.AppendID(nil, string(f.after), s.reverse))
	}
	end, err := entryAt(f.order, f.after, s.reverse)
	if err != nil {
		return err
	}
	return s.seek(len(s.index.Fields)-len(f.order.Keys), end)
}

// chunk is a part of what matches.
type chunk struct {
	found []match
	more  bool // there may be
}

// stream yields what matches as it comes: first what was read already, with an error behind that.
func (f *finder) stream(c chunk, err error, yield func(*match) bool) error {
	left := f.opts.Limit
	for {
		for i := range c.found {
			if !yield(&c.found[i]) {
				return nil
			}
		}
		if err != nil {
			return err
		}
		if f.opts.Limit > 0 {
			if left -= len(c.found); left <= 0 {
				return nil
			}
		}
		if !c.more {
			return nil
		}
		err = f.read(func(v kv.View, bucket []byte) (err error) {
			c, err = f.next(v, bucket, left)
			return err
		})
	}
}

// next returns the next chunk, at most limit if that is positive.
func (f *finder) next(v kv.View, bucket []byte, limit int) (c chunk, err error) {
	n, size, looked := chunkDocuments, 0, 0
	if limit > 0 {
		n = min(n, limit)
	}
	var failed error
	room := min(n, f.portion)
	if f.plan.Kind == planner.Scan {
		room = min(room, firstMatches)
	}
	c.found = make([]match, 0, room)
	c.more, err = f.source.next(v, bucket, f.portion, func(id string, key, value []byte) bool {
		looked++
		m, ok, err := f.match(id, key, value)
		if err != nil {
			failed = err
			return false
		}
		if ok {
			c.found = append(c.found, m)
			size += len(value)
		}
		return len(c.found) < n && size < chunkBytes && looked < chunkScanned
	})
	f.portion = min(2*f.portion, chunkDocuments) // it has not been enough
	return c, cmp.Or(failed, err)
}

// match compares a candidate with the query. The key is that of the document, the value what is stored of it.
func (f *finder) match(id string, key, value []byte) (m match, ok bool, err error) {
	if err := f.look(1); err != nil {
		return m, false, err
	}
	r, err := decodeKind(kindDocument, key, value)
	if err != nil {
		return m, false, f.col.problem(id, err, err.Error())
	}
	if due(r.expires, f.now) || !f.filter.Match(id, r.body) {
		return m, false, nil
	}
	if f.order != nil && !f.inOrder {
		m.key = keyOf(f.order, id, r.body)
		if f.after != nil && bytes.Compare(m.key, f.after) <= 0 {
			return m, false, nil
		}
	}
	if f.matched++; f.matched == f.keyAt && m.key == nil {
		m.key = keyOf(f.order, id, r.body)
	}
	if m.doc = (Document{ID: id}); !f.opts.KeysOnly {
		if f.fields != nil {
			r.body = f.fields.Append(nil, r.body)
		}
		m.doc = r.document(id)
	}
	return m, true, nil
}

// sorted yields what matches once all of it is found and sorted.
func (f *finder) sorted(yield func(*match) bool) error {
	s := sorting{limit: f.opts.Limit}
	for more := true; more; {
		err := f.read(func(v kv.View, bucket []byte) error {
			c, err := f.next(v, bucket, 0)
			for i := range c.found {
				s.add(&c.found[i])
			}
			more = c.more
			return err
		})
		if err != nil {
			return err
		}
		if s.bytes > maxSorted {
			return fmt.Errorf("%w: what the query has to sort is more than %d bytes: give a Limit, or make a field index that "+
				"has the order", ErrTooLarge, maxSorted)
		}
	}
	for _, m := range s.result() {
		if !yield(m) {
			return nil
		}
	}
	return nil
}
