package query

import (
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/geo"
)

// Reading the _geo_distance of Elasticsearch's sort.

// distanceSort is a _geo_distance that is being read.
type distanceSort struct {
	orderKey
	validation geo.Validation
}

// sortDistance reads a key that is a distance. Documents without a point are infinitely far away, and so they come
// first if the order is descending (Elasticsearch).
func (c clause) sortDistance(o *Order, raw []byte) error {
	if !isObject(raw) {
		return c.wrong("[_geo_distance] must be an object")
	}
	s := distanceSort{orderKey: orderKey{from: &origin{}}}
	for _, m := range members(raw) {
		if err := s.member(c.at(m.key), m); err != nil {
			return err
		}
	}
	if len(s.from.places) == 0 {
		return c.wrong("Geo distance sorting needs at least one point.")
	}
	for i, p := range s.from.places {
		p, err := s.validation.SortPoint(s.Field, p)
		if err != nil {
			return c.at(s.Field).wrong("%v", err)
		}
		s.from.places[i] = p
	}
	s.MissingFirst = s.Descending
	o.keys = append(o.keys, s.orderKey)
	return nil
}

// member reads an option, or the field with the places.
func (s *distanceSort) member(c clause, m member) (err error) {
	switch {
	case isArray(m.value):
		return s.field(c, m)
	case m.key == "nested" && isObject(m.value):
		return s.readNested(c, m.value)
	case isObject(m.value) || !isDistanceOption(m.key) && isString(m.value):
		if s.Field != "" && s.Field != m.key {
			return c.wrong("Trying to reset fieldName to [%s], already set to [%s].", m.key, s.Field)
		}
		return s.field(c, m)
	case !isDistanceOption(m.key) || m.key == "nested":
		return c.wrong("[_geo_distance] does not support [%s]", m.key)
	}
	return s.option(c, m.key, m.value)
}

// field reads a place, or an array of places. An array that begins with a number is one place.
func (s *distanceSort) field(c clause, m member) error {
	s.Field = m.key
	places := [][]byte{m.value}
	if list := elements(m.value); isArray(m.value) && (len(list) == 0 || !isNumber(list[0])) {
		places = list
	}
	for _, raw := range places {
		p, err := geo.Parse(raw)
		if err != nil {
			return c.wrong("%v", err)
		}
		s.from.places = append(s.from.places, p)
	}
	return nil
}

// option reads an option.
func (s *distanceSort) option(c clause, name string, raw []byte) (err error) {
	switch text := scalarText(raw); name {
	case "order":
		s.Descending, err = c.sortOrder(text)
	case "unit":
		var unit geo.Unit
		unit, err = geo.ParseUnit(text)
		s.from.unit = unit.Meters(1)
	case "distance_type":
		_, err = geo.ParseDistanceType(text)
		s.from.plane = strings.EqualFold(text, "plane")
	case "validation_method":
		s.validation, err = geo.ParseValidation(text)
	case "ignore_unmapped":
		s.from.ignoreUnmapped, err = c.flag(raw)
	case "mode":
		if err = s.readMode(c, raw); err == nil && s.mode == modeSum {
			err = c.wrong("sort_mode [sum] isn't supported for sorting by geo distance")
		}
	}
	return c.because(err)
}

// distanceOptions are what a _geo_distance may have beside the field.
var distanceOptions = []string{
	"distance_type", "ignore_unmapped", "mode", "nested", "order", "unit", "validation_method",
}

// isDistanceOption says whether a name is that of an option.
func isDistanceOption(name string) bool { return slices.Contains(distanceOptions, name) }
