package koncorde

import "math"

// This file checks and rewrites the leaves about places.

func boundingBox(_ *standardizer, v value, path string) (Filter, error) {
	const keyword = "geoBoundingBox"
	if err := isObject(v, keyword, path, rules{properties: 1}); err != nil {
		return nil, err
	}
	b := Box{Field: v.members[0].key}
	path = pathAdd(path, b.Field)
	if v.members[0].value.kind == null {
		return nil, &RuntimeError{Message: notAnObject}
	}
	corners := camelCase(v.members[0].value)
	if hasSides(corners) {
		for i, side := range b.sides() {
			v, _ := corners.get(sideNames[i])
			if *side = parseFloat(v); math.IsNaN(*side) {
				return nil, fail(keyword, path, "unrecognized geoBoundingBox format: %s", appendJSON(nil, corners, infinityLost))
			}
		}
		return b, nil
	}
	found, err := b.fromCorners(corners)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fail(keyword, path, "unrecognized geo-point format")
	}
	return b, nil
}

var sideNames = [4]string{"top", "left", "bottom", "right"}

func (b *Box) sides() [4]*float64 { return [4]*float64{&b.Top, &b.Left, &b.Bottom, &b.Right} }

// hasSides says whether each side is given by a number or a text.
func hasSides(v value) bool {
	for _, name := range sideNames {
		if side, _ := v.get(name); side.kind != number && side.kind != text {
			return false
		}
	}
	return true
}

// fromCorners sets the sides from {topLeft: point, bottomRight: point}.
func (b *Box) fromCorners(v value) (bool, error) {
	topLeft, _ := v.get("topLeft")
	bottomRight, _ := v.get("bottomRight")
	if !truthy(topLeft) || !truthy(bottomRight) {
		return false, nil
	}
	var foundTopLeft, foundBottomRight bool
	var err error
	if b.Top, b.Left, foundTopLeft, err = point(topLeft); err != nil {
		return false, err
	}
	b.Bottom, b.Right, foundBottomRight, err = point(bottomRight)
	return foundTopLeft && foundBottomRight, err
}

// check returns the error that Koncorde throws when the box is registered.
func (b Box) check() error {
	switch {
	case b.Bottom >= b.Top:
		return &RuntimeError{Message: "min_lat argument cannot be greater or equal max_lat", Late: true}
	case b.Left >= b.Right:
		return &RuntimeError{Message: "min_lon argument cannot be greater or equal max_lon", Late: true}
	}
	return nil
}

func distance(_ *standardizer, v value, path string) (Filter, error) {
	const keyword = "geoDistance"
	if err := isObject(v, keyword, path, rules{properties: 2, required: []string{"distance"}}); err != nil {
		return nil, err
	}
	if err := isString(v, "distance", keyword, pathAdd(path, "distance")); err != nil {
		return nil, err
	}
	center := otherMember(v, "distance")
	d := Distance{Field: center.key}
	var err error
	if d.Lat, d.Lon, err = centerPoint(center, keyword, path); err != nil {
		return nil, err
	}
	given, _ := v.get("distance")
	d.Meters, err = meters(given.text)
	return d, err
}

func distanceRange(_ *standardizer, v value, path string) (Filter, error) {
	const keyword = "geoDistanceRange"
	if err := isObject(v, keyword, path, rules{properties: 3, required: []string{"from", "to"}}); err != nil {
		return nil, err
	}
	center := otherMember(v, "from", "to")
	d := DistanceRange{Field: center.key}
	for i, name := range []string{"from", "to"} {
		if err := isString(v, name, keyword, pathAdd(path, name)); err != nil {
			return nil, err
		}
		given, _ := v.get(name)
		radius, err := meters(given.text)
		if err != nil {
			return nil, err
		}
		*[]*float64{&d.From, &d.To}[i] = radius
	}
	if d.From >= d.To {
		return nil, fail(keyword, path, "inner radius must be smaller than outer radius")
	}
	var err error
	d.Lat, d.Lon, err = centerPoint(center, keyword, path)
	return d, err
}

// otherMember returns the first member of v that has none of the given keys.
func otherMember(v value, keys ...string) member {
	for _, m := range v.members {
		other := true
		for _, key := range keys {
			other = other && m.key != key
		}
		if other {
			return m
		}
	}
	return member{}
}

// centerPoint returns the point that a distance is measured from.
func centerPoint(center member, keyword, path string) (lat, lon float64, err error) {
	lat, lon, found, err := point(center.value)
	if err == nil && !found {
		err = fail(keyword, pathAdd(path, center.key), "unrecognized point format")
	}
	return lat, lon, err
}

func polygon(_ *standardizer, v value, path string) (Filter, error) {
	const keyword = "geoPolygon"
	if err := isObject(v, keyword, path, rules{properties: 1}); err != nil {
		return nil, err
	}
	p := Polygon{Field: v.members[0].key}
	path = pathAdd(path, p.Field)
	r := rules{properties: 1, required: []string{"points"}}
	if err := isObject(v.members[0].value, keyword, path, r); err != nil {
		return nil, err
	}
	path = pathAdd(path, "points")
	points := v.members[0].value.members[0].value
	if err := isArray(points, keyword, path); err != nil {
		return nil, err
	}
	if len(points.items) < 3 {
		return nil, fail(keyword, path, "at least 3 points are required to build a polygon")
	}
	for _, item := range points.items {
		lat, lon, found, err := point(item)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fail(keyword, path, `unrecognized point format "%s"`, appendJSON(nil, item, infinityLost))
		}
		p.Points = append(p.Points, [2]float64{lat, lon})
	}
	return p, nil
}
