package geo

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestBoundOverDateLine(t *testing.T) {
	plain, _ := NewBox(Corners{Top: 1, Left: 170, Bottom: 0, Right: -170}, Strict)
	beyond, _ := NewKoncordeBox(Corners{Top: 1, Left: 170, Bottom: 0, Right: 190})
	turns, _ := NewKoncordeBox(Corners{Top: 1, Left: -200, Bottom: 0, Right: 200})
	polygon := NewKoncordePolygon([]Point{{0, 170}, {1, 170}, {1, -170}, {0, -170}})
	pole := NewKoncordePolygon([]Point{{60, 0}, {60, 120}, {60, -120}})
	circle := NewKoncordeCircle(Point{0.5, 179}, 222390)
	for _, c := range []struct {
		name       string
		got        Rect
		west, east float64
	}{
		{"box", plain.Bound().Rect, 170, -170},
		{"Koncorde's box beyond 180", beyond.Bound().Rect, 170, -170},
		{"Koncorde's box more than once around", turns.Bound().Rect, -180, 180},
		{"Koncorde's polygon", polygon.Bound().Rect, 170, -170},
		{"Koncorde's polygon around a pole", pole.Bound().Rect, -180, 180},
		{"Koncorde's circle", circle.Bound().Rect, 177.002, -179.002},
	} {
		if math.Abs(c.got.West-c.west) > 0.01 || math.Abs(c.got.East-c.east) > 0.01 {
			t.Errorf("%s: from %v to %v, not from %v to %v", c.name, c.got.West, c.got.East, c.west, c.east)
		}
	}
}

// On a grid edges touch the sides and corners of rectangles.
func TestRelate(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	seen := map[Relation]int{}
	for range 3000 {
		points := make([]Point, 3+r.IntN(4))
		for i := range points {
			points[i] = Point{float64(r.IntN(9)), float64(r.IntN(9))}
		}
		g, err := NewPolygon(points, Strict)
		if err != nil {
			continue // closed, and too few without the last
		}
		rect := Rect{South: float64(r.IntN(8)), West: float64(r.IntN(8))}
		rect.North, rect.East = rect.South+0.5*float64(r.IntN(4)), rect.West+0.5*float64(r.IntN(4))
		relation := g.Relate(rect)
		seen[relation]++
		for range 30 {
			p := Point{
				rect.South + (rect.North-rect.South)*float64(r.IntN(9))/8,
				rect.West + (rect.East-rect.West)*float64(r.IntN(9))/8,
			}
			if in := g.Contains(p); in && relation == Apart || !in && relation == Encloses {
				t.Fatalf("%v of %v is in %v: %t, although their relation is %d", p, rect, points, in, relation)
			}
		}
	}
	if seen[Apart] < 100 || seen[Meets] < 100 || seen[Encloses] < 100 {
		t.Errorf("too few of a kind: %v", seen)
	}
	// Few meet that do not have to.
	g, _ := NewPolygon([]Point{{0, 0}, {10, 10}, {10, 0}}, Strict)
	if got := g.Relate(Rect{1, 5, 4, 9}); got != Apart {
		t.Errorf("below the diagonal, but in the box: %d", got)
	}
	if got := g.Relate(Rect{8, 1, 9, 5}); got != Encloses {
		t.Errorf("above the diagonal: %d", got)
	}
}
