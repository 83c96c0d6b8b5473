package koncorde

import (
	"errors"
	"testing"
)

// refused are filters and what Koncorde 4.7.0 says about them: the text of its error, the keyword and the path. The
// keyword "-" stands for an error that is no KoncordeParseError.
var refused = []struct{ filter, message, keyword, path string }{
	{`{"foo":{"a":1}}`, `"foo": unknown keyword`, "foo", "foo"},
	{
		`{"equals":{"a":1},"in":{"a":["x"]}}`,
		`Invalid filter syntax. Filters must have one keyword only`, "equals,in", "",
	},
	{
		`{"2":1,"equals":{"a":1},"1":2}`,
		`Invalid filter syntax. Filters must have one keyword only`, "1,2,equals", "",
	},
	{`"xy"`, `Invalid filter syntax. Filters must have one keyword only`, "0,1", ""},
	{`["x"]`, `"0": unknown keyword`, "0", "0"},
	{`{"":1}`, `unknown keyword`, "", ""},
	{`{"equals":1}`, `"equals": must be an object`, "equals", "equals"},
	{`{"equals":{}}`, `"equals": expected object to have exactly 1 property, got 0`, "equals", "equals"},
	{
		`{"equals":{"a":1,"b":2}}`,
		`"equals": expected object to have exactly 1 property, got 2`, "equals", "equals",
	},
	{
		`{"equals":{"a":[1]}}`,
		`"equals.a": must either be a string, a number, a boolean, or null`, "equals", "equals.a",
	},
	{
		`{"equals":{"a.b":{}}}`,
		`"equals.a.b": must either be a string, a number, a boolean, or null`, "equals", "equals.a.b",
	},
	{`{"in":{"a":"x"}}`, `"in.a": must be an array`, "in", "in.a"},
	{`{"in":{"a":[]}}`, `"in.a": cannot be empty`, "in", "in.a"},
	{`{"in":{"a":["x",1]}}`, `"in.a": must hold only values of type "string"`, "in", "in.a"},
	{`{"in":{"a":["x"],"b":["y"]}}`, `"in": expected object to have exactly 1 property, got 2`, "in", "in"},
	{`{"ids":["x"]}`, `"ids": must be an object`, "ids", "ids"},
	{`{"ids":{"value":["x"]}}`, `"ids": the property "values" is missing`, "ids", "ids"},
	{`{"ids":{"values":"x"}}`, `"ids.values": must be an array`, "ids", "ids.values"},
	{`{"ids":{"values":[]}}`, `"ids.values": cannot be empty`, "ids", "ids.values"},
	{`{"ids":{"values":[1]}}`, `"ids.values": must hold only values of type "string"`, "ids", "ids.values"},
	{`{"exists":""}`, `"exists": cannot test empty field name`, "exists", "exists"},
	{`{"exists":5}`, `"exists": must be an object`, "exists", "exists"},
	{`{"exists":{"field":""}}`, `"exists.field": cannot be empty`, "exists", "exists.field"},
	{`{"exists":{"field":1}}`, `"exists.field": must be a string`, "exists", "exists.field"},
	{`{"exists":{"fields":"a"}}`, `"exists": the property "field" is missing`, "exists", "exists"},
	{
		`{"exists":{"field":"a","x":1}}`,
		`"exists": expected object to have exactly 1 property, got 2`, "exists", "exists",
	},
	{`{"exists":"a[x]"}`, `"exists": contains an invalid array value ("x")`, "exists", "exists"},
	{`{"missing":"a[]"}`, `"missing": contains an invalid array value ("")`, "missing", "missing"},
	{
		`{"missing":{"field":"a['x']"}}`,
		`"missing.field": contains an invalid array value ("'x'")`, "missing", "missing.field",
	},
	{`{"missing":{}}`, `"missing": expected object to have exactly 1 property, got 0`, "missing", "missing"},
	{`{"range":{"a":5}}`, `"range.a": must be an object`, "range", "range.a"},
	{`{"range":{"a":{}}}`, `"range.a": must be a non-empty object`, "range", "range.a"},
	{`{"range":{"a":{"gt":"1"}}}`, `"range.a.gt": must be a number`, "range", "range.a.gt"},
	{
		`{"range":{"a":{"above":1}}}`,
		`"range.a": "above" is not an allowed attribute (allowed: gt,gte,lt,lte)`, "range", "range.a",
	},
	{`{"range":{"a":{"gt":1,"gte":2}}}`, `"range.a": only 1 lower boundary allowed`, "range", "range.a"},
	{`{"range":{"a":{"lt":1,"lte":2}}}`, `"range.a": only 1 upper boundary allowed`, "range", "range.a"},
	{
		`{"range":{"a":{"gte":1,"lte":1}}}`,
		`"range.a": lower boundary must be strictly inferior to the upper one`, "range", "range.a",
	},
	{
		`{"range":{"a":{"gt":2,"lt":1}}}`,
		`"range.a": lower boundary must be strictly inferior to the upper one`, "range", "range.a",
	},
	{`{"range":{"a":{"lte":3,"lt":1e400}}}`, `"range.a": only 1 upper boundary allowed`, "range", "range.a"},
	{`{"regexp":{"a":5}}`, `"regexp.a": must be either a string or a non-empty object`, "regexp", "regexp.a"},
	{`{"regexp":{"a":{}}}`, `"regexp.a": must be a non-empty object`, "regexp", "regexp.a"},
	{`{"regexp":{"a":{"flags":"i"}}}`, `"regexp.a": the property "value" is missing`, "regexp", "regexp.a"},
	{
		`{"regexp":{"a":{"value":"x","flag":"i"}}}`,
		`"regexp.a": "flag" is not an allowed attribute (allowed: flags,value)`, "regexp", "regexp.a",
	},
	{
		`{"regexp":{"a":{"value":"x","flags":5}}}`,
		`"regexp.a.flags": must be a string`, "regexp", "regexp.a.flags",
	},
	{
		`{"regexp":{"a":{"value":5}}}`,
		`"regexp.a": cannot parse regexp expression "/5/undefined" (Expected string, Buffer, RegExp, ` +
			`or RE2 as the 1st argument.)`,
		"regexp", "regexp.a",
	},
	{
		`{"regexp":{"a":{"value":[1,null,{"b":1}]}}}`,
		`"regexp.a": cannot parse regexp expression "/1,,[object Object]/undefined" (Expected string, ` +
			`Buffer, RegExp, or RE2 as the 1st argument.)`,
		"regexp", "regexp.a",
	},
	{
		`{"regexp":{"a":"("}}`,
		`"regexp.a": cannot parse regexp expression "/(/undefined" (missing ): ()`, "regexp", "regexp.a",
	},
	{
		`{"regexp":{"a":{"value":"a**","flags":"im"}}}`,
		`"regexp.a": cannot parse regexp expression "/a**/im" (bad repetition operator: **)`, "regexp", "regexp.a",
	},
	{
		`{"regexp":{"a":"(?=x)"}}`,
		`"regexp.a": cannot parse regexp expression "/(?=x)/undefined" (invalid perl operator: (?=)`,
		"regexp", "regexp.a",
	},
	{
		`{"regexp":{"a":"(?<!x)"}}`,
		`"regexp.a": cannot parse regexp expression "/(?<!x)/undefined" (invalid perl operator: (?<!)`,
		"regexp", "regexp.a",
	},
	{
		`{"regexp":{"a":"[z-a]"}}`,
		`"regexp.a": cannot parse regexp expression "/[z-a]/undefined" (invalid character class range: z-a)`,
		"regexp", "regexp.a",
	},
	{
		`{"regexp":{"a":"x{1001}"}}`,
		`"regexp.a": cannot parse regexp expression "/x{1001}/undefined" (invalid repetition size: {1001})`,
		"regexp", "regexp.a",
	},
	{
		`{"regexp":{"a":"\\"}}`,
		`"regexp.a": cannot parse regexp expression "/\/undefined" (trailing \)`, "regexp", "regexp.a",
	},
	{
		`{"regexp":{"a":"\\p{Foo}"}}`,
		`"regexp.a": cannot parse regexp expression "/\p{Foo}/undefined" (invalid character class ` +
			`range: \p{Foo})`,
		"regexp", "regexp.a",
	},
	{
		`{"regexp":{"a":"\\p{X}"}}`,
		`"regexp.a": cannot parse regexp expression "/\p{X}/undefined" (invalid character class range: \pX)`,
		"regexp", "regexp.a",
	},
	{
		`{"regexp":{"a":"(?<n>x)(?<n>y)"}}`,
		`"regexp.a": cannot parse regexp expression "/(?<n>x)(?<n>y)/undefined" (duplicate capture group name)`,
		"regexp", "regexp.a",
	},
	{`{"select":5}`, `"select": must be an object`, "select", "select"},
	{
		`{"select":{"field":"a","index":0}}`,
		`"select": expected object to have exactly 3 properties, got 2`, "select", "select",
	},
	{
		`{"select":{"field":1,"index":0,"query":{}}}`,
		`"select.field": must be a string`, "select", "select.field",
	},
	{
		`{"select":{"field":"","index":0,"query":{}}}`,
		`"select.field": cannot be empty`, "select", "select.field",
	},
	{
		`{"select":{"field":"a","index":"0","query":{}}}`,
		`"select.index": must be an integer`, "select", "select.index",
	},
	{
		`{"select":{"field":"a","index":0.5,"query":{}}}`,
		`"select.index": cannot have decimals, must be an integer`, "select", "select.index",
	},
	{
		`{"select":{"field":"a","index":0,"query":{}}}`,
		`"select.query": must be a non-empty object`, "select", "select.query",
	},
	{
		`{"select":{"field":"a","index":0,"query":{"equals":5}}}`,
		`"select.query.equals": must be an object`, "equals", "select.query.equals",
	},
	{`{"match":[]}`, `"match": must be an object`, "match", "match"},
	{`{"match":{}}`, `"match": must be a non-empty object`, "match", "match"},
	{`{"and":{}}`, `"and": must be an array`, "and", "and"},
	{`{"and":[]}`, `"and": cannot be empty`, "and", "and"},
	{`{"and":[{}]}`, `"and": can only contain non-empty objects`, "and", "and"},
	{`{"or":[{"equals":{"a":1}},5]}`, `"or": can only contain non-empty objects`, "or", "or"},
	{`{"and":[{"foo":1}]}`, `"and.foo": unknown keyword`, "foo", "and.foo"},
	{`{"not":[]}`, `"not": must be an object`, "not", "not"},
	{`{"not":{}}`, `"not": expected object to have exactly 1 property, got 0`, "not", "not"},
	{
		`{"not":{"equals":{"a":1},"in":{"a":["x"]}}}`,
		`"not": expected object to have exactly 1 property, got 2`, "not", "not",
	},
	{`{"bool":[]}`, `"bool": must be an object`, "bool", "bool"},
	{`{"bool":{}}`, `"bool": must be a non-empty object`, "bool", "bool"},
	{
		`{"bool":{"muts":[]}}`,
		`"bool": "muts" is not an allowed attribute (allowed: must,must_not,should,should_not)`, "bool", "bool",
	},
	{`{"bool":{"must":[]}}`, `"bool.and": cannot be empty`, "and", "bool.and"},
	{`{"bool":{"must":false}}`, `"bool.and": cannot be empty`, "and", "bool.and"},
	{`{"bool":{"must":5}}`, `"bool.and": can only contain non-empty objects`, "and", "bool.and"},
	{
		`{"bool":{"must_not":{"equals":{"a":1}}}}`,
		`"bool.and.not.or": must be an array`, "or", "bool.and.not.or",
	},
	{
		`{"bool":{"should_not":[{}]}}`,
		`"bool.and.not.and": can only contain non-empty objects`, "and", "bool.and.not.and",
	},
	{`{"geoBoundingBox":{"a":null}}`, `Cannot convert undefined or null to object`, "-", "-"},
	{
		`{"geoBoundingBox":{"a":5}}`,
		`"geoBoundingBox.a": unrecognized geo-point format`, "geoBoundingBox", "geoBoundingBox.a",
	},
	{
		`{"geoBoundingBox":{"a":{"top":"x","left":1,"bottom":0,"right":2}}}`,
		`"geoBoundingBox.a": unrecognized geoBoundingBox format: {"top":"x","left":1,"bottom":0,"right":2}`,
		"geoBoundingBox", "geoBoundingBox.a",
	},
	{
		`{"geoBoundingBox":{"a":{"topLeft":[1,0],"bottomRight":"x"}}}`,
		`"geoBoundingBox.a": unrecognized geo-point format`, "geoBoundingBox", "geoBoundingBox.a",
	},
	{
		`{"geoBoundingBox":{"a":{"topLeft":[1,0],"bottomRight":[0,1]},"b":1}}`,
		`"geoBoundingBox": expected object to have exactly 1 property, got 2`, "geoBoundingBox", "geoBoundingBox",
	},
	{
		`{"geoBoundingBox":{"a":{"topLeft":[0,0],"bottomRight":[1,1]}}}`,
		`min_lat argument cannot be greater or equal max_lat`, "-", "-",
	},
	{
		`{"geoBoundingBox":{"a":{"top_left":[1,1],"bottom_right":[0,0]}}}`,
		`min_lon argument cannot be greater or equal max_lon`, "-", "-",
	},
	{
		`{"geoDistance":{"a":[1,2]}}`,
		`"geoDistance": expected object to have exactly 2 properties, got 1`, "geoDistance", "geoDistance",
	},
	{
		`{"geoDistance":{"a":[1,2],"b":"1 km"}}`,
		`"geoDistance": the property "distance" is missing`, "geoDistance", "geoDistance",
	},
	{
		`{"geoDistance":{"a":[1,2],"distance":1}}`,
		`"geoDistance.distance": must be a string`, "geoDistance", "geoDistance.distance",
	},
	{
		`{"geoDistance":{"a":[1,2],"distance":""}}`,
		`"geoDistance.distance": cannot be empty`, "geoDistance", "geoDistance.distance",
	},
	{
		`{"geoDistance":{"a":[1],"distance":"1 km"}}`,
		`"geoDistance.a": unrecognized point format`, "geoDistance", "geoDistance.a",
	},
	{
		`{"geoDistance":{"a":[1,2],"distance":"1 parsec"}}`,
		`unable to parse distance value "1 parsec"`, "-", "-",
	},
	{
		`{"geoDistance":{"a":{"latLon":null},"distance":"1 km"}}`,
		`Cannot convert undefined or null to object`, "-", "-",
	},
	{
		`{"geoDistanceRange":{"a":[1,2],"from":"1 km","to":"1 km"}}`,
		`"geoDistanceRange": inner radius must be smaller than outer radius`, "geoDistanceRange", "geoDistanceRange",
	},
	{
		`{"geoDistanceRange":{"a":[1,2],"from":1,"to":"1 km"}}`,
		`"geoDistanceRange.from": must be a string`, "geoDistanceRange", "geoDistanceRange.from",
	},
	{`{"geoDistanceRange":{"a":[1,2],"from":"1 x","to":5}}`, `unable to parse distance value "1 x"`, "-", "-"},
	{
		`{"geoDistanceRange":{"a":5,"from":"1 m","to":"5 m"}}`,
		`"geoDistanceRange.a": unrecognized point format`, "geoDistanceRange", "geoDistanceRange.a",
	},
	{`{"geoPolygon":{"a":[]}}`, `"geoPolygon.a": must be an object`, "geoPolygon", "geoPolygon.a"},
	{
		`{"geoPolygon":{"a":{"point":[]}}}`,
		`"geoPolygon.a": the property "points" is missing`, "geoPolygon", "geoPolygon.a",
	},
	{
		`{"geoPolygon":{"a":{"points":{}}}}`,
		`"geoPolygon.a.points": must be an array`, "geoPolygon", "geoPolygon.a.points",
	},
	{
		`{"geoPolygon":{"a":{"points":[[1,1],[2,2]]}}}`,
		`"geoPolygon.a.points": at least 3 points are required to build a polygon`,
		"geoPolygon", "geoPolygon.a.points",
	},
	{
		`{"geoPolygon":{"a":{"points":[[1,1],[2,2],{"z":"é<","1":1e400}]}}}`,
		`"geoPolygon.a.points": unrecognized point format "{"1":null,"z":"é<"}"`, "geoPolygon", "geoPolygon.a.points",
	},
	{`{"not":{"nothing":1}}`, `this.storeOperand[cond.keyword] is not a function`, "-", "-"},
	{
		`{"not":{"select":{"field":"a","index":0,"query":{"equals":{"value":1}}}}}`,
		`this.storeOperand[cond.keyword] is not a function`, "-", "-",
	},
	{
		`{"not":{"or":[{"geoDistance":{"a":[1,2],"distance":"1 km"}},{"equals":{"b":1}}]}}`,
		`"not.geospatial": unknown keyword`, "geospatial", "not.geospatial",
	},
	{
		`{"not":{"or":[{"and":[{"geoDistance":{"a":[1,2],"distance":"1 km"}},{"equals":{"b":1}}]},{"equals":{"b":1}}]}}`,
		`"not.and.geospatial": unknown keyword`, "geospatial", "not.and.geospatial",
	},
	{
		`{"and":[{"geoDistance":{"a":[1,2],"distance":"1 km"}},{"equals":{"b":1}},` +
			`{"or":[{"equals":{"b":1}},{"equals":{"c":1}}]}]}`,
		`"and.and.geospatial": unknown keyword`, "geospatial", "and.and.geospatial",
	},
}

