package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind is what a token of the short language is.
type tokenKind int

const (
	tokenEnd    tokenKind = iota
	tokenWord             // a field, a keyword, true, false, null
	tokenField            // a field in backquotes
	tokenString           // text is what it says, without quotes
	tokenNumber
	tokenSign // an operator, a bracket, a comma
)

// token is a token of the short language. It begins at an offset in bytes.
type token struct {
	kind  tokenKind
	text  string
	begin int
	end   int

	// pattern is the text of a string in which a backslash stands before what was written with one: where * and ? have a
	// meaning, \* and \? have none.
	pattern string
}

// is says whether the token is a keyword, in any case, or a sign.
func (t token) is(word string) bool {
	switch t.kind {
	case tokenWord:
		return strings.EqualFold(t.text, word)
	case tokenSign:
		return t.text == word
	}
	return false
}

// shown is how an error names the token.
func (t token) shown() string {
	if t.kind == tokenEnd {
		return "the end"
	}
	return t.text
}

// signs are those of the language; one that another begins with comes behind it.
var signs = []string{"<=", ">=", "!=", "<>", "==", "&&", "||", "=~", "!~", "<", ">", "=", "~", "!", "(", ")", ","}

// lexer splits a text of the short language into tokens.
type lexer struct {
	text string
	at   int
}

// next returns the next token.
func (l *lexer) next() (token, error) {
	for l.at < len(l.text) {
		r, size := utf8.DecodeRuneInString(l.text[l.at:])
		if !unicode.IsSpace(r) {
			break
		}
		l.at += size
	}
	begin := l.at
	if begin == len(l.text) {
		return token{kind: tokenEnd, begin: begin, end: begin}, nil
	}
	switch c := l.text[begin]; {
	case c == '"' || c == '\'':
		return l.quoted(c)
	case c == '`':
		return l.field()
	case '0' <= c && c <= '9' || c == '-' || c == '.':
		return l.number(), nil
	}
	for _, s := range signs {
		if strings.HasPrefix(l.text[begin:], s) {
			l.at += len(s)
			return token{kind: tokenSign, text: s, begin: begin, end: l.at}, nil
		}
	}
	return l.word()
}

// word takes a word: letters, digits, and what paths have.
func (l *lexer) word() (token, error) {
	begin := l.at
	for l.at < len(l.text) {
		r, size := utf8.DecodeRuneInString(l.text[l.at:])
		if !isWordRune(r) {
			break
		}
		l.at += size
	}
	if l.at == begin {
		r, size := utf8.DecodeRuneInString(l.text[begin:])
		return token{}, l.fault(begin, begin+size, "%q is not part of the language: put texts in quotes, "+
			"and fields with special characters in backquotes", r)
	}
	return token{kind: tokenWord, text: l.text[begin:l.at], begin: begin, end: l.at}, nil
}

func isWordRune(r rune) bool {
	return r == '_' || r == '.' || r == '-' || r == '@' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r) ||
		unicode.Is(unicode.Mn, r)
}

// number takes what begins like a number; what it is shows later.
func (l *lexer) number() token {
	begin := l.at
	for l.at < len(l.text) {
		c := l.text[l.at]
		isSign := (c == '+' || c == '-') && (l.at == begin || l.text[l.at-1]|0x20 == 'e')
		if !isSign && c != '.' && !('0' <= c && c <= '9') && !('a' <= c|0x20 && c|0x20 <= 'z') && c != '_' && c < utf8.RuneSelf {
			break
		}
		l.at++
	}
	return token{kind: tokenNumber, text: l.text[begin:l.at], begin: begin, end: l.at}
}

// field takes a field in backquotes; two of them stand for one.
func (l *lexer) field() (token, error) {
	begin := l.at
	var name strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		if c == '`' {
			if l.at++; l.at >= len(l.text) || l.text[l.at] != '`' {
				return token{kind: tokenField, text: name.String(), begin: begin, end: l.at}, nil
			}
		}
		name.WriteByte(c)
	}
	return token{}, l.fault(begin, begin+1, "this backquote is not closed")
}

// quoted takes a string in quotes. A backslash stands before a quote, a backslash, * and ? that are meant as such, and
// in \n, \t and \uXXXX.
func (l *lexer) quoted(quote byte) (token, error) {
	begin := l.at
	var text, pattern []byte
	for l.at++; l.at < len(l.text); {
		switch c := l.text[l.at]; c {
		case quote:
			l.at++
			return token{tokenString, string(text), begin, l.at, string(pattern)}, nil
		case '\\':
			char, err := l.escape()
			if err != nil {
				return token{}, err
			}
			text = append(text, char...)
			if char == "\\" || char == "*" || char == "?" {
				pattern = append(pattern, '\\')
			}
			pattern = append(pattern, char...)
		default:
			text, pattern = append(text, c), append(pattern, c)
			l.at++
		}
	}
	return token{}, l.fault(begin, begin+1, "this quote is not closed")
}

// escape takes what begins with a backslash, and returns what that stands for.
func (l *lexer) escape() (string, error) {
	begin := l.at
	l.at = min(begin+2, len(l.text))
	switch rest := l.text[begin+1 : l.at]; rest {
	case "n":
		return "\n", nil
	case "t":
		return "\t", nil
	case `"`, "'", `\`, "/", "*", "?", "":
		return rest, nil // without a rest the quote is not closed
	case "u":
		r, ok := hexRune(l.text[l.at:])
		if !ok {
			return "", l.fault(begin, l.at, `\u needs four hexadecimal digits behind it`)
		}
		l.at += 4
		return string(r), nil
	}
	return "", l.fault(begin, l.at,
		`a backslash can stand before n, t, u, *, ?, a quote or a backslash: write \\ for a backslash`)
}

// hexRune reads four hexadecimal digits.
func hexRune(s string) (r rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for _, c := range []byte(s[:4]) {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
