package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Query is a condition on documents. It does not change; any number of goroutines may use it. The zero Query, and a nil
// one, matches all documents.
type Query struct {
	node node
}

// node is a condition in the tree of a query.
type node interface {
	// compile returns the test of the condition.
	compile(c *compiler) (test, error)
}

// root returns the node at the top.
func (q *Query) root() node {
	if q == nil || q.node == nil {
		return all{}
	}
	return q.node
}

// All matches all documents.
func All() *Query { return &Query{all{}} }

// None matches no document.
func None() *Query { return &Query{none{}} }

// And matches what all of the queries match; without queries, all documents.
func And(queries ...*Query) *Query { return &Query{and(nodesOf(queries))} }

// Or matches what at least one of the queries matches; without queries, nothing.
func Or(queries ...*Query) *Query { return &Query{or(nodesOf(queries))} }

// Not matches what the query does not match: also documents that do not have the field at all.
func Not(q *Query) *Query { return &Query{not{q.root()}} }

func nodesOf(queries []*Query) []node {
	list := make([]node, len(queries))
	for i, q := range queries {
		list[i] = q.root()
	}
	return list
}

// IDs matches the documents that have one of the ids.
func IDs(list ...string) *Query { return &Query{ids(list)} }

// Eq matches documents of which one value of the field equals value: a string, a number, a boolean or null (nil) as
// encoding/json writes it, a json.Number, a json.RawMessage, or a time.Time, which stands for its RFC 3339 text.
func Eq(field string, value any) *Query {
	return one(field, value, func(v []byte) node { return term{field, v} })
}

// Ne is Not(Eq(field, value)): it matches also what does not have the field.
func Ne(field string, value any) *Query { return Not(Eq(field, value)) }

// In matches documents of which one value of the field equals one of the values, see Eq.
func In(field string, values ...any) *Query {
	list := make([]node, len(values))
	for i, v := range values {
		list[i] = Eq(field, v).node
	}
	return &Query{or(list)}
}

// Gt matches documents of which one value of the field is greater than value, and of the same JSON type.
func Gt(field string, value any) *Query {
	return one(field, value, func(v []byte) node { return span{field: field, lower: bound{v, true}} })
}

// Gte is Gt or Eq.
func Gte(field string, value any) *Query {
	return one(field, value, func(v []byte) node { return span{field: field, lower: bound{v, false}} })
}

// Lt matches documents of which one value of the field is less than value, and of the same JSON type.
func Lt(field string, value any) *Query {
	return one(field, value, func(v []byte) node { return span{field: field, upper: bound{v, true}} })
}

// Lte is Lt or Eq.
func Lte(field string, value any) *Query {
	return one(field, value, func(v []byte) node { return span{field: field, upper: bound{v, false}} })
}

// Between matches documents of which one value of the field is neither less than from nor greater than to. And of a Gte
// and a Lte is not quite the same: there two different values may do.
func Between(field string, from, to any) *Query {
	return one(field, from, func(lower []byte) node {
		return one(field, to, func(upper []byte) node {
			return span{field: field, lower: bound{lower, false}, upper: bound{upper, false}}
		}).node
	})
}

// Exists matches documents that have a value of the field: not null, not an empty array; of an object, a value in it.
func Exists(field string) *Query { return &Query{exists{field}} }

// Missing is Not(Exists(field)).
func Missing(field string) *Query { return Not(Exists(field)) }

// Prefix matches documents of which one value of the field is a string that begins with prefix.
func Prefix(field, prefix string) *Query { return &Query{prefixed{field, prefix}} }

// Wildcard matches documents of which one value of the field is a string that the whole of pattern describes: * stands
// for any text, ? for one character, and a backslash takes the meaning from the character behind it. An empty pattern
// matches nothing. Of a text, in a schema, one word must be such.
func Wildcard(field, pattern string) *Query { return patterned(field, clauseWildcard, pattern) }

// Regexp matches documents of which one value of the field is a string that the whole of a regular expression
// describes. The syntax is Lucene's: beside what is usual, @ is any text, # nothing, ~ "not", & "and", <1-99> a
// number, and there are neither anchors nor captures. It has at most 1,000 UTF-16 units. Of a text, in a schema, one
// word must be such.
func Regexp(field, expression string) *Query { return patterned(field, clauseRegexp, expression) }

// Fuzzy matches documents of which one value of the field is a string that few edits make of text: none, where text
// has less than 3 code points, one below 6, else two. An edit inserts, deletes or replaces a code point, or swaps two
// that are neighbours. Of a text, in a schema, one word must be such; see Options.Terms for how many words there may
// be.
func Fuzzy(field, text string) *Query { return &Query{newFuzzy(field, text)} }

func patterned(field, clause, text string) *Query {
	return &Query{&pattern{field: field, clause: clause, text: text}}
}

// one returns the query of a node that has a value, or one that fails to compile because of the value.
func one(field string, value any, make func(value []byte) node) *Query {
	raw, err := scalarOf(value)
	if err != nil {
		return &Query{faulty{fmt.Errorf("%w: field %q: %w", ErrInvalid, field, err)}}
	}
	return &Query{make(raw)}
}

// ErrInvalid is wrapped by the errors about what is wrong with a query.
var ErrInvalid = errors.New("invalid query")

var errNoScalar = errors.New("a value must be a string, a number, a boolean or null")

// scalarOf returns a value as JSON.
func scalarOf(value any) ([]byte, error) {
	if t, ok := value.(time.Time); ok {
		value = t.Format(time.RFC3339Nano)
	}
	if s, ok := value.(string); ok {
		return rawjson.AppendString(nil, s), nil
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	if raw[0] == '{' || raw[0] == '[' {
		return nil, errNoScalar
	}
	return raw, nil
}
