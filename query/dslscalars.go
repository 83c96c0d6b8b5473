package query

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
	"github.com/kuzzlite/kuzzlite/query/internal/automaton"
)

// The options of the full-text clauses: all of them are scalars.

// readers read the options of a clause, by their names.
type readers = map[string]func(clause, []byte) error

// scalars is options for a clause that has scalars only.
func (c clause) scalars(name string, raw []byte, known readers) error {
	for _, m := range members(raw) {
		at := c.at(m.key)
		if err := at.scalar(name, m); err != nil {
			return err
		}
		if err := at.option(name, m, known); err != nil {
			return err
		}
	}
	return nil
}

// scalar returns the error of a member that is no scalar.
func (c clause) scalar(name string, m member) error {
	if isObject(m.value) || isArray(m.value) || isNull(m.value) {
		return c.wrong("[%s] unknown token [%s] after [%s]", name, tokenName(m.value), m.key)
	}
	return nil
}

// tokenName is what Elasticsearch calls the beginning of a value.
func tokenName(raw []byte) string {
	switch raw[0] {
	case '{':
		return "START_OBJECT"
	case '[':
		return "START_ARRAY"
	case 'n':
		return "VALUE_NULL"
	case '"':
		return "VALUE_STRING"
	case 't', 'f':
		return "VALUE_BOOLEAN"
	}
	return "VALUE_NUMBER"
}

func readText(into *string) func(clause, []byte) error {
	return func(_ clause, raw []byte) error {
		*into = scalarText(raw)
		return nil
	}
}

func readBool(into *bool) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		switch text := scalarText(raw); text {
		case "true", "false":
			*into = text == "true"
			return nil
		default:
			return c.wrong("Failed to parse value [%s] as only [true] or [false] are allowed.", text)
		}
	}
}

// readInt reads a number, of which what follows the point does not count.
func readInt(into *int) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		text := scalarText(raw)
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || math.IsNaN(n) {
			return c.wrong("For input string: %q", text)
		}
		*into = int(max(math.MinInt32, min(math.MaxInt32, n)))
		return nil
	}
}

// readLeast reads a number that is not less than another.
func readLeast(into *int, least int, reason string) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		if err := readInt(into)(c, raw); err != nil {
			return err
		}
		if *into < least {
			return c.wrong("%s", reason)
		}
		return nil
	}
}

// readNumber verifies a number that only changes scores.
func readNumber(name string) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		_, err := c.number(name, raw)
		return err
	}
}

// readOperator reads and or or, in any case: whether all of several are needed.
func readOperator(every *bool) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		switch upper := strings.ToUpper(scalarText(raw)); upper {
		case "AND", "OR":
			*every = upper == "AND"
			return nil
		default:
			return c.wrong("No enum constant org.elasticsearch.index.query.Operator.%s", upper)
		}
	}
}

// readAnalyzer reads the name of an analyzer.
func readAnalyzer(name string, into **analysis.Analyzer) func(clause, []byte) error {
	return func(c clause, raw []byte) (err error) {
		if *into, err = analysis.Lookup(scalarText(raw)); err != nil {
			return c.wrong("[%s] %v", name, err)
		}
		return nil
	}
}

func readZeroTerms(into *emptyText) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		switch text := scalarText(raw); strings.ToLower(text) {
		case "none":
			*into = emptyMatchesNone
		case "all":
			*into = emptyMatchesAll
		default:
			return c.wrong("Unsupported zero_terms_query value [%s]", text)
		}
		return nil
	}
}

func readFuzziness(into *automaton.Fuzziness, given *bool) func(clause, []byte) error {
	return func(c clause, raw []byte) (err error) {
		if *given = true; isNumber(raw) {
			n, problem := strconv.ParseFloat(string(raw), 64)
			if problem != nil {
				return c.wrong("%v", problem)
			}
			*into, err = automaton.NumberFuzziness(n)
		} else {
			*into, err = automaton.ParseFuzziness(scalarText(raw))
		}
		if err != nil {
			return c.wrong("%v", err)
		}
		return nil
	}
}

var rewriteMethods = regexp.MustCompile(
	`^(constant_score|constant_score_blended|scoring_boolean|constant_score_boolean|(top_terms_|top_terms_boost_|top_terms_blended_freqs_)\d+)$`)

// readRewrite verifies how Elasticsearch is to score what a word stands for.
func readRewrite(c clause, raw []byte) error {
	if text := scalarText(raw); !rewriteMethods.MatchString(text) {
		return c.wrong("Failed to parse rewrite_method [%s]", text)
	}
	return nil
}
