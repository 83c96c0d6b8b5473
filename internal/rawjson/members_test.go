package rawjson

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestElements(t *testing.T) {
	tests := []struct {
		in   string
		want []string
		kind Kind
		at   int // of the error; -1: none
	}{
		{`[]`, nil, 0, -1},
		{" [ ] \n", nil, 0, -1},
		{`[1]`, []string{`1`}, 0, -1},
		{` [ {"a" : [1, 2]} , "x,]" ,null ] `, []string{`{"a" : [1, 2]}`, `"x,]"`, `null`}, 0, -1},
		{`[{"a":1,"a":2}]`, []string{`{"a":1,"a":2}`}, 0, -1},
		{`[[[1]]]`, []string{`[[1]]`}, 0, -1},
		{`[[[[1]]]]`, nil, Depth, 3},
		{`{"a":1}`, nil, Syntax, 0},
		{``, nil, Syntax, 0},
		{`[`, nil, Syntax, 1},
		{`[1,2`, []string{`1`}, Syntax, 4},
		{`[1,]`, []string{`1`}, Syntax, 3},
		{`[,1]`, nil, Syntax, 1},
		{`[1 2]`, nil, Syntax, 3},
		{`[1}`, nil, Syntax, 2},
		{`[1] x`, []string{`1`}, Syntax, 4},
		{"[1,\"\xff\"]", []string{`1`}, UTF8, 4},
	}
	for _, tt := range tests {
		var got []string
		var failed error
		for e, err := range Elements([]byte(tt.in), 2) {
			if failed != nil {
				t.Errorf("%q: goes on after %v", tt.in, failed)
			}
			if failed = err; err == nil {
				got = append(got, string(e))
			}
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%q: %s", tt.in, d)
		}
		var e *Error
		if errors.As(failed, &e); (e == nil) != (tt.at < 0) || e != nil && (e.Kind != tt.kind || e.Offset != tt.at) {
			t.Errorf("%q: %v; want kind %d at %d", tt.in, failed, tt.kind, tt.at)
		}
	}
}

func TestElementsStops(t *testing.T) {
	for e, err := range Elements([]byte(`[1,2,oops`), 0) {
		if string(e) != "1" || err != nil {
			t.Errorf("%s, %v", e, err)
		}
		break
	}
}

