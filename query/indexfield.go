package query

import "strings"

// The field _index, which each document of a collection has: the name that Elasticsearch has for the collection.

const indexField = "_index"

// indexKind is that of _index. A condition is met by all documents or by none, whatever is in them: by those of an
// index that Elasticsearch would find by the text. A star in that stands for any text, in each clause.
type indexKind struct {
	mapped
	index string
}

func newIndexKind(index string) *indexKind {
	return &indexKind{mapped{name: indexField, typ: indexField, indexed: true}, index}
}

// finds says whether an expression for indexes is one for this. Kuzzle gives each an alias with an @ before the name.
func (k *indexKind) finds(expression string) bool {
	if strings.Contains(expression, ":") { // of another cluster
		return false
	}
	alias := "@" + k.index
	return expression == "_all" || matchesStars(expression, k.index) || matchesStars(expression, alias)
}

// constant is a test of values, and a matcher of texts, that all or none meet.
type constant bool

func (c constant) test(*document, []byte) bool { return bool(c) }

// Match implements matcher.
func (c constant) Match([]byte) bool { return bool(c) }

func (k *indexKind) equal(_ *compiler, t *term) (valueTest, error) {
	return constant(k.finds(javaText(t.value))).test, nil
}

func (k *indexKind) pattern(c *compiler, p *pattern) (matcher, error) {
	text := p.text
	if p.caseInsensitive {
		text = strings.ToLower(text)
	}
	switch p.clause {
	case clausePrefix:
		return constant(k.finds(text + "*")), nil
	case clauseWildcard:
		return constant(k.finds(text)), nil
	case clauseTerm: // with case_insensitive
		return constant(k.finds(strings.ToLower(text))), nil
	}
	return k.mapped.pattern(c, p)
}

func (k *indexKind) matching(_ *compiler, m matcher) (valueTest, error) {
	all := constant(m.Match(nil))
	return all.test, nil
}

func (k *indexKind) exists() valueTest { return constant(true).test }
