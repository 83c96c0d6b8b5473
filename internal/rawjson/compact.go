package rawjson

import (
	"sync"
	"unicode/utf8"
)

// Compact checks that src is one JSON value by RFC 8259 and drops the whitespace between its tokens.
// All other bytes stay as they are: numbers and escapes as written, keys in order.
//
// It is stricter than encoding/json: it refuses invalid UTF-8, the same key twice in one object
// (compared after unescaping), and more than maxDepth nested arrays and objects. A maxDepth of 0 or
// less means [DefaultDepth]; more than [MaxDepth] means MaxDepth. Lone surrogate escapes are accepted.
//
// If there is no whitespace to drop, Compact returns src itself and does not allocate;
// otherwise it returns a new slice. The error is an [*Error].
func Compact(src []byte, maxDepth int) ([]byte, error) { return CompactUntil(src, maxDepth, nil) }

// CompactUntil is Compact, but asks stop now and then whether to go on, and ends with its error.
func CompactUntil(src []byte, maxDepth int, stop func() error) ([]byte, error) {
	p := parsers.Get().(*parser)
	defer p.release()
	p.src, p.maxDepth, p.compact, p.unique, p.stop = src, limitDepth(maxDepth), true, true, stop

	i := p.value(p.space(0), 0)
	if i >= 0 {
		i = p.space(i)
		if i < len(src) {
			p.fail(i, Syntax, "data after the value")
		}
	}
	switch {
	case p.stopped != nil:
		return nil, p.stopped
	case p.err != nil:
		return nil, p.err
	case p.dst == nil:
		return src, nil
	default:
		return append(p.dst, src[p.copied:]...), nil
	}
}

func limitDepth(n int) int {
	if n <= 0 {
		return DefaultDepth
	}
	return min(n, MaxDepth)
}

// A parser validates one text. Its methods take the index where a token is expected and return
// the index past it, or -1 after an error, which is then in err.
type parser struct {
	src      []byte
	maxDepth int
	err      *Error

	compact bool   // collect src without whitespace in dst
	dst     []byte // nil until whitespace is found
	copied  int    // src[:copied] is in dst, or dropped

	unique bool // refuse duplicate keys
	keyStack

	stop    func() error // nil: never
	asked   int          // where in src stop was asked last
	stopped error
}

// askEvery is how much is parsed before stop is asked again, in bytes.
const askEvery = 256 << 10

// halted asks stop, if it is time for that at i, and says whether to end.
func (p *parser) halted(i int) bool {
	if i-p.asked < askEvery {
		return false
	}
	if p.asked = i; p.stop != nil {
		p.stopped = p.stop()
	}
	return p.stopped != nil
}

var parsers = sync.Pool{New: func() any { return new(parser) }}

func (p *parser) release() {
	stack := p.keyStack
	stack.reset()
	*p = parser{keyStack: stack}
	parsers.Put(p)
}

func (p *parser) fail(at int, kind Kind, msg string) int {
	if p.err == nil {
		p.err = &Error{Offset: at, Kind: kind, Msg: msg}
	}
	return -1
}

// space returns the index of the first byte at or after i that is not whitespace.
func (p *parser) space(i int) int {
	if i < len(p.src) && p.src[i] > ' ' {
		return i
	}
	return p.dropSpace(i)
}

func (p *parser) dropSpace(i int) int {
	j := skipSpace(p.src, i)
	if j == i || !p.compact {
		return j
	}
	if p.dst == nil {
		p.dst = make([]byte, 0, len(p.src)-(j-i))
	}
	p.dst = append(p.dst, p.src[p.copied:i]...)
	p.copied = j
	return j
}

func (p *parser) value(i, depth int) int {
	if i >= len(p.src) {
		return p.fail(i, Syntax, "unexpected end")
	}
	switch p.src[i] {
	case '"':
		i, _ = p.string(i)
		return i
	case '{':
		return p.object(i, depth+1)
	case '[':
		return p.array(i, depth+1)
	case 't':
		return p.literal(i, "true")
	case 'f':
		return p.literal(i, "false")
	case 'n':
		return p.literal(i, "null")
	default:
		return p.number(i)
	}
}

