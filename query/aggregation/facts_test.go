package aggregation_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
)

// What Elasticsearch was seen to answer to single questions, beside the recordings.

// collect answers aggregations over documents, of which each is found.
func collect(mapping, aggs string, o *aggregation.Options, docs ...string) (string, error) {
	request, err := aggregation.Parse([]byte(aggs))
	if err != nil {
		return "", err
	}
	var schema *query.Schema
	if mapping != "" {
		if schema, err = query.ParseMapping([]byte(mapping)); err != nil {
			return "", err
		}
	}
	c := request.Collector(o)
	in, err := c.Input("", schema)
	if err != nil {
		return "", err
	}
	for i, source := range docs {
		d := &aggregation.Document{ID: fmt.Sprint("d", i), Source: []byte(source), Sequence: uint64(i)}
		if err = in.Add(d); err == nil && request.NeedsAll() {
			err = in.AddAny(d)
		}
		if err != nil {
			return "", err
		}
	}
	answer, err := c.Answer()
	return string(answer), err
}

const types = `{"k":{"type":"keyword"},"l":{"type":"long"},"x":{"type":"double"},"f":{"type":"float"},
	"d":{"type":"date"},"b":{"type":"boolean"},"t":{"type":"text"},"a":{"type":"ip"},"p":{"type":"geo_point"},
	"o":{"type":"nested","properties":{"k":{"type":"keyword"},"l":{"type":"long"},
	"o":{"type":"nested","properties":{"k":{"type":"keyword"}}}}}}`

// each makes a document of each value of a field.
func each(field string, values ...string) (docs []string) {
	for _, v := range values {
		docs = append(docs, `{"`+field+`":`+v+`}`)
	}
	return docs
}

