package fieldpath

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func leavesOf(doc string) (list []string) {
	Leaves([]byte(doc), func(path, value []byte) { list = append(list, string(path)+"="+string(value)) })
	return list
}

func TestLeaves(t *testing.T) {
	for doc, want := range map[string]string{
		`{}`:                                   ``,
		`[1]`:                                  ``,
		`1`:                                    ``,
		``:                                     ``,
		`{"a":1,"b":"x","c":null,"d":true}`:    `a=1 b="x" c=null d=true`,
		`{"a":{"b":1,"c":{"d":2}},"e":3}`:      `a.b=1 a.c.d=2 e=3`,
		`{"a":[1,[2],{"b":3},{"b":[4]}]}`:      `a=1 a=2 a.b=3 a.b=4`,
		`{"a.b":1,"":2,"c":{"":3},"\u0064":4}`: `a.b=1 =2 c.=3 d=4`,
		`{"":{"a":1}}`:                         `.a=1`,
		`{"a":[],"b":{}}`:                      ``,
		`{"a":[1,,`:                            `a=1`,
		`{"a":`:                                ``,
	} {
		if got := strings.Join(leavesOf(doc), " "); got != want {
			t.Errorf("%s: %s, want %s", doc, got, want)
		}
	}
	deep := strings.Repeat(`{"a":`, 100000) + `1` + strings.Repeat(`}`, 100000)
	if got := leavesOf(deep); len(got) > 0 {
		t.Errorf("a leaf in a depth of 100,000: %s", got)
	}
}

// The leaves of a field are its values that are no objects.
func TestLeavesAreValues(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		doc := randomObject(r, []string{"a", "b", "a.b", "b.c"}, 3)
		of := map[string][]string{}
		Leaves([]byte(doc), func(path, value []byte) { of[string(path)] = append(of[string(path)], string(value)) })
		for path, leaves := range of {
			var f Fields
			var v Values
			slot := f.Each(path)
			f.Collect([]byte(doc), &v)
			var values []string
			for _, value := range v.Of(slot) {
				if value[0] != '{' {
					values = append(values, string(value))
				}
			}
			if !slices.Equal(leaves, values) {
				t.Fatalf("%s of %s: leaves %s, values %s", path, doc, leaves, values)
			}
		}
	}
}
