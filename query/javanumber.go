package query

import (
	"math"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Numbers as Java prints them: how a number looks in the text of an error or as the text of a keyword.

// javaText returns a scalar as the text that Java has for it: what a string says, a whole number as it is written, any
// other number as Double.toString prints it.
func javaText(raw []byte) string {
	if isString(raw) {
		return string(rawjson.AppendDecoded(nil, raw))
	}
	if !isNumber(raw) || !strings.ContainsAny(string(raw), ".eE") {
		return string(raw)
	}
	n, _ := strconv.ParseFloat(string(raw), 64)
	return javaDouble(n)
}

// javaDouble prints a number as Double.toString does.
func javaDouble(n float64) string {
	switch size := math.Abs(n); {
	case math.IsNaN(n):
		return "NaN"
	case math.IsInf(n, 1):
		return "Infinity"
	case math.IsInf(n, -1):
		return "-Infinity"
	case size == 0 || 1e-3 <= size && size < 1e7:
		text := strconv.FormatFloat(n, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(n, 'E', -1, 64), "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	e, _ := strconv.Atoi(exponent)
	return mantissa + "E" + strconv.Itoa(e)
}
