package command

import "bytes"

// A scanner finds the end of one JSON value in text that arrives in pieces. It looks only at quotes, backslashes and
// brackets, so a value that it lets through may still be invalid. What it does promise: values that it found, joined by
// commas into an array, are read by every JSON parser either as these same values, or as an error. A quote opens a
// string for both, so both see the same brackets, and the commas between values stand outside all of them.
type scanner struct {
	depth   int
	text    bool // inside a string
	escaped bool // after a backslash in it
	word    bool // inside a number or a literal
}

// Classes of bytes outside strings.
const (
	classOther = iota
	classQuote
	classOpen
	classClose
	classBreak // what ends a number or a literal, and is not part of it
)

var classes = [256]byte{
	'"': classQuote, '{': classOpen, '[': classOpen, '}': classClose, ']': classClose,
	',': classBreak, ' ': classBreak, '\t': classBreak, '\r': classBreak, '\n': classBreak,
}

// scan goes on with the next piece. It returns how many bytes of it belong to the value, and whether the value ends
// there. A value begins at its first byte: white space before it is the caller's.
func (s *scanner) scan(b []byte) (n int, done bool) {
	for i := 0; i < len(b); {
		if s.text {
			if i = s.string(b, i); !s.text && s.depth == 0 {
				return i, true
			}
			continue
		}
		c := b[i]
		if s.depth == 0 && s.word && classes[c] != classOther {
			return i, true
		}
		switch classes[c] {
		case classQuote:
			s.text = true
		case classOpen:
			s.depth++
		case classClose:
			if s.depth == 0 {
				return i, true // no value at all
			}
			if s.depth--; s.depth == 0 {
				return i + 1, true
			}
		case classBreak:
			if s.depth == 0 {
				return i, true // no value at all
			}
		default:
			s.word = s.depth == 0
		}
		i++
	}
	return len(b), false
}

// string returns the index past the string that goes on at i, or len(b).
func (s *scanner) string(b []byte, i int) int {
	if s.escaped && i < len(b) {
		s.escaped = false
		i++
	}
	end := indexFrom(b, i, '"')
	for {
		n := bytes.IndexByte(b[i:end], '\\')
		if n < 0 {
			break
		}
		if i += n + 2; i > len(b) {
			s.escaped = true
			return len(b)
		}
		if i > end { // the quote is escaped
			end = indexFrom(b, i, '"')
		}
	}
	if end == len(b) {
		return end
	}
	s.text = false
	return end + 1
}

// indexFrom returns where c comes first at i or later, len(b) if it does not.
func indexFrom(b []byte, i int, c byte) int {
	if n := bytes.IndexByte(b[i:], c); n >= 0 {
		return i + n
	}
	return len(b)
}

// isOneValue says whether line is one value from its first byte to its last, as far as a scanner can tell.
func isOneValue(line []byte) bool {
	var s scanner
	n, done := s.scan(line)
	return n == len(line) && n > 0 && (done || s.word && s.depth == 0)
}

// hasKey says whether an object, not the values in it, has a key. The key has nothing that must be escaped.
func hasKey(object []byte, key string) bool {
	quoted := []byte(`"` + key + `"`)
	var s scanner
	for {
		i := bytes.Index(object, quoted)
		if i < 0 {
			return false
		}
		s.scan(object[:i])
		isKey := bytes.HasPrefix(bytes.TrimLeft(object[i+len(quoted):], " \t\r\n"), []byte{':'})
		if s.depth == 1 && !s.text && isKey {
			return true
		}
		s.scan(object[i : i+len(quoted)])
		object = object[i+len(quoted):]
	}
}

// depthOf returns how deep the arrays and objects of a valid value are nested.
func depthOf(value []byte) int {
	var s scanner
	deepest := 0
	for i := range value {
		s.scan(value[i : i+1])
		deepest = max(deepest, s.depth)
	}
	return deepest
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }
