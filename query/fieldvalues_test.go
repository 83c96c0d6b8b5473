package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

const fetchedTypes = `{"k":{"type":"keyword","ignore_above":5,"null_value":"none","fields":{"low":{"type":"keyword",` +
	`"normalizer":"lowercase"},"t":{"type":"text"}}},"l":{"type":"long","null_value":7},"byte":{"type":"byte"},` +
	`"d":{"type":"double"},"f":{"type":"float"},"h":{"type":"half_float"},"b":{"type":"boolean"},"date":{"type":"date"},` +
	`"day":{"type":"date","format":"dd.MM.yyyy"},"ip":{"type":"ip"},"g":{"type":"geo_point"},"bin":{"type":"binary"},` +
	`"flat":{"type":"flattened","ignore_above":3},"r":{"type":"integer_range"},"same":{"type":"alias","path":"l"},` +
	`"from":{"type":"keyword","copy_to":"all"},"all":{"type":"text"},"obj":{"properties":{"k":{"type":"keyword"}}},` +
	`"off":{"type":"object","enabled":false},` +
	`"o":{"type":"nested","properties":{"k":{"type":"keyword"},"n":{"type":"long"},` +
	`"in":{"type":"nested","properties":{"x":{"type":"keyword"},"y":{"type":"long"}}}}}}`

// fetch returns the values of fields, given as JSON, of a document; "" without a mapping.
func fetch(mapping, nested, fields, doc string) string {
	o := &Options{Nested: nested}
	if mapping != "" {
		var err error
		if o.Schema, err = ParseMapping([]byte(mapping)); err != nil {
			return err.Error()
		}
	}
	list, err := ParseElasticsearchFields([]byte(fields))
	if err != nil {
		return err.Error()
	}
	f, err := list.Compile(o)
	if err != nil {
		return err.Error()
	}
	out := f.Fields([]byte(doc))
	if out != nil && !json.Valid(out) {
		return "no JSON: " + string(out)
	}
	return string(out)
}

