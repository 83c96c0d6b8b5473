package kuzzlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query"
)

// findings is a random collection, and what its documents are.
type findings struct {
	*rand.Rand
	f        *fixture
	seed     uint64
	multiple bool              // fields have several values
	long     bool              // and values that are cut
	texts    bool              // documents have texts, and conditions are about words
	strings  bool              // and the texts are no numbers or booleans
	places   bool              // documents have points, and conditions are about places
	schema   *query.Schema     // of these conditions; nil: none
	docs     map[string]string // by id
	expires  map[string]bool   // ids of those that expire after a second
	kinds    map[string]int    // of plans that were made
	indexes  [][]string        // the fields of the field indexes
	uniques  []uniqueModel     // those that are unique
}

func (r *findings) pick(list ...string) string { return list[r.IntN(len(list))] }

func (r *findings) scalar() string {
	if long := strings.Repeat("x", 600); r.long && r.IntN(2) == 0 { // what is cut begins alike
		zeros := strings.Repeat("0", 519)
		return r.pick(`"`+long+`"`, `"`+long+`a"`, `"`+long+`b"`, `"`+long[:511]+`"`, "1"+zeros+"1", "1"+zeros+"2")
	}
	return r.pick("null", "true", "0", "1", "1.5", "2", "9007199254740993", `"a"`, `"ab"`, `"b"`, "-1", "-1e300")
}

func (r *findings) value(multiple bool) string {
	switch n := r.IntN(12); {
	case n == 0 && multiple:
		return "[" + r.scalar() + "," + r.scalar() + "]"
	case n == 1 && multiple:
		return `{"x":` + r.scalar() + `}`
	}
	return r.scalar()
}

