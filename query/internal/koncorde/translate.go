package koncorde

import (
	"strings"
	"unicode/utf8"
)

// translate rewrites an expression of JavaScript's syntax for RE2, as node-re2 does: \cX, \uXXXX, \u{…}, long names of
// Unicode classes, and (?<name>…). It takes no notice of brackets around them.
func translate(expression string, multiline bool) string {
	if expression == "" {
		return "(?:)"
	}
	var out strings.Builder
	if multiline {
		out.WriteString("(?m)")
	}
	for rest := expression; rest != ""; {
		size := 0
		switch {
		case rest[0] == '\\' && len(rest) > 1:
			size = escape(&out, rest)
		case rest[0] == '/':
			out.WriteString(`\/`)
			size = 1
		case isNamedGroup(rest):
			out.WriteString("(?P<")
			size = len("(?<")
		default:
			_, size = utf8.DecodeRuneInString(rest)
			out.WriteString(rest[:size])
		}
		rest = rest[size:]
	}
	return out.String()
}

// isNamedGroup says whether rest begins with (?< of a named group, not of a look-behind.
func isNamedGroup(rest string) bool {
	return strings.HasPrefix(rest, "(?<") && (len(rest) == 3 || rest[3] != '=' && rest[3] != '!')
}

// escape translates the escape at the beginning of rest, and returns its length.
func escape(out *strings.Builder, rest string) int {
	const hex = "0123456789ABCDEF"
	after := byte(0)
	if len(rest) > 2 {
		after = rest[2]
	}
	switch c := rest[1]; {
	case c == 'c' && 'A' <= after && after <= 'Z':
		out.WriteString(`\x`)
		out.WriteByte(hex[(after-'@')/16&15])
		out.WriteByte(hex[(after-'@')&15])
		return 3
	case c == 'u' && after == '{':
		out.WriteString(`\x`)
		return 2
	case c == 'u' && isHexadecimal(after):
		size := 3
		for size < len(rest) && size < 6 && isHexadecimal(rest[size]) {
			size++
		}
		out.WriteString(`\x{` + rest[2:size] + "}")
		return size
	case (c == 'p' || c == 'P') && after == '{' && strings.Contains(rest, "}"):
		size := strings.IndexByte(rest, '}') + 1
		out.WriteString(`\` + string(c) + unicodeClass(rest[3:size-1]))
		return size
	}
	_, size := utf8.DecodeRuneInString(rest[1:])
	out.WriteString(rest[:1+size])
	return 1 + size
}

// isHexadecimal takes all letters, as node-re2 does.
func isHexadecimal(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// unicodeClass returns what RE2 has for the name of a Unicode class, in braces if it needs them.
func unicodeClass(name string) string {
	if short, ok := unicodeClasses[name]; ok {
		name = short
	} else if script, ok := strings.CutPrefix(name, "Script="); ok && script != "" {
		name = script
	} else if script, ok := strings.CutPrefix(name, "sc="); ok && script != "" {
		name = script
	}
	if len(name) == 1 {
		return name
	}
	return "{" + name + "}"
}

// unicodeClasses are the short names of Unicode's general categories.
var unicodeClasses = map[string]string{
	"Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt", "Cased_Letter": "LC",
	"Modifier_Letter": "Lm", "Other_Letter": "Lo", "Letter": "L",
	"Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Mark": "M",
	"Decimal_Number": "Nd", "Letter_Number": "Nl", "Other_Number": "No", "Number": "N",
	"Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps", "Close_Punctuation": "Pe",
	"Initial_Punctuation": "Pi", "Final_Punctuation": "Pf", "Other_Punctuation": "Po", "Punctuation": "P",
	"Math_Symbol": "Sm", "Currency_Symbol": "Sc", "Modifier_Symbol": "Sk", "Other_Symbol": "So", "Symbol": "S",
	"Space_Separator": "Zs", "Line_Separator": "Zl", "Paragraph_Separator": "Zp", "Separator": "Z",
	"Control": "Cc", "Format": "Cf", "Surrogate": "Cs", "Private_Use": "Co", "Unassigned": "Cn", "Other": "C",
}
