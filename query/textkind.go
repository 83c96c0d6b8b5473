package query

import (
	"bytes"

	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// textKind is that of text: every scalar as its text, of which an analyzer makes words. A condition that compares with
// a value compares with each word, as it is: "New" is not found, where the analyzer makes it new.
type textKind struct {
	mapped
	words *analysis.Analyzer
	gap   int // how many positions are free between two values

	measures measures

	placeless bool // where the words are is not kept: there are no phrases (index_options)
	fielddata bool // documents may be ordered by the words, says the mapping
}

var _ words = (*textKind)(nil)

func (k *textKind) analyzer() *analysis.Analyzer { return k.words }
func (k *textKind) positionGap() int             { return k.gap }

// searchable returns an error if the field has no index of its words.
func (k *textKind) searchable() error {
	if k.indexed {
		return nil
	}
	return refused("Cannot search on field [%s] since it is not indexed.", k.name)
}

// anyWord is the test of values of which one word meets a condition.
func (k *textKind) anyWord(meets func(word []byte) bool) valueTest {
	fails := func(t analysis.Token) bool { return !meets(t.Term) }
	return func(d *document, v []byte) bool {
		switch v[0] {
		case 'n', '{':
			return false
		case '"':
			v = d.text(v)
		}
		return !k.words.Each(v, &d.scratch, fails)
	}
}

func (k *textKind) equal(_ *compiler, t *term) (valueTest, error) {
	if err := k.searchable(); err != nil {
		return nil, err
	}
	wanted := []byte(javaText(t.value))
	return k.anyWord(func(word []byte) bool { return bytes.Equal(word, wanted) }), nil
}

func (k *textKind) between(_ *compiler, s *span) (valueTest, error) {
	if err := k.searchable(); err != nil {
		return nil, err
	}
	return k.anyWord(s.texts(func(text string) []byte { return []byte(text) })), nil
}

func (k *textKind) pattern(c *compiler, p *pattern) (matcher, error) {
	if err := k.searchable(); err != nil {
		return nil, err
	}
	return p.matcher(c, k.name, p.text)
}

func (k *textKind) matching(_ *compiler, m matcher) (valueTest, error) {
	return k.anyWord(m.Match), nil
}

// exists: a text without a word is one all the same.
func (k *textKind) exists() valueTest {
	if !k.indexed {
		return nothing
	}
	return func(_ *document, v []byte) bool { return v[0] != 'n' && v[0] != '{' }
}
