// Package sortkey turns JSON values into bytes that sort as the values do.
//
// Values are in this order: false, true, numbers, strings, null, and behind all of them a field without a value. Numbers
// are ordered by their exact decimal value, whatever their size: 9007199254740993 comes behind 9007199254740992, and 1,
// 1.0 and 1e0 are one key. Strings are ordered by their code points. Objects and arrays have no key.
//
// A key is a tag and what follows:
//
//	null, false, true, missing   nothing
//	number above 0               exponent, digits, 0
//	number below 0               the same of the number without its sign, all bits turned
//	string                       its bytes, in which 0 is written as 0 ff, then 0 1
//	string that is cut           its first bytes, written so, then 0 2 and 16 bytes of the SHA-256 of the whole string
//
// The exponent E and the digits d say that the number is 0.ddd × 10^E. An exponent from -64 to 63 is one byte, 80 + E;
// others are c0 or 3f and 8 bytes. Two digits are one byte, 1 to 100. No key is the beginning of another one, so that
// keys may be joined: joined keys sort by the first value, then by the second, and so on.
//
// A descending key (Descend) has all its bits turned, so that keys sort the other way round; but null and missing are
// the same in both directions, behind all values.
package sortkey

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The tags. All others are free.
const (
	tagFalse    = 0x20
	tagTrue     = 0x21
	tagNegative = 0x30
	tagZero     = 0x31
	tagPositive = 0x32
	tagString   = 0x40
	tagNull     = 0xf0 // behind the turned tags of values
	tagMissing  = 0xf8

	// Where absent values come first.
	tagMissingFirst = 0x01
	tagNullFirst    = 0x02
)

// What ends a string; what is above all of them.
const (
	endEscaped = 0xff
	endWhole   = 0x01
	endCut     = 0x02
	endBound   = 0x03
)

// AppendMissing appends the key of a field that has no value.
func AppendMissing(dst []byte) []byte { return append(dst, tagMissing) }

// Append appends the key of a value. ok is false for an object and an array, which have no key.
func Append(dst, value []byte) (key []byte, ok bool) {
	key, _, ok = AppendCut(dst, value, math.MaxInt)
	return key, ok
}

// AppendCut is Append, but cuts what is long: of a string of more than most bytes only the first are in the key, and a
// hash of the whole string. cut says so: such keys are different for different strings, but their order among strings
// with the same beginning is not that of the strings. A number of more digits than that is cut as well, without a hash:
// different numbers may have the same key.
func AppendCut(dst, value []byte, most int) (key []byte, cut, ok bool) {
	if len(value) == 0 {
		return dst, false, false
	}
	switch value[0] {
	case 'n':
		return append(dst, tagNull), false, true
	case 'f':
		return append(dst, tagFalse), false, true
	case 't':
		return append(dst, tagTrue), false, true
	case '"':
		key, cut = appendString(append(dst, tagString), value, most)
		return key, cut, true
	case '{', '[':
		return dst, false, false
	}
	key, cut = appendNumber(dst, value, most)
	return key, cut, true
}

// appendString appends a string as it is written in JSON.
func appendString(dst, value []byte, most int) (key []byte, cut bool) {
	if bytes.IndexByte(value, '\\') < 0 && len(value)-2 <= most { // without an escape there is no 0
		dst = append(dst, value[1:len(value)-1]...)
		return append(dst, 0, endWhole), false
	}
	return AppendText(dst, rawjson.AppendDecoded(nil, value), most)
}

// AppendString appends the key of a string, of the bytes that the string decodes to, see AppendCut.
func AppendString(dst, text []byte, most int) (key []byte, cut bool) {
	return AppendText(append(dst, tagString), text, most)
}

// AppendText appends what follows the tag of a string, of the bytes that the string decodes to.
func AppendText(dst, text []byte, most int) (key []byte, cut bool) {
	if len(text) <= most {
		return append(appendEscaped(dst, text), 0, endWhole), false
	}
	sum := sha256.Sum256(text)
	dst = append(appendEscaped(dst, text[:most]), 0, endCut)
	return append(dst, sum[:16]...), true
}

// AppendID appends an id as the last part of a key: as it is, or descending.
func AppendID(key []byte, id string, descending bool) []byte {
	if !descending {
		return append(key, id...)
	}
	begin := len(key)
	key, _ = AppendText(key, []byte(id), math.MaxInt)
	invert(key[begin:])
	return key
}

// CutID is the inverse of AppendID, for the last part of a key. ok is false for what is no id.
func CutID(b []byte, descending bool) (id string, ok bool) {
	if descending {
		b = bytes.Clone(b)
		invert(b)
		b = DecodeText(b)
	}
	return string(b), len(b) > 0
}

