package kuzzle

import "math"

// The answers of aggregations in recordings of searches.

// takeAggregations takes the aggregations out of two results, if they agree: the numbers that are computed to 1 in
// 100,000, all else exactly.
func takeAggregations(want, got any) {
	w, _ := want.(map[string]any)
	g, _ := got.(map[string]any)
	if w["aggregations"] == nil || g["aggregations"] == nil {
		return // the comparison of the rest tells
	}
	if sameAggregations(w["aggregations"], g["aggregations"], "") {
		delete(w, "aggregations")
		delete(g, "aggregations")
	}
}

// exact are the members of an answer that are not computed with rounding.
var exact = map[string]bool{
	"key": true, "doc_count": true, "count": true, "from": true, "to": true, "sum_other_doc_count": true,
}

func sameAggregations(want, got any, name string) bool {
	switch w := want.(type) {
	case float64:
		g, ok := got.(float64)
		return ok && (w == g || !exact[name] && math.Abs(w-g) <= 1e-5*math.Abs(w))
	case []any:
		g, ok := got.([]any)
		if !ok || len(w) != len(g) {
			return false
		}
		for i := range w {
			if !sameAggregations(w[i], g[i], name) {
				return false
			}
		}
		return true
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(w) != len(g) {
			return false
		}
		for key := range w {
			if _, ok := g[key]; !ok || !sameAggregations(w[key], g[key], key) {
				return false
			}
		}
		return true
	}
	return want == got
}