func TestRefused(t *testing.T) {
	for _, test := range refused {
		_, err := Parse([]byte(test.filter))
		var parseError *ParseError
		var runtimeError *RuntimeError
		switch {
		case errors.As(err, &parseError):
			if parseError.Keyword != test.keyword || parseError.Path != test.path {
				t.Errorf("%s: got keyword %q and path %q", test.filter, parseError.Keyword, parseError.Path)
			}
		case errors.As(err, &runtimeError):
			if test.keyword != "-" {
				t.Errorf("%s: got a RuntimeError", test.filter)
			}
		default:
			t.Errorf("%s: got error %v", test.filter, err)
			continue
		}
		if err.Error() != test.message {
			t.Errorf("%s:\ngot  %s\nwant %s", test.filter, err, test.message)
		}
	}
}

// Kuzzle refuses a filter that is valid but cannot be registered in another way, and realtime:validate accepts it.
func TestLate(t *testing.T) {
	tests := []struct {
		filter string
		valid  bool
		late   bool
	}{
		{`{"geoDistance":{"a":[1,2],"distance":"1 parsec"}}`, false, false},
		{`{"geoBoundingBox":{"a":{"topLeft":[0,0],"bottomRight":[1,1]}}}`, true, true},
		{`{"not":{"nothing":1}}`, true, true},
		{`{"select":{"field":"a","index":0,"query":{"not":{"nothing":1}}}}`, true, true},
		{`{"select":{"field":"a","index":0,"query":` + equalsNumbers("or", 101) + `}}`, true, true},
		{equalsNumbers("and", 101), true, false},
	}
	for _, test := range tests {
		var runtimeError *RuntimeError
		if _, err := Parse([]byte(test.filter)); !errors.As(err, &runtimeError) || runtimeError.Late != test.late {
			t.Errorf("%s: got error %v", test.filter, err)
		}
		if err := Validate([]byte(test.filter)); (err == nil) != test.valid {
			t.Errorf("%s: Validate: got error %v", test.filter, err)
		}
	}
}

func TestNoJSON(t *testing.T) {
	for _, filter := range []string{"", "{", `{"equals":{"a":1}} x`, "{'a':1}", `{"equals":{"a":01}}`} {
		if _, err := Parse([]byte(filter)); !errors.Is(err, ErrSyntax) {
			t.Errorf("Parse of %s: got error %v", filter, err)
		}
		if err := Validate([]byte(filter)); !errors.Is(err, ErrSyntax) {
			t.Errorf("Validate of %s: got error %v", filter, err)
		}
	}
}
