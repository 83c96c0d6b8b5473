package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// A generator makes pairs. The same seed gives the same pairs.
//
// It avoids what makes Koncorde crash or hang: see mayCrash, and truth tables with many conditions, which double with
// each condition. It also avoids places in two fields: a point that is in a shape of the other field makes Koncorde
// throw.
type generator struct {
	*rand.Rand
	conditions int     // of the filter that is being made
	hints      []field // fields that satisfy conditions of that filter
	narrow     bool    // that filter is about few fields and values, so that its conditions exclude one another
}

func newGenerator(seed uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, 0))}
}

// pair returns a filter and a document. About a quarter of the filters are damaged.
func (g *generator) pair() pair {
	for {
		if p := g.anyPair(); !mayCrash(p.Filter) {
			return p
		}
	}
}

func (g *generator) anyPair() pair {
	g.conditions, g.hints, g.narrow = 0, nil, g.IntN(4) == 0
	filter := g.filter(3)
	switch g.IntN(20) {
	case 0:
		filter = g.odd()
	case 1:
		filter = g.place()
	case 2:
		filter = one("not", g.place())
	}
	for g.IntN(4) == 0 {
		filter = g.damage(filter)
	}
	return pair{Filter: encode(filter), Document: encode(g.document())}
}

// An obj is an object whose members have an order, and can repeat.
type obj []field

type field struct {
	key   string
	value any
}

// raw is JSON text.
type raw string

