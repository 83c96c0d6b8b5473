package query

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// sortMapping has a field of each type; a document of sortDocs is named by its _id.
const sortMapping = `{"n":{"type":"long"},"f":{"type":"half_float"},"d":{"type":"date","format":"yyyy||epoch_millis"},
	"b":{"type":"boolean"},"k":{"type":"keyword","null_value":"m"},"t":{"type":"text","fields":{"raw":{"type":"keyword"}}},
	"i":{"type":"ip"},"p":{"type":"geo_point"},"bin":{"type":"binary"},"bins":{"type":"binary","doc_values":true},
	"fl":{"type":"flattened"},"nodv":{"type":"keyword","doc_values":false},"w":{"type":"text","fielddata":true},
	"v":{"type":"nested","properties":{"s":{"type":"integer"},"c":{"type":"keyword"},"at":{"type":"geo_point"},
	"u":{"type":"nested","properties":{"x":{"type":"integer"}}}}}}`

var sortDocs = []string{
	`{"_id":"a","n":[5,"1",2.9],"f":1.5,"d":"1971","b":true,"k":"B","t":"x y","i":"10.0.0.2","p":"0,1","fl":{"a":"q","b":{"c":"e"}},
		"v":[{"s":3,"c":"x","at":"0,3","u":[{"x":9}]},{"s":7,"c":"y","at":"0,1"}]}`,
	`{"_id":"b","n":3,"f":"2","d":1,"b":"","k":["a","C"],"t":"a b","i":["::1","10.0.0.10"],"p":[[50,0],[2,0]],"fl":{"a":"f"},
		"v":{"s":5,"c":"x","u":{"x":4}}}`,
	`{"_id":"c","n":null,"f":"x","k":null,"p":null}`,
	`{"_id":"d","n":10,"d":"1970","b":"false","k":1.50,"i":"x","v":[]}`,
}

func TestSort(t *testing.T) {
	for _, c := range []struct {
		sort          string
		json, byTypes string // the ids; "": the same as json
	}{
		{`[]`, "a b c d", ""},
		{`"_doc"`, "a b c d", ""},
		{`{"_doc":"desc"}`, "d c b a", ""},
		{`["k.none","_doc"]`, "a b c d", "error"},
		{`"n"`, "a b d c", ""},
		{`[{"n":"DESC"}]`, "a d b c", "d a b c"},
		{`[{"n":{"order":"desc","missing":"_first"}}]`, "c a d b", "c d a b"},
		{`[{"n":{"missing":4}}]`, "a b c d", ""},
		{`[{"n":{"missing":"4"}}]`, "a b d c", "a b c d"},
		{`[{"n":{"mode":"max"}}]`, "b d a c", "b a d c"},
		{`[{"n":{"mode":"sum","order":"desc"}}]`, "d a b c", ""},
		{`[{"n":{"mode":"avg"}}]`, "b a d c", "a b d c"},
		{`[{"n":{"mode":"median"}}]`, "b a d c", "a b d c"},
		{`[{"f":"asc"}]`, "a b c d", "a b c d"},
		{`[{"d":"asc"}]`, "b d a c", "d b a c"},
		{`[{"b":"desc"}]`, "d b a c", "a d b c"},
		{`["k"]`, "d a b c", "d a b c"},
		{`[{"k":{"order":"desc","mode":"min"}}]`, "b a d c", "c b a d"},
		{`["t.raw"]`, "a b c d", "b a c d"},
		{`["i"]`, "b a d c", "b a c d"},
		{`[{"i":{"order":"desc"}}]`, "d b a c", "b a d c"},
		{`["fl.a"]`, "b a c d", ""},
		{`["fl"]`, "a b c d", "a b c d"},
		{`[{"zz":{"unmapped_type":"long"}},{"n":"desc"}]`, "a d b c", "d a b c"},
		{`[{"b":"asc","n":"asc"}]`, "a b d c", "b d a c"},
		{`[{"v.s":"desc"}]`, "a b d c", "d c b a"},
		{`[{"v.s":{"order":"desc","nested":{"path":"v"}}}]`, "a b d c", ""},
		{`[{"v.s":{"order":"desc","nested":{"path":"v","filter":{"term":{"v.c":"x"}}}}}]`, "b a d c", ""},
		{`[{"v.s":{"mode":"sum","nested":{"path":"v"}}}]`, "b a c d", ""},
		{`[{"v.u.x":{"nested":{"path":"v","nested":{"path":"v.u"}}}}]`, "b a c d", ""},
		{`[{"v.u.x":{"nested":{"path":"v","filter":{"term":{"v.s":7}},"nested":{"path":"v.u"}}}}]`, "a b c d", ""},
		{`[{"_geo_distance":{"p":[0,0]}}]`, "a b c d", ""},
		{`[{"_geo_distance":{"p":{"lat":0,"lon":2},"order":"desc","unit":"mi"}}]`, "d c b a", ""},
		{`[{"_geo_distance":{"p":"0,0","mode":"max"}}]`, "a b c d", ""},
		{`[{"_geo_distance":{"p":["0,49","0,48"],"mode":"avg","distance_type":"plane"}}]`, "b a c d", ""},
		{`[{"_geo_distance":{"v.at":"0,0","nested":{"path":"v"},"ignore_unmapped":true}},{"n":"desc"}]`, "a d b c", ""},
		{`[{"_geo_distance":{"zz":"0,0","ignore_unmapped":true}},{"n":"desc"}]`, "a d b c", "d a b c"},
	} {
		o, err := ParseElasticsearchSort([]byte(c.sort))
		if err != nil {
			t.Errorf("%s: %v", c.sort, err)
			continue
		}
		if c.byTypes == "" {
			c.byTypes = c.json
		}
		if got := sortedIDs(o, sortDocs); got != c.json {
			t.Errorf("%s: %s, want %s", c.sort, got, c.json)
		}
		if got := sortedIDs(o.Mapped(mustMapping(t, sortMapping)), sortDocs); got != c.byTypes {
			t.Errorf("%s by types: %s, want %s", c.sort, got, c.byTypes)
		}
	}
}

