package koncorde

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// equalsNumbers returns an and or an or of count conditions.
func equalsNumbers(keyword string, count int) string {
	var parts []string
	for i := range count {
		parts = append(parts, fmt.Sprintf(`{"equals":{"n":%d}}`, i))
	}
	return fmt.Sprintf(`{"%s":[%s]}`, keyword, strings.Join(parts, ","))
}

// What filters become.
var trees = []struct {
	filter string
	want   string
}{
	{`{}`, `koncorde.Everything{}`},
	{`null`, `koncorde.Everything{}`},
	{`[]`, `koncorde.Everything{}`},
	{`5`, `koncorde.Everything{}`},
	{`{"nothing":{"any":1}}`, `koncorde.Nothing{}`},
	{`{"equals":{"a.b":null}}`, `koncorde.Equals{Field:"a.b", Value:interface {}(nil)}`},
	{`{"equals":{"a":1},"equals":{"a":1e2}}`, `koncorde.Equals{Field:"a", Value:100}`},
	{`{"in":{"a":["x"]}}`, `koncorde.Or{koncorde.Equals{Field:"a", Value:"x"}}`},
	{
		`{"ids":{"values":["x","y"]}}`,
		`koncorde.Or{koncorde.Equals{Field:"_id", Value:"x"}, koncorde.Equals{Field:"_id", Value:"y"}}`,
	},
	{`{"exists":"a[b"}`, `koncorde.Exists{Path:"a[b", Array:false, Value:interface {}(nil)}`},
	{`{"exists":"[1]"}`, `koncorde.Exists{Path:"[1]", Array:false, Value:interface {}(nil)}`},
	{`{"exists":"a\\[1\\]"}`, `koncorde.Exists{Path:"a[1]", Array:false, Value:interface {}(nil)}`},
	{`{"exists":"a\\[1\\][ 2 ]"}`, `koncorde.Exists{Path:"a[1]", Array:true, Value:2}`},
	{`{"exists":"a[\"[\"]"}`, `koncorde.Exists{Path:"a", Array:true, Value:"["}`},
	{`{"exists":"a[[1, 2.0]]"}`, `koncorde.Exists{Path:"a", Array:true, Value:"[1,2]"}`},
	{
		`{"missing":{"field":"a[null]"}}`,
		`koncorde.Not{Leaf:koncorde.Exists{Path:"a", Array:true, Value:interface {}(nil)}}`,
	},
	{
		`{"range":{"a":{"lt":5,"gte":-1}}}`,
		`koncorde.Range{Field:"a", Low:-1, High:5, AboveLow:false, BelowHigh:true}`,
	},
	{`{"range":{"a":{"gt":5}}}`, `koncorde.Range{Field:"a", Low:5, High:+Inf, AboveLow:true, BelowHigh:false}`},
	{
		`{"range":{"a":{"lt":1e400,"lte":3}}}`,
		`koncorde.Range{Field:"a", Low:-Inf, High:3, AboveLow:false, BelowHigh:false}`,
	},
	{
		`{"geoBoundingBox":{"a":{"bottom_right":["-1x",2],"topLeft":"1,0"}}}`,
		`koncorde.Box{Field:"a", Top:1, Left:0, Bottom:-1, Right:2}`,
	},
	{
		`{"geoDistance":{"distance":"2 km","a":{"lat":1,"lon":2}}}`,
		`koncorde.Distance{Field:"a", Lat:1, Lon:2, Meters:2000}`,
	},
	{
		`{"geoDistanceRange":{"to":"2 km","a":[1,2],"from":"5 m"}}`,
		`koncorde.DistanceRange{Field:"a", Lat:1, Lon:2, From:5, To:2000}`,
	},
	{
		`{"geoPolygon":{"a":{"points":[[1,2],"3,4",{"lat":5,"lon":6}]}}}`,
		`koncorde.Polygon{Field:"a", Points:[][2]float64{[2]float64{1, 2}, [2]float64{3, 4}, [2]float64{5, 6}}}`,
	},
	{`{"not":{"not":{"nothing":1}}}`, `koncorde.Nothing{}`},
	{`{"not":{"and":[{"not":{"equals":{"a":1}}}]}}`, `koncorde.Equals{Field:"a", Value:1}`},
	{
		`{"not":{"and":[{"equals":{"a":1}},{"missing":"b"}]}}`,
		`koncorde.Or{koncorde.Not{Leaf:koncorde.Equals{Field:"a", Value:1}}, ` +
			`koncorde.Exists{Path:"b", Array:false, Value:interface {}(nil)}}`,
	},
	{
		`{"bool":{"must":{"equals":{"a":1}},"should_not":[{"equals":{"a":2}},{"equals":{"a":3}}]}}`,
		`koncorde.And{koncorde.Or{koncorde.Not{Leaf:koncorde.Equals{Field:"a", Value:2}}, ` +
			`koncorde.Not{Leaf:koncorde.Equals{Field:"a", Value:3}}}, koncorde.Equals{Field:"a", Value:1}}`,
	},
	{ // Koncorde takes this for impossible
		`{"and":[{"exists":"a[1]"},{"missing":"a[2]"}]}`, `koncorde.Nothing{}`,
	},
	{
		`{"or":[{"equals":{"b":1}},{"and":[{"range":{"a":{"gt":1}}},{"missing":"a[2]"}]}]}`,
		`koncorde.Or{koncorde.And{koncorde.Equals{Field:"b", Value:1}}}`,
	},
	{ // but leaves what can indeed not be
		`{"and":[{"exists":"a"},{"missing":"a"}]}`,
		`koncorde.And{koncorde.Exists{Path:"a", Array:false, Value:interface {}(nil)}, ` +
			`koncorde.Not{Leaf:koncorde.Exists{Path:"a", Array:false, Value:interface {}(nil)}}}`,
	},
}

