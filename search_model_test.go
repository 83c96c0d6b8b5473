package kuzzlite

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
)

// searchModel is a random collection, and what its documents are.
type searchModel struct {
	*rand.Rand
	f    *fixture
	seed uint64
	docs []Document // in the order in which they were written last
}

// TestSearchModel compares random searches with sorting all documents that match, scored one by one.
func TestSearchModel(t *testing.T) {
	for seed := range uint64(24) {
		m := &searchModel{Rand: rand.New(rand.NewPCG(seed, 7)), f: newFixture(t, nil), seed: seed}
		if seed%2 == 0 {
			m.f.ensure(FieldIndex{Name: "t", Fields: []string{"t"}, Kind: FieldIndexText})
			m.f.ensure(FieldIndex{Name: "n", Fields: []string{"n"}})
		}
		for range 40 + m.IntN(60) {
			m.write()
		}
		for range 25 {
			m.compare()
		}
	}
}

func (m *searchModel) pick(list ...string) string { return list[m.IntN(len(list))] }

// write writes or deletes a document.
func (m *searchModel) write() {
	id := fmt.Sprint("d", m.IntN(50))
	m.docs = slices.DeleteFunc(m.docs, func(d Document) bool { return d.ID == id })
	if m.IntN(10) == 0 {
		_, _ = m.f.col().Delete(ctx, id)
		return
	}
	var members []string
	for _, field := range []string{"n", "k"} {
		switch value := m.pick("1", "2", "2.5", "-7", `"a"`, `"b"`, "true", "null", "", "[3,1]", `["b","c"]`, "1e3"); value {
		case "":
		default:
			members = append(members, fmt.Sprintf("%q:%s", field, value))
		}
	}
	words := make([]string, 1+m.IntN(6))
	for i := range words {
		words[i] = m.pick("red", "green", "blue", "white")
	}
	members = append(members, `"t":"`+strings.Join(words, " ")+`"`)
	m.f.put(id, "{"+strings.Join(members, ",")+"}")
	m.docs = append(m.docs, m.f.doc(id))
}

// request returns a random search, with the JSON of its order.
func (m *searchModel) request() (r SearchRequest, sort string) {
	q := parsed(m.f.t, m.pick(
		`{"match":{"t":"red"}}`, `{"match":{"t":"red blue"}}`, `{"match_all":{}}`, `{"term":{"k":"b"}}`,
		`{"bool":{"must":{"match":{"t":"white"}},"should":{"range":{"n":{"gte":2}}}}}`, `{"range":{"n":{"lt":3}}}`,
	))
	r.Query = q
	if m.IntN(3) == 0 {
		r.PostFilter = parsed(m.f.t, m.pick(`{"match":{"t":"green"}}`, `{"exists":{"field":"n"}}`))
	}
	if m.IntN(4) == 0 {
		r.MinScore = m.Float32()
	}
	if m.IntN(3) == 0 {
		aggs, err := aggregation.Parse([]byte(m.pick(
			`{"v":{"value_count":{"field":"n"}},"all":{"global":{},"aggs":{"v":{"value_count":{"field":"n"}}}}}`,
			`{"v":{"value_count":{"field":"n"}}}`, `{"v":{"value_count":{"field":"n"}},"best":{"top_hits":{"size":1}}}`,
		)))
		m.f.ok(err)
		r.Aggregations = aggs
	}
	sort = m.pick(
		"", "", `["_score"]`, `[{"_score":"asc"},{"n":"desc"}]`, `["n"]`, `[{"k":"desc"},{"n":"asc"}]`, `["_doc"]`,
		`[{"n":{"order":"desc","missing":"_first"}}]`, `["k",{"_doc":"desc"}]`, `[{"_doc":"desc"}]`, `["n","_score"]`,
		`[{"n":{"missing":2}}]`, `[{"n":{"missing":"_first"}},"_doc"]`,
	)
	if sort != "" {
		r.Sort = m.f.parsedOrder(sort)
	}
	r.TrackScores = m.IntN(4) == 0
	return r, sort
}

// modelHit is a document that a search should find.
type modelHit struct {
	doc   Document
	score float32
}

