package query

import (
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Reading the JSON of Elasticsearch's sort. What depends on a mapping shows when the order is compiled.

// ParseElasticsearchSort reads an order in the JSON of Elasticsearch, as the value of "sort" in a search request:
// "n", ["n",{"k":"desc"}], [{"k":{"order":"desc","missing":"_first","mode":"min","unmapped_type":"long","nested":{…}}}],
// [{"_geo_distance":{"at":[-149.9,61.2],"order":"asc"}}]. docs/queries.md has a list of the forms and options, and of
// what differs from Elasticsearch. An empty array is the order of the ids, as _doc is, which is the order that a store
// has its documents in.
//
// Documents that are equal come by their ids, in the direction of the last key. An order with _score in it is for the
// Search of a collection. The error is a *[DSLError].
func ParseElasticsearchSort(raw []byte) (*Order, error) {
	compact, err := rawjson.Compact(raw, 0)
	if err != nil {
		return nil, &DSLError{Reason: err.Error()}
	}
	o := &Order{}
	c := clause{}
	switch {
	case isNull(compact):
		return nil, c.wrong("Unknown key for a VALUE_NULL in [sort].")
	case isObject(compact):
		err = c.sortObject(o, compact)
	case !isArray(compact):
		err = c.sortName(o, scalarText(compact))
	default:
		err = c.sortArray(o, compact)
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

// sortArray reads keys, one after the other.
func (c clause) sortArray(o *Order, raw []byte) (err error) {
	for i, e := range elements(raw) {
		at := c.element(i)
		switch {
		case isObject(e):
			err = at.sortObject(o, e)
		case isString(e):
			err = at.sortName(o, scalarText(e))
		default:
			err = at.wrong("malformed sort format, within the sort array, an object, or an actual string are allowed")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sortObject reads the keys of an object, in their order.
func (c clause) sortObject(o *Order, raw []byte) error {
	list := members(raw)
	for i, m := range list {
		at := c.at(m.key)
		var err error
		switch {
		case isString(m.value):
			var descending bool
			if descending, err = at.sortOrder(scalarText(m.value)); err == nil {
				err = at.sortKey(o, m.key, descending)
			}
		case m.key == scoreField && isObject(m.value):
			err = at.scoreKey(o, m.value)
		case m.key == "_script":
			err = at.wrong("sorting by a script is not supported")
		case m.key == "_geo_distance" || m.key == "_geoDistance":
			err = at.sortDistance(o, m.value)
		case !isObject(m.value):
			err = at.wrong("[field_sort] Expected START_OBJECT but was: %s", tokenBehind(m.value, list[i+1:]))
		default:
			err = at.sortField(o, m.key, m.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tokenBehind returns the name of the token that follows the beginning of a value, which Elasticsearch shows where it
// wanted an object.
func tokenBehind(raw []byte, rest []member) string {
	switch {
	case isArray(raw) && len(raw) > len("[]"):
		return rawjson.Token(raw[1:])
	case isArray(raw):
		return "END_ARRAY"
	case len(rest) > 0:
		return "FIELD_NAME"
	}
	return "END_OBJECT"
}

// Elasticsearch's names for the score of a document, and for its own order of documents.
const (
	scoreField    = "_score"
	documentField = "_doc"
)

// sortName adds a key that has only a name: the best scores come first, all else ascends.
func (c clause) sortName(o *Order, name string) error { return c.sortKey(o, name, name == scoreField) }

// sortKey adds a key that has only a name and a direction.
func (c clause) sortKey(o *Order, name string, descending bool) error {
	switch name {
	case "_id":
		return errByID()
	}
	key := orderKey{
		Key: filter.Key{Field: name, Descending: descending}, byID: name == documentField, byScore: name == scoreField,
	}
	o.keys = append(o.keys, key)
	return nil
}

// sortOrder reads a direction.
func (c clause) sortOrder(text string) (descending bool, err error) {
	switch upper := strings.ToUpper(text); upper {
	case "ASC", "DESC":
		return upper == "DESC", nil
	default:
		return false, c.illegal("No enum constant org.elasticsearch.search.sort.SortOrder.%s", upper)
	}
}

// sortField reads a key with options.
func (c clause) sortField(o *Order, name string, raw []byte) error {
	k := orderKey{Key: filter.Key{Field: name}, byID: name == documentField}
	known := map[string]func(clause, []byte) error{
		"missing":       k.readMissing,
		"order":         k.readOrder,
		"mode":          k.readMode,
		"unmapped_type": func(_ clause, raw []byte) error { k.unmapped = scalarText(raw); return nil },
		"nested":        k.readNested,
		"numeric_type":  unsupportedSort("numeric_type", "values are compared as the type of their field says"),
		"format":        unsupportedSort("format", "the values of an order are not part of what is found"),
	}
	for _, m := range members(raw) {
		at := c.at(m.key)
		switch read := known[m.key]; {
		case read == nil:
			names := []string{"format", "missing", "mode", "nested", "numeric_type", "order", "unmapped_type"}
			return at.wrong("[field_sort] unknown field [%s]%s", m.key, didYouMean(m.key, names))
		case !fits(m.key, m.value):
			return at.wrongType("field_sort", m.key, m.value)
		default:
			if err := read(at, m.value); err != nil {
				return at.part("field_sort", m.key, err)
			}
		}
	}
	if name == "_id" {
		return errByID()
	}
	if k.mode != modeOfDirection && !k.mode.isComputed() && k.mode.isLargest(false) == k.Descending {
		k.mode = modeOfDirection // which indexes have
	}
	o.keys = append(o.keys, k)
	return nil
}

// fits says whether an option of a key may have a value.
func fits(option string, raw []byte) bool {
	switch option {
	case "missing":
		return !isObject(raw) && !isArray(raw)
	case "nested":
		return isObject(raw)
	}
	return isString(raw)
}

// unsupportedSort reads an option that is refused.
func unsupportedSort(option, why string) func(clause, []byte) error {
	return func(c clause, _ []byte) error {
		return c.wrong("[field_sort] [%s] is not supported: %s", option, why)
	}
}

// readMissing reads where documents without a value come, or the value that they count with; null is nothing.
func (k *orderKey) readMissing(_ clause, raw []byte) error {
	k.MissingFirst, k.missing = false, nil
	switch text := scalarText(raw); {
	case isNull(raw) || text == "_last" && isString(raw):
	case text == "_first" && isString(raw):
		k.MissingFirst = true
	default:
		k.missing = raw
	}
	return nil
}

func (k *orderKey) readOrder(c clause, raw []byte) (err error) {
	k.Descending, err = c.sortOrder(scalarText(raw))
	return err
}

func (k *orderKey) readMode(c clause, raw []byte) (err error) {
	if k.mode, err = parseMode(scalarText(raw)); err != nil {
		return c.illegal("%v", err)
	}
	return nil
}

func (k *orderKey) readNested(c clause, raw []byte) (err error) {
	k.nested, err = c.sortNested(raw)
	return err
}

// sortNested reads in which nested objects the values are.
func (c clause) sortNested(raw []byte) (*nestedOrder, error) {
	n := &nestedOrder{}
	for _, m := range members(raw) {
		at := c.at(m.key)
		var err error
		switch m.key {
		case "path":
			n.path = scalarText(m.value)
		case "filter":
			n.text = string(m.value)
			n.filter, err = at.query(m.value)
		case "nested":
			if !isObject(m.value) {
				return nil, at.illegal("malformed nested sort format, must start with an object")
			}
			n.inner, err = at.sortNested(m.value)
		case "max_children":
			err = at.wrong("[max_children] is not supported: all nested objects count")
		default:
			err = at.illegal("malformed nested sort format, unknown field name [%s]", m.key)
		}
		if err != nil {
			return nil, err
		}
	}
	if n.path == "" {
		return nil, c.illegal("malformed nested sort format, a [path] is missing")
	}
	return n, nil
}
