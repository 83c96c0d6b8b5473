package query

import (
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Reading fields: of which fields hits show the values.

// ParseElasticsearchFields reads the JSON of Elasticsearch, as the value of "fields" in a search request: a list of
// names, of patterns, and of objects, ["name.*",{"field":"time","format":"epoch_second"},
// {"field":"raw.*","include_unmapped":true}]. What depends on a mapping shows when it is compiled. The error is a
// *[DSLError].
func ParseElasticsearchFields(raw []byte) (FieldValues, error) {
	compact, err := rawjson.Compact(raw, 0)
	if err != nil {
		return nil, &DSLError{Reason: err.Error()}
	}
	return clause{}.fieldValues(compact)
}

// fieldValues reads a list.
func (c clause) fieldValues(raw []byte) (FieldValues, error) {
	if !isArray(raw) {
		return nil, c.wrong("Unknown key for a %s in [fields].", rawjson.Token(raw))
	}
	var list FieldValues
	for i, e := range elements(raw) {
		f, err := c.element(i).fieldValue(e)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, list.check()
}

// fieldValue reads an element of a list.
func (c clause) fieldValue(raw []byte) (f FieldValue, err error) {
	const parser = "fetch_field_and_format"
	switch {
	case isScalar(raw):
		f.Name = scalarText(raw)
		return f, nil
	case !isObject(raw):
		return f, c.wrong("[%s] Expected START_OBJECT but was: %s", parser, rawjson.Token(raw))
	}
	named := false
	for _, m := range members(raw) {
		at := c.at(m.key)
		switch m.key {
		case "field":
			if !isString(m.value) {
				return f, at.wrongType(parser, m.key, m.value)
			}
			f.Name, named = scalarText(m.value), true
		case "format":
			switch {
			case isNull(m.value):
			case isString(m.value):
				if f.Format = scalarText(m.value); f.Format == "" {
					return f, at.wrong("No date pattern provided")
				}
			default:
				return f, at.wrongType(parser, m.key, m.value)
			}
		case "include_unmapped":
			if f.Unmapped, err = at.boolean(m.value); err != nil {
				return f, err
			}
		default:
			return f, at.wrong("[%s] unknown field [%s]%s", parser, m.key,
				didYouMean(m.key, []string{"field", "format", "include_unmapped"}))
		}
	}
	if !named {
		return f, c.wrong("Required [field]")
	}
	return f, nil
}