// naive returns the hits of a search in their order, and those which aggregations are about.
func (m *searchModel) naive(r *SearchRequest, sort string) (hits, found []modelHit) {
	f := m.f
	scorer, err := query.NewScorer(r.Query.(*query.Query), nil)
	f.ok(err)
	for _, d := range m.docs {
		scorer.Observe(d.ID, d.Source)
	}
	scorer.Settle()
	for _, d := range m.docs {
		score, ok, err := scorer.Score(d.ID, d.Source)
		f.ok(err)
		if !ok || score < r.MinScore {
			continue
		}
		found = append(found, modelHit{d, score})
	}
	for _, h := range found {
		if r.PostFilter != nil {
			post, err := query.Compile(r.PostFilter.(*query.Query), nil)
			f.ok(err)
			if !post.Match(h.doc.ID, h.doc.Source) {
				continue
			}
		}
		hits = append(hits, h)
	}
	if sort == "" {
		sort = `["_score"]`
	}
	slices.SortStableFunc(hits, func(a, b modelHit) int { return m.order(sort, a, b) })
	return hits, found
}

// order compares hits by the JSON of a sort.
func (m *searchModel) order(sort string, a, b modelHit) int {
	var keys []any
	m.f.ok(json.Unmarshal([]byte(sort), &keys))
	for _, key := range keys {
		name, o := "", map[string]any{}
		switch key := key.(type) {
		case string:
			if name = key; name == "_score" {
				o["order"] = "desc"
			}
		case map[string]any:
			for field, options := range key {
				if name = field; fmt.Sprintf("%T", options) == "string" {
					o["order"] = options
				} else {
					o = options.(map[string]any)
				}
			}
		}
		if c := compareHits(name, o, a, b); c != 0 {
			return c
		}
	}
	return 0 // they are in the order in which they were written
}

func compareHits(name string, o map[string]any, a, b modelHit) int {
	sign := 1
	if o["order"] == "desc" {
		sign = -1
	}
	switch name {
	case "_score":
		return sign * cmp.Compare(a.score, b.score)
	case "_doc":
		return sign * cmp.Compare(a.doc.Sequence, b.doc.Sequence)
	}
	x, y := valueOfHit(name, o, a, sign < 0), valueOfHit(name, o, b, sign < 0)
	if x == nil || y == nil {
		behind := cmp.Compare(map[bool]int{x == nil: 1}[true], map[bool]int{y == nil: 1}[true])
		if o["missing"] == "_first" {
			return -behind
		}
		return behind
	}
	return sign * compareValues(x, y)
}

// valueOfHit returns the value of a field that counts in an order, nil if there is none.
func valueOfHit(name string, o map[string]any, h modelHit, largest bool) (best any) {
	var doc map[string]any
	_ = json.Unmarshal(h.doc.Source, &doc)
	list, ok := doc[name].([]any)
	if !ok {
		list = []any{doc[name]}
	}
	for _, v := range list {
		if v != nil && (best == nil || compareValues(v, best) < 0 != largest) {
			best = v
		}
	}
	if missing, isNumber := o["missing"].(float64); best == nil && isNumber {
		return missing
	}
	return best
}

// compareValues compares false < true < numbers < strings.
func compareValues(x, y any) int {
	rank := func(v any) int {
		return map[string]int{"bool": 0, "float64": 1, "string": 2}[fmt.Sprintf("%T", v)]
	}
	if c := cmp.Compare(rank(x), rank(y)); c != 0 {
		return c
	}
	switch x := x.(type) {
	case float64:
		return cmp.Compare(x, y.(float64))
	case string:
		return strings.Compare(x, y.(string))
	}
	return cmp.Compare(fmt.Sprint(x), fmt.Sprint(y)) // false < true
}

