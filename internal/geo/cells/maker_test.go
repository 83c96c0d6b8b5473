package cells

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/kuzzlite/kuzzlite/internal/geo"
)

// A maker makes one random shape, and points near its edges.
type maker struct {
	r        *rand.Rand
	centre   geo.Point
	size     float64 // in degrees
	vertices []geo.Point
}

// newMaker chooses where a shape is, often at the date line or at a pole, and how large it is: from centimetres to half
// of the earth.
func newMaker(r *rand.Rand) *maker {
	m := &maker{r: r, size: min(60, math.Pow(10, r.Float64()*9-7))}
	m.centre = geo.Point{Lat: math.Asin(2*r.Float64()-1) / radian, Lon: r.Float64()*360 - 180}
	if r.IntN(5) == 0 {
		m.centre.Lon = 180 - r.Float64()*1e-3
	}
	if r.IntN(5) == 0 {
		m.centre.Lat = math.Copysign(90-r.Float64()*1e-3, m.centre.Lat)
	}
	for range 3 + r.IntN(6) {
		p := geo.Point{Lat: m.centre.Lat + (r.Float64()-0.5)*2*m.size, Lon: m.centre.Lon + (r.Float64()-0.5)*4*m.size}
		m.vertices = append(m.vertices, p.Normalized())
	}
	return m
}

// shape returns the shape, and where to look for its edge.
func (m *maker) shape() (of shape, name string, near func() geo.Point) {
	meters := m.size * 111195
	corners := m.corners()
	switch m.r.IntN(6) {
	case 0:
		of, near = must(geo.NewCircle(m.centre, meters, geo.Strict)), m.rim
		name = fmt.Sprintf("circle of %f m around %v", meters, m.centre)
	case 1:
		of, near = geo.NewKoncordeCircle(m.centre, meters), m.rim
		name = fmt.Sprintf("Koncorde's circle of %f m around %v", meters, m.centre)
	case 2:
		of, near = must(geo.NewBox(corners, geo.Strict)), m.side
		name = fmt.Sprintf("box %v", corners)
	case 3:
		if corners.Left > corners.Right { // over the date line, for which this box has longitudes beyond 180
			corners.Right += 360
		}
		of, near = must(geo.NewKoncordeBox(corners)), m.side
		name = fmt.Sprintf("Koncorde's box %v", corners)
	case 4:
		of, near = must(geo.NewPolygon(m.vertices, geo.Strict)), m.edge
		name = fmt.Sprintf("polygon %v", m.vertices)
	case 5:
		of, near = geo.NewKoncordePolygon(m.vertices), m.edge
		name = fmt.Sprintf("Koncorde's polygon %v", m.vertices)
	}
	return of, name, near
}

func must[S shape](s S, err error) shape {
	if err != nil {
		panic(err)
	}
	return s
}

// corners returns a box with two of the vertices for corners.
func (m *maker) corners() geo.Corners {
	a, b := m.vertices[0], m.vertices[1]
	return geo.Corners{Top: max(a.Lat, b.Lat), Bottom: min(a.Lat, b.Lat), Left: a.Lon, Right: b.Lon}
}

// blur returns a point near another: very near as often as not so near.
func (m *maker) blur(p geo.Point) geo.Point {
	reach := m.size * math.Pow(10, -m.r.Float64()*9)
	return geo.Point{Lat: p.Lat + (m.r.Float64()-0.5)*reach, Lon: p.Lon + (m.r.Float64()-0.5)*reach}.Normalized()
}

// between returns a point on the straight line from a to b.
func (m *maker) between(a, b geo.Point) geo.Point {
	t := m.r.Float64()
	return geo.Point{Lat: a.Lat + t*(b.Lat-a.Lat), Lon: a.Lon + t*(b.Lon-a.Lon)}
}

// edge returns a point near an edge of a polygon.
func (m *maker) edge() geo.Point {
	i := m.r.IntN(len(m.vertices))
	return m.blur(m.between(m.vertices[i], m.vertices[(i+1)%len(m.vertices)]))
}

// side returns a point near a side of the box.
func (m *maker) side() geo.Point {
	c := m.corners()
	if c.Right < c.Left {
		c.Right += 360
	}
	northWest, southEast := geo.Point{Lat: c.Top, Lon: c.Left}, geo.Point{Lat: c.Bottom, Lon: c.Right}
	other := geo.Point{Lat: c.Top, Lon: c.Right}
	if m.r.IntN(2) == 0 {
		other = geo.Point{Lat: c.Bottom, Lon: c.Left}
	}
	if m.r.IntN(2) == 0 {
		return m.blur(m.between(northWest, other))
	}
	return m.blur(m.between(southEast, other))
}

// rim returns a point near the edge of a circle.
func (m *maker) rim() geo.Point {
	return m.blur(onCircle(m.centre, m.size*111195, m.r.Float64()*2*math.Pi))
}

// onCircle returns the place so many metres from another in a direction.
func onCircle(p geo.Point, meters, azimuth float64) geo.Point {
	sinD, cosD := math.Sincos(meters / earthRadius)
	sin, cos := math.Sincos(p.Lat * radian)
	lat := math.Asin(max(-1, min(1, sin*cosD+cos*sinD*math.Cos(azimuth))))
	lon := p.Lon*radian + math.Atan2(math.Sin(azimuth)*sinD*cos, cosD-sin*math.Sin(lat))
	return geo.Point{Lat: lat / radian, Lon: lon / radian}.Normalized()
}