func TestElementsAllocations(t *testing.T) {
	src := []byte(`[{"a":1},{"b":[1,2,3]},"x",{"c":null},5]`)
	if n := testing.AllocsPerRun(100, func() {
		for range Elements(src, 0) {
		}
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func TestMembers(t *testing.T) {
	tests := []struct {
		in   string
		want []string
	}{
		{`{}`, nil},
		{`[]`, nil},
		{``, nil},
		{`{"a":1}`, []string{`"a"`, `1`}},
		{` { "a" : [1, {"b":"}"}] , "\u0062" : "x\"}" ,"":{}} `, []string{`"a"`, `[1, {"b":"}"}]`, `"\u0062"`, `"x\"}"`, `""`, `{}`}},
		{`{"a":1,"b"`, []string{`"a"`, `1`}},
		{`{"a":1 "b":2}`, []string{`"a"`, `1`}},
		{`{"a":}`, nil},
	}
	for _, tt := range tests {
		var got []string
		for k, v := range Members([]byte(tt.in)) {
			got = append(got, string(k), string(v))
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%q: %s", tt.in, d)
		}
	}
	for range Members([]byte(`{"a":1,"b":2}`)) {
		break
	}
}

func TestLookup(t *testing.T) {
	obj := []byte(` {"a":1,"n":{"b":2},"x\ty" : [3] ,"":4,"a.b":5}`)
	for _, tt := range []struct{ name, want string }{
		{"a", "1"}, {"n", `{"b":2}`}, {"x\ty", "[3]"}, {"", "4"}, {"a.b", "5"},
	} {
		if got, ok := Lookup(obj, tt.name); !ok || string(got) != tt.want {
			t.Errorf("%q: %s, %v", tt.name, got, ok)
		}
	}
	for _, name := range []string{"b", "A", "x\\ty", "n.b"} {
		if got, ok := Lookup(obj, name); ok {
			t.Errorf("%q: %s", name, got)
		}
	}
	if n := testing.AllocsPerRun(100, func() { Lookup(obj, "x\ty") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPaths(t *testing.T) {
	tests := []struct {
		in    string
		want  []string
		cover bool
	}{
		{`{}`, nil, true},
		{`{"x":5,"n":{"z":1},"nul":null}`, []string{"x", "n.z", "nul"}, true},
		{`{"b":[{"c":{}}],"a":{"f":{"g":""}}}`, []string{"b", "a.f.g"}, true},
		{`{"b":[{"c":1}],"a":{"e":{},"f":{"g":""}}}`, []string{"b", "a.f.g"}, false},
		{`{"b":1,"a":{}}`, []string{"b"}, false},
		{`{"_kuzzle_info":{"a":{}},"n":{"m":3},"\u005fkuzzle_info":4}`, []string{"n.m"}, true},
		{`{"n":{"_kuzzle_info":2,"m":3}}`, []string{"n.m"}, false},
		{`{"x_kuzzle_info":1,"a":{"_kuzzle_infos":2}}`, []string{"x_kuzzle_info", "a._kuzzle_infos"}, true},
		{`{ "a.b" : 1 , "\u00e9\n" : { "" : 2 } }`, []string{"a.b", "é\n."}, false},
		{`{"":{"a":1}}`, []string{"a"}, false},
		{`{"a":{"b.c":1}}`, []string{"a.b.c"}, false},
		{`{"a[0]":1}`, []string{"a[0]"}, false},
		{`{"\ud800":1}`, []string{"\xed\xa0\x80"}, true},
	}
	for _, tt := range tests {
		paths, complete, cover := Paths(nil, []byte(tt.in), 1<<20)
		if d := cmp.Diff(tt.want, paths); d != "" || !complete || cover != tt.cover {
			t.Errorf("%s: cover %v: %s", tt.in, cover, d)
		}
	}
	if got, _, _ := Paths([]string{"first"}, []byte(`{"a":1}`), 100); !slices.Equal(got, []string{"first", "a"}) {
		t.Errorf("got %q", got)
	}
}

// All that reads must come to an end and stay within its input, whatever the input is;
// over a valid object it must see what the twin sees.
func FuzzMembers(f *testing.F) {
	for _, s := range []string{
		`{"a":1,"b":{"c":[1,{"d":"\""}]}}`, ` { "a" : "\\" , "b" : [ ] } `, `[1,[2],{"a":3}]`, `{"a"`, `{"a":"\`, `{"a":{`, `{"`, `["`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var keys, values [][]byte
		for k, v := range Members(src) {
			keys, values = append(keys, k), append(values, v)
		}
		Lookup(src, "a")
		Paths(nil, src, len(src))
		Compile(src).Find(0, []byte(`"a"`), false)
		for i := range len(src) + 1 {
			Skip(src, i)
			SkipRest(src, i)
			SkipString(src, i)
		}
		var elements [][]byte
		var failed error
		for e, err := range Elements(src, MaxDepth) {
			if failed = err; err == nil {
				elements = append(elements, e)
			}
		}
		if !json.Valid(src) || !utf8.Valid(src) {
			if failed == nil {
				t.Fatalf("Elements(%q) found nothing wrong", src)
			}
			return
		}
		switch v := naive(src).(type) {
		case naiveObject:
			if len(v) != len(keys) {
				t.Fatalf("%d members, want %d", len(keys), len(v))
			}
			for i, m := range v {
				if !json.Valid(values[i]) || !naiveEqual(naive(values[i]), m.value) || naive(keys[i]) != any(naiveString(m.key)) {
					t.Fatalf("member %d of %q: %q: %q", i, src, keys[i], values[i])
				}
			}
		case []any:
			if _, depth := naiveFlaws(v); depth > MaxDepth {
				return
			}
			if failed != nil || len(v) != len(elements) {
				t.Fatalf("%d elements and %v, want %d", len(elements), failed, len(v))
			}
			for i, e := range v {
				if !naiveEqual(naive(elements[i]), e) {
					t.Fatalf("element %d of %q: %q", i, src, elements[i])
				}
			}
		default:
			if failed == nil || len(keys) > 0 {
				t.Fatalf("%q: %v, %q", src, failed, keys)
			}
		}
	})
}

// The paths of a small document can be long: they are given up where they have too many bytes.
func TestPathsAreBounded(t *testing.T) {
	obj := []byte(`{"` + strings.Repeat("k", 1000) + `":{"a":1,"b":2,"c":3}}`)
	if paths, complete, _ := Paths(nil, obj, 3*1002); len(paths) != 3 || !complete {
		t.Errorf("%d paths, complete %v", len(paths), complete)
	}
	if paths, complete, cover := Paths(nil, obj, 3*1002-1); paths != nil || complete || cover {
		t.Errorf("%d paths, complete %v", len(paths), complete)
	}
}