func TestFacts(t *testing.T) {
	for _, c := range []struct {
		name, aggs string
		docs       []string
		want       string // of the aggregation a
	}{
		{"sum adds up errors", `"sum":{"field":"x"}`, each("x", "[0.1,0.2,0.3]"), `{"value":0.6}`},
		{"sum of nothing", `"sum":{"field":"x"}`, nil, `{"value":0}`},
		{"avg of nothing", `"avg":{"field":"x"}`, nil, `{"value":null}`},
		{"duplicates of numbers count", `"value_count":{"field":"l"}`, each("l", "[3,1,3,2]"), `{"value":4}`},
		{"duplicates of keywords do not", `"value_count":{"field":"k"}`, each("k", `["b","a","b","c"]`), `{"value":3}`},
		{
			"a bucket may have a document once", `"terms":{"field":"l"}`, each("l", "[7,7]", "7"),
			`{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":7,"doc_count":2}]}`,
		},
		{
			"0.3 falls into 0.2", `"histogram":{"field":"x","interval":0.1,"keyed":true}`, each("x", "0.3"),
			`{"buckets":{"0.2":{"key":0.2,"doc_count":1}}}`,
		},
		{
			"negative keys", `"histogram":{"field":"x","interval":3,"keyed":true}`, each("x", "-1"),
			`{"buckets":{"-3.0":{"key":-3,"doc_count":1}}}`,
		},
		{
			"the upper hard bound is shut out", `"histogram":{"field":"l","interval":1,"hard_bounds":{"min":1,"max":3}}`,
			each("l", "0", "1", "2", "3"), `{"buckets":[{"key":1,"doc_count":1},{"key":2,"doc_count":1}]}`,
		},
		{
			"extended bounds without documents",
			`"histogram":{"field":"l","interval":5,"extended_bounds":{"min":0,"max":7}}`, nil,
			`{"buckets":[{"key":0,"doc_count":0},{"key":5,"doc_count":0}]}`,
		},
		{
			"days in spring", `"date_histogram":{"field":"d","calendar_interval":"day","time_zone":"Europe/Paris"}`,
			each("d", `"2024-03-31T12:00:00Z"`, `"2024-04-01T12:00:00Z"`),
			`{"buckets":[{"key_as_string":"2024-03-31T00:00:00.000+01:00","key":1711839600000,"doc_count":1},` +
				`{"key_as_string":"2024-04-01T00:00:00.000+02:00","key":1711922400000,"doc_count":1}]}`,
		},
		{
			"hours jump in spring", `"date_histogram":{"field":"d","calendar_interval":"hour","time_zone":"Europe/Paris"}`,
			each("d", `"2024-03-31T00:30:00Z"`, `"2024-03-31T01:30:00Z"`),
			`{"buckets":[{"key_as_string":"2024-03-31T01:00:00.000+01:00","key":1711843200000,"doc_count":1},` +
				`{"key_as_string":"2024-03-31T03:00:00.000+02:00","key":1711846800000,"doc_count":1}]}`,
		},
		{
			"offset", `"date_histogram":{"field":"d","calendar_interval":"day","offset":"+6h"}`,
			each("d", `"2024-01-05T05:59:00Z"`, `"2024-01-05T06:00:00Z"`),
			`{"buckets":[{"key_as_string":"2024-01-04T06:00:00.000Z","key":1704348000000,"doc_count":1},` +
				`{"key_as_string":"2024-01-05T06:00:00.000Z","key":1704434400000,"doc_count":1}]}`,
		},
		{
			"empty months between, keyed",
			`"date_histogram":{"field":"d","calendar_interval":"month","keyed":true,"format":"yyyy-MM"}`,
			each("d", `"2024-01-05"`, `"2024-03-05"`),
			`{"buckets":{"2024-01":{"key_as_string":"2024-01","key":1704067200000,"doc_count":1},` +
				`"2024-02":{"key_as_string":"2024-02","key":1706745600000,"doc_count":0},` +
				`"2024-03":{"key_as_string":"2024-03","key":1709251200000,"doc_count":1}}}`,
		},
		{
			"ranges are sorted by from, then to",
			`"range":{"field":"l","ranges":[{"from":4},{"from":2,"to":4},{"to":2},{"from":2,"to":3}]}`,
			each("l", "2"), `{"buckets":[{"key":"*-2.0","to":2,"doc_count":0},{"key":"2.0-3.0","from":2,"to":3,"doc_count":1},` +
				`{"key":"2.0-4.0","from":2,"to":4,"doc_count":1},{"key":"4.0-*","from":4,"doc_count":0}]}`,
		},
		{
			"bounds as the field keeps numbers", `"range":{"field":"f","ranges":[{"from":1.1}]}`, each("f", "1.1"),
			`{"buckets":[{"key":"1.1-*","from":1.1,"doc_count":1}]}`,
		},
		{
			"percentiles of two", `"percentiles":{"field":"l","percents":[25,50,99]}`, each("l", "10", "20"),
			`{"values":{"25.0":12.5,"50.0":15,"99.0":19.9}}`,
		},
		{
			"percentiles of three",
			`"percentiles":{"field":"l","percents":[25,75,99],"keyed":false}`, each("l", "10", "20", "40"),
			`{"values":[{"key":25,"value":15},{"key":75,"value":30},{"key":99,"value":39.6}]}`,
		},
		{
			"ranks of one", `"percentile_ranks":{"field":"l","values":[10,15]}`, each("l", "10"),
			`{"values":{"10.0":50,"15.0":100}}`,
		},
		{
			"ranks of two", `"percentile_ranks":{"field":"l","values":[10,15,20]}`, each("l", "10", "20"),
			`{"values":{"10.0":25,"15.0":50,"20.0":75}}`,
		},
		{
			"every term of the collection", `"filter":{"match_none":{}},"aggs":{"t":{"terms":{"field":"k","min_doc_count":0}}}`,
			each("k", `"x"`, `"y"`), `{"doc_count":0,"t":{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[` +
				`{"key":"x","doc_count":0},{"key":"y","doc_count":0}]}}`,
		},
		{
			"the order of bytes", `"terms":{"field":"k"}`, each("k", `"b"`, `""`, `"B"`),
			`{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":"","doc_count":1},` +
				`{"key":"B","doc_count":1},{"key":"b","doc_count":1}]}`,
		},
		{
			"ordered by a percentile", `"terms":{"field":"k","order":{"f>p.q.99.5":"desc"}},"aggs":{"f":{"filter":{"match_all":{}},` +
				`"aggs":{"p.q":{"percentiles":{"field":"l","percents":[50]}}}}}`,
			[]string{`{"k":"x","l":1}`, `{"k":"y","l":2}`},
			`{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":"y","doc_count":1,"f":{"doc_count":1,` +
				`"p.q":{"values":{"50.0":2}}}},{"key":"x","doc_count":1,"f":{"doc_count":1,"p.q":{"values":{"50.0":1}}}}]}`,
		},
		{
			"dates for documents without the field",
			`"date_histogram":{"field":"nope","calendar_interval":"year","missing":"2014-06-01"}`,
			each("k", `"x"`), `{"buckets":[{"key_as_string":"2014-01-01T00:00:00.000Z","key":1388534400000,"doc_count":1}]}`,
		},
		{
			"addresses", `"ip_range":{"field":"a","ranges":[{"to":"10.0.0.5"},{"mask":"10.0.0.0/25"}]}`,
			each("a", `"10.0.0.4"`, `"10.0.0.127"`, `"10.0.0.128"`),
			`{"buckets":[{"key":"*-10.0.0.5","to":"10.0.0.5","doc_count":1},` +
				`{"key":"10.0.0.0/25","from":"10.0.0.0","to":"10.0.0.128","doc_count":2}]}`,
		},
		{
			"rare terms", `"rare_terms":{"field":"k"}`, each("k", `"x"`, `"y"`, `"x"`),
			`{"buckets":[{"key":"y","doc_count":1}]}`,
		},
		{
			"weights", `"weighted_avg":{"value":{"field":"x"},"weight":{"field":"l","missing":2}}`,
			[]string{`{"x":1,"l":3}`, `{"x":5}`, `{"l":9}`}, `{"value":2.6}`,
		},
		{
			"a page of combinations", `"composite":{"size":2,"sources":[{"k":{"terms":{"field":"k"}}},` +
				`{"h":{"histogram":{"field":"l","interval":10,"order":"desc"}}}]}`,
			[]string{`{"k":["a","b"],"l":[5,15]}`, `{"k":"a"}`},
			`{"after_key":{"k":"a","h":0},"buckets":[{"key":{"k":"a","h":10},"doc_count":1},` +
				`{"key":{"k":"a","h":0},"doc_count":1}]}`,
		},
		{
			"the next page", `"composite":{"after":{"k":null},"sources":[{"k":{"terms":{"field":"k","missing_bucket":true}}}]}`,
			[]string{`{"k":"a"}`, `{}`}, `{"after_key":{"k":"a"},"buckets":[{"key":{"k":"a"},"doc_count":1}]}`,
		},
		{
			"nested and back", `"nested":{"path":"o"},"aggs":{"k":{"terms":{"field":"o.k"},"aggs":{"r":{"reverse_nested":{},` +
				`"aggs":{"m":{"max":{"field":"l"}}}}}}}`,
			[]string{`{"l":3,"o":[{"k":"x"},{"k":"x"},{"k":"y"}]}`},
			`{"doc_count":3,"k":{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":"x","doc_count":2,` +
				`"r":{"doc_count":1,"m":{"value":3}}},{"key":"y","doc_count":1,"r":{"doc_count":1,"m":{"value":3}}}]}}`,
		},
		{
			"two levels at once", `"nested":{"path":"o.o"},"aggs":{"u":{"reverse_nested":{"path":"o"},"aggs":{"s":{"sum":` +
				`{"field":"o.l"}}}}}`,
			[]string{`{"o":[{"l":1,"o":[{"k":"x"},{"k":"y"}]},{"l":5,"o":{"k":"z"}},{"l":9}]}`},
			`{"doc_count":3,"u":{"doc_count":2,"s":{"value":6}}}`,
		},
	} {
		answer, err := collect(types, `{"a":{`+c.aggs+`}}`, nil, c.docs...)
		if want := `{"a":` + c.want + `}`; err != nil || answer != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.name, err, answer, want)
		}
		if !json.Valid([]byte(answer)) {
			t.Errorf("%s: invalid JSON %s", c.name, answer)
		}
	}
}

