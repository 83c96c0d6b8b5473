package query

import (
	"errors"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/highlighting"
)

// Reading inner_hits: which of what is behind a hit is shown with it, the nested objects that matched or the documents
// of its group, and how.

// innerDefinition is a definition of inner hits. The zero value is that of {}, but for the size.
type innerDefinition struct {
	place      clause // where it stands, for errors
	name       string
	named      bool
	from, size int
	sort       *Order // nil: the best scores first
	source     fieldpath.SourceFilter
	scores     bool                 // they are shown with a sort, too
	collapse   string               // the field of which each value has one hit; "": none
	highlight  highlighting.Request // nil: none
	fields     FieldValues
}

// defaultInnerHits is how many inner hits are shown if nothing is said.
const defaultInnerHits = 3

// innerHitOptions are what inner_hits may have.
var innerHitOptions = []string{
	"_source", "collapse", "docvalue_fields", "explain", "fields", "from", "highlight", "ignore_unmapped", "name",
	"script_fields", "seq_no_primary_term", "size", "sort", "stored_fields", "track_scores", "version",
}

// innerHits reads a definition, which is an object.
func (c clause) innerHits(raw []byte) (*innerDefinition, error) {
	d := &innerDefinition{place: c, size: defaultInnerHits}
	for _, m := range members(raw) {
		at := c.at(m.key)
		if !slices.Contains(innerHitOptions, m.key) {
			return nil, at.wrong("[inner_hits] unknown field [%s]%s", m.key, didYouMean(m.key, innerHitOptions))
		}
		if !d.fits(m.key, m.value) {
			return nil, at.wrongType("inner_hits", m.key, m.value)
		}
		if err := d.option(at, m.key, m.value); err != nil {
			return nil, at.part("inner_hits", m.key, err)
		}
	}
	return d, nil
}

// fits says whether an option may have a value of such a kind.
func (*innerDefinition) fits(option string, raw []byte) bool {
	switch option {
	case "name":
		return isString(raw)
	case "from", "size":
		return isString(raw) || rawjson.Token(raw) == "VALUE_NUMBER"
	case "explain", "ignore_unmapped", "seq_no_primary_term", "track_scores", "version":
		return isString(raw) || rawjson.Token(raw) == "VALUE_BOOLEAN"
	case "_source":
		return !isNull(raw) && rawjson.Token(raw) != "VALUE_NUMBER"
	case "collapse", "highlight", "script_fields":
		return isObject(raw)
	case "fields":
		return isArray(raw)
	case "sort", "docvalue_fields":
		return isObject(raw) || isArray(raw)
	}
	return isString(raw) || isArray(raw)
}

// option reads an option.
func (d *innerDefinition) option(c clause, name string, raw []byte) (err error) {
	switch name {
	case "name":
		d.name, d.named = scalarText(raw), true
	case "from":
		return readLeast("inner_hits", &d.from, 0, "illegal from value, at least 0 or higher")(c, raw)
	case "size":
		return readLeast("inner_hits", &d.size, 0, "illegal size value, at least 0 or higher")(c, raw)
	case "track_scores":
		d.scores, err = c.boolean(raw)
	case "ignore_unmapped": // that of the clause around counts (Elasticsearch)
		_, err = c.boolean(raw)
	case "_source":
		if d.source, err = fieldpath.ParseSourceFilter(raw); err != nil {
			return c.wrong("%v", err)
		}
	case "sort":
		d.sort, err = c.innerSort(raw)
	case "collapse":
		d.collapse, err = c.innerCollapse(raw)
	case "highlight":
		d.highlight, err = c.innerHighlight(raw)
	case "fields":
		d.fields, err = c.fieldValues(raw)
	default:
		return c.unsupportedInner(name, raw)
	}
	return err
}

// innerSort reads an order. The best scores first is the one that there is anyway.
func (c clause) innerSort(raw []byte) (*Order, error) {
	o, err := ParseElasticsearchSort(raw)
	if err != nil || len(o.keys) == 0 || len(o.keys) == 1 && o.keys[0].byScore && o.keys[0].Descending {
		return nil, err
	}
	return o, nil
}

// innerCollapse reads the field by which inner hits are collapsed. There is nothing else to say of it.
func (c clause) innerCollapse(raw []byte) (string, error) {
	list := members(raw)
	if len(list) != 1 || list[0].key != "field" || !isString(list[0].value) {
		return "", c.wrong("Invalid token in the inner collapse")
	}
	field := scalarText(list[0].value)
	if field == "" {
		return "", c.illegal("field must be non-null")
	}
	return field, nil
}

// innerHighlight reads what is highlighted of inner hits.
func (c clause) innerHighlight(raw []byte) (highlighting.Request, error) {
	if highlighting.Parse == nil {
		return nil, c.wrong("[inner_hits] [highlight] needs another package: the program must import " +
			"github.com/kuzzlite/kuzzlite/query/highlight")
	}
	r, err := highlighting.Parse(raw)
	if e := (*DSLError)(nil); errors.As(err, &e) {
		if e.Path != "" {
			c = c.at(e.Path)
		}
		return nil, &DSLError{Path: c.path, Reason: e.Reason, detail: e.detail, illegal: e.illegal}
	}
	return r, err
}

// unsupportedInner refuses an option whose effect would be missed. One that is false has none.
func (c clause) unsupportedInner(name string, raw []byte) error {
	switch name {
	case "explain", "version", "seq_no_primary_term":
		if on, err := c.boolean(raw); err != nil || !on {
			return err
		}
	}
	return c.wrong("[inner_hits] [%s] is not supported", name)
}
