package kuzzlite

import (
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

func TestTypedFind(t *testing.T) {
	f := newFixture(t, nil)
	type order struct{ Total int }
	f.put("a", `{"total":3}`)
	f.put("b", `{"total":"many"}`)
	f.put("c", `{"total":1}`)
	c := Of[order](f.col())
	var got []int
	for e, err := range c.Find(ctx, query.Exists("total"), &FindOptions{Sort: query.By("-total")}) {
		if e.ID == "b" {
			f.is("no order", err, ErrDecode)
			continue
		}
		f.ok(err)
		got = append(got, e.Value.Total)
	}
	f.equal("totals", got, []int{3, 1})
	p, err := c.FindPage(ctx, nil, &FindOptions{Limit: 2})
	f.is("no order", err, ErrDecode)
	f.equal("page", []any{len(p.Entities), p.Entities[0].Value.Total}, []any{1, 3})
	p, err = c.FindPage(ctx, nil, &FindOptions{After: p.Next, KeysOnly: true})
	f.ok(err)
	f.equal("last page", []any{p.Entities[0].ID, p.Entities[0].Value.Total, p.Next}, []any{"c", 0, ""})
	for _, err := range c.Find(ctx, query.Eq("a", []int{})) {
		f.is("faulty", err, ErrInvalid)
	}
	f.is("faulty page", second(c.FindPage(ctx, query.Eq("a", []int{}))), ErrInvalid)
}
