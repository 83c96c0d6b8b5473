package query

import (
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The clauses that compare with values: exists, ids, term, terms. dslrange.go and dslpattern.go have the others.

func (c clause) ids(raw []byte) (node, error) {
	list := ids{}
	err := c.object("ids", raw, map[string]func(clause, []byte) error{
		"values": func(c clause, raw []byte) error {
			values := [][]byte{raw}
			if isArray(raw) {
				values = elements(raw)
			} else if !isString(raw) {
				return c.wrongType("ids", "values", raw)
			}
			for i, v := range values {
				if !isScalar(v) {
					return c.element(i).wrong("[ids] failed to parse field [values]")
				}
				list = append(list, scalarText(v))
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	for _, id := range list {
		if id == "" {
			return nil, c.wrong("failed to create query: Ids can't be empty")
		}
	}
	return list, nil
}

// scalarText returns a scalar as text: what a string decodes to, and anything else as it is written.
func scalarText(raw []byte) string {
	if isString(raw) {
		return string(rawjson.AppendDecoded(nil, raw))
	}
	return string(raw)
}

func (c clause) exists(raw []byte) (node, error) {
	name, given := "", false
	err := c.options("exists", raw, map[string]func(clause, []byte) error{
		"field": func(c clause, raw []byte) error {
			if !isScalar(raw) {
				return c.wrong("[exists] unknown token [%s] after [field]", rawjson.Token(raw))
			}
			name, given = scalarText(raw), true
			return nil
		},
	})
	switch {
	case err != nil:
	case !given:
		err = c.wrong("[exists] must be provided with a [field]")
	case name == "":
		err = c.illegal("field name is null or empty")
	}
	return exists{name}, err
}

func (c clause) term(raw []byte) (node, error) {
	field, value, err := c.oneField("term", raw)
	if err != nil {
		return nil, err
	}
	c = c.at(field)
	switch {
	case isArray(value):
		return nil, c.wrong("[term] query does not support array of values")
	case isNull(value):
		return nil, c.illegal("field name is null or empty")
	case isObject(value):
		return c.termOptions(field, value)
	}
	return term{field: field, value: value}, nil
}

// termOptions reads a term that is an object: a value, and options.
func (c clause) termOptions(field string, raw []byte) (node, error) {
	var value []byte
	caseInsensitive := false
	take := func(c clause, raw []byte) error {
		switch {
		case isArray(raw):
			return c.wrong("[term] query does not support arrays for value - use a bool query with multiple term clauses " +
				"in the should section or use a Terms query if scoring is not required")
		case isObject(raw):
			return c.noScalar("term", raw)
		}
		value = raw
		return nil
	}
	err := c.options("term", raw, map[string]func(clause, []byte) error{
		"value": take, "term": take,
		"case_insensitive": func(c clause, raw []byte) (err error) { caseInsensitive, err = c.boolean(raw); return err },
	})
	switch {
	case err != nil:
		return nil, err
	case value == nil || isNull(value):
		return nil, c.illegal("value cannot be null")
	case caseInsensitive:
		return &pattern{field: field, clause: clauseTerm, text: javaText(value)}, nil
	}
	return term{field: field, value: value}, nil
}

// noScalar is the error of an object where a scalar belongs: Elasticsearch takes the bracket for the value, and goes on
// with what is in the object as if these were options.
func (c clause) noScalar(name string, raw []byte) error {
	for key := range rawjson.Members(raw) {
		return c.wrong("[%s] query does not support [%s]", name, scalarText(key))
	}
	return c.wrong("Unexpected token [FIELD_NAME] found after the main object.")
}

// mostTerms is how many values a terms clause may have (Elasticsearch).
const mostTerms = 65536

func (c clause) terms(raw []byte) (node, error) {
	var list node
	field := ""
	for _, m := range members(raw) {
		at := c.at(m.key)
		switch {
		case isArray(m.value) && field != "":
			return nil, at.wrong("[terms] query does not support multiple fields")
		case isArray(m.value):
			values, err := at.termValues(m.key, m.value)
			if err != nil {
				return nil, err
			}
			field, list = m.key, values
		case isObject(m.value) && field != "":
			return nil, at.wrong("[terms] query does not support more than one field. Already got: [%s] but also found [%s]",
				field, m.key)
		case isObject(m.value):
			values, err := at.lookup(m.key, m.value)
			if err != nil {
				return nil, err
			}
			field, list = m.key, values
		case isNull(m.value):
			return nil, at.wrong("[terms] unknown token [VALUE_NULL] after [%s]", m.key)
		case m.key == "boost":
			if err := at.boost("terms", m.value); err != nil {
				return nil, err
			}
		case m.key != "_name":
			return nil, at.wrong("[terms] query does not support [%s]", m.key)
		}
	}
	if list == nil {
		return nil, c.wrong("[terms] query requires a field name, followed by array of terms or a document lookup specification")
	}
	if values, ok := list.(or); ok {
		if err := c.countTerms(len(values)); err != nil {
			return nil, err
		}
	}
	return fixed{list, 1}, nil
}

// termValues reads the values of a terms clause.
func (c clause) termValues(field string, raw []byte) (or, error) {
	list := or{}
	for i, v := range elements(raw) {
		switch {
		case isNull(v):
			return nil, c.wrong("No value specified for terms query")
		case !isScalar(v):
			return nil, c.element(i).wrong("failed to create query: For input string: %q", v[:1])
		}
		list = append(list, term{field: field, value: v})
	}
	return list, nil
}
