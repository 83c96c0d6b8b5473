package query

import (
	"errors"

	"github.com/kuzzlite/kuzzlite/internal/dates"
	"github.com/kuzzlite/kuzzlite/query/internal/automaton"
)

// The clause query_string.

func (c clause) queryString(raw []byte) (node, error) {
	q := &queryString{edits: automaton.AutoFuzziness}
	q.place, q.word.most = c, defaultExpansions
	o := newMatchOptions(formWords)
	s := qsOptions{query: q, options: o, leading: true}
	unknown := "[%s] query does not support [%s]"
	if err := c.stringOptions("query_string", raw, s.readers(), &q.fields, unknown); err != nil {
		return nil, err
	}
	switch {
	case !s.given:
		return nil, c.wrong("[query_string] must be provided with a [query]")
	case s.defaultField != "" && len(q.fields) > 0:
		return nil, c.wrong("Validation Failed: 1: [query_string] cannot use [fields] parameter in conjunction with " +
			"[default_field];")
	case s.suffix != "":
		return nil, c.at("quote_field_suffix").wrong("[query_string] quote_field_suffix is not supported")
	}
	if q.listed = len(q.fields) > 0; s.defaultField != "" {
		q.fields = namesOf([]string{s.defaultField})
	}
	q.how, q.word.inOrder, q.noLeadingStars = o.matchHow, !o.transposed, !s.leading
	q.word.rewrite = o.word.rewrite
	if o.isFuzzy {
		q.edits = o.fuzziness
	}
	if s.zone != "" {
		var err error
		if q.zone, err = dates.LoadZone(s.zone); err != nil {
			return nil, c.at("time_zone").illegal("%v", err)
		}
	}
	if err := q.verify(); err != nil {
		return nil, err
	}
	return q, nil
}

// verify returns the error of wrong syntax.
func (q *queryString) verify() error {
	text := q.text
	if q.quoted {
		text = escapeQuery(text)
	}
	if _, err := (&qsParser{leaves: noLeaves{}}).parse(text); errors.Is(err, errQuerySyntax) && !isBlank(q.text) {
		return q.place.wrong("Failed to parse query [%s]", q.text)
	}
	return nil
}

// isBlank says whether a text has nothing but white space: that is no wrong syntax.
func isBlank(text string) bool {
	for i := range len(text) {
		if text[i] > ' ' {
			return false
		}
	}
	return true
}

// noLeaves makes no conditions, where only the syntax counts.
type noLeaves struct{}

func (noLeaves) text([]string, string) (*branch, error)           { return nil, nil }
func (noLeaves) phrase([]string, string, string) (*branch, error) { return nil, nil }
func (noLeaves) fuzzy([]string, string, string) (*branch, error)  { return nil, nil }
func (noLeaves) prefix([]string, string) (*branch, error)         { return nil, nil }
func (noLeaves) wildcard([]string, string) (*branch, error)       { return nil, nil }
func (noLeaves) regexp([]string, string) (*branch, error)         { return nil, nil }
func (noLeaves) between([]string, textSpan) (*branch, error)      { return nil, nil }
func (noLeaves) boosted(float32) func()                           { return func() {} }
func (noLeaves) clause(bool) func(*branch)                        { return func(*branch) {} }

// qsOptions are the options of the clause that are not those of the query itself.
type qsOptions struct {
	query                      *queryString
	options                    *matchOptions
	given, leading, increments bool
	defaultField, suffix, zone string
}

// readers returns those of all options.
func (s *qsOptions) readers() readers {
	const name = "query_string"
	q := s.query
	known := s.options.readers(name, "minimum_should_match", "analyzer", "fuzzy_rewrite", "fuzzy_transpositions",
		"auto_generate_synonyms_phrase_query", "fuzziness")
	for option, read := range (readers{
		"query":            func(c clause, raw []byte) error { s.given = true; return readText(&q.text)(c, raw) },
		"default_field":    readText(&s.defaultField),
		"default_operator": readOperator(&s.options.every),
		"quote_analyzer": func(c clause, raw []byte) error {
			if err := readAnalyzer(name, &q.quoteAnalyzer)(c, raw); err != nil {
				return c.wrong("[query_string] quote_analyzer [%s] not found", javaText(raw))
			}
			return nil
		},
		"quote_field_suffix":         readText(&s.suffix),
		"time_zone":                  readText(&s.zone),
		"lenient":                    readOptionalBool(&q.lenient),
		"analyze_wildcard":           readBool(&q.analyzePatterns),
		"allow_leading_wildcard":     readBool(&s.leading),
		"enable_position_increments": readBool(&s.increments),
		"escape":                     readBool(&q.quoted),
		"type":                       readMultiForm(&q.form),
		"tie_breaker":                readShare(name, &q.share),
		"phrase_slop":                readLeast(name, &q.phraseSlop, 0, "No negative slop allowed."),
		"rewrite":                    readRewrite(&q.rewrite),
		"max_determinized_states":    readStates(&q.maxStates),
		"fuzzy_prefix_length":        readPrefixLength(name, &q.word.prefixLength),
		"fuzzy_max_expansions":       readExpansions(name, &q.word.most),
	}) {
		known[option] = read
	}
	return known
}

// readStates reads the limit of effort for a regular expression.
func readStates(into *int) func(clause, []byte) error {
	return readLeast("query_string", into, 1, "[query_string] requires max_determinized_states to be positive.")
}
