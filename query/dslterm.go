package query

import "github.com/kuzzlite/kuzzlite/internal/rawjson"

// The clauses that compare values.

func (c clause) ids(raw []byte) (node, error) {
	var list ids
	given := false
	err := c.options("ids", raw, map[string]func(clause, []byte) error{
		"values": func(c clause, raw []byte) error {
			given = true
			values := [][]byte{raw}
			if isArray(raw) {
				values = elements(raw)
			}
			for i, v := range values {
				if isNull(v) || isObject(v) || isArray(v) {
					return c.element(i).wrong("[ids] query needs ids that are strings")
				}
				list = append(list, scalarText(v))
			}
			return nil
		},
	})
	if err == nil && !given {
		err = c.wrong("[ids] requires providing a values array")
	}
	return list, err
}

// scalarText returns a scalar as text: what a string decodes to, and anything else as it is written.
func scalarText(raw []byte) string {
	if isString(raw) {
		return string(rawjson.AppendDecoded(nil, raw))
	}
	return string(raw)
}

func (c clause) exists(raw []byte) (node, error) {
	name := ""
	err := c.options("exists", raw, map[string]func(clause, []byte) error{
		"field": func(c clause, raw []byte) error {
			if isObject(raw) || isArray(raw) || isNull(raw) {
				return c.wrong("[exists] unknown token [%s] after [field]", tokenOf(raw))
			}
			if name = scalarText(raw); name == "" {
				return c.wrong("field name is null or empty")
			}
			return nil
		},
	})
	if err == nil && name == "" {
		err = c.wrong("[exists] must be provided with a [field]")
	}
	return exists{name}, err
}

func (c clause) term(raw []byte) (node, error) {
	field, value, err := c.oneField("term", raw)
	if err != nil {
		return nil, err
	}
	c = c.at(field)
	if isArray(value) {
		return nil, c.wrong("[term] query does not support array of values")
	}
	t := term{field: field, value: value}
	if isObject(value) {
		t.value = nil
		err = c.options("term", value, map[string]func(clause, []byte) error{
			"value": func(c clause, raw []byte) error { t.value = raw; return nil },
		})
		if err != nil {
			return nil, err
		}
	}
	if t.value == nil || isNull(t.value) {
		return nil, c.wrong("field name is null or empty")
	}
	if isObject(t.value) || isArray(t.value) {
		return nil, c.wrong("[term] query does not support a value that is no scalar")
	}
	return t, nil
}

func (c clause) terms(raw []byte) (node, error) {
	var list or
	field := ""
	for _, m := range members(raw) {
		at := c.at(m.key)
		switch {
		case m.key == "boost" || m.key == "_name":
		case !isArray(m.value):
			return nil, at.wrong("[terms] query does not support [%s]", m.key)
		case field != "":
			return nil, at.wrong("[terms] query does not support multiple fields")
		default:
			field, list = m.key, or{}
			for _, v := range elements(m.value) {
				if isNull(v) || isObject(v) || isArray(v) {
					return nil, at.wrong("No value specified for terms query")
				}
				list = append(list, term{field: field, value: v})
			}
		}
	}
	if list == nil {
		return nil, c.wrong("[terms] query requires a field name, followed by array of terms or a document lookup specification")
	}
	return list, nil
}
