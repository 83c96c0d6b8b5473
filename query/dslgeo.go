package query

import (
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/geo"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The clauses about places. What is read is checked at once; only what a mapping has to say comes when the query is
// compiled.

// geoOptions are what all clauses about places have beside their field.
type geoOptions struct {
	field          string
	validation     geo.Validation
	ignoreUnmapped bool
}

// option reads an option that all clauses have; known is false for another name.
func (o *geoOptions) option(c clause, clauseName, name string, raw []byte) (known bool, err error) {
	switch name {
	case "_name":
		return true, nil
	case "boost":
		err = c.boost(clauseName, raw)
	case "ignore_unmapped":
		o.ignoreUnmapped, err = c.flag(raw)
	case "validation_method":
		if o.validation, err = geo.ParseValidation(scalarText(raw)); err != nil {
			err = c.wrong("%v", err)
		}
	default:
		return false, nil
	}
	return true, err
}

// flag reads a boolean, which may be in a string.
func (c clause) flag(raw []byte) (bool, error) {
	switch text := scalarText(raw); text {
	case "true", "false":
		return text == "true", nil
	default:
		return false, c.wrong("Failed to parse value [%s] as only [true] or [false] are allowed.", text)
	}
}

// in returns the condition of a shape.
func (o *geoOptions) in(clauseName string, s shape) node {
	return inShape{field: o.field, shape: s, clause: clauseName, ignoreUnmapped: o.ignoreUnmapped}
}

// distanceParts are the parts of a geo_distance.
type distanceParts struct {
	geoOptions
	centre   geo.Point
	distance []byte // as JSON; nil: none
	unit     geo.Unit
}

func (c clause) geoDistance(raw []byte) (node, error) {
	var d distanceParts
	for _, m := range members(raw) {
		if err := d.member(c.at(m.key), m.key, m.value); err != nil {
			return nil, err
		}
	}
	switch {
	case d.distance == nil:
		return nil, c.wrong("geo_distance requires 'distance' to be specified")
	case d.field == "":
		return nil, c.wrong("fieldName must not be null or empty")
	}
	meters, err := c.at("distance").meters(d.distance, d.unit)
	if err != nil {
		return nil, err
	}
	circle, err := geo.NewCircle(d.centre, meters, d.validation)
	if err != nil {
		return nil, c.at(d.field).wrong("%v", err)
	}
	return d.in("geo_distance", circle), nil
}

// member reads a member of a geo_distance. What is no option is the field, which may be an option's name as well if its
// value is an array or an object.
func (d *distanceParts) member(c clause, name string, raw []byte) (err error) {
	if isNull(raw) {
		return nil
	}
	if isArray(raw) || isObject(raw) {
		return d.place(c, name, raw)
	}
	switch {
	case name == "distance":
		d.distance = raw
	case name == "unit":
		d.unit, err = geo.ParseUnit(scalarText(raw))
	case name == "distance_type":
		_, err = geo.ParseDistanceType(scalarText(raw)) // circles are on the sphere, whatever the type
	case strings.HasSuffix(name, ".lat"):
		d.field = strings.TrimSuffix(name, ".lat")
		d.centre.Lat, err = c.number("geo_distance", raw)
	case strings.HasSuffix(name, ".lon"):
		d.field = strings.TrimSuffix(name, ".lon")
		d.centre.Lon, err = c.number("geo_distance", raw)
	default:
		known, err := d.option(c, "geo_distance", name, raw)
		switch {
		case known || err != nil:
			return err
		case d.field == "":
			return d.place(c, name, raw)
		}
		return c.wrong("failed to parse [geo_distance] query. unexpected field [%s]", name)
	}
	return c.because(err)
}

// place reads the centre, and takes its name for that of the field.
func (d *distanceParts) place(c clause, name string, raw []byte) (err error) {
	d.field = name
	d.centre, err = geo.ParseCentre(name, raw)
	return c.because(err)
}

// because returns an error of another package as one about a place, nil for nil.
func (c clause) because(err error) error {
	if _, ok := err.(*DSLError); ok || err == nil {
		return err
	}
	return c.wrong("%v", err)
}

// meters reads a distance.
func (c clause) meters(raw []byte, unit geo.Unit) (meters float64, err error) {
	if isString(raw) {
		text := scalarText(raw)
		if text == "" {
			return 0, c.wrong("distance must not be null or empty")
		}
		if meters, err = geo.ParseDistance(text, unit); err != nil {
			return 0, c.wrong("%v", err)
		}
	} else {
		if meters, err = c.number("geo_distance", raw); err != nil {
			return 0, err
		}
		meters = unit.Meters(meters)
	}
	if meters <= 0 {
		return 0, c.wrong("distance must be greater than zero")
	}
	return meters, nil
}

func (c clause) geoBoundingBox(raw []byte) (node, error) {
	var o geoOptions
	var sides []byte
	for _, m := range members(raw) {
		at := c.at(m.key)
		switch {
		case isObject(m.value):
			o.field, sides = m.key, m.value
		case string(m.value) == "[]" || isNull(m.value) || m.key == "type":
			// Elasticsearch passes over these.
		default:
			known, err := o.option(at, "geo_bounding_box", m.key, m.value)
			if err == nil && !known {
				err = at.wrong("failed to parse [geo_bounding_box] query. unexpected field [%s]", m.key)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	if sides == nil {
		return nil, c.wrong("failed to parse [geo_bounding_box] query. bounding box not provided")
	}
	at := c.at(o.field)
	corners, err := geo.ParseBox(sides)
	if err != nil {
		return nil, at.wrong("failed to parse [geo_bounding_box] query. [%v]", err)
	}
	box, err := geo.NewBox(corners, o.validation)
	if err != nil {
		return nil, at.wrong("%v", err)
	}
	return o.in("geo_bounding_box", box), nil
}

func (c clause) geoPolygon(raw []byte) (node, error) {
	var o geoOptions
	var points []geo.Point
	for _, m := range members(raw) {
		at := c.at(m.key)
		var err error
		switch {
		case isObject(m.value):
			o.field = m.key
			points, err = at.corners(m.value)
		case isArray(m.value) || isNull(m.value):
			err = at.wrong("[geo_polygon] unexpected token type [%s]", rawjson.Token(m.value))
		default:
			var known bool
			if known, err = o.option(at, "geo_polygon", m.key, m.value); err == nil && !known {
				err = at.wrong("[geo_polygon] query does not support [%s]", m.key)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case o.field == "":
		return nil, c.wrong("fieldName must not be null")
	case len(points) == 0:
		return nil, c.wrong("polygon must not be null or empty")
	}
	polygon, err := geo.NewPolygon(points, o.validation)
	if err != nil {
		return nil, c.at(o.field).wrong("%v", err)
	}
	return o.in("geo_polygon", polygon), nil
}

// corners reads the corners of a polygon.
func (c clause) corners(raw []byte) (points []geo.Point, err error) {
	for _, m := range members(raw) {
		at := c.at(m.key)
		switch {
		case !isArray(m.value):
			return nil, at.wrong("[geo_polygon] query does not support token type [%s] under [%s]", rawjson.Token(m.value), m.key)
		case m.key != "points":
			return nil, at.wrong("[geo_polygon] query does not support [%s]", m.key)
		}
		if points, err = geo.ParsePolygon(m.value); err != nil {
			return nil, at.wrong("%v", err)
		}
	}
	return points, nil
}
