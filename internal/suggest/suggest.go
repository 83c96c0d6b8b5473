// Package suggest finds the names that were meant by one that does not exist, as Elasticsearch does.
package suggest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// DidYouMean is what follows the error of an unknown name: those that are similar, if there are any.
func DidYouMean(name string, names []string) string {
	switch near := nearest(name, names); len(near) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf(" did you mean [%s]?", near[0])
	default:
		return fmt.Sprintf(" did you mean any of [%s]?", strings.Join(near, ", "))
	}
}

// nearest returns the names that are similar to one, the most similar first: the edits that make one of the other are
// less than half the length of the longer (Elasticsearch).
func nearest(name string, names []string) []string {
	type similar struct {
		name  string
		share float64
	}
	var list []similar
	for _, other := range names {
		share := 1 - float64(EditDistance(name, other))/float64(max(len(name), len(other)))
		if share > 0.5 {
			list = append(list, similar{other, share})
		}
	}
	slices.SortFunc(list, func(a, b similar) int { return cmp.Or(cmp.Compare(b.share, a.share), cmp.Compare(a.name, b.name)) })
	near := make([]string, len(list))
	for i, s := range list {
		near[i] = s.name
	}
	return near
}

// EditDistance is the number of insertions, deletions and substitutions of bytes that make b of a.
func EditDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
