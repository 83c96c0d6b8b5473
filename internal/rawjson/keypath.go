package rawjson

import "strings"

// This file splits a path into keys exactly as lodash 4.17 does (castPath, isKey, stringToPath).
// lodash defines it by regular expressions with lookahead and backreferences,
// which Go's do not have; they stand beside the functions that do their work.

// isDeep: /\.|\[(?:[^[\]]*|(["'])(?:(?!\1)[^\\]|\\.)*?\1)\]/
func isDeep(path string) bool {
	for i := range len(path) {
		switch path[i] {
		case '.':
			return true
		case '[':
			rest := path[i+1:]
			if n := strings.IndexAny(rest, "[]"); n >= 0 && rest[n] == ']' {
				return true
			}
			if n := quoted(rest); n > 0 && strings.HasPrefix(rest[n:], "]") {
				return true
			}
		}
	}
	return false
}

// splitPath: /[^.[\]]+|\[(?:(-?\d+(?:\.\d+)?)|(["'])((?:(?!\2)[^\\]|\\.)*?)\2)\]|(?=(?:\.|\[\])(?:\.|\[\]|$))/g
//
// The three alternatives are a plain key, a number or a quoted key in brackets, and
// the empty key where two separators meet or one stands at the end.
func splitPath(path string) []string {
	var keys []string
	if strings.HasPrefix(path, ".") {
		keys = append(keys, "")
	}
	for i := 0; i < len(path); {
		rest := path[i:]
		if n := strings.IndexAny(rest, ".[]"); n != 0 {
			if n < 0 {
				n = len(rest)
			}
			keys = append(keys, rest[:n])
			i += n
			continue
		}
		if key, n := bracketed(rest); n > 0 {
			keys = append(keys, key)
			i += n
			continue
		}
		if n := separator(rest); n > 0 && (n == len(rest) || separator(rest[n:]) > 0) {
			keys = append(keys, "")
		}
		i++
	}
	return keys
}

func separator(s string) int {
	switch {
	case strings.HasPrefix(s, "."):
		return 1
	case strings.HasPrefix(s, "[]"):
		return 2
	}
	return 0
}

// bracketed returns the key in brackets at the start of s, and the length of it all, or 0.
func bracketed(s string) (key string, n int) {
	if !strings.HasPrefix(s, "[") {
		return "", 0
	}
	if n := decimal(s[1:]); n > 0 && strings.HasPrefix(s[1+n:], "]") {
		return s[1 : 1+n], n + 2
	}
	if n := quoted(s[1:]); n > 0 && strings.HasPrefix(s[1+n:], "]") {
		return dropBackslashes(s[2:n]), n + 2
	}
	return "", 0
}

// decimal: -?\d+(?:\.\d+)?
func decimal(s string) int {
	digits := func(i int) int {
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		return i
	}
	start := 0
	if strings.HasPrefix(s, "-") {
		start = 1
	}
	n := digits(start)
	if n == start {
		return 0
	}
	if n < len(s) && s[n] == '.' {
		if m := digits(n + 1); m > n+1 {
			n = m
		}
	}
	return n
}

// quoted: (["'])(?:(?!\1)[^\\]|\\.)*?\1
func quoted(s string) int {
	if s == "" || s[0] != '"' && s[0] != '\'' {
		return 0
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case s[0]:
			return i + 1
		case '\\':
			i++
			if lineEnd(s[i:]) {
				return 0 // the dot of the expression does not match it
			}
		}
	}
	return 0
}

// lineEnd reports whether s starts with one of JavaScript's line terminators.
func lineEnd(s string) bool {
	return strings.HasPrefix(s, "\n") || strings.HasPrefix(s, "\r") ||
		strings.HasPrefix(s, "\u2028") || strings.HasPrefix(s, "\u2029")
}

// dropBackslashes: replace(/\\(\\)?/g, "$1")
func dropBackslashes(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
			if i == len(s) || s[i] != '\\' {
				i--
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// arrayIndex reads the canonical decimal form of an array position.
// Positions past a billion are refused: no document has them.
func arrayIndex(s string) (int, bool) {
	if s == "" || len(s) > 9 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}
