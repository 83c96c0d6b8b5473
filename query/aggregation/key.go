package aggregation

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/dates"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
)

// Keys are values as bytes: a tag that says what the value is, and then bytes that sort as the values do. Without a
// mapping a field has values of several kinds; they sort by their tags.
const (
	tagBoolean = 'b' // of a field without a mapping: t or f
	tagWhole   = 'i' // 8 bytes
	tagReal    = 'n' // 8 bytes
	tagAddress = 'p' // 16 bytes
	tagText    = 's' // the text
)

func tagOf(c docvalues.Class) byte {
	if c == docvalues.IP {
		return tagAddress
	}
	return tagText
}

// appendWhole appends the key of a whole number.
func appendWhole(dst []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, tagWhole), uint64(n)^1<<63)
}

// appendReal appends the key of a number.
func appendReal(dst []byte, n float64) []byte {
	bits := math.Float64bits(n)
	if bits>>63 == 0 {
		bits ^= 1 << 63
	} else {
		bits = ^bits
	}
	return binary.BigEndian.AppendUint64(append(dst, tagReal), bits)
}

func wholeOf(key []byte) int64 { return int64(binary.BigEndian.Uint64(key[1:]) ^ 1<<63) }

func realOf(key []byte) float64 {
	bits := binary.BigEndian.Uint64(key[1:])
	if bits>>63 == 1 {
		bits ^= 1 << 63
	} else {
		bits = ^bits
	}
	return math.Float64frombits(bits)
}

// numberOf returns the number that a key is.
func numberOf(key []byte) (float64, bool) {
	switch key[0] {
	case tagWhole:
		return float64(wholeOf(key)), true
	case tagReal:
		return realOf(key), true
	}
	return 0, false
}

// printer shows values in an answer.
type printer struct {
	class  docvalues.Class
	format *dates.Format // of dates
	zone   *dates.Zone   // of dates; nil: UTC
	asDate bool          // the values of a field without a mapping are taken for dates
}

// isDate says whether the values are shown as dates, too.
func (p *printer) isDate() bool {
	return p.class == docvalues.Date || p.asDate && (p.class == docvalues.Any || p.class == docvalues.None)
}

// appendKey appends a key as it stands in an answer.
func (p *printer) appendKey(dst, key []byte) []byte {
	switch key[0] {
	case tagBoolean:
		if key[1] == 't' {
			return append(dst, '1')
		}
		return append(dst, '0')
	case tagWhole:
		return strconv.AppendInt(dst, wholeOf(key), 10)
	case tagReal:
		return appendNumber(dst, realOf(key))
	}
	return rawjson.AppendString(dst, p.text(key))
}

// asString returns how a key is shown beside its value; ok is false if it is not.
func (p *printer) asString(key []byte) (text string, ok bool) {
	switch {
	case key[0] == tagBoolean || key[0] == tagWhole && (p.class == docvalues.Boolean || p.isDate()):
		return p.text(key), true
	}
	return "", false
}

// text returns a key as text.
func (p *printer) text(key []byte) string {
	switch key[0] {
	case tagBoolean:
		return strconv.FormatBool(key[1] == 't')
	case tagWhole:
		return p.whole(wholeOf(key))
	case tagReal:
		return string(appendNumber(nil, realOf(key)))
	case tagAddress:
		return netip.AddrFrom16([16]byte(key[1:])).Unmap().String()
	}
	return string(key[1:])
}

// whole returns a whole number as text.
func (p *printer) whole(n int64) string {
	switch {
	case p.class == docvalues.Boolean:
		return strconv.FormatBool(n != 0)
	case p.isDate():
		return p.format.Print(n, p.zone)
	}
	return strconv.FormatInt(n, 10)
}

// number returns how a computed number is shown beside it; ok is false if it is not.
func (p *printer) number(n float64) (text string, ok bool) {
	if math.IsNaN(n) || math.IsInf(n, 0) || p.class != docvalues.Boolean && p.class != docvalues.Date {
		return "", false
	}
	if p.class == docvalues.Boolean {
		return strconv.FormatBool(n != 0), true
	}
	return p.whole(clamped(n)), true
}

// clamped returns a number without what follows its point; what is too large is the largest (Java).
func clamped(n float64) int64 {
	switch {
	case n >= 1<<63:
		return math.MaxInt64
	case n < -1<<63:
		return math.MinInt64
	}
	return int64(n)
}

// appendNumber appends a number as JavaScript writes it: null, if it is none.
func appendNumber(dst []byte, n float64) []byte {
	size := math.Abs(n)
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0):
		return append(dst, "null"...)
	case n == 0:
		return append(dst, '0')
	case 1e-6 <= size && size < 1e21:
		return strconv.AppendFloat(dst, n, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, n, 'e', -1, 64)
	if end := len(dst) - 2; dst[end] == '0' && (dst[end-1] == '-' || dst[end-1] == '+') {
		dst = append(dst[:end], dst[end+1])
	}
	return dst
}
