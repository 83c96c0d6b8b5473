package query

import (
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The clauses that join others. Scores come with the search issue: what only changes them is read, verified and kept out.

func (c clause) matchAll(raw []byte) (node, error) {
	return all{}, c.options("match_all", raw, nil)
}

func (c clause) matchNone(raw []byte) (node, error) {
	return none{}, c.options("match_none", raw, nil)
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
		_, err := c.number(name, m.value)
		return err
	case "_name":
		if !isString(m.value) {
			return c.wrong("[%s] query does not support [_name] that is no string", name)
		}
		return nil
	}
	return c.wrong("[%s] query does not support [%s]", name, m.key)
}

// number reads a number, which may be in a string.
func (c clause) number(name string, raw []byte) (float64, error) {
	text := string(raw)
	if isString(raw) {
		text = string(rawjson.AppendDecoded(nil, raw))
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, c.wrong("[%s] query has a value that is no number: %s", name, text)
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
	must, should, mustNot []node // must has those of filter too
	given                 string // minimum_should_match; "" if there is none
}

func (c clause) bool(raw []byte) (node, error) {
	var b boolParts
	into := func(list *[]node) func(clause, []byte) error {
		return func(c clause, raw []byte) error {
			more, err := c.queries(raw)
			*list = append(*list, more...)
			return err
		}
	}
	minimum := func(c clause, raw []byte) error {
		b.given = strings.Trim(string(raw), `"`)
		_, err := minimumOf(b.given, 1)
		if err != nil {
			return c.wrong("%v", err)
		}
		return nil
	}
	err := c.options("bool", raw, map[string]func(clause, []byte) error{
		"must": into(&b.must), "filter": into(&b.must), "should": into(&b.should), "must_not": into(&b.mustNot),
		"minimum_should_match": minimum,
		"adjust_pure_negative": func(clause, []byte) error { return nil },
	})
	if err != nil {
		return nil, err
	}
	return b.node()
}

// node returns the condition of the parts: all of must, none of mustNot, and so many of should. Without a
// minimum_should_match that is one where there is no must, and none otherwise.
func (b *boolParts) node() (node, error) {
	list := and(b.must)
	for _, n := range b.mustNot {
		list = append(list, not{n})
	}
	if len(b.should) == 0 {
		return list, nil
	}
	least := 0
	if len(b.must) == 0 {
		least = 1
	}
	if b.given != "" {
		n, err := minimumOf(b.given, len(b.should))
		if err != nil {
			return nil, err
		}
		least = max(n, least)
	}
	switch {
	case least == 0:
		return list, nil
	case least == 1:
		return append(list, or(b.should)), nil
	}
	return append(list, atLeast{least, b.should}), nil
}

func (c clause) constantScore(raw []byte) (n node, err error) {
	err = c.options("constant_score", raw, map[string]func(clause, []byte) error{
		"filter": func(c clause, raw []byte) (err error) {
			if isArray(raw) {
				return c.wrong("unexpected token [START_ARRAY]")
			}
			n, err = c.query(raw)
			return err
		},
	})
	if err == nil && n == nil {
		err = c.wrong("[constant_score] requires a 'filter' element")
	}
	return n, err
}

func (c clause) disMax(raw []byte) (node, error) {
	var list []node
	err := c.options("dis_max", raw, map[string]func(clause, []byte) error{
		"queries": func(c clause, raw []byte) (err error) {
			list, err = c.queries(raw)
			return err
		},
		"tie_breaker": func(c clause, raw []byte) error {
			_, err := c.number("dis_max", raw)
			return err
		},
	})
	if err == nil && len(list) == 0 {
		err = c.wrong("[dis_max] requires 'queries' field with at least one clause")
	}
	return or(list), err
}

func (c clause) boosting(raw []byte) (node, error) {
	var positive, negative node
	boost := -1.0
	err := c.options("boosting", raw, map[string]func(clause, []byte) error{
		"positive":       func(c clause, raw []byte) (err error) { positive, err = c.query(raw); return err },
		"negative":       func(c clause, raw []byte) (err error) { negative, err = c.query(raw); return err },
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
	return verified{positive, negative}, err
}
