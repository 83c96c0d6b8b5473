package query

import (
	"math"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// What documents that match a query by a schema have in common, for indexes, which know JSON types only. A number in an
// integer field may be the string "7" or the number 7.9, for example. Where it is not sure what there may be, nothing is
// said.

// Mapped matches what q matches where the fields are what a schema says. It is for the Find and Count of a collection;
// for Compile, Options.Schema does the same.
func Mapped(q *Query, s *Schema) *Query { return Within(q, "", s) }

// Within is Mapped in a collection with a name, which the field _index has, see Options.Index. s may be nil: then
// there is no schema.
func Within(q *Query, index string, s *Schema) *Query { return &Query{mappedNode{q.root(), s, index}} }

// mappedNode is a condition on documents of a schema.
type mappedNode struct {
	node   node
	schema *Schema
	index  string // the name of the collection; "": that around
}

// compiler returns the compiler of the condition.
func (m mappedNode) compiler(c *compiler) compiler {
	inner := *c
	inner.schema = m.schema
	if m.index != "" {
		inner.index = m.index
	}
	return inner
}

func (m mappedNode) compile(c *compiler) (test, error) {
	inner := m.compiler(c)
	t, err := m.node.compile(&inner)
	c.moves = c.moves || inner.moves
	return t, err
}

func (m mappedNode) condition() filter.Condition {
	if m.schema == nil {
		return conditionOf(m.node)
	}
	return conditionOf(m.schema.conditions(m.node))
}

// given is a condition that stands for a node whose condition is known.
type given struct {
	node
	known filter.Condition
}

func (g given) condition() filter.Condition { return g.known }

// conditions returns a tree of which the leaves have the conditions of the schema.
func (s *Schema) conditions(n node) node {
	each := func(list []node) []node {
		all := make([]node, len(list))
		for i, n := range list {
			all[i] = s.conditions(n)
		}
		return all
	}
	switch n := matched(n).(type) {
	case all, none, ids, mappedNode, koncordeLeaf, koncordeNot: // Koncorde's conditions know no mapping
		return n
	case nested:
		return given{n, conditionOf(s.conditions(positive(n.node)))}
	case and:
		return and(each(n))
	case or:
		return or(each(n))
	case atLeast:
		return atLeast{n.least, each(n.list)}
	case maybe:
		return n
	case best:
		return or(each(n.list))
	case verified:
		return verified{s.conditions(n.node), n.other}
	case term:
		if n.field == "_id" {
			return n
		}
		return given{n, s.termCondition(&n)}
	case span:
		return given{n, s.condition(n.field, func(k indexed) []sortkey.Span { return k.spans(&n) })}
	}
	return s.otherConditions(n)
}

// otherConditions is conditions for the leaves about words and places.
func (s *Schema) otherConditions(n node) node {
	c := filter.Condition{Op: filter.Any}
	switch n := n.(type) {
	case inShape:
		c = s.pointCondition(n)
	case *match:
		c = s.matchCondition(n)
	case *multiMatch:
		c = s.multiCondition(n)
	case *queryString:
		c = s.stringCondition(&n.stringQuery)
	case *simpleQuery:
		c = s.simpleCondition(n)
	case prefixed:
		c = s.patternCondition(&pattern{field: n.field, clause: clausePrefix, text: n.prefix})
	case *pattern:
		c = s.patternCondition(n)
	}
	return given{n, c}
}

// indexed is a kind that knows which keys an index has of values that meet a condition; nil stands for any.
type indexed interface {
	equalSpans(t *term) []sortkey.Span
	spans(s *span) []sortkey.Span
}

// condition returns the condition that one of the values of a field has a key in some spans.
func (s *Schema) condition(field string, of func(indexed) []sortkey.Span) filter.Condition {
	f := s.fields[field]
	if f == nil {
		return filter.Condition{Op: filter.Any}
	}
	k, ok := f.kind.(indexed)
	if !ok {
		return filter.Condition{Op: filter.Any}
	}
	list := of(k)
	if list == nil {
		return filter.Condition{Op: filter.Any}
	}
	c := filter.Condition{Op: filter.Or}
	for _, path := range f.paths {
		spans := sortkey.Union(append([]sortkey.Span(nil), list...))
		c.List = append(c.List, filter.Condition{Op: filter.Values, Field: path, Spans: spans})
	}
	return simplified(c, filter.Never)
}

// others are the keys of values beside the JSON type that a field has as a rule. null is one if it stands for a value.
func (m *mapped) others(spans ...sortkey.Span) []sortkey.Span {
	if m.null != nil {
		spans = append(spans, sortkey.Nulls)
	}
	return spans
}

// numbersFrom returns the keys of numbers from one to another, both given as JSON; nil is no bound.
func numbersFrom(lower, upper []byte) sortkey.Span {
	if lower == nil && upper == nil {
		return sortkey.Numbers
	}
	return sortkey.Between(sortkey.Bound{Value: lower}, sortkey.Bound{Value: upper}, sortkey.MostIndexed)
}

func (k *integerKind) equalSpans(t *term) []sortkey.Span { return k.around(t.value, t.value) }

func (k *integerKind) spans(s *span) []sortkey.Span { return k.around(s.lower.value, s.upper.value) }

// around returns the keys of numbers from one less than a bound to one more than another, and of strings.
func (k *integerKind) around(lower, upper []byte) []sortkey.Span {
	bound := func(raw []byte, step int64) ([]byte, bool) {
		if raw == nil {
			return nil, true
		}
		q, err := k.queried(raw, k.Least, k.Most)
		if err != nil || !q.inRange || max(q.whole, -q.whole) >= 1<<53 || q.whole == math.MinInt64 {
			return nil, false
		}
		return strconv.AppendInt(nil, q.whole+step, 10), true
	}
	from, ok1 := bound(lower, -1)
	to, ok2 := bound(upper, 1)
	if !ok1 || !ok2 {
		return nil
	}
	return k.others(numbersFrom(from, to), sortkey.Strings)
}

func (k *floatKind) equalSpans(t *term) []sortkey.Span { return k.around(t.value, t.value) }

func (k *floatKind) spans(s *span) []sortkey.Span { return k.around(s.lower.value, s.upper.value) }

// around returns the keys of numbers that are rounded to one between two bounds, and of strings.
func (k *floatKind) around(lower, upper []byte) []sortkey.Span {
	share := math.Ldexp(1, -map[int]int{64: 51, 32: 22, 16: 9}[k.bits]) // more than the distance of two neighbours
	least := map[int]float64{64: 1e-300, 32: 1e-30, 16: 1e-6}[k.bits]
	bound := func(raw []byte, sign float64) ([]byte, bool) {
		if raw == nil {
			return nil, true
		}
		n, err := k.queried(raw)
		n += sign * (math.Abs(n)*share + least)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			return nil, false
		}
		return strconv.AppendFloat(nil, n, 'e', -1, 64), true
	}
	from, ok1 := bound(lower, -1)
	to, ok2 := bound(upper, 1)
	if !ok1 || !ok2 {
		return nil
	}
	return k.others(numbersFrom(from, to), sortkey.Strings)
}

