package kuzzlite

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

func TestExplain(t *testing.T) {
	f := newFixture(t, nil)
	var items []Write
	for n := range 300 {
		items = append(items, Write{ID: fmt.Sprintf("%03d", n), Body: raw(fmt.Sprintf(`{"n":%d,"m":%d}`, n, n%7))})
	}
	f.ok(second(f.col().MCreate(ctx, items, &WriteOptions{Strict: true})))
	q, o := query.And(query.Eq("m", 3), query.Gt("n", 200)), &FindOptions{Sort: query.By("-n"), Limit: 5}
	e, err := f.col().Explain(ctx, q, o)
	f.ok(err)
	f.equal("scan", []any{e.Plan, e.Examined, e.Found, e.Sorted}, []any{"scan of all documents", uint64(300), uint64(5), true})
	f.equal("advice", *e.Advice, FieldIndex{Name: "m,n", Fields: []string{"m", "n"}})
	f.ensure(*e.Advice)
	e, err = f.col().Explain(ctx, q, o)
	f.ok(err)
	if !strings.Contains(e.Plan, `field index "m,n", 1 range, backwards`) || e.Sorted || e.Examined > 20 || e.Found != 5 || e.Advice != nil {
		t.Errorf("%+v", e)
	}
	e, err = f.col().Explain(ctx, query.None())
	f.ok(err)
	f.equal("nothing", e.Plan, "nothing can match")
}

// An index that was advised had the name of another one, of words or of a part of the documents, and could not be made.
func TestAdviceIsMade(t *testing.T) {
	f := newFixture(t, nil)
	var items []Write
	for n := range 300 {
		items = append(items, Write{ID: fmt.Sprintf("%03d", n), Body: raw(fmt.Sprintf(`{"s":"t%d","n":%d}`, n, n))})
	}
	f.ok(second(f.col().MCreate(ctx, items, &WriteOptions{Strict: true})))
	f.ensure(FieldIndex{Fields: []string{"s"}, Kind: FieldIndexText})
	f.ensure(FieldIndex{Fields: []string{"n"}, Where: "n > 290"})
	f.ensure(FieldIndex{Fields: []string{"n"}, Name: "n values", Where: "n > 280"})
	for field, want := range map[string]string{"s": "s values", "n": "n values 2"} {
		q := query.In(field, 7, "t7")
		e, err := f.col().Explain(ctx, q)
		f.ok(err)
		f.equal("advice", e.Advice.Name, want)
		f.ensure(*e.Advice)
		e, err = f.col().Explain(ctx, q)
		f.ok(err)
		if !strings.Contains(e.Plan, want) {
			t.Errorf("the index that was advised is not used: %s", e.Plan)
		}
	}
}

// An index that is not complete is advised under its own name, so that the build goes on.
func TestAdviceGoesOn(t *testing.T) {
	defer func(n, m int) { buildDocuments, buildAlone = n, m }(buildDocuments, buildAlone)
	buildDocuments, buildAlone = 10, 1
	f := newFixture(t, nil)
	var items []Write
	for n := range 300 {
		items = append(items, Write{ID: fmt.Sprintf("%03d", n), Body: raw(fmt.Sprintf(`{"n":%d}`, n))})
	}
	f.ok(second(f.col().MCreate(ctx, items, &WriteOptions{Strict: true})))
	ending, cancel := context.WithCancel(ctx)
	err := f.s.Collection("i", "c").EnsureFieldIndex(ending, FieldIndex{Fields: []string{"n"}}, &FieldIndexOptions{
		Progress: func(uint64, uint64) { cancel() },
	})
	f.is("ended", err, context.Canceled)
	e, err := f.col().Explain(ctx, query.Eq("n", 7))
	f.ok(err)
	f.equal("name", e.Advice.Name, "n")
	f.ensure(*e.Advice)
}
