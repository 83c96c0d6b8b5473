package query

import (
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/dates"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// rangeOptions are what a range clause says of its field.
type rangeOptions struct {
	span
	format, zone, relation string
}

// rangeOf reads a range clause. Of several lower or upper bounds the last one counts (Elasticsearch).
func (c clause) rangeOf(raw []byte) (node, error) {
	var field string
	var value []byte
	for _, m := range members(raw) {
		switch {
		case isObject(m.value) && value != nil:
			return nil, c.wrong("[range] query doesn't support multiple fields, found [%s] and [%s]", field, m.key)
		case isObject(m.value):
			field, value = m.key, m.value
		case isScalar(m.value) || isArray(m.value) && string(m.value) != "[]":
			return nil, c.at(m.key).wrong("[range] query does not support [%s]", m.key)
		}
	}
	if field == "" {
		return nil, c.illegal("field name is null or empty")
	}
	at := c.at(field)
	o := rangeOptions{span: span{field: field, math: true}}
	if err := at.options("range", value, o.known()); err != nil {
		return nil, err
	}
	return o.node(at)
}

// known are the members of a range clause.
func (o *rangeOptions) known() map[string]func(clause, []byte) error {
	limit := func(b *bound, excluded func()) func(clause, []byte) error {
		return func(c clause, raw []byte) error {
			switch {
			case isArray(raw):
				return c.wrong("[range] query does not support array of values")
			case isObject(raw):
				return c.noScalar("range", raw)
			}
			if b.value = raw; isNull(raw) {
				b.value = nil
			}
			excluded()
			return nil
		}
	}
	exclude := func(b *bound, excluded bool) func() { return func() { b.excluded = excluded } }
	include := func(b *bound) func(clause, []byte) error {
		return func(c clause, raw []byte) error {
			included, err := c.boolean(raw)
			b.excluded = !included
			return err
		}
	}
	text := func(into *string) func(clause, []byte) error {
		return func(c clause, raw []byte) (err error) {
			*into, err = c.text(raw)
			return err
		}
	}
	return map[string]func(clause, []byte) error{
		"gt": limit(&o.lower, exclude(&o.lower, true)), "gte": limit(&o.lower, exclude(&o.lower, false)),
		"lt": limit(&o.upper, exclude(&o.upper, true)), "lte": limit(&o.upper, exclude(&o.upper, false)),
		"from": limit(&o.lower, func() {}), "to": limit(&o.upper, func() {}),
		"include_lower": include(&o.lower), "include_upper": include(&o.upper),
		"format": text(&o.format), "time_zone": text(&o.zone), "relation": text(&o.relation),
	}
}

// text reads a scalar as text.
func (c clause) text(raw []byte) (string, error) {
	if !isScalar(raw) {
		return "", c.wrong("Expected text but found %s", rawjson.Token(raw))
	}
	return javaText(raw), nil
}

// node returns the range, of which format, time zone and relation are verified whatever the type of the field is.
func (o *rangeOptions) node(c clause) (node, error) {
	var err error
	if o.zone != "" {
		if o.span.zone, err = dates.LoadZone(o.zone); err != nil {
			return nil, c.at("time_zone").illegal("%v", err)
		}
	}
	if o.format != "" {
		if o.span.format, err = dates.Parse(o.format); err != nil {
			return nil, c.at("format").illegal("%v", err)
		}
	}
	switch strings.ToLower(o.relation) {
	case "", "intersects", "contains", "within":
	case "disjoint":
		return nil, c.at("relation").illegal("[range] query does not support relation [%s]", o.relation)
	default:
		return nil, c.at("relation").illegal("%s is not a valid relation", o.relation)
	}
	return o.span, nil
}
