package javascript

import (
	"math"
	"strconv"
)

// number copies a number as JavaScript writes it.
func (n *normalizer) number() error {
	begin := n.at
	if err := n.readNumber(); err != nil {
		return err
	}
	raw := n.src[begin:n.at]
	if len(raw) <= 15 && isPlainInteger(raw) {
		n.out = append(n.out, raw...)
		return nil
	}
	f, _ := strconv.ParseFloat(string(raw), 64)
	n.out = AppendNumber(n.out, f)
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

// isPlainInteger says whether a number has digits only, after a sign perhaps, and is not -0.
func isPlainInteger(raw []byte) bool {
	for i, c := range raw {
		if (c < '0' || c > '9') && (i > 0 || c != '-') {
			return false
		}
	}
	return string(raw) != "-0"
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