func mustMapping(t *testing.T, mapping string) *Schema {
	t.Helper()
	s, err := ParseMapping([]byte(mapping))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sortedIDs returns the ids of documents in an order, as a store has them; "error" if the order does not compile.
func sortedIDs(o *Order, docs []string) string {
	order, err := o.Order(filter.Env{})
	if err != nil {
		return "error"
	}
	var ids []string
	keys := map[string][]byte{}
	for _, doc := range docs {
		doc, _ := rawjson.Compact([]byte(doc), 0)
		raw, _ := rawjson.Lookup(doc, "_id")
		id := scalarText(raw)
		if keys[id] = []byte(id); order != nil {
			keys[id] = sortedKey(order, id, doc)
		}
		isBehind := order == nil || order.Behind == nil ||
			!bytes.HasPrefix(keys[id], order.Behind) && bytes.Compare(keys[id], order.Behind) > 0
		if isBehind {
			ids = append(ids, id)
		}
	}
	return strings.Join(sortedBy(ids, keys), " ")
}

func TestSortErrors(t *testing.T) {
	for _, c := range []struct{ sort, want string }{
		{`nope`, `json`},
		{`null`, `Unknown key for a VALUE_NULL in [sort].`},
		{`[1]`, `malformed sort format, within the sort array, an object, or an actual string are allowed (at [0])`},
		{`[{"_score":{"missing":"_first"}}]`, `[_score] unknown field [missing]`},
		{`[{"_score":{"order":1}}]`, `[_score] order doesn't support values of type: VALUE_NUMBER`},
		{`[{"_score":{"order":"up"}}]`, `[_score] failed to parse field [order]`},
		{`["_id"]`, `Fielddata access on the _id field is disallowed`},
		{`[{"_id":{"order":"asc"}}]`, `Fielddata access on the _id field is disallowed`},
		{`[{"_script":{}}]`, `sorting by a script is not supported`},
		{`[{"n":"down"}]`, `No enum constant org.elasticsearch.search.sort.SortOrder.DOWN`},
		{`[{"n":1}]`, `[field_sort] Expected START_OBJECT but was: END_OBJECT (at [0].n)`},
		{`[{"n":null,"k":"asc"}]`, `[field_sort] Expected START_OBJECT but was: FIELD_NAME`},
		{`[{"n":["asc"]}]`, `[field_sort] Expected START_OBJECT but was: VALUE_STRING`},
		{`[{"n":[]}]`, `[field_sort] Expected START_OBJECT but was: END_ARRAY`},
		{`[{"n":{"ordr":"asc"}}]`, `[field_sort] unknown field [ordr] did you mean [order]?`},
		{`[{"n":{"order":"up"}}]`, `[field_sort] failed to parse field [order]: No enum constant`},
		{`[{"n":{"mode":"most"}}]`, `[field_sort] failed to parse field [mode]: Unknown SortMode [most]`},
		{`[{"n":{"unmapped_type":5}}]`, `[field_sort] unmapped_type doesn't support values of type: VALUE_NUMBER`},
		{`[{"n":{"missing":[]}}]`, `[field_sort] missing doesn't support values of type: START_ARRAY`},
		{`[{"n":{"nested":"v"}}]`, `[field_sort] nested doesn't support values of type: VALUE_STRING`},
		{`[{"n":{"nested":{"pth":"v"}}}]`, `malformed nested sort format, unknown field name [pth]`},
		{`[{"n":{"nested":{}}}]`, `malformed nested sort format, a [path] is missing`},
		{`[{"n":{"nested":{"path":"v","nested":1}}}]`, `malformed nested sort format, must start with an object`},
		{`[{"n":{"nested":{"path":"v","max_children":1}}}]`, `[max_children] is not supported`},
		{`[{"n":{"nested":{"path":"v","filter":{"trm":{}}}}}]`, `unknown query [trm]`},
		{`[{"n":{"numeric_type":"long"}}]`, `[field_sort] [numeric_type] is not supported`},
		{`[{"n":{"format":"yyyy"}}]`, `[field_sort] [format] is not supported`},
		{`[{"_geo_distance":5}]`, `[_geo_distance] must be an object`},
		{`[{"_geo_distance":{"p":[]}}]`, `Geo distance sorting needs at least one point.`},
		{`[{"_geo_distance":{"p":"0,0","q":"0,0"}}]`, `Trying to reset fieldName to [q], already set to [p].`},
		{`[{"_geo_distance":{"p":"0,0","unit":"ell"}}]`, `No distance unit match [ell]`},
		{`[{"_geo_distance":{"p":"0,0","mode":"sum"}}]`, `sort_mode [sum] isn't supported for sorting by geo distance`},
		{`[{"_geo_distance":{"p":"0,0","distance_type":"flat"}}]`, `No geo distance for [flat]`},
		{`[{"_geo_distance":{"p":"0,0","x":1}}]`, `[_geo_distance] does not support [x]`},
		{`[{"_geo_distance":{"p":1}}]`, `[_geo_distance] does not support [p]`},
		{`[{"_geo_distance":{"p":[1]}}]`, `illegal latitude value [NaN]`},
	} {
		_, err := ParseElasticsearchSort([]byte(c.sort))
		if e := (*DSLError)(nil); !errors.As(err, &e) || c.want != "json" && !strings.Contains(e.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.sort, err, c.want)
		}
	}
}

