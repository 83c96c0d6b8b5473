package query

import (
	"errors"
	"testing"
)

// What a mapping has to say about places and nested objects.

const placesMapping = `{"properties":{"at":{"type":"geo_point","copy_to":"any"},"any":{"type":"geo_point"},
	"home":{"type":"geo_point","null_value":"34,-118"},"off":{"type":"geo_point","index":false,"doc_values":false},
	"k":{"type":"keyword"},"o":{"properties":{"x":{"type":"keyword"}}},
	"v":{"type":"nested","properties":{"c":{"type":"keyword"},"n":{"type":"integer"},"at":{"type":"geo_point"},
		"w":{"type":"nested","properties":{"d":{"type":"keyword"}}}}},"empty":{"type":"nested"}}}`

const placesItem = `{"at":[2.3,48.8],"home":[null,"0,0"],"k":"48.8,2.3","o":{"x":"y"},` +
	`"v":[{"c":"red","n":"1","at":"48.8,2.3","w":{"d":"e"}},{"c":"blue","n":2.9}]}`

// mappedMatch compiles a query with a mapping and says whether the document of this file matches.
func mappedMatch(t *testing.T, q *Query) (bool, error) {
	t.Helper()
	schema, err := ParseMapping([]byte(placesMapping))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Compile(q, &Options{Schema: schema})
	if err != nil {
		return false, err
	}
	return m.Match("d1", []byte(placesItem)), nil
}

func TestPlacesMapped(t *testing.T) {
	here := func(field string) *Query { return Near(field, 48.8, 2.3, "1m") }
	for _, c := range []struct {
		name string
		q    *Query
		want bool
	}{
		{"point", here("at"), true},
		{"copied point", here("any"), true},
		{"null", Near("home", 34, -118, "1m"), true},
		{"beside null", Near("home", 0, 0, "1m"), true},
		{"no such field", here("nope"), false},
		{"nested, outside", here("v.at"), false},
		{"nested", Nested("v", here("v.at")), true},
		{"around nested", Nested("v", here("at")), false},
		{"one object", Nested("v", And(Eq("v.c", "red"), Eq("v.n", 1))), true},
		{"two objects", Nested("v", And(Eq("v.c", "red"), Eq("v.n", 2))), false},
		{"coerced", Nested("v", And(Eq("v.c", "blue"), Eq("v.n", 2))), true},
		{"nested field, plain", Eq("v.c", "red"), false},
		{"field around", Nested("v", Eq("k", "48.8,2.3")), false},
		{"twice", Nested("v", Nested("v.w", Eq("v.w.d", "e"))), true},
		{"twice, at once", Nested("v.w", Eq("v.w.d", "e")), true},
		{"inner field", Nested("v", Eq("v.w.d", "e")), false},
		{"outer field", Nested("v", Nested("v.w", Eq("v.c", "red"))), false},
		{"object itself", Nested("v", Exists("v")), true},
		{"empty", Nested("empty", All()), false},
		{"not", Nested("v", Not(Exists("v.at"))), true},
	} {
		if got, err := mappedMatch(t, c.q); got != c.want || err != nil {
			t.Errorf("%s: %t, %v", c.name, got, err)
		}
	}
}

func TestPlacesMappedErrors(t *testing.T) {
	const box, polygon = `{"top":2,"left":1,"bottom":1,"right":2}`, `{"points":[[0,0],[1,1],[1,2]]}`
	for _, c := range []struct{ query, reason string }{
		{`{"geo_distance":{"nope":[0,0],"distance":1}}`, `failed to find geo field [nope]`},
		{`{"geo_distance":{"o":[0,0],"distance":1}}`, `failed to find geo field [o]`},
		{`{"geo_distance":{"nope":[0,0],"distance":1,"ignore_unmapped":true}}`, ``},
		{`{"geo_distance":{"k":[0,0],"distance":1,"ignore_unmapped":true}}`,
			`Field [k] is of unsupported type [keyword] for [geo_distance] query`},
		{`{"geo_bounding_box":{"nope":` + box + `}}`, `failed to find geo field [nope]`},
		{`{"geo_bounding_box":{"nope":` + box + `,"ignore_unmapped":true}}`, ``},
		{`{"geo_bounding_box":{"k":` + box + `}}`, `Field [k] is of unsupported type [keyword] for [geo_bounding_box] query`},
		{`{"geo_polygon":{"nope":` + polygon + `}}`, `failed to find geo field [nope]`},
		{`{"geo_polygon":{"k":` + polygon + `}}`, `field [k] is not a geo_point field`},
		{`{"geo_polygon":{"off":` + polygon + `}}`,
			`failed to create query: Cannot search on field [off] since it is not indexed nor has doc values.`},
		{`{"nested":{"path":"o","query":{"match_all":{}}}}`,
			`failed to create query: [nested] failed to find nested object under path [o]`},
		{`{"nested":{"path":"nope","query":{"match_all":{}}}}`,
			`failed to create query: [nested] failed to find nested object under path [nope]`},
		{`{"nested":{"path":"nope","query":{"match_all":{}},"ignore_unmapped":true}}`, ``},
		{`{"nested":{"path":"v","query":{"nested":{"path":"v.x","query":{"match_all":{}}}}}}`,
			`failed to create query: [nested] failed to find nested object under path [v.x]`},
	} {
		q, err := ParseElasticsearch([]byte(c.query))
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		got, err := mappedMatch(t, q)
		var e *DSLError
		switch {
		case c.reason == "" && (got || err != nil):
			t.Errorf("%s: %t, %v", c.query, got, err)
		case c.reason != "" && (!errors.As(err, &e) || e.Reason != c.reason):
			t.Errorf("%s: error %v, want %s", c.query, err, c.reason)
		}
	}
	_, err := mappedMatch(t, Near("k", 0, 0, "1m"))
	if want := `field [k] of type [keyword] has no points: a condition on places needs a geo_point (at k)`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// What a schema says of nested objects and of Koncorde's filters is met by what matches, and is something.
func TestPlacesMappedConditions(t *testing.T) {
	schema, err := ParseMapping([]byte(placesMapping))
	if err != nil {
		t.Fatal(err)
	}
	filter, err := ParseKoncorde([]byte(`{"equals":{"o.x":"y"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q    *Query
		says bool
	}{
		{Nested("v", And(Eq("v.c", "red"), Eq("v.n", 1))), true},
		{Nested("v", Or(Eq("v.c", "red"), Eq("v.n", 7))), true},
		{Nested("v", Nested("v.w", Eq("v.w.d", "e"))), true},
		{Nested("v", Missing("v.at")), false},
		{Nested("v", Ne("v.c", "red")), false},
		{filter, true},
		{Not(filter), false},
		{Near("at", 48.8, 2.3, "1m"), true},
		{Near("home", 34, -118, "1m"), false}, // where null is a point
	} {
		condition := conditionOf(Mapped(c.q, schema).root())
		if matched := matches(t, Mapped(c.q, schema), placesItem); matched && !meets(condition, "d1", []byte(placesItem)) {
			t.Errorf("%#v matches, and does not meet %+v", c.q, condition)
		}
		if says := condition.Op != 0; says != c.says || says && meets(condition, "d1", []byte(`{"v":[{"c":"pink","n":3.5}]}`)) {
			t.Errorf("%#v: %+v", c.q, condition)
		}
	}
}
