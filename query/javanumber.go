package query

import (
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/javanumber"
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
func javaDouble(n float64) string { return javanumber.Print(n) }
