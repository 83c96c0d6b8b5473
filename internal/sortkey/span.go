package sortkey

import (
	"bytes"
	"math"
	"slices"
)

// A Span is a range of keys: From ≤ key < To. A nil To is no bound.
type Span struct{ From, To []byte }

// Empty says whether no key is in the span.
func (s Span) Empty() bool { return s.To != nil && bytes.Compare(s.From, s.To) >= 0 }

// Contains says whether a key is in the span.
func (s Span) Contains(key []byte) bool {
	return bytes.Compare(s.From, key) <= 0 && (s.To == nil || bytes.Compare(key, s.To) < 0)
}

// After returns the first key that does not begin with prefix, and is larger; nil if there is none.
func After(prefix []byte) []byte {
	for n := len(prefix); n > 0; n-- {
		if prefix[n-1] < 0xff {
			after := bytes.Clone(prefix[:n])
			after[n-1]++
			return after
		}
	}
	return nil
}

// Spans of all values of one kind, and of all values: null is none.
var (
	Booleans = Span{[]byte{tagFalse}, []byte{tagTrue + 1}}
	Numbers  = Span{[]byte{tagNegative}, []byte{tagPositive + 1}}
	Strings  = Span{[]byte{tagString}, []byte{tagString + 1}}
	Nulls    = Span{[]byte{tagNull}, []byte{tagNull + 1}}
	Missing  = Span{[]byte{tagMissing}, []byte{tagMissing + 1}}
	Present  = Span{[]byte{tagFalse}, []byte{tagString + 1}}
)

// kindOf returns the span of the values of the same kind.
func kindOf(value []byte) Span {
	switch value[0] {
	case 'n':
		return Nulls
	case 't', 'f':
		return Booleans
	case '"':
		return Strings
	}
	return Numbers
}

// IsPoint says whether a span has the one key From, with whatever comes behind the key.
func (s Span) IsPoint() bool {
	return len(s.From) > 0 && Len(s.From, false) == len(s.From) && bytes.Equal(s.To, After(s.From))
}

// IsAbsent says whether a span is one of null, or of missing values.
func (s Span) IsAbsent() bool { return IsAbsent(s.From) }

// IsAbsent says whether a key is that of null, or of a missing value.
func IsAbsent(key []byte) bool { return len(key) > 0 && key[0] >= tagNull }

// Equal returns the span of the keys that AppendCut makes of values which are equal to one; an empty Span of an object
// or an array.
func Equal(value []byte, most int) Span {
	key, _, ok := AppendCut(nil, value, most)
	if !ok {
		return Span{To: []byte{}}
	}
	return Span{key, After(key)}
}

// Bound is one end of a range of values: a scalar as it is written in JSON, nil: there is no bound.
type Bound struct {
	Value    []byte
	Excluded bool // the value itself is not in the range
}

// Between returns a span that has the keys, as AppendCut makes them, of all values between two bounds. Values of another
// kind than that of the bounds (strings, where a bound is a number) are not in it. With keys that are cut there may be a
// few in the span whose value is not in the range. Bounds of two kinds, or of objects and arrays, give an empty span.
func Between(lower, upper Bound, most int) Span {
	s := Present
	for i, b := range []Bound{lower, upper} {
		if b.Value == nil {
			continue
		}
		kind := kindOf(b.Value)
		if i == 0 || lower.Value == nil {
			s = kind
		} else if s = Intersect(s, kind); s.Empty() {
			return s
		}
	}
	if lower.Value != nil {
		s.From = lowerEnd(lower, most)
	}
	if upper.Value != nil {
		s.To = upperEnd(upper, most)
	}
	return s
}

func lowerEnd(b Bound, most int) []byte {
	key, cut, _ := AppendCut(nil, b.Value, most)
	switch {
	case b.Value[0] != '"': // other numbers may have the same key
		return key
	case cut:
		return firstCut(key)
	case b.Excluded:
		return After(key)
	}
	return key
}

func upperEnd(b Bound, most int) []byte {
	key, cut, _ := AppendCut(nil, b.Value, most)
	switch {
	case b.Value[0] != '"':
		return After(key)
	case cut:
		end := firstCut(key)
		end[len(end)-1] = endBound
		return end
	case b.Excluded:
		return key
	}
	return After(key)
}

// firstCut returns what comes before the hash in the key of a string that is cut.
func firstCut(key []byte) []byte { return bytes.Clone(key[:len(key)-16]) }

// Prefix returns the span of the keys of strings that begin with text, which is the decoded text and no JSON.
func Prefix(text []byte, most int) Span {
	text = text[:min(len(text), most)]
	from := appendEscaped([]byte{tagString}, text)
	return Span{from, After(from)}
}

// Intersect returns the keys that are in both spans.
func Intersect(a, b Span) Span {
	if bytes.Compare(b.From, a.From) > 0 {
		a.From = b.From
	}
	if a.To == nil || b.To != nil && bytes.Compare(b.To, a.To) < 0 {
		a.To = b.To
	}
	return a
}

// Whole is the length at which nothing is cut.
const Whole = math.MaxInt

// MostIndexed is the length at which indexes cut.
const MostIndexed = 512

// Union returns spans that have the keys of all spans of a list: ascending, and apart from one another. It may use the
// list for them.
func Union(list []Span) []Span {
	slices.SortFunc(list, func(a, b Span) int { return bytes.Compare(a.From, b.From) })
	all := list[:0]
	for _, s := range list {
		if s.Empty() {
			continue
		}
		last := len(all) - 1
		switch {
		case last < 0 || all[last].To != nil && bytes.Compare(all[last].To, s.From) < 0:
			all = append(all, s)
		case all[last].To != nil && (s.To == nil || bytes.Compare(s.To, all[last].To) > 0):
			all[last].To = s.To
		}
	}
	return all
}
