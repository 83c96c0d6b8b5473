package rawjson

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// lodashDocuments and what _.unset of lodash 4.17.21 makes of them under node 20.
// Every path is tried on every document; where nothing stands here, lodash changes nothing.
var lodashDocuments = []string{
	`{"a":{"b":{"c":1,"d":2}},"x":3}`,
	`{"0":"zero","a":[1,{"b":2,"c":3},[4,5]],"n":{"0":"o","1":"i"}}`,
	`{"a.b":1,"a":{"b":2},"a[0]":3,"[x":4,"":{"":5,"y":6}}`,
	`{"a":{"":1,"b c":2,"q\"r":3,"x.y":4,"-1":5,"1.5":6,"back\\slash":7},"null":null,"s":"str"}`,
}

var lodashPaths = []string{
	`a`, `x`, `a.b`, `a.b.c`, `a[b][c]`, `a["b"].c`, `a['b'].d`, `zz`, `a.zz`, `a.b.c.d`, `a[0]`, `a.0`, `a[1].b`,
	`a.1.c`, `a[2][1]`, `a[2].0`, `a[7]`, `a[-1]`, `a[00]`, `a[01]`, `a.length`, `[0]`, `0`, `n[0]`, `n.1`, `n["1"]`,
	`a[1.5]`, `[x`, `["a"].b`, `["a.b"]`, `["a.b"]x`, ``, `.`, `..`, `.y`, `[""].y`, `a.`, `a..b`, `a[]`, `a["b c"]`,
	`a.b c`, `a["q\"r"]`, `a['q"r']`, `a["x.y"]`, `a.x.y`, `a["back\\slash"]`, `a.back\slash`, `null.x`, `s[0]`,
	`s.length`, `a[ 0 ]`, `a]`, `a[`, `a[b`, `a[["b"]]`, `a["b"`, `a["b"]]`, `[a]`, `[a].b`, `a[].b`, `a.[0]`, `a[0].`,
	`a[1]b`, `a[1][b]`, `["a"]["b"]`, `["a"]["b"]["c"]`, `a.b[c`, `[[0]]`, `a["b\c"]`, `a['']`, `a[""]`,
}

