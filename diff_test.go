package kuzzlite

import (
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

func TestDiff(t *testing.T) {
	for _, tt := range []struct{ before, after, set, remove string }{
		{`{}`, `{}`, ``, ``},
		{`{"a":1}`, `{"a":1}`, ``, ``},
		{`{"a":1.0}`, `{"a":1.00}`, ``, ``},
		{`{"a":1}`, `{"a":2,"b":null}`, `{"a":2,"b":null}`, ``},
		{`{"a":1,"b":2}`, `{"b":2}`, ``, `{"a":null}`},
		{`{"o":{"x":1,"y":2},"p":{"z":1}}`, `{"o":{"y":3},"p":{"z":1}}`, `{"o":{"y":3}}`, `{"o":{"x":null}}`},
		{`{"o":{"x":1}}`, `{"o":{}}`, ``, `{"o":{"x":null}}`},
		{`{"o":{"x":1}}`, `{"o":null}`, `{"o":null}`, ``},
		{`{"a":[1,2]}`, `{"a":[2,1]}`, `{"a":[2,1]}`, ``},
		{`{"\u0061":1}`, `{"a":2}`, `{"\u0061":2}`, ``},
		{`{"a":{"b":{"c":1,"d":2}},"e":1}`, `{"a":{"b":{"c":2},"f":{}},"e":{}}`,
			`{"a":{"b":{"c":2},"f":{}},"e":{}}`, `{"a":{"b":{"d":null}}}`},
		{`{"a":{"b":{"c":{}}},"d":{"e":1}}`, `{"a":{"b":{"c":{}}},"d":{"f":{"g":1}}}`, `{"d":{"f":{"g":1}}}`, `{"d":{"e":null}}`},
		{`{"a.b":1,"":2}`, `{"":3}`, `{"":3}`, `{"a.b":null}`},
	} {
		d := diff([]byte(tt.before), []byte(tt.before), []byte(tt.after))
		if string(d.set) != tt.set || string(d.remove) != tt.remove {
			t.Errorf("%s to %s: set %s, remove %s", tt.before, tt.after, d.set, d.remove)
		}
	}
}

// A stored value that is not what the program has made of it keeps what the program did not change.
func TestRebase(t *testing.T) {
	for _, tt := range []struct{ stored, before, after, want string }{
		{`{"a":1.10,"x":1}`, `{"a":1.1}`, `{"a":2}`, `{"a":2,"x":1}`},
		{`{"a":1.10,"x":1}`, `{"a":1.1,"zero":0}`, `{"a":1.1,"zero":0}`, `{"a":1.10,"x":1}`},
		{`{"x":1}`, `{"gone":0}`, `{}`, `{"x":1}`},
		{`{"at":"3,4"}`, `{"at":{"X":3,"Y":4}}`, `{"at":{"X":3,"Y":5}}`, `{"at":{"X":3,"Y":5}}`},
		{`{"N":5,"x":1}`, `{"n":5}`, `{"n":6}`, `{"N":6,"x":1}`},
		{`{"N":5,"x":1}`, `{"n":5}`, `{}`, `{"x":1}`},
		{`{"n":2,"N":1,"x":1}`, `{"n":1}`, `{"n":5}`, `{"n":2,"N":5,"x":1}`},
		{`{"N":2,"n":1}`, `{"n":1}`, `{"n":5}`, `{"N":2,"n":5}`},
		{`{"n":2,"N":1,"\u004e":1,"x":1}`, `{"n":1}`, `{}`, `{"x":1}`},
		{`{"\u017fize":1,"K":2}`, `{"size":1,"k":2}`, `{"size":3,"k":4}`, `{"\u017fize":3,"K":4}`},
		{`{"N":5}`, `{"n":0,"N":5}`, `{"n":1,"N":5}`, `{"N":5,"n":1}`},
		// elements of lists
		{`[{"a":1,"x":1},{"a":2,"x":1.10}]`, `[{"a":1},{"a":2}]`, `[{"a":1},{"a":2},{"a":3}]`,
			`[{"a":1,"x":1},{"a":2,"x":1.10},{"a":3}]`},
		{`[{"a":1,"x":1},{"a":2,"x":1.10}]`, `[{"a":1},{"a":2}]`, `[{"a":9},{"a":2}]`, `[{"a":9,"x":1},{"a":2,"x":1.10}]`},
		{`[{"a":1,"x":1},{"a":2,"x":2}]`, `[{"a":1},{"a":2}]`, `[{"a":2}]`, `[{"a":2,"x":2}]`},
		{`[9007199254740993,1.10,{"k":1.10}]`, `[9007199254740992,1.1,{"k":1.1}]`, `[9007199254740992,7,{"k":1.1}]`,
			`[9007199254740993,7,{"k":1.10}]`},
		{`[1,1,1.0]`, `[1,1,1.0]`, `[1,1.0]`, `[1,1.0]`},
		{`["1"]`, `[1,2]`, `[1,3]`, `[1,3]`},
		{`"1,2"`, `[1,2]`, `[1,3]`, `[1,3]`},
		{`[[1.10],[2.20]]`, `[[1.1],[2.2]]`, `[[1.1],[2.2,3]]`, `[[1.10],[2.20,3]]`},
	} {
		if got := rebase([]byte(tt.stored), []byte(tt.before), []byte(tt.after), 0); string(got) != tt.want {
			t.Errorf("%s, as %s becomes %s: %s, want %s", tt.stored, tt.before, tt.after, got, tt.want)
		}
	}
}

// FuzzDiff changes an object as itself was changed into another one, which makes it that.
func FuzzDiff(f *testing.F) {
	f.Add([]byte(`{"a":{"b":1,"c":null},"d":[]}`), []byte(`{"a":{"b":{}},"e":1.50}`))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		before, err1 := rawjson.Compact(before, 100)
		after, err2 := rawjson.Compact(after, 100)
		if err1 != nil || err2 != nil || !isObject(before) || !isObject(after) {
			return
		}
		if got := rebase(before, before, after, 0); !rawjson.Equal(got, after) {
			t.Errorf("%s to %s makes %s", before, after, got)
		}
	})
}