// What a schema has against an order.
func TestSortTypeErrors(t *testing.T) {
	schema := mustMapping(t, sortMapping)
	for _, c := range []struct{ sort, want string }{
		{`"t"`, `Fielddata is disabled on [t]. Text fields are not optimised`},
		{`"w"`, `sorting by the words of the field [w] is not supported: sort by a keyword field`},
		{`"v"`, `No mapping found for [v] in order to sort on`},
		{`"n:desc"`, `No mapping found for [n:desc] in order to sort on`},
		{`"_version"`, `sorting by the field [_version] is not supported`},
		{`"p"`, `can't sort on geo_point field without using specific sorting feature, like geo_distance`},
		{`"bin"`, `Can't load fielddata on [bin] because fielddata is unsupported on fields of type [binary].`},
		{`"bins"`, `can't sort on binary field`},
		{`"nodv"`, `Can't load fielddata on [nodv] because fielddata is unsupported on fields of type [keyword].`},
		{`{"k":{"mode":"avg"}}`, `we only support AVG, MEDIAN and SUM on number based fields`},
		{`{"n":{"missing":"x"}}`, `For input string: "x" (at n)`},
		{`{"d":{"missing":"1971x"}}`, `For input string: "1971x"`},
		{`{"b":{"missing":true}}`, `For input string: "true"`},
		{`{"f":{"missing":"x"}}`, `For input string: "x"`},
		{`{"zz":{"unmapped_type":"strnig"}}`, `No mapper found for type [strnig]`},
		{`{"zz":{"unmapped_type":"text"}}`, `Fielddata is disabled on [zz]`},
		{`{"v.s":{"nested":{"path":"w"}}}`, `[nested] failed to find nested object under path [w] (at v.s)`},
		{`{"v.s":{"mode":"median","nested":{"path":"v"}}}`, `Unsupported sort mode: MEDIAN`},
		{`{"_geo_distance":{"zz":"0,0"}}`, `failed to find mapper for [zz] for geo distance based sort`},
		{`{"_geo_distance":{"n":"0,0"}}`, `unable to apply geo distance sort to field [n] of type [long]`},
	} {
		o, err := ParseElasticsearchSort([]byte(c.sort))
		if err == nil {
			_, err = o.Mapped(schema).Order(filter.Env{})
		}
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.sort, err, c.want)
		}
	}
}

