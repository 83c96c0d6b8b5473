package query

import (
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/query/internal/automaton"
)

// simple_query_string: a language in which nothing is an error. What is no operator where it stands is left out, or part
// of a word. Unlike elsewhere, a change from one operator to another makes all before it one condition: a + b c is
// (a + b) c (Lucene).

// simpleQuery is such a clause.
type simpleQuery struct {
	stringQuery
	flags simpleFlags
}

// simpleFlags are the operators that are on.
type simpleFlags int

const (
	simpleAnd        simpleFlags = 1 << iota // +
	simpleNot                                // -
	simpleOr                                 // |
	simplePrefix                             // * behind a word
	simplePhrase                             // quotes
	simplePrecedence                         // brackets
	simpleEscape                             // a backslash
	simpleWhitespace                         // white space between words
	simpleFuzzy                              // ~1 behind a word
	simpleNear                               // ~1 behind a phrase

	simpleAll simpleFlags = -1
)

func (q *simpleQuery) compile(c *compiler) (test, error) {
	p, err := q.weigh(c)
	return p.test, err
}

func (q *simpleQuery) weigh(c *compiler) (part, error) {
	if strings.TrimSpace(q.text) == "*" {
		return c.part(all{})
	}
	p := simpleParser{query: q, compiler: c, text: q.text, closing: q.brackets()}
	top, err := p.parse(0, len(q.text), 0)
	if err != nil {
		return part{}, err
	}
	return q.limited(c, top)
}

// simpleParser reads a query, or a part of one in brackets.
type simpleParser struct {
	query    *simpleQuery
	compiler *compiler
	text     string // up to the end of the part
	at       int
	closing  map[int]int // where the bracket is that closes one
	depth    int

	top      *branch
	now      occur // how the next condition is joined
	joins    occur // how those of top are joined
	negative bool  // the next condition is negated

	since  int // how many conditions were noted before the text, see marking
	before int // and before the condition at hand
}

// parse returns what a part of the text means, nil if it means nothing.
func (p *simpleParser) parse(begin, end, depth int) (*branch, error) {
	part := simpleParser{
		query: p.query, compiler: p.compiler, text: p.text[:end], at: begin, closing: p.closing, depth: depth,
		since: p.compiler.marked(),
	}
	for part.at < end {
		if err := part.step(); err != nil {
			return nil, err
		}
	}
	return part.top, nil
}

func (q *simpleQuery) has(flag simpleFlags) bool { return q.flags&flag != 0 }

func (p *simpleParser) on(flag simpleFlags) bool { return p.query.has(flag) }

// brackets returns where the bracket is that closes one, for all that are closed.
func (q *simpleQuery) brackets() map[int]int {
	closing := map[int]int{}
	var open []int
	for i := 0; i < len(q.text); i++ {
		switch c := q.text[i]; {
		case c == '\\' && q.has(simpleEscape):
			i++
		case c == '(':
			open = append(open, i)
		case c == ')' && len(open) > 0:
			closing[open[len(open)-1]] = i
			open = open[:len(open)-1]
		}
	}
	return closing
}

// step reads an operator, a word, a phrase, or what is in brackets.
func (p *simpleParser) step() (err error) {
	p.before = p.compiler.marked()
	if p.negative {
		defer p.compiler.unmarked()()
	}
	switch c := p.text[p.at]; {
	case c == '(' && p.on(simplePrecedence):
		err = p.brackets()
	case c == ')' && p.on(simplePrecedence):
		p.at++
	case c == '"' && p.on(simplePhrase):
		err = p.phrase()
	case c == '+' && p.on(simpleAnd):
		p.operator(required)
	case c == '|' && p.on(simpleOr):
		p.operator(optional)
	case c == '-' && p.on(simpleNot):
		p.at++
		p.negative = !p.negative
		return nil
	case isSimpleSpace(c) && p.on(simpleWhitespace):
		p.at++
	default:
		err = p.word()
	}
	p.negative = false
	return err
}

// operator takes an operator, which counts if something stands before it.
func (p *simpleParser) operator(o occur) {
	p.at++
	if p.now == undecided && p.top != nil {
		p.now = o
	}
}

func isSimpleSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// add joins a condition, nil for none, with those before it.
func (p *simpleParser) add(b *branch) {
	now := p.now
	p.now = undecided
	if b == nil {
		return
	}
	if p.negative {
		negated := b.whole().test
		b = &branch{part: p.compiler.constant(func(d *document) bool { return !negated(d) })}
	}
	if p.top == nil {
		p.top = b
		return
	}
	if now == undecided {
		now = optional
		if p.query.how.every {
			now = required
		}
	}
	if p.joins != now {
		first := p.top.whole()
		p.compiler.gateBetween(p.since, p.before, first.test)
		p.top = &branch{joined: &joinedParts{}}
		p.top.joined.add(first, now)
	}
	p.top.joined.add(b.whole(), now)
	p.joins = now
}

