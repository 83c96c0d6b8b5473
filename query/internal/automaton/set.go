package automaton

import (
	"cmp"
	"slices"
	"unicode"
)

// span is the code points from lo to hi.
type span struct{ lo, hi rune }

// set is a set of code points: spans in order that neither overlap nor touch, once set.normal has been called.
type set []span

// The sets that have a name in regular expressions.
var (
	digits   = set{{'0', '9'}}
	spaces   = set{{'\t', '\n'}, {'\r', '\r'}, {' ', ' '}}
	words    = set{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}
	anything = set{{0, unicode.MaxRune}}
)

// named returns the set of the escape of letter c, such as \d.
func named(c rune) (s set, ok bool) {
	switch c {
	case 'd':
		return digits, true
	case 'D':
		return digits.complement(), true
	case 's':
		return spaces, true
	case 'S':
		return spaces.complement(), true
	case 'w':
		return words, true
	case 'W':
		return words.complement(), true
	}
	return nil, false
}

// char returns the set of c, with fold that of c and its other case, if c is an ASCII letter.
func char(c rune, fold bool) set {
	other := otherCase(c)
	if !fold || other == c {
		return set{{c, c}}
	}
	return set{{min(c, other), min(c, other)}, {max(c, other), max(c, other)}}
}

// otherCase returns the other case of an ASCII letter, and any other c as it is.
func otherCase(c rune) rune {
	if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
		return c ^ ('a' ^ 'A')
	}
	return c
}

// normal sorts and merges the spans.
func (s set) normal() set {
	slices.SortFunc(s, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	var merged set
	for _, r := range s {
		if n := len(merged); n > 0 && r.lo <= merged[n-1].hi+1 {
			merged[n-1].hi = max(merged[n-1].hi, r.hi)
		} else {
			merged = append(merged, r)
		}
	}
	return merged
}

// complement returns all code points that are not in s, which is normal.
func (s set) complement() set {
	var rest set
	next := rune(0)
	for _, r := range s {
		if r.lo > next {
			rest = append(rest, span{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	if next <= unicode.MaxRune {
		rest = append(rest, span{next, unicode.MaxRune})
	}
	return rest
}
