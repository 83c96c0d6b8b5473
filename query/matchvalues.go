package query

import "github.com/kuzzlite/kuzzlite/internal/rawjson"

// match on fields that have no words, such as keywords, numbers and dates: the text is a value. With an analyzer of its
// own it is split, and its words are values.

// testValues returns the test of such a field; nil if the text has no words and is left out.
func (c *compiler) testValues(place clause, f *field, text string, how *matchHow) (*fieldTest, error) {
	if how.form == formPhrasePrefix {
		return nil, noPhrases(place, "phrase prefix", f)
	}
	if how.analyzer == nil {
		return c.testValue(f, text, how, true)
	}
	tokens := tokensOf(how.analyzer, text)
	switch {
	case len(tokens) == 0:
		return how.onEmpty(), nil
	case len(tokens) > 1 && how.form == formPhrase:
		return nil, noPhrases(place, "phrase", f)
	}
	if err := c.count(place, len(tokens)); err != nil {
		return nil, err
	}
	least := how.least(len(tokens))
	parts := make([]part, len(tokens))
	for i, t := range tokens {
		value, err := c.testValue(f, t.text, how, i == len(tokens)-1)
		if err != nil {
			return nil, err
		}
		parts[i] = value.of(c, f)
	}
	return &fieldTest{whole: someOf(least, parts)}, nil
}

// noPhrases is the error of a field that has no words.
func noPhrases(place clause, what string, f *field) error {
	name := "unknown"
	if k, ok := f.kind.(named); ok {
		name = k.typeName()
	}
	return place.wrong("failed to create query: Can only use %s queries on text fields - not on [%s] which is of type [%s]",
		what, f.name, name)
}

// testValue returns the test of a value. The beginning of a value is meant only where the kind has beginnings, as
// keywords have.
func (c *compiler) testValue(f *field, text string, how *matchHow, last bool) (*fieldTest, error) {
	if last && how.form == formWordsPrefix {
		if begins, err := c.patternTest(f, &pattern{field: f.name, clause: clausePrefix, text: text}); err == nil {
			return begins, nil
		}
	}
	if how.fuzzy != nil && (!last || how.form == formWords) {
		return c.patternTest(f, how.fuzzy.of(f.name, text))
	}
	return c.equalTest(f, rawjson.AppendString(nil, text))
}

// equalTest returns the test of a value, a scalar as JSON, in a field.
func (c *compiler) equalTest(f *field, value []byte) (*fieldTest, error) {
	meets, err := f.kind.equal(c, &term{f.name, value})
	if err != nil {
		return nil, err
	}
	c.markValue(f.name, f.kind, value)
	return &fieldTest{value: meets, valueScore: c.valueScore(f, meets)}, nil
}

// patternTest returns the test of a pattern on a field.
func (c *compiler) patternTest(f *field, p *pattern) (*fieldTest, error) {
	m, err := f.kind.pattern(c, p)
	if err != nil {
		return nil, err
	}
	meets, err := f.kind.matching(c, m)
	if err != nil {
		return nil, err
	}
	c.markPattern(f.name, f.kind, p, m, false)
	return &fieldTest{value: meets, valueScore: c.similarValues(f, m, p.expandingOf(f.kind))}, nil
}

// someOf is met if so many parts are.
func someOf(least int, parts []part) part {
	tests := testsOf(parts)
	return part{func(d *document) bool { return metAtLeast(d, least, tests) }, sumOf(parts)}
}

// metAtLeast says whether so many of several tests are met.
func metAtLeast(d *document, least int, tests []test) bool {
	for _, t := range tests {
		if t(d) {
			if least--; least <= 0 {
				return true
			}
		}
	}
	return false
}
