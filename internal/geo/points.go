package geo

import (
	"math"
)

// Points appends the points of a document's field of type geo_point to dst, as an index keeps them, see [Point.Stored].
// raw is the JSON of the field: nothing for null, one point in any form of [Parse], or an array of points and nulls. An
// array that begins with a number is one point. A third coordinate is dropped.
//
// A point that is malformed is an error, and so is one out of range; field is the name that the error quotes. With
// lenient (ignore_malformed) a malformed point is left out, and one out of range is brought into range; only an array
// of coordinates that is malformed is an error still.
//
// After an error dst may have been appended to.
func Points(dst []Point, field string, raw []byte, lenient bool) ([]Point, error) {
	if len(raw) == 0 || raw[0] != '[' {
		return appendPoint(dst, field, raw, lenient)
	}
	first := true
	for e := range elements(raw) {
		if _, isNumber := number(e); first && isNumber {
			at, err := pair(raw)
			if err != nil {
				return dst, err
			}
			return appendStored(dst, field, at, lenient)
		}
		first = false
		var err error
		if dst, err = appendPoint(dst, field, e, lenient); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// Written appends the points of a document's field of type geo_point as they are written, not as an index keeps them.
// raw is as for Points. What is malformed is left out, and a point out of range is brought into range.
func Written(dst []Point, raw []byte) []Point {
	if len(raw) == 0 || raw[0] != '[' {
		return appendWritten(dst, raw)
	}
	first := true
	for e := range elements(raw) {
		if _, isNumber := number(e); first && isNumber {
			if at, err := pair(raw); err == nil {
				dst = append(dst, at.Normalized())
			}
			return dst
		}
		first = false
		dst = appendWritten(dst, e)
	}
	return dst
}

func appendWritten(dst []Point, raw []byte) []Point {
	if at, err := (pointParser{ignoreZ: true}).parse(raw); err == nil {
		dst = append(dst, at.Normalized())
	}
	return dst
}

func appendPoint(dst []Point, field string, raw []byte, lenient bool) ([]Point, error) {
	if string(raw) == "null" {
		return dst, nil
	}
	at, err := pointParser{ignoreZ: true}.parse(raw)
	if err == nil {
		dst, err = appendStored(dst, field, at, lenient)
	}
	if lenient {
		err = nil
	}
	return dst, err
}

// appendStored checks or corrects a point.
func appendStored(dst []Point, field string, at Point, lenient bool) ([]Point, error) {
	if lenient {
		if math.IsNaN(at.Lat-at.Lat) || math.IsNaN(at.Lon-at.Lon) {
			return dst, refuse("cannot normalize the point - not a number")
		}
		return append(dst, at.Normalized().Stored()), nil
	}
	switch {
	case at.Lat > 90 || at.Lat < -90:
		return dst, refuse("illegal latitude value [%s] for %s", double(at.Lat), field)
	case at.Lon > 180 || at.Lon < -180:
		return dst, refuse("illegal longitude value [%s] for %s", double(at.Lon), field)
	}
	if err := checkIndexed(at); err != nil {
		return dst, err
	}
	return append(dst, at.Stored()), nil
}

// checkIndexed is the check of Lucene, which comes last.
func checkIndexed(at Point) error {
	switch {
	case !ValidLat(at.Lat):
		return refuse("invalid latitude %s; must be between -90.0 and 90.0", double(at.Lat))
	case !ValidLon(at.Lon):
		return refuse("invalid longitude %s; must be between -180.0 and 180.0", double(at.Lon))
	}
	return nil
}

// pair reads [lon, lat] of a document, in which lat may be a string. What comes after a third number is not looked at.
func pair(raw []byte) (at Point, err error) {
	n := 0
	for e := range elements(raw) {
		switch n++; n {
		case 1:
			at.Lon, _ = number(e)
		case 2:
			v, text, kind, ok := numeric(e)
			switch {
			case !kind:
				return at, errNotNumeric(e)
			case !ok:
				return at, notDouble(text)
			}
			at.Lat = v
		case 3:
			if _, ok := number(e); !ok {
				return at, refuse("field type does not accept > 3 dimensions")
			}
		}
	}
	if n < 2 {
		return at, errNotNumeric(nil)
	}
	return at, nil
}
