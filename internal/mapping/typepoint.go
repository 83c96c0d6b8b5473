package mapping

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/geo"
)

// point is geo_point, in all its notations. An array that begins with a number is one point.
type point struct{ lenient bool }

func (t point) fits(v []byte) bool {
	if isUsual(v) {
		return true
	}
	var room [4]geo.Point
	_, err := geo.Points(room[:0], "", v, t.lenient)
	return err == nil && !isTooMany(v)
}

// isUsual says whether a value is {"lat": number, "lon": number} with coordinates in range, which most points are.
func isUsual(v []byte) bool {
	rest, ok := bytes.CutPrefix(v, []byte(`{"lat":`))
	if !ok {
		return false
	}
	lat, rest, _ := bytes.Cut(rest, []byte(`,"lon":`))
	lon := bytes.TrimSuffix(rest, []byte(`}`))
	return isWithin(lat, 90) && isWithin(lon, 180)
}

// isWithin says whether a text is a plain number between -most and most.
func isWithin(text []byte, most float64) bool {
	if len(text) == 0 || !isPlain(text) {
		return false
	}
	n, err := strconv.ParseFloat(string(text), 64)
	return err == nil && -most <= n && n <= most
}

// isTooMany says whether a value is an array of more than three coordinates, of which package geo does not look at the
// rest: it is no longer the point that finds fault with them.
func isTooMany(v []byte) bool {
	if !isArray(v) || len(v) < len(`[1,2,3,4]`) || !isNumber(v[1:]) {
		return false
	}
	n := 0
	for range values(v) {
		n++
	}
	return n > 3
}

func (t point) refuse(x *examiner, f *field, v spot) *Objection {
	_, err := geo.Points(nil, f.path, v.value, t.lenient)
	column, cause := t.column(x, v), ""
	if err != nil {
		cause = err.Error()
	}
	if strings.HasPrefix(cause, "Current token (") { // Jackson's own, with a place of its own
		return at(column, "failed to parse: "+positioned(column+1, cause))
	}
	o := at(column, "failed to parse field ["+f.path+"] of type [geo_point]")
	for _, ofJava := range []string{"illegal l", "invalid l", "For input string", "empty String", "cannot normalize"} {
		if strings.HasPrefix(cause, ofJava) {
			return o
		}
	}
	return o.because(cause)
}

// column returns where Elasticsearch stopped reading: at the end of an object, and in coordinates at the one that is
// too many, or at their end.
func (t point) column(x *examiner, v spot) int {
	if !isArray(v.value) {
		return x.lastToken(v)
	}
	isPair := false
	for i, e := range x.elements(v.value, v.start) {
		switch {
		case i == 0 && isNumber(e.value):
			isPair = true
		case isPair && (i == 3 || i == 2 && !isNumber(e.value)):
			return e.start
		case !isPair && !t.fits(e.value):
			return x.lastToken(e)
		}
	}
	return x.lastToken(v)
}
