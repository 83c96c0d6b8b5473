package automaton

import (
	"math"
	"strings"
	"testing"
)

// Whatever the pattern is, it is compiled or refused, and what matches is told by LiteralPrefix.
func FuzzRegexp(f *testing.F) {
	seeds := append(hostile(), "(a|b)*a{2,3}~c&@#<1-10>", `[^\w\]-a]\d"x"`, "<01-1", "a{3,1}", "é\xff[")
	for _, pattern := range seeds {
		if len(pattern) < 2000 {
			f.Add(pattern, "aab1", uint8(0), false)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, text string, flags uint8, anyCase bool) {
		if len(pattern) > 200 {
			return
		}
		o := Options{Flags: Flags(flags) & (None<<1 - 1), CaseInsensitive: anyCase, MaxStates: 200}
		a, err := Regexp(pattern, o)
		if err != nil {
			if a != nil || err.Error() == "" {
				t.Fatal(a, err)
			}
			return
		}
		is := a.MatchString(text)
		if a.Match([]byte(text)) != is {
			t.Fatal("Match and MatchString differ")
		}
		checkLead(t, pattern, a, text, is)
		if o.Flags.has(Complement) {
			o.MaxStates = 0
			not, err := Regexp("~("+pattern+")", o)
			if err == nil && not.MatchString(text) == is {
				t.Fatalf("both %q and its complement say %t to %q", pattern, is, text)
			}
		}
	})
}

func FuzzWildcard(f *testing.F) {
	f.Add("a*b?", "axbc", false)
	f.Add(`\*\`, `*\`, true)
	f.Add("*a????????????", "é\xff", true)
	f.Fuzz(func(t *testing.T, pattern, text string, anyCase bool) {
		if len(pattern) > 100 || len(text) > 100 {
			return
		}
		a, err := Wildcard(pattern, anyCase)
		if err != nil {
			return
		}
		is := a.MatchString(text)
		checkLead(t, pattern, a, text, is)
		if strings.Count(pattern, "*") < 6 && !anyCase && !strings.Contains(pattern, `\`) {
			if naiveWildcard([]rune(pattern), []rune(text)) != is {
				t.Fatalf("whether %q matches %q is not %t", pattern, text, !is)
			}
		}
	})
}

func FuzzFuzzy(f *testing.F) {
	f.Add("kodiak", "kdoiak", uint8(2), uint8(1), true)
	f.Add("é\xff", "\xffé", uint8(1), uint8(0), false)
	f.Fuzz(func(t *testing.T, term, token string, edits, prefix uint8, transpositions bool) {
		if len(term) > 200 || len(token) > 200 || edits > maxEdits {
			return
		}
		// The naive distance takes bytes that are not UTF-8 for U+FFFD, but Fuzzy compares whole terms by bytes.
		validTerm, validToken := strings.ToValidUTF8(term, "?"), strings.ToValidUTF8(token, "?")
		checkDistance(t, validTerm, validToken, int(edits), int(prefix), transpositions)
		Fuzzy(term, int(edits), int(prefix), transpositions).MatchString(token)
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"AUTO:3,6", "2.9", "0x1p1f", "INTERVAL|EMPTY", "ALL", "1e-7", "-0.5"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if fuzziness, err := ParseFuzziness(text); err == nil {
			if n := fuzziness.Edits(text); n < 0 || n > maxEdits {
				t.Fatalf("%q allows %d edits", text, n)
			}
		}
		if flags, err := ParseFlags(text); err == nil && flags != All && !flags.has(None) {
			t.Fatalf("%q is %d, which is neither ALL nor has NONE", text, flags)
		}
		if n, ok := parseFloat(text); ok && math.IsNaN(n) {
			t.Fatalf("%q is not a number", text)
		}
	})
}
