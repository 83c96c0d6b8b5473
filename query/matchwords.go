package query

import "github.com/kuzzlite/kuzzlite/query/internal/analysis"

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
	placeless := false
	if k, ok := f.kind.(*textKind); ok {
		field, placeless = k.name, k.placeless // the name that has the terms, also of an alias
	}
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
		if placeless {
			return nil, refused("field:[%s] was indexed without position data; cannot run PhraseQuery", field)
		}
		c.markPhrase(f.name, f.kind, tokens, how.slop, how.form == formPhrasePrefix)
		return c.testPhrase(s, f.kind, field, tokens, how)
	}
	if err := c.markWords(f.name, f.kind, tokens, how); err != nil {
		return nil, err
	}
	least, m := how.least(len(tokens)), c.measured(s, f.kind)
	list, scores := make([]int, len(tokens)), make([]wordScore, len(tokens))
	for i, t := range tokens {
		var err error
		last := i == len(tokens)-1
		if list[i], err = c.word(s, field, t.text, how, last); err != nil {
			return nil, err
		}
		if m != nil {
			scores[i] = m.word(c, list[i], how, last, t.text)
		}
	}
	t := &fieldTest{scan: s, words: func(h *hits) bool { return h.atLeast(least, list) }}
	if m != nil {
		t.wordScore = sumOfWords(list, scores)
	}
	return t, nil
}

// onEmpty returns the test of a text without words.
func (how *matchHow) onEmpty() *fieldTest {
	switch how.empty {
	case emptyMatchesAll:
		return &fieldTest{whole: part{test: allOf(nil)}}
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
func (c *compiler) word(s *scan, field, text string, how *matchHow, last bool) (word int, err error) {
	switch {
	case last && how.form == formWordsPrefix:
		return s.pattern(prefixMatcher(text)), nil
	case last && how.form == formPhrasePrefix:
		return s.pattern(c.firstWords(field, text, how.most)), nil
	case how.fuzzy != nil && how.form <= formWordsPrefix:
		m, err := how.fuzzy.of(field, text).matcher(c, field, text)
		if err != nil {
			return 0, err
		}
		return s.pattern(m), nil
	}
	return s.term(text), nil
}

// testPhrase returns the test of a phrase of several words.
func (c *compiler) testPhrase(
	s *scan, k kind, field string, tokens []textToken, how *matchHow,
) (*fieldTest, error) {
	p := &phrase{slop: how.slop, open: how.form == formPhrasePrefix, most: how.most}
	last := map[int]int{}
	for i, t := range tokens {
		word, err := c.word(s, field, t.text, how, i == len(tokens)-1)
		if err != nil {
			return nil, err
		}
		before, again := last[word]
		if !again {
			before = -1
		}
		last[word] = i
		p.words, p.offsets, p.before = append(p.words, word), append(p.offsets, t.position), append(p.before, before)
	}
	s.places = true
	t := &fieldTest{scan: s, words: p.meets}
	if m := c.measured(s, k); m != nil {
		t.wordScore = m.phrase(c, p)
	}
	return t, nil
}

// firstWords matches what begins with a prefix: the first words of all documents that do, as many as may be.
func (c *compiler) firstWords(field, prefix string, most int) matcher {
	if most == 0 {
		return setMatcher{}
	}
	return c.limited(field, prefix, most, prefixMatcher(prefix))
}
