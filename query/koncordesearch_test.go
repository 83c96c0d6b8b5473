package query

import (
	"errors"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

func TestTranslateKoncorde(t *testing.T) {
	for _, c := range []struct{ filter, want string }{
		{`{"equals":{"a":1}}`, `{"term":{"a":1}}`},
		{`{"equals":5}`, `{"term":{}}`},
		{`{"equals":["x",2]}`, `{"term":{"0":"x","1":2}}`},
		{`{"equals":"é\""}`, `{"term":{"0":"é","1":"\""}}`},
		{`{"equals":{"a":1},"exists":"b"}`, `{"term":{"a":1}}`},
		{`{"in":{"a":[1,"x"]}}`, `{"terms":{"a":[1,"x"]}}`},
		{`{"ids":{"values":["x"]}}`, `{"ids":{"values":["x"]}}`},
		{`{"range":{"a":{"gte":"2018"}}}`, `{"range":{"a":{"gte":"2018"}}}`},
		{`{"geoBoundingBox":{"a":{"top":1}}}`, `{"geo_bounding_box":{"a":{"top":1}}}`},
		{`{"geoDistance":{"a":[1,2],"distance":"1km"}}`, `{"geo_distance":{"a":[1,2],"distance":"1km"}}`},
		{`{"geoDistanceRange":{}}`, `{"geo_distance_range":{}}`},
		{`{"geoPolygon":{"a":{"points":[]}}}`, `{"geo_polygon":{"a":{"points":[]}}}`},
		{`{"exists":"a.b"}`, `{"exists":{"field":"a.b"}}`},
		{`{"exists":{"field":"a"}}`, `{"exists":{"field":"a"}}`},
		{`{"exists":"a[\"x\"]"}`, `{"bool":{"filter":[{"exists":{"field":"a"}},{"range":{"a":{"gte":"x","lte":"x"}}}]}}`},
		{`{"exists":"a[ 1.50 ]"}`, `{"bool":{"filter":[{"exists":{"field":"a"}},{"range":{"a":{"gte":1.50,"lte":1.50}}}]}}`},
		{`{"exists":{"field":"a[[1]]b"}}`,
			`{"bool":{"filter":[{"exists":{"field":"a"}},{"range":{"a":{"gte":[1],"lte":[1]}}}]}}`},
		{`{"exists":"a[0]"}`, `{"exists":{"field":"a"}}`},
		{`{"exists":"a[false]"}`, `{"exists":{"field":"a"}}`},
		{`{"exists":"a[null]"}`, `{"exists":{"field":"a"}}`},
		{`{"exists":"a[\"\"]"}`, `{"exists":{"field":"a"}}`},
		{`{"missing":"a"}`, `{"bool":{"must_not":[{"exists":{"field":"a"}}]}}`},
		{`{"missing":"a[1]"}`, `{"bool":{"must_not":[{"exists":{"field":"a[1]"}}]}}`},
		{`{"missing":{"field":"a"}}`, `{"bool":{"must_not":[{"exists":{"field":{"field":"a"}}}]}}`},
		{`{"and":[{"exists":"a"},{"not":{"exists":"b"}}]}`,
			`{"bool":{"filter":[{"exists":{"field":"a"}},{"bool":{"must_not":[{"exists":{"field":"b"}}]}}]}}`},
		{`{"or":[{"exists":"a"}]}`, `{"bool":{"should":[{"exists":{"field":"a"}}]}}`},
		{`{"and":[]}`, `{"bool":{"filter":[]}}`},
		{`{"or":[]}`, `{"bool":{"should":[]}}`},
		{`{"not":[{"exists":"a"}]}`, `{"bool":{"must_not":[{"0":{"exists":"a"}}]}}`},
		{`{"nothing":true}`, `{"nothing":true}`},
		{`{"match":{"a":"x"}}`, `{"match":{"a":"x"}}`},
		{`{"select":{"field":"a"}}`, `{"select":{"field":"a"}}`},
		{`{"term":{"a":1}}`, `{"term":{"a":1}}`},
	} {
		got, err := translated([]byte(c.filter))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v, want %s", c.filter, got, err, c.want)
		}
		if _, err := rawjson.Compact(got, 0); err != nil {
			t.Errorf("%s: %s is no JSON", c.filter, got)
		}
	}
}