// compare compares a random search, its pages and all its hits with the model.
func (m *searchModel) compare() {
	r, sort := m.request()
	hits, found := m.naive(&r, sort)
	scored := r.TrackScores || sort == "" || strings.Contains(sort, "_score")
	var want []string
	for _, h := range hits {
		want = append(want, shownHit(h.doc, h.score, scored))
	}
	what := fmt.Sprintf("seed %d: %+v by %s", m.seed, r, sort)
	whole := r
	whole.Size = 1000
	res, err := m.f.col().Search(ctx, whole)
	m.f.ok(err)
	m.same(what, shownHits(res.Hits), want)
	m.f.equal(what+": total", res.Total, len(hits))
	m.aggregated(what, &r, res, found)

	part := r
	part.From, part.Size = m.IntN(6), 1+m.IntN(6)
	res, err = m.f.col().Search(ctx, part)
	m.f.ok(err)
	from := min(part.From, len(want))
	m.same(what+": a page", shownHits(res.Hits), want[from:min(from+part.Size, len(want))])
	m.f.equal(what+": total", res.Total, len(hits))

	r.Aggregations = nil
	m.same(what+": all", m.collected(m.f.col().SearchAll(ctx, r)), want)
	part.Aggregations = nil
	m.same(what+": some", m.collected(m.f.col().SearchAll(ctx, part)), want[from:min(from+part.Size, len(want))])
	if sort != "" {
		m.pages(what, r, sort, hits, scored)
	}
}

// aggregated compares the aggregations of a search.
func (m *searchModel) aggregated(what string, r *SearchRequest, res *SearchResult, found []modelHit) {
	if r.Aggregations == nil {
		m.f.equal(what+": aggregations", len(res.Aggregations), 0)
		return
	}
	var got struct {
		V    struct{ Value int }
		All  *struct{ V struct{ Value int } }
		Best *struct {
			Hits struct {
				Hits []struct {
					ID string `json:"_id"`
				}
			}
		}
	}
	m.f.ok(json.Unmarshal(res.Aggregations, &got))
	values := func(docs iter.Seq[Document]) (n int) {
		for d := range docs {
			var doc map[string]any
			m.f.ok(json.Unmarshal(d.Source, &doc))
			switch v := doc["n"].(type) {
			case nil:
			case []any:
				n += len(v)
			default:
				n++
			}
		}
		return n
	}
	m.f.equal(what+": values found", got.V.Value, values(func(yield func(Document) bool) {
		for _, h := range found {
			if !yield(h.doc) {
				return
			}
		}
	}))
	if got.All != nil {
		m.f.equal(what+": values of all", got.All.V.Value, values(slices.Values(m.docs)))
	}
	if got.Best != nil && len(found) > 0 {
		best := slices.MaxFunc(found, func(a, b modelHit) int { return cmp.Compare(a.score, b.score) })
		m.f.equal(what+": the best", got.Best.Hits.Hits[0].ID, best.doc.ID)
	}
}

// pages goes from page to page by the values of the last hit. Without _doc, hits that are equal to that are left out.
func (m *searchModel) pages(what string, r SearchRequest, sort string, hits []modelHit, scored bool) {
	r.Size = 1 + m.IntN(7)
	for left := hits; ; {
		res, err := m.f.col().Search(ctx, r)
		m.f.ok(err)
		var want []string
		for _, h := range left[:min(r.Size, len(left))] {
			want = append(want, shownHit(h.doc, h.score, scored))
		}
		m.same(fmt.Sprintf("%s: behind %s", what, r.After), shownHits(res.Hits), want)
		m.f.equal(what+": total of pages", res.Total, len(hits))
		if len(want) == 0 {
			return
		}
		last := left[len(want)-1]
		r.After = res.Hits[len(want)-1].Sort
		for left = left[len(want):]; len(left) > 0 && m.order(sort, last, left[0]) == 0; {
			left = left[1:]
		}
	}
}

func (m *searchModel) collected(list iter.Seq2[Hit, error]) (shown []string) {
	for h, err := range list {
		m.f.ok(err)
		shown = append(shown, shownHits([]Hit{h})...)
	}
	return shown
}

func (m *searchModel) same(what string, got, want []string) {
	if !slices.Equal(got, want) {
		m.f.t.Fatalf("%s\nfinds %q\nnot   %q", what, got, want)
	}
}

func shownHits(hits []Hit) (shown []string) {
	for _, h := range hits {
		shown = append(shown, shownHit(h.Document, h.Score, h.Scored))
	}
	return shown
}

func shownHit(d Document, score float32, scored bool) string {
	if !scored {
		score = 0
	}
	return fmt.Sprintf("%s %s %d %v %t", d.ID, d.Source, d.Version, score, scored)
}
