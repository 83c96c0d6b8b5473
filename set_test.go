package kuzzlite

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestSet(t *testing.T) {
	f := newFixture(t, nil)
	for _, tt := range []struct {
		changes Changes
		want    string
	}{
		{Set("a", 1), `{"a":1}`},
		{Set("address.city", "Paris"), `{"address":{"city":"Paris"}}`},
		{Set("a.b", 1).Set("a.c", raw(`[1.10, {"x": null}]`)).Set("d", "<é>"), `{"a":{"b":1,"c":[1.10,{"x":null}]},"d":"<é>"}`},
		{Set("a.b", 1).Set("a.b", 2), `{"a":{"b":2}}`},
		{Set(`a\.b.c`, 1), `{"a.b":{"c":1}}`},
		{Set(`what\?`, 1).Set(`a\*\|\#\@\\`, 2), `{"what?":1,"a*|#@\\":2}`},
		{Set(`\:x`, 1).Set(`a:b`, 2), `{":x":1,"a:b":2}`},
		{Set("years.:2026", 1).Set(":-1", 2), `{"years":{"2026":1},"-1":2}`},
		{Set("a", nil).Set("a.b", 1), `{"a":{"b":1}}`},
		{Changes{}, `{}`},
	} {
		if got := jsonOf(t, tt.changes); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
	s, err := f.col().Upsert(ctx, "a", Set("o.x", 1), Set("o.y", 2))
	f.ok(err)
	f.equal("upsert", string(s.Source), `{"o":{"y":2,"x":1}}`)
	_, err = f.col().MUpdate(ctx, []Write{{ID: "a", Body: Set("o.x", 3)}})
	f.ok(err)
	f.holds(`a v2 {"o":{"y":2,"x":3}}`)
}

// What a path would do other than it says is refused, and told by the verb.
func TestSetRefuses(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"list":[1],"s":"x"}`)
	for why, changes := range map[string]Changes{
		"path \"list.0\": 0 is a position": Set("list.0", 1),
		"-1 is a position":                 Set("list.-1", 1),
		"2 is a position":                  Set("2", 1),
		"it has an empty part":             Set("a..b", 1),
		"path \"\": it has an empty part":  Set("", 1),
		`* must be written \*`:             Set("a*", 1),
		`# must be written \#`:             Set("list.#.x", 1),
		`@ must be written \@`:             Set("@type", 1),
		`\ must be written \\`:             Set(`a\`, 1),
		"is below a value that is no obj":  Set("a", "text").Set("a.b", 1),
		"is a key, and there is a list":    Set("a", []int{1}).Set("a.b", 1),
		"NaN":                              Set("a", math.NaN()),
		"path \"b\"":                       Set("b", raw(`{`)).Set("a", 1),
	} {
		_, err := f.col().Update(ctx, "a", changes)
		f.is(why, err, ErrInvalid)
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, want %s", err, why)
		}
		_, err = f.col().Upsert(ctx, "new", Set("x", 1), changes)
		f.is("default: "+why, err, ErrInvalid)
	}
	f.holds(`a v1 {"list":[1],"s":"x"}`)
}

// Within Modify, where the document is at hand, a path may lead into a list. No element is lost, and none is changed
// that the path does not name.
func TestSetInModify(t *testing.T) {
	const doc = `{"items":[{"n":1,"price":1.10},{"n":2,"big":9007199254740993}],"matrix":[[1,2],[3]],"o":{"0":1},"s":"x"}`
	for _, tt := range []struct {
		path  string
		value any
		want  string // "": ErrInvalid
	}{
		{"items.1.n", 7, strings.Replace(doc, `"n":2`, `"n":7`, 1)},
		{"items.0", nil, strings.Replace(doc, `{"n":1,"price":1.10}`, `null`, 1)},
		{"items.-1", raw(`{"n":3}`), strings.Replace(doc, `993}]`, `993},{"n":3}]`, 1)},
		{"items.2", raw(`{"n":3}`), strings.Replace(doc, `993}]`, `993},{"n":3}]`, 1)},
		{"items.-1.n", 3, strings.Replace(doc, `993}]`, `993},{"n":3}]`, 1)},
		{"matrix.1.-1", 4, strings.Replace(doc, `[3]`, `[3,4]`, 1)},
		{"o.0", 2, strings.Replace(doc, `"0":1`, `"0":2`, 1)},
		{"new.deep", true, strings.TrimSuffix(doc, "}") + `,"new":{"deep":true}}`},
		{"items.3", 1, ""},
		{"items.n", 1, ""},
		{"items.0.n.x", 1, ""},
		{"s.x", 1, ""},
		{"new.0", 1, ""},
	} {
		onAll(t, nil, func(t *testing.T, f *fixture) {
			f.put("a", doc)
			_, err := f.col().Modify(ctx, "a", func(d Document) (any, error) { return d.Set(tt.path, tt.value), nil })
			if tt.want == "" {
				f.is(tt.path, err, ErrInvalid)
				f.holds("a v1 " + doc)
				return
			}
			f.ok(err)
			f.equal(tt.path, f.get("a"), "v2 "+tt.want)
		})
	}
}

// A bracket is a position for DeleteFields. Set made a key of it, and the element stayed as it was.
func TestSetRefusesBrackets(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"items":[{"n":1}]}`)
	doc, err := f.col().Get(ctx, "a")
	f.ok(err)
	for path, bad := range map[string]string{"items[0].n": "[", "[0]": "[", "a]": "]"} {
		for _, changes := range []Changes{Set(path, 7), doc.Set(path, 7)} {
			_, err := f.col().Update(ctx, "a", changes)
			f.is(path, err, ErrInvalid)
			want := fmt.Sprintf(`%s must be written \%s in a key, and a position is a part of its own`, bad, bad)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
	f.holds(`a v1 {"items":[{"n":1}]}`)
	f.ok(second(f.col().Update(ctx, "a", doc.Set("items.0.n", 7).Set(`k\[0\]`, true))))
	f.holds(`a v2 {"items":[{"n":7}],"k[0]":true}`)
}
