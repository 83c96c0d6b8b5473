package kuzzlite

import (
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// What is found by places, nested objects and filters of Koncorde is the same with and without field indexes, and pages
// by distance follow one another.
func TestFindPlaces(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"at":[-149.9,61.2],"v":[{"c":"red","s":1},{"c":"blue","s":2}]}`)
		f.put("b", `{"at":{"lat":34,"lon":-118},"v":{"c":"red","s":2}}`)
		f.put("c", `{"at":"61,-150","v":"red"}`)
		f.put("d", `{"v":null}`)
		c := f.col()
		filter, err := query.ParseKoncorde([]byte(`{"or":[{"equals":{"v.c":"red"}},{"equals":{"v":null}}]}`))
		f.ok(err)
		for _, with := range []bool{false, true} {
			if with {
				f.ok(c.EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"v.c"}}))
				f.ok(c.EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"v"}}))
			}
			f.equal("near", f.found(query.Near("at", 61, -150, "100km"), nil), []string{"a", "c"})
			nested := query.Nested("v", query.And(query.Eq("v.c", "red"), query.Eq("v.s", 2)))
			f.equal("nested", f.found(nested, nil), []string{"b"})
			f.equal("nested lack", f.found(query.Nested("v", query.Not(query.Eq("v.c", "red"))), nil), []string{"a"})
			f.equal("koncorde", f.found(filter, nil), []string{"b", "d"})
		}
		byDistance := query.ByDistance("at", 61, -150)
		f.equal("by distance", f.found(nil, &FindOptions{Sort: byDistance}), []string{"c", "a", "b", "d"})
		f.equal("missing first", f.found(nil, &FindOptions{Sort: byDistance.MissingFirst(), Limit: 2}), []string{"d", "c"})
		var paged []string
		for o := (&FindOptions{Sort: byDistance, Limit: 1}); ; {
			page, err := c.FindPage(ctx, nil, o)
			f.ok(err)
			for _, doc := range page.Documents {
				paged = append(paged, doc.ID)
			}
			if o.After = page.Next; o.After == "" {
				break
			}
		}
		f.equal("pages", paged, []string{"c", "a", "b", "d"})
	})
}
