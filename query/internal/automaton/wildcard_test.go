package automaton

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestWildcard(t *testing.T) {
	for _, test := range []struct {
		pattern string
		yes, no []string
	}{
		{"", nil, []string{"", "a"}},
		{"*", []string{"", "a", "é😀\n"}, nil},
		{"**", []string{"", "a"}, nil},
		{"?", []string{"a", "é", "😀", "\n", "*"}, []string{"", "ab"}},
		{"abc", []string{"abc"}, []string{"ABC", "ab", "abcd"}},
		{"a*", []string{"a", "ab"}, []string{"", "ba", "A"}},
		{"*a", []string{"a", "ba", "aa"}, []string{"", "ab"}},
		{"*a*b?", []string{"abc", "xaxbx"}, []string{"ab", "ba", "abcd"}},
		{"?*", []string{"a", "ab"}, []string{""}},
		{`\*`, []string{"*"}, []string{"a", `\*`, ""}},
		{`\?a`, []string{"?a"}, []string{"xa"}},
		{`\\*`, []string{`\`, `\a`}, []string{"*"}},
		{`a\`, []string{`a\`}, []string{"a"}},
		{`\a`, []string{"a"}, []string{`\a`}},
		{".[a]+", []string{".[a]+"}, []string{"xa"}},
		{"a\xff?", []string{"a\ufffdb", "a\xffb", "a\xff\xff"}, []string{"ab"}},
	} {
		a, err := Wildcard(test.pattern, false)
		checkMatches(t, test.pattern, a, err, test.yes, test.no)
	}
	a, err := Wildcard(`aB\cé*?`, true)
	checkMatches(t, "in any case", a, err, []string{"ABcéx", "abcéxyz"}, []string{"abCéx", "abcÉx", "abcé"})
}

// naiveWildcard is a wildcard pattern without escapes, by backtracking.
func naiveWildcard(pattern, s []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(s) == 0
	case pattern[0] == '*':
		return naiveWildcard(pattern[1:], s) || len(s) > 0 && naiveWildcard(pattern, s[1:])
	}
	return len(s) > 0 && (pattern[0] == '?' || pattern[0] == s[0]) && naiveWildcard(pattern[1:], s[1:])
}

func TestWildcardAsNaive(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	words := allWords("aé", 6)
	for range 300 {
		pattern := make([]rune, 1+random.IntN(6))
		for i := range pattern {
			pattern[i] = []rune("aaé?*")[random.IntN(5)]
		}
		a, err := Wildcard(string(pattern), false)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range words {
			if want := naiveWildcard(pattern, []rune(s)); a.MatchString(s) != want {
				t.Fatalf("whether %q matches %q is not %t", string(pattern), s, want)
			}
		}
	}
}

func TestWildcardTooComplex(t *testing.T) {
	if _, err := Wildcard("*a"+strings.Repeat("?", 12), false); err != nil {
		t.Error(err)
	}
	for pattern, graph := range map[string]string{
		"*a??????????????":       "31 states and 31 transitions",
		"*a????????????????????": "43 states and 43 transitions",
	} {
		want := "Determinizing automaton with " + graph + " would require more than 10000 effort."
		if _, err := Wildcard(pattern, false); errorText(err) != want {
			t.Errorf("%s: %v, want %s", pattern, err, want)
		}
	}
	const anyCase = "Determinizing automaton with 31 states and 33 transitions would require more than 10000 effort."
	if _, err := Wildcard("*a??????????????", true); errorText(err) != anyCase {
		t.Error(err)
	}
	if _, err := Wildcard(strings.Repeat("ab?", 1<<16), false); err == nil {
		t.Error("a pattern of 200,000 characters is taken")
	}
}

func TestPrefix(t *testing.T) {
	for _, test := range []struct {
		value   string
		any     bool
		yes, no []string
	}{
		{"", false, []string{"", "a"}, nil},
		{"", true, []string{"", "a"}, nil},
		{"ab", false, []string{"ab", "abc"}, []string{"", "a", "AB", "xab"}},
		{"ab*", false, []string{"ab*", "ab*c"}, []string{"abc"}},
		{"aB-@é", true, []string{"ab-@éx", "AB-@é"}, []string{"ab-`é", "ab-@É", "ab\r@é", "ab-@"}},
		{"K", true, []string{"k", "Kx"}, []string{"\u212a"}},
		{"\xff", false, []string{"\xff", "\xffa"}, []string{"\ufffd"}}, // bytes, not code points
	} {
		checkMatches(t, test.value, Prefix(test.value, test.any), nil, test.yes, test.no)
	}
}
