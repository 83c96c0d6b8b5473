package query

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/suggest"
)

// naiveMatch says whether a document matches a match, in the most direct way: on decoded values of simple words, with
// all combinations of the places of the words of a phrase.
func naiveMatch(m *match, doc map[string]any) bool {
	var places [][]string // the word at a position, "" for none
	var text []string
	for _, v := range valuesOf(doc, strings.Split(m.field, ".")) {
		if s, ok := v.(string); ok {
			text = append(text, strings.Fields(s)...)
			text = append(text, make([]string, 100)...)
		}
	}
	query := strings.Fields(scalarText(m.value))
	for i, word := range query {
		last := i == len(query)-1
		at := make([]string, len(text))
		for j, t := range text {
			if t != "" && naiveWord(m, word, t, last) {
				at[j] = t
			}
		}
		places = append(places, at)
	}
	if len(query) == 0 {
		return m.how.empty == emptyMatchesAll
	}
	if m.how.form >= formPhrase {
		return naivePhrase(places, m.how.slop, nil)
	}
	met := 0
	for _, at := range places {
		if strings.Join(at, "") != "" {
			met++
		}
	}
	if m.how.every {
		return met == len(query)
	}
	return met >= max(1, naiveMinimum(m.how.minimum, len(query)))
}

// naiveMinimum knows numbers only; one word has no minimum.
func naiveMinimum(spec string, n int) (least int) {
	if n == 1 || spec == "" {
		return 1
	}
	if _, err := fmt.Sscan(spec, &least); err != nil {
		panic(err)
	}
	if least < 0 {
		least += n
	}
	return least
}

// naiveWord says whether a word of a query stands for one of a text.
func naiveWord(m *match, word, text string, last bool) bool {
	switch {
	case last && (m.how.form == formWordsPrefix || m.how.form == formPhrasePrefix):
		return strings.HasPrefix(text, word)
	case m.how.fuzzy != nil && m.how.form < formPhrase:
		return suggest.EditDistance(word, text) <= m.how.fuzzy.edits.Edits(word)
	}
	return word == text
}

// naivePhrase says whether there is one place for each word, no two the same, so that their shifts differ by no more than
// the slop.
func naivePhrase(places [][]string, slop int, chosen []int) bool {
	if len(chosen) == len(places) {
		least, most := chosen[0], chosen[0]
		for i, at := range chosen {
			least, most = min(least, at-i), max(most, at-i)
		}
		return most-least <= slop
	}
	for at, word := range places[len(chosen)] {
		if word != "" && !slices.Contains(chosen, at) && naivePhrase(places, slop, append(chosen, at)) {
			return true
		}
	}
	return false
}

// textMaker makes random texts and queries of few words, so that they often meet.
type textMaker struct{ maker }

func (r textMaker) words(most int) string {
	var list []string
	for range r.IntN(most + 1) {
		list = append(list, r.pick("a", "b", "c", "ab", "abc", "bc", "abcd"))
	}
	return strings.Join(list, " ")
}

func (r textMaker) doc() string {
	var values []string
	for range r.IntN(3) {
		values = append(values, fmt.Sprintf("%q", r.words(6)))
	}
	return fmt.Sprintf(`{"t":[%s],"o":[{"t":%q},{"t":%q},{"t":7}]}`, strings.Join(values, ","), r.words(8), r.words(3))
}

func (r textMaker) match() *match {
	m := &match{field: r.pick("t", "o.t"), value: fmt.Appendf(nil, "%q", r.words(4))}
	m.how = matchHow{form: matchForm(r.IntN(4)), slop: r.IntN(5) * r.IntN(2), most: 50}
	switch r.IntN(4) {
	case 0:
		m.how.every = true
	case 1:
		m.how.minimum = r.pick("-1", "2", "3", "0", "-2", "5")
	case 2:
		m.how.fuzzy = &fuzzyWord{most: 50, inOrder: true}
		m.how.fuzzy.edits = fuzzinessOf(r.IntN(3))
	}
	if r.IntN(8) == 0 {
		m.how.empty = emptyMatchesAll
	}
	return m
}

// Random matches find what the naive evaluator says.
func TestMatchTextNaive(t *testing.T) {
	r := textMaker{maker{rand.New(rand.NewPCG(31, 32))}}
	matched := [4]int{}
	for range 60000 {
		n, doc := r.match(), r.doc()
		m, err := Compile(&Query{n}, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := naiveMatch(n, decode([]byte(doc)).(map[string]any))
		if got := m.Match("", []byte(doc)); got != want {
			t.Fatalf("%s %s %+v, document %s: %t, want %t", n.field, n.value, n.how, doc, got, want)
		}
		if want {
			matched[n.how.form]++
		}
	}
	for form, n := range matched {
		if n < 500 {
			t.Errorf("only %d of form %d matched", n, form)
		}
	}
}

// A Matcher that has seen a document forgets it.
func TestMatchTextAgain(t *testing.T) {
	r := textMaker{maker{rand.New(rand.NewPCG(33, 34))}}
	for range 300 {
		first, second := r.match(), r.match()
		m, err := Compile(&Query{or{first, and{second, not{first}}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			doc := r.doc()
			decoded := decode([]byte(doc)).(map[string]any)
			want := naiveMatch(first, decoded) || naiveMatch(second, decoded)
			if got := m.Match("", []byte(doc)); got != want {
				t.Fatalf("%+v or %+v, document %s: %t, want %t", first, second, doc, got, want)
			}
		}
	}
}
