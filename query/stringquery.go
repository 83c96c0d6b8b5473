package query

import (
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
	"github.com/kuzzlite/kuzzlite/query/internal/automaton"
)

// What simple_query_string and query_string have in common: both read a text that people write, make conditions on words
// and patterns of it, on several fields each, and join them.

// stringQuery is what the options of such a clause say.
type stringQuery struct {
	place   clause
	text    string
	fields  []string // names and patterns; none: *
	form    multiForm
	how     matchHow // every is the default operator
	word    fuzzyWord
	lenient *bool // nil: only for all fields at once

	analyzePatterns bool // what stands before a * is split into words
}

// isLenient says whether values that a field cannot have are no errors.
func (q *stringQuery) isLenient() bool {
	if q.lenient != nil {
		return *q.lenient
	}
	return len(q.fields) == 0 || slices.Contains(q.fields, "*")
}

// on returns the fields of a condition: those that it names, or else those of the clause.
func (q *stringQuery) on(fields []string) []string {
	switch {
	case len(fields) > 0:
		return fields
	case len(q.fields) > 0:
		return q.fields
	}
	return []string{"*"}
}

// words returns the test of words in some fields; nil if there are none.
func (q *stringQuery) words(c *compiler, fields []string, text string, form multiForm, how matchHow) (test, error) {
	lenient := q.isLenient()
	how.analyzer, how.empty, how.spoken, how.most = q.how.analyzer, emptyIsLeftOut, true, defaultExpansions
	m := multiMatch{
		place: q.place, fields: q.on(fields), form: form, value: rawjson.AppendString(nil, text), how: how, lenient: &lenient,
	}
	return m.test(c)
}

// patternMaker makes the pattern of a field. fold makes of a part of a word what the analyzer of the field does.
type patternMaker = func(f *field, fold func(string) string) *pattern

// patterns returns the test of words, or values, that match a pattern in some fields.
func (q *stringQuery) patterns(c *compiler, fields []string, make patternMaker) (test, error) {
	return q.each(c, fields, func(f *field) (*fieldTest, error) {
		k, ok := f.kind.(words)
		if !ok {
			value, err := c.patternTest(f, make(f, func(text string) string { return text }))
			return &fieldTest{value: value}, err
		}
		m, err := f.kind.pattern(c, make(f, q.folder(k)))
		if err != nil {
			return nil, err
		}
		s := c.scan(f.slots, k)
		word := s.pattern(m)
		return &fieldTest{scan: s, words: func(h *hits) bool { return h.found[word] }}, nil
	})
}

// folder returns what makes of a part of a word what the analyzer does.
func (q *stringQuery) folder(k words) func(string) string {
	analyzer := q.how.analyzer
	if analyzer == nil {
		analyzer = k.analyzer()
	}
	return func(text string) string { return fold(analyzer, text) }
}

func fold(a *analysis.Analyzer, text string) string { return string(a.Normalize(nil, []byte(text))) }

// each returns the test that one of some fields meets what make makes of each.
func (q *stringQuery) each(c *compiler, fields []string, make func(*field) (*fieldTest, error)) (test, error) {
	var tests []test
	for _, at := range c.targets(q.on(fields)) {
		if err := c.count(q.place, 1); err != nil {
			return nil, err
		}
		t, err := make(at.compiled())
		switch {
		case err == nil:
			tests = append(tests, t.ofTarget(at))
		case !q.isLenient():
			return nil, q.place.located(err)
		}
	}
	return anyOf(tests), nil
}

// similar returns the test of a word and those that are similar.
func (q *stringQuery) similar(c *compiler, fields []string, text string, edits automaton.Fuzziness) (test, error) {
	word := q.word
	word.edits = edits
	return q.patterns(c, fields, func(f *field, fold func(string) string) *pattern { return word.of(f.name, fold(text)) })
}

