package sortkey

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// From keys back to values.

// AppendValue appends the value of a key, an ascending one as Append writes it, as JSON: a number in the shortest way
// without an exponent, as long as its exponent is one byte of the key. ok is false for the key of a missing value, and
// for one that does not have the whole value: nothing is appended then. Whether a number was cut cannot be seen.
func AppendValue(dst, key []byte) (value []byte, ok bool) {
	if len(key) == 0 {
		return dst, false
	}
	switch key[0] {
	case tagNull:
		return append(dst, "null"...), true
	case tagFalse:
		return append(dst, "false"...), true
	case tagTrue:
		return append(dst, "true"...), true
	case tagZero:
		return append(dst, '0'), true
	case tagString:
		return appendStringOf(dst, key[1:])
	case tagPositive:
		return appendNumberOf(dst, key[1:], 0)
	case tagNegative:
		if value, ok = appendNumberOf(append(dst, '-'), key[1:], 0xff); ok {
			return value, true
		}
	}
	return dst, false
}

// appendStringOf appends the string of what follows the tag.
func appendStringOf(dst, rest []byte) ([]byte, bool) {
	text, ok := bytes.CutSuffix(rest, []byte{0, endWhole})
	if !ok {
		return dst, false
	}
	for _, c := range text {
		if c < 0x20 || c == '"' || c == '\\' {
			return rawjson.AppendString(dst, string(DecodeText(rest))), true
		}
	}
	return append(append(append(dst, '"'), text...), '"'), true
}

// appendNumberOf appends the number of what follows the tag, of which each byte is turned so. Nothing is appended if
// it is no such.
func appendNumberOf(dst, rest []byte, turn byte) ([]byte, bool) {
	if len(rest) < 3 || rest[len(rest)-1] != turn {
		return dst, false
	}
	exponent, isLong := int64(rest[0]^turn)-0x80, false
	if first := rest[0] ^ turn; first == 0x3f || first == 0xc0 {
		if isLong = true; len(rest) < 11 {
			return dst, false
		}
		exponent = longExponent(rest[:9], turn)
		rest = rest[8:]
	}
	pairs := rest[1 : len(rest)-1]
	if isLong {
		dst = append(dst, '0', '.')
		return fmt.Appendf(appendPairs(dst, pairs, turn), "e%d", exponent), true
	}
	return appendPlain(dst, pairs, turn, int(exponent)), true
}

// longExponent returns the exponent that 9 bytes have.
func longExponent(b []byte, turn byte) int64 {
	var own [9]byte
	for i := range own {
		own[i] = b[i] ^ turn
	}
	n := binary.BigEndian.Uint64(own[1:])
	if own[0] == 0x3f {
		n ^= 1 << 63
	}
	return int64(n)
}

// appendPlain appends the number 0.ddd × 10^exponent without an exponent.
func appendPlain(dst, pairs []byte, turn byte, exponent int) []byte {
	if exponent <= 0 {
		dst = append(dst, '0', '.')
		for range -exponent {
			dst = append(dst, '0')
		}
		return appendPairs(dst, pairs, turn)
	}
	begin := len(dst)
	dst = appendPairs(dst, pairs, turn)
	digits := len(dst) - begin
	for ; digits < exponent; digits++ {
		dst = append(dst, '0')
	}
	if digits > exponent {
		dst = append(dst, 0)
		copy(dst[begin+exponent+1:], dst[begin+exponent:])
		dst[begin+exponent] = '.'
	}
	return dst
}

// appendPairs appends digits, of which the last one is not 0.
func appendPairs(dst, pairs []byte, turn byte) []byte {
	for _, b := range pairs {
		pair := (b ^ turn) - 1
		dst = append(dst, '0'+pair/10, '0'+pair%10)
	}
	if last := len(dst) - 1; len(pairs) > 0 && dst[last] == '0' {
		dst = dst[:last]
	}
	return dst
}

// tens are the powers of ten that are exact as a float64.
var tens = [...]float64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
	1e22,
}

// mostPairs is how many pairs of digits CutFloat reads: they are less than 1<<63.
const mostPairs = 8

// CutFloat returns the number whose ascending key b begins with, and the length of that key. The number is the nearest
// float64, as [strconv.ParseFloat] has it. The length is 0 for what is no number, and for a number of which CutFloat
// cannot tell: its digits, and the power of ten behind them, must both be exact as a float64, so that there is one
// rounding only.
func CutFloat(b []byte) (n float64, length int) {
	if len(b) > 0 && b[0] == tagZero {
		return 0, 1
	}
	if len(b) < 4 || b[0] != tagPositive && b[0] != tagNegative {
		return 0, 0
	}
	turn := byte(0)
	if b[0] == tagNegative {
		turn = 0xff
	}
	digits, i, end := uint64(0), 2, min(len(b), 2+mostPairs+1)
	for ; i < end && b[i] != turn; i++ {
		pair := (b[i] ^ turn) - 1
		if pair > 99 {
			return 0, 0
		}
		digits = 100*digits + uint64(pair)
	}
	if i == 2 || i == end || digits > 1<<53 {
		return 0, 0
	}
	n = float64(digits)
	switch power := int(b[1]^turn) - 0x80 - 2*(i-2); { // an exponent of 8 bytes begins with what is too large for tens
	case power >= 0 && power < len(tens):
		n *= tens[power]
	case power < 0 && -power < len(tens):
		n /= tens[-power]
	default:
		return 0, 0
	}
	if turn != 0 {
		n = -n
	}
	return n, i + 1
}

// IsPlain says whether a number in JSON is written as AppendValue writes it, and is not cut.
func IsPlain(number []byte) bool {
	if len(number) > 60 { // shorter ones without an exponent have one of a byte
		return false
	}
	hasPoint := false
	for _, c := range number {
		switch c {
		case '.':
			hasPoint = true
		case 'e', 'E':
			return false
		}
	}
	return string(number) != "-0" && !(hasPoint && number[len(number)-1] == '0')
}

// IsMissing says whether a key is that of a missing value.
func IsMissing(key []byte) bool { return len(key) == 1 && key[0] == tagMissing }