var lodashUnset = []struct {
	document   int
	path, want string
}{
	{0, `a`, `{"x":3}`},
	{0, `x`, `{"a":{"b":{"c":1,"d":2}}}`},
	{0, `a.b`, `{"a":{},"x":3}`},
	{0, `a.b.c`, `{"a":{"b":{"d":2}},"x":3}`},
	{0, `a[b][c]`, `{"a":{"b":{"d":2}},"x":3}`},
	{0, `a["b"].c`, `{"a":{"b":{"d":2}},"x":3}`},
	{0, `a['b'].d`, `{"a":{"b":{"c":1}},"x":3}`},
	{0, `["a"].b`, `{"a":{},"x":3}`},
	{0, `a[["b"]]`, `{"a":{},"x":3}`},
	{0, `a["b"]]`, `{"a":{},"x":3}`},
	{0, `[a]`, `{"x":3}`},
	{0, `[a].b`, `{"a":{},"x":3}`},
	{0, `["a"]["b"]`, `{"a":{},"x":3}`},
	{0, `["a"]["b"]["c"]`, `{"a":{"b":{"d":2}},"x":3}`},
	{0, `a.b[c`, `{"a":{"b":{"d":2}},"x":3}`},
	{1, `a`, `{"0":"zero","n":{"0":"o","1":"i"}}`},
	{1, `a[0]`, `{"0":"zero","a":[null,{"b":2,"c":3},[4,5]],"n":{"0":"o","1":"i"}}`},
	{1, `a.0`, `{"0":"zero","a":[null,{"b":2,"c":3},[4,5]],"n":{"0":"o","1":"i"}}`},
	{1, `a[1].b`, `{"0":"zero","a":[1,{"c":3},[4,5]],"n":{"0":"o","1":"i"}}`},
	{1, `a.1.c`, `{"0":"zero","a":[1,{"b":2},[4,5]],"n":{"0":"o","1":"i"}}`},
	{1, `a[2][1]`, `{"0":"zero","a":[1,{"b":2,"c":3},[4,null]],"n":{"0":"o","1":"i"}}`},
	{1, `a[2].0`, `{"0":"zero","a":[1,{"b":2,"c":3},[null,5]],"n":{"0":"o","1":"i"}}`},
	{1, `[0]`, `{"a":[1,{"b":2,"c":3},[4,5]],"n":{"0":"o","1":"i"}}`},
	{1, `0`, `{"a":[1,{"b":2,"c":3},[4,5]],"n":{"0":"o","1":"i"}}`},
	{1, `n[0]`, `{"0":"zero","a":[1,{"b":2,"c":3},[4,5]],"n":{"1":"i"}}`},
	{1, `n.1`, `{"0":"zero","a":[1,{"b":2,"c":3},[4,5]],"n":{"0":"o"}}`},
	{1, `n["1"]`, `{"0":"zero","a":[1,{"b":2,"c":3},[4,5]],"n":{"0":"o"}}`},
	{1, `[a]`, `{"0":"zero","n":{"0":"o","1":"i"}}`},
	{1, `a.[0]`, `{"0":"zero","a":[null,{"b":2,"c":3},[4,5]],"n":{"0":"o","1":"i"}}`},
	{1, `a[1]b`, `{"0":"zero","a":[1,{"c":3},[4,5]],"n":{"0":"o","1":"i"}}`},
	{1, `a[1][b]`, `{"0":"zero","a":[1,{"c":3},[4,5]],"n":{"0":"o","1":"i"}}`},
	{1, `[[0]]`, `{"a":[1,{"b":2,"c":3},[4,5]],"n":{"0":"o","1":"i"}}`},
	{2, `a`, `{"a.b":1,"a[0]":3,"[x":4,"":{"":5,"y":6}}`},
	{2, `a.b`, `{"a":{"b":2},"a[0]":3,"[x":4,"":{"":5,"y":6}}`},
	{2, `a[0]`, `{"a.b":1,"a":{"b":2},"[x":4,"":{"":5,"y":6}}`},
	{2, `[x`, `{"a.b":1,"a":{"b":2},"a[0]":3,"":{"":5,"y":6}}`},
	{2, `["a"].b`, `{"a.b":1,"a":{},"a[0]":3,"[x":4,"":{"":5,"y":6}}`},
	{2, `["a.b"]`, `{"a":{"b":2},"a[0]":3,"[x":4,"":{"":5,"y":6}}`},
	{2, ``, `{"a.b":1,"a":{"b":2},"a[0]":3,"[x":4}`},
	{2, `.`, `{"a.b":1,"a":{"b":2},"a[0]":3,"[x":4,"":{"y":6}}`},
	{2, `.y`, `{"a.b":1,"a":{"b":2},"a[0]":3,"[x":4,"":{"":5}}`},
	{2, `[""].y`, `{"a.b":1,"a":{"b":2},"a[0]":3,"[x":4,"":{"":5}}`},
	{2, `a[["b"]]`, `{"a.b":1,"a":{},"a[0]":3,"[x":4,"":{"":5,"y":6}}`},
	{2, `a["b"]]`, `{"a.b":1,"a":{},"a[0]":3,"[x":4,"":{"":5,"y":6}}`},
	{2, `[a]`, `{"a.b":1,"a[0]":3,"[x":4,"":{"":5,"y":6}}`},
	{2, `[a].b`, `{"a.b":1,"a":{},"a[0]":3,"[x":4,"":{"":5,"y":6}}`},
	{2, `["a"]["b"]`, `{"a.b":1,"a":{},"a[0]":3,"[x":4,"":{"":5,"y":6}}`},
	{3, `a`, `{"null":null,"s":"str"}`},
	{3, `a[-1]`, `{"a":{"":1,"b c":2,"q\"r":3,"x.y":4,"1.5":6,"back\\slash":7},"null":null,"s":"str"}`},
	{3, `a[1.5]`, `{"a":{"":1,"b c":2,"q\"r":3,"x.y":4,"-1":5,"back\\slash":7},"null":null,"s":"str"}`},
	{3, `a.`, `{"a":{"b c":2,"q\"r":3,"x.y":4,"-1":5,"1.5":6,"back\\slash":7},"null":null,"s":"str"}`},
	{3, `a[]`, `{"a":{"b c":2,"q\"r":3,"x.y":4,"-1":5,"1.5":6,"back\\slash":7},"null":null,"s":"str"}`},
	{3, `a["b c"]`, `{"a":{"":1,"q\"r":3,"x.y":4,"-1":5,"1.5":6,"back\\slash":7},"null":null,"s":"str"}`},
	{3, `a.b c`, `{"a":{"":1,"q\"r":3,"x.y":4,"-1":5,"1.5":6,"back\\slash":7},"null":null,"s":"str"}`},
	{3, `a["q\"r"]`, `{"a":{"":1,"b c":2,"x.y":4,"-1":5,"1.5":6,"back\\slash":7},"null":null,"s":"str"}`},
	{3, `a['q"r']`, `{"a":{"":1,"b c":2,"x.y":4,"-1":5,"1.5":6,"back\\slash":7},"null":null,"s":"str"}`},
	{3, `a["x.y"]`, `{"a":{"":1,"b c":2,"q\"r":3,"-1":5,"1.5":6,"back\\slash":7},"null":null,"s":"str"}`},
	{3, `a["back\\slash"]`, `{"a":{"":1,"b c":2,"q\"r":3,"x.y":4,"-1":5,"1.5":6},"null":null,"s":"str"}`},
	{3, `a.back\slash`, `{"a":{"":1,"b c":2,"q\"r":3,"x.y":4,"-1":5,"1.5":6},"null":null,"s":"str"}`},
	{3, `[a]`, `{"null":null,"s":"str"}`},
	{3, `a['']`, `{"a":{"b c":2,"q\"r":3,"x.y":4,"-1":5,"1.5":6,"back\\slash":7},"null":null,"s":"str"}`},
	{3, `a[""]`, `{"a":{"b c":2,"q\"r":3,"x.y":4,"-1":5,"1.5":6,"back\\slash":7},"null":null,"s":"str"}`},
}

func TestDeletePathsAsLodash(t *testing.T) {
	type call struct {
		document int
		path     string
	}
	want := map[call]string{}
	for _, u := range lodashUnset {
		want[call{u.document, u.path}] = u.want
	}
	for d, document := range lodashDocuments {
		for _, path := range lodashPaths {
			w, changes := want[call{d, path}]
			if !changes {
				w = document
			}
			got, removed, _ := DeletePaths([]byte(document), []string{path})
			if string(got) != w || (len(removed) == 1) != changes {
				t.Errorf("document %d, path %q:\n got %s %q\nwant %s", d, path, got, removed, w)
			}
		}
	}
}

func TestDeletePaths(t *testing.T) {
	tests := []struct {
		name, in string
		paths    []string
		want     string
		removed  []string
	}{
		{"no paths", `{"a":1}`, nil, `{"a":1}`, nil},
		{"the only member", `{"a":1}`, []string{"a"}, `{}`, []string{"a"}},
		{"first, middle, last", `{"a":1,"b":2,"c":3,"d":4,"e":5}`, []string{"a", "c", "e"}, `{"b":2,"d":4}`, []string{"a", "c", "e"}},
		{"all", `{"a":1,"b":2}`, []string{"b", "a"}, `{}`, []string{"b", "a"}},
		{"twice", `{"a":1,"b":2}`, []string{"a", "a"}, `{"b":2}`, []string{"a"}},
		{"parent, then child", `{"a":{"b":1},"c":2}`, []string{"a", "a.b"}, `{"c":2}`, []string{"a"}},
		{"child, then parent", `{"a":{"b":1},"c":2}`, []string{"a.b", "a"}, `{"c":2}`, []string{"a.b", "a"}},
		{"a slot is nulled, positions stay", `{"a":[1,2,3]}`, []string{"a[0]", "a[1]"}, `{"a":[null,null,3]}`, []string{"a[0]", "a[1]"}},
		{"a slot that is null already", `{"a":[null]}`, []string{"a[0]"}, `{"a":[null]}`, nil},
		{"a slot made longer", `{"a":[1,"x"],"b":2}`, []string{"a[0]", "b"}, `{"a":[null,"x"]}`, []string{"a[0]", "b"}},
		{"an empty array", `{"a":[]}`, []string{"a[0]"}, `{"a":[]}`, nil},
		{"other bytes stay", `{"n":1.10,"x":0,"e":"\u0041\/"}`, []string{"x"}, `{"n":1.10,"e":"\u0041\/"}`, []string{"x"}},
		{"escaped keys", `{"a":{"\u0062\n":1}}`, []string{"a.b\n"}, `{"a":{}}`, []string{"a.b\n"}},
		{"a key of prototypes", `{"__proto__":{"x":1},"constructor":2}`, []string{"__proto__.x", "constructor"}, `{"__proto__":{}}`, []string{"__proto__.x", "constructor"}},
		{"no inherited members", `{"a":"str"}`, []string{"a.length", "toString", "a.constructor.name"}, `{"a":"str"}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := []byte(tt.in)
			got, removed, _ := DeletePaths(in, tt.paths)
			if string(got) != tt.want || string(in) != tt.in {
				t.Errorf("got %s, want %s; argument now %s", got, tt.want, in)
			}
			if d := cmp.Diff(tt.removed, removed); d != "" {
				t.Error(d)
			}
		})
	}
}

// The splits of lodash 4.17.21 (_.toPath).
func TestSplitPath(t *testing.T) {
	tests := []struct {
		path string
		want []string
	}{
		{`a.b`, []string{`a`, `b`}},
		{`a[0].c`, []string{`a`, `0`, `c`}},
		{`a["b.c"]`, []string{`a`, `b.c`}},
		{`.a`, []string{``, `a`}},
		{`a.`, []string{`a`, ``}},
		{`a..b`, []string{`a`, ``, `b`}},
		{`.`, []string{``, ``}},
		{`..`, []string{``, ``, ``}},
		{`a[]`, []string{`a`, ``}},
		{`[].a`, []string{``, `a`}},
		{`[]`, []string{``}},
		{`a[-1.5]`, []string{`a`, `-1.5`}},
		{`a[b]`, []string{`a`, `b`}},
		{`a["x\"y"]`, []string{`a`, `x"y`}},
		{`a["x\\y"]`, []string{`a`, `x\y`}},
		{`a['']`, []string{`a`, ``}},
		{`a[["b"]]`, []string{`a`, `b`}},
		{`a[0`, []string{`a`, `0`}},
		{`a["b"`, []string{`a`, `"b"`}},
		{``, nil},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, splitPath(tt.path)); d != "" {
			t.Errorf("%q: %s", tt.path, d)
		}
	}
}

