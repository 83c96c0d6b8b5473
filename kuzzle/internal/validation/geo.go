package validation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/query"
)

// Points and shapes on the earth.

// inWorld and beyondWorld are filters that split the points there are: what is no point matches neither.
var (
	inWorld     = mustFilter(`{"geoBoundingBox":{"p":{"top":90,"left":-180,"bottom":-90,"right":180}}}`)
	beyondWorld = mustFilter(`{"not":{"geoBoundingBox":{"p":{"top":90,"left":-180,"bottom":-90,"right":180}}}}`)
)

func mustFilter(text string) *query.Matcher {
	q, err := query.ParseKoncorde([]byte(text))
	if err != nil {
		panic(err)
	}
	m, err := query.Compile(q, nil)
	if err != nil {
		panic(err)
	}
	return m
}

// checkGeoPoint takes for a point what Koncorde does.
func checkGeoPoint(value json.RawMessage) string {
	doc := slices.Concat([]byte(`{"p":`), value, []byte{'}'})
	if request.Falsy(value) || !inWorld.Match("", doc) && !beyondWorld.Match("", doc) {
		return "Invalid GeoPoint format"
	}
	return ""
}

// isDistance says whether Koncorde takes a text for a distance.
func isDistance(text json.RawMessage) bool {
	_, err := query.ParseKoncorde([]byte(`{"geoDistance":{"p":{"lat":0,"lon":0},"distance":` + string(text) + `}}`))
	return err == nil
}

// collection is the type of a shape that is made of others.
const collection = "geometrycollection"

// shapeTypes are the types of shapes.
var shapeTypes = []string{
	"point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", collection, "envelope",
	"circle",
}

func readGeoShape(options json.RawMessage) (check, error) {
	allowed := shapeTypes
	if member(options, "shapeTypes") != nil {
		var err error
		if allowed, err = readTexts(options, "shapeTypes", "string[]"); err != nil {
			return nil, err
		}
	}
	unknown := slices.DeleteFunc(slices.Clone(allowed), func(s string) bool { return slices.Contains(shapeTypes, s) })
	if len(unknown) > 0 {
		return nil, apierror.New("validation.types.invalid_geoshape", strings.Join(unknown, ","))
	}
	return func(value json.RawMessage, _ time.Time) []string {
		s := shapes{allowed: allowed}
		s.check(value, 0)
		return s.wrong
	}, nil
}

// shapes checks a shape, and those within.
type shapes struct {
	allowed []string
	wrong   []string
}

func (s *shapes) complain(format string, args ...any) {
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
}

// deepestCollection is how deeply collections may lie within one another.
const deepestCollection = 20

// check notes what is wrong with a shape.
func (s *shapes) check(shape json.RawMessage, depth int) {
	kind := member(shape, "type")
	if request.Falsy(kind) {
		s.complain("The shape object has no type defined.")
		return
	}
	name, before := request.Text(kind), len(s.wrong)
	if s.checkMembers(shape, name); len(s.wrong) > before {
		return
	}
	coordinates := member(shape, "coordinates")
	switch orientation := member(shape, "orientation"); {
	case name == collection && depth >= deepestCollection:
		s.complain("The shape has more than %d collections within one another.", deepestCollection)
	case name == collection:
		for geometry := range request.Elements(member(shape, "geometries")) {
			s.check(geometry, depth+1)
		}
		return
	case !request.Falsy(orientation) && !slices.Contains(orientations, request.Text(orientation)):
		s.complain("The orientation property has not a valid value.")
	case name == "circle" && !isRadius(member(shape, "radius")):
		s.complain("The radius property has not a valid format.")
	}
	single, multiple := strings.CutPrefix(name, "multi")
	if multiple && !every(coordinates, coordinatesOf[single]) {
		s.complain(`One of the shapes in  the shape type "%s" has bad coordinates.`, name)
	} else if !multiple && !coordinatesOf[name](coordinates) {
		s.complain(`The shape type "%s" has bad coordinates.`, name)
	}
}

var orientations = []string{"right", "ccw", "counterclockwise", "left", "cw", "clockwise"}

// checkMembers notes which members a shape of a type lacks, and which it must not have.
func (s *shapes) checkMembers(shape json.RawMessage, kind string) {
	if !onlyHas(shape, "type", "coordinates", "radius", "orientation", "geometries") {
		s.complain("The shape object has a not allowed property.")
	}
	if !slices.Contains(s.allowed, kind) {
		s.complain("The provided shape type is not allowed.")
	}
	for _, m := range []struct {
		name   string
		may    bool // the shape may have the member
		needed bool // and must
		list   bool // as a list
	}{
		{"coordinates", kind != collection, true, true},
		{"radius", kind == "circle", true, false},
		{"orientation", kind == "polygon" || kind == "multipolygon", false, false},
		{"geometries", kind == collection, true, true},
	} {
		value := member(shape, m.name)
		switch is := !request.Falsy(value); {
		case is && !m.may:
			s.complain(`The %s property must not be provided for the "%s" shape type.`, m.name, kind)
		case m.may && m.needed && !is && m.name == "radius":
			s.complain(`The radius property is mandatory for the "circle" shape type.`)
		case m.may && m.needed && (!is || m.list && value[0] != '['):
			s.complain(`The %s property must be provided for the "%s" shape type.`, m.name, kind)
		}
	}
}

func isRadius(value json.RawMessage) bool {
	return isNumber(value) || value[0] == '"' && isDistance(value)
}

// coordinatesOf says whether coordinates are those of a shape, by its type.
var coordinatesOf = map[string]func(json.RawMessage) bool{
	"point": isPoint, "circle": isPoint, "linestring": isLine, "envelope": isEnvelope,
	"polygon": func(value json.RawMessage) bool { return every(value, isRing) },
}

// elements returns the elements of a list; of anything else there are none.
func elements(value json.RawMessage) (list []json.RawMessage) {
	if len(value) > 0 && value[0] == '[' {
		for element := range request.Elements(value) {
			list = append(list, element)
		}
	}
	return list
}

// every says whether a value is a list of what is says.
func every(value json.RawMessage, is func(json.RawMessage) bool) bool {
	return value[0] == '[' && !slices.ContainsFunc(elements(value), func(e json.RawMessage) bool { return !is(e) })
}

// isPoint says whether a value is a longitude and a latitude, in degrees.
func isPoint(value json.RawMessage) bool {
	list := elements(value)
	return len(list) == 2 && within(list[0], 180) && within(list[1], 90)
}

func within(value json.RawMessage, most float64) bool {
	n, err := strconv.ParseFloat(string(value), 64)
	return err == nil && -most <= n && n <= most
}

func isLine(value json.RawMessage) bool { return len(elements(value)) >= 2 && every(value, isPoint) }

// isRing says whether a value is a line that ends where it begins.
func isRing(value json.RawMessage) bool {
	list := elements(value)
	return len(list) >= 4 && isLine(value) && string(list[0]) == string(list[len(list)-1])
}

func isEnvelope(value json.RawMessage) bool {
	return len(elements(value)) == 2 && every(value, isPoint)
}
