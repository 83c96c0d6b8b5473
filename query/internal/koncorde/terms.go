package koncorde

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// A part of a filter is what Koncorde takes for one condition of the truth table: a leaf, or a group of leaves.
type part struct {
	all term // all of these
	any term // and one of these, if there are any
}

// distribute returns the conjunctions that f is an or of, or false if there are more than maxTerms.
func distribute(f Filter) ([]term, bool) {
	products, ok := products(f)
	if !ok {
		return nil, false
	}
	var terms []term
	for _, parts := range products {
		expanded := []term{nil}
		for _, p := range parts {
			expanded[0] = append(expanded[0], p.all...)
		}
		for _, p := range parts {
			if len(p.any) > 0 {
				expanded, ok = choose(expanded, p.any)
			}
			if !ok {
				return nil, false
			}
		}
		if terms = append(terms, expanded...); len(terms) > maxTerms {
			return nil, false
		}
	}
	return terms, true
}

// choose returns each of terms with each of literals added.
func choose(terms []term, literals term) ([]term, bool) {
	if len(terms)*len(literals) > maxTerms {
		return nil, false
	}
	var result []term
	for _, t := range terms {
		for _, l := range literals {
			result = append(result, append(slices.Clip(slices.Clone(t)), l))
		}
	}
	return result, true
}

// products returns f as an or of lists of parts, of which all must hold.
func products(f Filter) ([][]part, bool) {
	g, ok := f.(*group)
	switch {
	case !ok || g.leaf && g.keyword == "and":
		return [][]part{{{all: flatten(nil, f)}}}, true
	case g.leaf:
		return [][]part{{{any: flatten(nil, f)}}}, true
	}
	result := [][]part{{}}
	if g.keyword == "or" {
		result = nil
	}
	for _, sub := range g.filters {
		lists, ok := products(sub)
		if !ok {
			return nil, false
		}
		if g.keyword == "or" {
			result = append(result, lists...)
		} else if result = multiply(result, lists); len(result) > maxTerms {
			return nil, false
		}
		if len(result) > maxTerms {
			return nil, false
		}
	}
	return result, true
}

// multiply returns each of a followed by each of b. The caller limits the lengths of both.
func multiply(a, b [][]part) [][]part {
	if len(a)*len(b) > maxTerms {
		return make([][]part, maxTerms+1)
	}
	var result [][]part
	for _, first := range a {
		for _, second := range b {
			result = append(result, slices.Concat(first, second))
		}
	}
	return result
}

// knowledge is what Koncorde notes about a field while it looks for impossible conjunctions.
type knowledge struct {
	equals    *any            // what the field equals
	notEquals map[string]bool // what the field does not equal, as text
	exists    bool
	notExists bool
	limits    *Range // the last range
}

// isPossible says whether Koncorde keeps the conjunction. It drops, rightly, a field that is there and missing, or
// equals two values, and so on. But it does not tell "is an array with this value" from "is there", nor 1 from "1"
// where the negation comes first, nor does it move the bounds of ranges that are exclusive.
func (t term) isPossible() bool {
	known := map[string]*knowledge{}
	of := func(field string) *knowledge {
		if known[field] == nil {
			known[field] = &knowledge{notEquals: map[string]bool{}}
		}
		return known[field]
	}
	for _, l := range t {
		possible := true
		switch leaf := l.leaf.(type) {
		case Equals:
			possible = of(leaf.Field).addEquals(leaf.Value, l.not)
		case Exists:
			possible = of(leaf.Path).addExists(l.not)
		case Range:
			if k := of(leaf.Field); !l.not {
				k.limits = &leaf
				possible = !k.notExists && (k.equals == nil || !leaf.excludes(*k.equals))
			}
		}
		if !possible {
			return false
		}
	}
	return true
}

func (k *knowledge) addEquals(v any, not bool) bool {
	if not {
		k.notEquals[scalarText(v)] = true
		return k.equals == nil || *k.equals != v
	}
	if k.equals != nil && *k.equals != v {
		return false
	}
	k.equals = &v
	return !k.notExists && !k.notEquals[scalarText(v)] && (k.limits == nil || !k.limits.excludes(v))
}

func (k *knowledge) addExists(not bool) bool {
	if !not {
		k.exists = true
		return !k.notExists
	}
	k.notExists = true
	return k.equals == nil && !k.exists && k.limits == nil
}

// excludes compares v with the bounds as JavaScript does, which turns other values into numbers.
func (r Range) excludes(v any) bool {
	n := scalarNumber(v)
	below := n < r.Low || n == r.Low && r.AboveLow
	return below || n > r.High || n == r.High && r.BelowHigh
}

// scalarText returns what JavaScript's String gives for a scalar.
func scalarText(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return string(appendNumber(nil, v))
	case string:
		return v
	}
	return "null"
}

// scalarNumber returns what JavaScript's Number gives for a scalar, or NaN for text other than decimal numbers.
func scalarNumber(v any) float64 {
	switch v := v.(type) {
	case bool:
		if v {
			return 1
		}
	case float64:
		return v
	case string:
		if v = strings.TrimFunc(v, isSpace); decimal.FindString(v) != v {
			return math.NaN()
		}
		n, _ := strconv.ParseFloat(v, 64) // the error only says that the number is infinite
		return n
	}
	return 0
}

// isDroppedWrongly says whether two of the conditions can hold for one document, although Koncorde takes a conjunction
// of both for impossible.
func isDroppedWrongly(literals []literal) bool {
	for i, a := range literals {
		for j, b := range literals {
			if i != j && dropsWrongly(a, b) {
				return true
			}
		}
	}
	return false
}

func dropsWrongly(a, b literal) bool {
	switch first := a.leaf.(type) {
	case Exists:
		return a.not && first.Array && !b.not && b.field() == first.Path
	case Equals:
		if a.not || b.field() != first.Field {
			return false
		}
		if second, ok := b.leaf.(Equals); ok && b.not {
			return second.Value != first.Value && scalarText(second.Value) == scalarText(first.Value)
		}
		limits, isRange := b.leaf.(Range)
		n, isNumber := first.Value.(float64)
		return isRange && !b.not && isNumber && limits.Holds(n) && limits.excludes(n)
	}
	return false
}

// field returns the field of an Equals, Exists or Range.
func (l literal) field() string {
	switch leaf := l.leaf.(type) {
	case Equals:
		return leaf.Field
	case Exists:
		return leaf.Path
	case Range:
		return leaf.Field
	}
	return "\x00"
}