func TestFieldValues(t *testing.T) {
	for _, c := range []struct{ fields, doc, want string }{
		{`["k"]`, `{"k":"a","l":1}`, `{"k":["a"]}`},
		{`["nope","obj","off"]`, `{"k":"a","obj":{"k":"x"},"nope":1,"off":{"x":1}}`, ``},
		{`[]`, `{"k":"a"}`, ``},
		{`["k","k.t","k.low"]`, `{"k":["Z",null,"b","Z","longer"]}`,
			`{"k":["Z","none","b","Z"],"k.t":["Z","b","Z","longer"],"k.low":["z","b","z","longer"]}`},
		{`["k*"]`, `{"k":[1.50,1e3,true,100]}`,
			`{"k":["1.5","true","100"],"k.low":["1.5","1000.0","true","100"],"k.t":["1.5","1000.0","true","100"]}`},
		{`["l","same"]`, `{"l":[3,"1",1.9,"",null]}`, `{"l":[3,1,1,7,7],"same":[3,1,1,7,7]}`},
		{`["byte","d"]`, `{"byte":300,"d":[1,"2.5",1e10,-0.0]}`, `{"d":[1.0,2.5,1.0E10,-0.0]}`},
		{`["f","h"]`, `{"f":[1.1,16777217.5],"h":3.8}`, `{"f":[1.1,1.6777218E7],"h":[3.8007812]}`},
		{`["b"]`, `{"b":[true,"false",""]}`, `{"b":[true,false,false]}`},
		{`["date","day"]`, `{"date":["2020-01-02",1577923200000],"day":"24.12.2020"}`,
			`{"date":["2020-01-02T00:00:00.000Z","2020-01-02T00:00:00.000Z"],"day":["24.12.2020"]}`},
		{`[{"field":"date","format":"yyyy"},{"field":"day","format":"epoch_millis"}]`,
			`{"date":"2020-01-02","day":"24.12.2020"}`, `{"date":["2020"],"day":["1608768000000"]}`},
		{`["date",{"field":"date","format":"yyyy"}]`, `{"date":"2020-01-02"}`, `{"date":["2020"]}`},
		{`["ip"]`, `{"ip":["10.0.0.1","2001:db8:0:0::1","::ffff:1.2.3.4"]}`, `{"ip":["10.0.0.1","2001:db8::1","1.2.3.4"]}`},
		{`["g"]`, `{"g":[2.25,1.123456789]}`, `{"g":[{"coordinates":[2.25,1.123456789],"type":"Point"}]}`},
		{`[{"field":"g","format":"wkt"}]`, `{"g":["1,2",{"lat":3,"lon":4},[6,5,9]]}`,
			`{"g":["POINT (2.0 1.0)","POINT (4.0 3.0)","POINT (6.0 5.0)"]}`},
		{`["g"]`, `{"g":["nonsense"]}`, ``},
		{`["bin","r"]`, `{"bin":"aGk=","r":{"gte":1,"lte":5}}`, `{"bin":["aGk="],"r":[{"gte":1,"lte":5}]}`},
		{`["flat","flat.x","flat.y.z"]`, `{"flat":{"x":["ab","abcd"],"y":{"z":2}}}`,
			`{"flat":[{"x":["ab","abcd"],"y":{"z":2}}],"flat.x":["ab","abcd"],"flat.y.z":[2]}`},
		{`["flat.y","flat.n"]`, `{"flat":{"n":null,"y":{"z":1}}}`, `{"flat.y":[{"z":1}]}`},
		{`["all"]`, `{"from":"copied","all":"own"}`, `{"all":["own","copied"]}`},
		{`["obj.*"]`, `{"obj":[{"k":"1"},{"k":["2","3"]}],"obj.k":"4"}`, `{"obj.k":["1","2","3","4"]}`},
		{`["obj.k"]`, `{"obj":[{"k":["1","2"]},{"k":"3"}]}`, `{"obj.k":["1","2","3"]}`},
		{`["obj.k"]`, `{"obj":[[{"k":["1",["2"]]}],{"k":"3"}]}`, `{"obj.k":["1","3","2"]}`},
		{`["l"]`, `{"l":[1,[2,[3]],4]}`, `{"l":[1,4,2,3]}`},
		{`["o.k","o.n"]`, `{"o":[{"k":"a","n":1},{"k":"b"},{"z":1}]}`, `{"o":[{"k":["a"],"n":[1]},{"k":["b"]}]}`},
		{`["*"]`, `{"o":{"in":[{"x":"a"},{"y":2}],"k":"b"}}`, `{"o":[{"k":["b"],"in":[{"x":["a"]},{"y":[2]}]}]}`},
		{`["o.in.x"]`, `{"o":[{"in":{"x":"a"}},{"in":{"y":1}}]}`, `{"o":[{"in":[{"x":["a"]}]}]}`},
		{`[{"field":"*","include_unmapped":true}]`,
			`{"l":1,"new":{"a":[1,null,{"b":"x"}],"c.d":2},"off":{"y":[[3],4]},"e":{}}`,
			`{"l":[1],"same":[1],"new.a.b":["x"],"new.a":[1,null],"new.c.d":[2],"off.y":[3,4]}`},
		{`[{"field":"new*","include_unmapped":true}]`, `{"new":[4,[3],null],"new2":null}`, `{"new":[3,4,null]}`},
		{`[{"field":"new","include_unmapped":true},{"field":"off.y","include_unmapped":"true"}]`,
			`{"new":{"a":1},"off":{"y":[[3],4,null]}}`, `{"off.y":[3,4]}`},
		{`[{"field":"new","include_unmapped":true},{"field":"new.*","include_unmapped":true},
			{"field":"new.a","include_unmapped":true}]`, `{"new":{"a":1,"b":2}}`, `{"new.a":[1],"new.b":[2]}`},
		{`[{"field":"obj","include_unmapped":true}]`, `{"obj":{"k":"x"}}`, ``},
		{`["","_id",{"field":""}]`, `{"k":"x","":1}`, ``},
		{`["bin",true,12]`, `{"true":"x"}`, ``},
		{`[{"field":"r","format":"yyyy"}]`, `{"r":[{"gte":1},{"lte":5}]}`, `{"r":[{"gte":1},{"lte":5}]}`},
		{`[{"field":"o.*","include_unmapped":true}]`, `{"o":{"k":"a","free":1,"in":{"x":"b","z":2}}}`,
			`{"o":[{"k":["a"],"in":[{"x":["b"],"z":[2]}],"free":[1]}]}`},
		{`[{"field":"o.free","include_unmapped":true}]`, `{"o":[{"free":1},{"free":2}]}`,
			`{"o":[{"free":[1]},{"free":[2]}]}`},
		{`[{"field":"k","include_unmapped":true}]`, `{"k":"longer"}`, ``},
		{`[{"field":"k.*","include_unmapped":true}]`, `{"k":"longer"}`, `{"k.low":["longer"],"k.t":["longer"]}`},
		{`["l"]`, `5`, ``},
	} {
		if got := fetch(fetchedTypes, "", c.fields, c.doc); got != c.want {
			t.Errorf("%s of %s:\n%s, want\n%s", c.fields, c.doc, got, c.want)
		}
	}
	// of a nested object that is by itself, names are from the document
	if got := fetch(fetchedTypes, "o", `["*",{"field":"o.free","include_unmapped":true}]`,
		`{"k":"a","in":{"x":"b"},"free":2}`); got != `{"o.k":["a"],"o.in":[{"x":["b"]}],"o.free":[2]}` {
		t.Error(got)
	}
}

