package query

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
	"github.com/kuzzlite/kuzzlite/query/internal/automaton"
)

// The clauses that match the text of a value, or one of its words, by a pattern.
const (
	clausePrefix   = "prefix"
	clauseWildcard = "wildcard"
	clauseRegexp   = "regexp"
	clauseFuzzy    = "fuzzy"
	clauseTerm     = "term" // without regard to case
)

// pattern is a condition on the text of the values of a field.
type pattern struct {
	field           string
	clause          string
	text            string
	caseInsensitive bool   // of ASCII letters; not of fuzzy
	rewrite         string // how Elasticsearch goes about it; top_terms_N counts only N terms

	// Of regexp.
	flags     automaton.Flags
	maxStates int

	// Of fuzzy.
	fuzziness      automaton.Fuzziness
	prefixLength   int
	maxExpansions  int
	transpositions bool
}

// The defaults of fuzzy.
const defaultExpansions = 50

func newFuzzy(field, text string) *pattern {
	return &pattern{
		field: field, clause: clauseFuzzy, text: text, fuzziness: automaton.AutoFuzziness, maxExpansions: defaultExpansions,
		transpositions: true,
	}
}

func (p *pattern) compile(c *compiler) (test, error) {
	return c.test(p.field, func(k kind) (valueTest, error) {
		m, err := k.pattern(c, p)
		if err != nil {
			return nil, err
		}
		c.markPattern(p.field, k, p, m, false)
		return k.matching(c, m)
	})
}

func (p *pattern) weigh(c *compiler) (part, error) {
	f := c.field(p.field)
	if k, ok := asText(f); ok && k.searchable() == nil && c.scoring != nil {
		m, err := k.pattern(c, p)
		if err != nil {
			return part{}, aboutField(p.field, err)
		}
		s := c.scan(f, k)
		word := s.pattern(m)
		score := c.measured(s, k).expanded(c, word, p.expandingOf(k))
		return s.part(c, func(h *hits) bool { return h.found[word] }, score), nil
	}
	t, err := p.compile(c)
	if err != nil || f == nil || c.scoring == nil {
		return c.constant(t), err
	}
	of, err := c.patternTest(f, p)
	if err != nil {
		return part{}, aboutField(p.field, err)
	}
	return of.of(c, f), nil
}

// asText returns the kind of a field that is a text.
func asText(f *field) (*textKind, bool) {
	if f == nil {
		return nil, false
	}
	k, ok := f.kind.(*textKind)
	return k, ok
}

// matcher returns what matches the texts that the pattern describes. text is that of the pattern as the field has it,
// and field the name by which the field has its terms.
func (p *pattern) matcher(c *compiler, field, text string) (matcher, error) {
	limit, err := topTerms(p.rewrite)
	if err != nil {
		return nil, err
	}
	switch p.clause {
	case clausePrefix:
		if !p.caseInsensitive {
			return c.limited(field, text, limit, prefixMatcher(text)), nil
		}
		return c.limited(field, "", limit, automaton.Prefix(text, true)), nil
	case clauseTerm:
		return foldMatcher(text), nil
	case clauseFuzzy:
		return p.fuzzy(c, field, text, limit)
	case clauseWildcard:
		a, err := automaton.Wildcard(text, p.caseInsensitive)
		if err != nil {
			return nil, refused("%v", err)
		}
		return c.limited(field, a.LiteralPrefix(), limit, a), nil
	}
	if n := units([]byte(text)); n > mostRegexp {
		return nil, refused("The length of regex [%d] used in the Regexp Query request has exceeded the allowed maximum of "+
			"[%d]. This maximum can be set by changing the [index.max_regex_length] index level setting.", n, mostRegexp)
	}
	a, err := automaton.Regexp(text, automaton.Options{
		Flags: p.flags, CaseInsensitive: p.caseInsensitive, MaxStates: p.maxStates,
	})
	if err != nil {
		return nil, refused("%v", err)
	}
	return c.limited(field, a.LiteralPrefix(), limit, a), nil
}

// mostRegexp is how long a regular expression may be, in UTF-16 units.
const mostRegexp = 1000

// foldMatcher matches a text, its ASCII letters in either case.
type foldMatcher string

