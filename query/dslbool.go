package query

import (
	"maps"
	"math"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/javanumber"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The clauses that join others.

func (c clause) matchAll(raw []byte) (node, error) {
	return all{}, c.object("match_all", raw, nil)
}

func (c clause) matchNone(raw []byte) (node, error) {
	return none{}, c.object("match_none", raw, nil)
}

// options reads the members of a clause: the ones that all clauses have, and those of known, by name. Others are an
// error.
func (c clause) options(name string, raw []byte, known map[string]func(clause, []byte) error) error {
	for _, m := range members(raw) {
		if err := c.at(m.key).option(name, m, known); err != nil {
			return err
		}
	}
	return nil
}

// option reads one member of a clause.
func (c clause) option(name string, m member, known map[string]func(clause, []byte) error) error {
	if read := known[m.key]; read != nil {
		return read(c, m.value)
	}
	switch m.key {
	case "boost":
		return c.boost(name, m.value)
	case "_name":
		if !isString(m.value) {
			return c.wrong("[%s] query does not support [_name] that is no string", name)
		}
		return nil
	}
	return c.wrong("[%s] query does not support [%s]", name, m.key)
}

// object is options for the clauses that Elasticsearch reads with its ObjectParser, which has other texts. A function
// of known that is given a value of a wrong kind returns the error of wrongType.
func (c clause) object(name string, raw []byte, known map[string]func(clause, []byte) error) error {
	for _, m := range members(raw) {
		at := c.at(m.key)
		read := known[m.key]
		switch {
		case read != nil:
			if err := read(at, m.value); err != nil {
				return err
			}
		case m.key == "boost":
			if err := at.boost(name, m.value); err != nil {
				return c.part(name, "boost", err)
			}
		case m.key == "_name":
			if !isString(m.value) {
				return at.wrongType(name, m.key, m.value)
			}
		default:
			names := append(slices.Sorted(maps.Keys(known)), "boost", "_name")
			return at.wrong("[%s] unknown field [%s]%s", name, m.key, didYouMean(m.key, names))
		}
	}
	return nil
}

// wrongType is the error of a field that is given a value of a wrong kind.
func (c clause) wrongType(name, field string, raw []byte) error {
	return c.wrong("[%s] %s doesn't support values of type: %s", name, field, rawjson.Token(raw))
}

// boost reads the number by which the scores of a clause are multiplied.
func (c clause) boost(name string, raw []byte) error {
	n, err := c.number(name, raw)
	if err == nil && n < 0 {
		err = c.illegal("negative [boost] are not allowed in [%s], use a value between 0 and 1 to deboost", name)
	}
	if err == nil {
		err = c.finite(float32(n))
	}
	*c.raised = float32(n)
	return err
}

// finite returns the error of a boost that is none (Lucene).
func (c clause) finite(boost float32) error {
	if boost >= 0 && boost <= math.MaxFloat32 {
		return nil
	}
	return c.wrong("failed to create query: boost must be a positive float, got %v", boost)
}

// isScalar says whether a value is a string, a number or a boolean.
func isScalar(raw []byte) bool { return !isObject(raw) && !isArray(raw) && !isNull(raw) }

// number reads a number, which may be in a string.
func (c clause) number(name string, raw []byte) (float64, error) {
	if !isScalar(raw) {
		return 0, c.illegal("[%s] query needs a number here, not a value of type: %s", name, rawjson.Token(raw))
	}
	n, err := javanumber.Parse(javaText(raw), 64)
	if err != nil {
		return 0, c.illegal("%v", err)
	}
	return n, nil
}

// queries reads one query, or an array of queries.
func (c clause) queries(raw []byte) (list []node, err error) {
	if !isArray(raw) {
		n, err := c.query(raw)
		return []node{n}, err
	}
	for i, e := range elements(raw) {
		n, err := c.element(i).query(e)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

// boolParts are the parts of a bool.
type boolParts struct {
	must, should, mustNot []node // must has those of filter, too, which add nothing to the score
	given                 string // minimum_should_match
	hasGiven              bool
	pure                  bool // adjust_pure_negative is false: without must and should nothing matches
}

func (c clause) bool(raw []byte) (node, error) {
	var b boolParts
	into := func(name string, list *[]node) func(clause, []byte) error {
		return func(at clause, raw []byte) error {
			if !isObject(raw) && !isArray(raw) {
				return at.wrongType("bool", name, raw)
			}
			more, err := at.queries(raw)
			for _, n := range more {
				if name == "filter" && err == nil {
					n = fixed{n, 0}
				}
				*list = append(*list, n)
			}
			return c.part("bool", name, err)
		}
	}
	minimum := func(c clause, raw []byte) error {
		if !isScalar(raw) {
			return c.wrongType("bool", "minimum_should_match", raw)
		}
		b.given, b.hasGiven = scalarText(raw), true
		return nil
	}
	err := c.object("bool", raw, map[string]func(clause, []byte) error{
		"must": into("must", &b.must), "filter": into("filter", &b.must), "should": into("should", &b.should),
		"must_not": into("must_not", &b.mustNot), "minimum_should_match": minimum,
		"adjust_pure_negative": func(c clause, raw []byte) error {
			adjust, err := c.boolean(raw)
			b.pure = !adjust
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	if b.hasGiven && len(b.must)+len(b.should)+len(b.mustNot) > 0 { // without parts it is not looked at
		if _, err := minimumOf(b.given, len(b.should)); err != nil {
			return nil, c.at("minimum_should_match").wrong("failed to create query: %v", err)
		}
	}
	return b.node()
}

// boolean reads true or false, which may be in a string.
func (c clause) boolean(raw []byte) (bool, error) {
	switch text := javaText(raw); {
	case text == "true":
		return true, nil
	case text == "false":
		return false, nil
	default:
		return false, c.illegal("Failed to parse value [%s] as only [true] or [false] are allowed.", text)
	}
}

// node returns the condition of the parts: all of must, none of mustNot, and so many of should. Without a
// minimum_should_match that is one where there is no must, and none otherwise.
func (b *boolParts) node() (node, error) {
	if b.pure && len(b.mustNot) > 0 && len(b.must)+len(b.should) == 0 {
		return verified{none{}, and(b.mustNot)}, nil
	}
	list := and(b.must)
	for _, n := range b.mustNot {
		list = append(list, not{n})
	}
	if len(b.should) == 0 {
		return b.withoutShould(list)
	}
	least := 0
	if len(b.must) == 0 {
		least = 1
	}
	if b.hasGiven {
		n, err := minimumOf(b.given, len(b.should))
		if err != nil {
			return nil, err
		}
		least = max(n, least)
	}
	switch {
	case least == 0:
		return append(list, maybe(b.should)), nil
	case least == 1:
		return append(list, or(b.should)), nil
	}
	return append(list, atLeast{least, b.should}), nil
}

// withoutShould returns the condition of parts without should: nothing matches if some of its parts, of which there are
// none, must (Lucene).
func (b *boolParts) withoutShould(list and) (node, error) {
	if !b.hasGiven || len(list) == 0 {
		return list, nil
	}
	least, err := minimumOf(b.given, 0)
	if err == nil && least > 0 {
		return verified{none{}, list}, nil
	}
	return list, err
}

func (c clause) constantScore(raw []byte) (n node, err error) {
	err = c.options("constant_score", raw, map[string]func(clause, []byte) error{
		"filter": func(c clause, raw []byte) (err error) {
			if isArray(raw) {
				return c.wrong("unexpected token [START_ARRAY]")
			}
			n, err = c.only("constant_score", "filter", raw)
			return err
		},
	})
	if err == nil && n == nil {
		err = c.wrong("[constant_score] requires a 'filter' element")
	}
	return fixed{n, 1}, err
}

// only reads one query, the value of a part of a clause; a scalar is no such, and null stands for none.
func (c clause) only(name, part string, raw []byte) (node, error) {
	switch {
	case isScalar(raw):
		return nil, c.wrong("[%s] query does not support [%s]", name, part)
	case isNull(raw):
		return nil, nil
	}
	return c.query(raw)
}

func (c clause) disMax(raw []byte) (node, error) {
	var list []node
	share := 0.0
	err := c.options("dis_max", raw, map[string]func(clause, []byte) error{
		"queries": func(c clause, raw []byte) (err error) {
			switch {
			case isScalar(raw):
				return c.wrong("[dis_max] query does not support [queries]")
			case isNull(raw):
				return nil
			case string(raw) == "[]":
				return c.wrong("[_na] query malformed, must start with start_object")
			}
			list, err = c.queries(raw)
			return err
		},
		"tie_breaker": func(c clause, raw []byte) (err error) { share, err = c.number("dis_max", raw); return err },
	})
	if err == nil && len(list) == 0 {
		err = c.wrong("[dis_max] requires 'queries' field with at least one clause")
	}
	if err == nil && (share < 0 || share > 1) {
		err = c.wrong("failed to create query: tieBreakerMultiplier must be in [0, 1]")
	}
	return best{list, float32(share)}, err
}

func (c clause) boosting(raw []byte) (node, error) {
	var positive, negative node
	boost := -1.0
	err := c.options("boosting", raw, map[string]func(clause, []byte) error{
		"positive": func(c clause, raw []byte) (err error) {
			positive, err = c.only("boosting", "positive", raw)
			return err
		},
		"negative": func(c clause, raw []byte) (err error) {
			negative, err = c.only("boosting", "negative", raw)
			return err
		},
		"negative_boost": func(c clause, raw []byte) (err error) { boost, err = c.number("boosting", raw); return err },
	})
	switch {
	case err != nil:
	case positive == nil:
		err = c.wrong("[boosting] query requires 'positive' query to be set'")
	case negative == nil:
		err = c.wrong("[boosting] query requires 'negative' query to be set'")
	case boost < 0:
		err = c.wrong("[boosting] query requires 'negative_boost' to be set to be a positive value'")
	}
	return demoted{positive, negative, float32(boost)}, err
}