func TestPipelines(t *testing.T) {
	answer, err := collect(types, `{"h":{"histogram":{"field":"l","interval":10},"aggs":{"s":{"sum":{"field":"l"}},
		"c":{"cumulative_sum":{"buckets_path":"s"}}}},"max":{"max_bucket":{"buckets_path":"h>s"}},
		"min":{"min_bucket":{"buckets_path":"h>s"}},"n":{"avg_bucket":{"buckets_path":"h>_count"}},
		"zeros":{"avg_bucket":{"buckets_path":"h>s.value","gap_policy":"insert_zeros"}},"t":{"sum_bucket":{"buckets_path":"h>c"}}}`,
		nil, each("l", "5", "15", "16", "36")...)
	want := `{"h":{"buckets":[{"key":0,"doc_count":1,"s":{"value":5},"c":{"value":5}},` +
		`{"key":10,"doc_count":2,"s":{"value":31},"c":{"value":36}},` +
		`{"key":20,"doc_count":0,"s":{"value":0},"c":{"value":36}},` +
		`{"key":30,"doc_count":1,"s":{"value":36},"c":{"value":72}}]},"max":{"value":36,"keys":["30.0"]},` +
		`"min":{"value":5,"keys":["0.0"]},"n":{"value":1},"zeros":{"value":18},"t":{"value":113}}`
	if err != nil || answer != want {
		t.Errorf("%v\n%s\nwant\n%s", err, answer, want)
	}
}

