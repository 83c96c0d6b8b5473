package automaton

import "unicode/utf8"

// Wildcard compiles a pattern in which ? stands for any code point and * for any string, the empty one included. A
// backslash takes away the meaning of the code point that follows; at the end of the pattern it stands for itself. The
// empty pattern matches nothing, not even the empty string.
//
// With caseInsensitive, ASCII letters match in either case, but for those behind a backslash.
//
// Patterns such as "*a??????????????" take too much effort, here and in Elasticsearch. The error has its text:
// "Determinizing automaton with 31 states and 31 transitions would require more than 10000 effort.".
func Wildcard(pattern string, caseInsensitive bool) (*Automaton, error) {
	w := &workshop{limit: DefaultMaxStates}
	var parts []*graph
	for i := 0; i < len(pattern); {
		c, size := utf8.DecodeRuneInString(pattern[i:])
		i += size
		switch {
		case c == '*':
			parts = append(parts, anyString())
		case c == '?':
			parts = append(parts, oneOf(anything))
		case c == '\\' && i < len(pattern):
			c, size = utf8.DecodeRuneInString(pattern[i:])
			i += size
			parts = append(parts, oneOf(char(c, false)))
		default:
			parts = append(parts, oneOf(char(c, caseInsensitive)))
		}
	}
	g, err := w.concatenate(parts)
	if err != nil {
		return nil, err
	}
	if g, err = w.minimize(g); err != nil {
		return nil, err
	}
	return compile(g), nil
}

// Prefix matches the strings that begin with value, by bytes. With caseInsensitive, ASCII letters match in either case.
func Prefix(value string, caseInsensitive bool) *Automaton {
	a := compile(anyString())
	a.lead, a.fold = value, caseInsensitive
	return a
}