// Indexes have an order by values as JSON, and by no others.
func TestSortKeys(t *testing.T) {
	schema := mustMapping(t, sortMapping)
	for sort, want := range map[string]bool{
		`["n",{"k":"desc"}]`: true, `{"n":{"mode":"min"}}`: true, `{"n":{"mode":"max","order":"desc","missing":"_first"}}`: true,
		`{"n":{"mode":"max"}}`: false, `{"n":{"missing":1}}`: false, `{"n":{"mode":"avg"}}`: false,
		`{"n":{"nested":{"path":"v"}}}`: false, `["n",{"_geo_distance":{"p":"0,0"}}]`: false,
	} {
		o, err := ParseElasticsearchSort([]byte(sort))
		if err != nil {
			t.Fatal(err)
		}
		order, err := o.Order(filter.Env{})
		if err != nil || len(order.Keys) > 0 != want {
			t.Errorf("%s has keys %v, %v", sort, order.Keys, err)
		}
		if order, err = By("n").Mapped(schema).Order(filter.Env{}); err != nil || order.Keys != nil || order.Mark == "" {
			t.Errorf("by types: %v, %v", order, err)
		}
	}
}

// What is computed of whole numbers is rounded, a half upwards.
func TestModesOfWhole(t *testing.T) {
	for _, c := range []struct {
		mode orderMode
		list []int64
		want int64
	}{
		{modeAvg, []int64{1, 2}, 2}, {modeAvg, []int64{-1, -2}, -1}, {modeAvg, []int64{1, 1, 2}, 1}, {modeSum, []int64{1, 2}, 3},
		{modeMedian, []int64{9, 1, 4}, 4}, {modeMedian, []int64{4, 9, 1, 5}, 5}, {modeMin, []int64{2, 1}, 1},
		{modeMax, []int64{2, 1}, 2}, {modeAvg, []int64{math.MaxInt64}, math.MaxInt64},
		{modeMedian, []int64{math.MaxInt64, math.MaxInt64}, math.MaxInt64},
	} {
		if got := c.mode.ofWhole(slices.Clone(c.list)); got != c.want {
			t.Errorf("%s of %v: %d, want %d", c.mode, c.list, got, c.want)
		}
	}
}

// Whatever is no order is an error, and what is one makes keys of which none is the beginning of another.
func FuzzParseElasticsearchSort(f *testing.F) {
	for _, seed := range []string{
		`["n",{"k":"desc"}]`, `[{"n":{"missing":4,"mode":"avg","unmapped_type":"long"}}]`, `{"_geo_distance":{"p":["0,49",[1,2]]}}`,
		`{"v.s":{"nested":{"path":"v","filter":{"term":{"v.c":"x"}},"nested":{"path":"v.u"}}}}`, `[]`, `"_doc"`, `{"n":[]}`,
	} {
		f.Add([]byte(seed), []byte(`[1,"x"]`), []byte(sortDocs[0]), []byte(sortDocs[1]))
	}
	schema, err := ParseMapping([]byte(sortMapping))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, sort, after, a, b []byte) {
		o, err := ParseElasticsearchSort(sort)
		if err != nil {
			return
		}
		a, errA := rawjson.Compact(a, 0)
		b, errB := rawjson.Compact(b, 0)
		for _, o := range []*Order{o, o.Mapped(schema), o.MissingFirst().Mapped(schema), o.Behind(after)} {
			order, err := o.Order(filter.Env{})
			if err != nil || order == nil || errA != nil || errB != nil {
				continue
			}
			one, other := order.AppendKey(nil, "a", a), order.AppendKey(nil, "b", b)
			if !bytes.Equal(one, other) && bytes.HasPrefix(one, other) {
				t.Errorf("%s: the key of %s, %x, begins with that of %s, %x", sort, a, one, b, other)
			}
		}
	})
}