func TestTrees(t *testing.T) {
	for _, test := range trees {
		f, err := Parse([]byte(test.filter))
		if got := fmt.Sprintf("%#v", f); err != nil || got != test.want {
			t.Errorf("%s: error %v\ngot  %s\nwant %s", test.filter, err, got, test.want)
		}
	}
}

func TestRegexpTree(t *testing.T) {
	for filter, want := range map[string]string{
		`{"regexp":{"a":"x"}}`:                            "a x ",
		`{"regexp":{"a":{"value":"x","flags":"ugsmxi"}}}`: "a x ims",
		`{"regexp":{"a":{"flags":"i","value":5}}}`:        "a  i",
		`{"regexp":{"a":{"flags":"","value":"x"}}}`:       "a x ",
	} {
		f, err := Parse([]byte(filter))
		r, ok := f.(*Regexp)
		if err != nil || !ok {
			t.Errorf("%s: got %v, error %v", filter, f, err)
		} else if got := r.Field + " " + r.Expression + " " + r.Flags; got != want {
			t.Errorf("%s: got %q, want %q", filter, got, want)
		}
	}
}

func TestConditionsLimit(t *testing.T) {
	if _, err := Parse([]byte(equalsNumbers("or", MaxConditions))); err != nil {
		t.Error(err)
	}
	// The conditions of groups in groups add up.
	half := equalsNumbers("or", 50)
	_, err := Parse([]byte(`{"and":[` + half + `,{"or":[` + half + `,{"and":[{"exists":"a"},{"not":{"exists":"b"}}]}]}]}`))
	const want = "Filter too complex: exceeds the configured maximum number of conditions (conditions: 102, max: 100)"
	if err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

// hostileFilters returns filters on which Koncorde works for a very long time, runs out of memory or overflows its stack,
// and whether they are accepted here.
func hostileFilters() map[string]bool {
	nest := func(open, inner, end string, times int) string {
		return strings.Repeat(open, times) + inner + strings.Repeat(end, times)
	}
	groups := func(count int) string {
		var parts []string
		for i := range count {
			parts = append(parts, fmt.Sprintf(`{"or":[{"exists":"a[%d]"},{"missing":"a[%d]"}]}`, i, i+1))
		}
		return strings.Join(parts, ",")
	}
	// Two groups of 4096 conjunctions each, one with a condition that is said to exclude one of the other.
	wide := func(condition string) string {
		nested := strings.Repeat(`,{"or":[{"exists":"p"},{"and":[{"exists":"q"},{"exists":"r"}]}]}`, 11)
		first := `{"or":[` + condition + `,{"and":[{"exists":"q"},{"exists":"r"}]}]}`
		return `{"or":[{"equals":{"z":1}},{"and":[` + first + nested + `]}]}`
	}
	either := `{"or":[{"equals":{"a":1}},{"equals":{"b":1}}]}`
	return map[string]bool{
		`{"and":[` + wide(`{"exists":"a[1]"}`) + "," + wide(`{"missing":"a[2]"}`) + `]}`: true,
		`{"and":[` + groups(50) + `]}`:                                                             true,
		nest(`{"not":`, `{"equals":{"a":1}}`, `}`, 400):                                            true,
		nest(`{"not":`, `{"equals":{"a":1}}`, `}`, 600):                                            false,
		nest(`{"not":`, `{"equals":{"a":1}}`, `}`, 9000):                                           false,
		nest(`{"and":[`+either+`,`, either, `]}`, 40):                                              false,
		nest(`{"not":{"and":[`+either+`,`, either, `]}}`, 30):                                      true,
		nest(`{"select":{"field":"a","index":0,"query":`, `{"and":[`+groups(8)+`]}`, `}}`, 40):     true,
		nest(`{"select":{"field":"a","index":0,"query":`, `{"not":{"nothing":1}}`, `}}`, 40):       false,
		`{"regexp":{"a":"` + nest("(", "a{1000}", "){1000}", 3) + `"}}`:                            false,
		`{"exists":"` + strings.Repeat("[", 100000) + `]"}`:                                        false,
		`{"geoDistance":{"a":"` + strings.Repeat("z", 100000) + `","distance":"1 km"}}`:            true,
		`{"geoDistance":{"a":[1,2],"distance":"` + strings.Repeat("1,", 50000) + `m"}}`:            false,
		`{"equals":{"a":` + strings.Repeat("9", 100000) + `}}`:                                     true,
		`{"match":{"a":` + nest(`{"a":`, "1", "}", 5000) + `}}`:                                    true,
		nest(`{"select":{"field":"a","index":0,"query":{"and":[`+groups(8)+`,`, either, `]}}}`, 9): true,
	}
}

func TestHostileFilters(t *testing.T) {
	for filter, accepted := range hostileFilters() {
		start := time.Now()
		f, err := Parse([]byte(filter))
		if (err == nil) != accepted {
			t.Errorf("%.100s: got error %.200v", filter, err)
		}
		if err == nil {
			Canonical(f)
			Matches(f, []byte(`{"a":[1,2,3]}`), "id", nil)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%.100s took %v", filter, took)
		}
	}
}
