package query

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/dates"
	"github.com/kuzzlite/kuzzlite/internal/geo"
	"github.com/kuzzlite/kuzzlite/internal/javanumber"
)

// The functions of function_score that fall with the distance from an origin: gauss, exp and linear. They are 1 up to an
// offset, and at the scale beyond it they have fallen to a share of that, the decay. Documents without a value have 1.

// decay is such a function.
type decay struct {
	place  clause
	shape  string
	field  string
	origin []byte // nil: now, for dates
	scale  []byte
	offset []byte // nil: 0
	share  float64
	mode   orderMode // which counts of several distances
}

// curve returns what a function makes of a distance.
func (f *decay) curve(scale float64) func(distance float64) float64 {
	switch f.shape {
	case "gauss":
		spread := 0.5 * scale * scale / math.Log(f.share)
		return func(distance float64) float64 { return math.Exp(0.5 * distance * distance / spread) }
	case "exp":
		rate := math.Log(f.share) / scale
		return func(distance float64) float64 { return math.Exp(rate * distance) }
	}
	end := scale / (1 - f.share)
	return func(distance float64) float64 { return max(0, (end-distance)/end) }
}

func (f *decay) function(c *compiler) (documentNumber, error) {
	if c.schema != nil && c.schema.fields[f.field] == nil {
		return nil, f.place.wrong("unknown field [%s]", f.field)
	}
	m, err := f.measure(c)
	if err != nil {
		return nil, f.place.located(err)
	}
	if m.scale <= 0 {
		return nil, f.place.wrong("scale must be > 0.0.")
	}
	if m.offset < 0 {
		return nil, f.place.wrong("offset must be > 0.0")
	}
	curve := f.curve(m.scale)
	return func(d *document) float64 {
		list := m.distances(d)
		if len(list) == 0 {
			return 1
		}
		for i := range list {
			list[i] = max(0, list[i]-m.offset)
		}
		return curve(f.mode.of(list))
	}, nil
}

// decayMeasure is how far documents are away.
type decayMeasure struct {
	scale, offset float64
	distances     func(d *document) []float64
}

// measure returns how far documents are away, which the type of the field says. Without a mapping an origin that is no
// number is a place, or else a date.
func (f *decay) measure(c *compiler) (m decayMeasure, err error) {
	var kind kind
	if field := c.field(f.field); field != nil {
		kind = field.kind
	}
	_, isPoint := kind.(*pointKind)
	date, isDate := kind.(*dateKind)
	switch {
	case isPoint, kind == anyKind{} && f.origin != nil && !isNumber(f.origin):
		return f.byPlace(c)
	case isDate:
		return f.byDate(c, date.format)
	}
	return f.byNumber(c)
}

func (f *decay) byNumber(c *compiler) (m decayMeasure, err error) {
	if f.origin == nil {
		return m, plainly("both [scale] and [origin] must be set for numeric fields.")
	}
	read := func(raw []byte) (n float64) {
		if raw != nil && err == nil {
			n, err = javanumber.Parse(javaText(raw), 64)
		}
		return n
	}
	origin := read(f.origin)
	m.scale, m.offset = read(f.scale), read(f.offset)
	if err != nil {
		return m, plainly("%v", err)
	}
	m.distances, err = c.distances(f.field, origin)
	return m, err
}

func (f *decay) byDate(c *compiler, format *dates.Format) (m decayMeasure, err error) {
	origin := float64(c.now.UnixMilli())
	if f.origin != nil {
		c.meetNow(f.origin)
		ms, err := format.Query(javaText(f.origin), isNumber(f.origin), dates.QueryOptions{Now: c.now})
		if err != nil {
			return m, plainly("%v", err)
		}
		origin = float64(ms)
	}
	if m.scale, err = milliseconds("scale", f.scale); err != nil {
		return m, err
	}
	if m.offset, err = milliseconds("offset", f.offset); err != nil {
		return m, err
	}
	m.distances, err = c.distances(f.field, origin)
	return m, err
}

func (f *decay) byPlace(c *compiler) (m decayMeasure, err error) {
	if f.origin == nil {
		return m, plainly("[origin] and [scale] must be set for geo fields.")
	}
	origin, err := geo.Parse(f.origin)
	if err != nil {
		return m, plainly("%v", err)
	}
	read := func(raw []byte) (meters float64) {
		if raw != nil && err == nil {
			meters, err = geo.ParseDistance(javaText(raw), geo.Meter)
		}
		return meters
	}
	m.scale, m.offset = read(f.scale), read(f.offset)
	if err != nil {
		return m, plainly("%v", err)
	}
	points, err := c.points(&inShape{field: f.field})
	m.distances = func(d *document) (list []float64) {
		for _, p := range points.of(d) {
			list = append(list, geo.Distance(origin, p))
		}
		return list
	}
	return m, err
}

// distances returns how far the numbers of a field are from an origin.
func (c *compiler) distances(field string, origin float64) (func(d *document) []float64, error) {
	values, err := c.numbers(field)
	return func(d *document) []float64 {
		list := values(d)
		for i, n := range list {
			list[i] = math.Abs(n - origin)
		}
		return list
	}, err
}

// timeUnits are those of Elasticsearch's times.
var timeUnits = []struct {
	name string
	unit time.Duration
}{
	{"nanos", 1}, {"micros", time.Microsecond}, {"ms", time.Millisecond}, {"s", time.Second}, {"m", time.Minute},
	{"h", time.Hour}, {"d", 24 * time.Hour},
}

// milliseconds reads a time such as 10d; nil is none.
func milliseconds(setting string, raw []byte) (float64, error) {
	if raw == nil {
		return 0, nil
	}
	text := strings.TrimSpace(strings.ToLower(javaText(raw)))
	if text == "0" {
		return 0, nil
	}
	for _, u := range timeUnits {
		if number, ok := strings.CutSuffix(text, u.name); ok {
			if n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64); err == nil {
				return float64(n) * float64(u.unit) / float64(time.Millisecond), nil
			}
		}
	}
	return 0, plainly("failed to parse setting [%s] with value [%s] as a time value: unit is missing or unrecognized",
		setting, javaText(raw))
}
