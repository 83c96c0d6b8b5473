package query

import (
	"strings"

	"github.com/kuzzlite/kuzzlite/query/internal/marks"
)

// What the compiler notes of a query for package highlight, see Marker. Where nothing is wanted nothing is noted.

// marking is what is noted of a query.
type marking struct {
	list     []*marked
	unscored bool // in a clause that adds nothing to the score: what need not match there does not count (Lucene)
}

// mark notes a condition on a field, if conditions are wanted, and the kind is one of texts.
func (c *compiler) mark(name string, k kind, m marks.Mark) {
	if c.marking == nil {
		return
	}
	switch k := k.(type) {
	case *textKind:
		name = k.name
	case *keywordKind:
		name = k.name
	case anyKind:
		m.Pattern = isPattern(name)
	default:
		return
	}
	m.Field, m.Boost = name, c.boost
	c.marking.list = append(c.marking.list, &marked{Mark: m})
}

// markWord notes a word.
func (c *compiler) markWord(name string, k kind, text string) {
	c.mark(name, k, marks.Mark{Words: []marks.Word{{Text: text}}})
}

// markValue notes the text of a value: a word of a text, as it is.
func (c *compiler) markValue(name string, k kind, value []byte) {
	if c.marking == nil {
		return
	}
	text := javaText(value)
	switch k := k.(type) {
	case *keywordKind:
		text = string(k.queried(text))
	case anyKind:
		if isString(value) {
			c.mark(name, k, marks.Mark{Words: []marks.Word{{Text: text}}, Whole: true})
		}
		return
	}
	c.markWord(name, k, text)
}

// markPattern notes the texts, or the words, that a pattern matches. Those that are similar count each for itself.
func (c *compiler) markPattern(name string, k kind, p *pattern, m matcher, ofWords bool) {
	label := p.clause + ":" + p.text
	_, untyped := k.(anyKind)
	c.mark(name, k, marks.Mark{
		Words: []marks.Word{{Matcher: m}}, Label: label, Each: p.clause == clauseFuzzy, Whole: untyped && !ofWords,
	})
}

// markPhrase notes a phrase; open says that its last word is the beginning of a word.
func (c *compiler) markPhrase(name string, k kind, tokens []textToken, slop int, open bool) {
	if c.marking == nil {
		return
	}
	m := marks.Mark{Slop: slop}
	var label []string
	for _, t := range tokens {
		m.Words = append(m.Words, marks.Word{Text: t.text, Offset: t.position})
		label = append(label, t.text)
	}
	if m.Label = strings.Join(label, " "); open {
		last := &m.Words[len(m.Words)-1]
		last.Matcher = prefixMatcher(last.Text)
		m.Label += "*"
	}
	c.mark(name, k, m)
}

// markWords notes the words of a text that is searched for, each once, see compiler.word.
func (c *compiler) markWords(name string, k kind, tokens []textToken, how *matchHow) error {
	if c.marking == nil {
		return nil
	}
	seen := map[string]bool{}
	for i, t := range tokens {
		last := i == len(tokens)-1
		switch prefix := last && how.form == formWordsPrefix; {
		case prefix:
			c.markPattern(name, k, &pattern{clause: clausePrefix, text: t.text}, prefixMatcher(t.text), true)
		case last && how.form == formPhrasePrefix:
			c.markPattern(name, k, &pattern{clause: clauseFuzzy, text: t.text}, prefixMatcher(t.text), true)
		case how.fuzzy != nil && how.form <= formWordsPrefix:
			p := how.fuzzy.of(name, t.text)
			m, err := p.matcher(c, name, t.text)
			if err != nil {
				return err
			}
			c.markPattern(name, k, p, m, true)
		case !seen[t.text]:
			c.markWord(name, k, t.text)
			seen[t.text] = true
		}
	}
	return nil
}

// markRange notes the words in a range.
func (c *compiler) markRange(name string, k kind, s *span) {
	if c.marking == nil {
		return
	}
	queried := func(text string) []byte { return []byte(text) }
	_, untyped := k.(anyKind)
	if k, ok := k.(*keywordKind); ok {
		queried = k.queried
	}
	if untyped && (s.isDate() || !isTextBound(s.lower) || !isTextBound(s.upper)) {
		return
	}
	m := rangeMatcher(s.texts(queried))
	label := "range:" + string(s.lower.value) + ":" + string(s.upper.value)
	c.mark(name, k, marks.Mark{Words: []marks.Word{{Matcher: m}}, Label: label, Whole: untyped})
}

func isTextBound(b bound) bool { return b.value == nil || isString(b.value) }

// rangeMatcher matches texts in a range.
type rangeMatcher func(text []byte) bool

// Match implements matcher.
func (m rangeMatcher) Match(text []byte) bool { return m(text) }

// marked returns how many conditions are noted, for gate.
func (c *compiler) marked() int {
	if c.marking == nil {
		return 0
	}
	return len(c.marking.list)
}

// isTerms says whether a condition is that of a terms clause with several values.
func isTerms(n node) bool {
	list, ok := n.(or)
	if !ok || len(list) < 2 {
		return false
	}
	for _, n := range list {
		if _, ok := n.(term); !ok {
			return false
		}
	}
	return true
}

// markAsOne makes the conditions that were noted since there were so many count as one where fragments are weighed.
func (c *compiler) markAsOne(since int) {
	for _, m := range c.marking.list[since:] {
		m.Label = "terms"
	}
}

// gateBranch is gate for a branch of a query string, which may be nil.
func (c *compiler) gateBranch(since int, b *branch) {
	if c.marking != nil && b != nil {
		c.gate(since, b.whole().test)
	}
}

// gateBetween is gate for the conditions up to a number.
func (c *compiler) gateBetween(since, to int, t test) {
	if c.marking == nil {
		return
	}
	for _, m := range c.marking.list[since:to] {
		m.tests = append(m.tests, t)
	}
}

// gate puts a test before the conditions that were noted since there were so many.
func (c *compiler) gate(since int, t test) {
	c.gateBetween(since, c.marked(), t)
}

// unmarked has nothing noted until the function is called that it returns.
func (c *compiler) unmarked() (end func()) {
	marking := c.marking
	c.marking = nil
	return func() { c.marking = marking }
}

// inNested makes the conditions that were noted since there were so many some on nested objects.
func (c *compiler) inNested(since int) {
	if c.marking == nil {
		return
	}
	for _, m := range c.marking.list[since:] {
		m.nested, m.tests = true, nil
	}
}
