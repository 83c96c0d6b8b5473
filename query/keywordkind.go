package query

import (
	"bytes"
	"math"
	"unicode/utf8"

	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// keywordKind is that of keyword: every scalar as its text, a number as it is written in the document. Nothing is
// found by a text that is longer than ignore_above.
type keywordKind struct {
	mapped
	ignoreAbove int                // in UTF-16 units, as Java counts
	normalizer  *analysis.Analyzer // nil: none
}

// mostKeyword is how many bytes a keyword may have; a document with a longer one is refused by Elasticsearch.
const mostKeyword = 32766

// text returns the text of a value of a document.
func (k *keywordKind) text(d *document, v []byte) (text []byte, ok bool) {
	if v = k.valueOf(v); v == nil {
		return nil, false
	}
	switch v[0] {
	case '{':
		return nil, false
	case '"':
		text = d.text(v)
	default:
		text = v
	}
	if len(text) > k.ignoreAbove && units(text) > k.ignoreAbove || len(text) > mostKeyword {
		return nil, false
	}
	if k.normalizer != nil {
		d.normalized = k.normalizer.Normalize(d.normalized[:0], text)
		text = d.normalized
	}
	return text, true
}

// units returns the length of a text in UTF-16 units.
func units(text []byte) (n int) {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if text = text[size:]; r > math.MaxUint16 {
			n++
		}
		n++
	}
	return n
}

// queried returns the text of a query as the field would keep it.
func (k *keywordKind) queried(text string) []byte {
	if k.normalizer == nil {
		return []byte(text)
	}
	return k.normalizer.Normalize(nil, []byte(text))
}

func (k *keywordKind) equal(_ *compiler, t *term) (valueTest, error) {
	if err := k.searchable(); err != nil {
		return nil, err
	}
	wanted := string(k.queried(javaText(t.value)))
	return func(d *document, v []byte) bool {
		text, ok := k.text(d, v)
		return ok && string(text) == wanted
	}, nil
}

// between compares texts by their bytes, which is by their code points.
func (k *keywordKind) between(_ *compiler, s *span) (valueTest, error) {
	if err := k.searchable(); err != nil {
		return nil, err
	}
	inRange := s.texts(k.queried)
	return func(d *document, v []byte) bool {
		text, ok := k.text(d, v)
		return ok && inRange(text)
	}, nil
}

// texts returns what says whether a text is in a range of texts.
func (s *span) texts(queried func(string) []byte) func(text []byte) bool {
	var lower, upper []byte
	if s.lower.value != nil {
		lower = queried(javaText(s.lower.value))
	}
	hasUpper := s.upper.value != nil
	if hasUpper {
		upper = queried(javaText(s.upper.value))
	}
	least, most := 0, 0 // what comparing with the bounds must give
	if s.lower.excluded {
		least = 1
	}
	if s.upper.excluded {
		most = -1
	}
	hasLower := s.lower.value != nil
	return func(text []byte) bool {
		return (!hasLower || bytes.Compare(text, lower) >= least) && (!hasUpper || bytes.Compare(text, upper) <= most)
	}
}

func (k *keywordKind) pattern(c *compiler, p *pattern) (matcher, error) {
	if err := k.searchable(); err != nil {
		return nil, err
	}
	return p.matcher(c, k.name, string(k.queried(p.text)))
}

func (k *keywordKind) matching(_ *compiler, m matcher) (valueTest, error) {
	return func(d *document, v []byte) bool {
		text, ok := k.text(d, v)
		return ok && m.Match(text)
	}, nil
}

func (k *keywordKind) exists() valueTest {
	if k.searchable() != nil {
		return nothing
	}
	return func(d *document, v []byte) bool {
		_, ok := k.text(d, v)
		return ok
	}
}
