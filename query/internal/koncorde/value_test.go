package koncorde

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
)

// What JSON.stringify(JSON.parse(text)) gives.
func TestJavaScriptsView(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{` { "b" : [ 1 , true , null ] , "a" : { } } `, `{"b":[1,true,null],"a":{}}`},
		{`{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
		{`{"b":1,"10":2,"9":3,"01":4,"-1":5,"4294967294":6,"4294967295":7}`,
			`{"9":3,"10":2,"4294967294":6,"b":1,"01":4,"-1":5,"4294967295":7}`},
		{`[1.0,1e2,-0,0.1,1e21,123456789012345680000,1e-6,1e-7,9007199254740993,1e400,-1e400,5e-324]`,
			`[1,100,0,0.1,1e+21,123456789012345680000,0.000001,1e-7,9007199254740992,null,null,5e-324]`},
		{`["\u00e9\/\b\u0001\"\\<\u2028","\ud83d\ude00"]`, "[\"é/\\b\\u0001\\\"\\\\<\u2028\",\"😀\"]"},
		{`["\ud800","\udc00\ud800x","\ud800\n\ud83d\ude00\""]`, `["\ud800","\udc00\ud800x","\ud800\n😀\""]`},
		{`{"\ud800":1,"\ud801":2}`, `{"\ud800":1,"\ud801":2}`},
	} {
		v, ok := parseValue([]byte(test.text))
		if got := string(appendJSON(nil, v, infinityLost)); !ok || got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.text, got, test.want)
		}
	}
}

// What String(JSON.parse(text)) and parseFloat(JSON.parse(text)) give.
func TestTextAndNumber(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct {
		text, want string
		number     float64
	}{
		{`null`, "null", nan},
		{`true`, "true", nan},
		{`1e21`, "1e+21", 1e21},
		{`-1e-7`, "-1e-7", -1e-7},
		{`1e400`, "Infinity", math.Inf(1)},
		{`" \ufeff\u00a0-1.5e1e1"`, " \ufeff\u00a0-1.5e1e1", -15},
		{`"1e"`, "1e", 1},
		{`"5."`, "5.", 5},
		{`"."`, ".", nan},
		{`"+Infinityx"`, "+Infinityx", math.Inf(1)},
		{`"0x10"`, "0x10", 0},
		{`[1,[null,2],{},[]]`, "1,,2,[object Object],", 1},
		{`[]`, "", nan},
		{`{"a":1}`, "[object Object]", nan},
	} {
		v, _ := parseValue([]byte(test.text))
		if got := toText(v); got != test.want {
			t.Errorf("%s: got text %q, want %q", test.text, got, test.want)
		}
		if got := parseFloat(v); got != test.number && !(math.IsNaN(got) && math.IsNaN(test.number)) {
			t.Errorf("%s: got number %v, want %v", test.text, got, test.number)
		}
	}
}

// The keys of a text are its UTF-16 code units.
func TestKeysOfText(t *testing.T) {
	for text, want := range map[string]int{`""`: 0, `"aé"`: 2, `"😀"`: 2, `"\ud800x"`: 2} {
		v, _ := parseValue([]byte(text))
		if got := len(keysOf(v)); got != want {
			t.Errorf("%s: got %d keys, want %d", text, got, want)
		}
	}
}

// For JSON that Go and JavaScript see alike, Go reads the same from what is written.
func FuzzValue(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"x",null,true,{"b":-1.5e-7}]}`, `{"1":1,"0":2}`, `"\ud800\u00e9"`, `[1e400]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, ok := parseValue(raw)
		if ok != json.Valid(raw) {
			t.Fatalf("got %v", ok)
		}
		var want, got any
		if json.Unmarshal(raw, &want) != nil { // infinite numbers, and what is no JSON
			return
		}
		written := appendJSON(nil, v, infinityLost)
		if err := json.Unmarshal(written, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %s, error %v", written, err)
		}
		if again, _ := parseValue(written); string(appendJSON(nil, again, infinityLost)) != string(written) {
			t.Errorf("%s is written in another way when it is read again", written)
		}
	})
}
