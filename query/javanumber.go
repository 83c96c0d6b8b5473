package query

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/java"
)

// Numbers as Java reads and prints them: what Elasticsearch takes for a number in a string, and how a number looks in
// the text of an error or as the text of a keyword.

// parseJavaFloat reads a number as Double.parseDouble does, or with 32 bits Float.parseFloat: white space around it, a
// suffix f or d, NaN and Infinity are fine, and what is too large is infinite. The error has Java's text.
func parseJavaFloat(text string, bits int) (float64, error) {
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	if text == "" {
		return 0, errors.New("empty String")
	}
	plain := text
	digits := strings.TrimLeft(text, "+-")
	isHex := len(digits) > 1 && digits[0] == '0' && digits[1]|0x20 == 'x'
	if last := text[len(text)-1] | 0x20; (last == 'f' || last == 'd') && (!isHex || strings.ContainsAny(text, "pP")) {
		plain = text[:len(text)-1]
	}
	isWord := digits == "NaN" || digits == "Infinity"
	isNumber := digits != "" && (digits[0] == '.' || '0' <= digits[0] && digits[0] <= '9') && !strings.Contains(text, "_")
	if isWord || isNumber {
		n, err := strconv.ParseFloat(plain, bits)
		if err == nil || errors.Is(err, strconv.ErrRange) {
			return n, nil
		}
	}
	//lint:ignore ST1005 Java's text
	return 0, fmt.Errorf("For input string: %s", `"`+text+`"`)
}

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
func javaDouble(n float64) string { return java.Double(n) }

// mostExponent is the exponent beyond which a number is no whole number of 64 bits, or next to zero.
const mostExponent = 400

// wholeOf returns a decimal number without what follows its point; ok is false for what is no decimal number, or
// not one of 64 bits.
func wholeOf(text string) (n int64, ok bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	mantissa, exponent, hasExponent := strings.Cut(strings.ReplaceAll(text, "E", "e"), "e")
	if strings.Trim(mantissa, "+-.0123456789") != "" || !strings.ContainsAny(mantissa, "0123456789") {
		return 0, false
	}
	if hasExponent {
		e, err := strconv.Atoi(exponent)
		if err != nil || e > mostExponent {
			return 0, false
		}
		if e < -mostExponent {
			return 0, len(mantissa) <= mostExponent
		}
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, false
	}
	whole := new(big.Int).Quo(r.Num(), r.Denom())
	return whole.Int64(), whole.IsInt64()
}
