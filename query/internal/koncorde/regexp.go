package koncorde

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// This file checks regexps. Koncorde compiles them with the C++ engine RE2, by way of node-re2, which translates some
// of JavaScript's syntax first. Go's package regexp is of the same family.

func regexpFilter(_ *standardizer, v value, path string) (Filter, error) {
	if err := isObject(v, "regexp", path, rules{properties: 1}); err != nil {
		return nil, err
	}
	f := &Regexp{Field: v.members[0].key}
	expression, flags := v.members[0].value, value{}
	path = pathAdd(path, f.Field)
	switch expression.kind {
	case text:
	case object:
		var err error
		if expression, flags, err = valueAndFlags(expression, path); err != nil {
			return nil, err
		}
	default:
		return nil, fail("regexp", path, "must be either a string or a non-empty object")
	}
	shown := "undefined"
	if truthy(flags) {
		f.Flags, shown = effective(flags.text), flags.text
	}
	if expression.kind != text && !truthy(flags) {
		const message = "Expected string, Buffer, RegExp, or RE2 as the 1st argument."
		return nil, badRegexp(path, toText(expression), shown, message)
	}
	f.Expression = expression.text // with flags, node-re2 takes what is no text for the empty expression
	if message := f.compile(); message != "" {
		return nil, badRegexp(path, toText(expression), shown, message)
	}
	return f, nil
}

// valueAndFlags checks {"value": …, "flags": …}. Flags that count as false are null.
func valueAndFlags(v value, path string) (expression, flags value, err error) {
	r := rules{allowed: []string{"flags", "value"}, nonEmpty: true, required: []string{"value"}}
	if err := isObject(v, "regexp", path, r); err != nil {
		return value{}, value{}, err
	}
	expression, _ = v.get("value")
	flags, _ = v.get("flags")
	if !truthy(flags) {
		return expression, value{}, nil
	}
	return expression, flags, isString(v, "flags", "regexp", pathAdd(path, "flags"))
}

func badRegexp(path, expression, flags, message string) error {
	return fail("regexp", path, `cannot parse regexp expression "/%s/%s" (%s)`, expression, flags, message)
}

// effective returns those of flags that have an effect, each once, in a fixed order.
func effective(flags string) string {
	var result []byte
	for _, flag := range []byte("imsy") {
		if strings.IndexByte(flags, flag) >= 0 {
			result = append(result, flag)
		}
	}
	return string(result)
}

// compile compiles the expression. It returns the text of RE2's error, or nothing.
func (r *Regexp) compile() string {
	expression := translate(r.Expression, strings.Contains(r.Flags, "m"))
	flags, prefix := syntax.Perl, ""
	if strings.Contains(r.Flags, "i") {
		flags, prefix = flags|syntax.FoldCase, "(?i)"
	}
	if strings.Contains(r.Flags, "s") {
		flags, prefix = flags|syntax.DotNL, prefix+"(?s)"
	}
	parsed, err := syntax.Parse(expression, flags)
	if err != nil {
		return re2Error(err, expression)
	}
	if strings.Contains(r.Flags, "y") {
		prefix, expression = `\A(?:`, parsed.String()+")"
	}
	if r.compiled, err = regexp.Compile(prefix + expression); err != nil {
		return re2Error(err, expression)
	}
	if hasDuplicateNames(r.compiled) {
		return "duplicate capture group name"
	}
	return ""
}

// openHex matches an escape that the expression ends in.
var openHex = regexp.MustCompile(`^\\x\{[0-9A-Fa-f]*$`)

// re2Texts are RE2's texts of errors where they differ from Go's.
var re2Texts = map[syntax.ErrorCode]string{
	syntax.ErrInvalidNamedCapture:   "invalid named capture group",
	syntax.ErrInvalidPerlOp:         "invalid perl operator",
	syntax.ErrInvalidRepeatOp:       "bad repetition operator",
	syntax.ErrInvalidRepeatSize:     "invalid repetition size",
	syntax.ErrMissingBracket:        "missing ]",
	syntax.ErrMissingParen:          "missing )",
	syntax.ErrMissingRepeatArgument: "no argument for repetition operator",
	syntax.ErrTrailingBackslash:     `trailing \`,
	syntax.ErrUnexpectedParen:       "unexpected )",
	syntax.ErrLarge:                 "pattern too large - compile failed",
}

// re2Error returns the text that RE2 gives for an error of Go's package about the expression.
func re2Error(err error, expression string) string {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	message, ok := re2Texts[e.Code]
	if !ok {
		message = e.Code.String()
	}
	switch {
	case e.Expr == "" || e.Code == syntax.ErrLarge:
		return message
	case strings.HasPrefix(e.Expr, "(?<=") || strings.HasPrefix(e.Expr, "(?<!"): // Go reads these as named groups
		return re2Texts[syntax.ErrInvalidPerlOp] + ": " + e.Expr[:len("(?<=")]
	case e.Code == syntax.ErrInvalidEscape && openHex.MatchString(e.Expr) && strings.HasSuffix(expression, e.Expr):
		return "invalid UTF-8" // RE2 looks for a character behind the end
	}
	return message + ": " + e.Expr
}

// hasDuplicateNames says whether two groups of the expression have the same name, which Go accepts.
func hasDuplicateNames(r *regexp.Regexp) bool {
	names := slices.DeleteFunc(slices.Clone(r.SubexpNames()), func(name string) bool { return name == "" })
	slices.Sort(names)
	count := len(names)
	return len(slices.Compact(names)) < count
}
