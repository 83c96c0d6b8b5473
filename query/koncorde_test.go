package query

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/geo"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/koncorde"
)

// koncordeVerdict is what Koncorde 4.7.0 said about a filter and a document.
type koncordeVerdict struct {
	Filter, Document, Error, Keyword, Path string
	Matches, Runtime, Late                 bool
}

// koncordeVerdicts returns what is recorded.
func koncordeVerdicts(t *testing.T) (list []koncordeVerdict) {
	t.Helper()
	file, err := os.Open(filepath.Join("internal", "koncorde", "compare", "testdata", "verdicts.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zipped, err := gzip.NewReader(bufio.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(zipped); d.More(); {
		var v koncordeVerdict
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

// Filters match the documents that Koncorde matched, and have its errors.
func TestKoncordeVerdicts(t *testing.T) {
	compared, matched, refused := 0, 0, 0
	for _, v := range koncordeVerdicts(t) {
		q, err := ParseKoncorde([]byte(v.Filter))
		if v.Error != "" {
			refused++
			koncordeRefuses(t, v, err)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", v.Filter, err)
			continue
		}
		doc, err := rawjson.Compact([]byte(v.Document), 0)
		if err != nil {
			continue // the same key twice: no store has such documents
		}
		m, err := Compile(q, nil)
		if err != nil {
			t.Errorf("%s: %v", v.Filter, err)
			continue
		}
		compared++
		got := m.Match("", doc)
		if got {
			matched++
		}
		if got != v.Matches {
			t.Errorf("%s and %s: %t", v.Filter, doc, got)
		}
	}
	if compared < 900 || matched < 250 || refused < 1000 {
		t.Errorf("%d compared, %d matched, %d refused", compared, matched, refused)
	}
}

func koncordeRefuses(t *testing.T, v koncordeVerdict, err error) {
	t.Helper()
	var e *KoncordeError
	if !errors.As(err, &e) || !errors.Is(err, ErrInvalid) {
		t.Errorf("%s: error %v", v.Filter, err)
		return
	}
	id := "api.assert.koncorde_dsl_error"
	if v.Late {
		id = "plugin.runtime.unexpected_error"
	}
	if e.ID != id || e.Keyword != v.Keyword || e.Path != v.Path || !v.Late && e.Error() != v.Error {
		t.Errorf("%s: %#v, want %+v", v.Filter, e, v)
	}
}

// Each recorded filter against some documents of others, as package koncorde evaluates them; and what matches meets the
// condition that indexes go by.
func TestKoncordeNaive(t *testing.T) {
	var docs [][]byte
	list := koncordeVerdicts(t)
	for _, v := range list {
		if doc, err := rawjson.Compact([]byte(v.Document), 0); err == nil {
			docs = append(docs, doc)
		}
	}
	compared, matched := 0, 0
	for n, v := range list {
		f, err := koncorde.Parse([]byte(v.Filter))
		if err != nil {
			continue
		}
		q := &Query{koncordeNode(f)}
		m, err := Compile(q, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 30 {
			doc, id := docs[(n*31+i*97)%len(docs)], []string{"", "id1", "x", "2"}[i%4]
			want := koncorde.Matches(f, doc, id, koncordeHolds)
			if got := m.Match(id, doc); got != want && !isOdd(doc) {
				t.Fatalf("%s and %s %s: %t", v.Filter, id, doc, got)
			}
			compared++
			if want {
				matched++
			}
			if want && id != "" && !meets(conditionOf(q.root()), id, doc) {
				t.Fatalf("%s matches %s %s, which does not meet %+v", v.Filter, id, doc, conditionOf(q.root()))
			}
		}
	}
	if compared < 30000 || matched < 5000 {
		t.Errorf("%d compared, %d matched", compared, matched)
	}
}

// isOdd says whether a document has keys, at any depth, of which the order or the emptiness counts in JavaScript.
func isOdd(doc []byte) bool {
	for key, v := range rawjson.Members(doc) {
		if len(key) == 2 || isNumber(key[1:]) || isOdd(v) {
			return true
		}
	}
	return false
}

// koncordeHolds says whether a point is in a shape.
func koncordeHolds(shape koncorde.Filter, lat, lon float64) bool {
	at, _ := json.Marshal([]float64{lat, lon})
	_, inside, err := koncordeShape(shape)
	if err != nil {
		panic(err)
	}
	if p, ok := geo.KoncordePoint(at); !ok || p != (geo.Point{Lat: lat, Lon: lon}) {
		panic(string(at))
	}
	in, _ := inside(at)
	return in
}

func TestKoncorde(t *testing.T) {
	const doc = `{"a":1,"s":"x\u0041","n":null,"l":[1,"two",null,{"b":[3]}],"o":{"p":{"q":true}},"o.p.r":2,` +
		`"at":{"lat":48.8,"lon":2.3},"pair":[48.8,2.3],"big":2097152,"exact":9007199254740993,"huge":1e400}`
	for _, c := range []struct {
		filter string
		want   bool
	}{
		{`{}`, true},
		{`null`, true},
		{`{"nothing":1}`, false},
		{`{"equals":{"a":1.0}}`, true},
		{`{"equals":{"a":"1"}}`, false},
		{`{"equals":{"s":"xA"}}`, true},
		{`{"equals":{"n":null}}`, true},
		{`{"equals":{"nope":null}}`, false},
		{`{"equals":{"l":1}}`, false},
		{`{"equals":{"o.p.q":true}}`, true},
		{`{"equals":{"o.p.r":2}}`, true},
		{`{"equals":{"exact":9007199254740992}}`, true},
		{`{"equals":{"huge":1e500}}`, true},
		{`{"equals":{"huge":1e300}}`, false},
		{`{"equals":{"_id":"d1"}}`, true},
		{`{"ids":{"values":["d2","d1"]}}`, true},
		{`{"not":{"ids":{"values":["d1"]}}}`, false},
		{`{"regexp":{"_id":"^d[0-9]$"}}`, true},
		{`{"exists":"n"}`, true},
		{`{"exists":"o.p"}`, true},
		{`{"exists":"l[\"two\"]"}`, true},
		{`{"exists":"l[null]"}`, true},
		{`{"exists":"l[2]"}`, false},
		{`{"missing":"l[2]"}`, true},
		{`{"missing":"l.b"}`, true},
		{`{"range":{"big":{"gt":2097152}}}`, true},
		{`{"range":{"a":{"gt":1}}}`, false},
		{`{"not":{"range":{"s":{"gt":1}}}}`, true},
		{`{"not":{"regexp":{"a":"1"}}}`, false},
		{`{"match":{"o":{"p":{"q":true}},"l":["two",{"b":[]}]}}`, true},
		{`{"match":{"l":["two","two"]}}`, false},
		{`{"match":{"o.p":{}}}`, true},
		{`{"match":{"o.p":[]}}`, false},
		{`{"match":{"nope":null}}`, false},
		{`{"match":{"n":{}}}`, false},
		{`{"match":{"l":{}}}`, false},
		{`{"match":{"s":[]}}`, false},
		{`{"select":{"field":"l","index":-1,"query":{"match":{"value":{"b":[3]}}}}}`, true},
		{`{"select":{"field":"l","index":-4,"query":{"equals":{"value":1}}}}`, true},
		{`{"select":{"field":"l","index":-5,"query":{"missing":"x"}}}`, false},
		{`{"select":{"field":"l","index":4,"query":{"missing":"x"}}}`, false},
		{`{"select":{"field":"a","index":0,"query":{"missing":"x"}}}`, false},
		{`{"select":{"field":"l","index":0,"query":{"missing":"_id"}}}`, true},
		{`{"select":{"field":"l","index":3,"query":{"select":{"field":"value.b","index":0,"query":{"exists":"value"}}}}}`,
			true},
		{`{"geoDistance":{"at":[48.8,2.3],"distance":"1 m"}}`, true},
		{`{"geoDistance":{"pair":[48.8,2.4],"distance":"1 km"}}`, false},
		{`{"geoDistanceRange":{"pair":[48.8,2.4],"from":"1 km","to":"20 km"}}`, true},
		{`{"geoDistanceRange":{"pair":[48.8,2.4],"from":"10 km","to":"20 km"}}`, false},
		{`{"geoBoundingBox":{"pair":{"top":49,"left":2,"bottom":48,"right":3}}}`, true},
		{`{"geoPolygon":{"at":{"points":[[48,2],[49,2],[49,3],[48,3]]}}}`, true},
		{`{"not":{"geoPolygon":{"at":{"points":[[48,2],[49,2],[49,3],[48,3]]}}}}`, false},
		{`{"not":{"geoDistance":{"s":[48.8,2.3],"distance":"1 m"}}}`, false},
		{`{"not":{"geoDistance":{"nope":[48.8,2.3],"distance":"1 m"}}}`, true},
		{`{"bool":{"must":[{"exists":"a"}],"should_not":[{"exists":"a"},{"exists":"b"}]}}`, true},
	} {
		q, err := ParseKoncorde([]byte(c.filter))
		if err != nil {
			t.Errorf("%s: %v", c.filter, err)
		} else if got := matches(t, q, doc); got != c.want {
			t.Errorf("%s: %t", c.filter, got)
		}
	}
}

// An array of more elements than there is room for on the stack is contained as well.
func TestKoncordeMatchLong(t *testing.T) {
	items := make([]int, 200)
	for i := range items {
		items[i] = i
	}
	raw, _ := json.Marshal(items)
	q, err := ParseKoncorde([]byte(`{"match":{"a":` + string(raw) + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	if !matches(t, q, `{"a":`+string(raw)+`}`) || matches(t, q, `{"a":`+string(raw[:len(raw)-4])+`1]}`) {
		t.Error("an array of 200 elements is not what it is")
	}
}

// Filters that indexes understand say so.
func TestKoncordeConditions(t *testing.T) {
	for _, filter := range []string{
		`{"equals":{"a":"x"}}`, `{"equals":{"a":1}}`, `{"equals":{"a":null}}`, `{"exists":"a[1]"}`, `{"in":{"a":["x","y"]}}`,
		`{"range":{"a":{"gt":1,"lt":2}}}`, `{"and":[{"exists":"b"},{"equals":{"a":true}}]}`, `{"ids":{"values":["x"]}}`,
	} {
		q, err := ParseKoncorde([]byte(filter))
		if err != nil {
			t.Fatal(err)
		}
		if c := conditionOf(q.root()); c.Op == 0 || meets(c, "y", []byte(`{"a":3.5}`)) {
			t.Errorf("%s: %+v", filter, c)
		}
	}
}

// Numbers that Koncorde rounds to one, or that bounds which change places let in, meet the condition that indexes go
// by.
func TestKoncordeConditionsAreWide(t *testing.T) {
	for _, c := range []struct{ filter, doc string }{
		{`{"equals":{"a":9007199254740992}}`, `{"a":9007199254740993}`},
		{`{"equals":{"a":9007199254740992}}`, `{"a":9007199254740991.6}`},
		{`{"exists":"a[9007199254740992]"}`, `{"a":[9007199254740993]}`},
		{`{"equals":{"a":0}}`, `{"a":1e-400}`},
		{`{"equals":{"a":1e400}}`, `{"a":1e999}`},
		{`{"equals":{"a":-1e400}}`, `{"a":-1e999}`},
		{`{"range":{"a":{"gt":0,"lt":1e-11}}}`, `{"a":0}`},
		{`{"range":{"a":{"gt":0,"lt":1e-11}}}`, `{"a":9e-11}`},
		{`{"range":{"a":{"gt":0,"lt":1e-11}}}`, `{"a":-8e-11}`},
		{`{"range":{"a":{"lte":1e400}}}`, `{"a":1e999}`},
		{`{"range":{"a":{"gt":2097152}}}`, `{"a":2097152}`},
	} {
		q, err := ParseKoncorde([]byte(c.filter))
		if err != nil {
			t.Fatal(err)
		}
		if !matches(t, q, c.doc) || !meets(conditionOf(q.root()), "d1", []byte(c.doc)) {
			t.Errorf("%s and %s: matches %t, condition %+v", c.filter, c.doc, matches(t, q, c.doc), conditionOf(q.root()))
		}
	}
}

func TestKoncordeID(t *testing.T) {
	id := func(filter string) string {
		s, err := KoncordeID([]byte(filter))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a := id(`{"and":[{"equals":{"a":1}},{"exists":"b"}]}`)
	if b := id(`{"and":[{"exists":"b"},{"not":{"not":{"equals":{"a":1.0}}}}]}`); a != b || len(a) != 64 {
		t.Errorf("%s and %s", a, b)
	}
	if a == id(`{"or":[{"equals":{"a":1}},{"exists":"b"}]}`) {
		t.Error("and has the name of or")
	}
	if _, err := KoncordeID([]byte(`{"nope":1}`)); !errors.Is(err, ErrInvalid) {
		t.Errorf("error %v", err)
	}
}

// The conditions that are used most allocate nothing.
func TestKoncordeAllocates(t *testing.T) {
	q, err := ParseKoncorde([]byte(`{"and":[{"equals":{"name":"Blue \"Chair\""}},{"range":{"price":{"gt":1}}},
		{"exists":"tags[\"sale\"]"},
		{"regexp":{"time":"^2018"}},{"not":{"equals":{"_id":"x"}}},{"match":{"stock":{"paris":3},"parts":[{"n":2}]}},
		{"select":{"field":"tags","index":-1,"query":{"equals":{"value":"sale"}}}},
		{"not":{"geoDistance":{"at":{"lat":1,"lon":1},"distance":"1km"}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Compile(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	doc := []byte(shop[:len(shop)-1] + `,"at":{"lat":48.8,"lon":2.3}}`)
	if !m.Match("d1", doc) {
		t.Fatal("no match")
	}
	if withRace {
		t.Skip("the race detector empties pools")
	}
	if n := testing.AllocsPerRun(100, func() { m.Match("d1", doc) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParseKoncorde(f *testing.F) {
	for _, c := range []string{
		`{"and":[{"equals":{"a":1}},{"not":{"exists":"b[null]"}}]}`,
		`{"select":{"field":"a","index":-1,"query":{"match":{"value":[{}]}}}}`,
		`{"bool":{"must":[{"geoDistance":{"a":[1,2],"distance":"1km"}}],"should":[{"range":{"a":{"gt":1e400}}}]}}`,
	} {
		f.Add([]byte(c), []byte(`{"a":[1,{"b":null}],"b":"1,2","a.b":1e999}`))
	}
	f.Fuzz(func(t *testing.T, raw, doc []byte) {
		q, err := ParseKoncorde(raw)
		if err != nil {
			var e *KoncordeError
			if !errors.As(err, &e) || e.ID == "" || e.Error() == "" {
				t.Fatalf("%#v", err)
			}
			return
		}
		m, err := Compile(q, nil)
		if err != nil {
			t.Fatalf("%s is parsed, but: %v", raw, err)
		}
		doc, err = rawjson.Compact(doc, 100)
		if err != nil || doc[0] != '{' || isOdd(doc) {
			return
		}
		parsed, _ := koncorde.Parse(raw)
		if got, want := m.Match("", doc), koncorde.Matches(parsed, doc, "", koncordeHolds); got != want {
			t.Errorf("%s and %s: %t", raw, doc, got)
		}
	})
}
