package koncorde

import "testing"

// What Koncorde 4.7.0 answers.
var evaluations = []struct {
	filter, document string
	want             bool
}{
	{`{}`, `{}`, true},
	{`{"nothing":1}`, `{"a":1}`, false},
	// Equality is strict, and does not look into arrays.
	{`{"equals":{"a":1}}`, `{"a":1.0}`, true},
	{`{"equals":{"a":1}}`, `{"a":"1"}`, false},
	{`{"equals":{"a":1}}`, `{"a":true}`, false},
	{`{"equals":{"a":1}}`, `{"a":[1]}`, false},
	{`{"equals":{"a":0}}`, `{"a":-0}`, true},
	{`{"equals":{"a":9007199254740993}}`, `{"a":9007199254740992}`, true},
	{`{"equals":{"a":null}}`, `{"a":null}`, true},
	{`{"equals":{"a":null}}`, `{}`, false},
	{`{"not":{"equals":{"a":null}}}`, `{}`, true},
	{`{"not":{"equals":{"a":1}}}`, `{"a":"1"}`, true},
	{`{"ids":{"values":["x","id"]}}`, `{}`, true},
	{`{"ids":{"values":["x"]}}`, `{"_id":"x"}`, false},
	{`{"in":{"a":["x","y"]}}`, `{"a":"y"}`, true},
	// Documents are flattened.
	{`{"equals":{"a.b":1}}`, `{"a":{"b":1}}`, true},
	{`{"equals":{"a.b":1}}`, `{"a.b":1}`, true},
	{`{"equals":{"a.b":1}}`, `{"a":{"b":1},"a.b":2}`, false},
	{`{"equals":{"a.b":1}}`, `{"a.b":2,"a":{"b":1}}`, true},
	{`{"equals":{"a.b":1}}`, `{"a":{},"a.b":2,"a":{"b":1}}`, false}, // a keeps the place of the first a
	{`{"equals":{"1.2":1}}`, `{"1.2":2,"1":{"2":1}}`, false},        // 1 is an array index, so that it comes first
	{`{"equals":{"a.b":1}}`, `{"a":[{"b":1}]}`, false},
	{`{"exists":"a.0"}`, `{"a":[1]}`, false},
	{`{"equals":{"b":1}}`, `{"":{"b":1}}`, true},
	{`{"equals":{".b":1}}`, `{"":{"b":1}}`, false},
	// Existence.
	{`{"exists":"a"}`, `{"a":null}`, true},
	{`{"exists":"a"}`, `{"a":{}}`, true},
	{`{"exists":"b"}`, `{"a":1}`, false},
	{`{"exists":"a[\"x\"]"}`, `{"a":["y","x"]}`, true},
	{`{"exists":"a[1]"}`, `{"a":["1"]}`, false},
	{`{"exists":"a[1]"}`, `{"a":1}`, false},
	{`{"exists":"a[null]"}`, `{"a":[null]}`, true},
	{`{"exists":"a[[1]]"}`, `{"a":[[1]]}`, false},
	{`{"missing":"a[[1]]"}`, `{"a":[[1]]}`, true},
	{`{"missing":"a[1]"}`, `{}`, true},
	{`{"missing":"a[1]"}`, `{"a":[1]}`, false},
	{`{"and":[{"exists":"a[1]"},{"missing":"a[2]"}]}`, `{"a":[1]}`, false}, // dropped
	{`{"and":[{"equals":{"a":1}},{"missing":"a[2]"}]}`, `{"a":1}`, false},  // dropped
	{`{"and":[{"not":{"equals":{"a":"1"}}},{"equals":{"a":1}}]}`, `{"a":1}`, false},
	{`{"and":[{"equals":{"a":1}},{"not":{"equals":{"a":"1"}}}]}`, `{"a":1}`, true},
	{`{"and":[{"not":{"exists":"b[2]"}},{"equals":{"a":1}}]}`, `{"a":1}`, true},
	// Ranges.
	{`{"range":{"a":{"gte":1}}}`, `{"a":1}`, true},
	{`{"range":{"a":{"gt":1}}}`, `{"a":1}`, false},
	{`{"range":{"a":{"gt":1}}}`, `{"a":1.00000000005}`, false},
	{`{"range":{"a":{"gt":1}}}`, `{"a":"2"}`, false},
	{`{"range":{"a":{"gt":1048575}}}`, `{"a":1048575}`, false},
	{`{"range":{"a":{"gt":2097152}}}`, `{"a":2097152}`, true},
	{`{"not":{"range":{"a":{"gt":2097152}}}}`, `{"a":2097152}`, true},
	{`{"and":[{"range":{"a":{"gt":2097152}}},{"equals":{"a":2097152}}]}`, `{"a":2097152}`, false}, // dropped
	{`{"not":{"range":{"a":{"gte":1}}}}`, `{"a":1}`, false},
	{`{"not":{"range":{"a":{"gte":1}}}}`, `{"a":0.99999999995}`, false},
	{`{"not":{"range":{"a":{"gt":1}}}}`, `{"a":1}`, true},
	{`{"not":{"range":{"a":{"lte":1}}}}`, `{"a":1.00000000005}`, false},
	{`{"not":{"range":{"a":{"lte":1}}}}`, `{"a":1.0000000002}`, true},
	{`{"not":{"range":{"a":{"lt":5}}}}`, `{"a":-1e400}`, false},
	{`{"not":{"range":{"a":{"gt":5}}}}`, `{"a":1e400}`, false},
	{`{"not":{"range":{"a":{"gt":1,"lt":3}}}}`, `{"a":2}`, false},
	{`{"not":{"range":{"a":{"gt":1}}}}`, `{"a":"2"}`, true},
	{`{"not":{"range":{"a":{"gt":1}}}}`, `{}`, true},
	{`{"range":{"a":{"gt":0,"lt":1e-11}}}`, `{"a":0}`, true}, // the bounds change places
	// Regular expressions.
	{`{"regexp":{"a":"b"}}`, `{"a":"abc"}`, true},
	{`{"regexp":{"a":"B"}}`, `{"a":"abc"}`, false},
	{`{"regexp":{"a":{"value":"B","flags":"i"}}}`, `{"a":"abc"}`, true},
	{`{"regexp":{"a":"a.c"}}`, `{"a":"a\nc"}`, false},
	{`{"regexp":{"a":{"value":"a.c","flags":"s"}}}`, `{"a":"a\nc"}`, true},
	{`{"regexp":{"a":"^c"}}`, `{"a":"a\nc"}`, false},
	{`{"regexp":{"a":{"value":"^c","flags":"m"}}}`, `{"a":"a\nc"}`, true},
	{`{"regexp":{"a":{"value":"c|b","flags":"y"}}}`, `{"a":"abc"}`, false},
	{`{"regexp":{"a":"\\u0061\\u{62}\\p{Lowercase_Letter}"}}`, `{"a":"abc"}`, true},
	{`{"regexp":{"a":"1"}}`, `{"a":1}`, false},
	{`{"not":{"regexp":{"a":"1"}}}`, `{"a":1}`, false}, // a negated expression looks at 1 as text
	{`{"not":{"regexp":{"a":"^1,,true$"}}}`, `{"a":[1,null,[true]]}`, false},
	{`{"not":{"regexp":{"a":"Object"}}}`, `{"a":{}}`, false},
	{`{"not":{"regexp":{"a":"x"}}}`, `{"a":null}`, true},
	{`{"not":{"regexp":{"a":"x"}}}`, `{}`, true},
	{`{"not":{"regexp":{"a":"^\"x"}}}`, `{"a":"\"x"}`, false},
	// Match.
	{`{"match":{"a":{"b":1}}}`, `{"a":{"b":1,"c":2}}`, true},
	{`{"match":{"a.b":1}}`, `{"a":{"b":1}}`, true},
	{`{"match":{"x":{"a.b":1}}}`, `{"x":{"a":{"b":1}}}`, false},
	{`{"match":{"a":[{"b":1},{"c":2}]}}`, `{"a":[{"b":1},{"b":1,"c":2}]}`, true},
	{`{"match":{"a":[{"b":1},{"c":2}]}}`, `{"a":[{"b":1,"c":2},{"b":1}]}`, false},
	{`{"match":{"a":[1,1]}}`, `{"a":[1]}`, false},
	{`{"match":{"a":[]}}`, `{"a":[1]}`, true},
	{`{"match":{"a":null}}`, `{}`, false},
	{`{"match":{"a":null}}`, `{"a":null}`, true},
	{`{"match":{"a":{}}}`, `{"a":null}`, false},
	{`{"match":{"a":{}}}`, `{"a":[]}`, false},
	{`{"not":{"match":{"a":{"b":1}}}}`, `{}`, true},
	// Select.
	{`{"select":{"field":"a","index":0,"query":{"equals":{"value":1}}}}`, `{"a":[1]}`, true},
	{`{"select":{"field":"a","index":-1,"query":{"equals":{"value.b":2}}}}`, `{"a":[1,{"b":2}]}`, true},
	{`{"select":{"field":"a","index":1,"query":{"missing":"value"}}}`, `{"a":[1]}`, false},
	{`{"select":{"field":"a","index":-2,"query":{"missing":"x"}}}`, `{"a":[1]}`, false},
	{`{"select":{"field":"a","index":0,"query":{"missing":"x"}}}`, `{"a":"text"}`, false},
	{`{"select":{"field":"a","index":1e400,"query":{"exists":"value"}}}`, `{"a":[1]}`, false},
	// Places. The shape below holds for latitudes of up to 1.
	{`{"geoDistance":{"a":[0,0],"distance":"1 km"}}`, `{"a":{"lat":1,"lon":0}}`, true},
	{`{"geoDistance":{"a":[0,0],"distance":"1 km"}}`, `{"a":{"lat":2,"lon":0}}`, false},
	{`{"geoDistance":{"a":[0,0],"distance":"1 km"}}`, `{"lat":1,"lon":0}`, false},
	{`{"not":{"geoDistance":{"a":[0,0],"distance":"1 km"}}}`, `{"a":[2,0]}`, true},
	{`{"not":{"geoDistance":{"a":[0,0],"distance":"1 km"}}}`, `{"a":"1,0"}`, false},
	{`{"not":{"geoDistance":{"a":[0,0],"distance":"1 km"}}}`, `{"a":"nowhere!"}`, false},
	{`{"not":{"geoDistance":{"a":[0,0],"distance":"1 km"}}}`, `{"a":[]}`, false},
	{`{"not":{"geoDistance":{"a":[0,0],"distance":"1 km"}}}`, `{"a":""}`, true},
	{`{"not":{"geoDistance":{"a":[0,0],"distance":"1 km"}}}`, `{}`, true},
}

func TestMatches(t *testing.T) {
	shape := func(_ Filter, lat, _ float64) bool { return lat <= 1 }
	for _, test := range evaluations {
		f, err := Parse([]byte(test.filter))
		if err != nil {
			t.Errorf("%s: %v", test.filter, err)
		} else if got := Matches(f, []byte(test.document), "id", shape); got != test.want {
			t.Errorf("%s and %s: got %v", test.filter, test.document, got)
		}
	}
	for _, document := range []string{"", "[]", "5", "{"} {
		if Matches(Everything{}, []byte(document), "id", nil) {
			t.Errorf("%q matches", document)
		}
	}
}
