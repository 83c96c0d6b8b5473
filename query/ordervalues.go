package query

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/javanumber"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// The values that documents are ordered by: where they are, and which of several counts.

// orderMode says which of several values counts (Elasticsearch: mode).
type orderMode int

const (
	modeOfDirection orderMode = iota // the smallest, descending the largest
	modeMin
	modeMax
	modeAvg
	modeSum
	modeMedian
)

// modeNames are the names of modes.
var modeNames = []string{"", "min", "max", "avg", "sum", "median"}

func (m orderMode) String() string { return modeNames[m] }

// parseMode reads the name of a mode, in any case.
func parseMode(name string) (orderMode, error) {
	if i := slices.Index(modeNames[1:], strings.ToLower(name)); i >= 0 {
		return orderMode(i + 1), nil
	}
	//lint:ignore ST1005 Elasticsearch's text
	return 0, fmt.Errorf("Unknown SortMode [%s]", name)
}

// isComputed says whether the value is computed of numbers.
func (m orderMode) isComputed() bool { return m >= modeAvg }

// isLargest says whether the largest value counts.
func (m orderMode) isLargest(descending bool) bool {
	return m == modeMax || m == modeOfDirection && descending
}

// valueSource returns the values of a field, until it is called again.
type valueSource func(w *orderWork) [][]byte

// values returns where the values under some paths are, in nested objects if the key says so.
func (k *orderKey) values(c *compiler, paths []string) (valueSource, error) {
	if k.nested != nil {
		return k.nested.values(c, paths, false)
	}
	slots := c.slots(paths, false)
	if len(slots) == 1 {
		slot := slots[0]
		return func(w *orderWork) [][]byte { return w.values.Of(slot) }, nil
	}
	return func(w *orderWork) [][]byte {
		w.found = w.found[:0]
		for _, slot := range slots {
			w.found = append(w.found, w.values.Of(slot)...)
		}
		return w.found
	}, nil
}

// slots adds fields to those that are looked for, as they are written if plain says so, and returns their slots. What
// is not in the objects that c is about has none.
func (c *compiler) slots(paths []string, plain bool) (slots []int) {
	for _, path := range paths {
		path, ok := c.relative(path)
		switch {
		case !ok || path == "":
		case plain:
			slots = append(slots, c.fields.Plain(path))
		default:
			slots = append(slots, c.fields.Each(path))
		}
	}
	return slots
}

// smallest leaves the key of the smallest value in best: empty if there is none, that of null if there are only such.
func (w *orderWork) smallest(values [][]byte) { w.pick(values, false) }

// largest is smallest for the largest value.
func (w *orderWork) largest(values [][]byte) { w.pick(values, true) }

func (w *orderWork) pick(values [][]byte, largest bool) {
	w.best = w.best[:0]
	for _, v := range values {
		var ok bool
		if w.key, ok = sortkey.Append(w.key[:0], v); !ok {
			continue
		}
		order := bytes.Compare(w.key, w.best)
		if largest && v[0] != 'n' && len(w.best) > 0 && !sortkey.IsAbsent(w.best) {
			order = -order
		}
		if len(w.best) == 0 || order < 0 {
			w.best, w.key = w.key, w.best
		}
	}
}

// ofNumbers leaves the key of what is computed of the numbers among values in best. It is empty if there are none, or
// that of null if null is all there is.
func (m orderMode) ofNumbers(w *orderWork, values [][]byte) {
	w.best, w.floats = w.best[:0], w.floats[:0]
	for _, v := range values {
		if isNumber(v) {
			n, _ := strconv.ParseFloat(string(v), 64) // what is too large is infinite
			w.floats = append(w.floats, n)
		}
	}
	if len(w.floats) == 0 {
		if slices.ContainsFunc(values, isNull) {
			w.best, _ = sortkey.Append(w.best, []byte("null"))
		}
		return
	}
	n := max(-math.MaxFloat64, min(m.of(w.floats), math.MaxFloat64))
	w.key = strconv.AppendFloat(w.key[:0], n, 'e', -1, 64)
	w.best, _ = sortkey.Append(w.best, w.key)
}

// of returns what counts of numbers, of which there is one at least. It may change their order.
func (m orderMode) of(list []float64) float64 {
	switch m {
	case modeMin:
		return slices.Min(list)
	case modeMax:
		return slices.Max(list)
	case modeMedian:
		slices.Sort(list)
		half := len(list) / 2
		if len(list)%2 == 1 {
			return list[half]
		}
		return (list[half-1] + list[half]) / 2
	}
	sum := 0.0
	for _, n := range list {
		sum += n
	}
	if m == modeAvg {
		return sum / float64(len(list))
	}
	return sum
}

// ofWhole is of for whole numbers: what is computed is rounded, a half upwards, and a sum of more than 64 bits
// overflows (Elasticsearch).
func (m orderMode) ofWhole(list []int64) int64 {
	switch m {
	case modeMin:
		return slices.Min(list)
	case modeMax:
		return slices.Max(list)
	case modeMedian:
		slices.Sort(list)
		half := len(list) / 2
		if len(list)%2 == 1 {
			return list[half]
		}
		return rounded(float64(list[half-1])/2 + float64(list[half])/2)
	}
	sum := int64(0)
	for _, n := range list {
		sum += n
	}
	if m == modeAvg && len(list) > 1 {
		return rounded(float64(sum) / float64(len(list)))
	}
	return sum
}

// rounded returns the nearest whole number, of two that are as near the larger one.
func rounded(n float64) int64 {
	whole, _ := javanumber.Clamp(math.Floor(n + 0.5))
	return whole
}

// leavesOf returns the scalars in values, where values are objects (Elasticsearch: flattened).
func leavesOf(values valueSource) valueSource {
	return func(w *orderWork) [][]byte {
		objects := slices.Clone(values(w))
		w.found = w.found[:0]
		for _, v := range objects {
			anyLeaf(v, rawjson.MaxDepth, func(leaf []byte) bool {
				w.found = append(w.found, leaf)
				return false
			})
		}
		return w.found
	}
}
