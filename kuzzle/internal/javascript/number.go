package javascript

import (
	"bytes"
	"math"
	"strconv"
)

// number takes a number as JavaScript writes it.
func (n *normalizer) number() error {
	begin := n.at
	if err := n.readNumber(); err != nil {
		return err
	}
	end := n.at
	raw := n.src[begin:end]
	if isPlain(raw) {
		return nil
	}
	n.at = begin
	n.flush()
	f, _ := strconv.ParseFloat(string(raw), 64)
	n.out = AppendNumber(n.out, f)
	n.written(end)
	return nil
}

// readNumber steps over a number, by the grammar of JSON.
func (n *normalizer) readNumber() error {
	if n.src[n.at] == '-' {
		n.at++
	}
	if n.at < len(n.src) && n.src[n.at] == '0' {
		n.at++
	} else if err := n.digits(); err != nil {
		return err
	}
	if n.at < len(n.src) && n.src[n.at] == '.' {
		n.at++
		if err := n.digits(); err != nil {
			return err
		}
	}
	if n.at < len(n.src) && n.src[n.at]|0x20 == 'e' {
		n.at++
		if n.at < len(n.src) && (n.src[n.at] == '+' || n.src[n.at] == '-') {
			n.at++
		}
		return n.digits()
	}
	return nil
}

// digits steps over one or more digits.
func (n *normalizer) digits() error {
	begin := n.at
	for n.at < len(n.src) && '0' <= n.src[n.at] && n.src[n.at] <= '9' {
		n.at++
	}
	if n.at == begin {
		return n.unexpected()
	}
	return nil
}

// exactDigits is how many digits of a decimal number a float64 keeps, whatever they are.
const exactDigits = 15

// isPlain says whether a number is as JavaScript writes it, which only looks whether it is one of the usual ones: with few
// digits, no exponent, no zero at the end of a fraction, and not close to zero.
func isPlain(raw []byte) bool {
	if len(raw) > exactDigits {
		return false
	}
	dot := bytes.IndexByte(raw, '.')
	if dot >= 0 && (raw[len(raw)-1] == '0' || raw[dot-1] == '0' && raw[dot+1] == '0') || string(raw) == "-0" {
		return false
	}
	for i, c := range raw {
		if (c < '0' || c > '9') && i != dot && (i > 0 || c != '-') {
			return false
		}
	}
	return true
}

// AppendNumber appends a number as JSON.stringify writes it: null for what is no number, or infinite.
func AppendNumber(dst []byte, f float64) []byte {
	switch size := math.Abs(f); {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(dst, "null"...)
	case f == 0: // -0 too
		return append(dst, '0')
	case size >= 1e21 || size < 1e-6:
		from := len(dst)
		dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
		if n := len(dst); n-from > 4 && dst[n-2] == '0' && (dst[n-3] == '-' || dst[n-3] == '+') { // e-07 is e-7
			dst[n-2] = dst[n-1]
			dst = dst[:n-1]
		}
		return dst
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}
