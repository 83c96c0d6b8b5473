package query

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// What documents that match a query string have in common: known where the text is plain words, without any operator.

// conditionOn returns the condition of plain words in the fields of the clause; wordsOf returns a field as an index knows
// it, has whether there is such a field.
func (q *stringQuery) conditionOn(wordsOf func(name string) (words wordField, has, ok bool)) filter.Condition {
	unknown := filter.Condition{Op: filter.Any}
	list := plainText(q.text)
	if list == nil || len(q.fields) == 0 || q.form > crossFields {
		return unknown
	}
	words := make([]node, len(list))
	for i, word := range list {
		any := or{}
		for _, f := range q.fields {
			name := f.name
			if isPattern(name) || name == "_id" {
				return unknown
			}
			of, has, ok := wordsOf(name)
			switch {
			case !has:
			case !ok, len(list) > 1 && q.keepsSpaces(of):
				return unknown
			default:
				any = append(any, given{known: of.condition(word, &matchHow{analyzer: q.how.analyzer, empty: emptyIsLeftOut})})
			}
		}
		words[i] = given{known: any.condition()}
	}
	if q.how.every {
		return and(words).condition()
	}
	return or(words).condition()
}

// keepsSpaces says whether the text in a field is one word even with spaces in it: query_string does not split the text
// itself.
func (q *stringQuery) keepsSpaces(of wordField) bool {
	return cmp.Or(q.how.analyzer, of.analyzer).Name() == "keyword"
}

// plainText returns the words of a text, nil if something in the text is an operator, or may mean something else than a
// word: a number, true or false.
func plainText(text string) []string {
	if strings.ContainsFunc(text, func(r rune) bool { return r != ' ' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		return nil
	}
	words := strings.Fields(text)
	if slices.ContainsFunc(words, func(word string) bool {
		return word == "AND" || word == "OR" || word == "NOT" || word == "true" || word == "false" || isJSONNumber(word)
	}) {
		return nil
	}
	return words
}

// condition: without a mapping.
func (q *stringQuery) condition() filter.Condition {
	return q.conditionOn(func(name string) (wordField, bool, bool) { return plainWords(name), true, true })
}

// condition: without a mapping. Where white space does not separate words, another rule joins them.
func (q *simpleQuery) condition() filter.Condition {
	if !q.has(simpleWhitespace) {
		return filter.Condition{Op: filter.Any}
	}
	return q.stringQuery.condition()
}

// simpleCondition is the condition of a simple query string on fields of the schema.
func (s *Schema) simpleCondition(q *simpleQuery) filter.Condition {
	if !q.has(simpleWhitespace) {
		return filter.Condition{Op: filter.Any}
	}
	return s.stringCondition(&q.stringQuery)
}

// stringCondition is the condition of a query string on fields of the schema.
func (s *Schema) stringCondition(q *stringQuery) filter.Condition {
	return q.conditionOn(func(name string) (words wordField, has, ok bool) {
		words, ok = s.wordsOf(name)
		return words, s.hasField(name), ok
	})
}
