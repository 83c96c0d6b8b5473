package rawjson

import (
	"fmt"
	"strings"
	"testing"
)

func TestPatch(t *testing.T) {
	p := Compile([]byte(`{"a":{"b":{},"c":null},"\u0064\n":[{"x":1}],"":"s"}`))
	var got []string
	var walk func(node int, indent string)
	walk = func(node int, indent string) {
		for c := p.First(node); c < p.End(node); c = p.Next(c) {
			got = append(got, fmt.Sprintf("%s%s=%s", indent, p.Key(c), p.Value(c)))
			if found := p.Find(node, p.Key(c), strings.Contains(string(p.Key(c)), `\`)); found != c {
				t.Errorf("Find(%s) = %d, want %d", p.Key(c), found, c)
			}
			if p.IsNull(c) != (string(p.Value(c)) == "null") || p.IsObject(c) != (p.Value(c)[0] == '{') {
				t.Errorf("the kind of %s is wrong", p.Key(c))
			}
			if p.IsObject(c) {
				walk(c, indent+" ")
			}
		}
	}
	walk(p.Root(), "")
	want := []string{`"a"={"b":{},"c":null}`, ` "b"={}`, ` "c"=null`, `"\u0064\n"=[{"x":1}]`, `""="s"`}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
	if p.Len(p.Root()) != 3 || p.Nodes() != 6 {
		t.Errorf("%d members, %d nodes", p.Len(p.Root()), p.Nodes())
	}
	if c := p.Find(p.Root(), []byte(`"d\n"`), true); c == 0 || string(p.Value(c)) != `[{"x":1}]` {
		t.Errorf("found node %d", c)
	}
	for _, key := range []string{`"b"`, `"d"`, `"x"`, `"A"`} {
		if c := p.Find(p.Root(), []byte(key), false); c != 0 {
			t.Errorf("Find(%s) = %d", key, c)
		}
	}
}

func TestPatchOfOtherValues(t *testing.T) {
	for _, src := range []string{``, `null`, `[1]`, `"a"`, `{}`, `{`, `{"a"`, `{"a":`} {
		p := Compile([]byte(src))
		if p.Find(p.Root(), []byte(`"a"`), false) != 0 && src != `{"a":` {
			t.Errorf("%s has a member", src)
		}
	}
}

func TestPatchReset(t *testing.T) {
	var p Patch
	for _, n := range []int{1, 30, 3, 20_000, 2, 0, 9} {
		var members []string
		for i := range n {
			members = append(members, fmt.Sprintf(`"key\u0041%d":{"v":%d}`, i, i))
		}
		p.Reset([]byte("{" + strings.Join(members, ",") + "}"))
		for i := range n + 1 {
			c := p.Find(p.Root(), fmt.Appendf(nil, `"keyA%d"`, i), false)
			if i == n && c != 0 || i < n && (c == 0 || string(p.Value(c+1)) != fmt.Sprint(i)) {
				t.Fatalf("%d members: key %d is node %d", n, i, c)
			}
		}
	}
}

// What is nested deeper than the limit is a leaf: it replaces, and nothing of it is lost.
func TestPatchDepth(t *testing.T) {
	n := MaxDepth + 5
	p := Compile([]byte(strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n)))
	c := p.Root()
	for range MaxDepth - 1 {
		if c = p.Find(c, []byte(`"a"`), false); !p.IsObject(c) {
			t.Fatalf("node %d is no object", c)
		}
	}
	if c = p.Find(c, []byte(`"a"`), false); p.IsObject(c) || !strings.HasPrefix(string(p.Value(c)), `{"a":`) {
		t.Errorf("node %d: %.20s", c, p.Value(c))
	}
}