func (p *parser) object(i, depth int) int {
	if depth > p.maxDepth {
		return p.fail(i, Depth, "nested too deeply")
	}
	mark := p.mark()
	i = p.space(i + 1)
	if i < len(p.src) && p.src[i] == '}' {
		return i + 1
	}
	for {
		if i = p.member(i, depth); i < 0 {
			return -1
		}
		if p.halted(i) {
			return -1
		}
		if i = p.space(i); i >= len(p.src) {
			return p.fail(i, Syntax, "unexpected end in object")
		}
		switch p.src[i] {
		case ',':
			i = p.space(i + 1)
		case '}':
			if p.unique {
				if at := p.pop(p.src, mark); at >= 0 {
					return p.fail(at, Duplicate, "duplicate key in object")
				}
			}
			return i + 1
		default:
			return p.fail(i, Syntax, "expected ',' or '}' in object")
		}
	}
}

func (p *parser) member(i, depth int) int {
	if i >= len(p.src) {
		return p.fail(i, Syntax, "unexpected end in object")
	}
	if p.src[i] != '"' {
		return p.fail(i, Syntax, "expected a key in object")
	}
	end, escaped := p.string(i)
	if end < 0 {
		return -1
	}
	if p.unique {
		p.push(p.src, i+1, end-1, escaped)
	}
	i = p.space(end)
	if i >= len(p.src) || p.src[i] != ':' {
		return p.fail(i, Syntax, "expected ':' after key")
	}
	return p.value(p.space(i+1), depth)
}

func (p *parser) array(i, depth int) int {
	if depth > p.maxDepth {
		return p.fail(i, Depth, "nested too deeply")
	}
	i = p.space(i + 1)
	if i < len(p.src) && p.src[i] == ']' {
		return i + 1
	}
	for {
		if i = p.value(i, depth); i < 0 {
			return -1
		}
		if p.halted(i) {
			return -1
		}
		if i = p.space(i); i >= len(p.src) {
			return p.fail(i, Syntax, "unexpected end in array")
		}
		switch p.src[i] {
		case ',':
			i = p.space(i + 1)
		case ']':
			return i + 1
		default:
			return p.fail(i, Syntax, "expected ',' or ']' in array")
		}
	}
}

func (p *parser) literal(i int, word string) int {
	if end := i + len(word); end <= len(p.src) && string(p.src[i:end]) == word {
		return end
	}
	return p.fail(i, Syntax, "unknown literal")
}

// number is -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
func (p *parser) number(i int) int {
	src, start := p.src, i
	if src[i] == '-' {
		i++
	}
	first := i
	if i = skipDigits(src, i); i == first {
		if first == start {
			return p.fail(i, Syntax, "expected a value")
		}
		return p.fail(i, Syntax, "expected a digit")
	}
	if src[first] == '0' && i > first+1 {
		return p.fail(first, Syntax, "leading zero in number")
	}
	if i < len(src) && src[i] == '.' {
		first = i + 1
		if i = skipDigits(src, first); i == first {
			return p.fail(i, Syntax, "expected a digit after '.'")
		}
	}
	if i < len(src) && src[i]|0x20 == 'e' {
		first = i + 1
		if first < len(src) && (src[first] == '+' || src[first] == '-') {
			first++
		}
		if i = skipDigits(src, first); i == first {
			return p.fail(i, Syntax, "expected a digit in exponent")
		}
	}
	return i
}

// string also reports whether the string at i holds an escape.
func (p *parser) string(i int) (end int, escaped bool) {
	src := p.src
	start := i + 1
	var high uint64 // all bytes of the string, or-ed: does it leave ASCII?
	for i = start; ; {
		end := min(len(src), i+askEvery)
		if i, high = plain(src[:end], i, high); i == end {
			if i == len(src) {
				return p.fail(i, Syntax, "unexpected end in string"), false
			}
			if p.halted(i) {
				return -1, false
			}
			continue
		}
		switch src[i] {
		case '"':
			if high&highBits != 0 && !utf8.Valid(src[start:i]) {
				return p.fail(start+invalidUTF8(src[start:i]), UTF8, "invalid UTF-8 in string"), false
			}
			return i + 1, escaped
		case '\\':
			escaped = true
			n := escapeLen(src[i:])
			if n == 0 {
				return p.fail(i, Syntax, "invalid escape in string"), false
			}
			i += n
		default:
			return p.fail(i, Syntax, "raw control character in string"), false
		}
	}
}

// invalidUTF8 returns the offset of the first byte of s that is not UTF-8.
func invalidUTF8(s []byte) int {
	i := 0
	for i < len(s) {
		r, n := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		i += n
	}
	return i
}
