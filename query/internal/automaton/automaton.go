package automaton

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Automaton says which strings a pattern matches. It is a deterministic finite automaton over code points.
type Automaton struct {
	lead string // all matches begin with it; the states are about what follows
	fold bool   // ASCII letters of lead match in either case

	// State 0 is the dead one, from which nothing matches; state 1 is the first one, unless all is dead.
	first  int32
	all    int32 // the state from which everything matches, or -1
	accept []bool

	// table leads from state*width + class[b] to the next state, for bytes b below 0x80.
	table []int32
	class [utf8.RuneSelf]uint8
	width int32

	// wide[wideAt[s]:wideAt[s+1]] are the edges of state s for code points that are no ASCII, in order.
	wide   []edge
	wideAt []int32
}

// Match says whether s matches, in time linear in the length of s and without allocations. A byte that is not part of
// valid UTF-8 counts as U+FFFD.
func (a *Automaton) Match(s []byte) bool { return match(a, s) }

// MatchString is Match for a string.
func (a *Automaton) MatchString(s string) bool { return match(a, s) }

// LiteralPrefix returns a string with which all matches begin: the longest one, unless case is ignored or the pattern
// contains U+FFFD. If nothing matches, it is empty.
func (a *Automaton) LiteralPrefix() string {
	if a.fold {
		if i := strings.IndexFunc(a.lead, func(c rune) bool { return otherCase(c) != c }); i >= 0 {
			return a.lead[:i]
		}
	}
	return a.lead
}

// Literal returns the only string that matches, and whether there is just one. It may overlook one that contains
// U+FFFD.
func (a *Automaton) Literal() (string, bool) {
	if a.first == 0 || a.fold || !a.accept[a.first] || a.first == a.all {
		return "", false
	}
	for _, next := range a.row(a.first) {
		if next != 0 {
			return "", false
		}
	}
	return a.lead, a.wideAt[a.first] == a.wideAt[a.first+1]
}

// row returns the part of the table for a state.
func (a *Automaton) row(state int32) []int32 { return a.table[state*a.width : (state+1)*a.width] }

func match[T string | []byte](a *Automaton, s T) bool {
	if len(s) < len(a.lead) || !hasLead(a, s[:len(a.lead)]) {
		return false
	}
	state := a.first
	for i := len(a.lead); i < len(s); {
		if state == 0 {
			return false
		}
		if state == a.all {
			return true
		}
		if b := s[i]; b < utf8.RuneSelf {
			state = a.table[state*a.width+int32(a.class[b])]
			i++
			continue
		}
		c, size := decode(s[i:])
		state = a.step(state, c)
		i += size
	}
	return a.accept[state]
}

func hasLead[T string | []byte](a *Automaton, s T) bool {
	if !a.fold {
		return string(s) == a.lead
	}
	for i := range len(s) {
		if s[i] != a.lead[i] && (s[i]|0x20 != a.lead[i]|0x20 || otherCase(rune(s[i])) == rune(s[i])) {
			return false
		}
	}
	return true
}

// decode returns the first code point of s, and its length in bytes.
func decode[T string | []byte](s T) (rune, int) {
	var buf [utf8.UTFMax]byte
	n := copy(buf[:], s)
	return utf8.DecodeRune(buf[:n])
}

// step finds the next state for a code point among the wide edges.
func (a *Automaton) step(state int32, c rune) int32 {
	lo, hi := a.wideAt[state], a.wideAt[state+1]
	for lo < hi {
		middle := (lo + hi) / 2
		switch e := &a.wide[middle]; {
		case c < e.lo:
			hi = middle
		case c > e.hi:
			lo = middle + 1
		default:
			return e.to
		}
	}
	return 0
}

// compile makes an automaton of a graph that has been minimized.
func compile(g *graph) *Automaton {
	a := &Automaton{all: -1, accept: make([]bool, 1), wideAt: make([]int32, 1)}
	if len(g.edges) == 0 {
		a.wideAt = append(a.wideAt, 0)
		return a
	}
	var lead []rune
	at := int32(0)
	for !g.accept[at] && len(g.edges[at]) == 1 {
		e := g.edges[at][0]
		if e.lo != e.hi || e.lo == utf8.RuneError {
			break
		}
		lead, at = append(lead, e.lo), e.to
	}
	g = g.live(at)
	a.first, a.lead = 1, string(lead)
	a.accept = append(a.accept, g.accept...)
	for s, edges := range g.edges {
		if len(edges) == 1 && edges[0] == (edge{0, unicode.MaxRune, int32(s)}) {
			a.all = int32(s) + 1
		}
	}
	a.findClasses(g)
	a.fillTable(g)
	a.fillWide(g)
	return a
}

// findClasses finds the classes of ASCII that the edges do not tell apart.
func (a *Automaton) findClasses(g *graph) {
	var begins [utf8.RuneSelf + 1]bool
	for _, edges := range g.edges {
		for _, e := range edges {
			begins[min(e.lo, utf8.RuneSelf)] = true
			begins[min(e.hi+1, utf8.RuneSelf)] = true
		}
	}
	class := uint8(0)
	for c := range a.class {
		if c > 0 && begins[c] {
			class++
		}
		a.class[c] = class
	}
	a.width = int32(class) + 1
}

func (a *Automaton) fillTable(g *graph) {
	a.table = make([]int32, len(a.accept)*int(a.width))
	for s, edges := range g.edges {
		row := a.row(int32(s) + 1)
		for _, e := range edges {
			for c := e.lo; c <= e.hi && c < utf8.RuneSelf; c++ {
				row[a.class[c]] = e.to + 1
			}
		}
	}
}

func (a *Automaton) fillWide(g *graph) {
	a.wideAt = append(a.wideAt, 0) // no edges lead from the dead state
	for _, edges := range g.edges {
		for _, e := range edges {
			if e.hi >= utf8.RuneSelf {
				a.wide = append(a.wide, edge{e.lo, e.hi, e.to + 1})
			}
		}
		a.wideAt = append(a.wideAt, int32(len(a.wide)))
	}
}
