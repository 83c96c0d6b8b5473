package query

import (
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// multiMatch is a match on several fields (Elasticsearch): one of them must match, except that with crossFields the
// words may be spread over the fields.
type multiMatch struct {
	place   clause
	fields  []string // names and patterns; none: *
	form    multiForm
	value   []byte // a scalar as JSON
	how     matchHow
	lenient *bool // nil: only for all fields at once
}

// multiForm is what must match: best_fields and most_fields differ in scores only.
type multiForm int

const (
	bestFields multiForm = iota
	mostFields
	crossFields
	phraseFields
	phrasePrefixFields
	boolPrefixFields
)

var multiForms = []string{"best_fields", "most_fields", "cross_fields", "phrase", "phrase_prefix", "bool_prefix"}

// matchForm returns the form for each field.
func (f multiForm) matchForm() matchForm {
	switch f {
	case phraseFields:
		return formPhrase
	case phrasePrefixFields:
		return formPhrasePrefix
	case boolPrefixFields:
		return formWordsPrefix
	}
	return formWords
}

func (m *multiMatch) compile(c *compiler) (test, error) {
	t, err := m.test(c)
	if err == nil && t == nil {
		return none{}.compile(c)
	}
	return t, err
}

// test returns the test of the condition, nil if the text has no words and is left out.
func (m *multiMatch) test(c *compiler) (test, error) {
	fields, how := m.fields, m.how
	if len(fields) == 0 {
		fields = []string{"*"}
	}
	how.form = m.form.matchForm()
	how.lenient = slices.Contains(fields, "*")
	if m.lenient != nil {
		how.lenient = *m.lenient
	}
	targets := c.targets(fields)
	if len(targets) == 0 {
		return none{}.compile(c)
	}
	if m.form == crossFields && (isString(m.value) || c.schema != nil) {
		return c.crossTest(m.place, targets, javaText(m.value), &how)
	}
	var tests []test
	for _, at := range targets {
		t, err := m.targetTest(c, at, &how)
		if err != nil {
			return nil, err
		}
		if t != nil {
			tests = append(tests, t)
		}
	}
	if len(tests) == 0 {
		return nil, nil
	}
	return anyOf(tests), nil
}

// targetTest returns the test of one target, nil if the text has no words and is left out.
func (m *multiMatch) targetTest(c *compiler, at target, how *matchHow) (test, error) {
	if at.field != nil && at.field.name == "_id" {
		return ids{javaText(m.value)}.compile(c)
	}
	t, err := c.fieldTest(m.place, at.compiled(), m.value, how)
	if err != nil || t == nil {
		return nil, err
	}
	return t.ofTarget(at), nil
}

// compiled returns the field that tests of a target are compiled for.
func (at target) compiled() *field {
	if at.field == nil {
		return &field{name: at.pattern, kind: anyKind{}}
	}
	return at.field
}

// anyOf is met if one of several tests is.
func anyOf(tests []test) test {
	if len(tests) == 1 {
		return tests[0]
	}
	return func(d *document) bool {
		for _, t := range tests {
			if t(d) {
				return true
			}
		}
		return false
	}
}

// fieldGroup is fields that split a text in the same way.
type fieldGroup struct {
	analyzer *analysis.Analyzer // nil: they do not split it
	targets  []target
}

// crossTest returns the test of cross_fields: each word is looked for in all fields of a group, as if these were one.
func (c *compiler) crossTest(place clause, targets []target, text string, how *matchHow) (test, error) {
	var tests []test
	for _, g := range groupsOf(targets, how.analyzer) {
		tokens := []textToken{{text: text}}
		if g.analyzer != nil {
			tokens = tokensOf(g.analyzer, text)
		}
		if len(tokens) == 0 {
			continue
		}
		words := make([]test, len(tokens))
		for i, t := range tokens {
			var err error
			if words[i], err = c.crossWord(place, g.targets, t.text, how); err != nil {
				return nil, err
			}
		}
		least := how.least(len(tokens))
		tests = append(tests, func(d *document) bool { return metAtLeast(d, least, words) })
	}
	if len(tests) > 0 {
		return anyOf(tests), nil
	}
	if t := how.onEmpty(); t != nil {
		return t.of(&field{}), nil
	}
	return nil, nil
}

// groupsOf groups fields by their analyzers; by given, if it is not nil.
func groupsOf(targets []target, given *analysis.Analyzer) (groups []*fieldGroup) {
	for _, at := range targets {
		analyzer := given
		if k, ok := at.compiled().kind.(words); ok && given == nil {
			analyzer = k.analyzer()
		}
		i := slices.IndexFunc(groups, func(g *fieldGroup) bool { return g.analyzer == analyzer })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &fieldGroup{analyzer: analyzer})
		}
		groups[i].targets = append(groups[i].targets, at)
	}
	return groups
}

// crossWord returns the test of a word, or a value, that one of several fields must have.
func (c *compiler) crossWord(place clause, targets []target, word string, how *matchHow) (test, error) {
	tests := make([]test, len(targets))
	for i, at := range targets {
		if err := c.count(place, 1); err != nil {
			return nil, err
		}
		f := at.compiled()
		if k, ok := f.kind.(words); ok {
			s := c.scan(f.slots, k)
			number := s.term(word)
			t := &fieldTest{scan: s, words: func(h *hits) bool { return h.found[number] }}
			tests[i] = t.ofTarget(at)
			continue
		}
		value, err := f.kind.equal(c, &term{f.name, rawjson.AppendString(nil, word)})
		if err != nil && !how.lenient {
			return nil, place.located(err)
		}
		tests[i] = (&fieldTest{value: value}).ofTarget(at)
	}
	return anyOf(tests), nil
}

// maxClauses is how many conditions on single fields, and words in these, the full-text clauses of a query may have.
const maxClauses = 1 << 16

// count counts n more of these.
func (c *compiler) count(place clause, n int) error {
	if c.texts.clauses += n; c.texts.clauses > maxClauses {
		return place.wrong("maxClauseCount is set to %d", maxClauses)
	}
	return nil
}
