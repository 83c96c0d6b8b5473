package kuzzlite

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query"
)

// Field indexes of points.

func TestGeoIndex(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"at":[-149.9,61.2]}`)
		f.put("b", `{"at":[{"lat":34,"lon":-118},"61.2,-149.9"]}`)
		f.put("none", `{"at":"somewhere else"}`)
		f.ensure(FieldIndex{Fields: []string{"at"}, Kind: FieldIndexGeo})
		list, err := f.col().FieldIndexes(ctx)
		f.ok(err)
		f.equal("list", list, []FieldIndexState{{FieldIndex: FieldIndex{Name: "at", Fields: []string{"at"}, Kind: FieldIndexGeo}}})
		f.equal("entries", f.entryCount("at"), 4) // of [-149.9,61.2] one as Koncorde reads it, too
		f.put("a", `{"at":"34,-118"}`)
		f.equal("entries", f.entryCount("at"), 3)
		f.equal("near", f.found(query.Near("at", 34, -118, "10m"), nil), []string{"a", "b"})
		f.ok(second(f.col().Delete(ctx, "b")))
		f.equal("entries", f.entryCount("at"), 1)
		f.is("analyzer", f.col().EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"p"}, Kind: FieldIndexGeo, Analyzer: "stop"}), ErrInvalid)
		f.is("unique", f.col().EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"p"}, Kind: FieldIndexGeo, Unique: true}), ErrInvalid)
		f.ok(f.col().DropFieldIndex(ctx, "at"))
	})
}

func TestGeoIndexNotLinked(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.ensure(FieldIndex{Fields: []string{"at"}, Kind: FieldIndexGeo})
	f.put("a", `{"at":"34,-118"}`)
	f.reopen(nil)
	defer filter.Register(filter.Register(nil))
	f.is("check", second(f.s.Check(ctx)), filter.ErrNotLinked)
	f.is("write", second(f.col().CreateOrReplace(ctx, "b", raw(`{}`))), filter.ErrNotLinked)
	f.ok(f.col().DropFieldIndex(ctx, "at"))
}

func TestExplainGeo(t *testing.T) {
	f := newFixture(t, nil)
	var docs []Write
	for n := range 2000 {
		body := fmt.Sprintf(`{"at":{"lat":%v,"lon":%v},"t":"word%d all"}`, -85+float64(n%40)*4, -175+float64(n/40)*7, n%5)
		docs = append(docs, Write{ID: fmt.Sprintf("%04d", n), Body: raw(body)})
	}
	f.ok(second(f.col().MCreate(ctx, docs, &WriteOptions{Strict: true})))
	near := query.Near("at", 35, 28, "1000km")
	e, err := f.col().Explain(ctx, near)
	f.ok(err)
	f.equal("advice", *e.Advice, FieldIndex{Name: "at", Fields: []string{"at"}, Kind: FieldIndexGeo})
	found := e.Found
	f.ensure(*e.Advice)
	e, err = f.col().Explain(ctx, near)
	f.ok(err)
	if !strings.HasPrefix(e.Plan, `geo index "at", `) || !strings.HasSuffix(e.Plan, " ranges of cells") || e.Advice != nil ||
		e.Found != found || found == 0 || e.Examined > 4*found {
		t.Errorf("%d found before, then %+v", found, e)
	}
	f.ensure(FieldIndex{Fields: []string{"t"}, Kind: FieldIndexText})
	box := query.InBox("at", -90, -180, 90, -130)
	e, err = f.col().Explain(ctx, query.And(box, query.Match("t", "word3")))
	f.ok(err)
	if !strings.HasPrefix(e.Plan, "intersection of (") || !strings.Contains(e.Plan, "geo index") || !strings.Contains(e.Plan, "text index") {
		t.Errorf("%+v", e)
	}
}
