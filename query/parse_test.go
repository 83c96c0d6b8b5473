package query

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text string
		want *Query
	}{
		{``, All()},
		{"  \n\t", All()},
		{`a = 1`, Eq("a", 1)},
		{`a=1`, Eq("a", 1)},
		{`a == "x"`, Eq("a", "x")},
		{`a = 'it''s' `, nil},
		{`a = 'say "x"'`, Eq("a", `say "x"`)},
		{`a = "\"\\\n\t\u00e9\*\/"`, Eq("a", "\"\\\n\té*/")},
		{`a = true`, Eq("a", true)},
		{`a = NULL`, Eq("a", nil)},
		{`a != -1.50e-3`, Ne("a", json.Number("-1.50e-3"))},
		{`a <> 1`, Ne("a", 1)},
		{`a.b.c < 1`, Lt("a.b.c", 1)},
		{`a <= 1`, Lte("a", 1)},
		{`a>1`, Gt("a", 1)},
		{`a >= "2018"`, Gte("a", "2018")},
		{`a in (1, "x", null)`, In("a", 1, "x", nil)},
		{`a IN(1)`, In("a", 1)},
		{`a not in (1)`, Not(In("a", 1))},
		{`a like "x*"`, Wildcard("a", "x*")},
		{`a LIKE 'x\*\\?'`, Wildcard("a", `x\*\\?`)},
		{`a not like "\u00e9*"`, Not(Wildcard("a", "é*"))},
		{`a =~ "x[0-9]+\\."`, Regexp("a", `x[0-9]+\.`)},
		{`not a =~ ""`, Not(Regexp("a", ""))},
		{`a exists`, Exists("a")},
		{`a Missing`, Missing("a")},
		{`_id = "x"`, IDs("x")},
		{`_id != "x"`, Not(IDs("x"))},
		{`_id in ("x", "y")`, Or(IDs("x"), IDs("y"))},
		{"`a b` = 1", Eq("a b", 1)},
		{"`not` = 1", Eq("not", 1)},
		{"`a``b` exists", Exists("a`b")},
		{`ä.日本 = 1`, Eq("ä.日本", 1)},
		{`a-b_c@d$ = 1`, Eq("a-b_c@d$", 1)},
		{`a = 1 and b = 2`, And(Eq("a", 1), Eq("b", 2))},
		{`a = 1 && b = 2 AND c = 3`, And(Eq("a", 1), Eq("b", 2), Eq("c", 3))},
		{`a = 1 or b = 2 and c = 3`, Or(Eq("a", 1), And(Eq("b", 2), Eq("c", 3)))},
		{`(a = 1 or b = 2) and c = 3`, And(Or(Eq("a", 1), Eq("b", 2)), Eq("c", 3))},
		{`not a = 1 and b = 2`, And(Ne("a", 1), Eq("b", 2))},
		{`not (a = 1 || b = 2)`, Not(Or(Eq("a", 1), Eq("b", 2)))},
		{`!a exists`, Missing("a")},
		{`not not a exists`, Not(Missing("a"))},
		{`((a = 1))`, Eq("a", 1)},
		{`a ~ "new york"`, Match("a", "new york")},
		{`a~"x" and b !~ 'y'`, And(Match("a", "x"), Not(Match("b", "y")))},
	} {
		q, err := Parse(c.text)
		if c.want == nil {
			if err == nil {
				t.Errorf("%s: no error", c.text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if !reflect.DeepEqual(q, c.want) {
			t.Errorf("%s: %#v, want %#v", c.text, q, c.want)
		}
	}
}

// Each error says what is wrong, and marks where.
func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, marked, message string }{
		{`a`, ``, "expected an operator behind the field a: one of =, !=, <, <=, >, >=, ~, !~, =~, in, like, exists, missing, within"},
		{`a = `, ``, "expected a value behind =: a text in quotes, a number, true, false or null"},
		{`a = us`, `us`, `expected a value behind =, and a text stands in quotes: "us"`},
		{`a = 1x`, `1x`, "1x is no number: a text stands in quotes"},
		{`a = 01`, `01`, "01 is no number: a text stands in quotes"},
		{`a = 1 b = 2`, `b`, "expected and, or, or the end of the query, not b"},
		{`a = 1 and`, ``, "expected a field such as magnitude.value, but the query ends here"},
		{`and a = 1`, `and`, "expected a field, not the keyword and: a field of that name stands in backquotes"},
		{`"a" = 1`, `"a"`, "expected a field, not a text: a field has no quotes, or backquotes"},
		{`a => 1`, `>`, "=> is no operator: use >="},
		{`a =< 1`, `<`, "=< is no operator: use <="},
		{`a > 2018-02-07`, `-02`, "expected and, or, or the end of the query, not -02: a date stands in quotes"},
		{`a contains 1`, `contains`, "contains is no operator: use one of =, !=, <, <=, >, >=, ~, !~, =~, in, like, exists, missing, within"},
		{`a = "x`, `"`, "this quote is not closed"},
		{"`a = 1", "`", "this backquote is not closed"},
		{`(a = 1`, `(`, "this bracket is not closed"},
		{`a = 1)`, `)`, "expected and, or, or the end of the query, not )"},
		{`a in 1`, `1`, "expected a list of values in brackets behind in: in (1, 2)"},
		{`a in (1`, ``, "expected a comma or a closing bracket in the list behind in, not the end"},
		{`a in ()`, `)`, "expected a value behind in (: a text in quotes, a number, true, false or null"},
		{`a not = 1`, `=`, "expected in or like behind not; to negate a condition, put not before its field"},
		{`a like 1`, `1`, "expected a text in quotes behind like"},
		{`a like`, ``, "expected a text in quotes behind like"},
		{`_id like "a*"`, `like`, "ids can be compared with =, != and in only"},
		{`a =~ "("`, `"("`, "this pattern cannot be used: unexpected end-of-string"},
		{`a =~ b`, `b`, "expected a text in quotes behind =~"},
		{`_id ~ "x"`, `"x"`, "ids can be compared with =, != and in only"},
		{`a ~ 5`, `5`, "expected words in quotes behind ~: numbers and others are compared with ="},
		{`a !~`, ``, "expected a value behind !~: a text in quotes, a number, true, false or null"},
		{`a > true`, `true`, "only numbers and texts are less or greater than others"},
		{`_id > "x"`, `"x"`, "ids can be compared with =, != and in only"},
		{`_id = 5`, `5`, "expected a text in quotes"},
		{`a = "\x"`, `\x`, `a backslash can stand before n, t, u, *, ?, a quote or a backslash: write \\ for a backslash`},
		{`a = "\u12"`, `\u`, `\u needs four hexadecimal digits behind it`},
		{`a ? 1`, `?`, "'?' is not part of the language: put texts in quotes, and fields with special characters in backquotes"},
		{"a = 1 and\n\tb = us", `us`, `expected a value behind =, and a text stands in quotes: "us"`},
	} {
		_, err := Parse(c.text)
		var s *SyntaxError
		if !errors.As(err, &s) || !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v", c.text, err)
			continue
		}
		if s.Message != c.message || s.Text[s.Begin:s.End] != c.marked {
			t.Errorf("%s: %q at %q, want %q at %q", c.text, s.Message, s.Text[s.Begin:s.End], c.message, c.marked)
		}
	}
}

func TestSyntaxErrorShown(t *testing.T) {
	_, err := Parse("ä.b > 1 and\n\tc = us or d = 1")
	want := "expected a value behind =, and a text stands in quotes: \"us\"\n  \tc = us or d = 1\n  \t    ^^"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want\n%s", err, want)
	}
}

// Nesting is bounded, so that no text exhausts the stack.
func TestParseDepth(t *testing.T) {
	for _, text := range []string{strings.Repeat("(", 100000), strings.Repeat("not ", 100000) + "a = 1"} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), "nested more than 200 deep") {
			t.Errorf("error %.100v", err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`magnitude.value > 5 and (network = "us" or not reviewed exists) and place in ("a", 1e3)`, "`a b` != '\\u00e9'", `_id = "\`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text)
		if err != nil {
			var s *SyntaxError
			if !errors.As(err, &s) {
				t.Fatalf("%T", err)
			}
			_ = s.Error()
			return
		}
		if _, err := Compile(q, nil); err != nil {
			t.Errorf("%q is parsed, but: %v", text, err)
		}
	})
}
