package rawjson

import (
	"bytes"
	"errors"
	"unicode/utf8"
)

var (
	errNotString = errors.New("not a JSON string")
	errSurrogate = errors.New("lone surrogate in string")
)

// Unquote returns what the JSON string raw, with its quotes, decodes to.
// It is an error if raw is no string or holds a lone surrogate, which no Go string of text can hold.
func Unquote(raw []byte) (string, error) {
	p := parser{src: raw}
	if at(raw, 0) != '"' {
		return "", errNotString
	}
	end, escaped := p.string(0)
	if end != len(raw) {
		return "", errNotString
	}
	body := raw[1 : end-1]
	if !escaped {
		return string(body), nil
	}
	s := appendDecoded(make([]byte, 0, len(body)), body)
	if !utf8.Valid(s) {
		return "", errSurrogate
	}
	return string(s), nil
}

// KeyIs reports whether rawKey, a JSON string with its quotes, decodes to name. It does not allocate.
func KeyIs(rawKey []byte, name string) bool {
	if len(rawKey) < 2 {
		return false
	}
	return decodesTo(rawKey[1:len(rawKey)-1], name)
}

// AppendString appends s as a JSON string. Like JavaScript's JSON.stringify it escapes only
// quotes, backslashes, control characters and lone surrogates (held as WTF-8), not HTML.
// Other bytes that are not UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || n != 1 {
				i += n
				continue
			}
			if isSurrogateAt(s, i) {
				size = 3
			}
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, s[i:i+size])
		i += size
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

// isSurrogateAt reports whether s holds a surrogate at i in the form that WTF-8 gives it.
func isSurrogateAt(s string, i int) bool {
	return i+3 <= len(s) && s[i] == 0xED && s[i+1]&0xE0 == 0xA0 && s[i+2]&0xC0 == 0x80
}

func appendEscape(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	c := s[0]
	switch {
	case len(s) == 3:
		return append(dst, '\\', 'u', 'd', hex[8|s[1]>>2&7], hex[s[1]&3<<2|s[2]>>4&3], hex[s[2]&15])
	case c >= utf8.RuneSelf:
		return append(dst, "\uFFFD"...)
	}
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// decodesTo reports whether body, a JSON string without its quotes, decodes to name. However long body is, that costs
// no more than name is long.
func decodesTo[T string | []byte](body []byte, name T) bool {
	look(min(len(body), len(name)+1))
	for {
		n := bytes.IndexByte(body[:min(len(body), len(name)+1)], '\\')
		if n < 0 {
			return string(body) == string(name)
		}
		if n > len(name) || string(body[:n]) != string(name[:n]) {
			return false
		}
		r, size := escape(body[n:])
		var buf [4]byte
		enc := appendWTF8(buf[:0], r)
		body, name = body[n+size:], name[n:]
		if len(enc) > len(name) || string(enc) != string(name[:len(enc)]) {
			return false
		}
		name = name[len(enc):]
	}
}

// equalStrings compares two JSON strings, without their quotes, by what they decode to.
func equalStrings(a, b []byte) bool {
	look(len(a) + len(b))
	if bytes.Equal(a, b) {
		return true
	}
	if bytes.IndexByte(a, '\\') < 0 {
		return bytes.IndexByte(b, '\\') >= 0 && decodesTo(b, a)
	}
	var buf [64]byte
	return decodesTo(b, appendDecoded(buf[:0], a))
}

// AppendDecoded appends what the JSON string raw, with its quotes, decodes to, as WTF-8. It appends nothing for what is
// no string.
func AppendDecoded(dst, raw []byte) []byte {
	if len(raw) < 2 || raw[0] != '"' {
		return dst
	}
	return appendDecoded(dst, raw[1:len(raw)-1])
}

// appendDecoded appends what body, a JSON string without its quotes, decodes to, as WTF-8.
func appendDecoded(dst, body []byte) []byte {
	if look(len(body)); len(dst)+len(body) > cap(dst) {
		look(len(dst)) // which is copied
	}
	for {
		n := bytes.IndexByte(body, '\\')
		if n < 0 {
			return append(dst, body...)
		}
		r, size := escape(body[n:])
		dst = appendWTF8(append(dst, body[:n]...), r)
		body = body[n+size:]
	}
}

// escape decodes the escape, or the pair of escapes, at the start of s, which begins with a backslash.
func escape(s []byte) (r rune, size int) {
	size = escapeLen(s)
	switch size {
	case 0:
		return utf8.RuneError, 1 // not valid JSON: any answer will do that makes progress
	case 2:
		return simpleEscape(s[1]), 2
	}
	r = hex4(s[2:6])
	if r&^0x3FF == 0xD800 && len(s) >= 12 && s[6] == '\\' && s[7] == 'u' && escapeLen(s[6:]) == 6 {
		if low := hex4(s[8:12]); low&^0x3FF == 0xDC00 {
			return 0x10000 + (r&0x3FF)<<10 + low&0x3FF, 12
		}
	}
	return r, size
}

// escapeLen returns the length of the one escape at the start of s, or 0 if it is none.
func escapeLen(s []byte) int {
	switch at(s, 1) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(s) >= 6 && isHex(s[2]) && isHex(s[3]) && isHex(s[4]) && isHex(s[5]) {
			return 6
		}
	}
	return 0
}

func simpleEscape(c byte) rune {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return rune(c)
}

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func hex4(s []byte) (r rune) {
	for _, c := range s[:4] {
		if isDigit(c) {
			r = r<<4 | rune(c-'0')
		} else {
			r = r<<4 | rune(c|0x20-'a'+10)
		}
	}
	return r
}

// appendWTF8 is utf8.AppendRune, except that a surrogate keeps its own three bytes.
func appendWTF8(dst []byte, r rune) []byte {
	if r&^0x7FF == 0xD800 {
		return append(dst, 0xED, byte(0x80|r>>6&0x3F), byte(0x80|r&0x3F))
	}
	return utf8.AppendRune(dst, r)
}
