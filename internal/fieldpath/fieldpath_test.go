package fieldpath

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

func TestCollect(t *testing.T) {
	for _, c := range []struct{ doc, path, each, whole string }{
		{`{"a":1}`, "a", `1`, `1`},
		{`{"a":1}`, "b", ``, ``},
		{`{"a":null}`, "a", `null`, `null`},
		{`{"a":[]}`, "a", ``, `[]`},
		{`{"a":[[],[[]]]}`, "a", ``, `[[],[[]]]`},
		{`{"a":{}}`, "a", `{}`, `{}`},
		{`{"a":[1,[2,[3]],"4"]}`, "a", `1 2 3 "4"`, `[1,[2,[3]],"4"]`},
		{`{"a":{"b":1},"a.b":2}`, "a.b", `1 2`, `2`},
		{`{"a":{"b":1},"\u0061.b":2}`, "a.b", `1 2`, `2`},
		{`{"a":{"b":1},"a\u002eb":2}`, "a.b", `1 2`, `2`},
		{`{"a":{"b":1},"x":"a.","xa.b":3}`, "a.b", `1`, `1`},
		{`{"a":[],"c":"x.y","a.b":2}`, "a.b", `2`, `2`},
		{`{"a.b":2,"a":{"b":1}}`, "a.b", `2 1`, `1`},
		{`{"a.b":{"c":1},"a":{"b.c":[2]},"a.b.c":3}`, "a.b.c", `1 2 3`, `3`},
		{`{"a":[{"b":1},{"b":[2,3]},4]}`, "a.b", `1 2 3`, ``},
		{`{"a":[{"b":1},{"b":[2,3]},4]}`, "a", `{"b":1} {"b":[2,3]} 4`, `[{"b":1},{"b":[2,3]},4]`},
		{`{"a":[[{"b":1}]]}`, "a.b", `1`, ``},
		{`{"a":{"b":{"c":1}}}`, "a", `{"b":{"c":1}}`, `{"b":{"c":1}}`},
		{`{"\u0061":{"b\u002ec":1}}`, "a.b.c", `1`, `1`},
		{`{"a":"},]\"","b":2}`, "b", `2`, `2`},
		{`{"ab":1,"a":2,"abc":3}`, "a", `2`, `2`},
		{`{"a.":1}`, "a.", `1`, `1`},
		{`{"":1}`, "", `1`, `1`},
		{`{".":1}`, ".", `1`, `1`},
		{`[{"a":1}]`, "a", ``, ``},
		{`1`, "a", ``, ``},
		{``, "a", ``, ``},
		{`{"a":,"b":1}`, "a", ``, ``},
	} {
		var f Fields
		var v Values
		each, whole := f.Each(c.path), f.Whole(c.path)
		f.Collect([]byte(c.doc), &v)
		if got := string(joined(v.Of(each))); got != c.each {
			t.Errorf("%s of %s: values %q, want %q", c.path, c.doc, got, c.each)
		}
		if got := string(v.Whole(whole)); got != c.whole {
			t.Errorf("%s of %s: whole %q, want %q", c.path, c.doc, got, c.whole)
		}
	}
}

// Plain values are those of Each, but for arrays under the path.
func TestPlain(t *testing.T) {
	for _, c := range []struct{ doc, path, want string }{
		{`{"a":1}`, "a", `1`},
		{`{"a":[1,2]}`, "a", `[1,2]`},
		{`{"a":[[1,2],[3]]}`, "a", `[[1,2],[3]]`},
		{`{"a":[]}`, "a", `[]`},
		{`{"b":1}`, "a", ``},
		{`{"a":[{"b":[1,2]},{"b":3},[{"b":[4]}]]}`, "a.b", `[1,2] 3 [4]`},
		{`{"a":{"b":[1]},"a.b":[2]}`, "a.b", `[1] [2]`},
		{`{"a":[{"b":1}]}`, "a", `[{"b":1}]`},
	} {
		var f Fields
		var v Values
		each := f.Each("c")
		plain := f.Plain(c.path)
		f.Each(c.path)
		if again := f.Plain(c.path); again != plain || plain == each {
			t.Errorf("slots %d, %d, %d", each, plain, again)
		}
		f.Collect([]byte(c.doc), &v)
		if got := string(joined(v.Of(plain))); got != c.want {
			t.Errorf("%s of %s: %q, want %q", c.path, c.doc, got, c.want)
		}
	}
}