// beginning returns the test of words that begin with a text; nil if the text is to be split, and has no words.
func (q *stringQuery) beginning(c *compiler, fields []string, text string) (test, error) {
	if q.analyzePatterns {
		return q.words(c, fields, text, boolPrefixFields, matchHow{every: q.how.every})
	}
	return q.patterns(c, fields, func(f *field, fold func(string) string) *pattern {
		return &pattern{field: f.name, clause: clausePrefix, text: fold(text)}
	})
}

// branch is a part of such a query.
type branch struct {
	test   test
	joined *joinedTests // instead of test
}

// whole returns the test of the branch.
func (b *branch) whole() test {
	if b.joined != nil {
		return b.joined.test(0)
	}
	return b.test
}

// branchOf returns the branch of a test, nil if that is nil.
func branchOf(t test, err error) (*branch, error) {
	if t == nil || err != nil {
		return nil, err
	}
	return &branch{test: t}, nil
}

// plain returns the branch of words; nil if there are none. In one field each word is a condition of its own.
func (q *stringQuery) plain(c *compiler, fields []string, text string, form multiForm, every bool) (*branch, error) {
	if form <= crossFields {
		if targets := c.targets(q.on(fields)); len(targets) == 1 && targets[0].field != nil {
			if b, err := q.separate(c, targets[0].field, text, every); b != nil || err != nil {
				return b, err
			}
		}
	}
	return branchOf(q.words(c, fields, text, form, matchHow{every: every}))
}

// separate returns the branch of several words in a field; nil if there are fewer, or if the field has no words.
func (q *stringQuery) separate(c *compiler, f *field, text string, every bool) (*branch, error) {
	k, ok := f.kind.(words)
	if !ok || searchable(c, f) != nil {
		return nil, nil
	}
	analyzer := q.how.analyzer
	if analyzer == nil {
		analyzer = k.analyzer()
	}
	tokens := tokensOf(analyzer, text)
	if len(tokens) < 2 {
		return nil, nil
	}
	if err := c.count(q.place, len(tokens)); err != nil {
		return nil, err
	}
	s, how, j := c.scan(f.slots, k), optional, &joinedTests{}
	if every {
		how = required
	}
	for _, t := range tokens {
		word := s.term(t.text)
		j.add(func(d *document) bool { return s.read(d).found[word] }, how)
	}
	return &branch{joined: j}, nil
}

// occur is how a condition is joined with others.
type occur int

const (
	undecided occur = iota
	required
	optional
	prohibited
)

// joinedTests are conditions that are joined as in a bool.
type joinedTests struct{ must, should, mustNot []test }

func (j *joinedTests) add(t test, how occur) {
	switch how {
	case required:
		j.must = append(j.must, t)
	case prohibited:
		j.mustNot = append(j.mustNot, t)
	default:
		j.should = append(j.should, t)
	}
}

// limited returns the test of a whole query with its minimum_should_match.
func (q *stringQuery) limited(b *branch) (test, error) {
	if b == nil {
		return func(*document) bool { return false }, nil
	}
	if b.joined == nil {
		return b.test, nil
	}
	least, err := b.joined.least(q.how.minimum)
	if err != nil {
		return nil, q.place.wrong("failed to create query: %v", err)
	}
	return b.joined.test(least), nil
}

// test returns the test of the conditions. Of those of should, least are needed; one at least if there is no must.
func (j *joinedTests) test(least int) test {
	if len(j.must) == 0 && len(j.should) > 0 {
		least = max(least, 1)
	}
	return func(d *document) bool {
		for _, t := range j.mustNot {
			if t(d) {
				return false
			}
		}
		for _, t := range j.must {
			if !t(d) {
				return false
			}
		}
		return least <= 0 || metAtLeast(d, least, j.should)
	}
}

// least returns how many of should a minimum_should_match needs. With one of these it has no effect (Elasticsearch).
func (j *joinedTests) least(minimum string) (int, error) {
	if minimum == "" || len(j.should) == 1 {
		return 0, nil
	}
	return minimumOf(minimum, len(j.should))
}
