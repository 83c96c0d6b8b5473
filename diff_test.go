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
		{`{"\u0061":1}`, `{"a":2}`, `{"a":2}`, ``},
		{`{"a":{"b":{"c":1,"d":2}},"e":1}`, `{"a":{"b":{"c":2},"f":{}},"e":{}}`,
			`{"a":{"b":{"c":2},"f":{}},"e":{}}`, `{"a":{"b":{"d":null}}}`},
		{`{"a":{"b":{"c":{}}},"d":{"e":1}}`, `{"a":{"b":{"c":{}}},"d":{"f":{"g":1}}}`, `{"d":{"f":{"g":1}}}`, `{"d":{"e":null}}`},
		{`{"a.b":1,"":2}`, `{"":3}`, `{"":3}`, `{"a.b":null}`},
	} {
		d := diff([]byte(tt.before), []byte(tt.after))
		if string(d.set) != tt.set || string(d.remove) != tt.remove {
			t.Errorf("%s to %s: set %s, remove %s", tt.before, tt.after, d.set, d.remove)
		}
	}
}

// FuzzDiff applies the difference between two objects to the first, which makes it the second.
func FuzzDiff(f *testing.F) {
	f.Add([]byte(`{"a":{"b":1,"c":null},"d":[]}`), []byte(`{"a":{"b":{}},"e":1.50}`))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		before, err1 := rawjson.Compact(before, 100)
		after, err2 := rawjson.Compact(after, 100)
		if err1 != nil || err2 != nil || !isObject(before) || !isObject(after) {
			return
		}
		d := diff(before, after)
		got := before
		if d.set != nil {
			got, _ = mergeInto(nil, got, rawjson.Compile(d.set), MergeElasticsearch)
		}
		if d.remove != nil {
			got, _ = mergeInto(nil, got, rawjson.Compile(d.remove), MergePatch)
		}
		if !rawjson.Equal(got, after) {
			t.Errorf("%s to %s: set %s, remove %s makes %s", before, after, d.set, d.remove, got)
		}
	})
}
