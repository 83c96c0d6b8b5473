package kuzzlite

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// Orders that Elasticsearch's sort says, without and with a schema.

const sortedMapping = `{"n":{"type":"long"},"k":{"type":"keyword"},"d":{"type":"date"},"p":{"type":"geo_point"},
	"v":{"type":"nested","properties":{"s":{"type":"double"}}}}`

var sorts = []string{
	`"n"`, `[{"n":"desc"}]`, `[{"n":{"missing":2}}]`, `[{"k":{"missing":"_first"}},{"n":"desc"}]`,
	`[{"n":{"missing":2,"mode":"avg"}},"k"]`, `"d"`,
	`[{"d":{"order":"desc","missing":"_first"}},"_doc"]`, `[{"v.s":{"mode":"sum","nested":{"path":"v"}}}]`,
	`{"_doc":"desc"}`, `["n",{"_doc":"desc"}]`,
	`[{"v.s":{"order":"desc","nested":{"path":"v","filter":{"range":{"v.s":{"lt":4}}}}}},"n"]`, `[]`,
	`[{"_geo_distance":{"p":[1,2],"order":"desc"}},"k"]`, `[{"_geo_distance":{"p":["1,1","0,3"]}}]`,
}

// sortedOrders returns the orders, with the schema as well.
func sortedOrders(t *testing.T) (orders []*query.Order) {
	t.Helper()
	schema, err := query.ParseMapping([]byte(sortedMapping))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range sorts {
		o, err := query.ParseElasticsearchSort([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		orders = append(orders, o, o.Mapped(schema))
	}
	return append(orders, query.ByDistance("-p", 1, 2), query.ByDistance("-p", 1, 2).MissingFirst().Mapped(schema))
}

// sortedDoc returns a document of which the fields have few values, so that many documents are equal in them. several
// says that there may be several values of a field, of which an index has no order.
func sortedDoc(r *rand.Rand, several bool) string {
	pick := func(list ...string) string {
		for {
			if value := list[r.IntN(len(list))]; several || value[0] != '[' {
				return value
			}
		}
	}
	var members []string
	for key, value := range map[string]string{
		"n": pick("1", "2", `"2"`, "2.5", "null", "[1,3]", "9223372036854775807"),
		"k": pick(`"a"`, `"B"`, "7", "[true,\"b\"]"),
		"d": pick(`"2018-06-01"`, "1527811200000", `"2018"`, "[]"), "p": pick(`"1,2"`, "[2,1]", `{"lat":1,"lon":1}`, `"x"`),
		"v": pick(`[{"s":1},{"s":3.5}]`, `{"s":4}`, "null", `[{"s":5},{}]`),
	} {
		if r.IntN(4) > 0 {
			members = append(members, fmt.Sprintf("%q:%s", key, value))
		}
	}
	slices.Sort(members)
	return "{" + strings.Join(members, ",") + "}"
}

// Pages of all orders follow one another, with and without field indexes, and over writes in between: what does not
// change its values is on one page, and on one only.
func TestSortedPages(t *testing.T) {
	for n := range 4 {
		with, several := n%2 == 1, n/2 == 1
		f := newFixture(t, nil)
		r := rand.New(rand.NewPCG(7, 8))
		if with {
			f.ensure(FieldIndex{Fields: []string{"n"}})
			f.ensure(FieldIndex{Fields: []string{"k", "-n"}})
		}
		docs := map[string]string{}
		write := func(id string) {
			docs[id] = sortedDoc(r, several)
			f.put(id, docs[id])
		}
		for i := range 70 {
			write(fmt.Sprintf("d%02d", i))
		}
		for i, o := range sortedOrders(t) {
			whole := f.found(nil, &FindOptions{Sort: o})
			f.equal(fmt.Sprint("all of order ", i), len(whole), len(docs))
			f.equal(fmt.Sprint("pages of order ", i), f.paged(o, func() {}), whole)
			naive := f.naively(o, docs)
			f.equal(fmt.Sprint("order ", i), whole, naive)

			written, begun := map[string]bool{}, maps.Clone(docs)
			paged := f.paged(o, func() {
				id := fmt.Sprintf("d%02d", r.IntN(70))
				written[id] = true
				write(id)
			})
			changed := func(id string) bool { return written[id] }
			f.equal(fmt.Sprint("pages of order ", i, " over writes"), slices.DeleteFunc(paged, changed),
				slices.DeleteFunc(f.naively(o, begun), changed))
		}
	}
}

// paged returns the ids of all pages, and calls between after each.
func (f *fixture) paged(o Order, between func()) (ids []string) {
	f.t.Helper()
	options := &FindOptions{Sort: o, Limit: 1} // so that it pays to follow the order of an index
	for range 300 {
		p, err := f.col().FindPage(ctx, nil, options)
		f.ok(err)
		for _, doc := range p.Documents {
			ids = append(ids, doc.ID)
		}
		between()
		if options.After = p.Next; p.Next == "" {
			break
		}
	}
	return ids
}

// naively returns the ids of documents in an order.
func (f *fixture) naively(o *query.Order, docs map[string]string) []string {
	f.t.Helper()
	r := &findings{f: f, docs: docs}
	return r.naive(query.All(), o)
}

// With Behind documents begin behind values, and pages go on from there.
func TestSortedBehind(t *testing.T) {
	f := newFixture(t, nil)
	f.ensure(FieldIndex{Fields: []string{"n"}})
	f.numbered(200) // so that it pays to follow the order of the index
	f.put("e", `{"n":30}`)
	for _, sort := range []string{`"n"`, `{"n":"desc"}`} {
		o, err := query.ParseElasticsearchSort([]byte(sort))
		f.ok(err)
		whole := f.found(nil, &FindOptions{Sort: o})
		want := whole[max(slices.Index(whole, "e"), slices.Index(whole, "d030"))+1:]
		behind := o.Behind([]byte("[30]"))
		f.equal("behind", f.found(nil, &FindOptions{Sort: behind}), want)
		f.equal("pages behind", f.paged(behind, func() {}), want)
	}
	_, err := f.col().FindPage(ctx, nil, &FindOptions{Sort: query.By("n").Behind([]byte("[1,2]"))})
	f.is("two values", err, ErrInvalid)
}