func TestFieldValuesSchemaless(t *testing.T) {
	for _, c := range []struct{ fields, doc, want string }{
		{`["a","b.c"]`, `{"a":"x","b":[{"c":1.50},{"c":[true,null]}]}`, `{"a":["x"],"b.c":[1.50,true]}`},
		{`["b*"]`, `{"a":"x","b":[{"c":1},{"c":[2,{"d":[]}]}],"bb":null}`, `{"b.c":[1,2]}`},
		{`["b"]`, `{"b":{"c":1}}`, ``},
		{`["b","b.*"]`, `{"b":{"c":1}}`, `{"b.c":[1]}`},
		{`["a"]`, `{"b":1}`, ``},
		{`[{"field":"t","format":"yyyy-MM"}]`, `{"t":["2020-02-03T04:05:06Z",0,"no date",true]}`,
			`{"t":["2020-02","1970-01","no date",true]}`},
		{`[{"field":"t1","format":"yyyy"},"t*"]`, `{"t1":"2020-02-03","t2":"2020-02-03"}`,
			`{"t1":["2020"],"t2":["2020-02-03"]}`},
		{`["*",{"field":"t*","format":"yyyy"}]`, `{"t1":"2020-02-03","s":"2020-02-03"}`,
			`{"t1":["2020"],"s":["2020-02-03"]}`},
	} {
		if got := fetch("", "", c.fields, c.doc); got != c.want {
			t.Errorf("%s of %s:\n%s, want\n%s", c.fields, c.doc, got, c.want)
		}
	}
}

