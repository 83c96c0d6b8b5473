package query

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// Random documents that match random queries by a schema meet the condition that indexes go by.
func TestMappedConditions(t *testing.T) {
	schema, err := ParseMapping([]byte(`{
		"l":{"type":"long","null_value":3},"b":{"type":"byte"},"d":{"type":"double"},"f":{"type":"float"},"h":{"type":"half_float"},
		"o":{"type":"boolean","null_value":true},"k":{"type":"keyword","fields":{"low":{"type":"keyword","normalizer":"lowercase"}}},
		"n":{"type":"keyword","null_value":"x","copy_to":"k"},"t":{"type":"text"},"date":{"type":"date"},"other":{"type":"alias","path":"l"},
		"flat":{"type":"flattened"}}`))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(21, 22))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	field := func() string {
		return pick("l", "b", "d", "f", "h", "o", "k", "k.low", "n", "t", "date", "other", "flat", "flat.a", "nope")
	}
	value := func() string {
		return pick("null", "1", "1.9", "-1.5", `"1"`, `"1.5"`, "3", "3.8", "3.801", "0", "-0.0", "1e3", `"X"`, `"x"`, "true", `"true"`, "1.50",
			`""`, "false", "9223372036854775807", "1e300", "16777217", "0.1", `"2018-01-01"`, "5e-8", "1e-8")
	}
	bound := func() bound {
		raw := value()
		if r.IntN(3) == 0 || raw == "null" {
			return bound{}
		}
		return bound{[]byte(raw), r.IntN(2) == 0}
	}
	matched, known := 0, 0
	for range 15000 {
		var n node = span{field: field(), lower: bound(), upper: bound()}
		if v := value(); r.IntN(2) == 0 && v != "null" {
			n = term{field(), []byte(v)}
		}
		if r.IntN(4) == 0 {
			n = and{n, or{n, exists{field()}}}
		}
		q := Mapped(&Query{n}, schema)
		m, err := Compile(q, nil)
		if err != nil {
			continue // a value that the field cannot have
		}
		doc := "{"
		for i, name := range []string{"l", "b", "d", "f", "h", "o", "k", "n", "t", "date"} {
			if i > 0 {
				doc += ","
			}
			doc += fmt.Sprintf("%q:%s", name, value())
		}
		doc += `,"flat":{"a":` + value() + `}}`
		if !m.Match("1", []byte(doc)) {
			continue
		}
		matched++
		c := conditionOf(q.root())
		if c.Op != filter.Any {
			known++
		}
		if !meets(c, "1", []byte(doc)) {
			t.Fatalf("%#v matches %s, which does not meet %+v", n, doc, c)
		}
	}
	if matched < 1500 || known < 500 {
		t.Errorf("only %d matched, %d of them with a condition", matched, known)
	}
}

// A condition is as narrow as it can be for what people ask most.
func TestMappedConditionNarrow(t *testing.T) {
	schema, err := ParseMapping([]byte(`{"l":{"type":"long"},"k":{"type":"keyword"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q   *Query
		doc string
	}{
		{Eq("l", 5), `{"l":50}`}, {Gt("l", 5), `{"l":1}`}, {Eq("k", "a"), `{"k":"b"}`}, {Gte("k", "b"), `{"k":"a"}`}, {Eq("l", 5), `{}`},
		{And(Eq("k", "a"), Exists("l")), `{"k":"b"}`}, {Mapped(IDs("x"), schema), `{}`},
	} {
		if condition := conditionOf(Mapped(c.q, schema).root()); meets(condition, "1", []byte(c.doc)) {
			t.Errorf("%s meets %+v", c.doc, condition)
		}
	}
}
