package fieldpath

import (
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

func TestSourceFilter(t *testing.T) {
	const doc = `{"a":{"b":1,"c":{"d":2}},"ab":3}`
	for raw, want := range map[string]string{
		`true`: doc, `null`: doc, `[]`: doc, `{}`: doc,
		`"a.b"`:                            `{"a":{"b":1}}`,
		`["a.b","ab"]`:                     `{"a":{"b":1},"ab":3}`,
		`{"includes":"a","excludes":"*b"}`: `{"a":{"c":{"d":2}}}`,
		`{"include":["ab"],"exclude":[]}`:  `{"ab":3}`,
	} {
		f, err := ParseSourceFilter([]byte(raw))
		if got := string(f.Append([]byte("x"), []byte(doc))); err != nil || f.Nothing || got != "x"+want {
			t.Errorf("%s: %s %v, want %s", raw, got, err, want)
		}
	}
	if f, err := ParseSourceFilter([]byte(`false`)); err != nil || !f.Nothing {
		t.Error(f, err)
	}
	stars := strings.TrimSuffix(strings.Repeat(`"*a",`, 257), ",")
	for raw, want := range map[string]string{
		`5`:               `Unknown key for a VALUE_NUMBER in [_source].`,
		`{"x":true}`:      `Unknown key for a VALUE_BOOLEAN in [x].`,
		`"a.**"`:          `field "a.**" has two stars side by side: one star stands for any text`,
		`[` + stars + `]`: `[_source] has 257 patterns with a star, and may have 256`,
	} {
		if _, err := ParseSourceFilter([]byte(raw)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", raw, err, want)
		}
	}
}

// TestSourceFilterNested: what is shown of a nested object is what would be shown of it in its document.
func TestSourceFilterNested(t *testing.T) {
	const object = `{"k":1,"note":"x","n.o":{"p":2}}`
	for raw, want := range map[string]string{
		`true`:                     object,
		`"o.in.k"`:                 `{"k":1}`,
		`"o"`:                      object,
		`"k"`:                      `{}`,
		`{"excludes":"*.note"}`:    `{"k":1,"n.o":{"p":2}}`,
		`{"excludes":"o.in.n.o"}`:  `{"k":1,"note":"x"}`,
		`{"excludes":["o.in.*"]}`:  `{}`,
		`{"excludes":["o"]}`:       `{}`,
		`["o.in.n.o.p","o.in.no"]`: `{"n.o":{"p":2}}`,
	} {
		f, err := ParseSourceFilter([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		for _, keys := range [][]string{{"o", "in"}, {"o.in"}} {
			got := string(f.AppendNested([]byte("x"), keys, []byte(object)))
			if got != "x"+want {
				t.Errorf("%s by %q: %s, want %s", raw, keys, got, want)
			}
			if _, err := rawjson.Compact([]byte(got[1:]), 0); err != nil {
				t.Errorf("%s: %v", got, err)
			}
		}
	}
}
