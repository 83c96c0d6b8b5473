package query

import (
	"strings"
)

// The clause simple_query_string.

// simpleFlagNames are the operators that flags can switch on.
var simpleFlagNames = map[string]simpleFlags{
	"AND": simpleAnd, "NOT": simpleNot, "OR": simpleOr, "PREFIX": simplePrefix, "PHRASE": simplePhrase,
	"PRECEDENCE": simplePrecedence, "ESCAPE": simpleEscape, "WHITESPACE": simpleWhitespace, "FUZZY": simpleFuzzy,
	"NEAR": simpleNear, "SLOP": simpleNear, "NONE": 0, "ALL": simpleAll,
}

// readSimpleFlags reads the names of flags with | between them, or their sum.
func readSimpleFlags(into *simpleFlags) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		if isNumber(raw) {
			n := 0
			if err := readInt("simple_query_string", &n)(c, raw); err != nil {
				return err
			}
			if *into = simpleFlags(n); n < 0 {
				*into = simpleAll
			}
			return nil
		}
		text := javaText(raw)
		if text == "" {
			*into = simpleAll
			return nil
		}
		*into = 0
		for name := range strings.SplitSeq(text, "|") {
			flag, ok := simpleFlagNames[strings.ToUpper(name)]
			switch {
			case name == "":
				continue
			case !ok:
				return c.illegal("Unknown simple_query_string flag [%s]", name)
			}
			if *into |= flag; flag == 0 || flag == simpleAll {
				*into = flag
				return nil
			}
		}
		return nil
	}
}

func (c clause) simpleQueryString(raw []byte) (node, error) {
	const name = "simple_query_string"
	q := &simpleQuery{flags: simpleAll}
	q.place, q.word.most = c, defaultExpansions
	o := newMatchOptions(formWords)
	known := o.readers(name, "operator", "analyzer", "minimum_should_match", "auto_generate_synonyms_phrase_query",
		"fuzzy_transpositions")
	known["default_operator"] = known["operator"]
	delete(known, "operator")
	given, suffix := false, ""
	known["query"] = func(c clause, raw []byte) error { given = true; return readText(&q.text)(c, raw) }
	known["flags"] = readSimpleFlags(&q.flags)
	known["lenient"] = readOptionalBool(&q.lenient)
	known["analyze_wildcard"] = readBool(&q.analyzePatterns)
	known["quote_field_suffix"] = readText(&suffix)
	known["fuzzy_prefix_length"] = readPrefixLength(name, &q.word.prefixLength)
	known["fuzzy_max_expansions"] = readExpansions(name, &q.word.most)
	err := c.stringOptions(name, raw, known, &q.fields, "[%s] unsupported field [%s]")
	switch {
	case err != nil:
		return nil, err
	case !given:
		return nil, c.wrong("[simple_query_string] query text missing")
	case suffix != "":
		return nil, c.at("quote_field_suffix").wrong("[simple_query_string] quote_field_suffix is not supported")
	}
	q.form, q.how, q.word.inOrder = mostFields, o.matchHow, !o.transposed
	return q, nil
}

// stringOptions reads the options of a query string: scalars, and the list of fields. unknown is the error of others.
func (c clause) stringOptions(name string, raw []byte, known readers, fields *[]boostedName, unknown string) (err error) {
	for _, m := range members(raw) {
		at := c.at(m.key)
		switch {
		case m.key == "fields" && isArray(m.value):
			*fields, err = at.fieldNames(elements(m.value))
		case known[m.key] == nil && m.key != "boost" && m.key != "_name":
			err = at.wrong(unknown, name, m.key)
		default:
			if err = at.scalar(name, m); err == nil {
				err = at.option(name, m, known)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
