package query

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
)

// The grammar of query_string: what its tokens mean together.

// qsLeaves make the conditions that a query string consists of. A nil branch is none. fields is nil for those of the
// clause.
type qsLeaves interface {
	text(fields []string, text string) (*branch, error)
	phrase(fields []string, text string, slop string) (*branch, error)
	fuzzy(fields []string, text, edits string) (*branch, error)
	prefix(fields []string, text string) (*branch, error)
	wildcard(fields []string, pattern string) (*branch, error)
	regexp(fields []string, pattern string) (*branch, error)
	between(fields []string, s textSpan) (*branch, error)

	// boosted multiplies the scores of what is made until the function is called that it returns.
	boosted(boost float32) (end func())

	// clause begins a clause, and the function that it returns ends it: what is in the clause is highlighted if the
	// whole is met; never, if it is prohibited.
	clause(isProhibited bool) (end func(*branch))
}

// textSpan is a range as it is written; nil: there is no bound.
type textSpan struct {
	lower, upper                 *string
	lowerExcluded, upperExcluded bool
}

// errQuerySyntax is wrong syntax. Elasticsearch does not say more.
var errQuerySyntax = errors.New("syntax")

// qsParser reads a query string.
type qsParser struct {
	leaves qsLeaves
	every  bool // the default operator is and
	tokens []qsToken
	at     int
	depth  int
}

// parse returns what a text means, nil if it means nothing. The error is errQuerySyntax, or one of the leaves.
func (p *qsParser) parse(text string) (*branch, error) {
	l := qsLexer{text: text}
	for {
		t, ok := l.next()
		if !ok {
			return nil, errQuerySyntax
		}
		p.tokens = append(p.tokens, t)
		if t.kind == qsEnd {
			break
		}
	}
	b, err := p.query(nil)
	if err == nil && p.kind(0) != qsEnd {
		err = errQuerySyntax
	}
	return b, err
}

// kind returns that of a token ahead.
func (p *qsParser) kind(ahead int) qsKind {
	return p.tokens[min(p.at+ahead, len(p.tokens)-1)].kind
}

// take goes on behind the token at hand if it is of a kind.
func (p *qsParser) take(kind qsKind) (text string, ok bool) {
	if p.kind(0) != kind {
		return "", false
	}
	t := p.tokens[p.at]
	if kind != qsEnd {
		p.at++
	}
	return t.text, true
}

// qsClause is a condition, and how it is joined with others.
type qsClause struct {
	branch *branch
	how    occur
}

// query reads clauses up to the end, or to a closing bracket.
func (p *qsParser) query(fields []string) (*branch, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, errQuerySyntax
	}
	defer func() { p.depth-- }()
	var list []qsClause
	plain := false // the first clause has no modifier
	for first := true; first || p.kind(0) != qsEnd && p.kind(0) != qsClose; first = false {
		if p.severalWords() {
			if err := p.words(fields, &list); err != nil {
				return nil, err
			}
			plain = plain || first
			continue
		}
		modified, err := p.joined(fields, &list, first)
		if err != nil {
			return nil, err
		}
		plain = plain || first && !modified
	}
	switch {
	case len(list) == 0:
		return nil, nil
	case len(list) == 1 && plain:
		return list[0].branch, nil
	}
	j := &joinedParts{}
	for _, one := range list {
		j.add(one.branch.whole(), one.how)
	}
	return &branch{joined: j}, nil
}

// joined reads one clause, with its operators.
func (p *qsParser) joined(fields []string, list *[]qsClause, first bool) (modified bool, err error) {
	conjunction := qsEnd
	if kind := p.kind(0); !first && (kind == qsAnd || kind == qsOr) {
		conjunction = kind
		p.at++
	}
	modifier := qsEnd
	switch kind := p.kind(0); kind {
	case qsPlus, qsMinus, qsNot:
		modifier = kind
		p.at++
	}
	end := p.leaves.clause(modifier == qsMinus || modifier == qsNot)
	b, err := p.clause(fields)
	end(b)
	if err != nil {
		return false, err
	}
	p.add(list, conjunction, modifier, b)
	return modifier != qsEnd, nil
}

