package automaton

import (
	"math"
	"strings"
	"testing"
	"time"
)

// checkMatches compares what a pattern matches with what it should.
func checkMatches(t *testing.T, pattern string, m matcher, err error, yes, no []string) {
	t.Helper()
	if err != nil {
		t.Errorf("%q: %v", pattern, err)
		return
	}
	for _, s := range yes {
		if !m.MatchString(s) || !m.Match([]byte(s)) {
			t.Errorf("%q does not match %q", pattern, s)
		}
	}
	for _, s := range no {
		if m.MatchString(s) || m.Match([]byte(s)) {
			t.Errorf("%q matches %q", pattern, s)
		}
	}
}

var regexpTests = []struct {
	pattern string
	yes, no []string
}{
	{"", []string{""}, []string{"a"}},
	{"()", []string{""}, []string{"a"}},
	{"abc", []string{"abc"}, []string{"", "ab", "abcd", "xabc", "ABC"}},
	{"a|bc", []string{"a", "bc"}, []string{"abc", "ac", ""}},
	{"a?b*c+", []string{"c", "ac", "abbcc", "bc"}, []string{"", "a", "ab", "aac"}},
	{"a{2}", []string{"aa"}, []string{"a", "aaa"}},
	{"a{2,}", []string{"aa", "aaaa"}, []string{"a", ""}},
	{"a{1,3}", []string{"a", "aa", "aaa"}, []string{"", "aaaa"}},
	{"a{0}b", []string{"b"}, []string{"ab", ""}},
	{"a{2}{3}", []string{"aaaaaa"}, []string{"aaaaa", "aa"}},
	{"a**", []string{"", "aa"}, []string{"b"}},
	{"a?*+", []string{"", "aa"}, []string{"b"}},
	{".", []string{"a", "\n", "\r", "é", "😀", "\x00"}, []string{"", "ab"}},
	{"..", []string{"\r\n", "é😀"}, []string{"é"}},
	{"[a-c]", []string{"a", "b", "c"}, []string{"d", "-", ""}},
	{"[^a-c]", []string{"d", "é", "\n"}, []string{"a", "", "dd"}},
	{"[^b-\U0010ffff]", []string{"a", "\x00"}, []string{"b", "é", "\U0010ffff"}},
	{"[^a-\U0010fffe]", []string{"A", "\U0010ffff"}, []string{"a", "\U0010fffe"}},
	{"[]a]", []string{"]", "a"}, []string{"[", ""}},
	{"[^]a]", []string{"b"}, []string{"]", "a"}},
	{"[a^]", []string{"a", "^"}, []string{"b"}},
	{"[a-b-c]", []string{"a", "b", "-", "c"}, []string{"d"}},
	{"[--a]", []string{"-", "0", "a"}, []string{"b"}},
	{`[a\-c]`, []string{"a", "-", "c"}, []string{"b"}},
	{`[\]\\]`, []string{"]", `\`}, []string{"a"}},
	{`[\w\-.]+`, []string{"a-b.c_9"}, []string{"a b"}},
	{`[a-\d]`, []string{"a", "b", "d"}, []string{"1", "-"}}, // behind a dash, \d is the letter
	{`[\d-a]`, []string{"1", "-", "a"}, []string{"b"}},
	{`["&~#@<>.*+?(){}|]`, []string{`"`, "&", "~", "#", "@", "<", ".", "(", "|"}, []string{"a"}},
	{`\d\D\s\S\w\W`, []string{"1a aa ", "0\n\r\x00_é"}, []string{"aa aa ", "1a aaa", "1a\vaa "}},
	{`\.\*\"\#\@\&\~\<\\`, []string{`.*"#@&~<\`}, []string{""}},
	{`\😀`, []string{"😀"}, []string{`\😀`}},
	{`"a.b*"c`, []string{"a.b*c"}, []string{"axbc"}},
	{`"a\"`, []string{`a\`}, []string{"a"}}, // a backslash escapes nothing between quotes
	{"#", nil, []string{"", "#", "a"}},
	{"#|a", []string{"a"}, []string{"", "#"}},
	{"#*", nil, []string{"", "a"}},
	{"#?", []string{""}, []string{"a"}},
	{"#{0}", []string{""}, []string{"a"}},
	{"#{0,}", nil, []string{""}},
	{"(a&b)*", nil, []string{"", "a"}},
	{"@", []string{"", "a", "é😀\n"}, nil},
	{"john@example", []string{"johnny-at-example", "john@example"}, []string{"jon@example"}},
	{"a&.", []string{"a"}, []string{"a&.", "b", ""}},
	{"a.*&.*b&.{3}", []string{"axb"}, []string{"ab", "axxb", "axc"}},
	{"a&b|c", []string{"c"}, []string{"a", "b"}},
	{"~a", []string{"", "b", "aa", "~a"}, []string{"a"}},
	{"~~a", []string{"a"}, []string{"", "b"}},
	{"~ab", []string{"b", "bb", "xyb"}, []string{"ab", "a"}}, // ~ binds more than a string
	{"~a{2}", []string{"", "b", "aa", "aab"}, []string{"a"}},
	{"~(.*foo.*)", []string{"", "fo", "bar"}, []string{"foo", "a foo b"}},
	{"~#", []string{"", "a"}, nil},
	{"~@", nil, []string{"", "a"}},
	{"~()", []string{"a", "ab"}, []string{""}},

	// Operators in no place to be one are characters.
	{"*a", []string{"*a"}, []string{"a"}},
	{"?", []string{"?"}, []string{""}},
	{"{1}", []string{"{1}"}, nil},
	{"|a", []string{"|a"}, []string{"a", ""}},
	{"a||b", []string{"a", "|b"}, []string{"b", ""}},
	{"(|a)", []string{"|a"}, []string{"a"}},
	{"&a", []string{"&a"}, []string{"a"}},
	{")a", []string{")a"}, []string{"a"}},
	{"^a$", []string{"^a$"}, []string{"a"}},
	{"(?i)a", []string{"?ia"}, []string{"a", "A"}},
	{">-]}", []string{">-]}"}, nil},
}

func TestRegexp(t *testing.T) {
	for _, test := range regexpTests {
		a, err := Regexp(test.pattern, Options{})
		checkMatches(t, test.pattern, a, err, test.yes, test.no)
	}
}

func TestRegexpIntervals(t *testing.T) {
	for _, test := range []struct {
		pattern string
		yes, no []string
	}{
		{"<1-10>", []string{"1", "7", "10", "07", "0010"}, []string{"", "0", "11", "100", "1x", "-1"}},
		{"<01-10>", []string{"01", "07", "10"}, []string{"1", "007", "00", "11"}},
		{"<0-5>", []string{"0", "5"}, []string{"", "00", "05", "6"}},
		{"<00-5>", []string{"0", "00", "05", "5"}, []string{"", "6"}},
		{"<9-120>", []string{"9", "10", "99", "100", "119", "120", "0120"}, []string{"8", "121", "1200"}},
		{"<120-9>", []string{"9", "120"}, []string{"8", "121"}},
		{"<5-5>", []string{"5"}, []string{"05", "55"}},
		{"<0-2147483647>", []string{"0", "2147483647", "999999999", "00"}, []string{"2147483648", "9999999999", "x"}},
		{"<2147483640-2147483647>", []string{"2147483640", "2147483647"}, []string{"2147483648", "02147483640"}},
		{"<+1-+2>", []string{"01", "02"}, []string{"1", "+1", "03"}}, // Java reads the sign, and counts it
		{"a<1-3>b", []string{"a1b", "a3b"}, []string{"ab", "a4b"}},
		{"~(<1-9>)", []string{"", "0", "10", "a"}, []string{"1", "9"}},
	} {
		a, err := Regexp(test.pattern, Options{})
		checkMatches(t, test.pattern, a, err, test.yes, test.no)
	}
}

func TestRegexpFlags(t *testing.T) {
	for _, test := range []struct {
		pattern, flags string
		yes, no        []string
	}{
		{"a&b", "NONE", []string{"a&b"}, []string{"a", "b"}},
		{"a&a", "INTERSECTION", []string{"a"}, []string{"a&a"}},
		{"~a", "INTERSECTION", []string{"~a"}, []string{"b"}},
		{"~a", "COMPLEMENT", []string{"b"}, []string{"a"}},
		{"#", "COMPLEMENT", []string{"#"}, []string{""}},
		{"#", "EMPTY", nil, []string{"#", ""}},
		{"@", "EMPTY", []string{"@"}, []string{"a", ""}},
		{"@", "ANYSTRING", []string{"@", "a", ""}, nil},
		{"<1-2>", "ANYSTRING", []string{"<1-2>"}, []string{"1"}},
		{"<1-2>", "INTERVAL", []string{"1"}, []string{"<1-2>"}},
		{"<a>", "NONE", []string{"<a>"}, nil},
		{"~(a&b)#@", "NONE", []string{"~a&b#@"}, nil},
		{"~a&.", "COMPLEMENT|INTERSECTION", []string{"b"}, []string{"a", "bb"}},
		{"~a&.", "none|complement|intersection", []string{"b"}, []string{"a", "bb"}},
		{`"a"`, "NONE", []string{"a"}, []string{`"a"`}},
		{"a#", "EMPTY|ALL", nil, []string{"a", "a#"}},
	} {
		flags, err := ParseFlags(test.flags)
		if err != nil {
			t.Fatal(err)
		}
		a, err := Regexp(test.pattern, Options{Flags: flags})
		checkMatches(t, test.pattern+" with "+test.flags, a, err, test.yes, test.no)
	}
}

func TestParseFlags(t *testing.T) {
	for _, test := range []struct {
		text, err string
		flags     Flags
	}{
		{"", "", All},
		{"ALL", "", All},
		{"all", "", All},
		{"NONE", "", None},
		{"|", "", None},
		{"Interval|EMPTY", "", None | Interval | Empty},
		{"INTERSECTION|NONE", "", None | Intersection},
		{"INTERSECTION|ALL|NOPE", "", All},
		{"NOPE", "Unknown regexp flag [NOPE]", 0},
		{"NONE|nope", "Unknown regexp flag [nope]", 0},
		{"INTERSECTION| EMPTY", "Unknown regexp flag [ EMPTY]", 0},
		{"AUTOMATON", "Unknown regexp flag [AUTOMATON]", 0},
	} {
		flags, err := ParseFlags(test.text)
		if flags != test.flags || errorText(err) != test.err {
			t.Errorf("ParseFlags(%q) = %d, %v", test.text, flags, err)
		}
	}
}

func TestRegexpCase(t *testing.T) {
	for _, test := range []struct {
		pattern string
		yes, no []string
	}{
		{"aB1", []string{"ab1", "AB1", "Ab1"}, []string{"ab", "ab2"}},
		{`"aB"`, []string{"AB", "ab"}, []string{"a"}},
		{"[k]", []string{"k", "K"}, []string{"\u212a"}}, // the sign for kelvin is no ASCII letter
		{"[^k]", []string{"a", "\u212a"}, []string{"k", "K"}},
		{"[kx]", []string{"k", "K", "x", "X"}, []string{"y"}},
		{"[a-z]", []string{"k"}, []string{"K"}},
		{"[a-a]", []string{"a"}, []string{"A"}},
		{"[a-ak]", []string{"a", "k", "K"}, []string{"A"}},
		{"éß", []string{"éß"}, []string{"Éß", "ÉSS"}},
		{`\w`, []string{"k", "K"}, []string{"é"}},
		{"~a", []string{"b", ""}, []string{"a", "A"}},
		{"()", nil, []string{""}},
		{"", nil, []string{""}},
		{"()a", []string{"a", "A"}, []string{""}},
		{"a?", []string{"", "A"}, nil},
		{"a{0}", []string{""}, nil},
	} {
		a, err := Regexp(test.pattern, Options{CaseInsensitive: true})
		checkMatches(t, test.pattern+" in any case", a, err, test.yes, test.no)
	}
}

var regexpErrors = map[string]string{
	"[":                "unexpected end-of-string",
	"[^":               "unexpected end-of-string",
	"[]":               "expected ']' at position 2",
	"[^]":              "expected ']' at position 3",
	"[a":               "expected ']' at position 2",
	"[z-a]":            "invalid range: from (122) cannot be > to (97)",
	"[a-]":             "invalid range: from (97) cannot be > to (93)",
	"[a-":              "unexpected end-of-string",
	`[a-\`:             "unexpected end-of-string",
	`[\`:               "unexpected end-of-string",
	`[\n]`:             `invalid character class \110`,
	`\`:                "unexpected end-of-string",
	`a\`:               "unexpected end-of-string",
	`\p{L}`:            `invalid character class \112`,
	`\K`:               `invalid character class \75`,
	"(":                "unexpected end-of-string",
	"(a":               "expected ')' at position 2",
	"a)":               "end-of-string expected at position 1",
	"😀)":               "end-of-string expected at position 2", // positions count units of UTF-16
	`"😀`:               `expected '"' at position 3`,
	"a|":               "unexpected end-of-string",
	"a&":               "unexpected end-of-string",
	"~":                "unexpected end-of-string",
	"a{":               "integer expected at position 2",
	"a{,3}":            "integer expected at position 2",
	"a{1":              "expected '}' at position 3",
	"a{1,":             "expected '}' at position 4",
	"a{3,1}":           "invalid repetition range(out of order): 3..1",
	"a{99999999999}":   `For input string: "99999999999"`,
	"a{1,99999999999}": `For input string: "99999999999"`,
	"<1":               "expected '>' at position 2",
	"<a>":              "'a' not found",
	"<>":               "'' not found",
	"<1-a>":            "interval syntax error at position 4",
	"<-1>":             "interval syntax error at position 3",
	"<1->":             "interval syntax error at position 3",
	"<1-2-3>":          "interval syntax error at position 6",
	"<0-99999999999>":  "interval syntax error at position 14",
	"< 1-2>":           "interval syntax error at position 5",
	"<a>(":             "unexpected end-of-string", // syntax comes first
}

func TestRegexpErrors(t *testing.T) {
	for pattern, want := range regexpErrors {
		if a, err := Regexp(pattern, Options{}); errorText(err) != want || a != nil {
			t.Errorf("%q: %v, want %s", pattern, err, want)
		}
	}
	if _, err := Regexp("<12>", Options{Flags: Interval}); errorText(err) != "interval syntax error at position 3" {
		t.Error(err)
	}
}

// The least MaxStates with which Lucene takes a pattern, and what it says with one less.
func TestRegexpEffort(t *testing.T) {
	for _, test := range []struct {
		pattern string
		least   int
		said    int // the effort in the error, if it is not one less
	}{
		{"(a|b)*a(a|b){5}", 26, 0},
		{"(a|b)*a(a|b){9}", 615, 0},
		{".*a.{8}", 282, 0},
		{"~(.*a.{7})", 129, 0},
		{"((a|b)*a.{4})&(.*b.{5})", 26, 0},
		{"(a?){30}a{30}", 140, 0},
		{".*[ab].{6}c", 90, 0},
		{"*a.*b.{7}", 129, 0},
		{"(a[\\d\\-]|~(ab)*){0,}*a.{4}", 12, 0},
		{"(([ab]|K)){3,}*a.{4}", 16, 0},
		{"~([ab])(.[A-K]&~a)?*a.{4}", 24, 0},
		{"[^k-m]?*a.{4}", 15, 0},
		{"((😀|(a)*)?|K){2,5}", 10, 10},
		{"(ab|cd|ef)+(gh|ij){11}", 33, 33},
		{"(abc){5,70}", 210, 210},
		{"a{0,200}", 200, 200},
		{"(a|ab){0,40}", 80, 80},
	} {
		if _, err := Regexp(test.pattern, Options{MaxStates: test.least}); err != nil {
			t.Errorf("%s with %d: %v", test.pattern, test.least, err)
		}
		if test.said == 0 {
			test.said = test.least - 1
		}
		want := fail("Determinizing %s would require more than %d effort.", test.pattern, test.said).Error()
		if _, err := Regexp(test.pattern, Options{MaxStates: test.least - 1}); errorText(err) != want {
			t.Errorf("%s with %d: %v, want %s", test.pattern, test.least-1, err, want)
		}
	}
}

func TestRegexpDefaultEffort(t *testing.T) {
	for _, pattern := range []string{"a{10000}", "aa{10000}", "(ab){5000}", "(a|b){1000}", "(a|b)*a(a|b){12}"} {
		if _, err := Regexp(pattern, Options{}); err != nil {
			t.Error(err)
		}
	}
	for pattern, effort := range map[string]int64{
		"a{10001}": 10001, "(ab){5001}": 10002, "a{2147483647}": 2147483647, "(aa){1500000000}": 3000000000,
		"(a|b)*a(a|b){13}": 10000, "(a|b)*a(a|b){20}": 10000,
	} {
		want := fail("Determinizing %s would require more than %d effort.", pattern, effort).Error()
		if _, err := Regexp(pattern, Options{}); errorText(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// hostile are patterns that are meant to cost much, with any MaxStates.
func hostile() []string {
	digits := strings.Repeat("[02468ace]", 12)
	return []string{
		"(a|b)*a(a|b){30}",
		strings.Repeat("(", 30000) + "a" + strings.Repeat(")", 30000),
		strings.Repeat("~", 60000) + "a",
		"a" + strings.Repeat("*", 60000),
		"a" + strings.Repeat("{9}", 300),
		strings.Repeat("a&", 30000) + "a",
		strings.Repeat("(a?){50}", 400),
		strings.Repeat("(a|b|c|d)*", 2000),
		strings.Repeat("(a*|b*)*", 3000),
		"(" + digits + "){1000000000}",
		"#{2000000000}", "@{2000000000}", "(){0,2000000000}", "(a?){0,100000}",
		strings.Repeat(".*a", 200) + "(.{40}|.{39})",
		strings.Repeat("<1-2147483647>*", 200),
		"[" + everyOther(400) + "]{2000}",
		"(" + strings.Repeat("~(.*a.{10})&", 50) + "a)",
		strings.Repeat("a", 1<<17),
	}
}

// everyOther returns characters with gaps between them.
func everyOther(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteRune(rune(0x4e00 + 2*i))
	}
	return b.String()
}

func TestRegexpHostile(t *testing.T) {
	for _, pattern := range hostile() {
		start := time.Now()
		_, err := Regexp(pattern, Options{MaxStates: math.MaxInt32})
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%.40q took %v: %.100v", pattern, took, err)
		}
	}
}
