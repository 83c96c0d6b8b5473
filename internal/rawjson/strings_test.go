package rawjson

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestUnquote(t *testing.T) {
	tests := []struct{ in, want string }{
		{`""`, ""},
		{`"abc"`, "abc"},
		{`"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t"},
		{`"\u0041\u00e9\u20AC\u0000"`, "Aé€\x00"},
		{`"\ud83d\ude00\uD83D\uDE00"`, "😀😀"},
		{`"é\u00e9é"`, "ééé"},
	}
	for _, tt := range tests {
		got, err := Unquote([]byte(tt.in))
		if err != nil || got != tt.want {
			t.Errorf("%s: %q, %v", tt.in, got, err)
		}
		if !KeyIs([]byte(tt.in), tt.want) || KeyIs([]byte(tt.in), tt.want+"x") || KeyIs([]byte(tt.in), "x"+tt.want) {
			t.Errorf("KeyIs of %s is wrong", tt.in)
		}
	}
	for _, in := range []string{
		``, `"`, `"a`, `a"`, `abc`, `"a"b"`, `"a" `, ` "a"`, `"\x"`, `"\u12"`, `"\"`, "\"\n\"", "\"\xff\"", `1`, `{}`,
		`"\ud800"`, `"\udc00"`, `"\ud800\u0041"`, `"\udc00\ud800"`, `"\ud800\ud800\udc00"`, `"\ud800x\udc00"`,
	} {
		if got, err := Unquote([]byte(in)); err == nil {
			t.Errorf("%s: %q", in, got)
		}
	}
}

func TestKeyIsDoesNotAllocate(t *testing.T) {
	name := strings.Repeat("é", 200)
	key := []byte(`"` + strings.Repeat(`\u00e9`, 200) + `"`)
	if n := testing.AllocsPerRun(100, func() {
		if !KeyIs(key, name) {
			t.Error("not equal")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestAppendString(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", `""`},
		{"a<b>&'c/", `"a<b>&'c/"`},
		{"\"\\\b\f\n\r\t", `"\"\\\b\f\n\r\t"`},
		{"\x00\x0b\x1f\x7f", `"\u0000\u000b\u001f` + "\x7f\""},
		{"é\u2028😀\ufffd", "\"é\u2028😀\ufffd\""},
		{"a\xffb", "\"a\ufffdb\""},
		{"\xed\xa0\x80", `"\ud800"`},
		{"\xed\xbf\xbf", `"\udfff"`},
		{"\xed\xad\xab", `"\udb6b"`},
		{"\xed\xa0", "\"\ufffd\ufffd\""},
	}
	for _, tt := range tests {
		if got := AppendString([]byte("x"), tt.in); string(got) != "x"+tt.want {
			t.Errorf("%q: %s, want %s", tt.in, got[1:], tt.want)
		}
	}
}

func FuzzUnquote(f *testing.F) {
	for _, s := range []string{`"abc"`, `"\u0041\ud83d\ude00"`, `"\ud800"`, `"\n\"\\"`, `"é"`, `"`, `"\`, "\"\xff\"", `"\ud800\ud83d\ude00"`} {
		f.Add([]byte(s), "abc\x00\xed\xa0\x80")
	}
	f.Fuzz(func(t *testing.T, raw []byte, s string) {
		got, err := Unquote(raw)
		if valid := json.Valid(raw) && utf8.Valid(raw) && raw[0] == '"' && raw[len(raw)-1] == '"'; valid {
			units := naive(raw).(naiveString)
			decoded := appendDecoded(nil, raw[1:len(raw)-1])
			if quoted := AppendString(nil, string(decoded)); naive(quoted) != any(units) {
				t.Fatalf("%q decodes to %q", raw, decoded)
			}
			if (err == nil) != utf8.Valid(decoded) || err == nil && got != string(decoded) {
				t.Fatalf("Unquote(%q) = %q, %v", raw, got, err)
			}
			if !KeyIs(raw, string(decoded)) {
				t.Fatalf("KeyIs(%q, %q) is false", raw, decoded)
			}
			if KeyIs(raw, s) != (s == string(decoded)) {
				t.Fatalf("KeyIs(%q, %q) is wrong", raw, s)
			}
		} else if err == nil {
			t.Fatalf("Unquote(%q) = %q", raw, got)
		}
		KeyIs(raw, s)

		quoted := AppendString(nil, s)
		if !json.Valid(quoted) || !utf8.Valid(quoted) {
			t.Fatalf("AppendString(%q) = %q", s, quoted)
		}
		if back, err := Unquote(quoted); utf8.ValidString(s) && (err != nil || back != s) {
			t.Fatalf("%q comes back as %q, %v", s, back, err)
		}
	})
}
