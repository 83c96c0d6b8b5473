package query

import (
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// What documents that match a full-text condition have in common, for indexes of words. Such an index has the words of
// all values of a field that a matcher may read: strings, and numbers and booleans as they are written. It is of one
// analyzer, and of use for conditions on words that the same analyzer makes.

// wordField is a field with words, as an index knows it.
type wordField struct {
	paths    []string // where its values are: several, if other fields are copied to it
	analyzer *analysis.Analyzer
	gap      int // how many positions are free between two values
}

// plainWords is a field without a mapping.
func plainWords(name string) wordField {
	return wordField{[]string{name}, standardAnalyzer, analysis.PositionGap}
}

// analyzerName is the name of the analyzer in an index.
func (f wordField) analyzerName() string {
	if name := f.analyzer.Name(); name != "default" {
		return name
	}
	return analysis.DefaultName
}

// isIndex says whether the field may be the name of the collection, which no index has.
func (f wordField) isIndex() bool { return len(f.paths) == 1 && f.paths[0] == indexField }

// in is the condition that the field has a word in a span.
func (f wordField) in(s sortkey.Span) filter.Condition {
	if f.isIndex() {
		return filter.Condition{Op: filter.Any}
	}
	any := filter.Condition{Op: filter.Or}
	for _, path := range f.paths {
		any.List = append(any.List, filter.Condition{
			Op: filter.Words, Field: path, Analyzer: f.analyzerName(), Spans: []sortkey.Span{s},
		})
	}
	return simplified(any, filter.Never)
}

// wordKey is the key of a word.
func wordKey(word string) []byte {
	key, _ := sortkey.AppendString(nil, []byte(word), sortkey.MostIndexed)
	return key
}

// word is the condition that the field has a word.
func (f wordField) word(word string) filter.Condition {
	key := wordKey(word)
	return f.in(sortkey.Span{From: key, To: sortkey.After(key)})
}

// begins is the condition that the field has a word with a beginning. An empty one says nothing.
func (f wordField) begins(prefix string) filter.Condition {
	if prefix == "" {
		return filter.Condition{Op: filter.Any}
	}
	return f.in(sortkey.Prefix([]byte(prefix), sortkey.MostIndexed))
}

// condition is that of a text that is searched for in the field, see compiler.testWords.
func (f wordField) condition(text string, how *matchHow) filter.Condition {
	analyzer := how.analyzer
	if analyzer == nil {
		analyzer = f.analyzer
	}
	if f.isIndex() {
		return filter.Condition{Op: filter.Any}
	}
	tokens := tokensOf(analyzer, text)
	if len(tokens) == 0 {
		if how.empty == emptyMatchesNone {
			return filter.Condition{Op: filter.Never}
		}
		return filter.Condition{Op: filter.Any}
	}
	words := make([]node, len(tokens))
	for i, t := range tokens {
		words[i] = given{known: f.token(t.text, how, i == len(tokens)-1)}
	}
	isPhrase := len(tokens) > 1 && how.form >= formPhrase
	switch {
	case isPhrase && how.form == formPhrasePrefix:
		return and{given{known: f.phrase(tokens[:len(tokens)-1], how)}, words[len(words)-1]}.condition()
	case isPhrase:
		return f.phrase(tokens, how)
	case how.least(len(tokens)) >= len(tokens):
		return and(words).condition()
	}
	return or(words).condition()
}

// token is the condition of one word of a text.
func (f wordField) token(text string, how *matchHow, last bool) filter.Condition {
	switch {
	case last && (how.form == formWordsPrefix || how.form == formPhrasePrefix):
		return f.begins(text)
	case how.fuzzy != nil && how.form <= formWordsPrefix:
		return f.begins(how.fuzzy.of("", text).beginning())
	}
	return f.word(text)
}

// phrase is the condition that the words of a text are there; and in their order, if that is sure to be within one value,
// in which an index has the words as far apart as they are for a matcher.
func (f wordField) phrase(tokens []textToken, how *matchHow) filter.Condition {
	words := make([]node, len(tokens))
	for i, t := range tokens {
		words[i] = given{known: f.word(t.text)}
	}
	first, last := tokens[0].position, tokens[len(tokens)-1].position
	if len(tokens) < 2 || how.slop != 0 || f.gap < analysis.PositionGap || last-first > analysis.PositionGap {
		return and(words).condition()
	}
	p := filter.Condition{Op: filter.Phrase, Analyzer: f.analyzerName()}
	for _, t := range tokens {
		p.Words, p.Offsets = append(p.Words, wordKey(t.text)), append(p.Offsets, t.position-first)
	}
	any := filter.Condition{Op: filter.Or}
	for _, path := range f.paths {
		p.Field = path
		any.List = append(any.List, p)
	}
	return simplified(any, filter.Never)
}

// condition: without a mapping.
func (m *match) condition() filter.Condition {
	switch {
	case m.field == "_id":
		return ids{javaText(m.value)}.condition()
	case !isString(m.value) && (m.how.form == formWords || m.how.form == formPhrase):
		return term{m.field, m.value}.condition()
	}
	return plainWords(m.field).condition(javaText(m.value), &m.how)
}

// condition: without a mapping.
func (m *multiMatch) condition() filter.Condition {
	fields, how := m.fields, m.how
	how.form = m.form.matchForm()
	if m.form == crossFields && isString(m.value) {
		return crossCondition(fields, javaText(m.value), &how)
	}
	any := or{}
	for _, f := range fields {
		if isPattern(f.name) {
			return filter.Condition{Op: filter.Any}
		}
		any = append(any, &match{field: f.name, value: m.value, how: how})
	}
	if len(any) == 0 {
		return filter.Condition{Op: filter.Any}
	}
	return any.condition()
}

// crossCondition is the condition of words that may be spread over fields without a mapping.
func crossCondition(fields []boostedName, text string, how *matchHow) filter.Condition {
	analyzer := how.analyzer
	if analyzer == nil {
		analyzer = standardAnalyzer
	}
	tokens := tokensOf(analyzer, text)
	words := make([]node, len(tokens))
	for i, t := range tokens {
		spread := or{}
		for _, f := range fields {
			name := f.name
			if isPattern(name) || name == "_id" {
				return filter.Condition{Op: filter.Any}
			}
			spread = append(spread, given{known: plainWords(name).word(t.text)})
		}
		words[i] = given{known: spread.condition()}
	}
	switch {
	case len(words) == 0 || len(fields) == 0:
		return filter.Condition{Op: filter.Any}
	case how.least(len(words)) >= len(words):
		return and(words).condition()
	}
	return or(words).condition()
}

// wordsOf returns a text of the schema as an index knows it; ok is false for any other field.
func (s *Schema) wordsOf(name string) (words wordField, ok bool) {
	f := s.fields[name]
	if f == nil {
		return words, false
	}
	k, ok := f.kind.(*textKind)
	if !ok {
		return words, false
	}
	return wordField{f.paths, k.words, k.gap}, true
}

// hasField says whether the schema has a field, or a flattened object of which a field is one of the keys.
func (s *Schema) hasField(name string) bool {
	return s.fields[name] != nil || s.flattenedKey(name) != nil
}

// matchCondition is the condition of a match on a field of the schema.
func (s *Schema) matchCondition(m *match) filter.Condition {
	words, ok := s.wordsOf(m.field)
	switch {
	case m.field == "_id":
		return ids{javaText(m.value)}.condition()
	case ok:
		return words.condition(javaText(m.value), &m.how)
	case m.how.form == formPhrasePrefix || m.how.form == formWordsPrefix || m.how.fuzzy != nil || m.how.analyzer != nil:
		return filter.Condition{Op: filter.Any}
	}
	t := &term{m.field, rawjson.AppendString(nil, javaText(m.value))}
	return s.condition(m.field, func(k indexed) []sortkey.Span { return k.equalSpans(t) })
}

// multiCondition is the condition of a match on several fields of the schema.
func (s *Schema) multiCondition(m *multiMatch) filter.Condition {
	if m.form == crossFields || len(m.fields) == 0 {
		return filter.Condition{Op: filter.Any}
	}
	how, any := m.how, or{}
	how.form = m.form.matchForm()
	for _, f := range m.fields {
		name := f.name
		if isPattern(name) {
			return filter.Condition{Op: filter.Any}
		}
		if s.hasField(name) || name == "_id" { // any other is left out
			any = append(any, given{known: s.matchCondition(&match{field: name, value: m.value, how: how})})
		}
	}
	return any.condition()
}

// termCondition is the condition that a field of the schema has a value; a text, that it has the value for a word.
func (s *Schema) termCondition(t *term) filter.Condition {
	if words, ok := s.wordsOf(t.field); ok {
		return words.word(javaText(t.value))
	}
	return s.condition(t.field, func(k indexed) []sortkey.Span { return k.equalSpans(t) })
}

// patternCondition is the condition that a text of the schema has a word that a pattern describes.
func (s *Schema) patternCondition(p *pattern) filter.Condition {
	if words, ok := s.wordsOf(p.field); ok {
		return words.begins(p.beginning())
	}
	return filter.Condition{Op: filter.Any}
}
