package kuzzlite

import (
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