func TestWithoutMapping(t *testing.T) {
	docs := []string{`{"v":1,"w":["x","y"],"t":"2024-01-05"}`, `{"v":"1","w":"x","t":"2024-02-05T10:00:00Z"}`,
		`{"v":true,"w":null,"t":"no date"}`, `{"v":1.0,"w":{"z":1},"o":[{"n":1},{"n":2}]}`}
	answer, err := collect("", `{"v":{"terms":{"field":"v"}},"n":{"stats":{"field":"v"}},"w":{"missing":{"field":"w"}},
		"t":{"date_histogram":{"field":"t","calendar_interval":"month"}},"c":{"cardinality":{"field":"w"}},
		"o":{"nested":{"path":"o"},"aggs":{"s":{"sum":{"field":"o.n"}}}}}`, nil, docs...)
	want := `{"v":{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":1,"doc_count":2},` +
		`{"key":1,"key_as_string":"true","doc_count":1},{"key":"1","doc_count":1}]},` +
		`"n":{"count":2,"min":1,"max":1,"avg":1,"sum":2},"w":{"doc_count":2},"t":{"buckets":[` +
		`{"key_as_string":"2024-01-01T00:00:00.000Z","key":1704067200000,"doc_count":1},` +
		`{"key_as_string":"2024-02-01T00:00:00.000Z","key":1706745600000,"doc_count":1}]},"c":{"value":2},` +
		`"o":{"doc_count":2,"s":{"value":3}}}`
	if err != nil || answer != want {
		t.Errorf("%v\n%s\nwant\n%s", err, answer, want)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ aggs, want string }{
		{`{"a":{"terms":{"field":"k","size":0}}}`, `[size] must be greater than 0. Found [0] in [a]`},
		{`{"a":{"avg":{"field":"k"}}}`, `Field [k] of type [keyword] is not supported for aggregation [avg]`},
		{`{"a":{"terms":{"field":"t"}}}`, `Fielddata is disabled on [t]`},
		{`{"a":{"terms":{"field":"p"}}}`, `Field [p] of type [geo_point] is not supported for aggregation [terms]`},
		{
			`{"a":{"terms":{"field":"k","order":{"nope":"asc"}}}}`,
			`Invalid aggregation order path [nope]. Cannot find aggregation named [nope]`,
		},
		{`{"a":{"terms":{"field":"k","order":{"_term":"asc"}}}}`, `Invalid aggregation order path [_term]`},
		{
			`{"a":{"terms":{"field":"k","order":{"s":"asc"}},"aggs":{"s":{"stats":{"field":"l"}}}}}`,
			`Invalid aggregation order path [s]`,
		},
		{`{"a":{"foo":{}}}`, `Unknown aggregation type [foo]`},
		{`{"a":{"trms":{}}}`, `Unknown aggregation type [trms] did you mean [terms]?`},
		{`{"a":{"derivative":{"buckets_path":"x"}}}`, `aggregations of the type [derivative] are not supported`},
		{`{"a":{"max":{"field":"l"},"min":{"field":"l"}}}`, `Found two aggregation type definitions in [a]: [max] and [min]`},
		{`{"a":{"meta":{}}}`, `Missing definition for aggregation [a]`},
		{`{"a":[]}`, `Aggregation definition for [a] starts with a [START_ARRAY], expected a [START_OBJECT].`},
		{`{"a":{"max":{"script":{"source":"1"}}}}`, `[max] scripts are not supported`},
		{`{"a":{"max":{"feild":"l"}}}`, `[max] unknown field [feild] did you mean [field]?`},
		{
			`{"a":{"date_histogram":{"field":"d","interval":"day"}}}`,
			`[date_histogram] unknown field [interval] did you mean [fixed_interval]?`,
		},
		{
			`{"a":{"date_histogram":{"field":"d","fixed_interval":"1M"}}}`,
			`[date_histogram] failed to parse field [fixed_interval]`,
		},
		{
			`{"a":{"date_histogram":{"field":"d","calendar_interval":"day","time_zone":"Mars/Base"}}}`,
			`[date_histogram] failed to parse field [time_zone]`,
		},
		{`{"a":{"histogram":{"field":"l","interval":0}}}`, `[interval] must be >0 for histogram aggregation [a]`},
		{`{"a":{"terms":{"field":["l"]}}}`, `[terms] field doesn't support values of type: START_ARRAY`},
		{`{"a":{"filter":{"trm":{}}}}`, `unknown query [trm]`},
		{`{"a":{"terms":{"field":"k"},"aggs":{"g":{"global":{}}}}}`, `cannot have a global [g] sub-aggregation`},
		{`{"a":{"avg_bucket":{"buckets_path":"nope"}}}`, `No aggregation found for path [nope]`},
		{`{"h":{"terms":{"field":"k"},"aggs":{"c":{"cumulative_sum":{"buckets_path":"_count"}}}}}`, `must have a histogram`},
		{
			`{"h":{"terms":{"field":"k"}},"a":{"avg_bucket":{"buckets_path":"h>nope"}}}`,
			`No aggregation [nope] found for path [h>nope]`,
		},
		{`{"a":{"percentiles":{"field":"l","hdr":{}}}}`, `[hdr] is not supported`},
		{`{"a":{"terms":{"field":"l","include":["x"]}}}`, `For input string: "x"`},
		{`{"a":{"terms":{"field":"k","include":"("}}}`, ``},
		{`{"a":{"top_hits":{"highlight":{}}}}`, `[top_hits] unknown field [highlight]`},
		{`{"a":{"top_hits":{"fields":"k"}}}`, `[top_hits] fields doesn't support values of type: VALUE_STRING`},
		{`{"a":{"top_hits":{"fields":[{"field":"k","format":"x"}]}}}`, `Field [k] of type [keyword] doesn't support formats.`},
		{`{"a":{"composite":{"sources":[]}}}`, `Composite [sources] cannot be null or empty`},
		{`[]`, `Unknown key for a START_ARRAY in [aggregations].`},
	} {
		answer, err := collect(types, c.aggs, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v %s, want %s", c.aggs, err, answer, c.want)
		}
	}
}

// Scores, where there are such, are the order of top_hits.
func TestTopHitsByScore(t *testing.T) {
	request, err := aggregation.Parse([]byte(`{"h":{"top_hits":{"size":2,"_source":false}}}`))
	if err != nil {
		t.Fatal(err)
	}
	c := request.Collector(nil)
	in, err := c.Input("", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, score := range []float64{1, 2.5, 0, 2.5} {
		d := aggregation.Document{ID: fmt.Sprint("d", i), Source: []byte(`{}`), Sequence: uint64(i)}
		d.Score, d.Scored = score, true
		if err := in.Add(&d); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := c.Answer()
	want := `{"h":{"hits":{"total":{"value":4,"relation":"eq"},"max_score":2.5,"hits":[` +
		`{"_id":"d1","_score":2.5},{"_id":"d3","_score":2.5}]}}}`
	if err != nil || string(answer) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, answer, want)
	}
}

// Hits show the values of fields, also hits that are nested objects.
func TestTopHitsFields(t *testing.T) {
	const mapping = `{"n":{"type":"long"},"o":{"type":"nested","properties":{"k":{"type":"keyword"}}}}`
	request, err := aggregation.Parse([]byte(`{"h":{"top_hits":{"_source":false,"fields":["n","o.*"]}},` +
		`"o":{"nested":{"path":"o"},"aggs":{"h":{"top_hits":{"_source":false,"fields":["*"]}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := query.ParseMapping([]byte(mapping))
	if err != nil {
		t.Fatal(err)
	}
	c := request.Collector(nil)
	in, err := c.Input("", schema)
	if err != nil {
		t.Fatal(err)
	}
	for i, doc := range []string{`{"n":"5","o":[{"k":"a"},{"z":1}]}`, `{"m":1}`} {
		if err := in.Add(&aggregation.Document{ID: fmt.Sprint("d", i), Source: []byte(doc), Sequence: uint64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := c.Answer()
	want := `{"h":{"hits":{"total":{"value":2,"relation":"eq"},"max_score":null,"hits":[` +
		`{"_id":"d0","_score":null,"fields":{"n":[5],"o":[{"k":["a"]}]}},{"_id":"d1","_score":null}]}},` +
		`"o":{"doc_count":2,"h":{"hits":{"total":{"value":2,"relation":"eq"},"max_score":null,"hits":[` +
		`{"_id":"d0","_nested":{"field":"o","offset":0},"_score":null,"fields":{"o.k":["a"]}},` +
		`{"_id":"d0","_nested":{"field":"o","offset":1},"_score":null}]}}}}`
	if err != nil || string(answer) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, answer, want)
	}
}

// What a short request can ask for is more than there can be: buckets in buckets, and combinations of values.
func TestHostileRequests(t *testing.T) {
	tree := `{"max":{"field":"l"}}`
	for range 30 {
		tree = `{"filters":{"filters":[{"match_all":{}},{"match_all":{}},{"match_all":{}}]},"aggs":{"a":` + tree + `}}`
	}
	var values []string
	for i := range 500 {
		values = append(values, fmt.Sprint(i))
	}
	doc := `{"l":[` + strings.Join(values, ",") + `]}`
	var sources, after []string
	for i := range 8 {
		sources = append(sources, fmt.Sprintf(`{"s%d":{"terms":{"field":"l"}}}`, i))
		after = append(after, fmt.Sprintf(`"s%d":499`, i))
	}
	combined := `{"a":{"composite":{"sources":[` + strings.Join(sources, ",") + `]`
	nested := `{"max":{"field":"l"}}`
	for range 6 {
		nested = `{"terms":{"field":"l"},"aggs":{"a":` + nested + `}}`
	}
	for _, aggs := range []string{
		`{"a":` + tree + `}`, combined + `}}}`, `{"a":` + nested + `}`,
		`{"a":{"terms":{"field":"l","order":{"a":"asc"}},"aggs":{"a":` + tree + `}}}`,
	} {
		if _, err := collect(types, aggs, &aggregation.Options{Memory: 4 << 20}, doc, doc); err == nil {
			t.Errorf("%.80s: there was an answer", aggs)
		}
	}
	answer, err := collect(types, combined+`,"after":{`+strings.Join(after, ",")+`}}}}`, nil, doc)
	if err != nil || answer != `{"a":{"buckets":[]}}` {
		t.Errorf("behind the last combination: %s, %v", answer, err)
	}
}

func TestLimits(t *testing.T) {
	var docs []string
	for i := range 200 {
		docs = append(docs, fmt.Sprintf(`{"l":%d}`, i*1000))
	}
	for _, c := range []struct {
		aggs string
		o    aggregation.Options
		want string
	}{
		{`{"a":{"terms":{"field":"l","size":100}}}`, aggregation.Options{MaxBuckets: 100}, ``},
		{`{"a":{"terms":{"field":"l","size":101}}}`, aggregation.Options{MaxBuckets: 100}, `[100] but was [101]`},
		{`{"a":{"histogram":{"field":"l","interval":1}}}`, aggregation.Options{}, `Trying to create too many buckets`},
		{
			`{"a":{"date_histogram":{"field":"l","fixed_interval":"1ms","extended_bounds":{"min":0,"max":9000000000000}}}}`,
			aggregation.Options{}, `Trying to create too many buckets`,
		},
		{`{"a":{"terms":{"field":"l"}}}`, aggregation.Options{Memory: 10_000}, `more than the 10000 bytes of memory`},
		{`{"a":{"top_hits":{"size":100}}}`, aggregation.Options{Memory: 10_000}, `AggregationMemory`},
		{`{"a":{"cardinality":{"field":"l"}}}`, aggregation.Options{Memory: 2000}, `AggregationMemory`},
		{`{"a":{"percentiles":{"field":"l"}}}`, aggregation.Options{Memory: 1000}, `AggregationMemory`},
	} {
		_, err := collect(types, c.aggs, &c.o, docs...)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %s", c.aggs, err, c.want)
		}
	}
}
