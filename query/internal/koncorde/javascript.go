package koncorde

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// This file turns values into text and numbers as JavaScript does.

// appendNumber appends n as JavaScript writes numbers.
func appendNumber(dst []byte, n float64) []byte {
	switch {
	case math.IsNaN(n):
		return append(dst, "NaN"...)
	case math.IsInf(n, 0):
		if n < 0 {
			dst = append(dst, '-')
		}
		return append(dst, "Infinity"...)
	case n == 0:
		return append(dst, '0') // also for -0
	}
	if size := math.Abs(n); size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(dst, n, 'f', -1, 64)
	}
	s := strconv.FormatFloat(n, 'e', -1, 64) // 1e-07, which JavaScript writes as 1e-7
	mantissa, exponent, _ := strings.Cut(s, "e")
	dst = append(append(append(dst, mantissa...), 'e'), exponent[0])
	return append(dst, strings.TrimLeft(exponent[1:], "0")...)
}

// What JSON.stringify writes for an infinite number, and what JSON.parse reads as one.
const (
	infinityLost = "null"
	infinityKept = "1e999"
)

// appendJSON appends v as JSON.stringify writes it, but for infinite numbers.
func appendJSON(dst []byte, v value, infinity string) []byte {
	switch v.kind {
	case boolean:
		return strconv.AppendBool(dst, v.boolean)
	case number:
		if math.IsNaN(v.number) {
			return append(dst, "null"...)
		}
		if math.IsInf(v.number, 0) {
			if v.number < 0 && infinity == infinityKept {
				dst = append(dst, '-')
			}
			return append(dst, infinity...)
		}
		return appendNumber(dst, v.number)
	case text:
		return rawjson.AppendString(dst, v.text)
	case array:
		dst = append(dst, '[')
		for i, item := range v.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, item, infinity)
		}
		return append(dst, ']')
	case object:
		dst = append(dst, '{')
		for i, m := range v.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(rawjson.AppendString(dst, m.key), ':')
			dst = appendJSON(dst, m.value, infinity)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

// toText returns v as String(v) does.
func toText(v value) string { return string(appendText(nil, v)) }

func appendText(dst []byte, v value) []byte {
	switch v.kind {
	case null:
		return append(dst, "null"...)
	case boolean:
		return strconv.AppendBool(dst, v.boolean)
	case number:
		return appendNumber(dst, v.number)
	case text:
		return append(dst, v.text...)
	case object:
		return append(dst, "[object Object]"...)
	}
	for i, item := range v.items {
		if i > 0 {
			dst = append(dst, ',')
		}
		if item.kind != null {
			dst = appendText(dst, item)
		}
	}
	return dst
}

var decimal = regexp.MustCompile(`^[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)`)

// parseFloat returns the number that v begins with, as parseFloat does, or NaN.
func parseFloat(v value) float64 {
	if v.kind == number {
		return v.number
	}
	found := decimal.FindString(strings.TrimLeftFunc(toText(v), isSpace))
	if found == "" {
		return math.NaN()
	}
	n, _ := strconv.ParseFloat(found, 64) // the error only says that the number is infinite
	return n
}

// isSpace says whether \s of JavaScript's regular expressions matches r.
func isSpace(r rune) bool {
	return strings.ContainsRune("\t\n\v\f\r\u2028\u2029\ufeff", r) || unicode.Is(unicode.Zs, r)
}

// truthy says whether v counts as true in a condition.
func truthy(v value) bool {
	switch v.kind {
	case null:
		return false
	case boolean:
		return v.boolean
	case number:
		return v.number != 0
	case text:
		return v.text != ""
	}
	return true
}

// sameScalar says whether v is strictly equal to want, which is nil, a bool, float64 or string. Nothing is equal to a
// Composite.
func sameScalar(v value, want any) bool {
	switch want := want.(type) {
	case nil:
		return v.kind == null
	case bool:
		return v.kind == boolean && v.boolean == want
	case float64:
		return v.kind == number && v.number == want
	case string:
		return v.kind == text && v.text == want
	}
	return false
}

// utf16Length returns the length that JavaScript gives for s.
func utf16Length(s string) int {
	length := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 { // a lone surrogate, of three bytes
			size = min(3, len(s)-i)
		}
		i += size
		length++
		if r > 0xffff {
			length++
		}
	}
	return length
}
