package query

import (
	"errors"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/dates"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
	"github.com/kuzzlite/kuzzlite/query/internal/automaton"
)

// query_string: the classic query syntax of Lucene, with what Elasticsearch adds: comparisons (n:>5), _exists_, and
// patterns for fields.
//
// Without a mapping a value in the text stands for the number, or true and false, that is written like this, as well as
// for words; and a bound of a range that is written like a number is one.

// queryString is such a clause.
type queryString struct {
	stringQuery
	edits          automaton.Fuzziness // behind a ~ without a number
	phraseSlop     int
	quoteAnalyzer  *analysis.Analyzer // nil: the same as for all
	noLeadingStars bool
	maxStates      int
	quoted         bool        // all operators are part of words (escape)
	zone           *dates.Zone // of dates without one; nil: UTC
	listed         bool        // the clause names its fields in a list, to which no comparison such as >5 applies
}

func (q *queryString) compile(c *compiler) (test, error) {
	p, err := q.weigh(c)
	return p.test, err
}

func (q *queryString) weigh(c *compiler) (part, error) {
	text := q.text
	if strings.TrimSpace(text) == "" {
		return c.part(none{})
	}
	if q.quoted {
		text = escapeQuery(text)
	}
	p := qsParser{leaves: &qsCompiler{q, c}, every: q.how.every}
	b, err := p.parse(text)
	if errors.Is(err, errQuerySyntax) {
		return part{}, q.place.wrong("Failed to parse query [%s]", q.text)
	}
	if err != nil {
		return part{}, err
	}
	return q.limited(c, b)
}

// escapeQuery puts a backslash before all that is an operator.
func escapeQuery(text string) string {
	var escaped strings.Builder
	for _, r := range text {
		if strings.ContainsRune(`\+-!():^[]"{}~*?|&/`, r) {
			escaped.WriteByte('\\')
		}
		escaped.WriteRune(r)
	}
	return escaped.String()
}

// qsCompiler makes the conditions of a query string.
type qsCompiler struct {
	*queryString
	compiler *compiler
}

// boosted implements qsLeaves.
func (q *qsCompiler) boosted(boost float32) (end func()) { return q.compiler.boosted(boost) }

// clause implements qsLeaves.
func (q *qsCompiler) clause(isProhibited bool) (end func(*branch)) {
	if isProhibited {
		end := q.compiler.unmarked()
		return func(*branch) { end() }
	}
	since := q.compiler.marked()
	return func(b *branch) { q.compiler.gateBranch(since, b) }
}

// text implements qsLeaves.
func (q *qsCompiler) text(fields []string, text string) (*branch, error) {
	if isExists(fields) {
		return q.exists(text)
	}
	if (len(fields) > 0 || !q.listed) && len(text) > 1 {
		if s := comparisonOf(text); s != nil {
			return q.between(fields, *s)
		}
	}
	if q.zone != nil && q.isDate(fields) {
		return q.between(fields, textSpan{lower: &text, upper: &text})
	}
	return q.plain(q.compiler, fields, text, q.form, q.how.every)
}

// isDate says whether a condition is about one field, which is a date by the mapping.
func (q *qsCompiler) isDate(fields []string) bool {
	on := q.on(fields)
	if len(on) > 1 || q.compiler.schema == nil || q.listed && len(fields) == 0 {
		return false
	}
	f := q.compiler.field(on[0].name)
	if f == nil {
		return false
	}
	_, ok := f.kind.(*dateKind)
	return ok
}

// comparisonOf returns the range of a text such as >=5, nil for any other text.
func comparisonOf(text string) *textSpan {
	bound := text[1:]
	excluded := true
	if len(text) > 2 && text[1] == '=' {
		bound, excluded = text[2:], false
	}
	switch text[0] {
	case '>':
		return &textSpan{lower: &bound, lowerExcluded: excluded}
	case '<':
		return &textSpan{upper: &bound, upperExcluded: excluded}
	}
	return nil
}

// phrase implements qsLeaves.
func (q *qsCompiler) phrase(fields []string, text, tilde string) (*branch, error) {
	if isExists(fields) {
		return q.exists(text)
	}
	slop := q.phraseSlop
	if len(tilde) > 1 {
		if n, err := strconv.ParseFloat(tilde[1:], 32); err == nil {
			slop = int(min(n, 1<<31-1))
		}
	}
	if slop < 0 {
		return nil, q.place.wrong("failed to create query: slop must be >= 0, got %d", slop)
	}
	of := q.stringQuery
	if q.quoteAnalyzer != nil {
		of.how.analyzer = q.quoteAnalyzer
	}
	return branchOf(of.words(q.compiler, fields, text, phraseFields, matchHow{slop: slop}))
}

