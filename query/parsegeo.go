package query

import (
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/geo"
)

// within reads what stands behind "within": a distance and a place.
func (p *parser) within(field string) (node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	meters, err := p.distance()
	if err != nil {
		return nil, err
	}
	const example = "within 100km of (61.2, -149.9)"
	if of, err := p.take("of"); err != nil {
		return nil, err
	} else if !of {
		return nil, p.wrong("expected of behind the distance, as in %s, not %s", example, p.now.shown())
	}
	open := p.now
	if bracket, err := p.take("("); err != nil {
		return nil, err
	} else if !bracket {
		return nil, p.wrong("expected a place in brackets, the latitude first, as in %s", example)
	}
	lat, err := p.degrees("latitude", 90)
	if err != nil {
		return nil, err
	}
	if comma, err := p.take(","); err != nil {
		return nil, err
	} else if !comma {
		return nil, p.wrong("expected a comma between latitude and longitude, as in %s", example)
	}
	lon, err := p.degrees("longitude", 180)
	if err != nil {
		return nil, err
	}
	closed := p.now
	if bracket, err := p.take(")"); err != nil {
		return nil, err
	} else if !bracket {
		return nil, p.wrong("expected a closing bracket behind the longitude, not %s", closed.shown())
	}
	circle, err := circleAround(lat, lon, meters)
	if err != nil {
		return nil, p.fault(open.begin, closed.end, "%v", err)
	}
	return inShape{field: field, shape: circle}, nil
}

// distance reads a distance: a number and its unit, with or without a space, or in quotes.
func (p *parser) distance() (meters float64, err error) {
	first, text := p.now, p.now.text
	if first.kind != tokenNumber && first.kind != tokenString {
		return 0, p.wrong("expected a distance behind within, such as 100km")
	}
	if err := p.advance(); err != nil {
		return 0, err
	}
	end := first.end
	if p.now.kind == tokenWord && !p.now.is("of") {
		text, end = text+p.now.text, p.now.end
		if err := p.advance(); err != nil {
			return 0, err
		}
	}
	const units = "mm, cm, m, km, in, ft, yd, mi or nmi"
	if _, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil {
		return 0, p.fault(first.begin, end, "the distance %s needs a unit: %s", text, units)
	}
	meters, err = geo.ParseDistance(text, geo.Meter)
	switch {
	case err != nil:
		return 0, p.fault(first.begin, end, "%s is no distance: expected a number and one of %s", text, units)
	case !(meters > 0):
		return 0, p.fault(first.begin, end, "the distance %s is not greater than zero", text)
	}
	return meters, nil
}

// degrees reads a latitude or a longitude.
func (p *parser) degrees(name string, most float64) (float64, error) {
	n, err := strconv.ParseFloat(p.now.text, 64)
	switch {
	case p.now.kind != tokenNumber || err != nil:
		return 0, p.wrong("expected a %s in degrees, such as 61.2, not %s", name, p.now.shown())
	case !(-most <= n && n <= most):
		return 0, p.wrong("the %s %s is not between -%v and %v: the latitude comes first", name, p.now.text, most, most)
	}
	return n, p.advance()
}
