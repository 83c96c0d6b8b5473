package mapping

import (
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/javanumber"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// interval is a type of ranges: integer_range, long_range, float_range, double_range, date_range and ip_range. Its
// values are objects with bounds that are of another type, and something must lie between them.
type interval struct {
	of    valueType
	above func(lower, upper []byte) bool // nothing is between the bounds, as they are included
	whole bool                           // so that a bound that is excluded is one further
	ip    bool                           // a network stands for a range, too
}

// newRange returns a type of ranges by its name, nil if there is none of that.
func newRange(name string, p parameters) valueType {
	of, isRange := strings.CutSuffix(name, "_range")
	if !isRange {
		return nil
	}
	coerce := p.bool("coerce", true)
	switch of {
	case "integer", "long":
		i, _ := javanumber.NewInteger(of, coerce)
		t := &integer{i}
		return &interval{of: t, whole: true, above: t.above}
	case "float", "double":
		return &interval{of: &float{name: of, coerce: coerce}, above: aboveFloat}
	case "date":
		t, ok := newDate("date", p).(*date)
		if !ok {
			return anything{}
		}
		return &interval{of: t, whole: true, above: t.above}
	case "ip":
		return &interval{of: address{}, above: aboveAddress, ip: true}
	}
	return nil
}

func (t *interval) fits(v []byte) bool {
	if !isObject(v) {
		return t.ip && v[0] == '"' && isNetwork(string(text(v)))
	}
	var lower, upper []byte
	excluded := 0
	for key, bound := range rawjson.Members(v) {
		name := unquoted(key)
		if name != "gte" && name != "gt" && name != "lte" && name != "lt" {
			return false
		}
		if isNull(bound) {
			continue
		}
		if isArray(bound) || !t.of.fits(bound) {
			return false
		}
		if strings.HasPrefix(name, "g") {
			lower = bound
		} else {
			upper = bound
		}
		if len(name) == len("gt") {
			excluded++
		}
	}
	return lower == nil || upper == nil || !t.isEmpty(lower, upper, excluded)
}

// isEmpty says whether nothing lies between two bounds, of which so many are excluded.
func (t *interval) isEmpty(lower, upper []byte, excluded int) bool {
	if t.above(lower, upper) {
		return true
	}
	if excluded == 0 {
		return false
	}
	if !t.whole {
		return !t.above(upper, lower) // they are the same
	}
	from, to := t.key(lower), t.key(upper)
	return uint64(to)-uint64(from) < uint64(excluded)
}

// key returns a bound that is a whole number.
func (t *interval) key(bound []byte) int64 {
	switch of := t.of.(type) {
	case *integer:
		return of.key(bound)
	case *date:
		return of.key(bound)
	}
	return 0
}

func (t *integer) key(v []byte) (n int64) {
	if isNumber(v) {
		n, _ = t.Number(number(v))
	} else {
		n, _ = t.Text(string(text(v)))
	}
	return n
}

func (t *integer) above(lower, upper []byte) bool { return t.key(lower) > t.key(upper) }

func (t *date) key(v []byte) int64 {
	if v[0] == '"' {
		v = text(v)
	}
	ms, _ := t.format.Document(v)
	return ms
}

func (t *date) above(lower, upper []byte) bool { return t.key(lower) > t.key(upper) }

func aboveFloat(lower, upper []byte) bool { return floatOf(lower) > floatOf(upper) }

func floatOf(v []byte) float64 {
	if v[0] == '"' {
		n, err := javanumber.Parse(string(text(v)), 64)
		if err != nil {
			return math.NaN()
		}
		return n
	}
	n, _ := strconv.ParseFloat(string(v), 64)
	return n
}

func aboveAddress(lower, upper []byte) bool {
	a, _ := netip.ParseAddr(string(text(lower)))
	b, _ := netip.ParseAddr(string(text(upper)))
	return netip.AddrFrom16(a.As16()).Compare(netip.AddrFrom16(b.As16())) > 0
}

func isNetwork(s string) bool {
	_, err := netip.ParsePrefix(s)
	return err == nil
}
