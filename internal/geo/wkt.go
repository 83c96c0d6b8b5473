package geo

import (
	"bytes"
	"strings"
)

// Well-known text: "POINT (lon lat)", and for boxes "BBOX (west, east, north, south)", in any case.

var errWKT = refuse("Invalid WKT format")

// wkt reads a point. What comes after it is not looked at. POINT EMPTY is 0,0.
func (p pointParser) wkt(text []byte) (Point, error) {
	w := wktReader{text}
	name := strings.ToUpper(string(w.next()))
	switch name {
	case "POINT":
	case "MULTIPOINT", "LINESTRING", "MULTILINESTRING", "POLYGON", "MULTIPOLYGON", "BBOX", "CIRCLE", "GEOMETRYCOLLECTION":
		if name == "BBOX" {
			name = "ENVELOPE"
		}
		return Point{}, refuse("[geo_point] supports only POINT among WKT primitives, but found %s", name)
	default:
		return Point{}, errWKT
	}
	open := w.next()
	if bytes.EqualFold(open, []byte("EMPTY")) {
		return Point{}, nil
	}
	if string(open) != "(" {
		return Point{}, errWKT
	}
	lon, ok1 := w.number()
	lat, ok2 := w.number()
	end := w.next()
	if _, isNumber := parseDouble(end); isNumber && p.ignoreZ {
		end = w.next()
	}
	if !ok1 || !ok2 || string(end) != ")" || !ValidLat(lat) || !ValidLon(lon) {
		return Point{}, errWKT
	}
	return Point{lat, lon}, nil
}

var errWKTBox = refuse("failed to parse WKT bounding box")

// wktBox reads a box.
func wktBox(text []byte) (Corners, error) {
	w := wktReader{text}
	switch name := strings.ToUpper(string(w.next())); name {
	case "BBOX":
	case "POINT", "MULTIPOINT", "LINESTRING", "MULTILINESTRING", "POLYGON", "MULTIPOLYGON", "CIRCLE", "GEOMETRYCOLLECTION":
		return Corners{}, refuse("failed to parse WKT bounding box. [%s] found. expected [ENVELOPE]", name)
	default:
		return Corners{}, errWKTBox
	}
	var side [4]float64
	before := "("
	for i := range side {
		if string(w.next()) != before {
			return Corners{}, errWKTBox
		}
		var ok bool
		if side[i], ok = w.number(); !ok {
			return Corners{}, errWKTBox
		}
		before = ","
	}
	c := Corners{Left: side[0], Right: side[1], Top: side[2], Bottom: side[3]}
	if string(w.next()) != ")" || c.Top < c.Bottom {
		return Corners{}, errWKTBox
	}
	return c, nil
}

// A wktReader takes well-known text apart into words and signs.
type wktReader struct {
	rest []byte
}

// next returns the next word, bracket or comma, or nothing at the end.
func (w *wktReader) next() []byte {
	w.rest = bytes.TrimLeft(w.rest, " \t\r\n")
	n := 0
	for n < len(w.rest) && bytes.IndexByte([]byte(" \t\r\n(),"), w.rest[n]) < 0 {
		n++
	}
	if n == 0 && len(w.rest) > 0 {
		n = 1
	}
	word := w.rest[:n]
	w.rest = w.rest[n:]
	return word
}

func (w *wktReader) number() (float64, bool) {
	return parseDouble(w.next())
}