func (k *booleanKind) equalSpans(*term) []sortkey.Span {
	return k.others(sortkey.Booleans, sortkey.Strings)
}

func (k *booleanKind) spans(*span) []sortkey.Span { return k.equalSpans(nil) }

// equalSpans: a keyword is the text of a string, or of a number or a boolean that is written so.
func (k *keywordKind) equalSpans(t *term) []sortkey.Span {
	if k.normalizer != nil {
		return nil
	}
	text := javaText(t.value)
	list := []sortkey.Span{sortkey.Equal(rawjson.AppendString(nil, text), sortkey.MostIndexed)}
	if raw, err := rawjson.Compact([]byte(text), 1); err == nil && raw[0] != '"' && isScalar(raw) {
		list = append(list, sortkey.Equal(raw, sortkey.MostIndexed))
	}
	return k.others(list...)
}

// The values of a flattened object are below it, and not indexed by its name.
func (k *flattenedKind) equalSpans(*term) []sortkey.Span { return nil }
func (k *flattenedKind) spans(*span) []sortkey.Span      { return nil }

// spans: of numbers and booleans, all.
func (k *keywordKind) spans(s *span) []sortkey.Span {
	if k.normalizer != nil {
		return nil
	}
	bound := func(b bound) sortkey.Bound {
		if b.value == nil {
			return sortkey.Bound{}
		}
		return sortkey.Bound{Value: rawjson.AppendString(nil, javaText(b.value)), Excluded: b.excluded}
	}
	strings := sortkey.Strings
	if s.lower.value != nil || s.upper.value != nil {
		strings = sortkey.Between(bound(s.lower), bound(s.upper), sortkey.MostIndexed)
	}
	return k.others(strings, sortkey.Numbers, sortkey.Booleans)
}