func TestFieldValuesRefused(t *testing.T) {
	names := make([]string, mostFieldValues+1)
	for i := range names {
		names[i] = fmt.Sprintf(`"n%d"`, i)
	}
	for fields, want := range map[string]string{
		`{}`:                   "Unknown key for a START_OBJECT in [fields].",
		`"k"`:                  "Unknown key for a VALUE_STRING in [fields].",
		`[null]`:               "[fetch_field_and_format] Expected START_OBJECT but was: VALUE_NULL (at [0])",
		`["k",{"format":"x"}]`: "Required [field] (at [1])",
		`[{"field":1}]`:        "[fetch_field_and_format] field doesn't support values of type: VALUE_NUMBER (at [0].field)",
		`[{"field":"date","format":5}]`: "[fetch_field_and_format] format doesn't support values of type: VALUE_NUMBER " +
			"(at [0].format)",
		`[{"field":"k","fromat":"x"}]`: "[fetch_field_and_format] unknown field [fromat] did you mean [format]? " +
			"(at [0].fromat)",
		`["_source"]`:                    "error fetching [_source]: Cannot fetch values for internal field [_source].",
		`[{"field":"date","format":""}]`: "No date pattern provided (at [0].format)",
		`[{"field":"r","format":"bb"}]`:  "error fetching [r]: Invalid format: [bb]: Unknown pattern letter: b",
		`[{"field":"k","format":"x"}]`:   "error fetching [k]: Field [k] of type [keyword] doesn't support formats.",
		`[{"field":"k.t","format":"x"}]`: "error fetching [k.t]: Field [k.t] doesn't support formats.",
		`[{"field":"fl*","format":"x"}]`: "error fetching [flat] which matched [fl*]: Field [flat] doesn't support formats.",
		`[{"field":"g","format":"mvt"}]`: "error fetching [g]: Unrecognized geometry format [mvt].",
		`[` + strings.Join(names, ",") + `]`: fmt.Sprintf("[fields] has %d names, and may have %d", mostFieldValues+1,
			mostFieldValues),
		`["*` + strings.Repeat("a", mostPatternBytes) + `"]`:       "the patterns of [fields] have 16385 bytes, and may have 16384",
		`[` + strings.Repeat(`"a*",`, mostFieldPatterns) + `"b*"]`: "[fields] has 257 patterns with a star, and may have 256",
	} {
		if got := fetch(fetchedTypes, "", fields, `{}`); got != want {
			t.Errorf("%.60s: %s, want %s", fields, got, want)
		}
	}
	for _, mapping := range []string{"", fetchedTypes} {
		got := fetch(mapping, "", `[{"field":"date","format":"yyyy-bb"}]`, `{}`)
		if !strings.HasPrefix(got, "error fetching [date]: Invalid format: [yyyy-bb]") {
			t.Error(got)
		}
	}
	if _, err := (FieldValues{{Name: "_source"}}).Compile(nil); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

// TestFieldValuesNaive: the values are those that are found by following a path through decoded JSON, those of an array
// in an array behind the others.
func TestFieldValuesNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		doc := `{` + randomMembers(r, 0) + `}`
		var decoded any
		if err := json.Unmarshal([]byte(doc), &decoded); err != nil {
			t.Fatal(doc, err)
		}
		for _, path := range []string{"a", "b", "a.a", "a.b", "b.a.b"} {
			want := ""
			if values := valuesUnder(decoded, strings.Split(path, ".")); len(values) > 0 {
				text, _ := json.Marshal(map[string]any{path: values})
				want = string(text)
			}
			mapping := `{"` + strings.ReplaceAll(path, ".", `":{"properties":{"`) + `":{"type":"long"}` +
				strings.Repeat("}}", strings.Count(path, ".")) + `}`
			if got := fetch(mapping, "", `["`+path+`"]`, doc); got != want {
				t.Fatalf("%s of %s: %s, want %s", path, doc, got, want)
			}
		}
	}
}

func randomMembers(r *rand.Rand, depth int) string {
	var list []string
	for _, key := range []string{"a", "b"} {
		if r.IntN(3) > 0 {
			list = append(list, `"`+key+`":`+randomValue(r, depth))
		}
	}
	return strings.Join(list, ",")
}

func randomValue(r *rand.Rand, depth int) string {
	switch n := r.IntN(10); {
	case n < 3 && depth < 4:
		return `{` + randomMembers(r, depth+1) + `}`
	case n < 6 && depth < 4:
		list := make([]string, r.IntN(4))
		for i := range list {
			list[i] = randomValue(r, depth+1)
		}
		return `[` + strings.Join(list, ",") + `]`
	case n == 6:
		return "null"
	}
	return fmt.Sprint(r.IntN(100))
}

// valuesUnder returns the numbers under a path, those in arrays of arrays under the path behind the others.
func valuesUnder(v any, path []string) (values []any) {
	var levels [][]any
	var follow func(v any, path []string, arrays int)
	follow = func(v any, path []string, arrays int) {
		switch v := v.(type) {
		case map[string]any:
			if len(path) > 0 {
				follow(v[path[0]], path[1:], arrays)
			}
		case []any:
			if len(path) == 0 {
				arrays++
			}
			for _, e := range v {
				follow(e, path, arrays)
			}
		case float64:
			if len(path) > 0 {
				return
			}
			for len(levels) <= arrays {
				levels = append(levels, nil)
			}
			levels[arrays] = append(levels[arrays], v)
		}
	}
	follow(v, path, 0)
	if len(levels) > 1 { // the elements of an array under the path are in a row with values that are in none
		levels[0], levels[1] = nil, inOrder(v, path)
	}
	return slices.Concat(levels...)
}

