package query

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// matches compiles a query and says whether a document with the id "d1" matches.
func matches(t *testing.T, q *Query, doc string) bool {
	t.Helper()
	m, err := Compile(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m.Match("d1", []byte(doc))
}

// The documents of the table.
const (
	shop = `{"name":"Blue \u0022Chair\u0022","price":12.50,"tags":["wood","sale"],"stock":{"paris":3,"rome":0},"sold":true,` +
		`"note":null,"empty":[],"hollow":{"x":null},"big":9007199254740993,"parts":[{"n":1},{"n":2}],"a.b":7,"time":"2018-06-01"}`
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		name string
		q    *Query
		want bool
	}{
		{"all", All(), true},
		{"nil", nil, true},
		{"zero", &Query{}, true},
		{"none", None(), false},
		{"and of none", And(), true},
		{"or of none", Or(), false},
		{"and", And(Eq("sold", true), Eq("price", 12.5)), true},
		{"and with none", And(Eq("sold", true), None()), false},
		{"or", Or(Eq("sold", false), Eq("price", 12.5)), true},
		{"not", Not(Eq("sold", true)), false},
		{"not of a missing field", Not(Eq("nope", 1)), true},
		{"nil in and", And(nil, Eq("sold", true)), true},
		{"id", IDs("d0", "d1", "d1"), true},
		{"another id", IDs("d2"), false},
		{"no id", IDs(), false},

		{"string", Eq("name", `Blue "Chair"`), true},
		{"part of a string", Eq("name", "Blue"), false},
		{"number, written otherwise", Eq("price", json.Number("1.25e1")), true},
		{"int", Eq("stock.paris", 3), true},
		{"uint8", Eq("stock.paris", uint8(3)), true},
		{"float of an int", Eq("stock.paris", 3.0), true},
		{"string is no number", Eq("stock.paris", "3"), false},
		{"boolean is no string", Eq("sold", "true"), false},
		{"null", Eq("note", nil), true},
		{"null of a missing field", Eq("nope", nil), false},
		{"element", Eq("tags", "sale"), true},
		{"no element", Eq("tags", "sal"), false},
		{"in objects of an array", Eq("parts.n", 2), true},
		{"key with a dot", Eq("a.b", 7), true},
		{"exact beyond 2^53", Eq("big", json.Number("9007199254740992")), false},
		{"raw message", Eq("big", json.RawMessage("9007199254740993")), true},
		{"time", Eq("time", time.Date(2018, 6, 1, 0, 0, 0, 0, time.UTC)), false},
		{"in", In("tags", "x", "wood"), true},
		{"in none", In("tags"), false},
		{"unequal", Ne("tags", "wood"), false},
		{"unequal of a missing field", Ne("nope", 1), true},

		{"gt", Gt("price", 12.49), true},
		{"gt itself", Gt("price", 12.5), false},
		{"gte itself", Gte("price", 12.5), true},
		{"lt itself", Lt("price", 12.5), false},
		{"lte itself", Lte("price", 12.5), true},
		{"gt negative", Gt("stock.rome", -1), true},
		{"one value is enough", Gt("parts.n", 1), true},
		{"between", Between("parts.n", 2, 3), true},
		{"between, by one value only", Between("parts.n", 1.2, 1.8), false},
		{"gt and lt, by different values", And(Gt("parts.n", 1.5), Lt("parts.n", 1.5)), true},
		{"between turned", Between("price", 13, 12), false},
		{"between kinds", Between("price", 1, "x"), false},
		{"range of strings", Gte("time", "2018-05"), true},
		{"range of strings above", Gt("time", "2018-06-01"), false},
		{"a number is not less than a text", Lt("price", "x"), false},
		{"booleans have an order", Gt("sold", false), true},
		{"big", Gt("big", json.Number("9007199254740992")), true},
		{"huge bound", Lt("big", json.Number("1e400")), true},

		{"exists", Exists("price"), true},
		{"exists null", Exists("note"), false},
		{"exists empty", Exists("empty"), false},
		{"exists object", Exists("stock"), true},
		{"exists hollow object", Exists("hollow"), false},
		{"exists objects of an array", Exists("parts"), true},
		{"missing", Missing("note"), true},
		{"prefix", Prefix("name", `Blue "`), true},
		{"prefix of an element", Prefix("tags", "wo"), true},
		{"prefix of nothing", Prefix("tags", ""), true},
		{"prefix of a number", Prefix("price", "1"), false},
		{"longer prefix", Prefix("tags", "wooden"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := matches(t, c.q, shop); got != c.want {
				t.Errorf("matches: %t", got)
			}
		})
	}
}

// A value that cannot be compared is an error of Compile that names the field, wherever the query stands.
func TestFaultyValues(t *testing.T) {
	for _, q := range []*Query{
		Eq("a.b", []int{1}), Gt("a.b", map[string]int{}), Eq("a.b", func() {}), Between("a.b", 1, math.NaN()),
		And(All(), Not(Or(In("a.b", 1, struct{}{})))), Eq("a.b", json.RawMessage(`{"x":1}`)), Eq("a.b", json.RawMessage(`x`)),
	} {
		_, err := Compile(q, nil)
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), `field "a.b"`) {
			t.Errorf("error %v", err)
		}
	}
}

// What matches many documents allocates nothing for them.
func TestMatchAllocates(t *testing.T) {
	q := And(Gt("price", 10), Or(Eq("tags", "sale"), Exists("stock.rome")), Not(Eq("name", "x")), Prefix("time", "2018"))
	m, err := Compile(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	doc, d := []byte(shop), new(document) // without the pool, which the race detector empties now and then
	if n := testing.AllocsPerRun(100, func() { m.match(d, "d1", doc) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMatch(b *testing.B) {
	m, err := Compile(And(Gt("price", 10), Eq("tags", "sale")), nil)
	if err != nil {
		b.Fatal(err)
	}
	doc := []byte(shop)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		m.Match("d1", doc)
	}
}
