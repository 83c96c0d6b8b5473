package query

import (
	"math"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/automaton"
)

// The clauses that match texts by a pattern.

func (c clause) prefix(raw []byte) (node, error) {
	p := &pattern{clause: clausePrefix}
	err := c.pattern(p, raw, map[string]func(clause, []byte) error{"prefix": p.nullable, "value": p.nullable})
	return p, err
}

func (c clause) wildcard(raw []byte) (node, error) {
	p := &pattern{clause: clauseWildcard}
	err := c.pattern(p, raw, map[string]func(clause, []byte) error{"wildcard": p.value, "value": p.value})
	return p, err
}

func (c clause) regexp(raw []byte) (node, error) {
	p := &pattern{clause: clauseRegexp}
	err := c.pattern(p, raw, map[string]func(clause, []byte) error{
		"value": p.nullable,
		"flags": func(c clause, raw []byte) error {
			if isNull(raw) {
				return nil
			}
			text, err := c.text(raw)
			if err != nil {
				return err
			}
			if p.flags, err = automaton.ParseFlags(text); err != nil {
				return c.illegal("%v", err)
			}
			return nil
		},
		"max_determinized_states": func(c clause, raw []byte) (err error) {
			p.maxStates, err = c.integer("regexp", raw)
			return err
		},
	})
	return p, err
}

// nullable reads the text of a pattern, which Elasticsearch lets be null here, to refuse it later.
func (p *pattern) nullable(c clause, raw []byte) error {
	if isNull(raw) {
		return c.illegal("value cannot be null")
	}
	return p.value(c, raw)
}

// value reads the text of a pattern.
func (p *pattern) value(c clause, raw []byte) (err error) {
	p.text, err = c.text(raw)
	return err
}

// pattern reads a clause of the form {field: text} or {field: {value: text, ...}}.
func (c clause) pattern(p *pattern, raw []byte, known map[string]func(clause, []byte) error) error {
	field, value, err := c.oneField(p.clause, raw)
	if err != nil {
		return err
	}
	p.field, c = field, c.at(field)
	if !isObject(value) {
		return known["value"](c, value)
	}
	known["rewrite"] = p.rewriteOf
	known["case_insensitive"] = func(c clause, raw []byte) (err error) {
		p.caseInsensitive, err = c.boolean(raw)
		return err
	}
	if err := c.options(p.clause, value, known); err != nil {
		return err
	}
	for _, m := range members(value) {
		if m.key == "value" || m.key == p.clause {
			return nil
		}
	}
	return c.illegal("value cannot be null")
}

func (p *pattern) rewriteOf(c clause, raw []byte) (err error) {
	if isNull(raw) {
		return nil
	}
	p.rewrite, err = c.text(raw)
	return err
}

// integer reads a whole number, which may be in a string. What follows the point does not count.
func (c clause) integer(name string, raw []byte) (int, error) {
	n, err := c.number(name, raw)
	if err == nil && (n < math.MinInt32 || n > math.MaxInt32) {
		err = c.illegal("Value [%s] is out of range for an integer", javaText(raw))
	}
	return int(n), err
}

func (c clause) fuzzy(raw []byte) (node, error) {
	list := members(raw)
	if len(list) == 0 || list[0].key == "" {
		return nil, c.illegal("field name cannot be null or empty")
	}
	field, value, err := c.oneField("fuzzy", raw)
	if err != nil {
		return nil, err
	}
	p, c := newFuzzy(field, ""), c.at(field)
	switch {
	case isNull(value):
		return nil, c.illegal("query value cannot be null")
	case isArray(value) && len(elements(value)) > 0:
		return nil, c.wrong("[fuzzy] query doesn't support multiple fields, found [%s] and [null]", field)
	case isArray(value):
		return nil, c.wrong("[fuzzy] query doesn't support multiple fields, found [%s] and [%s]", field, field)
	case !isObject(value):
		p.text = javaText(value)
		return p, nil
	}
	given := false
	known := p.fuzzyOptions(&given)
	for name, read := range known {
		known[name] = func(c clause, raw []byte) error {
			if !isScalar(raw) {
				return c.wrong("[fuzzy] unexpected token [%s] after [%s]", rawjson.Token(raw), name)
			}
			return read(c, raw)
		}
	}
	if err := c.options("fuzzy", value, known); err != nil {
		return nil, err
	}
	if !given {
		return nil, c.illegal("query value cannot be null")
	}
	return p, nil
}

// fuzzyOptions are the members of a fuzzy clause. given says that there is a value.
func (p *pattern) fuzzyOptions(given *bool) map[string]func(clause, []byte) error {
	value := func(_ clause, raw []byte) error {
		p.text, *given = javaText(raw), true
		return nil
	}
	return map[string]func(clause, []byte) error{
		"value": value, "term": value, "rewrite": p.rewriteOf,
		"fuzziness": func(c clause, raw []byte) (err error) { p.fuzziness, err = c.fuzziness(raw); return err },
		"prefix_length": func(c clause, raw []byte) (err error) {
			p.prefixLength, err = c.integer("fuzzy", raw)
			return err
		},
		"max_expansions": func(c clause, raw []byte) (err error) {
			p.maxExpansions, err = c.integer("fuzzy", raw)
			return err
		},
		"transpositions": func(c clause, raw []byte) (err error) { p.transpositions, err = c.boolean(raw); return err },
	}
}

// fuzziness reads how many edits a fuzzy search allows.
func (c clause) fuzziness(raw []byte) (f automaton.Fuzziness, err error) {
	switch {
	case isString(raw):
		f, err = automaton.ParseFuzziness(scalarText(raw))
	case isNumber(raw):
		var n float64
		if n, err = c.number("fuzziness", raw); err == nil {
			f, err = automaton.NumberFuzziness(n)
		}
	default:
		return f, c.illegal("Can't parse fuzziness on token: [%s]", rawjson.Token(raw))
	}
	if err != nil {
		return f, c.illegal("%v", err)
	}
	return f, nil
}
