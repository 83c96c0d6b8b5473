package main

import "slices"

// damage changes one thing somewhere in a filter.
func (g *generator) damage(v any) any {
	switch v := v.(type) {
	case obj:
		if len(v) > 0 && g.IntN(4) > 0 {
			i := g.IntN(len(v))
			result := slices.Clone(v)
			result[i].value = g.damage(v[i].value)
			return result
		}
		return g.damageObject(slices.Clone(v))
	case []any:
		if len(v) > 0 && g.IntN(3) > 0 {
			i := g.IntN(len(v))
			result := slices.Clone(v)
			result[i] = g.damage(v[i])
			return result
		}
	}
	return g.junk()
}

// damageObject adds, removes, renames or replaces a member.
func (g *generator) damageObject(o obj) any {
	i := 0
	if len(o) > 0 {
		i = g.IntN(len(o))
	}
	switch n := g.IntN(5); {
	case n == 0 || len(o) == 0:
		return append(o, field{pick(g, "a", "b", "flags", "field", "values", "equals", "distance", "1", ""), g.junk()})
	case n == 1:
		return slices.Delete(o, i, i+1)
	case n == 2:
		o[i].key = pick(g, "a", "equals", "Equals", "in", "range", "lte", "must", "points", "value", "to", "and", "not",
			"match")
		return o
	case n == 3:
		o[i].value = g.junk()
		return o
	}
	return g.junk()
}

// junk returns a value that is most likely of a wrong kind.
func (g *generator) junk() any {
	return pick[any](g, nil, true, false, 0, 5, 1.5, "", "x", []any{}, []any{1}, []any{"x"}, []any{"x", 1}, obj{},
		one("a", 1), one("a", obj{}), []any{obj{}}, []any{nil}, one("equals", one("a", 1)),
		[]any{one("equals", one("a", 1))}, "a[", "a[1]", `a["x]`, raw("1e400"), one("field", 1), []any{[]any{}},
		one("lt", 5), obj{{"lt", 5}, {"lte", 6}}, obj{{"gt", 5}, {"gte", 6}})
}