// brackets reads what is in brackets. A bracket that is not closed is left out.
func (p *simpleParser) brackets() error {
	begin := p.at + 1
	end, closed := p.closing[p.at]
	switch {
	case !closed || end >= len(p.text):
		p.at = begin
		return nil
	case end == begin:
		p.now = undecided
		p.at = end + 1
		return nil
	case p.depth >= maxDepth:
		return p.query.place.wrong("brackets are nested more than %d deep", maxDepth)
	}
	b, err := p.parse(begin, end, p.depth+1)
	p.at = end + 1
	if err == nil {
		p.compiler.gateBranch(p.before, b)
		p.add(b)
	}
	return err
}

// phrase reads a phrase in quotes. A quote that is not closed is left out.
func (p *simpleParser) phrase() error {
	p.at++
	begin, escaped := p.at, false
	var text []byte
	for ; p.at < len(p.text); p.at++ {
		c := p.text[p.at]
		if !escaped && c == '\\' && p.on(simpleEscape) {
			escaped = true
			continue
		}
		if !escaped && c == '"' {
			break
		}
		text = append(text, c)
		escaped = false
	}
	switch {
	case p.at == len(p.text):
		p.at = begin
		return nil
	case p.at == begin:
		p.now = undecided
		p.at++
		return nil
	}
	p.at++
	slop := 0
	if p.on(simpleNear) && p.at+1 < len(p.text) && p.text[p.at] == '~' {
		slop = p.tilde()
	}
	t, err := p.query.words(p.compiler, nil, string(text), phraseFields, matchHow{slop: slop})
	return p.leaf(t, err)
}

// tilde reads the number behind a tilde: 2 if there is none, and 0 if it is no number.
func (p *simpleParser) tilde() int {
	begin := p.at + 1
	for p.at = begin; p.at < len(p.text) && !p.endsWord(p.text[p.at]); {
		p.at++
	}
	if p.at == begin {
		return 2
	}
	n, err := strconv.ParseInt(p.text[begin:p.at], 10, 32)
	if err != nil {
		return 0
	}
	return max(int(n), 0)
}

// leaf adds a part; a nil one is none.
func (p *simpleParser) leaf(t *part, err error) error {
	b, err := branchOf(t, err)
	if err == nil {
		p.add(b)
	}
	return err
}

// word reads a word, which may end with * or ~1.
func (p *simpleParser) word() error {
	var text []byte
	escaped, prefix := false, false
	for ; p.at < len(p.text); p.at++ {
		c := p.text[p.at]
		if !escaped {
			if c == '\\' && p.on(simpleEscape) {
				escaped, prefix = true, false
				continue
			}
			if p.endsWord(c) {
				break
			}
			if len(text) > 0 && c == '~' && p.on(simpleFuzzy) {
				return p.fuzzy(string(text))
			}
			prefix = len(text) > 0 && c == '*' && p.on(simplePrefix)
		}
		text = append(text, c)
		escaped = false
	}
	switch {
	case len(text) == 0:
		return nil
	case prefix:
		t, err := p.query.beginning(p.compiler, nil, string(text[:len(text)-1]))
		return p.leaf(t, err)
	}
	return p.plain(string(text))
}

// endsWord says whether a character ends a word, a tilde's number and so on.
func (p *simpleParser) endsWord(c byte) bool {
	switch c {
	case '"':
		return p.on(simplePhrase)
	case '|':
		return p.on(simpleOr)
	case '+':
		return p.on(simpleAnd)
	case '(', ')':
		return p.on(simplePrecedence)
	}
	return isSimpleSpace(c) && p.on(simpleWhitespace)
}

// plain adds a word, which the analyzer of a field may split: one of its parts is needed.
func (p *simpleParser) plain(text string) error {
	b, err := p.query.plain(p.compiler, nil, text, mostFields, false)
	if err == nil {
		p.add(b)
	}
	return err
}

// fuzzy adds a word with a number of edits behind it, at most 2.
func (p *simpleParser) fuzzy(text string) error {
	edits := min(p.tilde(), 2)
	if edits == 0 {
		return p.plain(text)
	}
	fuzziness, err := automaton.NumberFuzziness(float64(edits))
	if err != nil {
		return p.query.place.wrong("%v", err)
	}
	t, err := p.query.similar(p.compiler, nil, text, fuzziness)
	return p.leaf(t, err)
}
