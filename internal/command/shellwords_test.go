package command

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestSplitLine(t *testing.T) {
	for _, test := range []struct {
		line string
		want []string
		open byte
	}{
		{"", nil, 0},
		{" \t ", nil, 0},
		{"get shop carts c1", []string{"get", "shop", "carts", "c1"}, 0},
		{"  get\t\tshop  ", []string{"get", "shop"}, 0},
		{`--body '{"a":"b c"}'`, []string{"--body", `{"a":"b c"}`}, 0},
		{`--body "{\"a\": 1, \"b\": \"\\n\"}"`, []string{"--body", `{"a": 1, "b": "\n"}`}, 0},
		{`"a\b" 'a\b' a\b`, []string{`a\b`, `a\b`, "ab"}, 0},
		{`"$HOME" $HOME "\$HOME" *`, []string{"$HOME", "$HOME", "$HOME", "*"}, 0},
		{`'it'\''s' "it's" it\'s`, []string{"it's", "it's", "it's"}, 0},
		{`'' ""`, []string{"", ""}, 0},
		{`a''b"c d"'e f'`, []string{"abc de f"}, 0},
		{`a\ b`, []string{"a b"}, 0},
		{`count shop carts # all of them`, []string{"count", "shop", "carts"}, 0},
		{`# nothing`, nil, 0},
		{`items.# a#b '#c' \#d`, []string{"items.#", "a#b", "#c", "#d"}, 0},
		{`'a | b' "a > b" a\;b`, []string{"a | b", "a > b", "a;b"}, 0},
		{"é 'ü ß'", []string{"é", "ü ß"}, 0},
		{"'a\nb'", []string{"a\nb"}, 0},
		{"a\\\nb \\\n c", []string{"ab", "c"}, 0},
		{"\"a\\\nb\"", []string{"ab"}, 0},
		{`'a b`, []string{"a b"}, '\''},
		{`x "a b`, []string{"x", "a b"}, '"'},
		{`x "a\"`, []string{"x", `a"`}, '"'},
		{`x a\`, []string{"x", "a"}, '\\'},
		{`x "a\`, []string{"x", `a\`}, '"'},
	} {
		words, open, err := splitLine(test.line)
		if got := texts(words); err != nil || !slices.Equal(got, test.want) || open != test.open {
			t.Errorf("splitLine(%q) = %q, %q, %v; want %q, %q", test.line, got, open, err, test.want, test.open)
		}
	}
}

// TestSplitLineRefuses has what would be something else in a shell.
func TestSplitLineRefuses(t *testing.T) {
	for _, line := range []string{"list i c | head", "list > f", "delete i c <f", "a; b", "a&", "x=a&b", "'a'|b"} {
		words, _, err := splitLine(line)
		if err == nil || words != nil || !strings.Contains(err.Error(), "is not for this shell") {
			t.Errorf("splitLine(%q) = %q, %v; want an error", line, texts(words), err)
		}
	}
}

// TestSplitLineAsShell asks a POSIX shell.
func TestSplitLineAsShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	for _, line := range []string{
		`a 'b c' "d e"`, `'{"a":"\n"}' "{\"a\":\"\\n\"}"`, `a\ b \'c "\a\"\\"`, `''a"" "" ''`, `a#b '#' \# # c`,
		"'a\nb' \"c\\\nd\" e\\\nf \\\n g", `a=b\=c 'it'\''s'`, "\"\\`\" \"'\" '\"'",
	} {
		out, err := exec.Command(sh, "-c", `printf '%s\0' `+line).Output()
		if err != nil {
			t.Fatal(err)
		}
		words, _, err := splitLine(line)
		if got := strings.Join(texts(words), "\x00") + "\x00"; err != nil || got != string(out) {
			t.Errorf("splitLine(%q) = %q, %v; sh has %q", line, got, err, out)
		}
	}
}

// FuzzSplitLine takes lines apart, quotes the words, and takes those apart again.
func FuzzSplitLine(f *testing.F) {
	for _, line := range []string{`get i c 'a b'`, `"a\"b" \x # c`, `'`, `"\`, "a\\\nb", "é'ü", `''`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, open, err := splitLine(line)
		if err != nil {
			return
		}
		end := 0
		for i, w := range words {
			if w.start < end || w.end <= w.start || w.end > len(line) {
				t.Fatalf("%q: word %d is at %d to %d", line, i, w.start, w.end)
			}
			end = w.end
		}
		if open != 0 && (len(words) == 0 || end != len(line)) {
			t.Fatalf("%q: %q is open, but not in the last word", line, open)
		}
		want, quoted := texts(words), ""
		for _, text := range want {
			quoted += shellQuote(text) + " "
		}
		again, open, err := splitLine(quoted)
		if got := texts(again); err != nil || open != 0 || !slices.Equal(got, want) {
			t.Fatalf("%q has the words %q, which quoted again are %q, %q, %v", line, want, got, open, err)
		}
	})
}
