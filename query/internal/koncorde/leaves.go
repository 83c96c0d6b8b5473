package koncorde

import (
	"math"
	"regexp"
	"strings"
)

// This file checks and rewrites the leaves, but for regexp and those about places.

func equals(_ *standardizer, v value, path string) (Filter, error) {
	if err := isObject(v, "equals", path, rules{properties: 1}); err != nil {
		return nil, err
	}
	field, wanted := v.members[0].key, v.members[0].value
	if wanted.kind == array || wanted.kind == object {
		const message = "must either be a string, a number, a boolean, or null"
		return nil, fail("equals", pathAdd(path, field), message)
	}
	return Equals{field, wanted.scalar()}, nil
}

func in(_ *standardizer, v value, path string) (Filter, error) {
	if err := isObject(v, "in", path, rules{properties: 1}); err != nil {
		return nil, err
	}
	field, wanted := v.members[0].key, v.members[0].value
	if err := isArray(wanted, "in", pathAdd(path, field), "nonEmpty", "strings"); err != nil {
		return nil, err
	}
	return anyOf(field, wanted.items), nil
}

func ids(_ *standardizer, v value, path string) (Filter, error) {
	if err := isObject(v, "ids", path, rules{properties: 1, required: []string{"values"}}); err != nil {
		return nil, err
	}
	wanted, _ := v.get("values")
	if err := isArray(wanted, "ids", pathAdd(path, "values"), "nonEmpty", "strings"); err != nil {
		return nil, err
	}
	return anyOf("_id", wanted.items), nil
}

// anyOf says that the field equals one of the values.
func anyOf(field string, values []value) Filter {
	g := &group{keyword: "or", leaf: true}
	for _, v := range values {
		g.filters = append(g.filters, Equals{field, v.scalar()})
	}
	return g
}

func nothing(*standardizer, value, string) (Filter, error) { return Nothing{}, nil }

func match(_ *standardizer, v value, path string) (Filter, error) {
	if err := isObject(v, "match", path, rules{nonEmpty: true}); err != nil {
		return nil, err
	}
	return Match{appendJSON(nil, v, infinityKept)}, nil
}

func exists(_ *standardizer, v value, path string) (Filter, error) {
	f, err := existsAs("exists", v, path)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func missing(_ *standardizer, v value, path string) (Filter, error) {
	f, err := existsAs("missing", v, path)
	if err != nil {
		return nil, err
	}
	return Not{f}, nil
}

// existsAs checks the value of an exists or missing: a field, or {"field": field}.
func existsAs(keyword string, v value, path string) (Exists, error) {
	if v.kind == text {
		if v.text == "" {
			return Exists{}, fail(keyword, path, "cannot test empty field name")
		}
		return existsField(v.text, keyword, path)
	}
	if err := isObject(v, keyword, path, rules{properties: 1, required: []string{"field"}}); err != nil {
		return Exists{}, err
	}
	path = pathAdd(path, "field")
	if err := isString(v, "field", keyword, path); err != nil {
		return Exists{}, err
	}
	return existsField(v.members[0].value.text, keyword, path)
}

var (
	// arrayField matches field[value]. The dot of JavaScript's regular expressions stops at these ends of lines.
	arrayField = regexp.MustCompile(`^([^\n\r\x{2028}\x{2029}]*?[^\\])\[([^\n\r\x{2028}\x{2029}]*)\]$`)
	brackets   = strings.NewReplacer(`\[`, `[`, `\]`, `]`)
)

// existsField reads a field name with an optional value in brackets, which are escaped by \ where they are part of the
// name.
func existsField(field, keyword, path string) (Exists, error) {
	found := arrayField.FindStringSubmatch(field)
	if found == nil {
		return Exists{Path: brackets.Replace(field)}, nil
	}
	wanted, ok := parseValue([]byte(found[2]))
	if !ok {
		return Exists{}, fail(keyword, path, `contains an invalid array value ("%s")`, found[2])
	}
	f := Exists{Path: brackets.Replace(found[1]), Array: true, Value: wanted.scalar()}
	if wanted.kind == array || wanted.kind == object {
		f.Value = Composite(appendJSON(nil, wanted, infinityKept))
	}
	return f, nil
}

func rangeFilter(_ *standardizer, v value, path string) (Filter, error) {
	if err := isObject(v, "range", path, rules{properties: 1}); err != nil {
		return nil, err
	}
	f := Range{Field: v.members[0].key, Low: math.Inf(-1), High: math.Inf(1)}
	bounds := v.members[0].value
	path = pathAdd(path, f.Field)
	allowed := rules{allowed: []string{"gt", "gte", "lt", "lte"}, nonEmpty: true}
	if err := isObject(bounds, "range", path, allowed); err != nil {
		return nil, err
	}
	for _, bound := range bounds.members {
		if err := f.bound(bound, path); err != nil {
			return nil, err
		}
	}
	if f.High <= f.Low {
		return nil, fail("range", path, "lower boundary must be strictly inferior to the upper one")
	}
	f.AboveLow = f.AboveLow && !math.IsInf(f.Low, 0)
	f.BelowHigh = f.BelowHigh && !math.IsInf(f.High, 0)
	return f, nil
}

// bound sets one bound. An infinite bound counts as none, so that another one may follow it.
func (r *Range) bound(bound member, path string) error {
	if bound.value.kind != number {
		return fail("range", pathAdd(path, bound.key), "must be a number")
	}
	n := bound.value.number
	switch bound.key {
	case "lt", "lte":
		if !math.IsInf(r.High, 1) {
			return fail("range", path, "only 1 upper boundary allowed")
		}
		r.High, r.BelowHigh = n, bound.key == "lt"
	default:
		if !math.IsInf(r.Low, -1) {
			return fail("range", path, "only 1 lower boundary allowed")
		}
		r.Low, r.AboveLow = n, bound.key == "gt"
	}
	return nil
}

func (s *standardizer) selectItem(v value, path string) (Filter, error) {
	if err := isObject(v, "select", path, rules{properties: 3}); err != nil {
		return nil, err
	}
	if err := isString(v, "field", "select", pathAdd(path, "field")); err != nil {
		return nil, err
	}
	if err := isInteger(v, "index", "select", pathAdd(path, "index")); err != nil {
		return nil, err
	}
	query, _ := v.get("query")
	path = pathAdd(path, "query")
	if err := isObject(query, "select", path, rules{nonEmpty: true}); err != nil {
		return nil, err
	}
	f, err := s.filter(query, path)
	if err != nil {
		return nil, err
	}
	field, _ := v.get("field")
	index, _ := v.get("index")
	return &Select{Field: field.text, Index: index.number, Filter: f}, nil
}