// add adds a clause. An operator before it also decides how the clause before is joined.
func (p *qsParser) add(list *[]qsClause, conjunction, modifier qsKind, b *branch) {
	if n := len(*list); n > 0 && (*list)[n-1].how != prohibited {
		switch {
		case conjunction == qsAnd:
			(*list)[n-1].how = required
		case conjunction == qsOr && p.every:
			(*list)[n-1].how = optional
		}
	}
	if b == nil {
		return
	}
	how := optional
	switch {
	case modifier == qsMinus || modifier == qsNot:
		how = prohibited
	case p.every && conjunction != qsOr, !p.every && (modifier == qsPlus || conjunction == qsAnd):
		how = required
	}
	*list = append(*list, qsClause{b, how})
}

// severalWords says whether words without operators come, which are read as one text.
func (p *qsParser) severalWords() bool { return p.kind(0) == qsTerm && p.isNextWord(1) }

// isNextWord says whether a token ahead is a word that belongs to the text of the one before: not if something behind it
// is about it alone.
func (p *qsParser) isNextWord(ahead int) bool {
	if p.kind(ahead) != qsTerm {
		return false
	}
	switch p.kind(ahead + 1) {
	case qsColon, qsStar, qsTilde, qsCaret, qsAnd, qsOr:
		return false
	}
	return true
}

// words reads several words as one text. What becomes of each, if each is a condition of its own, is joined as such.
func (p *qsParser) words(fields []string, list *[]qsClause) error {
	parts := []string{p.tokens[p.at].text}
	for p.at++; p.isNextWord(0); p.at++ {
		parts = append(parts, p.tokens[p.at].text)
	}
	plain, err := unescape(strings.Join(parts, " "))
	if err != nil {
		return err
	}
	b, err := p.leaves.text(fields, plain)
	switch {
	case err != nil || b == nil:
		return err
	case b.joined == nil:
		how := optional
		if p.every {
			how = required
		}
		*list = append(*list, qsClause{b, how})
		return nil
	}
	for _, t := range b.joined.must {
		*list = append(*list, qsClause{&branch{part: t}, required})
	}
	for _, t := range b.joined.should {
		*list = append(*list, qsClause{&branch{part: t}, optional})
	}
	return nil
}

// clause reads a condition, or one in brackets, which may have a field before it.
func (p *qsParser) clause(fields []string) (*branch, error) {
	if kind := p.kind(0); p.kind(1) == qsColon && (kind == qsTerm || kind == qsStar) {
		name, err := unescape(p.tokens[p.at].text)
		if err != nil {
			return nil, err
		}
		fields = []string{name}
		p.at += 2
	}
	if _, ok := p.take(qsOpen); !ok {
		return p.term(fields)
	}
	b, err := p.query(fields)
	if err != nil {
		return nil, err
	}
	if _, ok := p.take(qsClose); !ok {
		return nil, errQuerySyntax
	}
	boost, err := p.boost()
	if err != nil || b == nil || boost == 1 {
		return b, err
	}
	return &branch{part: b.whole().times(boost)}, nil
}

// boost reads a boost, 1 if there is none.
func (p *qsParser) boost() (float32, error) {
	if _, ok := p.take(qsCaret); ok {
		text, ok := p.take(qsNumber)
		if !ok {
			return 0, errQuerySyntax
		}
		boost, err := strconv.ParseFloat(text, 32)
		if err != nil {
			return 0, errQuerySyntax
		}
		return float32(boost), nil
	}
	return 1, nil
}

