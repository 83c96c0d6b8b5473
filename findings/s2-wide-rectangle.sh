#!/usr/bin/env bash
# golang/geo (commit b200a1149890, August 2026): a wide rectangle and a cell that it cuts in the middle are said to be apart.
#
# s2.Rect.IntersectsCell is what RegionCoverer asks to decide whether a cell has a part of a latitude-longitude rectangle.
# A good engineer would guess that it says true wherever a point is in both: a covering then has all points of its region.
# It does not for a rectangle that is wider than the cell and crosses it without reaching a corner of either: for the
# rectangle of 44.09 to 47.81 degrees north and 37.14 west to 33.15 east, and the face 0 of the cube, it says that they are
# apart, although the point 44.1034846, 0 is in both. The covering of the rectangle has no cell with that point.
#
# Seen: "point in rectangle: true, in face 0: true, intersects: false, covered: false".
# In Kuzzlite: query/internal/geo/cells asks about the bounds of a cell instead, which are larger than the cell.
# Needs Go.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >go.mod <<'MOD'
module finding

go 1.24

require github.com/golang/geo v0.0.0-20260818125358-b200a1149890
MOD
cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/golang/geo/s2"
)

func main() {
	rect := s2.RectFromLatLng(s2.LatLngFromDegrees(44.092001, -37.142509))
	rect = rect.AddPoint(s2.LatLngFromDegrees(47.808589, 33.145291))
	at := s2.LatLngFromDegrees(44.1034846, 0)
	point := s2.PointFromLatLng(at)
	face := s2.CellFromCellID(s2.CellIDFromFace(0))
	covering := (&s2.RegionCoverer{MaxLevel: 30, MaxCells: 8}).Covering(rect)
	fmt.Printf("point in rectangle: %t, in face 0: %t, intersects: %t, covered: %t\n",
		rect.ContainsLatLng(at), face.ContainsPoint(point), rect.IntersectsCell(face), covering.ContainsPoint(point))
}
GO
go mod tidy >/dev/null 2>&1
out=$(go run .)
echo "$out"
[ "$out" = "point in rectangle: true, in face 0: true, intersects: false, covered: false" ]