// fuzzy implements qsLeaves.
func (q *qsCompiler) fuzzy(fields []string, text, edits string) (*branch, error) {
	fuzziness := q.edits
	if edits != "" {
		var err error
		if fuzziness, err = automaton.ParseFuzziness(edits); err != nil {
			return nil, q.place.wrong("failed to create query: %v", err)
		}
	}
	return branchOf(q.similar(q.compiler, fields, text, fuzziness))
}

// prefix implements qsLeaves.
func (q *qsCompiler) prefix(fields []string, text string) (*branch, error) {
	return branchOf(q.beginning(q.compiler, fields, text))
}

// wildcard implements qsLeaves. A star alone stands for any value.
func (q *qsCompiler) wildcard(fields []string, text string) (*branch, error) {
	on := q.on(fields)
	switch {
	case text == "*" && len(on) == 1 && on[0].name == "*":
		return q.node(all{})
	case text == "*":
		parts := make([]part, len(on))
		for i, of := range on {
			end := q.compiler.boosted(of.boost)
			b, err := q.exists(of.name)
			if err != nil {
				return nil, err
			}
			parts[i] = b.part
			end()
		}
		return branchOf(bestPart(parts, q.form.share(q.share)), nil)
	case q.noLeadingStars && (text[0] == '*' || text[0] == '?'):
		return nil, errQuerySyntax
	}
	return branchOf(q.patterns(q.compiler, fields, func(f *field, fold func(string) string) *pattern {
		return &pattern{field: f.name, clause: clauseWildcard, text: foldWildcard(text, fold)}
	}))
}

// foldWildcard folds a pattern, but for what has a backslash before it.
func foldWildcard(pattern string, fold func(string) string) string {
	var folded strings.Builder
	for {
		i := strings.IndexByte(pattern, '\\')
		if i < 0 {
			return folded.String() + fold(pattern)
		}
		end := i + 1 + wordPart(`\`+pattern[i+1:], true) - 1
		end = max(min(end, len(pattern)), i+1)
		folded.WriteString(fold(pattern[:i]) + pattern[i:end])
		pattern = pattern[end:]
	}
}

// regexp implements qsLeaves.
func (q *qsCompiler) regexp(fields []string, text string) (*branch, error) {
	if n := units([]byte(text)); n > mostRegexp {
		return nil, q.place.wrong("The length of regex [%d] used in the [query_string] has exceeded the allowed maximum of "+
			"[%d]. This maximum can be set by changing the [index.max_regex_length] index level setting.", n, mostRegexp)
	}
	return branchOf(q.patterns(q.compiler, fields, func(f *field, fold func(string) string) *pattern {
		return &pattern{field: f.name, clause: clauseRegexp, text: fold(text), maxStates: q.maxStates}
	}))
}

// between implements qsLeaves.
func (q *qsCompiler) between(fields []string, s textSpan) (*branch, error) {
	return branchOf(q.each(q.compiler, fields, func(f *field) (*fieldTest, error) {
		of := span{
			field: f.name, math: true, zone: q.zone,
			lower: boundOf(f, s.lower, s.lowerExcluded), upper: boundOf(f, s.upper, s.upperExcluded),
		}
		if of.lower.value == nil && of.upper.value == nil {
			return &fieldTest{value: f.kind.exists()}, nil
		}
		q.compiler.markRange(f.name, f.kind, &of)
		value, err := f.kind.between(q.compiler, &of)
		return &fieldTest{value: value}, err
	}))
}

// boundOf returns a bound for a field: the text as its analyzer leaves it; without a mapping a number, if it is one.
func boundOf(f *field, text *string, excluded bool) bound {
	switch {
	case text == nil || *text == "*":
		return bound{}
	case f.kind == kind(anyKind{}):
		if isJSONNumber(*text) {
			return bound{[]byte(*text), excluded}
		}
		return bound{rawjson.AppendString(nil, *text), excluded}
	}
	folded := *text
	if k, ok := f.kind.(words); ok {
		folded = fold(k.analyzer(), folded)
	}
	return bound{rawjson.AppendString(nil, folded), excluded}
}

// isExists says whether what follows is the name of a field that must have a value.
func isExists(fields []string) bool { return len(fields) == 1 && fields[0] == "_exists_" }

// exists returns the condition that a field, or one of a pattern, has a value.
func (q *qsCompiler) exists(name string) (*branch, error) {
	if !isPattern(name) || q.compiler.schema != nil {
		return q.node(exists{name})
	}
	tests := []test{}
	for _, at := range q.compiler.targets(namesOf([]string{name})) {
		tests = append(tests, (&fieldTest{value: at.compiled().kind.exists()}).ofTarget(q.compiler, at).test)
	}
	return &branch{part: q.compiler.constant(anyOf(tests))}, nil
}

// node returns the branch of a node.
func (q *qsCompiler) node(n node) (*branch, error) {
	p, err := q.compiler.part(n)
	return branchOf(&p, err)
}
