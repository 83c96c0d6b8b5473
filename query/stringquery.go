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
	fields  []boostedName // names and patterns; none: *
	share   *float32      // see multiMatch
	form    multiForm
	how     matchHow // every is the default operator
	word    fuzzyWord
	rewrite string // how the terms of other patterns score
	lenient *bool  // nil: only for all fields at once

	analyzePatterns bool // what stands before a * is split into words
}

// isLenient says whether values that a field cannot have are no errors.
func (q *stringQuery) isLenient() bool {
	if q.lenient != nil {
		return *q.lenient
	}
	return len(q.fields) == 0 || hasEvery(q.fields)
}

// on returns the fields of a condition: those that it names, or else those of the clause.
func (q *stringQuery) on(fields []string) []boostedName {
	switch {
	case len(fields) > 0:
		return namesOf(fields)
	case len(q.fields) > 0:
		return q.fields
	}
	return everyField
}

// words compiles words in some fields; nil if there are none.
func (q *stringQuery) words(c *compiler, fields []string, text string, form multiForm, how matchHow) (*part, error) {
	lenient := q.isLenient()
	how.analyzer, how.empty, how.spoken, how.most = q.how.analyzer, emptyIsLeftOut, true, defaultExpansions
	m := multiMatch{
		place: q.place, fields: q.on(fields), form: form, value: rawjson.AppendString(nil, text), how: how, lenient: &lenient,
		share: q.share,
	}
	return m.part(c)
}

// patternMaker makes the pattern of a field. fold makes of a part of a word what the analyzer of the field does.
type patternMaker = func(f *field, fold func(string) string) *pattern

// patterns compiles words, or values, that match a pattern in some fields.
func (q *stringQuery) patterns(c *compiler, fields []string, make patternMaker) (*part, error) {
	return q.each(c, fields, func(f *field) (*fieldTest, error) {
		k, ok := f.kind.(words)
		if !ok {
			return c.patternTest(f, q.rewritten(make(f, func(text string) string { return text })))
		}
		p := q.rewritten(make(f, q.folder(k)))
		m, err := f.kind.pattern(c, p)
		if err != nil {
			return nil, err
		}
		return c.patternWords(f, k, m, p), nil
	})
}

