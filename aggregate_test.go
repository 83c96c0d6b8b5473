package kuzzlite

import (
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query/aggregation"
)

// Once a document has more than its entry tells, aggregations read documents again: of each such document there is one,
// and it comes by a write of its own.
func TestAggregateEntriesThatTellLess(t *testing.T) {
	sums := parsedAggregations(t, `{"k":{"terms":{"field":"k"},"aggs":{"n":{"stats":{"field":"n"}}}}}`)
	for what, document := range map[string]string{
		"a value twice":           `{"k":"a","n":[2,2]}`,
		"two values":              `{"k":"a","n":[2,3]}`,
		"an object beside values": `{"k":"a","n":[2,{"x":1}]}`,
		"a long text":             `{"k":"` + strings.Repeat("long", 1000) + `","n":2}`,
	} {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t, nil)
			f.ensure(FieldIndex{Fields: []string{"k", "n"}})
			answer := func() (answer, plan string) {
				collector := sums.Collector(nil)
				in, err := collector.Input("", nil)
				f.ok(err)
				e, err := f.col().Aggregate(ctx, nil, in)
				f.ok(err)
				got, err := collector.Answer()
				f.ok(err)
				return string(got), e.Plan
			}
			for _, id := range []string{"a", "b", "c"} {
				f.put(id, `{"k":"a","n":1}`)
			}
			if _, plan := answer(); !strings.HasSuffix(plan, ", without the documents") {
				t.Fatalf("before: %s", plan)
			}
			f.put("b", document)
			got, plan := answer()
			if strings.HasSuffix(plan, ", without the documents") {
				t.Errorf("after: %s", plan)
			}
			naive := sums.Collector(nil)
			in, err := naive.Input("", nil)
			f.ok(err)
			for doc, err := range f.col().All(ctx) {
				f.ok(err)
				f.ok(in.Add(&aggregation.Document{ID: doc.ID, Source: doc.Source, Sequence: doc.Sequence}))
			}
			want, err := naive.Answer()
			f.ok(err)
			f.equal("answer", got, string(want))
		})
	}
}