func (r *findings) doc(multiple bool) string {
	var members []string
	for _, key := range []string{"a", "b", "c"} {
		if r.IntN(5) > 0 {
			members = append(members, fmt.Sprintf("%q:%s", key, r.value(multiple)))
		}
	}
	if r.texts {
		members = append(members, `"t":`+r.textValue(), `"o":[{"t":`+r.textValue()+`},{"t":`+r.textValue()+`}]`)
	}
	if r.places {
		members = append(members, `"p":`+r.placeValue(), `"o":[{"p":`+r.placeValue()+`},{"p":`+r.placeValue()+`}]`)
		if r.IntN(3) == 0 {
			members[len(members)-1] = `"o":{"p":` + r.placeValue() + `}`
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (r *findings) field() string { return r.pick("a", "b", "c", "a.x") }

func (r *findings) query(depth int) *query.Query {
	v := raw(r.scalar())
	if r.texts && r.IntN(3) > 0 {
		return r.textQuery()
	}
	if r.places && r.IntN(3) > 0 {
		return r.placeQuery()
	}
	switch r.IntN(12) {
	case 0, 1:
		if depth > 0 {
			return query.And(r.query(depth-1), r.query(depth-1))
		}
	case 2, 3:
		if depth > 0 {
			return query.Or(r.query(depth-1), r.query(depth-1))
		}
	case 4:
		if depth > 0 {
			return query.Not(r.query(depth - 1))
		}
	case 5:
		return query.Missing(r.field())
	case 6:
		return query.Gt(r.field(), v)
	case 7:
		return query.Lte(r.field(), v)
	case 8:
		return query.In(r.field(), v, raw(r.scalar()))
	case 9:
		return query.Prefix(r.field(), r.pick("", "a", "x"))
	case 10:
		if r.IntN(8) == 0 {
			return query.None()
		}
		return query.IDs(fmt.Sprint(r.IntN(60)), fmt.Sprint(r.IntN(60)))
	}
	return query.Eq(r.field(), v)
}

func (r *findings) order() *query.Order {
	var fields []string
	for _, n := range r.Perm(3)[:r.IntN(3)] {
		fields = append(fields, r.pick("", "-")+[]string{"a", "b", "c"}[n])
	}
	if len(r.indexes) > 0 && r.IntN(3) == 0 { // that of an index, or its reverse
		fields = slices.Clone(r.indexes[r.IntN(len(r.indexes))])
		for i, reverse := 0, r.IntN(2) == 0; reverse && i < len(fields); i++ {
			path, descending := strings.CutPrefix(fields[i], "-")
			if fields[i] = path; !descending {
				fields[i] = "-" + path
			}
		}
	}
	if r.texts && r.IntN(4) == 0 {
		fields = []string{"t"}
	}
	if len(fields) == 0 {
		return nil
	}
	o := query.By(fields...)
	if r.IntN(3) == 0 {
		o = o.MissingFirst()
	}
	return o
}

// naive returns what a query finds in all documents, sorted.
func (r *findings) naive(q *query.Query, o *query.Order) (ids []string) {
	m, err := query.Compile(q, nil)
	r.f.ok(err)
	for id, doc := range r.docs {
		if m.Match(id, []byte(doc)) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if o == nil {
		return ids
	}
	order, err := o.Order(filter.Env{})
	r.f.ok(err)
	if order == nil {
		return ids
	}
	if order.Descending {
		slices.Reverse(ids)
	}
	key := func(id string) []byte { return order.AppendKey(nil, id, []byte(r.docs[id])) }
	slices.SortStableFunc(ids, func(a, b string) int { return bytes.Compare(key(a), key(b)) })
	return ids
}

// where is the condition of some indexes.
const where = "a exists and b >= 1"

// Random queries find the same, in the same order, with and without field indexes, whole, by pages, with a limit, as keys
// only, and in transactions, where what the transaction wrote counts. What has expired is not found.
func TestFindModel(t *testing.T) {
	defer func(n int) { maxCollected = n }(maxCollected)
	kinds := map[string]int{}
	for seed := range uint64(60) {
		f := newFixture(t, nil)
		f.unswept()
		r := &findings{Rand: rand.New(rand.NewPCG(seed, 31)), f: f, docs: map[string]string{}, seed: seed, kinds: kinds}
		r.multiple, r.long = r.IntN(2) == 0, r.IntN(2) == 0
		maxCollected = []int{1 << 20, 10}[r.IntN(2)]
		if seed%3 == 0 {
			r.unique() // before there are documents that are not
		}
		r.change(f.s)
		if seed%3 == 1 {
			r.unique()
		}
		for n := range 1 + r.IntN(4) {
			var fields []string
			for _, i := range r.Perm(3)[:1+r.IntN(3)] {
				fields = append(fields, r.pick("", "-")+[]string{"a", "b", "c"}[i])
			}
			r.indexes = append(r.indexes, fields)
			fi := FieldIndex{Name: fmt.Sprint(n), Fields: fields, Sparse: r.IntN(3) == 0}
			if r.IntN(4) == 0 {
				fi.Where = where
			}
			f.ensure(fi)
		}
		r.change(f.s)
		f.clock.Advance(time.Second)
		maps.DeleteFunc(r.docs, func(id, _ string) bool { return r.expires[id] })
		for range 30 {
			r.compare(f.s)
		}
		r.transaction()
	}
	for _, kind := range []string{
		"unique", "refused", "scan true", "scan false", "ids true", "index true", "index false", "union false", "intersection false", "nothing true",
	} {
		if kinds[kind] < 5 {
			t.Errorf("a plan of kind %q was made %d times only: %v", kind, kinds[kind], kinds)
		}
	}
}

// change writes and deletes documents, of which some expire after a second.
func (r *findings) change(at place) {
	c := at.Collection("i", "c")
	r.expires = maps.Clone(r.expires)
	if r.expires == nil {
		r.expires = map[string]bool{}
	}
	for range 40 {
		id := fmt.Sprint(r.IntN(60))
		if r.IntN(6) == 0 {
			delete(r.docs, id)
			_, err := c.Delete(ctx, id)
			if err != nil {
				r.f.is("delete", err, ErrNotFound)
			}
			continue
		}
		o := &WriteOptions{}
		expires := r.IntN(8) == 0
		if expires {
			o.ExpireAfter = time.Second
		}
		if doc := r.doc(r.multiple); r.put(c, id, doc, o) {
			r.docs[id], r.expires[id] = doc, expires
		}
	}
}

// transaction compares queries in a transaction that has written, and after it was undone.
func (r *findings) transaction() {
	undone := errors.New("undone")
	before, expired := maps.Clone(r.docs), r.expires
	r.f.is("transaction", r.f.s.Update(ctx, func(_ context.Context, tx *Tx) error {
		r.change(tx)
		for range 15 {
			r.compare(tx)
		}
		return undone
	}), undone)
	r.docs, r.expires = before, expired
	for range 15 {
		r.compare(r.f.s)
	}
}

// compare compares what a random query finds with a look at all documents.
func (r *findings) compare(at place) {
	c, q, o, f := at.Collection("i", "c"), r.query(2), r.order(), r.f
	if r.IntN(4) == 0 {
		q = query.And(q, query.Gte("b", 1), query.Exists("a"))
	}
	options := &FindOptions{}
	if o != nil {
		options.Sort = o
	}
	fi, err := c.newFinder(ctx, q, []*FindOptions{options})
	f.ok(err)
	f.ok(fi.each(func(*match) bool { return false }))
	r.kinds[fmt.Sprint(fi.plan.Kind, fi.plan.Sorted)]++
	want := r.naive(q, o)
	same := func(what string, got, want []string) {
		if !slices.Equal(got, want) {
			f.t.Fatalf("seed %d: %s of %+v found %v, want %v, by %+v", r.seed, what, q, got, want, fi.plan)
		}
	}
	same("find", r.ids(c, q, options), want)
	same("pages", r.pages(c, q, options), want)
	only := *options
	only.KeysOnly = true
	same("keys", r.ids(c, q, &only), want)
	if only.Limit = r.IntN(12); only.Limit > 0 {
		same("limit", r.ids(c, q, &only), want[:min(only.Limit, len(want))])
	}
	n, err := c.Count(ctx, q)
	f.ok(err)
	f.equal("count", n, uint64(len(want)))
}

// ids returns the ids that a query finds, each with its document, or with nothing else if only keys are asked for.
func (r *findings) ids(c *Collection, q Query, o *FindOptions) (ids []string) {
	r.f.t.Helper()
	for doc, err := range c.Find(ctx, q, o) {
		r.f.ok(err)
		want := r.docs[doc.ID]
		if o.KeysOnly {
			want = ""
		}
		if ids = append(ids, doc.ID); string(doc.Source) != want {
			r.f.t.Fatalf("seed %d: document %s is %s, want %s", r.seed, doc.ID, doc.Source, want)
		}
	}
	return ids
}

// pages returns the ids that a query finds, by pages of a random size.
func (r *findings) pages(c *Collection, q Query, o *FindOptions) (ids []string) {
	r.f.t.Helper()
	options := *o
	options.Limit = 1 // so that it pays to follow the order of an index
	if r.IntN(4) > 0 {
		options.Limit += r.IntN(20)
	}
	for {
		p, err := c.FindPage(ctx, q, &options)
		r.f.ok(err)
		for _, doc := range p.Documents {
			ids = append(ids, doc.ID)
		}
		if p.Next == "" || len(ids) > len(r.docs) { // then a document was there twice
			return ids
		}
		options.After = p.Next
	}
}