// Match implements matcher.
func (f foldMatcher) Match(text []byte) bool {
	if len(text) != len(f) {
		return false
	}
	for i, c := range text {
		if lowerASCII(c) != lowerASCII(f[i]) {
			return false
		}
	}
	return true
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// rewrites are the ways to go about a pattern that change nothing about which documents match.
var rewrites = []string{
	"", "constant_score", "constant_score_auto", "constant_score_filter", "constant_score_blended", "scoring_boolean",
	"constant_score_boolean",
}

// topTerms returns to how many terms a rewrite limits a pattern, 0: to none in particular.
func topTerms(rewrite string) (limit int, err error) {
	if slices.Contains(rewrites, rewrite) {
		return 0, nil
	}
	for _, prefix := range []string{"top_terms_blended_freqs_", "top_terms_boost_", "top_terms_"} {
		if number, ok := strings.CutPrefix(rewrite, prefix); ok {
			if limit, err := strconv.Atoi(number); err == nil && limit > 0 {
				return limit, nil
			}
		}
	}
	return 0, refused("Failed to parse rewrite_method [%s]", rewrite)
}

// fuzzy returns what matches the texts that are a few edits away, of these the best max_expansions.
func (p *pattern) fuzzy(c *compiler, field, text string, limit int) (matcher, error) {
	switch {
	case p.maxExpansions <= 0:
		return nil, refused("maxExpansions must be positive.")
	case p.prefixLength < 0:
		return nil, refused("prefixLength cannot be negative.")
	}
	l := p.similar(text)
	if p.rewrite == "" {
		limit = p.maxExpansions
	}
	if c.terms == nil || limit == 0 || p.fuzziness.Edits(text) == 0 {
		return l, nil
	}
	prefix := []rune(text)
	prefix = prefix[:min(len(prefix), p.prefixLength)]
	best := bestTerms{limit: limit}
	c.terms.Terms(field, string(prefix), func(term []byte) bool {
		if n, ok := l.Distance(term); ok {
			best.add(term, l.Boost(term, n))
		}
		return true
	})
	return best.matcher(), nil
}

// similar returns what says which texts are a few edits away.
func (p *pattern) similar(text string) *automaton.Levenshtein {
	return automaton.Fuzzy(text, p.fuzziness.Edits(text), p.prefixLength, p.transpositions)
}

// bestTerms are the terms with the largest boosts, of equal ones the first by their bytes (Lucene: TopTermsRewrite).
type bestTerms struct {
	limit int
	list  []boosted
}

type boosted struct {
	term  string
	boost float32
}

func (b *bestTerms) add(term []byte, boost float32) {
	b.list = append(b.list, boosted{string(term), boost})
	if len(b.list) >= 2*b.limit+100 {
		b.cut()
	}
}

// cut leaves out the terms beyond the limit.
func (b *bestTerms) cut() {
	slices.SortFunc(b.list, func(x, y boosted) int {
		return cmp.Or(cmp.Compare(y.boost, x.boost), cmp.Compare(x.term, y.term))
	})
	b.list = b.list[:min(len(b.list), b.limit)]
}

func (b *bestTerms) matcher() matcher {
	b.cut()
	set := make(setMatcher, len(b.list))
	for _, t := range b.list {
		set[t.term] = struct{}{}
	}
	return set
}

// setMatcher matches the texts of a set.
type setMatcher map[string]struct{}

// Match implements matcher.
func (s setMatcher) Match(text []byte) bool {
	_, ok := s[string(text)]
	return ok
}

// limited returns m, or what matches the first terms of a field that m matches, if there is a limit and the terms are
// known. All of them begin with prefix.
func (c *compiler) limited(field, prefix string, limit int, m matcher) matcher {
	if limit == 0 || c.terms == nil {
		return m
	}
	set := setMatcher{}
	c.terms.Terms(field, prefix, func(term []byte) bool {
		if m.Match(term) {
			set[string(term)] = struct{}{}
		}
		return len(set) < limit
	})
	return set
}

// condition: without a mapping a text begins with what all matches begin with.
func (p *pattern) condition() filter.Condition {
	if p.field == "_id" {
		return filter.Condition{Op: filter.Any}
	}
	return valuesIn(p.field, sortkey.Prefix([]byte(p.beginning()), sortkey.MostIndexed))
}

// beginning returns what all texts begin with that the pattern describes, as far as that is known.
func (p *pattern) beginning() (prefix string) {
	switch p.clause {
	case clausePrefix:
		if !p.caseInsensitive {
			prefix = p.text
		}
	case clauseWildcard:
		if a, err := automaton.Wildcard(p.text, p.caseInsensitive); err == nil {
			prefix = a.LiteralPrefix()
		}
	case clauseRegexp:
		o := automaton.Options{Flags: p.flags, CaseInsensitive: p.caseInsensitive, MaxStates: p.maxStates}
		if a, err := automaton.Regexp(p.text, o); err == nil {
			prefix = a.LiteralPrefix()
		}
	case clauseFuzzy:
		runes := []rune(p.text)
		prefix = string(runes[:min(len(runes), p.prefixLength)])
	}
	if i := bytes.IndexRune([]byte(prefix), '\uFFFD'); i >= 0 {
		prefix = prefix[:i] // stands for any byte that is no UTF-8
	}
	return prefix
}