// term reads a condition.
func (p *qsParser) term(fields []string) (*branch, error) {
	t := p.tokens[p.at]
	switch t.kind {
	case qsRange:
		return p.between(fields)
	case qsTerm, qsStar, qsPrefix, qsWild, qsRegexp, qsNumber, qsBare, qsQuoted:
		p.at++
	default:
		return nil, errQuerySyntax
	}
	tilde, boost, err := p.suffixes()
	if err != nil {
		return nil, err
	}
	defer p.leaves.boosted(boost)()
	return p.leaf(fields, t, tilde)
}

// suffixes reads a boost and a tilde, in any order, and returns the tilde with what is behind it.
func (p *qsParser) suffixes() (tilde string, boost float32, err error) {
	tilde, before := p.take(qsTilde)
	if boost, err = p.boost(); err == nil && !before && p.tokens[max(p.at-1, 0)].kind == qsNumber {
		tilde, _ = p.take(qsTilde)
	}
	return tilde, boost, err
}

// leaf makes the condition of a token.
func (p *qsParser) leaf(fields []string, t qsToken, tilde string) (*branch, error) {
	text := t.text
	switch t.kind {
	case qsStar, qsWild:
		return p.leaves.wildcard(fields, text)
	case qsRegexp:
		return p.leaves.regexp(fields, text[1:len(text)-1])
	case qsPrefix:
		text = text[:len(text)-1]
	case qsQuoted:
		text = text[1 : len(text)-1]
	case qsBare:
		text = text[:1]
	}
	plain, err := unescape(text)
	switch {
	case err != nil:
		return nil, err
	case t.kind == qsPrefix:
		return p.leaves.prefix(fields, plain)
	case t.kind == qsQuoted:
		return p.leaves.phrase(fields, plain, tilde)
	case tilde != "":
		return p.leaves.fuzzy(fields, plain, tilde[1:])
	}
	return p.leaves.text(fields, plain)
}

// between reads a range.
func (p *qsParser) between(fields []string) (*branch, error) {
	open, _ := p.take(qsRange)
	lower, err := p.bound()
	if err != nil {
		return nil, err
	}
	if _, ok := p.take(qsRangeTo); !ok {
		return nil, errQuerySyntax
	}
	upper, err := p.bound()
	if err != nil {
		return nil, err
	}
	end, ok := p.take(qsRangeEnd)
	if !ok {
		return nil, errQuerySyntax
	}
	boost, err := p.boost()
	if err != nil {
		return nil, err
	}
	defer p.leaves.boosted(boost)()
	return p.leaves.between(fields, textSpan{lower, upper, open == "{", end == "}"})
}

// bound reads a bound of a range, nil for *.
func (p *qsParser) bound() (*string, error) {
	t := p.tokens[p.at]
	switch t.kind {
	case qsRangeQuoted:
		t.text = t.text[1 : len(t.text)-1]
	case qsRangeBound, qsRangeTo:
	default:
		return nil, errQuerySyntax
	}
	p.at++
	text, err := unescape(t.text)
	if err != nil || text == "*" {
		return nil, err
	}
	return &text, nil
}

// unescape removes the backslashes of a text; \u0041 is a unit of UTF-16.
func unescape(text string) (string, error) {
	if !strings.Contains(text, `\`) {
		return text, nil
	}
	var plain strings.Builder
	var units []uint16
	flush := func() {
		plain.WriteString(string(utf16.Decode(units)))
		units = units[:0]
	}
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			flush()
			plain.WriteByte(text[i])
			continue
		}
		if i++; i == len(text) {
			return "", errQuerySyntax
		}
		if text[i] != 'u' {
			flush()
			plain.WriteByte(text[i])
			continue
		}
		unit, err := strconv.ParseUint(text[i+1:min(i+5, len(text))], 16, 16)
		if err != nil || i+5 > len(text) || text[i+1] == '+' {
			return "", errQuerySyntax
		}
		units = append(units, uint16(unit))
		i += 4
	}
	flush()
	return plain.String(), nil
}
