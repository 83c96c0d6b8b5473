package automaton

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// naiveDistance is the textbook's optimal string alignment distance, over the whole matrix.
func naiveDistance(a, b []rune, transpositions bool) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0:
				d[i][j] = j
			case j == 0:
				d[i][j] = i
			case a[i-1] == b[j-1]:
				d[i][j] = d[i-1][j-1]
			default:
				d[i][j] = 1 + min(d[i-1][j-1], d[i-1][j], d[i][j-1])
			}
			if transpositions && i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// checkDistance compares a Levenshtein with the naive distance.
func checkDistance(t *testing.T, term, token string, edits, prefix int, transpositions bool) {
	t.Helper()
	a, b := []rune(term), []rune(token)
	n := min(prefix, len(a))
	want := far
	if term == "" {
		edits = 0
	}
	if edits == 0 && term == token || edits > 0 && len(b) >= n && string(a[:n]) == string(b[:n]) {
		want = min(far, naiveDistance(a[n:], b[n:], transpositions))
	}
	l := Fuzzy(term, edits, prefix, transpositions)
	got, ok := l.Distance([]byte(token))
	if ok != (want <= edits) || ok && got != want {
		t.Errorf("distance of %q and %q is %d, %t, want %d, for %d edits, prefix %d, transpositions %t",
			term, token, got, ok, want, edits, prefix, transpositions)
	}
	if l.Match([]byte(token)) != ok || l.MatchString(token) != ok {
		t.Errorf("Match and Distance of %q and %q differ", term, token)
	}
}

// words returns all words of up to n letters of an alphabet.
func allWords(alphabet string, n int) []string {
	words := []string{""}
	for i := 0; len([]rune(words[i])) < n; i++ {
		for _, c := range alphabet {
			words = append(words, words[i]+string(c))
		}
	}
	return words
}

func TestDistanceOfAllWords(t *testing.T) {
	words := allWords("aé", 5)
	words = append(words, allWords("abc", 3)...)
	for _, term := range words {
		for _, token := range words {
			for edits := range maxEdits + 1 {
				checkDistance(t, term, token, edits, 0, true)
				checkDistance(t, term, token, edits, 0, false)
				checkDistance(t, term, token, edits, 2, true)
			}
		}
		if t.Failed() {
			return
		}
	}
}

func TestDistanceOfLongWords(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		term := []rune(strings.Repeat("abcé", 20))[:random.IntN(60)]
		token := append([]rune{}, term...)
		for range random.IntN(4) {
			token = mutate(random, token)
		}
		checkDistance(t, string(term), string(token), random.IntN(3), random.IntN(4), random.IntN(2) == 0)
		if t.Failed() {
			return
		}
	}
}

// mutate makes one edit.
func mutate(random *rand.Rand, word []rune) []rune {
	i := random.IntN(len(word) + 1)
	switch random.IntN(4) {
	case 0:
		return append(word[:i:i], append([]rune{'x'}, word[i:]...)...)
	case 1:
		if i < len(word) {
			return append(word[:i:i], word[i+1:]...)
		}
	case 2:
		if i < len(word) {
			word[i] = 'b'
		}
	default:
		if i+1 < len(word) {
			word[i], word[i+1] = word[i+1], word[i]
		}
	}
	return word
}

func TestFuzzy(t *testing.T) {
	for _, test := range []struct {
		term           string
		edits, prefix  int
		transpositions bool
		yes, no        []string
	}{
		{"zephyr", 2, 0, true, []string{"zephyr", "zepyhr", "ephyr", "zzephyrr"}, []string{"zepphhyyr", "zep"}},
		{"ab", 1, 0, true, []string{"ba", "b", "a", "abc", "xab", "ax"}, []string{"", "xy", "bac"}},
		{"ab", 1, 0, false, []string{"b"}, []string{"ba"}},
		{"ca", 2, 0, true, []string{"ac", "", "b", "caxx"}, []string{"abc"}}, // no part is edited twice
		{"abc", 1, 1, true, []string{"acb", "ab", "abcd"}, []string{"bac", "bc", "xbc"}},
		{"abc", 1, 3, true, []string{"abc", "abcd"}, []string{"ab", "abx"}},
		{"abc", 1, 9, true, []string{"abc", "abcd"}, []string{"ab"}},
		{"abc", 1, -1, true, []string{"xbc"}, nil},
		{"", 2, 0, true, []string{""}, []string{"a"}},
		{"a", 2, 0, true, []string{"", "xa", "axy", "xy"}, []string{"xyz"}},
		{"😀b", 1, 0, true, []string{"b😀", "😁b", "😀", "b"}, []string{"", "😁"}},
		{"ab", 0, 0, true, []string{"ab"}, []string{"ba", "a"}},
		{"ab", -1, 0, true, []string{"ab"}, []string{"a"}},
		{"abcd", 9, 0, true, []string{"ab"}, []string{"a"}},
		{"a\ufffdb", 1, 0, true, []string{"a\xffb", "a\xff", "\xffb", "a\xff\xffb"}, []string{"a\xff\xff\xffb"}},
		{"\ufffd", 1, 1, true, []string{"\xff", "\xffa"}, []string{"", "a"}},
	} {
		l := Fuzzy(test.term, test.edits, test.prefix, test.transpositions)
		checkMatches(t, test.term, l, nil, test.yes, test.no)
	}
}

// The scores of Lucene for terms that occur once each, over that of the term itself.
func TestBoost(t *testing.T) {
	for _, test := range []struct {
		term, token string
		boost       float32
	}{
		{"abcd", "abcd", 1},
		{"abcd", "abcx", 0.78497213 / 1.0466295},
		{"abcd", "abc", 0.697753 / 1.0466295},
		{"abcd", "abxx", 0.5},
		{"abcd", "axd", 0.3488765 / 1.0466295},
		{"abcd", "ab", 0},
		{"éb", "b", 0},
		{"a", "bc", -1},
		{"ab", "", float32(math.Inf(-1))},
	} {
		l := Fuzzy(test.term, 2, 0, true)
		edits, ok := l.Distance([]byte(test.token))
		got := l.Boost([]byte(test.token), edits)
		if !ok || got != test.boost && math.Abs(float64(got-test.boost)) > 1e-6 {
			t.Errorf("boost of %q for %q is %v, want %v", test.token, test.term, got, test.boost)
		}
	}
}

// A token of any length costs no more than one of the length of the term.
func TestDistanceOfLongTokenEndsEarly(t *testing.T) {
	l := Fuzzy("abc", 2, 0, true)
	token := append([]byte("abc"), make([]byte, 1<<24)...)
	if n := testing.AllocsPerRun(1, func() {
		for range 100_000 {
			if l.Match(token) {
				t.Fatal("matches")
			}
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
