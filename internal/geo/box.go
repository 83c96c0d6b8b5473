package geo

import (
	"math"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Corners are the sides of a box as a query writes them. A side that is missing is not a number.
type Corners struct {
	Top, Left, Bottom, Right float64
}

// ParseBox reads the sides of a box from raw JSON, which must be an object with
//
//   - top, left, bottom and right, numbers or strings;
//   - or two opposite corners, as points in any form of [Parse]: top_left and bottom_right, or top_right and
//     bottom_left. A geohash stands for that corner of its cell;
//   - or wkt, "BBOX (left, right, top, bottom)".
//
// Of several that give the same side the last one counts. [NewBox] says what is missing. Elasticsearch puts the error
// in brackets: failed to parse [geo_bounding_box] query. […].
func ParseBox(raw []byte) (Corners, error) {
	if len(raw) == 0 || raw[0] != '{' {
		return Corners{}, refuse("failed to parse bounding box. Expected start object but found [%s]", token(raw))
	}
	c := boxParser{noCorners, noCorners}
	for key, value := range rawjson.Members(raw) {
		if err := c.member(key, value); err != nil {
			return Corners{}, err
		}
	}
	if c.wkt.none() {
		return c.sides, nil
	}
	if !c.sides.none() {
		return Corners{}, refuse(
			"failed to parse bounding box. Conflicting definition found using well-known text and explicit corners.",
		)
	}
	return c.wkt, nil
}

var noCorners = Corners{math.NaN(), math.NaN(), math.NaN(), math.NaN()}

// none says whether no side is there.
func (c Corners) none() bool {
	return math.IsNaN(c.Top) && math.IsNaN(c.Left) && math.IsNaN(c.Bottom) && math.IsNaN(c.Right)
}

type boxParser struct {
	sides, wkt Corners
}

func (b *boxParser) member(key, value []byte) (err error) {
	name, err := unquote(key)
	if err != nil {
		return err
	}
	c := &b.sides
	switch string(name) {
	case "wkt":
		if len(value) == 0 || value[0] != '"' {
			return errWKTBox
		}
		var text []byte
		if text, err = unquote(value); err == nil {
			b.wkt, err = wktBox(text)
		}
	case "top":
		c.Top, err = side(value)
	case "left":
		c.Left, err = side(value)
	case "bottom":
		c.Bottom, err = side(value)
	case "right":
		c.Right, err = side(value)
	case "top_left":
		err = boxCorner(value, corner{north: true}, &c.Top, &c.Left)
	case "top_right":
		err = boxCorner(value, corner{north: true, east: true}, &c.Top, &c.Right)
	case "bottom_left":
		err = boxCorner(value, corner{}, &c.Bottom, &c.Left)
	case "bottom_right":
		err = boxCorner(value, corner{east: true}, &c.Bottom, &c.Right)
	default:
		err = refuse("failed to parse bounding box. unexpected field [%s]", name)
	}
	return err
}

func side(raw []byte) (float64, error) {
	v, text, kind, ok := numeric(raw)
	switch {
	case !kind:
		return 0, errNotNumeric(raw)
	case !ok:
		return 0, notDouble(text)
	}
	return v, nil
}

func boxCorner(raw []byte, which corner, lat, lon *float64) error {
	p, err := pointParser{corner: which}.parse(raw)
	*lat, *lon = p.Lat, p.Lon
	return err
}

// A Box is all points between two latitudes and two longitudes, these included (Elasticsearch: geo_bounding_box). Where
// the left side is east of the right one, the box crosses the date line.
type Box struct {
	south, north int32 // steps of the grid, see [Point.Encode]
	west, east   int32
	crosses      bool
}

// NewBox returns the box between sides. They are rounded as stored points are, so that a point is inside of a box with
// its own coordinates. Left and right may be equal, or exchanged; top must not be below bottom.
func NewBox(c Corners, v Validation) (Box, error) {
	if err := c.check(); err != nil {
		return Box{}, err
	}
	northWest, southEast := Point{c.Top, c.Left}, Point{c.Bottom, c.Right}
	if v == Coerce {
		whole := c.Right > c.Left && math.Mod(c.Right-c.Left, 360) == 0
		northWest, southEast = northWest.Normalized(), southEast.Normalized()
		if whole {
			northWest.Lon, southEast.Lon = -180, 180
		}
	}
	for _, p := range [...]Point{northWest, southEast} {
		if v == Strict && !p.Valid() {
			return Box{}, errCoordinates
		}
		if err := checkIndexed(p); err != nil {
			return Box{}, err
		}
	}
	var b Box
	b.north, b.west = northWest.Encode()
	b.south, b.east = southEast.Encode()
	b.crosses = b.east < b.west
	return b, nil
}

// check comes first, whatever the validation.
func (c Corners) check() error {
	for _, side := range [...]struct {
		name  string
		value float64
	}{{"top latitude", c.Top}, {"left longitude", c.Left}, {"bottom latitude", c.Bottom}, {"right longitude", c.Right}} {
		if math.IsNaN(side.value) || math.IsInf(side.value, 0) {
			return refuse("%s is invalid: %s", side.name, double(side.value))
		}
	}
	if c.Top < c.Bottom {
		return refuse("top is below bottom corner: %s vs. %s", double(c.Top), double(c.Bottom))
	}
	return nil
}

// Contains says whether the box contains a point of a document, which must be as [Points] returns it.
func (b Box) Contains(p Point) bool {
	lat, lon := p.Encode()
	if lat < b.south || lat > b.north {
		return false
	}
	if b.crosses {
		return lon >= b.west || lon <= b.east
	}
	return lon >= b.west && lon <= b.east
}
