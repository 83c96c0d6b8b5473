package query

import (
	"bytes"
	"cmp"
	"math/bits"

	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// number is a number that others are compared with, exactly.
type number struct {
	short
	isShort bool
	key     []byte // as sortkey has it
}

// short is a number of at most 18 digits: digits / 10^scale.
type short struct {
	digits int64
	scale  int
}

func newNumber(raw []byte) *number {
	n := &number{}
	n.short, n.isShort = parseShort(raw)
	n.key, _ = sortkey.Append(nil, raw)
	return n
}

// compare returns how n compares with a JSON number.
func (n *number) compare(raw []byte) int {
	if n.isShort {
		if s, ok := parseShort(raw); ok {
			return compareShort(n.short, s)
		}
	}
	var buf [64]byte
	key, _ := sortkey.Append(buf[:0], raw)
	return bytes.Compare(n.key, key)
}

// parseShort takes a JSON number apart that has at most 18 digits and no exponent.
func parseShort(raw []byte) (s short, ok bool) {
	i, negative := 0, false
	if raw[0] == '-' {
		i, negative = 1, true
	}
	if len(raw)-i > 19 {
		return s, false
	}
	digits, count, point := int64(0), 0, -1
	for ; i < len(raw); i++ {
		switch c := raw[i]; {
		case '0' <= c && c <= '9':
			digits = digits*10 + int64(c-'0')
			count++
		case c == '.':
			point = i
		default:
			return s, false
		}
	}
	if count > 18 {
		return s, false
	}
	if point >= 0 {
		s.scale = len(raw) - 1 - point
	}
	if negative {
		digits = -digits
	}
	s.digits = digits
	return s, true
}

// powers are those of ten.
var powers = func() (p [19]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

func compareShort(a, b short) int {
	if a.scale == b.scale {
		return cmp.Compare(a.digits, b.digits)
	}
	if sign := cmp.Compare(signOf(a.digits), signOf(b.digits)); sign != 0 || a.digits == 0 {
		return sign
	}
	high, low := bits.Mul64(magnitude(a.digits), powers[max(b.scale-a.scale, 0)])
	high2, low2 := bits.Mul64(magnitude(b.digits), powers[max(a.scale-b.scale, 0)])
	order := cmp.Or(cmp.Compare(high, high2), cmp.Compare(low, low2))
	return order * signOf(a.digits)
}

func signOf(n int64) int { return cmp.Compare(n, 0) }

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}
