package query

import (
	"cmp"
	"slices"

	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
	"github.com/kuzzlite/kuzzlite/query/internal/automaton"
)

// Conditions on the words of a text.

// token is a word of a text that is searched for.
type textToken struct {
	text     string
	position int
}

// tokensOf returns the words of a text.
func tokensOf(a *analysis.Analyzer, text string) (list []textToken) {
	var scratch analysis.Scratch
	a.Each([]byte(text), &scratch, func(t analysis.Token) bool {
		list = append(list, textToken{string(t.Term), t.Position})
		return true
	})
	return list
}

// testWords returns the test of a field with words; nil if the text has none and is left out.
func (c *compiler) testWords(place clause, f *field, s *scan, text string, how *matchHow) (*fieldTest, error) {
	field := f.name
	analyzer := how.analyzer
	if analyzer == nil {
		analyzer = s.analyzer
	}
	tokens := tokensOf(analyzer, text)
	if len(tokens) == 0 {
		return how.onEmpty(), nil
	}
	if err := c.count(place, len(tokens)); err != nil {
		return nil, err
	}
	if len(tokens) > 1 && how.form >= formPhrase {
		return c.testPhrase(s, field, tokens, how), nil
	}
	least := how.least(len(tokens))
	list := make([]int, len(tokens))
	for i, t := range tokens {
		list[i] = c.word(s, field, t.text, how, i == len(tokens)-1)
	}
	return &fieldTest{scan: s, words: func(h *hits) bool { return h.atLeast(least, list) }}, nil
}

// onEmpty returns the test of a text without words.
func (how *matchHow) onEmpty() *fieldTest {
	switch how.empty {
	case emptyMatchesAll:
		return &fieldTest{whole: func(*document) bool { return true }}
	case emptyIsLeftOut:
		return nil
	}
	return &fieldTest{}
}

// least returns how many of n words are needed. A minimum counts if there are several words; where all are needed anyway
// there are no words that it could count, so that one above 0 is never met (Elasticsearch). One is needed in any case.
func (how *matchHow) least(n int) int {
	switch {
	case n == 1 || how.minimum == "" && !how.every:
		return 1
	case how.minimum == "":
		return n
	case how.every:
		if least, _ := minimumOf(how.minimum, 0); least > 0 { // which is a valid one
			return n + 1
		}
		return n
	}
	least, _ := minimumOf(how.minimum, n)
	return least
}

// atLeast says whether so many of some words are found, one at least. A word that is listed twice counts twice.
func (h *hits) atLeast(least int, words []int) bool {
	for _, w := range words {
		if h.found[w] {
			if least--; least <= 0 {
				return true
			}
		}
	}
	return false
}

// word adds a word of the text to what is looked for.
func (c *compiler) word(s *scan, field, text string, how *matchHow, last bool) int {
	switch {
	case last && how.form == formWordsPrefix:
		return s.pattern(prefixMatcher(text))
	case last && how.form == formPhrasePrefix:
		return s.pattern(c.firstWords(field, text, how.most))
	case how.fuzzy != nil && how.form <= formWordsPrefix:
		return s.pattern(c.fuzzyMatcher(field, text, how.fuzzy))
	}
	return s.term(text)
}

// testPhrase returns the test of a phrase of several words.
func (c *compiler) testPhrase(s *scan, field string, tokens []textToken, how *matchHow) *fieldTest {
	p := &phrase{slop: how.slop, open: how.form == formPhrasePrefix}
	last := map[int]int{}
	for i, t := range tokens {
		word := c.word(s, field, t.text, how, i == len(tokens)-1)
		before, again := last[word]
		if !again {
			before = -1
		}
		last[word] = i
		p.words, p.offsets, p.before = append(p.words, word), append(p.offsets, t.position), append(p.before, before)
	}
	s.places = true
	return &fieldTest{scan: s, words: p.meets}
}

// termSet matches the words in it.
type termSet map[string]struct{}

// Match implements matcher.
func (set termSet) Match(text []byte) bool {
	_, ok := set[string(text)]
	return ok
}

// firstWords matches what begins with a prefix: the first words of all documents that do, as many as may be.
func (c *compiler) firstWords(field, prefix string, most int) matcher {
	if c.terms == nil && most > 0 {
		return prefixMatcher(prefix)
	}
	set := termSet{}
	if most > 0 {
		c.terms.Terms(field, prefix, func(term []byte) bool {
			set[string(term)] = struct{}{}
			return len(set) < most
		})
	}
	return set
}

// fuzzyMatcher matches what is similar to a word: of the words of all documents those that are most similar, as many as
// may be.
func (c *compiler) fuzzyMatcher(field, word string, fuzzy *fuzzyWord) matcher {
	l := automaton.Fuzzy(word, fuzzy.edits.Edits(word), fuzzy.prefixLength, !fuzzy.inOrder)
	if c.terms == nil {
		return l
	}
	type similar struct {
		term  string
		boost float32
	}
	var list []similar
	c.terms.Terms(field, firstRunes(word, fuzzy.prefixLength), func(term []byte) bool {
		if edits, ok := l.Distance(term); ok {
			list = append(list, similar{string(term), l.Boost(term, edits)})
		}
		return true
	})
	slices.SortFunc(list, func(a, b similar) int { return cmp.Or(cmp.Compare(b.boost, a.boost), cmp.Compare(a.term, b.term)) })
	set := termSet{}
	for _, s := range list[:min(len(list), fuzzy.most)] {
		set[s.term] = struct{}{}
	}
	return set
}

// firstRunes returns the first characters of a text.
func firstRunes(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}
