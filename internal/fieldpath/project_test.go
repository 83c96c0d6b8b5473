package fieldpath

import (
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

func TestProjection(t *testing.T) {
	const doc = `{"a":{"b":1,"c":{"d":2}},"a.x":9,"ab":3,"arr":[{"p":1,"q":2},{"q":3}],"e":{},"n":null,"x":[],"k.l":1,"m":[[{"p":1}],5]}`
	for paths, want := range map[string]string{
		"a":         `{"a":{"b":1,"c":{"d":2}},"a.x":9}`,
		"a.c":       `{"a":{"c":{"d":2}}}`,
		"a.c.d,ab":  `{"a":{"c":{"d":2}},"ab":3}`,
		"a.x":       `{"a.x":9}`,
		"a.c.x":     `{}`,
		"arr.p":     `{"arr":[{"p":1}]}`,
		"arr":       `{"arr":[{"p":1,"q":2},{"q":3}]}`,
		"arr.z":     `{}`,
		"e":         `{"e":{}}`,
		"e.f":       `{}`,
		"n,x":       `{"n":null,"x":[]}`,
		"x.y":       `{}`,
		"k":         `{"k.l":1}`,
		"k.l":       `{"k.l":1}`,
		"m.p":       `{"m":[[{"p":1}]]}`,
		"nope":      `{}`,
		"n.x,arr.q": `{"arr":[{"q":2},{"q":3}]}`,
	} {
		got := projected(t, strings.Split(paths, ","), nil, doc)
		if got != want {
			t.Errorf("%s: %s, want %s", paths, got, want)
		}
	}
	for _, none := range []string{"", "5", "[1]"} {
		for _, path := range []string{"a", "a*"} {
			p, _ := NewProjection([]string{path}, nil)
			if got := string(p.Append([]byte("x"), []byte(none))); got != "x{}" {
				t.Errorf("%q: %s", none, got)
			}
		}
	}
}

func projected(t *testing.T, keep, leaveOut []string, doc string) string {
	t.Helper()
	p, err := NewProjection(keep, leaveOut)
	if err != nil {
		t.Fatal(err)
	}
	return string(p.Append(nil, []byte(doc)))
}

// What is kept of a valid document is a valid document, and the same again.
func FuzzProjection(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[{"c":1},2,[{"c":null}]]},"a.b":{"c":[]}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		p, _ := NewProjection([]string{"a.b.c", "d"}, nil)
		p.Append(nil, doc) // whatever it is
		compact, err := rawjson.Compact(doc, 0)
		if err != nil {
			return
		}
		once := p.Append(nil, compact)
		if _, err := rawjson.Compact(once, 0); err != nil {
			t.Errorf("%s becomes %s: %v", compact, once, err)
		}
		if again := p.Append(nil, once); string(again) != string(once) {
			t.Errorf("%s becomes %s, and that %s", compact, once, again)
		}
	})
}
