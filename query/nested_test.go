package query

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// naiveNested matches each object under the path, as a document that has nothing else.
func naiveNested(n nested, id string, doc map[string]any) bool {
	path := strings.Split(n.path, ".")
	return slices.ContainsFunc(valuesOf(doc, path), func(v any) bool {
		object, ok := v.(map[string]any)
		if !ok {
			return false
		}
		for i := len(path) - 1; i >= 0; i-- {
			object = map[string]any{path[i]: object}
		}
		return naive(n.node, id, object)
	})
}

// under returns a field under a path, mostly.
func (r maker) under(path string) string {
	switch {
	case path == "" || r.IntN(12) == 0:
		return r.field()
	case r.IntN(12) == 0:
		return path
	}
	return path + "." + r.pick("a", "b", "c", "a.b")
}

// nestedNode makes a condition on the objects under a path.
func (r maker) nestedNode(depth int, path string) node {
	if depth > 0 {
		list := []node{r.nestedNode(depth-1, path), r.nestedNode(depth-1, path)}
		switch r.IntN(6) {
		case 0:
			return and(list)
		case 1:
			return or(list)
		case 2:
			return not{list[0]}
		case 3:
			below := strings.TrimPrefix(path+"."+r.pick("a", "b", "c", "a.b"), ".")
			return nested{path: below, node: r.nestedNode(depth-1, below)}
		case 4:
			return atLeast{1 + r.IntN(2), list}
		}
	}
	switch r.IntN(8) {
	case 0:
		return exists{r.under(path)}
	case 1:
		return span{field: r.under(path), lower: r.bound(), upper: r.bound()}
	case 2:
		return prefixed{r.under(path), r.pick("", "a")}
	case 3:
		return ids{r.pick("1", "2")}
	}
	return term{r.under(path), []byte(r.scalar())}
}

