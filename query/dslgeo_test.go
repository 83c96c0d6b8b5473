package query

import (
	"errors"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

func TestGeoClauses(t *testing.T) {
	for _, c := range []struct {
		query string
		want  bool
	}{
		{`{"geo_distance":{"distance":"100km","at":{"lat":61,"lon":-150}}}`, true},
		{`{"geo_distance":{"at":{"lat":61,"lon":-150},"distance":"10km"}}`, false},
		{`{"geo_distance":{"distance":"1m","pair":[-118,34]}}`, true},
		{`{"geo_distance":{"distance":"1m","pair":"34,-118"}}`, true},
		{`{"geo_distance":{"distance":"1m","pair":"POINT (-118 34)"}}`, true},
		{`{"geo_distance":{"distance":1,"pair":[-118,34]}}`, true},
		{`{"geo_distance":{"distance":20,"unit":"mi","at":{"lat":61,"lon":-150}}}`, true},
		{`{"geo_distance":{"distance":"20","unit":"km","at":{"lat":61,"lon":-150}}}`, false},
		{`{"geo_distance":{"distance":"100km","at.lat":61,"at.lon":"-150"}}`, true},
		{`{"geo_distance":{"distance":"100km","at":{"lat":61,"lon":210},"validation_method":"coerce"}}`, true},
		{`{"geo_distance":{"distance":"100km","at":{"lat":61,"lon":-150},"distance_type":"plane","boost":2,"_name":"n",` +
			`"ignore_unmapped":"true"}}`, true},
		{`{"geo_distance":{"distance":"1km","other":[0,0],"pair":[-118,34]}}`, true},
		{`{"geo_bounding_box":{"at":{"top_left":{"lat":62,"lon":-151},"bottom_right":[-149,60]}}}`, true},
		{`{"geo_bounding_box":{"at":{"top_right":"62,-149","bottom_left":"60,-151"},"type":"memory"}}`, true},
		{`{"geo_bounding_box":{"at":{"top":62,"left":170,"bottom":"60","right":-149},"boost":3}}`, true},
		{`{"geo_bounding_box":{"x":[],"at":{"top":62,"left":-151,"bottom":60,"right":-149},"y":null}}`, true},
		{`{"geo_bounding_box":{"at":{"wkt":"BBOX (-151, -149, 62, 60)"}}}`, true},
		{`{"geo_bounding_box":{"at":{"top":62,"left":-149,"bottom":60,"right":-148}}}`, false},
		{`{"geo_polygon":{"at":{"points":["60,-151",[-151,63],{"lat":60,"lon":-140}]}}}`, true},
		{`{"geo_polygon":{"at":{"points":["60,-149",[-149,63],{"lat":60,"lon":-140}]},"validation_method":"STRICT"}}`, false},
	} {
		q, err := ParseElasticsearch([]byte(c.query))
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
		} else if got := matches(t, q, pinned); got != c.want {
			t.Errorf("%s: %t", c.query, got)
		}
	}
}

