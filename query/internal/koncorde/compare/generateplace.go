package main

// This file makes filters and documents about places. Points of documents are multiples of 0.7 degrees, those of
// filters are whole degrees, so that hardly a point of a document is close to a border.

func (g *generator) place() any {
	g.hints = append(g.hints, field{"loc", g.documentPoint()})
	switch g.IntN(4) {
	case 0:
		return one("geoBoundingBox", one("loc", g.corners()))
	case 1:
		return one("geoDistance", g.shuffled(field{"loc", g.filterPoint()}, field{"distance", g.length()}))
	case 2:
		return one("geoDistanceRange",
			g.shuffled(field{"loc", g.filterPoint()}, field{"from", g.length()}, field{"to", g.length()}))
	}
	return one("geoPolygon", one("loc", one("points", g.polygon())))
}

func (g *generator) shuffled(fields ...field) obj {
	g.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	return fields
}

func (g *generator) degrees() int { return g.IntN(21) - 10 }

func (g *generator) corners() any {
	top, left := g.degrees(), g.degrees()
	bottom, right := top-g.IntN(8)+1, left+g.IntN(8)-1
	switch g.IntN(4) {
	case 0:
		return g.shuffled(field{"top", top}, field{"left", left}, field{"bottom", bottom}, field{"right", right})
	case 1:
		return g.shuffled(field{"top", encode(top)}, field{"left", left}, field{"bottom", encode(bottom) + "x"},
			field{"right", right})
	case 2:
		return obj{{"topLeft", g.point(top, left)}, {"bottomRight", g.point(bottom, right)}}
	}
	return obj{{"bottom_right", g.point(bottom, right)}, {"top_left", g.point(top, left)}}
}

// polygon returns a triangle or a box, in either direction.
func (g *generator) polygon() []any {
	lat, lon, height, width := g.degrees(), g.degrees(), 2+g.IntN(6), 2+g.IntN(6)
	points := []any{
		g.point(lat, lon), g.point(lat+height, lon), g.point(lat+height, lon+width), g.point(lat, lon+width),
	}
	if g.IntN(3) == 0 {
		points = points[:3]
	}
	if g.IntN(2) == 0 {
		points[0], points[2] = points[2], points[0]
	}
	if g.IntN(8) == 0 {
		points = append(points[:2], g.wrongPoint())
	}
	return points
}

func (g *generator) filterPoint() any {
	if g.IntN(6) == 0 {
		return g.wrongPoint()
	}
	return g.point(g.degrees(), g.degrees())
}

func (g *generator) documentPoint() any {
	if g.IntN(8) == 0 {
		return pick[any](g, g.scalar(), obj{{"lat", 1}}, obj{}, []any{}, "abcd", false, 0)
	}
	return g.point(float64(g.degrees())*0.7, float64(g.degrees())*0.7)
}

// point returns a point in one of its forms.
func (g *generator) point(lat, lon any) any {
	members := g.shuffled(field{"lat", lat}, field{"lon", lon})
	pair := []any{lat, lon}
	text := encode(lat) + pick(g, ",", ", ", " , ") + encode(lon)
	name := pick(g, "latLon", "lat_lon")
	return pick[any](g, members, pair, text, one(name, members), one(name, pair), one(name, text),
		obj{{"lat", encode(lat)}, {"lon", encode(lon) + " E"}}, append(members, field{"alt", 5}),
		[]any{encode(lat), []any{lon, "x"}})
}

func (g *generator) wrongPoint() any {
	return pick[any](g, nil, "", "1", "1,2,3", "x,y", "s000", "u09tvm", "ABCD", "ailo", "s0", 5, true, []any{},
		[]any{1}, []any{1, 2, 3}, []any{1, "x"}, []any{nil, 1}, []any{true, 1}, obj{}, obj{{"lat", 1}},
		obj{{"lat", nil}, {"lon", 1}}, one("latLon", 5), one("latLon", nil), one("lat_lon", obj{}),
		one("latLon", []any{1, 2, 3}), one("lat_lon", "s0000"), obj{{"lat", "1e1"}, {"lon", ".5x"}},
		obj{{"latLon", []any{1, 1}}, {"lat_lon", []any{2, 2}}}, obj{{"lat", obj{}}, {"lon", 1}}, "1,-.",
		"\u00a01,\ufeff2", "+1,-2.5e0")
}

// length returns a distance, mostly a valid one.
func (g *generator) length() any {
	number := pick(g, "1", "10", "100", "0.5", "3,5", "1,000", "300", "55", "1 000", "-2", ".5", "0", "5.5.5", "+7")
	unit := pick(g, "km", "m", "mi", "miles", "ft", "yd", "yards", "KM", "kilometers", "Meters", "in", "inches", "inch",
		"nm", "cm", "mm", "dam", "hm", "feet", "min", "h", "hours", "s", "days", "weeks", "mus", "kft", "kmi",
		"millimeter", "meteres", "kilofeet", "Mm", "day", "ms", "ds", "mile s", "k-m")
	if g.IntN(10) == 0 {
		return pick[any](g, "", "km", "5", "five km", "1e3 km", "5 kg", "5 foo", "5 km km", 5, nil, "5 µm",
			"5 km2", "5_km", "1\u00a0km", "l m", "5 b", "5 meterses", "5 metries", "5 ies", "5 daym", "5 kk",
			"5 fts", "5 lbs", "5\n\tkm", "5 nautical miles", "5 es", "5 ls")
	}
	return number + pick(g, " ", "", " ") + unit
}