// encode returns JSON text.
func encode(v any) string {
	switch v := v.(type) {
	case raw:
		return string(v)
	case obj:
		var parts []string
		for _, f := range v {
			parts = append(parts, encode(f.key)+":"+encode(f.value))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case []any:
		var parts []string
		for _, item := range v {
			parts = append(parts, encode(item))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func pick[T any](g *generator, from ...T) T { return from[g.IntN(len(from))] }

func one(key string, v any) obj { return obj{{key, v}} }

// filter returns a valid filter with at most depth levels of and, or, not and bool.
func (g *generator) filter(depth int) any {
	if depth == 0 || g.conditions > 6 || g.IntN(3) == 0 {
		g.conditions++
		return g.leaf(depth)
	}
	switch g.IntN(6) {
	case 0, 1:
		return one("and", g.filters(depth-1))
	case 2, 3:
		return one("or", g.filters(depth-1))
	case 4:
		return one("not", g.filter(depth-1))
	}
	var clauses obj
	for _, clause := range []string{"must", "must_not", "should", "should_not"} {
		if g.IntN(3) == 0 {
			clauses = append(clauses, field{clause, g.filters(depth - 1)})
		}
	}
	return one("bool", clauses)
}

func (g *generator) filters(depth int) []any {
	var filters []any
	for range 1 + g.IntN(3) {
		filters = append(filters, g.filter(depth))
	}
	return filters
}

// name returns the name of a field, which the documents have, too.
func (g *generator) name() string {
	if g.narrow {
		return pick(g, "a", "a", "n")
	}
	return pick(g, "a", "b", "n", "tags", "o.p", "o", "o.q.r", "x.y", "é", "1", "_id", "", "a[b]")
}

// hint notes a field with a value for the document, and returns both.
func (g *generator) hint(key string, v any) obj {
	g.hints = append(g.hints, field{key, v})
	return one(key, v)
}

func (g *generator) leaf(depth int) any {
	kinds := 14
	if g.narrow {
		kinds = 7
	}
	switch g.IntN(kinds) {
	case 0, 1:
		return one("equals", g.hint(g.name(), g.scalar()))
	case 2:
		return one(pick(g, "exists", "missing"), g.existsField())
	case 3:
		texts := g.texts()
		return one("in", one(g.hint(g.name(), texts[0])[0].key, texts))
	case 4:
		return one("ids", one("values", g.texts()))
	case 5, 6:
		return one("range", one(g.name(), g.bounds()))
	case 7:
		return one("regexp", one(g.name(), g.expression()))
	case 8:
		o := g.object(2)
		g.hints = append(g.hints, o...)
		return one("match", o)
	case 9:
		return one("select", obj{
			{"field", pick(g, "tags", "a", "n", "o.p")}, {"index", pick[any](g, 0, 1, -1, -2, 5)},
			{"query", g.itemFilter(depth)},
		})
	case 10:
		return one("nothing", g.scalar())
	case 11:
		return one(pick(g, "exists", "missing"), one("field", g.existsField()))
	}
	return g.place()
}

// itemFilter returns a filter of a select.
func (g *generator) itemFilter(depth int) any {
	switch g.IntN(4) {
	case 0:
		return one("equals", one("value", g.scalar()))
	case 1:
		return one("range", one(pick(g, "value", "value.p"), g.bounds()))
	case 2:
		return one("match", one("value", g.value(1)))
	}
	return g.filter(min(depth, 1))
}

func (g *generator) existsField() string {
	name := pick(g, g.name(), "tags", "n", "a", "a")
	if g.narrow {
		return name + pick(g, "", "[1]", "[1]", `["1"]`, `["x"]`)
	}
	return name + pick(g, "", "", "", `["x"]`, `["y"]`, "[1]", "[null]", "[true]", "[ 2 ]", "[[1]]", "[x]", "[]", `\[b\]`)
}

func (g *generator) scalar() any {
	if g.narrow {
		return pick[any](g, 1, 1, "1", 1048577, nil, "x")
	}
	return pick[any](g, nil, true, false, 0, 1, 2, -1, 1.5, "", "x", "y", "X1", "1", "true", "null", "line\nend", "ünï",
		raw("1.0"), raw("1e2"), 100, 1048576, raw("1099511627776"), raw("1.00000000005"), raw("1e400"), raw("-0"), raw("1e21"))
}

func (g *generator) texts() []any {
	var texts []any
	for range 1 + g.IntN(3) {
		texts = append(texts, pick(g, "x", "y", "", "1", "id1", "ünï"))
	}
	return texts
}

func (g *generator) bound() any {
	if g.narrow {
		return pick[any](g, 1, 1048577, 2097152, -1)
	}
	return pick[any](g, -2, -1, 0, 1, 1.5, 2, 100, 1048576, raw("1099511627776"), raw("1e21"), raw("1.0000000001"),
		raw("1.00000000005"), raw("1e400"), raw("-1e400"))
}

func (g *generator) bounds() obj {
	low, high := field{pick(g, "gt", "gte"), g.bound()}, field{pick(g, "lt", "lte"), g.bound()}
	return pick(g, obj{low}, obj{high}, obj{low, high}, obj{high, low})
}

func (g *generator) expression() any {
	expression := pick(g, "x", "^x", "1$", "", "X", "(?i)x", "l.*d", "^end", "e$", "[a-z]+", "ü", `\d`, `a{2,3}`,
		"(a|x)y?", `\bx\b`, `[^x]`, "x/y", `\u0078`, `\p{L}`, `\p{Letter}`, "(?<n>x)", `\.`, "null", "true", "object", ",",
		`\u{79}`, `\cJ`, `\Qx\E`, `\x{79}`, `[[:alpha:]]`, `\pN`, "x|1", "(?s).", "(?-i)x", `\W`, `\s`, "$^")
	if g.IntN(4) == 0 {
		expression = g.wrongExpression()
	}
	if g.IntN(2) == 0 {
		return expression
	}
	flags := pick[any](g, "i", "m", "s", "im", "is", "ims", "y", "iy", "g", "u", "ui", "z", "")
	return pick(g, obj{{"value", expression}, {"flags", flags}}, obj{{"flags", flags}, {"value", expression}})
}

func (g *generator) wrongExpression() string {
	if g.IntN(2) == 0 {
		return g.tokens()
	}
	return pick(g, "(", ")", "[", "]", "*", "a**", "+", "a{2}{3}", "a{1001}", `\`, "(?=x)", "(?!x)", "(?<=x)", `(x)\1`,
		"[z-a]", `\p{Foo}`, "(?z)", "(?P<n", "(?<n>x)(?<n>y)", `[\d-z]`, "x{2,1}", `\8`, "(?", "a|*", "(*)", `[a`, `[^`,
		"(?i", `\xZ`, `\u{110000}`, "(?P<1a>x)", `\z`, `\Z`, `\A`, `\K`, `\h`, "a???", "a*+", "(?>x)", "(a", "((a)", "a)b",
		"[[:foo:]]", `\pX`, "x{,2}", "x{", "(?#c)", "(?P=n)", "(?'n'x)", `\x{`, `\q`, `\é`, "(?i)(", "a{1000}{1000}")
}

// tokens returns an expression of random pieces.
func (g *generator) tokens() string {
	var expression string
	for range 1 + g.IntN(6) {
		expression += pick(g, "a", "x", "1", ".", "^", "$", "(", ")", "(", ")", "[", "]", "[^", "-", "*", "+", "?", "{2}",
			"{1,}", "{,3}", "{", "}", "|", `\d`, `\b`, `\B`, `\w`, `\/`, "/", "é", "(?i)", "(?:", "(?P<n>", "(?<m>", "(?s:",
			"(?-s)", `\p{L}`, `\pL`, `\P{Lu}`, `\p{Greek}`, `\p{Script=Latin}`, `\x41`, `\u0061`, `\n`, `\07`, `\1`, `\Q`,
			`\E`, "[[:alpha:]]", "[:digit:]", "z", "&", "=", ":", "<", ">", "!", "#", " ", `\\`, `\.`, `\-`, `\t`, `\A`,
			`\z`)
	}
	return expression
}

// value returns a value of a document or of a match.
func (g *generator) value(depth int) any {
	switch n := g.IntN(5); {
	case depth > 0 && n == 0:
		return g.object(depth - 1)
	case depth > 0 && n == 1:
		items := []any{}
		for range g.IntN(4) {
			items = append(items, g.value(depth-1))
		}
		return items
	}
	return g.scalar()
}

func (g *generator) object(depth int) obj {
	o := obj{}
	for range 1 + g.IntN(3) {
		o = append(o, field{pick(g, g.name(), "p", "q", "r"), g.value(depth)})
	}
	return o
}

// document returns a document whose fields the filters know.
func (g *generator) document() obj {
	d := obj{}
	for _, hint := range g.hints {
		if g.IntN(2) == 0 {
			d = append(d, hint)
		}
	}
	for range g.IntN(7) {
		switch g.IntN(6) {
		case 0:
			d = append(d, field{"tags", []any{g.scalar(), g.scalar(), g.value(1)}})
		case 1:
			d = append(d, field{"o", obj{{"p", g.value(1)}, {"q", obj{{"r", g.scalar()}}}}})
		case 2:
			d = append(d, field{g.name(), g.scalar()})
		case 4:
			d = append(d, field{g.name(), []any{g.scalar(), g.scalar()}})
		case 3:
			d = append(d, field{"loc", g.documentPoint()})
		default:
			d = append(d, field{g.name(), g.value(2)})
		}
	}
	return d
}

// odd returns a filter of a special kind: what is no object, or has very many conditions.
func (g *generator) odd() any {
	many := func(count int) []any {
		var filters []any
		for i := range count {
			filters = append(filters, one("equals", one("n", i)))
		}
		return filters
	}
	return pick[any](g, obj{}, nil, []any{}, []any{one("equals", one("a", 1))}, "x", "xy", "", 5, true, false, "é😀",
		obj{{"equals", one("a", 1)}, {"2", 1}, {"1", 2}}, one("or", many(100)), one("or", many(101)),
		one("and", many(101)), one("not", one("or", many(101))), one("everything", 1), one("", 1),
		one("bool", one("must", one("equals", one("a", 1)))),
		one("select", obj{{"field", "tags"}, {"index", 0}, {"query", one("or", many(101))}}),
		one("and", []any{one("equals", one("a", 1)), one("equals", one("a", 2)), one("not", one("nothing", 1))}),
		one("regexp", one("a", obj{{"value", g.value(1)}, {"flags", "i"}})), raw(`{"equals":{"a":1},"equals":{"a":2}}`),
		raw(fmt.Sprintf(`{"range":{"n":{"gt":0,"gt":%d}}}`, g.IntN(3))))
}
