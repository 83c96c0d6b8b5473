package geo

import (
	"bytes"
	"math"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Parse reads a point as queries and sorts of Elasticsearch write them, from raw JSON:
//
//   - [lon, lat], numbers only;
//   - {"lat": …, "lon": …}, numbers or strings;
//   - {"type": "Point", "coordinates": [lon, lat]};
//   - "lat,lon", "POINT (lon lat)" or a geohash, which stands for the south-west corner of its cell.
//
// Coordinates are not checked. One that is missing in an array is not a number. A third coordinate is an error.
func Parse(raw []byte) (Point, error) {
	return pointParser{}.parse(raw)
}

// A corner is the point of a geohash's cell that is meant.
type corner struct {
	north, east bool
}

// A pointParser is the rules for one point.
type pointParser struct {
	ignoreZ bool   // a third coordinate is dropped, as in documents
	corner  corner // of a geohash
}

func (p pointParser) parse(raw []byte) (Point, error) {
	if len(raw) > 0 {
		switch raw[0] {
		case '[':
			return p.array(raw)
		case '{':
			return p.object(raw)
		case '"':
			text, err := unquote(raw)
			if err != nil {
				return Point{}, err
			}
			return p.text(text)
		}
	}
	return Point{}, refuse("geo_point expected")
}

// unquote returns the text of a JSON string. Without escapes it aliases raw.
func unquote(raw []byte) ([]byte, error) {
	if end, escaped := rawjson.SkipString(raw, 0); !escaped && end >= 2 && end <= len(raw) {
		return raw[1 : end-1], nil
	}
	s, err := rawjson.Unquote(raw)
	return []byte(s), err
}

var errDimensions = refuse("[geo_point] field type does not accept > 3 dimensions")

func (p pointParser) array(raw []byte) (Point, error) {
	at := Point{math.NaN(), math.NaN()}
	n := 0
	for e := range elements(raw) {
		v, ok := number(e)
		if !ok {
			return Point{}, refuse("numeric value expected")
		}
		n++
		switch n {
		case 1:
			at.Lon = v
		case 2:
			at.Lat = v
		case 3:
			if err := p.z(v); err != nil {
				return Point{}, err
			}
		default:
			return Point{}, errDimensions
		}
	}
	return at, nil
}

// z refuses a third coordinate, unless it is to be ignored.
func (p pointParser) z(v float64) error {
	if p.ignoreZ {
		return nil
	}
	return refuse(
		"Exception parsing coordinates: found Z value [%s] but [ignore_z_value] parameter is [false]",
		double(v),
	)
}

// text reads a point that is a string: WKT if it says "point" anywhere, coordinates if it has a comma, or a geohash.
func (p pointParser) text(text []byte) (Point, error) {
	switch {
	case containsFold(text, "point"):
		return p.wkt(text)
	case bytes.IndexByte(text, ',') >= 0:
		return p.coordinates(text)
	}
	c, err := geohash(text)
	if err != nil {
		return Point{}, err
	}
	at := Point{c.south, c.west}
	if p.corner.north {
		at.Lat = c.north
	}
	if p.corner.east {
		at.Lon = c.east
	}
	return at, nil
}

// coordinates reads "lat,lon". Empty parts at the end do not count.
func (p pointParser) coordinates(text []byte) (Point, error) {
	if parts := 1 + bytes.Count(bytes.TrimRight(text, ","), []byte(",")); parts > 3 {
		return Point{}, refuse("failed to parse [%d], expected 2 or 3 coordinates but found: [{}]", parts)
	}
	latText, rest, _ := bytes.Cut(text, []byte(","))
	lonText, zText, more := bytes.Cut(rest, []byte(","))
	lat, ok := parseDouble(latText)
	if !ok {
		return Point{}, refuse("latitude must be a number")
	}
	lon, ok := parseDouble(lonText)
	if !ok {
		return Point{}, refuse("longitude must be a number")
	}
	if more && len(bytes.TrimRight(zText, ",")) > 0 {
		z, ok := parseDouble(zText)
		if !ok {
			return Point{}, notDouble(zText)
		}
		if err := p.z(z); err != nil {
			return Point{}, err
		}
	}
	return Point{lat, lon}, nil
}

// containsFold says whether text contains word, which is in lower case, in any case.
func containsFold(text []byte, word string) bool {
	for ; len(text) >= len(word); text = text[1:] {
		if text[0]|0x20 == word[0] && bytes.EqualFold(text[:len(word)], []byte(word)) {
			return true
		}
	}
	return false
}
