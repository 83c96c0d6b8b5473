package query

import (
	"strings"
	"unicode/utf8"
)

// The tokens of query_string, which has the classic query syntax of Lucene 9. The longest token counts, and of two that
// are as long the one that is named first here.

// qsKind is what a token is.
type qsKind int

const (
	qsEnd qsKind = iota
	qsAnd
	qsOr
	qsNot
	qsPlus
	qsMinus
	qsBare // an operator with white space behind it, which is a word
	qsOpen
	qsClose
	qsColon
	qsStar
	qsCaret
	qsQuoted
	qsTerm
	qsTilde // with what stands behind it
	qsPrefix
	qsWild
	qsRegexp
	qsRange       // [ or {
	qsRangeEnd    // ] or }
	qsRangeTo     // TO
	qsRangeQuoted // a bound in quotes
	qsRangeBound
	qsNumber // behind ^
)

// qsToken is a token, as it is written.
type qsToken struct {
	kind qsKind
	text string
}

// qsState is which tokens can come.
type qsState int

const (
	qsUsual qsState = iota
	qsInRange
	qsBehindCaret
)

// qsLexer splits a text into tokens.
type qsLexer struct {
	text  string
	at    int
	state qsState
}

// next returns the next token; ok is false where none begins.
func (l *qsLexer) next() (t qsToken, ok bool) {
	if l.state == qsBehindCaret {
		l.state = qsUsual
		return l.token(qsNumber, qsNumberEnd(l.text, l.at))
	}
	for size := qsSpace(l.text[l.at:]); size > 0; size = qsSpace(l.text[l.at:]) {
		l.at += size
	}
	switch {
	case l.at == len(l.text):
		return qsToken{}, true
	case l.state == qsInRange:
		return l.inRange()
	}
	return l.usual()
}

// token takes a token that ends at an index; there is none if that is not behind where it begins.
func (l *qsLexer) token(kind qsKind, end int) (t qsToken, ok bool) {
	if end <= l.at {
		return t, false
	}
	t = qsToken{kind, l.text[l.at:end]}
	l.at = end
	return t, true
}

// usual takes a token outside of ranges.
func (l *qsLexer) usual() (qsToken, bool) {
	one := l.at + 1
	switch c := l.text[l.at]; c {
	case '+', '-', '!':
		if one < len(l.text) {
			if size := qsSpace(l.text[one:]); size > 0 {
				return l.token(qsBare, one+size)
			}
		}
		return l.token(map[byte]qsKind{'+': qsPlus, '-': qsMinus, '!': qsNot}[c], one)
	case '(':
		return l.token(qsOpen, one)
	case ')':
		return l.token(qsClose, one)
	case ':':
		return l.token(qsColon, one)
	case '^':
		l.state = qsBehindCaret
		return l.token(qsCaret, one)
	case '[', '{':
		l.state = qsInRange
		return l.token(qsRange, one)
	case '"':
		return l.token(qsQuoted, quotedEnd(l.text, l.at))
	case '/':
		return l.token(qsRegexp, enclosedEnd(l.text, l.at))
	case '~':
		end, _ := wordEnd(l.text, one, false)
		return l.token(qsTilde, end)
	}
	return l.word()
}

// word takes a word, with wildcards or without.
func (l *qsLexer) word() (qsToken, bool) {
	end, wild := wordEnd(l.text, l.at, true)
	text := l.text[l.at:end]
	kind := qsWild
	switch {
	case text == "AND" || text == "&&":
		kind = qsAnd
	case text == "OR" || text == "||":
		kind = qsOr
	case text == "NOT":
		kind = qsNot
	case text == "*":
		kind = qsStar
	case wild == end:
		kind = qsTerm
	case wild == end-1 && l.text[wild] == '*':
		kind = qsPrefix
	}
	return l.token(kind, end)
}

// wordEnd returns where a word ends that begins at an index, and where its first wildcard is, if it may have some; end
// if it has none.
func wordEnd(text string, at int, wildcards bool) (end, wild int) {
	begin, wild := at, -1
	for at < len(text) {
		size := wordPart(text[at:], at > begin || !wildcards)
		if c := text[at]; wildcards && (c == '*' || c == '?') {
			size = 1
			if wild < 0 {
				wild = at
			}
		}
		if size == 0 {
			break
		}
		at += size
	}
	if wild < 0 {
		wild = at
	}
	return at, wild
}

// wordPart returns the size of the character of a word that a text begins with, with its backslash; 0 if it begins with
// none. A word has - and + inside of it only.
func wordPart(text string, inside bool) int {
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case r == '\\':
		if _, escaped := utf8.DecodeRuneInString(text[1:]); escaped > 0 {
			return 1 + escaped
		}
		return 0
	case r == '-' || r == '+':
		if inside {
			return 1
		}
		return 0
	case strings.ContainsRune("!():^[]\"{}~*?/", r) || qsSpace(text) > 0:
		return 0
	}
	return size
}

// qsSpace returns the size of the white space that a text begins with: of one character.
func qsSpace(text string) int {
	if text == "" {
		return 0
	}
	switch text[0] {
	case ' ', '\t', '\n', '\r':
		return 1
	}
	if strings.HasPrefix(text, "\u3000") {
		return len("\u3000")
	}
	return 0
}

// quotedEnd returns the index behind the quote that closes the one at an index, 0 if there is none.
func quotedEnd(text string, at int) int {
	for i := at + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// enclosedEnd returns the index behind the last character that may close the same one at an index: one with a backslash
// before it does so only if no other follows. It is 0 if there is none.
func enclosedEnd(text string, at int) (end int) {
	for i := at + 1; i < len(text); i++ {
		if text[i] == text[at] {
			end = i + 1
			if text[i-1] != '\\' {
				break
			}
		}
	}
	return end
}

// inRange takes a token in a range.
func (l *qsLexer) inRange() (qsToken, bool) {
	if c := l.text[l.at]; c == ']' || c == '}' {
		l.state = qsUsual
		return l.token(qsRangeEnd, l.at+1)
	}
	bound := l.at
	for bound < len(l.text) && !strings.ContainsRune(" ]}", rune(l.text[bound])) {
		bound++
	}
	if l.text[l.at] == '"' {
		if end := enclosedEnd(l.text, l.at); end >= bound && end > l.at+2 {
			return l.token(qsRangeQuoted, end)
		}
	}
	if l.text[l.at:bound] == "TO" {
		return l.token(qsRangeTo, bound)
	}
	return l.token(qsRangeBound, bound)
}

// qsNumberEnd returns where a number ends: digits, which may have a point between them.
func qsNumberEnd(text string, at int) int {
	digits := func(at int) int {
		for at < len(text) && '0' <= text[at] && text[at] <= '9' {
			at++
		}
		return at
	}
	end := digits(at)
	if end > at && end < len(text) && text[end] == '.' {
		if more := digits(end + 1); more > end+1 {
			return more
		}
	}
	return end
}
