package query

import (
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
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
	if !isScalar(m.value) {
		return c.wrong("[%s] unknown token [%s] after [%s]", name, rawjson.Token(m.value), m.key)
	}
	return nil
}

func readText(into *string) func(clause, []byte) error {
	return func(_ clause, raw []byte) error {
		*into = javaText(raw)
		return nil
	}
}

func readBool(into *bool) func(clause, []byte) error {
	return func(c clause, raw []byte) (err error) {
		*into, err = c.boolean(raw)
		return err
	}
}

// readInt reads a number, of which what follows the point does not count.
func readInt(name string, into *int) func(clause, []byte) error {
	return func(c clause, raw []byte) (err error) {
		*into, err = c.integer(name, raw)
		return err
	}
}

// readLeast reads a number that is not less than another.
func readLeast(name string, into *int, least int, reason string) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		if err := readInt(name, into)(c, raw); err != nil {
			return err
		}
		if *into < least {
			return c.illegal("%s", reason)
		}
		return nil
	}
}

func readPrefixLength(name string, into *int) func(clause, []byte) error {
	return readLeast(name, into, 0, "["+name+"] requires prefix length to be non-negative.")
}

func readExpansions(name string, into *int) func(clause, []byte) error {
	return readLeast(name, into, 1, "["+name+"] requires maxExpansions to be positive.")
}

// readShare reads how much of the scores of other fields is added to the best one.
func readShare(name string, into **float32) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		n, err := c.number(name, raw)
		if err == nil && (n < 0 || n > 1) {
			err = c.wrong("failed to create query: tieBreakerMultiplier must be in [0, 1]")
		}
		share := float32(n)
		*into = &share
		return err
	}
}

// readOperator reads and or or, in any case: whether all of several are needed.
func readOperator(every *bool) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		switch upper := strings.ToUpper(javaText(raw)); upper {
		case "AND", "OR":
			*every = upper == "AND"
			return nil
		default:
			return c.illegal("No enum constant org.elasticsearch.index.query.Operator.%s", upper)
		}
	}
}

// readAnalyzer reads the name of an analyzer.
func readAnalyzer(name string, into **analysis.Analyzer) func(clause, []byte) error {
	return func(c clause, raw []byte) (err error) {
		if *into, err = analysis.Lookup(javaText(raw)); err != nil {
			return c.wrong("[%s] %v", name, err)
		}
		return nil
	}
}

func readZeroTerms(into *emptyText) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		switch text := javaText(raw); strings.ToLower(text) {
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
		*given = true
		*into, err = c.fuzziness(raw)
		return err
	}
}

// readRewrite reads how the terms score that a pattern stands for.
func readRewrite(into *string) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		*into = javaText(raw)
		_, err := topTerms(*into)
		return c.located(err)
	}
}