// naiveUnset is _.unset on decoded values.
func naiveUnset(v any, keys []string) {
	for n, key := range keys {
		last := n == len(keys)-1
		switch at := v.(type) {
		case map[string]any:
			if last {
				delete(at, key)
			}
			v = at[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || strconv.Itoa(i) != key || i < 0 || i >= len(at) {
				return
			}
			if last {
				at[i] = nil
			}
			v = at[i]
		default:
			return
		}
	}
}

func FuzzDeletePaths(f *testing.F) {
	for d, document := range lodashDocuments {
		for i, path := range lodashPaths {
			if i%4 == d {
				f.Add([]byte(document), path, lodashPaths[(i+7)%len(lodashPaths)])
			}
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, path1, path2 string) {
		paths := []string{path1, path2}
		DeletePaths(src, paths) // no panic, whatever src is
		obj, err := Compact(src, 0)
		if err != nil || obj[0] != '{' || !utf8.ValidString(path1+path2) {
			return
		}
		before := string(obj)
		got, removed, _ := DeletePaths(obj, paths)
		if string(obj) != before || (string(got) == before) != (len(removed) == 0) {
			t.Fatalf("DeletePaths(%q, %q) = %q, %q; argument now %q", before, paths, got, removed, obj)
		}
		if _, err := Compact(got, 0); err != nil {
			t.Fatalf("DeletePaths(%q, %q) = %q: %v", before, paths, got, err)
		}
		var want map[string]any
		if json.Unmarshal(obj, &want) != nil || strings.ContainsRune(mustMarshal(want), utf8.RuneError) {
			return // the twin cannot hold huge numbers and lone surrogates
		}
		for _, path := range paths {
			if _, ok := want[path]; ok || !isDeep(path) {
				delete(want, path)
			} else {
				naiveUnset(want, splitPath(path))
			}
		}
		var have map[string]any
		if json.Unmarshal(got, &have) != nil || !cmp.Equal(have, want) {
			t.Fatalf("DeletePaths(%q, %q) = %q, want %v", before, paths, got, want)
		}
	})
}

func mustMarshal(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// naiveDeletePaths removes one path after the other, each by a walk of its own.
func naiveDeletePaths(obj []byte, paths []string) (out []byte, removed []string) {
	out = slices.Clone(obj)
	for _, path := range paths {
		i, key, ok := 0, path, true
		if _, found := memberNamed(out, 0, path); !found && isDeep(path) {
			keys := splitPath(path)
			for _, key := range keys[:len(keys)-1] {
				if i, ok = naiveChild(out, i, key); !ok {
					break
				}
			}
			key = keys[len(keys)-1]
		}
		if ok {
			out, ok = naiveRemove(out, i, key)
		}
		if ok {
			removed = append(removed, path)
		}
	}
	return out, removed
}

func memberNamed(b []byte, i int, name string) (r memberReader, ok bool) {
	for r = openObject(b, i); r.next(); r.done(Skip(b, r.value)) {
		if decodesTo(r.body(), name) {
			return r, true
		}
	}
	return r, false
}

// naiveChild returns where a value within the value at i begins.
func naiveChild(b []byte, i int, name string) (int, bool) {
	if b[i] != '[' {
		r, ok := memberNamed(b, i, name)
		return r.value, ok
	}
	n, ok := arrayIndex(name)
	for i++; ok && b[i] != ']'; n-- {
		end := Skip(b, i)
		if n == 0 {
			return i, string(b[i:end]) != "null"
		}
		if i = end; b[i] == ',' {
			i++
		}
	}
	return 0, false
}

func naiveRemove(b []byte, i int, name string) ([]byte, bool) {
	value, ok := naiveChild(b, i, name)
	if !ok {
		return b, false
	}
	end := Skip(b, value)
	if b[i] == '[' {
		return slices.Replace(b, value, end, 'n', 'u', 'l', 'l'), true
	}
	r, _ := memberNamed(b, i, name)
	switch {
	case b[r.key-1] == ',':
		return slices.Delete(b, r.key-1, end), true
	case b[end] == ',':
		end++
	}
	return slices.Delete(b, r.key, end), true
}

// Removing everything in one walk is removing one path after the other.
func TestDeletePathsInOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	keys := []string{"a", "b", "0", "1", "2", "", "a.b", "[0]"}
	for range 20_000 {
		doc := tree{keys: keys}.random(rnd, 60).object(false)
		var paths []string
		for range 1 + rnd.IntN(8) {
			path := keys[rnd.IntN(len(keys))]
			for range rnd.IntN(4) {
				path += "." + keys[rnd.IntN(len(keys))]
			}
			paths = append(paths, path)
		}
		want, wantRemoved := naiveDeletePaths(doc, paths)
		got, removed, _ := DeletePaths(doc, paths)
		if string(got) != string(want) || !slices.Equal(removed, wantRemoved) {
			t.Fatalf("DeletePaths(%s, %q) = %s, %q, want %s, %q", doc, paths, got, removed, want, wantRemoved)
		}
	}
}