// rewritten says how the terms of a pattern score. That of similar words comes with them.
func (q *stringQuery) rewritten(p *pattern) *pattern {
	if p.clause != clauseFuzzy {
		p.rewrite = q.rewrite
	}
	return p
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

// patternWords returns the test of the words of a field that match a pattern.
func (c *compiler) patternWords(f *field, k words, m matcher, p *pattern) *fieldTest {
	c.markPattern(f.name, f.kind, p, m, true)
	s := c.scan(f, k)
	word := s.pattern(m)
	t := &fieldTest{scan: s, words: func(h *hits) bool { return h.found[word] }}
	if f.slots != nil {
		if m := c.measured(s, f.kind); m != nil {
			t.wordScore = m.expanded(c, word, p.expandingOf(f.kind))
		}
	}
	return t
}

// each compiles that one of some fields meets what make makes of each.
func (q *stringQuery) each(c *compiler, fields []string, make func(*field) (*fieldTest, error)) (*part, error) {
	parts := []part{}
	for _, at := range c.targets(q.on(fields)) {
		if err := c.count(q.place, 1); err != nil {
			return nil, err
		}
		end := c.boosted(at.boost)
		t, err := make(at.compiled())
		switch {
		case err == nil:
			parts = append(parts, t.ofTarget(c, at))
		case !q.isLenient():
			return nil, q.place.located(err)
		}
		end()
	}
	if len(parts) == 0 {
		p, err := c.part(none{})
		return &p, err
	}
	return bestPart(parts, q.form.share(q.share)), nil
}

// similar compiles a word and those that are similar.
func (q *stringQuery) similar(c *compiler, fields []string, text string, edits automaton.Fuzziness) (*part, error) {
	word := q.word
	word.edits = edits
	return q.patterns(c, fields, func(f *field, fold func(string) string) *pattern { return word.of(f.name, fold(text)) })
}

// beginning compiles words that begin with a text; nil if the text is to be split, and has no words.
func (q *stringQuery) beginning(c *compiler, fields []string, text string) (*part, error) {
	if q.analyzePatterns {
		return q.words(c, fields, text, boolPrefixFields, matchHow{every: q.how.every})
	}
	return q.patterns(c, fields, func(f *field, fold func(string) string) *pattern {
		return &pattern{field: f.name, clause: clausePrefix, text: fold(text)}
	})
}

// branch is a part of such a query.
type branch struct {
	part   part
	joined *joinedParts // instead of part
}

// whole returns the part of the branch.
func (b *branch) whole() part {
	if b.joined != nil {
		return b.joined.part(0)
	}
	return b.part
}

// branchOf returns the branch of a part, nil if that is nil.
func branchOf(p *part, err error) (*branch, error) {
	if p == nil || err != nil {
		return nil, err
	}
	return &branch{part: *p}, nil
}

// plain returns the branch of words; nil if there are none. In one field each word is a condition of its own.
func (q *stringQuery) plain(c *compiler, fields []string, text string, form multiForm, every bool) (*branch, error) {
	if form <= crossFields {
		if targets := c.targets(q.on(fields)); len(targets) == 1 && targets[0].field != nil {
			if b, err := q.separate(c, targets[0], text, every); b != nil || err != nil {
				return b, err
			}
		}
	}
	return branchOf(q.words(c, fields, text, form, matchHow{every: every}))
}

// separate returns the branch of several words in a field; nil if there are fewer, or if the field has no words.
func (q *stringQuery) separate(c *compiler, at target, text string, every bool) (*branch, error) {
	defer c.boosted(at.boost)()
	f := at.field
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
	s, how, j := c.scan(f, k), optional, &joinedParts{}
	if every {
		how = required
	}
	m := c.measured(s, f.kind)
	for _, t := range tokens {
		word := s.term(t.text)
		c.markWord(f.name, f.kind, t.text)
		var score wordScore
		if m != nil {
			score = m.term(c, word)
		}
		j.add(s.part(c, func(h *hits) bool { return h.found[word] }, score), how)
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

// joinedParts are conditions that are joined as in a bool.
type joinedParts struct{ must, should, mustNot []part }

func (j *joinedParts) add(p part, how occur) {
	switch how {
	case required:
		j.must = append(j.must, p)
	case prohibited:
		j.mustNot = append(j.mustNot, p)
	default:
		j.should = append(j.should, p)
	}
}

// limited returns the part of a whole query with its minimum_should_match.
func (q *stringQuery) limited(c *compiler, b *branch) (part, error) {
	if b == nil {
		return c.part(none{})
	}
	if b.joined == nil {
		return b.part, nil
	}
	least, err := b.joined.least(q.how.minimum)
	if err != nil {
		return part{}, q.place.wrong("failed to create query: %v", err)
	}
	return b.joined.part(least), nil
}

// part returns the part of the conditions. Of those of should, least are needed; one at least if there is no must.
func (j *joinedParts) part(least int) part {
	if len(j.must) == 0 && len(j.should) > 0 {
		least = max(least, 1)
	}
	must, should, mustNot := testsOf(j.must), testsOf(j.should), testsOf(j.mustNot)
	meets := func(d *document) bool {
		for _, t := range mustNot {
			if t(d) {
				return false
			}
		}
		for _, t := range must {
			if !t(d) {
				return false
			}
		}
		return least <= 0 || metAtLeast(d, least, should)
	}
	return part{meets, sumOf(slices.Concat(j.must, j.should))}
}

// least returns how many of should a minimum_should_match needs. With one of these it has no effect (Elasticsearch).
func (j *joinedParts) least(minimum string) (int, error) {
	if minimum == "" || len(j.should) == 1 {
		return 0, nil
	}
	return minimumOf(minimum, len(j.should))
}
