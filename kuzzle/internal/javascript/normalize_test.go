package javascript

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// What Node 20 makes of texts: JSON.stringify(JSON.parse(text)).
var normalized = []struct{ text, want string }{
	{`{"a":1,"a":2,"b":3}`, `{"a":2,"b":3}`},
	{`{"b":1,"10":1,"a":2,"9":3,"01":4,"-1":5,"4294967294":6,"4294967295":7}`,
		`{"9":3,"10":1,"4294967294":6,"b":1,"a":2,"01":4,"-1":5,"4294967295":7}`},
	{`{"a":{"x":1},"b":[{"1":1,"0":2}],"a":[ ]}`, `{"a":[],"b":[{"0":2,"1":1}]}`},
	{`[1.0, 1e3, 1E21, 123456789012345678901, 1e-7, 1.5e-6, 0.0000001, -0, -0.0, 1e400, -1e400]`,
		`[1,1000,1e+21,123456789012345680000,1e-7,0.0000015,1e-7,0,0,null,null]`},
	{`[12345678901234567890, 9007199254740993, 0.1, 5e-324, 1.7976931348623157e308, 100000000000000000000]`,
		`[12345678901234567000,9007199254740992,0.1,5e-324,1.7976931348623157e+308,100000000000000000000]`},
	{`"\u0041\u00e9\/\"\\\b\f\n\r\t\u0000\u001f\u007f"`, `"Aé/\"\\\b\f\n\r\t\u0000\u001f` + "\u007f" + `"`},
	{`"\ud83d\ude00 \uD83D \ude00\ud83d x"`, `"😀 \ud83d \ude00\ud83d x"`},
	{`"\u2028\u2029"`, "\"\u2028\u2029\""},
	{" \t\n\r[ true , false , null ] \n", `[true,false,null]`},
	{`{"__proto__":1,"constructor":2}`, `{"__proto__":1,"constructor":2}`},
	{`{"\u0061":1,"a":2}`, `{"a":2}`},
	{`{"":1,"":2}`, `{"":2}`},
	{`0`, `0`},
	{`"x"`, `"x"`},
}

func TestNormalize(t *testing.T) {
	for _, tt := range normalized {
		got, err := Normalize([]byte(tt.text))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %s, %v, want %s", tt.text, got, err, tt.want)
		}
		if !json.Valid(got) {
			t.Errorf("%s is no JSON", got)
		}
	}
	if got, err := Normalize([]byte("\"a\xffb\"")); err != nil || string(got) != "\"a\uFFFDb\"" {
		t.Errorf("%s, %v", got, err)
	}
}

// Many keys are compared by a map.
func TestNormalizeMany(t *testing.T) {
	text := `{"k":0`
	for i := range 40 {
		text += `,"a` + strings.Repeat("x", i) + `":1`
	}
	got, err := Normalize([]byte(text + `,"k":9}`))
	if want := strings.Replace(text, `"k":0`, `"k":9`, 1) + "}"; err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}

// Numbers that are taken as they are would be written so.
func TestPlainNumbers(t *testing.T) {
	plain := 0
	for whole := range 1200 {
		for _, text := range []string{
			fmt.Sprint(whole), fmt.Sprint(-whole), fmt.Sprintf("%d.%d", whole/100, whole%100), fmt.Sprintf("-0.%d", whole),
			fmt.Sprintf("%de%d", whole, whole%3), fmt.Sprintf("0.%07d", whole), fmt.Sprintf("%d%d.%d", whole*7919, whole*104729, whole),
			fmt.Sprintf("0.%012d1", whole*104729), fmt.Sprintf("%d%d", whole*1299709, whole*15485863),
		} {
			f, err := strconv.ParseFloat(text, 64)
			if err != nil || !json.Valid([]byte(text)) {
				continue
			}
			if want := string(AppendNumber(nil, f)); isPlain([]byte(text)) {
				plain++
				if text != want {
					t.Errorf("%s is written %s", text, want)
				}
			}
		}
	}
	if plain < 1200 || !isPlain([]byte("1.5")) || isPlain([]byte("1.50")) {
		t.Errorf("%d numbers are plain", plain)
	}
}

func TestNormalizeErrors(t *testing.T) {
	for _, tt := range []struct {
		text   string
		offset int
	}{
		{``, 0}, {`{`, 1}, {`[1,]`, 3}, {`{"a":1,}`, 7}, {`{"a" 1}`, 5}, {`{a:1}`, 1}, {`[1 2]`, 3}, {`01`, 1}, {`1.`, 2},
		{`-`, 1}, {`+1`, 0}, {`1e`, 2}, {`tru`, 3}, {`nulL`, 3}, {`"a`, 2}, {"\"a\nb\"", 2}, {`"\x"`, 2}, {`"\u12G4"`, 2},
		{`"\`, 2}, {`{} x`, 3}, {`NaN`, 0}, {`[}`, 1}, {`'a'`, 0}, {`{"a":}`, 5}, {`[,1]`, 1}, {`]`, 0},
	} {
		_, err := Normalize([]byte(tt.text))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || syntax.Offset != tt.offset {
			t.Errorf("%s: %v, want an error at %d", tt.text, err, tt.offset)
		}
	}
	deep := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	if _, err := Normalize(deep(MaxDepth)); err != nil {
		t.Error(err)
	}
	if _, err := Normalize(deep(MaxDepth + 2)); err == nil {
		t.Error("a text that is too deep is accepted")
	}
}

// What is normalized stays as it is, and what encoding/json takes for JSON is taken for JSON here.
func FuzzNormalize(f *testing.F) {
	for _, tt := range normalized {
		f.Add([]byte(tt.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Normalize(text)
		if (err == nil) != json.Valid([]byte(strings.ToValidUTF8(string(text), "\uFFFD"))) {
			t.Fatalf("%q: %v", text, err)
		}
		if err != nil {
			return
		}
		again, err := Normalize(got)
		if err != nil || string(again) != string(got) {
			t.Fatalf("%s becomes %s, %v", got, again, err)
		}
	})
}
