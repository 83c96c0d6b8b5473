package query

import (
	"errors"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
	"github.com/kuzzlite/kuzzlite/query/internal/automaton"
)

// match and its kin: conditions on what a text that is searched for has in common with the values of a field
// (Elasticsearch). On a field that has words these are conditions on words, see matchwords.go; on any other field the
// text is a value, see matchvalues.go.

// match is such a condition on one field.
type match struct {
	place clause // where it stands, for errors
	field string
	value []byte // what is searched for: a scalar as JSON
	how   matchHow
}

// matchHow is how a text is matched. The zero value is that of the clause match without options, but for most.
type matchHow struct {
	form     matchForm
	every    bool               // all words are needed; otherwise one is
	minimum  string             // how many words are needed, see minimumOf; "" if it is not given
	analyzer *analysis.Analyzer // nil: that of the field
	fuzzy    *fuzzyWord         // nil: words must be the same
	slop     int                // of a phrase
	most     int                // how many words the beginning of one at the end of a phrase may stand for
	empty    emptyText
	lenient  bool // a value that the field cannot have is no error
	spoken   bool // the text is of a language for people, in which 5 stands for the number as well
}

// matchForm is what the words of a text stand for.
type matchForm int

const (
	formWords        matchForm = iota
	formWordsPrefix            // words, and the last one is the beginning of a word
	formPhrase                 // words in order
	formPhrasePrefix           // words in order, and the last one is the beginning of a word
)

// emptyText is what a text without words matches.
type emptyText int

const (
	emptyMatchesNone emptyText = iota
	emptyMatchesAll
	emptyIsLeftOut // it is no condition at all (query strings)
)

func (m *match) compile(c *compiler) (test, error) {
	p, err := m.weigh(c)
	return p.test, err
}

func (m *match) weigh(c *compiler) (part, error) {
	if m.field == "_id" {
		return c.part(ids{javaText(m.value)})
	}
	f := c.field(m.field)
	if f == nil {
		if err := metadata(m.field); err != nil {
			return part{}, m.place.located(err)
		}
		return c.part(none{})
	}
	t, err := c.fieldTest(m.place, f, m.value, &m.how)
	if err != nil {
		return part{}, err
	}
	return t.of(c, f), nil
}

// fieldTest is the test of one field. It is met if one of its parts is. A score that is nil is 1.
type fieldTest struct {
	words     wordTest // of what scan finds
	wordScore wordScore
	scan      *scan

	value      valueTest
	valueScore score

	whole part
}

// wordTest says whether the words of a field meet a condition.
type wordTest func(h *hits) bool

// of returns the test of a document, with its score.
func (t *fieldTest) of(c *compiler, f *field) part {
	whole := t.whole
	if t.value != nil {
		whole = part{f.some(t.value), t.valueScore}
	}
	if whole.score == nil {
		whole.score = c.constantScore()
	}
	words := t.scan.part(c, t.words, t.wordScore)
	switch {
	case t.words == nil && whole.test == nil:
		return part{f.some(nothing), whole.score}
	case t.words == nil:
		return whole
	case whole.test == nil:
		return words
	}
	both := []part{words, whole}
	return part{anyOf(testsOf(both)), bestOf(both, 0)}
}

// part returns the part of a condition on the words of a field.
func (s *scan) part(c *compiler, words wordTest, score wordScore) part {
	p := part{test: func(d *document) bool { return words(s.read(d)) }}
	switch {
	case score != nil:
		p.score = func(d *document) float32 { return score(s.read(d)) }
	default:
		p.score = c.constantScore()
	}
	return p
}

// fieldTest returns the test of a field; nil if the text has no words and is left out.
func (c *compiler) fieldTest(place clause, f *field, value []byte, how *matchHow) (*fieldTest, error) {
	if err := c.count(place, 1); err != nil {
		return nil, err
	}
	if how.minimum != "" {
		if _, err := minimumOf(how.minimum, 2); err != nil {
			return nil, place.wrong("failed to create query: %v", err)
		}
	}
	t, err := c.strictTest(place, f, value, how)
	if err != nil && how.lenient && c.texts.clauses <= maxClauses {
		return &fieldTest{}, nil
	}
	return t, place.located(err)
}

// strictTest is fieldTest, with the errors that a lenient one swallows.
func (c *compiler) strictTest(place clause, f *field, value []byte, how *matchHow) (*fieldTest, error) {
	_, untyped := f.kind.(anyKind)
	if untyped && !isString(value) && (how.form == formWords || how.form == formPhrase) {
		same, err := f.kind.equal(c, &term{f.name, value})
		return &fieldTest{value: same}, err
	}
	k, ok := f.kind.(words)
	if !ok {
		return c.testValues(place, f, javaText(value), how)
	}
	if err := searchable(c, f); err != nil {
		return nil, err
	}
	t, err := c.testWords(place, f, c.scan(f, k), javaText(value), how)
	if err != nil || t == nil || !untyped || !how.spoken {
		return t, err
	}
	t.value, err = c.spoken(f, value)
	return t, err
}

// searchable returns the error of a field whose mapping says that nothing can be searched for in it.
func searchable(c *compiler, f *field) error {
	_, err := f.kind.equal(c, &term{f.name, []byte(`""`)})
	return err
}

// spoken returns the test of what a text of people means that is no string in a document: a number, true or false. It
// is nil if it means none.
func (c *compiler) spoken(f *field, value []byte) (valueTest, error) {
	text := strings.TrimSpace(scalarText(value))
	if text != "true" && text != "false" && !isJSONNumber(text) {
		return nil, nil
	}
	return f.kind.equal(c, &term{f.name, []byte(text)})
}

// isJSONNumber says whether a text is a number as JSON has it.
func isJSONNumber(text string) bool {
	if !isNumber([]byte(text)) {
		return false
	}
	_, err := rawjson.Compact([]byte(text), 1)
	return err == nil
}

// fuzzyWord is which other words a word stands for.
type fuzzyWord struct {
	edits        automaton.Fuzziness
	prefixLength int    // how many characters at the beginning are the same
	most         int    // how many words it may stand for
	rewrite      string // how these score, see pattern
	inOrder      bool   // two neighbours that change places count as two edits
}

// of returns the pattern of a word.
func (w *fuzzyWord) of(field, text string) *pattern {
	return &pattern{
		field: field, clause: clauseFuzzy, text: text, fuzziness: w.edits, prefixLength: w.prefixLength,
		maxExpansions: w.most, transpositions: !w.inOrder, rewrite: w.rewrite,
	}
}

// located returns the error of a kind with the place of a clause.
func (c clause) located(err error) error {
	if e := (*DSLError)(nil); errors.As(err, &e) && e.Path == "" {
		return &DSLError{Path: c.path, Reason: e.Reason}
	}
	return err
}
