package query

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The clause multi_match.

func (c clause) multiMatch(raw []byte) (node, error) {
	o := newMatchOptions(formWords)
	m := &multiMatch{place: c}
	known := o.readers("multi_match", "query", "operator", "minimum_should_match", "analyzer", "zero_terms_query", "slop",
		"fuzziness", "fuzzy_transpositions", "fuzzy_rewrite", "prefix_length", "max_expansions",
		"auto_generate_synonyms_phrase_query")
	known["type"] = readMultiForm(&m.form)
	known["tie_breaker"] = readShare("multi_match", &m.share)
	known["lenient"] = readOptionalBool(&m.lenient)
	for _, one := range members(raw) {
		at, err := c.at(one.key), error(nil)
		switch {
		case one.key != "fields":
			if err = at.scalar("multi_match", one); err == nil {
				err = at.option("multi_match", one, known)
			}
		case isArray(one.value):
			m.fields, err = at.fieldNames(elements(one.value))
		default:
			if err = at.scalar("multi_match", one); err == nil {
				m.fields, err = at.fieldNames([][]byte{one.value})
			}
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case o.value == nil:
		return nil, c.wrong("No text specified for multi_match query")
	case o.isFuzzy && (m.form == crossFields || m.form == phraseFields || m.form == phrasePrefixFields):
		return nil, c.wrong("Fuzziness not allowed for type [%s]", multiForms[m.form])
	case o.slop != 0 && m.form == boolPrefixFields:
		return nil, c.wrong("[slop] not allowed for type [bool_prefix]")
	}
	m.value, m.how = o.value, o.how()
	m.how.most = o.word.most
	return m, nil
}

// fieldNames reads names and patterns of fields, which may have a boost behind them: name^2.
func (c clause) fieldNames(list [][]byte) (names []boostedName, err error) {
	for i, raw := range list {
		if isObject(raw) || isArray(raw) || isNull(raw) {
			return nil, c.element(i).wrong("Expected text but found %s", rawjson.Token(raw))
		}
		name, text, ok := strings.Cut(javaText(raw), "^")
		boost := 1.0
		if ok {
			if boost, err = strconv.ParseFloat(strings.TrimSpace(text), 32); err != nil {
				return nil, c.element(i).wrong("For input string: %q", text)
			}
			if err := c.element(i).finite(float32(boost)); err != nil {
				return nil, err
			}
		}
		names = append(names, boostedName{name, float32(boost)})
	}
	return names, nil
}

// readMultiForm reads the type of a multi_match, or of a query string.
func readMultiForm(into *multiForm) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		text := javaText(raw)
		i := slices.Index(multiForms, text)
		if i < 0 {
			return c.wrong("failed to parse [multi_match] query type [%s]. unknown type.", text)
		}
		*into = multiForm(i)
		return nil
	}
}

// readOptionalBool reads a boolean whose default is no constant.
func readOptionalBool(into **bool) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		*into = new(bool)
		return readBool(*into)(c, raw)
	}
}
