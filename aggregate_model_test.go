package kuzzlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
)

// aggregations is a random collection that is aggregated.
type aggregations struct {
	*rand.Rand
	f      *fixture
	seed   uint64
	wild   int // of 100 values, so many are such that an entry does not tell them, or tells them in another way
	schema *query.Schema
	ways   map[string]int // in which answers were found
}

func (r *aggregations) pick(list ...string) string { return list[r.IntN(len(list))] }

// value returns a value of a field as entries tell it, or a wild one.
func (r *aggregations) value(field string) string {
	if r.IntN(100) < r.wild {
		return r.pick("1.0", "1e1", "-0", "0.50", "[1,1]", "[1,2]", "[]", `{"x":1}`, `[3,{"x":1}]`, `[null]`, "2018",
			"1517443200000.0",
			`"`+strings.Repeat("x", 600)+`"`, "1"+strings.Repeat("0", 700), `["us","us"]`, "1e400", `"\ud800"`, "1E-400")
	}
	if r.IntN(10) == 0 {
		return r.pick("null", "true", "0", `"us"`, "17", `"2018-02-01"`, `"-0"`, `"1.0"`)
	}
	switch field {
	case "a":
		return r.pick(`"us"`, `"nc"`, `"ak"`, `"é\"\\\n"`, `"a\u0000b"`, `""`)
	case "d":
		return fmt.Sprintf(`"2018-0%d-%02dT%02d:30:00Z"`, 1+r.IntN(4), 1+r.IntN(28), r.IntN(24))
	case "b.m":
		return fmt.Sprint(r.Int64N(1<<r.IntN(62)) - 1<<r.IntN(40))
	}
	return fmt.Sprint(float64(r.IntN(2000)-300) / []float64{1, 4, 10, 100}[r.IntN(4)])
}

var aggregatedFields = []string{"a", "n", "d", "b.m"}