// Random conditions on nested objects match what the naive evaluator says.
func TestNestedNaive(t *testing.T) {
	r := maker{rand.New(rand.NewPCG(21, 22))}
	matched := 0
	for range 40000 {
		path := r.pick("a", "b", "c", "a.b")
		n := node(nested{path: path, node: r.nestedNode(3, path)})
		id, doc := r.pick("1", "2", "3"), r.object(4)
		if r.IntN(4) > 0 {
			doc = fmt.Sprintf(`{"a":[%s,%s],"b":%s,"c":[[%s]]}`, r.object(2), r.object(2), r.object(3), r.object(2))
		}
		m, err := Compile(&Query{n}, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := naive(n, id, decode([]byte(doc)).(map[string]any))
		if got := m.Match(id, []byte(doc)); got != want {
			t.Fatalf("%#v, document %s %s: %t, want %t", n, id, doc, got, want)
		}
		if want {
			matched++
		}
		if want && !meets(conditionOf(n), id, []byte(doc)) {
			t.Fatalf("%#v matches document %s %s, which does not meet %+v", n, id, doc, conditionOf(n))
		}
	}
	if matched < 5000 {
		t.Errorf("only %d matched", matched)
	}
}

const variants = `{"one":{"x":1},"variants":[{"color":"red","size":"S",` +
	`"attrs":[{"k":"m","v":"oak"},{"k":"o","v":"n"}]},` +
	`{"color":"blue","size":"L","attrs":{"k":"m","v":"ash"}},7,[{"color":"green"}],{}],"brand":"x"}`

func TestNested(t *testing.T) {
	koncorde := func(filter string) *Query {
		q, err := ParseKoncorde([]byte(filter))
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	for _, c := range []struct {
		name string
		q    *Query
		want bool
	}{
		{"one object", Nested("variants", And(Eq("variants.color", "red"), Eq("variants.size", "S"))), true},
		{"two objects", Nested("variants", And(Eq("variants.color", "red"), Eq("variants.size", "L"))), false},
		{"two objects, plain", And(Eq("variants.color", "red"), Eq("variants.size", "L")), true},
		{"no array", Nested("one", Eq("one.x", 1)), true},
		{"array in an array", Nested("variants", Eq("variants.color", "green")), true},
		{"not", Nested("variants", Not(Exists("variants.color"))), true},
		{"not around", Not(Nested("variants", Eq("variants.color", "pink"))), true},
		{"all", Nested("variants", All()), true},
		{"no objects", Nested("brand", All()), false},
		{"no such path", Nested("nope", All()), false},
		{"field outside", Nested("variants", Eq("brand", "x")), false},
		{"field outside, missing", Nested("variants", Missing("brand")), true},
		{"short name", Nested("variants", Eq("color", "red")), false},
		{"id", Nested("variants", IDs("d1")), true},
		{"object itself", Nested("variants", Exists("variants")), true},
		{"empty object itself", Nested("variants", And(Missing("variants"), Missing("variants.color"))), true},
		{"twice", Nested("variants", Nested("variants.attrs",
			And(Eq("variants.attrs.k", "m"), Eq("variants.attrs.v", "oak")))), true},
		{"twice, two objects", Nested("variants", Nested("variants.attrs",
			And(Eq("variants.attrs.k", "o"), Eq("variants.attrs.v", "oak")))), false},
		{"twice, not", Nested("variants", And(Eq("variants.color", "red"),
			Not(Nested("variants.attrs", Eq("variants.attrs.v", "ash"))))), true},
		{"direct path", Nested("variants.attrs", And(Eq("variants.attrs.k", "m"), Eq("variants.attrs.v", "ash"))), true},
		{"same path twice", Nested("variants",
			And(Eq("variants.color", "red"), Nested("variants", Eq("variants.size", "S")))), true},
		{"path around", Nested("variants.attrs", Nested("variants", All())), false},
		{"path outside", Nested("variants", Nested("one", All())), false},
		{"koncorde", Nested("variants", koncorde(`{"match":{"variants.attrs":[{"k":"o"}]}}`)), true},
		{"koncorde outside", Nested("variants", koncorde(`{"exists":"brand"}`)), false},
		{"koncorde, the path itself", Nested("variants", koncorde(`{"exists":"variants"}`)), false},
	} {
		if got := matches(t, c.q, variants); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

// The path of nested objects is not the field "" of them.
func TestNestedEmptyKey(t *testing.T) {
	q, err := ParseKoncorde([]byte(`{"exists":"v"}`))
	if err != nil {
		t.Fatal(err)
	}
	const doc = `{"v":{"":{"lat":1,"lon":1}}}`
	if matches(t, Nested("v", q), doc) || matches(t, Nested("v", Near("v", 1, 1, "1km")), doc) {
		t.Error("the field of an empty name is taken for the object")
	}
}

func TestNestedClause(t *testing.T) {
	const q = `{"term":{"variants.color":"red"}}`
	for _, c := range []struct{ query, reason string }{
		{`{"nested":{"path":"variants","query":` + q + `}}`, ``},
		{`{"nested":{"query":` + q + `,"path":"variants","score_mode":"max","ignore_unmapped":true,"boost":2}}`, ``},
		{`{"nested":{"path":"variants"}}`, `[nested] requires 'query' field (at nested)`},
		{`{"nested":{"query":` + q + `}}`, `[nested] requires 'path' field (at nested)`},
		{`{"nested":{"path":null,"query":` + q + `}}`, `[nested] query does not support [path] (at nested.path)`},
		{`{"nested":{"path":"a","query":{}}}`, `query malformed, empty clause found (at nested.query)`},
		{`{"nested":{"path":"a","query":` + q + `,"foo":1}}`, `[nested] query does not support [foo] (at nested.foo)`},
		{`{"nested":{"path":"a","query":` + q + `,"score_mode":"most"}}`,
			`No score mode for child query [most] found (at nested.score_mode)`},
		{`{"nested":{"path":"a","query":` + q + `,"ignore_unmapped":1}}`,
			`Failed to parse value [1] as only [true] or [false] are allowed. (at nested.ignore_unmapped)`},
		{`{"nested":{"path":"a","query":` + q + `,"inner_hits":{"foo":1}}}`,
			`[inner_hits] unknown field [foo] (at nested.inner_hits.foo)`},
		{`{"nested":{"path":"a","query":` + q + `,"inner_hits":[]}}`,
			`[nested] query does not support [inner_hits] (at nested.inner_hits)`},
		{`{"nested":{"path":"variants","query":` + q + `,"inner_hits":{"size":2}}}`, ``},
	} {
		got, err := ParseElasticsearch([]byte(c.query))
		switch {
		case c.reason == "":
			if err != nil || !matches(t, got, variants) {
				t.Errorf("%s: %v, or no match", c.query, err)
			}
		case err == nil || err.Error() != c.reason || !errors.Is(err, ErrInvalid):
			t.Errorf("%s: error %v, want %s", c.query, err, c.reason)
		}
	}
}

// An error within is one of the whole.
func TestNestedFaulty(t *testing.T) {
	if _, err := Compile(Nested("a", Nested("a.b", Eq("a.b.c", []int{}))), nil); !errors.Is(err, ErrInvalid) {
		t.Errorf("error %v", err)
	}
}

func TestNestedAllocates(t *testing.T) {
	ash := Nested("variants.attrs", Eq("variants.attrs.v", "ash"))
	m, err := Compile(Nested("variants", And(Eq("variants.color", "blue"), ash)), nil)
	if err != nil {
		t.Fatal(err)
	}
	doc := []byte(variants)
	if !m.Match("d1", doc) {
		t.Fatal("no match")
	}
	if withRace {
		t.Skip("the race detector empties pools")
	}
	if n := testing.AllocsPerRun(100, func() { m.Match("d1", doc) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkNested(b *testing.B) {
	m, err := Compile(Nested("variants", And(Eq("variants.color", "blue"), Eq("variants.size", "L"))), nil)
	if err != nil {
		b.Fatal(err)
	}
	doc := []byte(variants)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		m.Match("d1", doc)
	}
}

// Words are looked for in each nested object, also where other words are looked for in the document around it, and names
// of fields with stars are whole paths.
func TestNestedWords(t *testing.T) {
	const doc = `{"note":"quick lamp","v":[{"note":"quick fox"},{"note":"lazy dog","w":[{"note":"brown"}]}]}`
	schema, err := ParseMapping([]byte(`{"note":{"type":"text"},"v":{"type":"nested","properties":{"note":{"type":"text"},` +
		`"w":{"type":"nested","properties":{"note":{"type":"text"}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	anywhere := func(field, text string) *Query {
		q, err := ParseElasticsearch([]byte(`{"multi_match":{"query":"` + text + `","fields":["` + field + `"]}}`))
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	for _, c := range []struct {
		name string
		q    *Query
		want bool
	}{
		{"both", And(Match("note", "lamp"), Nested("v", Match("v.note", "dog"))), true},
		{"nested first", And(Nested("v", Match("v.note", "dog")), Match("note", "lamp")), true},
		{"words of the document in objects", And(Match("note", "lamp"), Nested("v", Match("v.note", "lamp"))), false},
		{"words of objects in the document", And(Nested("v", Match("v.note", "dog")), Match("note", "dog")), false},
		{"two objects", Nested("v", And(Match("v.note", "quick"), Match("v.note", "dog"))), false},
		{"one object", Nested("v", And(Match("v.note", "lazy"), Match("v.note", "dog"))), true},
		{"outside", Nested("v", Match("note", "quick")), false},
		{"twice", Nested("v", And(Match("v.note", "dog"), Nested("v.w", Match("v.w.note", "brown")))), true},
		{"twice, other object", Nested("v", And(Match("v.note", "fox"), Nested("v.w", Match("v.w.note", "brown")))), false},
		{"stars", Nested("v", anywhere("v.n*", "dog")), true},
		{"stars outside", Nested("v", anywhere("n*", "dog")), false},
		{"stars in stars", Nested("v", Nested("v.w", anywhere("*.w.*", "brown"))), true},
	} {
		for _, o := range []*Options{nil, {Schema: schema}} {
			m, err := Compile(c.q, o)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if got := m.Match("d1", []byte(doc)); got != c.want {
					t.Errorf("%s, with a schema %t: %t", c.name, o != nil, got)
				}
			}
		}
	}
}
