package automaton

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// naive evaluates the tree of a regular expression without any automaton: it finds for a start in the text all places
// where a match may end. Stars over what matches no string at all are beyond it.
type naive struct {
	text []rune
	fold bool
}

// ends returns for each place in the text whether a match that begins at start may end there.
func (v naive) ends(n *node, start int) []bool {
	ends := make([]bool, len(v.text)+1)
	switch n.kind {
	case kindString:
		if i := start + len(n.text); i <= len(v.text) && v.same(v.text[start:i], n.text) {
			ends[i] = true
		}
	case kindSet:
		if start < len(v.text) {
			c := v.text[start]
			ends[start+1] = slices.ContainsFunc(n.set, func(r span) bool { return r.lo <= c && c <= r.hi })
		}
	case kindNoString:
	case kindAnyString:
		for i := start; i < len(ends); i++ {
			ends[i] = true
		}
	case kindInterval:
		for i := start + 1; i < len(ends); i++ {
			ends[i] = inInterval(n, string(v.text[start:i]))
		}
	default:
		v.operator(n, start, ends)
	}
	return ends
}

func (v naive) same(a, b []rune) bool {
	if v.fold {
		return strings.EqualFold(string(a), string(b)) // the letters of these tests have two cases at most
	}
	return slices.Equal(a, b)
}

func inInterval(n *node, text string) bool {
	value, err := strconv.Atoi(text)
	return err == nil && n.least <= value && value <= n.most && (n.digits == 0 || n.digits == len(text))
}

func (v naive) operator(n *node, start int, ends []bool) {
	switch n.kind {
	case kindUnion, kindIntersection:
		for i := range ends {
			ends[i] = n.kind == kindIntersection
		}
		for _, kid := range n.kids {
			for i, end := range v.ends(kid, start) {
				ends[i] = n.kind == kindUnion && (ends[i] || end) || n.kind == kindIntersection && ends[i] && end
			}
		}
	case kindComplement:
		for i, end := range v.ends(n.kids[0], start) {
			ends[i] = i >= start && !end
		}
	case kindConcatenation:
		ends[start] = true
		for _, kid := range n.kids {
			copy(ends, v.then(ends, kid))
		}
	case kindOptional:
		copy(ends, v.ends(n.kids[0], start))
		ends[start] = true
	case kindStar:
		v.repeat(n.kids[0], start, 0, len(v.text)+1, ends)
	case kindRepetition:
		most := n.most
		if most == unbounded {
			most = n.least + len(v.text) + 1 // more can only repeat the empty string
		}
		v.repeat(n.kids[0], start, n.least, most, ends)
	}
}

// then returns where matches of n end that begin at the given places.
func (v naive) then(starts []bool, n *node) []bool {
	all := make([]bool, len(starts))
	for start, is := range starts {
		if is {
			for i, end := range v.ends(n, start) {
				all[i] = all[i] || end
			}
		}
	}
	return all
}

func (v naive) repeat(n *node, start, least, most int, ends []bool) {
	at := make([]bool, len(ends))
	at[start] = true
	for times := 0; ; times++ {
		for i := range ends {
			ends[i] = ends[i] || times >= least && at[i]
		}
		if times == most {
			return
		}
		at = v.then(at, n)
	}
}

// randomRegexp writes a regular expression over a, b, c and digits. Those over common syntax are the same to Go's
// package.
func randomRegexp(random *rand.Rand, depth int, common bool) string {
	sub := func() string { return "(" + randomRegexp(random, depth-1, common) + ")" }
	if depth == 0 || random.IntN(4) == 0 {
		atoms := []string{"a", "b", "ab", ".", "[ab]", "[^a]", "[a-c]", `\d`, `\W`, "é", `[^\w]`, `\.`, `[\]a]`, `\S`}
		if !common {
			atoms = append(atoms, "@", "<1-12>", "<01-12>", "<5-5>", `"a.b"`, "()", "~a", "~(b*)", "[]b]", "1")
		}
		return atoms[random.IntN(len(atoms))]
	}
	operators := 8
	if !common {
		operators = 12
	}
	switch random.IntN(operators) {
	case 0, 1, 2:
		return sub() + sub()
	case 3:
		return sub() + "|" + sub()
	case 4: // in a union with a, so that it matches some string: see naive
		return "(" + randomRegexp(random, depth-1, common) + "|a)*"
	case 5:
		return sub() + "?"
	case 6:
		return "(" + sub() + "|b)+"
	case 7:
		return sub() + []string{"{2}", "{0,2}", "{1,3}", "{0}"}[random.IntN(4)]
	case 8, 9:
		return "~" + sub()
	}
	return sub() + "&" + sub()
}

func randomText(random *rand.Rand) string {
	text := make([]rune, random.IntN(7))
	for i := range text {
		text[i] = []rune("aaabbbc1203.é\n]A")[random.IntN(16)]
	}
	return string(text)
}

func TestRegexpAsNaive(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	matches := 0
	for range 4000 {
		pattern, fold := randomRegexp(random, 4, false), random.IntN(3) == 0
		if fold && strings.Contains(pattern, "()") {
			continue // matches nothing there, see TestRegexpCase
		}
		n, err := parse(pattern, All, fold)
		if err != nil {
			t.Fatal(pattern, err)
		}
		a, err := Regexp(pattern, Options{CaseInsensitive: fold})
		if err != nil {
			t.Fatal(pattern, err)
		}
		for range 20 {
			text := randomText(random)
			v := naive{[]rune(text), fold}
			want := v.ends(n, 0)[len(v.text)]
			if a.MatchString(text) != want {
				t.Fatalf("whether %q matches %q is not %t; case ignored: %t", pattern, text, want, fold)
			}
			if want {
				matches++
			}
			checkLead(t, pattern, a, text, want)
		}
	}
	if matches < 5000 {
		t.Errorf("only %d matches", matches)
	}
}

func TestRegexpAsGo(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	matches := 0
	for range 3000 {
		pattern := randomRegexp(random, 4, true)
		theirs, err := regexp.Compile("(?s)^(?:" + pattern + ")$")
		if err != nil {
			t.Fatal(pattern, err)
		}
		ours, err := Regexp(pattern, Options{})
		if err != nil {
			t.Fatal(pattern, err)
		}
		for range 20 {
			text := randomText(random)
			want := theirs.MatchString(text)
			if ours.MatchString(text) != want {
				t.Fatalf("whether %q matches %q is not %t", pattern, text, want)
			}
			if want {
				matches++
			}
		}
	}
	if matches < 4000 {
		t.Errorf("only %d matches", matches)
	}
}
