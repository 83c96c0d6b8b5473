package query

import "github.com/kuzzlite/kuzzlite/query/internal/automaton"

// The clauses match, match_phrase, match_phrase_prefix and match_bool_prefix.

// matchOptions are what the options of these clauses say.
type matchOptions struct {
	matchHow
	value      []byte
	fuzziness  automaton.Fuzziness
	isFuzzy    bool
	word       fuzzyWord
	transposed bool // two neighbours that change places count as one edit
	synonyms   bool // changes nothing: no analyzer has synonyms
}

func newMatchOptions(form matchForm) *matchOptions {
	return &matchOptions{
		matchHow: matchHow{form: form, most: defaultExpansions}, word: fuzzyWord{most: defaultExpansions}, transposed: true,
	}
}

// how returns how the text is matched.
func (o *matchOptions) how() matchHow {
	how := o.matchHow
	if o.isFuzzy {
		word := o.word
		word.edits, word.inOrder = o.fuzziness, !o.transposed
		how.fuzzy = &word
	}
	return how
}

func (o *matchOptions) readValue(_ clause, raw []byte) error {
	o.value = raw
	return nil
}

// readers returns those of some options, by their names.
func (o *matchOptions) readers(name string, options ...string) readers {
	all := readers{
		"query":                o.readValue,
		"operator":             readOperator(&o.every),
		"minimum_should_match": readText(&o.minimum),
		"analyzer":             readAnalyzer(name, &o.analyzer),
		"zero_terms_query":     readZeroTerms(&o.empty),
		"lenient":              readBool(&o.lenient),
		"slop":                 readLeast(name, &o.slop, 0, "No negative slop allowed."),
		"fuzziness":            readFuzziness(&o.fuzziness, &o.isFuzzy),
		"fuzzy_transpositions": readBool(&o.transposed),
		"fuzzy_rewrite":        readRewrite(&o.word.rewrite),
		"prefix_length":        readPrefixLength(name, &o.word.prefixLength),
		"max_expansions":       readExpansions(name, &o.word.most),

		"auto_generate_synonyms_phrase_query": readBool(&o.synonyms),
	}
	some := readers{}
	for _, option := range options {
		some[option] = all[option]
	}
	return some
}

func (c clause) match(raw []byte) (node, error) {
	o := newMatchOptions(formWords)
	return c.matching("match", raw, o, o.readers("match", "query", "operator", "minimum_should_match", "analyzer",
		"zero_terms_query", "lenient", "fuzziness", "fuzzy_transpositions", "fuzzy_rewrite", "prefix_length",
		"max_expansions", "auto_generate_synonyms_phrase_query"))
}

func (c clause) matchBoolPrefix(raw []byte) (node, error) {
	o := newMatchOptions(formWordsPrefix)
	return c.matching("match_bool_prefix", raw, o, o.readers("match_bool_prefix", "query", "operator",
		"minimum_should_match", "analyzer", "fuzziness", "fuzzy_transpositions", "fuzzy_rewrite", "prefix_length",
		"max_expansions"))
}

func (c clause) matchPhrase(raw []byte) (node, error) {
	o := newMatchOptions(formPhrase)
	return c.matching("match_phrase", raw, o, o.readers("match_phrase", "query", "analyzer", "slop", "zero_terms_query"))
}

func (c clause) matchPhrasePrefix(raw []byte) (node, error) {
	o := newMatchOptions(formPhrasePrefix)
	known := o.readers("match_phrase_prefix", "query", "analyzer", "slop", "zero_terms_query")
	known["max_expansions"] = readLeast("match_phrase_prefix", &o.most, 0, "No negative maxExpansions allowed.")
	return c.matching("match_phrase_prefix", raw, o, known)
}

// matching reads a clause about one field, whose options are read by those of known.
func (c clause) matching(name string, raw []byte, o *matchOptions, known readers) (node, error) {
	field, value, err := c.oneField(name, raw)
	if err != nil {
		return nil, err
	}
	c = c.at(field)
	switch {
	case isArray(value):
		return nil, c.wrong("Expected text but found START_ARRAY")
	case isObject(value):
		if err := c.scalars(name, value, known); err != nil {
			return nil, err
		}
	case !isNull(value):
		o.value = value
	}
	if o.value == nil {
		return nil, c.illegal("[%s] requires query value", name)
	}
	return &match{place: c, field: field, value: o.value, how: o.how()}, nil
}
