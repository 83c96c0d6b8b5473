package koncorde

import (
	"bytes"
	"math"
	"regexp"
)

// A Filter is a node of the tree that Parse returns: [And], [Or], [Not] or a leaf, which is one of [Everything],
// [Nothing], [Equals], [Exists], [Range], [*Regexp], [Match], [*Select], [Box], [Distance], [DistanceRange] and
// [Polygon]. Filters are not changed once they are parsed and can be used by several goroutines at the same time.
type Filter interface{ isFilter() }

type (
	// And holds where all of its filters hold. There is at least one.
	And []Filter

	// Or holds where at least one of its filters holds. There is at least one.
	Or []Filter

	// Not holds where its leaf does not hold, with these exceptions:
	//
	//   - Range: [Range.HoldsNot] decides for numbers. Values that are no numbers satisfy Not.
	//   - Regexp: Not tests what JavaScript's String gives for the value, so that 12 does not satisfy Not "2".
	//     [Regexp.HoldsNot] does that.
	//   - Box, Distance, DistanceRange and Polygon: a value that is neither a point nor one of null, false, 0 and ""
	//     satisfies neither the leaf nor Not.
	//
	// Select, Nothing and Everything are never negated.
	Not struct{ Leaf Filter }

	// Everything holds for every document. It only occurs at the root.
	Everything struct{}

	// Nothing holds for no document.
	Nothing struct{}

	// Equals holds where the field is strictly equal to Value, which is nil, a bool, a float64 or a string.
	Equals struct {
		Field string
		Value any
	}

	// Exists holds where the field is there, also as null. With Array, it holds where the field is an array with an item
	// that is strictly equal to Value, which is nil, a bool, a float64, a string, or a Composite.
	Exists struct {
		Path  string
		Array bool
		Value any
	}

	// Composite is the JSON text of an array or object. Nothing is equal to it.
	Composite string

	// Match holds where the flattened document contains the object whose compact JSON text Object is. The document may
	// have more members, at each level; arrays hold the wanted items by first fit: each wanted item, in order, takes the
	// first item that is left and contains it. Scalars are strictly equal. At the first level keys are fields, which can
	// have dots.
	Match struct{ Object []byte }

	// Select holds where the field is an array that has an item at Index, from the end if Index is negative, and Filter
	// holds for the document {"value": item}. Index is a whole number, or infinite.
	Select struct {
		Field  string
		Index  float64
		Filter Filter

		registered bool // Filter has been registered, and err is what came of it
		err        error
	}

	// Box holds where the field is a point in the box or on its edge. The numbers are degrees, Top > Bottom and
	// Right > Left.
	Box struct {
		Field                    string
		Top, Left, Bottom, Right float64
	}

	// Distance holds where the field is a point at most Meters away from the given one. Meters can be NaN: then nothing
	// matches. Lat and Lon can be out of range, or infinite.
	Distance struct {
		Field    string
		Lat, Lon float64
		Meters   float64
	}

	// DistanceRange holds where the field is a point at least From and at most To meters away from the given one. From
	// and To can be NaN: then nothing matches. Lat and Lon can be out of range, or infinite.
	DistanceRange struct {
		Field    string
		Lat, Lon float64
		From, To float64
	}

	// Polygon holds where the field is a point in the polygon or on its edge. Points has at least three points, each a
	// latitude and a longitude in degrees. The last one is connected with the first one.
	Polygon struct {
		Field  string
		Points [][2]float64
	}
)

func (And) isFilter()           {}
func (Or) isFilter()            {}
func (Not) isFilter()           {}
func (Everything) isFilter()    {}
func (Nothing) isFilter()       {}
func (Equals) isFilter()        {}
func (Exists) isFilter()        {}
func (Range) isFilter()         {}
func (*Regexp) isFilter()       {}
func (Match) isFilter()         {}
func (*Select) isFilter()       {}
func (Box) isFilter()           {}
func (Distance) isFilter()      {}
func (DistanceRange) isFilter() {}
func (Polygon) isFilter()       {}

// Range holds where the field is a number between Low and High. Without a lower bound, Low is -Inf; without an upper
// one, High is +Inf.
//
// Koncorde knows inclusive bounds only. It moves an exclusive bound by 1e-10: Near 1, numbers that are closer to the
// bound than that are left out. From about 2^20 on, adding 1e-10 changes nothing, and the bound is included.
type Range struct {
	Field     string
	Low, High float64
	AboveLow  bool // the lower bound is exclusive: gt, not gte
	BelowHigh bool // the upper bound is exclusive: lt, not lte
}

// epsilon is what Koncorde moves exclusive bounds by.
const epsilon = 1e-10

// Holds says whether the number v is in the range.
func (r Range) Holds(v float64) bool {
	low, high := r.Low, r.High
	if r.AboveLow {
		low += epsilon
	}
	if r.BelowHigh {
		high -= epsilon
	}
	if low > high { // the bounds are closer than 2e-10: Koncorde's interval tree exchanges them
		low, high = high, low
	}
	return low <= v && v <= high
}

// HoldsNot says whether the negated range holds for the number v. For a large exclusive bound, both Holds and HoldsNot
// are true.
func (r Range) HoldsNot(v float64) bool {
	low, high := r.Low, r.High
	if !r.AboveLow {
		low -= epsilon
	}
	if !r.BelowHigh {
		high += epsilon
	}
	return !math.IsInf(low, -1) && v <= low || !math.IsInf(high, 1) && v >= high
}

// Regexp holds where the field is a string that the regular expression matches somewhere. Flags are those of i, m, s
// and y that the filter has, in this order; other flags have no effect.
type Regexp struct {
	Field      string
	Expression string // as in the filter
	Flags      string
	compiled   *regexp.Regexp
}

// Holds says whether the expression matches the text v. It does not allocate, as a rule, and takes time in proportion
// to the lengths of v and of the expression.
func (r *Regexp) Holds(v []byte) bool { return r.compiled.Match(v) }

// HoldsNot says whether the negated regexp holds for the JSON value raw. It does not allocate, as a rule, for a string
// without escapes.
func (r *Regexp) HoldsNot(raw []byte) bool {
	if len(raw) > 1 && raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return !r.compiled.Match(raw[1 : len(raw)-1])
	}
	v, _ := parseValue(raw)
	return r.holdsNot(v)
}

func (r *Regexp) holdsNot(v value) bool { return !r.compiled.MatchString(toText(v)) }