// DecodeText returns the text that AppendText has written without cutting; nil if b is no such.
func DecodeText(b []byte) []byte {
	text, ok := bytes.CutSuffix(b, []byte{0, endWhole})
	if !ok {
		return nil
	}
	return bytes.ReplaceAll(text, []byte{0, endEscaped}, []byte{0})
}

// BeginningOf returns the text that the key of a string begins with: the whole of it, if nothing is cut off. The key may
// lack its end; nil if it is none of a string.
func BeginningOf(key []byte) []byte {
	if len(key) == 0 || key[0] != tagString {
		return nil
	}
	text := key[1:]
	if n := Len(key, false); n > 0 {
		text = text[:n-1]
		if whole, ok := bytes.CutSuffix(text, []byte{0, endWhole}); ok {
			text = whole
		} else {
			text = text[:len(text)-18]
		}
	}
	return bytes.ReplaceAll(text, []byte{0, endEscaped}, []byte{0})
}

func appendEscaped(dst, text []byte) []byte {
	for {
		n := bytes.IndexByte(text, 0)
		if n < 0 {
			return append(dst, text...)
		}
		dst = append(append(dst, text[:n]...), 0, endEscaped)
		text = text[n+1:]
	}
}

// appendNumber appends the key of a number as it is written in JSON.
func appendNumber(dst, value []byte, most int) (key []byte, cut bool) {
	d := rawjson.ParseDecimal(value)
	if d.IsZero() {
		return append(dst, tagZero), false
	}
	tag := byte(tagPositive)
	if d.Negative {
		tag = tagNegative
	}
	begin := len(dst) + 1
	dst = appendExponent(append(dst, tag), d.Exponent())
	dst, cut = appendDigits(dst, &d, most)
	if d.Negative {
		invert(dst[begin:])
	}
	return dst, cut
}

func appendExponent(dst []byte, e int64) []byte {
	switch {
	case e < -64:
		return binary.BigEndian.AppendUint64(append(dst, 0x3f), uint64(e)^1<<63)
	case e > 63:
		return binary.BigEndian.AppendUint64(append(dst, 0xc0), uint64(e))
	}
	return append(dst, byte(0x80+e))
}

func appendDigits(dst []byte, d *rawjson.Decimal, most int) (key []byte, cut bool) {
	n := d.Digits()
	if n > most {
		n, cut = most, true
	}
	for i := 0; i < n; i += 2 {
		pair := d.Digit(i) * 10
		if i+1 < n {
			pair += d.Digit(i + 1)
		}
		dst = append(dst, pair+1)
	}
	return append(dst, 0), cut
}

// Descend makes an ascending key descending, and a descending one ascending.
func Descend(key []byte) {
	if len(key) > 0 && key[0] < tagNull {
		invert(key)
	}
}

// AbsentFirst makes the key of null or a missing value one that comes before all values, missing first, in both
// directions; and back. It leaves other keys as they are.
func AbsentFirst(key []byte) {
	if len(key) != 1 {
		return
	}
	for _, pair := range [][2]byte{{tagNull, tagNullFirst}, {tagMissing, tagMissingFirst}} {
		switch key[0] {
		case pair[0]:
			key[0] = pair[1]
			return
		case pair[1]:
			key[0] = pair[0]
			return
		}
	}
}

func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

// Len returns the length of the key at the beginning of b, which may be descending; 0 if there is none.
func Len(b []byte, descending bool) int {
	turn := byte(0)
	if descending {
		turn = 0xff
	}
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case tagNull, tagMissing, tagNullFirst, tagMissingFirst:
		return 1
	}
	switch tag := b[0] ^ turn; tag {
	case tagFalse, tagTrue, tagZero:
		return 1
	case tagString:
		return lenString(b, turn)
	case tagNegative, tagPositive:
		if tag == tagNegative {
			turn ^= 0xff
		}
		return lenNumber(b, turn)
	}
	return 0
}

func lenString(b []byte, turn byte) int {
	for i := 1; ; i += 2 {
		n := bytes.IndexByte(b[i:], turn)
		if n < 0 || i+n+1 >= len(b) {
			return 0
		}
		i += n
		switch b[i+1] ^ turn {
		case endWhole:
			return i + 2
		case endCut:
			if i+18 > len(b) {
				return 0
			}
			return i + 18
		case endEscaped:
		default:
			return 0
		}
	}
}

func lenNumber(b []byte, turn byte) int {
	i := 2
	if len(b) > 1 && (b[1]^turn == 0x3f || b[1]^turn == 0xc0) {
		i = 10
	}
	if i > len(b) {
		return 0
	}
	n := bytes.IndexByte(b[i:], turn)
	if n < 0 {
		return 0
	}
	return i + n + 1
}
