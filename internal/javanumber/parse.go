// Package javanumber reads and prints numbers as Java does: what Elasticsearch takes for a number in a string, what its
// types of numbers make of the numbers of a document, and how a number looks in the text of an error. It is pure.
package javanumber

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Parse reads a number as Double.parseDouble does, or with 32 bits Float.parseFloat: white space around it, a suffix f
// or d, NaN and Infinity are fine, and what is too large is infinite. The error has Java's text.
func Parse(text string, bits int) (float64, error) {
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

// mostExponent is the exponent beyond which a number is no whole number of 64 bits, or next to zero.
const mostExponent = 400

// Whole returns a decimal number without what follows its point; ok is false for what is no decimal number, or not one
// of 64 bits.
func Whole(text string) (n int64, ok bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	whole, ok := BigWhole(text)
	return whole.Int64(), ok && whole.IsInt64()
}

// BigWhole is Whole for numbers of any size; those beyond 10^400 count as none.
func BigWhole(text string) (n *big.Int, ok bool) {
	mantissa, exponent, hasExponent := strings.Cut(strings.ReplaceAll(text, "E", "e"), "e")
	if strings.Trim(mantissa, "+-.0123456789") != "" || !strings.ContainsAny(mantissa, "0123456789") {
		return new(big.Int), false
	}
	if hasExponent {
		e, err := strconv.Atoi(exponent)
		if err != nil || e > mostExponent {
			return new(big.Int), false
		}
		if e < -mostExponent {
			return new(big.Int), len(mantissa) <= mostExponent
		}
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return new(big.Int), false
	}
	return new(big.Int).Quo(r.Num(), r.Denom()), true
}
