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
	fields  []boostedName // names and patterns; none: *
	form    multiForm
	share   *float32 // how much of the scores of other fields is added to the best one; nil: see multiForm.share
	value   []byte   // a scalar as JSON
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

// share returns how much of the scores of other fields is added to the best one, if given does not say it.
func (f multiForm) share(given *float32) float32 {
	switch {
	case given != nil:
		return *given
	case f == mostFields || f == boolPrefixFields:
		return 1
	}
	return 0
}

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
	p, err := m.weigh(c)
	return p.test, err
}

func (m *multiMatch) weigh(c *compiler) (part, error) {
	p, err := m.part(c)
	if err == nil && p == nil {
		return c.part(none{})
	}
	if err != nil {
		return part{}, err
	}
	return *p, nil
}

// part compiles the condition; it is nil if the text has no words and is left out.
func (m *multiMatch) part(c *compiler) (*part, error) {
	fields, how := m.fields, m.how
	if len(fields) == 0 {
		fields = everyField
	}
	how.form = m.form.matchForm()
	how.lenient = hasEvery(fields)
	if m.lenient != nil {
		how.lenient = *m.lenient
	}
	targets := c.targets(fields)
	if len(targets) == 0 {
		p, err := c.part(none{})
		return &p, err
	}
	share := m.form.share(m.share)
	if m.form == crossFields && (isString(m.value) || c.schema != nil) {
		return c.crossPart(m.place, targets, javaText(m.value), &how, share)
	}
	var parts []part
	for _, at := range targets {
		p, err := m.targetPart(c, at, &how)
		if err != nil {
			return nil, err
		}
		if p != nil {
			parts = append(parts, *p)
		}
	}
	return bestPart(parts, share), nil
}

// everyField is the pattern of all fields.
var everyField = []boostedName{{"*", 1}}

func hasEvery(fields []boostedName) bool {
	return slices.ContainsFunc(fields, func(f boostedName) bool { return f.name == "*" })
}

// bestPart is met if one of several parts is, nil if there are none.
func bestPart(parts []part, share float32) *part {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return &parts[0]
	}
	return &part{anyOf(testsOf(parts)), bestOf(parts, share)}
}

// targetPart compiles the condition for one target; it is nil if the text has no words and is left out.
func (m *multiMatch) targetPart(c *compiler, at target, how *matchHow) (*part, error) {
	defer c.boosted(at.boost)()
	if at.field != nil && at.field.name == "_id" {
		p, err := c.part(ids{javaText(m.value)})
		return &p, err
	}
	since := c.marked()
	t, err := c.fieldTest(m.place, at.compiled(), m.value, how)
	if err != nil || t == nil {
		return nil, err
	}
	p := t.ofTarget(c, at)
	c.gate(since, p.test)
	return &p, nil
}

// compiled returns the field that tests of a target are compiled for.
func (at target) compiled() *field {
	if at.field == nil {
		return &field{name: at.pattern, kind: anyKind{}}
	}
	return at.field
}

// fieldGroup is fields that split a text in the same way.
type fieldGroup struct {
	analyzer *analysis.Analyzer // nil: they do not split it
	targets  []target
}

// crossPart compiles cross_fields: each word is looked for in all fields of a group, as if these were one.
func (c *compiler) crossPart(
	place clause, targets []target, text string, how *matchHow, share float32,
) (*part, error) {
	var parts []part
	for _, g := range groupsOf(targets, how.analyzer) {
		tokens := []textToken{{text: text}}
		if g.analyzer != nil {
			tokens = tokensOf(g.analyzer, text)
		}
		if len(tokens) == 0 {
			continue
		}
		words, since := make([]part, len(tokens)), c.marked()
		for i, t := range tokens {
			var err error
			if words[i], err = c.crossWord(place, g.targets, t.text, how, share); err != nil {
				return nil, err
			}
		}
		some := someOf(how.least(len(tokens)), words)
		c.gate(since, some.test)
		parts = append(parts, some)
	}
	if len(parts) > 0 {
		return bestPart(parts, share), nil
	}
	if t := how.onEmpty(); t != nil {
		p := t.of(c, &field{})
		return &p, nil
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

// crossWord compiles a word, or a value, that one of several fields must have.
func (c *compiler) crossWord(
	place clause, targets []target, word string, how *matchHow, share float32,
) (part, error) {
	b := newBlend(c)
	for _, at := range targets {
		if err := c.count(place, 1); err != nil {
			return part{}, err
		}
		if err := c.crossTarget(b, at, word); err != nil && !how.lenient {
			return part{}, place.located(err)
		}
	}
	return b.part(share), nil
}

// crossTarget adds a word, or a value, in one field.
func (c *compiler) crossTarget(b *blend, at target, word string) error {
	defer c.boosted(at.boost)()
	f := at.compiled()
	if k, ok := f.kind.(words); ok {
		s := c.scan(f, k)
		number := s.term(word)
		c.markWord(f.name, f.kind, word)
		t := &fieldTest{scan: s, words: func(h *hits) bool { return h.found[number] }}
		if at.field == nil {
			b.others = append(b.others, t.ofTarget(c, at))
		} else {
			b.word(c, f, t, number)
		}
		return nil
	}
	meets, err := f.kind.equal(c, &term{f.name, rawjson.AppendString(nil, word)})
	if err == nil {
		c.markValue(f.name, f.kind, rawjson.AppendString(nil, word))
		b.value(c, f, meets)
	}
	return err
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
