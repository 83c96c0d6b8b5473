package geo

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// KoncordePoint reads a point as the documents and filters of Koncorde write them, from raw JSON:
//
//   - [lat, lon], in this order;
//   - {"lat": …, "lon": …};
//   - "lat,lon", or a geohash of four characters or more, which stands for the middle of its cell;
//   - {"latLon": …} or {"lat_lon": …} with one of these.
//
// Numbers may be strings, of which what follows the number is not looked at (JavaScript: parseFloat). It reports false
// for anything else, which is an error in a filter and no match in a document. Coordinates are not checked.
func KoncordePoint(raw []byte) (Point, bool) {
	if len(raw) == 0 {
		return Point{}, false
	}
	switch raw[0] {
	case '"':
		return koncordeText(raw)
	case '[':
		return koncordePair(raw)
	case '{':
		return koncordeObject(raw)
	}
	return Point{}, false
}

func koncordeObject(raw []byte) (Point, bool) {
	var lat, lon, both []byte
	for key, value := range rawjson.Members(raw) {
		switch {
		case rawjson.KeyIs(key, "lat"):
			lat = value
		case rawjson.KeyIs(key, "lon"):
			lon = value
		case rawjson.KeyIs(key, "latLon"), rawjson.KeyIs(key, "lat_lon"):
			both = value
		}
	}
	if lat != nil && lon != nil {
		return koncordeCoordinates(lat, lon)
	}
	if len(both) > 0 && both[0] == '{' {
		lat, _ = rawjson.Lookup(both, "lat")
		lon, _ = rawjson.Lookup(both, "lon")
		return koncordeCoordinates(lat, lon)
	}
	return KoncordePoint(both)
}

func koncordePair(raw []byte) (Point, bool) {
	var pair [2][]byte
	n := 0
	for e := range elements(raw) {
		if n == len(pair) {
			return Point{}, false
		}
		pair[n] = e
		n++
	}
	return koncordeCoordinates(pair[0], pair[1])
}

func koncordeCoordinates(lat, lon []byte) (Point, bool) {
	return known(koncordeNumber(lat), koncordeNumber(lon))
}

// known makes a point of two coordinates, if both are numbers.
func known(lat, lon float64) (Point, bool) {
	return Point{lat, lon}, lat == lat && lon == lon
}

// koncordeNumber returns the number that a JSON value begins with when it is written as text, or not a number. An array
// begins as its first element does.
func koncordeNumber(raw []byte) float64 {
	for len(raw) > 0 && raw[0] == '[' {
		raw = bytes.TrimLeft(raw[1:], " \t\r\n")
	}
	raw = raw[:rawjson.Skip(raw, 0)]
	if len(raw) > 0 && raw[0] == '"' {
		if text, err := unquote(raw); err == nil {
			return parseFloat(text)
		}
		return math.NaN()
	}
	if v, ok := number(raw); ok {
		return v
	}
	return math.NaN()
}

func koncordeText(raw []byte) (Point, bool) {
	text, err := unquote(raw)
	if err != nil {
		return Point{}, false
	}
	if bytes.Count(text, []byte(",")) == 1 {
		lat, lon, _ := bytes.Cut(text, []byte(","))
		return known(parseFloat(lat), parseFloat(lon))
	}
	if len(text) < 4 {
		return Point{}, false
	}
	c := world
	for i, digit := range text {
		if (digit < '0' || digit > '9') && (digit < 'a' || digit > 'z') {
			return Point{}, false
		}
		value := geohashValues[digit]
		if value > 0 { // the letters a, i, l and o, which geohashes do not have, count as 0
			value--
		}
		c.descend(value, i%2 == 0)
	}
	return Point{(c.south + c.north) / 2, (c.west + c.east) / 2}, true
}

// parseFloat returns the number at the beginning of a text, or not a number if there is none (JavaScript: parseFloat).
func parseFloat(text []byte) float64 {
	text = trimJS(text)
	digits := text
	if len(digits) > 0 && (digits[0] == '+' || digits[0] == '-') {
		digits = digits[1:]
	}
	sign := len(text) - len(digits)
	if bytes.HasPrefix(digits, []byte("Infinity")) {
		if sign == 1 && text[0] == '-' {
			return math.Inf(-1)
		}
		return math.Inf(1)
	}
	end := sign + decimal(digits)
	v, err := strconv.ParseFloat(string(text[:end]), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return math.NaN()
	}
	return v
}

// decimal returns how many bytes of a text are a decimal number with an exponent, if there is one.
func decimal(text []byte) int {
	whole := digitsOf(text)
	end := whole
	if end < len(text) && text[end] == '.' {
		end++
		end += digitsOf(text[end:])
	}
	exponent := end
	if exponent < len(text) && text[exponent]|0x20 == 'e' {
		exponent++
		if exponent < len(text) && (text[exponent] == '+' || text[exponent] == '-') {
			exponent++
		}
		if n := digitsOf(text[exponent:]); n > 0 {
			end = exponent + n
		}
	}
	return end
}

// digitsOf returns how many digits a text begins with.
func digitsOf(text []byte) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}

// trimJS drops the white space of JavaScript at the beginning.
func trimJS(text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if !isSpaceJS(r) {
			break
		}
		text = text[n:]
	}
	return text
}

// isSpaceJS says whether a character is white space in JavaScript.
func isSpaceJS(r rune) bool {
	return r != '\u0085' && unicode.IsSpace(r) || r == '\ufeff'
}