func joined(values [][]byte) []byte {
	var all []string
	for _, v := range values {
		all = append(all, string(v))
	}
	return []byte(strings.Join(all, " "))
}

// The same field twice has one slot, and each kind has its own.
func TestSlots(t *testing.T) {
	var f Fields
	if a, b := f.Each("a"), f.Each("a"); a != b {
		t.Errorf("a field has the slots %d and %d", a, b)
	}
	if a, b := f.Each("a"), f.Whole("a"); a == b {
		t.Errorf("both kinds have the slot %d", a)
	}
}

// A Values that has been used forgets what it held.
func TestValuesAgain(t *testing.T) {
	var f Fields
	var v Values
	a, b := f.Each("a"), f.Whole("b")
	f.Collect([]byte(`{"a":[1,2],"b":3}`), &v)
	f.Collect([]byte(`{"c":1}`), &v)
	if len(v.Of(a)) > 0 || v.Whole(b) != nil {
		t.Errorf("a document without fields has %q and %q", v.Of(a), v.Whole(b))
	}
}

// Random documents and fields, against a walk over decoded values.
func TestCollectNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	keys := []string{"a", "b", "c", "a.b", "b.c", "a.b.c", "d", "e", "f", "g", "h", "i", "j"}
	for range 5000 {
		doc := randomObject(r, keys, 3)
		var f Fields
		var v Values
		paths := []string{"a", "a.b", "a.b.c", "b.c", "c", "d.a", "e", "f", "g", "h", "i", "j.a"}
		for _, p := range paths {
			f.Each(p)
		}
		f.Collect([]byte(doc), &v)
		for slot, p := range paths {
			var want []string
			naive(json.RawMessage(doc), strings.Split(p, "."), &want)
			if got := string(joined(v.Of(slot))); got != strings.Join(want, " ") {
				t.Fatalf("%s of %s: %s, want %s", p, doc, got, want)
			}
		}
	}
}

func randomObject(r *rand.Rand, keys []string, depth int) string {
	var members []string
	for _, n := range r.Perm(len(keys))[:r.IntN(5)] {
		members = append(members, fmt.Sprintf("%q:%s", keys[n], randomValue(r, keys, depth-1)))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func randomValue(r *rand.Rand, keys []string, depth int) string {
	switch n := r.IntN(6); {
	case n == 0 && depth > 0:
		return randomObject(r, keys, depth)
	case n == 1 && depth > 0:
		var elements []string
		for range r.IntN(4) {
			elements = append(elements, randomValue(r, keys, depth-1))
		}
		return "[" + strings.Join(elements, ",") + "]"
	case n == 2:
		return []string{"null", "true", `"x,]}\""`}[r.IntN(3)]
	}
	return fmt.Sprint(r.IntN(100))
}

// naive appends the values of a path, found in the most direct way.
func naive(value json.RawMessage, path []string, found *[]string) {
	if value[0] == '[' {
		var elements []json.RawMessage
		if json.Unmarshal(value, &elements) != nil {
			panic("no array")
		}
		for _, e := range elements {
			naive(e, path, found)
		}
		return
	}
	if len(path) == 0 {
		*found = append(*found, string(value))
		return
	}
	for key, v := range rawjson.Members(value) {
		parts := strings.Split(strings.Trim(string(key), `"`), ".")
		if len(parts) <= len(path) && slices.Equal(parts, path[:len(parts)]) {
			naive(json.RawMessage(v), path[len(parts):], found)
		}
	}
}

func FuzzCollect(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[1,{"c":2}]},"a.b":[[`))
	f.Add([]byte(`{"a":,,,`))
	f.Add([]byte(`{"a":[}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var fields Fields
		var v Values
		fields.Each("a.b.c")
		fields.Each("a")
		fields.Whole("a.b")
		fields.Plain("a.b")
		fields.Collect(doc, &v)
		for slot := range 4 {
			for _, value := range v.Of(slot) {
				if len(value) == 0 {
					t.Errorf("%s has a value of no bytes", doc)
				}
			}
		}
	})
}

func BenchmarkCollect(b *testing.B) {
	var members []string
	for n := range 20 {
		members = append(members, fmt.Sprintf(`"field%02d":"some text of a document","n%02d":%d`, n, n, n*1000))
	}
	doc := []byte(`{"magnitude":{"value":4.5,"type":"ml"},` + strings.Join(members, ",") + `,"network":"us"}`)
	var f Fields
	var v Values
	f.Each("magnitude.value")
	f.Each("network")
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		f.Collect(doc, &v)
	}
}