func TestParseKoncordeSearch(t *testing.T) {
	for _, c := range []struct {
		filter string
		want   bool
	}{
		{`{}`, true},
		{` { } `, true},
		{`{"equals":{"tags":"sale"}}`, true},
		{`{"exists":"note"}`, false},
		{`{"missing":"note"}`, true},
		{`{"and":[]}`, true},
		{`{"or":[]}`, true},
		{`{"not":{"equals":{"sold":true}}}`, false},
		{`{"not":{"not":{"in":{"tags":["x","wood"]}}}}`, true},
		{`{"ids":{"values":["d1"]}}`, true},
		{`{"missing":"tags[\"wood\"]"}`, true},
	} {
		q, err := ParseKoncordeSearch([]byte(c.filter))
		if err != nil {
			t.Errorf("%s: %v", c.filter, err)
		} else if got := matches(t, q, shop); got != c.want {
			t.Errorf("%s: %t", c.filter, got)
		}
	}
}

func TestKoncordeSearchErrors(t *testing.T) {
	const prefix = "An error occured while translating a Koncorde filter to an Elasticsearch query: "
	translation, restricted := "services.koncorde.elastic_translation_error", "api.assert.koncorde_restricted_keyword"
	for _, c := range []struct{ filter, id, message string }{
		{`{"and":[{"bool":{"must":[]}}]}`, restricted,
			`The operator "bool" of Koncorde DSL is not supported for search queries.`},
		{`{"exists":"a["}`, translation, prefix + `Invalid exists path "a[": missing closing bracket`},
		{`{"exists":"a[x]"}`, translation, prefix + `the value in the exists path "a[x]" is no JSON`},
		{`{"exists":5}`, translation, prefix + `exists must have the path of a field, which is a text`},
		{`{"exists":{}}`, translation, prefix + `exists must have the path of a field, which is a text`},
		{`{"and":{"exists":"a"}}`, translation, prefix + `and must be an array of filters`},
		{`{"or":[{}]}`, translation, prefix + `a filter must have a keyword, such as equals, and not be empty`},
		{`{"not":{}}`, translation, prefix + `a filter must have a keyword, such as equals, and not be empty`},
		{`{"not":5}`, translation, prefix + `a filter must be an object with a keyword, such as equals`},
		{`5`, translation, prefix + `a filter must be an object with a keyword, such as equals`},
		{`[]`, translation, prefix + `a filter must be an object with a keyword, such as equals`},
	} {
		_, err := ParseKoncordeSearch([]byte(c.filter))
		var e *KoncordeError
		if !errors.As(err, &e) || !errors.Is(err, ErrInvalid) || e.ID != c.id || err.Error() != c.message {
			t.Errorf("%s: error %#v, want %s", c.filter, err, c.message)
		}
	}
	for _, c := range []struct{ filter, reason string }{
		{`{"nope":{"a":1}}`, "unknown query [nope]"},
		{`{"nothing":{}}`, "unknown query [nothing]"},
		{`{"nothing":true}`, "[nothing] query malformed, no start_object after query name"},
		{`{"geoDistanceRange":{"a":[1,2],"from":"1km","to":"2km"}}`,
			"unknown query [geo_distance_range] did you mean [geo_distance]?"},
		{`{"select":{"field":"a","index":0,"query":{}}}`, "unknown query [select]"},
		{`{"equals":5}`, "field name is null or empty"},
		{`{"missing":{"field":"alert"}}`, "[exists] unknown token [START_OBJECT] after [field]"},
		{`{"not":[{"equals":{"network":"ci"}}]}`, "unknown query [0]"},
		{`{"geoDistance":{"a":{"lat":34,"lon":-118},"distance":"abc"}}`, `For input string: "abc"`},
	} {
		_, err := ParseKoncordeSearch([]byte(c.filter))
		var e *DSLError
		if !errors.As(err, &e) || e.Reason != c.reason {
			t.Errorf("%s: error %#v, want %s", c.filter, err, c.reason)
		}
	}
}

// Whatever is translated is JSON.
func FuzzParseKoncordeSearch(f *testing.F) {
	for _, filter := range []string{
		`{"and":[{"exists":"a[\"x\"]"},{"not":{"equals":["x",1]}}]}`, `{"missing":{"field":"\ud800"}}`, `{"in":"é","or":[]}`,
	} {
		f.Add([]byte(filter))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, err := ParseKoncordeSearch(raw)
		var k *KoncordeError
		var d *DSLError
		if err != nil && !errors.As(err, &k) && !errors.As(err, &d) {
			t.Fatalf("%T", err)
		}
		compact, err := rawjson.Compact(raw, 0)
		if err != nil {
			return
		}
		if q, err := translated(compact); err == nil {
			if _, err := rawjson.Compact(q, rawjson.MaxDepth); err != nil {
				t.Errorf("%s becomes %s: %v", raw, q, err)
			}
		}
	})
}
