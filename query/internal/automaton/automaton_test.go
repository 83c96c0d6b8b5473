package automaton

import (
	"sync"
	"testing"
)

func mustRegexp(t testing.TB, pattern string) *Automaton {
	t.Helper()
	a, err := Regexp(pattern, Options{})
	if err != nil {
		t.Fatal(pattern, err)
	}
	return a
}

func mustWildcard(t testing.TB, pattern string, anyCase bool) *Automaton {
	t.Helper()
	a, err := Wildcard(pattern, anyCase)
	if err != nil {
		t.Fatal(pattern, err)
	}
	return a
}

// A byte that is part of no valid code point counts as U+FFFD.
func TestInvalidUTF8(t *testing.T) {
	for _, test := range []struct {
		pattern string
		yes, no []string
	}{
		{".", []string{"\xff", "\x80", "\ufffd"}, []string{"\xff\xff", "\xc3\x28"}},
		{"..", []string{"\xff\xff", "\xc3\x28", "\xe2\x82"}, []string{"\xc3\xa9"}},
		{"...", []string{"\xed\xa0\x80"}, nil}, // half of a surrogate pair
		{"a\ufffdb", []string{"a\xffb", "a\ufffdb"}, []string{"ab", "a\xff\xffb"}},
		{"a\xffb", []string{"a\xffb", "a\xfeb", "a\ufffdb"}, []string{"ab"}},
		{"[^a]", []string{"\xff"}, nil},
		{"[a-z]", nil, []string{"\xff"}},
		{"é", []string{"\xc3\xa9"}, []string{"\xc3", "\xe9"}},
	} {
		checkMatches(t, test.pattern, mustRegexp(t, test.pattern), nil, test.yes, test.no)
	}
}

func TestLiteralPrefix(t *testing.T) {
	for _, test := range []struct {
		a       *Automaton
		lead    string
		literal bool
	}{
		{mustRegexp(t, "abc"), "abc", true},
		{mustRegexp(t, "ab.*"), "ab", false},
		{mustRegexp(t, "ab*"), "a", false},
		{mustRegexp(t, "abc|abd"), "ab", false},
		{mustRegexp(t, "(abc|abcd)&.{4}"), "abcd", true},
		{mustRegexp(t, "é😀[a-b]"), "é😀", false},
		{mustRegexp(t, "[é-ê]"), "", false}, // not even the byte that both begin with
		{mustRegexp(t, "a{3}"), "aaa", true},
		{mustRegexp(t, ""), "", true},
		{mustRegexp(t, "#"), "", false},
		{mustRegexp(t, "@"), "", false},
		{mustRegexp(t, "a\ufffdb"), "a", false}, // other bytes count as U+FFFD
		{mustRegexp(t, "a?"), "", false},
		{mustRegexp(t, "a<7-7>"), "a7", true},
		{mustWildcard(t, "ab*", false), "ab", false},
		{mustWildcard(t, `ab\*`, false), "ab*", true},
		{mustWildcard(t, "1-b", true), "1-", false},
		{mustWildcard(t, "", false), "", false},
		{Prefix("ab", false), "ab", false},
		{Prefix("12b3", true), "12", false},
		{Prefix("123", true), "123", false},
		{Prefix("", false), "", false},
	} {
		if lead := test.a.LiteralPrefix(); lead != test.lead {
			t.Errorf("LiteralPrefix is %q, want %q", lead, test.lead)
		}
		if s, ok := test.a.Literal(); ok != test.literal || ok && s != test.lead {
			t.Errorf("Literal is %q, %t, want %q, %t", s, ok, test.lead, test.literal)
		}
	}
}

// The smallest automaton has as many states as there are suffixes that differ in what may follow, besides the dead one.
func TestMinimal(t *testing.T) {
	for pattern, states := range map[string]int{
		"(a|b)*a(a|b){3}": 16,
		"a*b*|c":          4,
		"(ab|cb|db)e":     4,
		".*foo.*":         4,
		"(a|ab|abc)*":     3,
		"x{0,5}":          6,
		"~~[ab]":          2,
		"a|b|c|d|e":       2,
		"<1-9>":           2,
		"@":               1,
	} {
		a := mustRegexp(t, pattern)
		if live := len(a.accept) - 1; live != states {
			t.Errorf("%s has %d states, want %d", pattern, live, states)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	a, l := mustRegexp(t, "(a|b)*a(a|b){3}é?"), Fuzzy("kodiak", 2, 1, true)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 1000 {
				if !a.MatchString("bbabbbé") || a.MatchString("bbbbbbé") ||
					!l.MatchString("kdoiak") || l.MatchString("kdo") {
					t.Error("matches differ between goroutines")
					return
				}
			}
		})
	}
	wait.Wait()
}

// subjects are what the matchers are measured with.
func subjects(t testing.TB) map[string]struct {
	m    matcher
	text string
} {
	anyCase, err := Regexp("ALASKA|NEVADA", Options{CaseInsensitive: true})
	if err != nil {
		t.Fatal(err)
	}
	place := "12km NNE of Kodiak Station, Alaska"
	return map[string]struct {
		m    matcher
		text string
	}{
		"regexp":       {mustRegexp(t, `[0-9]+km [NSEW]{1,3} of .*, Alaska`), place},
		"contains":     {mustWildcard(t, "*kodiak*", true), place},
		"prefix":       {Prefix("12KM", true), place},
		"anycase":      {anyCase, "alaska"},
		"complement":   {mustRegexp(t, "~(.*Nevada)"), place},
		"not ascii":    {mustRegexp(t, ".*日本.*"), "東京都、日本の首都、日本"},
		"fuzzy":        {Fuzzy("alaska", 2, 0, true), "alsaka"},
		"fuzzy, other": {Fuzzy("alaska", 2, 0, true), "california"},
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	for name, subject := range subjects(t) {
		b := []byte(subject.text)
		if n := testing.AllocsPerRun(100, func() { subject.m.Match(b); subject.m.MatchString(subject.text) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	l, token := Fuzzy("alaska", 2, 0, true), []byte("alsaka")
	if n := testing.AllocsPerRun(100, func() { l.Distance(token) }); n > 0 {
		t.Errorf("Distance: %v allocations", n)
	}
}

func BenchmarkMatch(b *testing.B) {
	for name, subject := range subjects(b) {
		b.Run(name, func(b *testing.B) {
			text := []byte(subject.text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				subject.m.Match(text)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, pattern := range []string{"abc.*", `[0-9]+km [NSEW]{1,3} of .*, Alaska`, "~(.*foo.*)&.{3,20}", "<1-65535>"} {
		b.Run(pattern, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustRegexp(b, pattern)
			}
		})
	}
}