func (r *aggregations) doc() string {
	var members []string
	for _, field := range aggregatedFields {
		if r.IntN(6) > 0 {
			v := r.value(field)
			switch {
			case field != "b.m":
				members = append(members, fmt.Sprintf("%q:%s", field, v))
			case r.IntN(2) == 0:
				members = append(members, `"b":{"m":`+v+`}`)
			default:
				members = append(members, `"b.m":`+v)
			}
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// change writes and deletes documents, of which some expire after a second.
func (r *aggregations) change(at place, n int) {
	c := at.Collection("i", "c")
	for range n {
		id := fmt.Sprint(r.IntN(2 * n))
		if r.IntN(8) == 0 {
			if _, err := c.Delete(ctx, id); err != nil {
				r.f.is("delete", err, ErrNotFound)
			}
			continue
		}
		o := &WriteOptions{}
		if r.IntN(12) == 0 {
			o.ExpireAfter = time.Second
		}
		if _, err := c.CreateOrReplace(ctx, id, raw(r.doc()), o); err != nil {
			r.f.is("write", err, ErrNotUnique)
		}
	}
}

// aggregation returns an aggregation, some with others in it.
func (r *aggregations) aggregation(depth int) string {
	field := r.pick(aggregatedFields...)
	options := `"field":"` + field + `"`
	if r.IntN(4) == 0 && r.schema == nil {
		options += `,"missing":` + map[string]string{"a": `"none"`, "d": `"2018-02-03"`}[field]
		if field == "n" || field == "b.m" {
			options += "-3.5"
		}
	}
	numbers := `"field":"` + r.pick("n", "b.m") + `"`
	list := []string{
		`"min":{` + numbers + `}`, `"max":{` + numbers + `}`, `"sum":{` + numbers + `}`, `"avg":{` + numbers + `}`,
		`"stats":{` + numbers + `}`, `"extended_stats":{` + numbers + `}`, `"value_count":{` + options + `}`,
		`"cardinality":{` + options + `,"precision_threshold":` + r.pick("3", "100") + `}`,
		`"weighted_avg":{"value":{` + numbers + `},"weight":{"field":"n"}}`, `"percentiles":{` + numbers + `}`,
	}
	if depth == 0 || r.IntN(2) == 0 {
		return "{" + r.pick(list...) + "}"
	}
	return "{" + r.pick(
		`"terms":{`+options+`,"size":`+r.pick("2", "100")+`}`, `"terms":{`+options+`,"order":{"_key":"desc"}}`,
		`"terms":{`+options+`,"exclude":["us","17"]}`,
		`"terms":{`+options+`,"min_doc_count":0}`,
		`"rare_terms":{`+options+`,"max_doc_count":3}`,
		`"histogram":{"field":"n","interval":25.5,"min_doc_count":1,"keyed":`+r.pick("true", "false")+`}`,
		`"date_histogram":{"field":"d","calendar_interval":"`+r.pick("day", "month")+
			`","min_doc_count":1,"time_zone":"`+r.pick("Z", "Europe/Paris")+`"}`,
		`"date_range":{"field":"d","ranges":[{"to":"2018-02-10"},{"from":"2018-02-01"}]}`,
		`"range":{`+numbers+`,"ranges":[{"to":5},{"from":1.25,"to":80}]}`, `"missing":{"field":"`+field+`"}`,
		`"filter":{"term":{"a":"us"}}`, `"global":{}`,
	) + `,"aggs":{"x":` + r.aggregation(depth-1) + `,"y":` + r.aggregation(0) + `}}`
}

func (r *aggregations) query(depth int) *query.Query {
	field := r.pick("a", "n", "d", "b.m", "b")
	switch n := r.IntN(10); {
	case n < 3 && depth > 0:
		return query.And(r.query(depth-1), r.query(depth-1))
	case n == 3 && depth > 0:
		return query.Or(r.query(depth-1), r.query(depth-1))
	case n == 4 && depth > 0:
		return query.Not(r.query(depth - 1))
	case n == 5:
		return query.Exists(field)
	case n == 6:
		return query.Gte("n", r.IntN(200)-20)
	case n == 7:
		return query.Prefix("d", "2018-0"+r.pick("1", "2"))
	case n == 8:
		return query.Between("b.m", -r.IntN(100), r.IntN(1<<30))
	}
	return query.Eq("a", r.pick("us", "nc", "zz"))
}

// answer returns the answer of aggregations over what is added, or why there is none.
func (r *aggregations) answer(aggs string, add func(*aggregation.Input) error) string {
	request, err := aggregation.Parse([]byte(aggs))
	if err != nil {
		return err.Error()
	}
	collector := request.Collector(&aggregation.Options{Now: r.f.clock.Now()})
	in, err := collector.Input("c", r.schema)
	if err != nil {
		return err.Error()
	}
	if err := add(in); err != nil {
		return err.Error()
	}
	answer, err := collector.Answer()
	if err != nil {
		return err.Error()
	}
	return string(answer)
}

// compare compares the answer of random aggregations with that of all documents, one after the other.
func (r *aggregations) compare(at place) {
	r.f.t.Helper()
	c, aggs := at.Collection("i", "c"), `{"x":`+r.aggregation(2)+`,"y":`+r.aggregation(1)+`}`
	var q *query.Query
	if r.IntN(2) == 0 {
		q = r.query(2)
	}
	m, err := query.Compile(q, nil)
	r.f.ok(err)
	found := uint64(0)
	want := r.answer(aggs, func(in *aggregation.Input) error {
		request, err := aggregation.Parse([]byte(aggs))
		r.f.ok(err)
		for doc, err := range c.All(ctx) {
			r.f.ok(err)
			d := &aggregation.Document{ID: doc.ID, Source: doc.Source, Sequence: doc.Sequence}
			if request.NeedsAll() {
				if err := in.AddAny(d); err != nil {
					return err
				}
			}
			if m.Match(doc.ID, doc.Source) {
				found++
				if err := in.Add(d); err != nil {
					return err
				}
			}
		}
		return nil
	})
	var e *Explanation
	got := r.answer(aggs, func(in *aggregation.Input) (err error) {
		var given Query
		if q != nil {
			given = q
		}
		e, err = c.Aggregate(ctx, given, in)
		return err
	})
	if got != want || e != nil && e.Found != found {
		r.f.t.Fatalf("seed %d: %s of %+v, %+v:\n%s\nwant\n%s", r.seed, aggs, q, e, got, want)
	}
	if e != nil {
		way := "documents"
		if strings.Contains(e.Plan, "without the documents") {
			way = "entries"
		}
		if r.ways[way]++; q != nil {
			r.ways[way+" by a query"]++
		}
	}
}

const aggregatedMapping = `{"a":{"type":"keyword"},"n":{"type":"double"},
	"d":{"type":"date"},"b":{"properties":{"m":{"type":"long"}}}}`

// Random aggregations have the same answer with and without field indexes, by their entries or by documents, in and
// out of transactions, with and without a mapping. What has expired does not count.
func TestAggregateModel(t *testing.T) {
	defer func(n int) { mostDue = n }(mostDue)
	schema, err := query.ParseMapping([]byte(aggregatedMapping))
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]int{}
	defer func(ahead int) { entriesAhead = ahead }(entriesAhead)
	for seed := range uint64(30) {
		entriesAhead = 1 + int(seed)*3%20
		f := newFixture(t, nil)
		f.unswept()
		r := &aggregations{Rand: rand.New(rand.NewPCG(seed, 41)), f: f, seed: seed, ways: ways}
		r.wild = []int{0, 0, 0, 1, 20}[r.IntN(5)]
		mostDue = []int{10_000, 1}[r.IntN(2)]
		r.change(f.s, 60)
		for n := range 1 + r.IntN(3) {
			var fields []string
			for _, i := range r.Perm(4)[:1+r.IntN(4)] {
				fields = append(fields, r.pick("", "-")+aggregatedFields[i])
			}
			fi := FieldIndex{Name: fmt.Sprint(n), Fields: fields, Sparse: r.IntN(4) == 0}
			if r.IntN(6) == 0 {
				fi.Where = `a = "us"`
			}
			if len(fields) == 4 && r.IntN(2) == 0 {
				fi.Unique = true
			}
			if err := f.s.Collection("i", "c").EnsureFieldIndex(ctx, fi); err != nil {
				f.is("index", err, ErrNotUnique)
			}
		}
		for range 3 {
			if r.schema = nil; r.IntN(3) == 0 {
				r.schema = schema
			}
			for range 12 {
				r.compare(f.s)
			}
			r.change(f.s, 30)
			f.clock.Advance(time.Second)
		}
		f.ok(f.s.Update(ctx, func(_ context.Context, tx *Tx) error {
			r.change(tx, 20)
			for range 8 {
				r.compare(tx)
			}
			return nil
		}))
	}
	for _, way := range []string{"documents", "entries", "documents by a query", "entries by a query"} {
		if ways[way] < 50 {
			t.Errorf("only so many answers were found by %s: %v", way, ways)
		}
	}
}