func TestGeoClauseErrors(t *testing.T) {
	for _, c := range []struct{ query, reason string }{
		{`{"geo_distance":{"a":[0,0]}}`, `geo_distance requires 'distance' to be specified (at geo_distance)`},
		{`{"geo_distance":{"distance":"1km"}}`, `fieldName must not be null or empty (at geo_distance)`},
		{`{"geo_distance":{"distance":"1km","a":null}}`, `fieldName must not be null or empty (at geo_distance)`},
		{`{"geo_distance":{"distance":"","a":[0,0]}}`, `distance must not be null or empty (at geo_distance.distance)`},
		{`{"geo_distance":{"distance":"1,000m","a":[0,0]}}`, `For input string: "1,000" (at geo_distance.distance)`},
		{`{"geo_distance":{"distance":0,"a":[0,0]}}`, `distance must be greater than zero (at geo_distance.distance)`},
		{`{"geo_distance":{"distance":"-1km","a":[0,0]}}`, `distance must be greater than zero (at geo_distance.distance)`},
		{`{"geo_distance":{"distance":1,"unit":"parsec","a":[0,0]}}`,
			`No distance unit match [parsec] (at geo_distance.unit)`},
		{`{"geo_distance":{"distance":1,"distance_type":"x","a":[0,0]}}`,
			`No geo distance for [x] (at geo_distance.distance_type)`},
		{`{"geo_distance":{"distance":"5km","a":{"lat":95,"lon":0}}}`,
			`couldn't validate latitude/ longitude values (at geo_distance.a)`},
		{`{"geo_distance":{"distance":"5km","a":[1]}}`, `couldn't validate latitude/ longitude values (at geo_distance.a)`},
		{`{"geo_distance":{"distance":"5km","a":{"type":"Point","coordinates":[0,0]}}}`,
			`[geo_distance] query does not support [a] (at geo_distance.a)`},
		{`{"geo_distance":{"distance":"5km","a":[0,0],"foo":1}}`,
			`failed to parse [geo_distance] query. unexpected field [foo] (at geo_distance.foo)`},
		{`{"geo_distance":{"distance":"5km","a":[0,0],"validation_method":"x"}}`,
			`operator needs to be either [COERCE, IGNORE_MALFORMED, STRICT], but not [x] (at geo_distance.validation_method)`},
		{`{"geo_distance":{"distance":"5km","a":[0,0],"ignore_unmapped":"x"}}`,
			`Failed to parse value [x] as only [true] or [false] are allowed. (at geo_distance.ignore_unmapped)`},
		{`{"geo_distance":{"distance":"5km","a":[0,0],"boost":"x"}}`, `For input string: "x" (at geo_distance.boost)`},
		{`{"geo_polygon":{"a":{"points":[[0,0],[1,1],[0,1]]},"boost":-1}}`,
			`negative [boost] are not allowed in [geo_polygon], use a value between 0 and 1 to deboost (at geo_polygon.boost)`},
		{`{"geo_bounding_box":{}}`,
			`failed to parse [geo_bounding_box] query. bounding box not provided (at geo_bounding_box)`},
		{`{"geo_bounding_box":{"a":{"top_left":[0,0]}}}`, `bottom latitude is invalid: NaN (at geo_bounding_box.a)`},
		{`{"geo_bounding_box":{"a":{"top":1,"left":1,"bottom":2,"right":2}}}`,
			`top is below bottom corner: 1.0 vs. 2.0 (at geo_bounding_box.a)`},
		{`{"geo_bounding_box":{"a":{"foo":1}}}`, `failed to parse [geo_bounding_box] query. ` +
			`[failed to parse bounding box. unexpected field [foo]] (at geo_bounding_box.a)`},
		{`{"geo_bounding_box":{"a":{},"foo":[1]}}`,
			`failed to parse [geo_bounding_box] query. unexpected field [foo] (at geo_bounding_box.foo)`},
		{`{"geo_bounding_box":{"foo":1}}`,
			`failed to parse [geo_bounding_box] query. unexpected field [foo] (at geo_bounding_box.foo)`},
		{`{"geo_polygon":{"a":{"points":[[0,0],[1,1]]}}}`, `too few points defined for geo_polygon query (at geo_polygon.a)`},
		{`{"geo_polygon":{"a":{"points":5}}}`,
			`[geo_polygon] query does not support token type [VALUE_NUMBER] under [points] (at geo_polygon.a.points)`},
		{`{"geo_polygon":{"a":{"x":[]}}}`, `[geo_polygon] query does not support [x] (at geo_polygon.a.x)`},
		{`{"geo_polygon":{"a":{}}}`, `polygon must not be null or empty (at geo_polygon)`},
		{`{"geo_polygon":{}}`, `fieldName must not be null (at geo_polygon)`},
		{`{"geo_polygon":{"a":[]}}`, `[geo_polygon] unexpected token type [START_ARRAY] (at geo_polygon.a)`},
		{`{"geo_polygon":{"a":5}}`, `[geo_polygon] query does not support [a] (at geo_polygon.a)`},
	} {
		_, err := ParseElasticsearch([]byte(c.query))
		if !errors.Is(err, ErrInvalid) || err.Error() != c.reason {
			t.Errorf("%s: error %v, want %s", c.query, err, c.reason)
		}
	}
}

// Whatever a clause about places or nested objects has in it is refused, or compiles and can be asked.
func FuzzGeoClauses(f *testing.F) {
	for _, body := range []string{
		`{"distance":"1km","at":{"lat":1,"lon":2}}`, `{"at":{"top_left":"s0","bottom_right":[2,1]}}`,
		`{"at.lat":1,"at.lon":2,"distance":1e9}`,
		`{"at":{"points":[[0,0],"1,1",{"lat":"2","lon":0}]}}`,
		`{"path":"in","query":{"geo_distance":{"in.at":"s","distance":5}}}`,
	} {
		f.Add([]byte(body), []byte(pinned))
	}
	f.Fuzz(func(t *testing.T, body, doc []byte) {
		doc, err := rawjson.Compact(doc, 100)
		for _, name := range []string{"geo_distance", "geo_bounding_box", "geo_polygon", "nested"} {
			q, parseErr := ParseElasticsearch([]byte(`{"` + name + `":` + string(body) + `}`))
			if parseErr != nil {
				var e *DSLError
				if !errors.As(parseErr, &e) {
					t.Fatalf("%T", parseErr)
				}
				continue
			}
			m, compileErr := Compile(q, nil)
			if compileErr != nil {
				t.Fatalf("%s is parsed, but: %v", body, compileErr)
			}
			if err != nil || doc[0] != '{' {
				continue
			}
			got := m.Match("d1", doc)
			if shape, ok := q.node.(inShape); ok && got != naive(shape, "d1", decode(doc).(map[string]any)) {
				t.Errorf("%s of %s and %s: %t", name, body, doc, got)
			}
		}
	})
}