// inOrder returns the numbers under a path that are in one array there at most, in the order of the document.
func inOrder(v any, path []string) (values []any) {
	switch v := v.(type) {
	case map[string]any:
		if len(path) > 0 {
			return inOrder(v[path[0]], path[1:])
		}
	case []any:
		for _, e := range v {
			if _, isNumber := e.(float64); len(path) > 0 || isNumber {
				values = append(values, inOrder(e, path)...)
			}
		}
	case float64:
		if len(path) == 0 {
			return []any{v}
		}
	}
	return values
}

// One fetcher is for many documents: nothing of one is left for the next.
func TestFieldFetcherAgain(t *testing.T) {
	schema, err := ParseMapping([]byte(fetchedTypes))
	if err != nil {
		t.Fatal(err)
	}
	list, err := ParseElasticsearchFields([]byte(`["*",{"field":"new*","include_unmapped":true}]`))
	if err != nil {
		t.Fatal(err)
	}
	fetcher, err := list.Compile(&Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	docs := []string{
		`{"g":["1,2",[3,4]],"l":[1,[2,[3]]],"o":[{"k":"a"},{"in":{"x":"b"}}],"new":[1,{"x":2}]}`, `{"g":[5,6]}`, `{}`,
		`{"l":[[9],8],"o":{"n":7},"new1":"x","k":"\u00e9"}`, `{"date":"2020-01-02","ip":"::1","flat":{"a":[1]}}`,
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		doc := docs[r.IntN(len(docs))]
		fresh, err := list.Compile(&Options{Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		want := fresh.Fields([]byte(doc))
		if got := fetcher.Fields([]byte(doc)); string(got) != string(want) {
			t.Fatalf("%s: %s, want %s", doc, got, want)
		}
	}
}

// A set of patterns matches what each of its patterns matches, however a text is cut into pieces.
func TestStarSet(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	text := func(letters string, most int) string {
		b := make([]byte, r.IntN(most))
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return string(b)
	}
	for range 3000 {
		patterns := make([]string, 1+r.IntN(30))
		for i := range patterns {
			patterns[i] = text("ab.**", 8)
		}
		s, name := newStarSet(patterns), text("ab.", 9)
		state, cut := slices.Clone(s.begin), r.IntN(len(name)+1)
		alive := s.next(state, state, []byte(name[:cut]))
		alive = s.next(state, state, []byte(name[cut:])) && alive
		want := -1
		for i, p := range patterns {
			if matchesStars(p, name) {
				want = i
			}
		}
		if got := s.last(state); got != want || want >= 0 && !alive {
			t.Fatalf("%q of %q: %d, want %d", name, patterns, got, want)
		}
	}
}

// Whatever is asked of a document, the answer is JSON.
func FuzzFieldFetcher(f *testing.F) {
	f.Add(`["*",{"field":"*","include_unmapped":true}]`, `{"o":[{"k":"a","in":{"x":"b"}},5],"new":{"a":[1,[null]]},"g":"1,2"}`)
	f.Add(`["o.*",{"field":"date","format":"yyyy"},{"field":"g","format":"wkt"}]`, `{"date":0,"g":[[1,2],{"lat":1,"lon":2}]}`)
	f.Add(`[{"field":"o.in.*","include_unmapped":true},"flat.a.b","flat"]`, `{"o.in":{"x.y":1},"flat":{"a.b":[[2]]}}`)
	f.Fuzz(func(t *testing.T, fields, doc string) {
		compact, err := rawjson.Compact([]byte(doc), 0)
		if err != nil {
			return
		}
		for _, mapping := range []string{"", fetchedTypes} {
			for _, nested := range []string{"", "o", "o.in"} {
				if got := fetch(mapping, nested, fields, string(compact)); strings.HasPrefix(got, "no JSON") {
					t.Error(got)
				}
			}
		}
	})
}
