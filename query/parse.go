package query

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// SyntaxError is what is wrong with a text in the short language. It wraps ErrInvalid.
type SyntaxError struct {
	Text       string // the whole text
	Begin, End int    // what is wrong, in bytes
	Message    string // one line
}

// Error returns the message, and below it the line in question with marks under what is wrong.
func (e *SyntaxError) Error() string {
	begin := strings.LastIndexByte(e.Text[:e.Begin], '\n') + 1
	line, _, _ := strings.Cut(e.Text[begin:], "\n")
	before := e.Text[begin:e.Begin]
	marks := max(utf8.RuneCountInString(e.Text[e.Begin:min(e.End, begin+len(line))]), 1)
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, before)
	return fmt.Sprintf("%s\n  %s\n  %s%s", e.Message, line, indent, strings.Repeat("^", marks))
}

// Unwrap returns ErrInvalid.
func (e *SyntaxError) Unwrap() error { return ErrInvalid }

// fault returns an error about the bytes from begin to end.
func (l *lexer) fault(begin, end int, format string, args ...any) *SyntaxError {
	return &SyntaxError{l.text, begin, end, fmt.Sprintf(format, args...)}
}

// Parse reads a query in the short language:
//
//	magnitude.value > 5 and (network = "us" or not reviewed exists) and place ~ "alaska"
//
// A condition is one of
//
//	field = value       field != value                       equal, or not: see Eq and Ne
//	field < value       <=  >  >=                            see Lt, Lte, Gt, Gte
//	field in (value, value)                                  see In
//	field exists        field missing                        see Exists and Missing
//	field like "al*"       field not like "?"                see Wildcard; \* and \? are the characters
//	field =~ "a[lm]+.*"                                      see Regexp; a backslash stands twice: "\\d"
//	field ~ "words of a text"   field !~ "words"             has one of the words, or not: see Match
//	field within 100km of (61.2, -149.9)                     see Near: a distance, a latitude and a longitude
//	any path (condition)                                     see Nested: a condition on one object under the path
//
// Conditions are joined by and, or, not, && , || , ! and brackets; not binds closest, then and. A field is a dotted path;
// one with other characters than letters, digits, dots, _, -, @ and $, or that is a keyword, stands in backquotes. A value
// is a text in double or single quotes, a JSON number, true, false or null. The field _id is the id of the document.
// Keywords may be written in capitals. An empty text matches all documents.
//
// The error is a *SyntaxError.
func Parse(text string) (*Query, error) {
	p := parser{lexer: lexer{text: text}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.now.kind == tokenEnd {
		return All(), nil
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.now.kind == tokenNumber { // 2018-02-07 is three numbers
		return nil, p.wrong("expected and, or, or the end of the query, not %s: a date stands in quotes", p.now.shown())
	}
	if p.now.kind != tokenEnd {
		return nil, p.wrong("expected and, or, or the end of the query, not %s", p.now.shown())
	}
	return &Query{n}, nil
}

// parser reads the short language, one token ahead.
type parser struct {
	lexer
	now   token
	depth int
}

// maxDepth is how deep brackets and not may be nested.
const maxDepth = 200

func (p *parser) advance() (err error) {
	p.now, err = p.next()
	return err
}

// wrong returns an error about the token at hand.
func (p *parser) wrong(format string, args ...any) error {
	return p.fault(p.now.begin, p.now.end, format, args...)
}

// take goes on behind the token at hand if it is one of some words or signs.
func (p *parser) take(words ...string) (taken bool, err error) {
	for _, w := range words {
		if p.now.is(w) {
			return true, p.advance()
		}
	}
	return false, nil
}

func (p *parser) or() (node, error) {
	return p.list(p.and, func(list []node) node { return or(list) }, "or", "||")
}

func (p *parser) and() (node, error) {
	return p.list(p.unary, func(list []node) node { return and(list) }, "and", "&&")
}

// list reads conditions with the same word between them.
func (p *parser) list(each func() (node, error), join func([]node) node, words ...string) (node, error) {
	var list []node
	for {
		n, err := each()
		if err != nil {
			return nil, err
		}
		list = append(list, n)
		more, err := p.take(words...)
		switch {
		case err != nil:
			return nil, err
		case more:
		case len(list) == 1:
			return n, nil
		default:
			return join(list), nil
		}
	}
}

// unary reads a condition, one in brackets, or one behind not.
func (p *parser) unary() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.wrong("brackets and not are nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	if negated, err := p.take("not", "!"); err != nil {
		return nil, err
	} else if negated {
		n, err := p.unary()
		return not{n}, err
	}
	open := p.now
	bracket, err := p.take("(")
	if err != nil {
		return nil, err
	}
	if !bracket {
		return p.condition()
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	closed, err := p.take(")")
	if err == nil && !closed {
		err = p.fault(open.begin, open.end, "this bracket is not closed")
	}
	return n, err
}

// keywords are no fields.
var keywords = []string{"and", "or", "not", "in", "exists", "missing", "like", "true", "false", "null"}

// condition reads a field and what is asked of it.
func (p *parser) condition() (node, error) {
	if n, ok, err := p.nested(); ok || err != nil {
		return n, err
	}
	field := p.now
	switch field.kind {
	case tokenField:
	case tokenWord:
		for _, k := range keywords {
			if field.is(k) {
				return nil, p.wrong("expected a field, not the keyword %s: a field of that name stands in backquotes", field.text)
			}
		}
	case tokenEnd:
		return nil, p.wrong("expected a field such as magnitude.value, but the query ends here")
	case tokenString:
		return nil, p.wrong("expected a field, not a text: a field has no quotes, or backquotes")
	default:
		return nil, p.wrong("expected a field such as magnitude.value, not %s", field.shown())
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	return p.operation(field.text)
}

// operatorNames are what errors say can stand behind a field.
const operatorNames = "=, !=, <, <=, >, >=, ~, !~, =~, in, like, exists, missing, within"

// operation reads what is asked of a field.
func (p *parser) operation(field string) (node, error) {
	operator := p.now
	if operator.kind != tokenWord && operator.kind != tokenSign {
		return nil, p.wrong("expected an operator behind the field %s: one of %s", field, operatorNames)
	}
	name := strings.ToLower(operator.text)
	switch name {
	case "exists", "missing":
		if err := p.advance(); err != nil {
			return nil, err
		}
		if name == "missing" {
			return not{exists{field}}, nil
		}
		return exists{field}, nil
	case "in":
		return p.in(field)
	case "not":
		return p.negated(field)
	case "like", "=~":
		return p.pattern(field, name)
	case "within":
		return p.within(field)
	}
	made, ok := operators[name]
	if !ok {
		return nil, p.wrong("%s is no operator: use one of %s", operator.text, operatorNames)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	at := p.now
	value, err := p.value(operator.text)
	if err != nil {
		return nil, err
	}
	n, problem := made(field, value)
	if problem != "" {
		return nil, p.fault(at.begin, at.end, "%s", problem)
	}
	return n, nil
}

// operators make the condition of a field and a value, or say what is wrong with the value.
var operators = map[string]func(field string, value []byte) (node, string){
	"=":  equal,
	"==": equal,
	"!=": unequal,
	"<>": unequal,
	"<":  ranged(func(field string, v []byte) node { return span{field: field, upper: bound{v, true}} }),
	"<=": ranged(func(field string, v []byte) node { return span{field: field, upper: bound{v, false}} }),
	">":  ranged(func(field string, v []byte) node { return span{field: field, lower: bound{v, true}} }),
	">=": ranged(func(field string, v []byte) node { return span{field: field, lower: bound{v, false}} }),
	"~":  similar,
	"!~": dissimilar,
}

func equal(field string, value []byte) (node, string) {
	if field != "_id" {
		return term{field, value}, ""
	}
	id, problem := textOf(value)
	return ids{id}, problem
}

func unequal(field string, value []byte) (node, string) {
	n, problem := equal(field, value)
	return not{n}, problem
}

func similar(field string, value []byte) (node, string) {
	if field == "_id" {
		return nil, "ids can be compared with =, != and in only"
	}
	text, problem := textOf(value)
	if problem != "" {
		return nil, "expected words in quotes behind ~: numbers and others are compared with ="
	}
	return Match(field, text).node, ""
}

func dissimilar(field string, value []byte) (node, string) {
	n, problem := similar(field, value)
	return not{n}, problem
}

// textOf returns the text of a JSON string.
func textOf(value []byte) (text, problem string) {
	text, err := rawjson.Unquote(value)
	if err != nil {
		return "", "expected a text in quotes"
	}
	return text, ""
}

func ranged(make func(string, []byte) node) func(string, []byte) (node, string) {
	return func(field string, value []byte) (node, string) {
		switch value[0] {
		case 'n', 't', 'f':
			return nil, "only numbers and texts are less or greater than others"
		}
		if field == "_id" {
			return nil, "ids can be compared with =, != and in only"
		}
		return make(field, value), ""
	}
}

// value reads a value and returns it as JSON.
func (p *parser) value(operator string) ([]byte, error) {
	v := p.now
	switch v.kind {
	case tokenString:
		return rawjson.AppendString(nil, v.text), p.advance()
	case tokenNumber:
		if _, err := rawjson.Compact([]byte(v.text), 1); err != nil {
			return nil, p.wrong("%s is no number: a text stands in quotes", v.text)
		}
		return []byte(v.text), p.advance()
	case tokenWord:
		for _, constant := range []string{"true", "false", "null"} {
			if v.is(constant) {
				return []byte(constant), p.advance()
			}
		}
		return nil, p.wrong("expected a value behind %s, and a text stands in quotes: %q", operator, v.text)
	}
	if operator == "=" && (v.is("<") || v.is(">")) {
		return nil, p.wrong("=%s is no operator: use %s=", v.text, v.text)
	}
	return nil, p.wrong("expected a value behind %s: a text in quotes, a number, true, false or null", operator)
}

// negated reads what is behind "not": "in" and a list, or "like" and a pattern.
func (p *parser) negated(field string) (n node, err error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	switch {
	case p.now.is("in"):
		n, err = p.in(field)
	case p.now.is("like"):
		n, err = p.pattern(field, "like")
	default:
		return nil, p.wrong("expected in or like behind not; to negate a condition, put not before its field")
	}
	return not{n}, err
}

// pattern reads the pattern behind "like", or the regular expression behind "=~".
func (p *parser) pattern(field, operator string) (node, error) {
	if field == "_id" {
		return nil, p.wrong("ids can be compared with =, != and in only")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	at := p.now
	n := &pattern{field: field, clause: clauseWildcard, text: at.pattern}
	if operator == "=~" {
		n.clause, n.text = clauseRegexp, at.text
	}
	if at.kind != tokenString {
		return nil, p.wrong("expected a text in quotes behind %s", operator)
	}
	if _, err := n.matcher(&compiler{}, field, n.text); err != nil {
		reason := strings.TrimPrefix(err.Error(), "failed to create query: ")
		return nil, p.wrong("this pattern cannot be used: %s", reason)
	}
	return n, p.advance()
}

// in reads the list behind "in".
func (p *parser) in(field string) (node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	opened, err := p.take("(")
	switch {
	case err != nil:
		return nil, err
	case !opened:
		return nil, p.wrong("expected a list of values in brackets behind in: in (1, 2)")
	}
	var list or
	for {
		at := p.now
		value, err := p.value("in (")
		if err != nil {
			return nil, err
		}
		n, problem := equal(field, value)
		if problem != "" {
			return nil, p.fault(at.begin, at.end, "%s", problem)
		}
		list = append(list, n)
		if more, err := p.take(","); err != nil {
			return nil, err
		} else if more {
			continue
		}
		closed, err := p.take(")")
		if err == nil && !closed {
			err = p.wrong("expected a comma or a closing bracket in the list behind in, not %s", p.now.shown())
		}
		return list, err
	}
}
