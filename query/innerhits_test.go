package query

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
)

func TestInnerHitsRefused(t *testing.T) {
	for inner, reason := range map[string]string{
		`{}`: ``, `{"name":"n","from":"1","size":2.9,"track_scores":"true","ignore_unmapped":true}`: ``,
		`{"explain":false,"version":"false","seq_no_primary_term":false,"sort":[],"_source":false}`: ``,
		`{"sizes":2}`:        `[inner_hits] unknown field [sizes] did you mean [size]?`,
		`{"name":5}`:         `[inner_hits] name doesn't support values of type: VALUE_NUMBER`,
		`{"size":null}`:      `[inner_hits] size doesn't support values of type: VALUE_NULL`,
		`{"size":-1}`:        `[inner_hits] failed to parse field [size]: illegal size value, at least 0 or higher`,
		`{"from":-1}`:        `[inner_hits] failed to parse field [from]: illegal from value, at least 0 or higher`,
		`{"from":"x"}`:       `[inner_hits] failed to parse field [from]: For input string: "x"`,
		`{"track_scores":1}`: `[inner_hits] track_scores doesn't support values of type: VALUE_NUMBER`,
		`{"sort":"o.n"}`:     `[inner_hits] sort doesn't support values of type: VALUE_STRING`,
		`{"sort":[{"_id":"asc"}]}`: `Fielddata access on the _id field is disallowed, you can re-enable it by updating ` +
			`the dynamic cluster setting: indices.id_field_data.enabled: documents that are equal come by their ids anyway`,
		`{"_source":5}`:       `[inner_hits] _source doesn't support values of type: VALUE_NUMBER`,
		`{"_source":{"x":1}}`: `Unknown key for a VALUE_NUMBER in [x].`,
		`{"highlight":{"fields":{}}}`: `[inner_hits] [highlight] needs another package: the program must import ` +
			`github.com/kuzzlite/kuzzlite/query/highlight`,
		`{"explain":true}`:                 `[inner_hits] [explain] is not supported`,
		`{"fields":"o.n"}`:                 `[inner_hits] fields doesn't support values of type: VALUE_STRING`,
		`{"fields":[null]}`:                `[fetch_field_and_format] Expected START_OBJECT but was: VALUE_NULL`,
		`{"docvalue_fields":["o.n"]}`:      `[inner_hits] [docvalue_fields] is not supported`,
		`{"collapse":{"field":"o.k"}}`:     `[inner_hits] [collapse] is not supported in a nested query`,
		`{"collapse":{"field":"k","x":1}}`: `Invalid token in the inner collapse`,
	} {
		q, err := ParseElasticsearch([]byte(`{"nested":{"path":"o","query":{"match_all":{}},"inner_hits":` + inner + `}}`))
		if reason == "" {
			if err == nil {
				_, err = q.InnerHits(nil)
			}
			if err != nil {
				t.Errorf("%s: %v", inner, err)
			}
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), reason+" (at nested.inner_hits") && err.Error() != reason {
			t.Errorf("%s: %v, want %s", inner, err, reason)
		}
	}
}

// What is wrong with the definitions of a query shows when they are compiled.
func TestInnerHitsCompile(t *testing.T) {
	schema, err := ParseMapping([]byte(`{"k":{"type":"keyword"},"o":{"type":"nested",` +
		`"properties":{"k":{"type":"keyword"},` +
		`"t":{"type":"text"},"o":{"type":"nested","properties":{"n":{"type":"long"}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	nested := func(path, inner string) string {
		return `{"nested":{"path":"` + path + `","query":{"match_all":{}},"inner_hits":` + inner + `}}`
	}
	for query, want := range map[string]string{
		`{"match_all":{}}`: "none",
		`{"bool":{"must_not":` + nested("o", `{"size":500}`) + `}}`:                                                       "none",
		`{"nested":{"path":"o","query":` + nested("o.o", `{}`) + `}}`:                                                     "none",
		`{"nested":{"path":"x","ignore_unmapped":true,"query":{"match_all":{}},"inner_hits":{}}}`:                         "",
		`{"bool":{"filter":` + nested("o", `{"from":50,"size":50}`) + `}}`:                                                "o",
		`{"constant_score":{"filter":` + nested("o", `{"name":"x"}`) + `}}`:                                               "x",
		`{"dis_max":{"queries":[` + nested("o", `{}`) + `,` + nested("o.o", `{}`) + `]}}`:                                 "o o.o",
		`{"boosting":{"positive":` + nested("o", `{}`) + `,"negative":` + nested("o.o", `{}`) + `,"negative_boost":0.5}}`: "o o.o",
		`{"function_score":{"query":` + nested("o", `{}`) + `}}`:                                                          "o",
		`{"bool":{"must":` + nested("o", `{}`) + `,"should":` + nested("o", `{"name":"o"}`) + `}}`:                        "[inner_hits] already contains an entry for key [o]",
		nested("o", `{"name":"big","from":1,"size":100}`): "Inner result window is too large, the inner hit definition's " +
			"[big]'s from + size must be less than or equal to: [100] but was [101]. This limit can be set by changing the " +
			"[index.max_inner_result_window] index level setting.",
		nested("k", `{}`): "failed to create query: [nested] failed to find " +
			"nested object under path [k]",
		nested("o", `{"sort":[{"o.x":"asc"}]}`):                         "No mapping found for [o.x] in order to sort on",
		nested("o", `{"sort":[{"_score":"asc"},{"o.k":"asc"},"_doc"]}`): "o",
	} {
		q, err := ParseElasticsearch([]byte(query))
		if err != nil {
			t.Fatal(err)
		}
		h, err := q.InnerHits(&Options{Schema: schema})
		got := "none"
		switch {
		case err != nil:
			got = err.(*DSLError).Reason
		case h != nil:
			names := []string{}
			for _, l := range h.levels {
				names = append(names, l.name)
			}
			got = strings.Join(names, " ")
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	many := make([]string, mostInnerDefinitions+1)
	for i := range many {
		many[i] = nested("o", fmt.Sprintf(`{"name":"%d"}`, i))
	}
	q, _ := ParseElasticsearch([]byte(`{"bool":{"should":[` + strings.Join(many, ",") + `]}}`))
	if _, err := q.InnerHits(&Options{Schema: schema}); err == nil || !strings.Contains(err.Error(), "at most 100") {
		t.Error(err)
	}
}

// TestReplayInnerHits compares with the inner hits that Elasticsearch has shown.
func TestReplayInnerHits(t *testing.T) {
	d := loadDataset(t, "shop")
	compared := 0
	for _, s := range scenarios(t, "nested") {
		for _, step := range s.Steps {
			if !bytes.Contains(step.Request.Body.Query, []byte("inner_hits")) {
				continue
			}
			q, err := ParseElasticsearch(step.Request.Body.Query)
			if err != nil {
				t.Fatal(err)
			}
			h, err := q.InnerHits(d.options())
			if err != nil {
				t.Fatal(err)
			}
			for _, doc := range d.docs {
				h.Observe(doc.id, doc.body)
			}
			h.Settle()
			compared += d.sameInner(t, &step, h)
		}
	}
	if compared < 70 {
		t.Errorf("only %d inner hits are compared", compared)
	}
}

func (d *dataset) sameInner(t *testing.T, step *step, h *InnerHits) (compared int) {
	t.Helper()
	type inner struct {
		Score  float64         `json:"_score"`
		Source json.RawMessage `json:"_source"`
	}
	var result struct {
		Hits []struct {
			ID    string             `json:"_id"`
			Inner map[string][]inner `json:"inner_hits"`
		}
	}
	if err := json.Unmarshal(step.Response.Result, &result); err != nil {
		t.Fatal(err)
	}
	for _, hit := range result.Hits {
		at := slices.IndexFunc(d.docs, func(s stored) bool { return s.id == hit.ID })
		all, err := h.Of(hit.ID, d.docs[at].body)
		if err != nil || len(all) != len(hit.Inner) {
			t.Fatalf("%v: %d definitions, want %d", err, len(all), len(hit.Inner))
		}
		for _, got := range all {
			want := hit.Inner[got.Name]
			if len(got.Hits) != len(want) || got.Total < len(want) {
				t.Fatalf("%s of %s: %d hits, want %d", got.Name, hit.ID, len(got.Hits), len(want))
			}
			for i, one := range got.Hits {
				compared++
				if !one.Scored || math.Abs(float64(one.Score)-want[i].Score) > 1e-5*want[i].Score || !sameJSON(one.Source,
					want[i].Source) {
					t.Errorf("%s of %s: %v %s, want %v %s", got.Name, hit.ID, one.Score, one.Source, want[i].Score, want[i].Source)
				}
			}
		}
	}
	return compared
}

func sameJSON(a, b []byte) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	x, _ := json.Marshal(decode(a))
	y, _ := json.Marshal(decode(b))
	return bytes.Equal(x, y)
}

// innerModel is a nested object of the naive definition.
type innerModel struct {
	raw    string
	places string
	n      float64 // o.n; NaN: none
	score  float32
	ok     bool
	inner  []*innerModel
}

// TestInnerHitsNaive compares with scoring each nested object alone, as a document of a collection that has all of
// them.
func TestInnerHitsNaive(t *testing.T) {
	nestedTypes, err := ParseMapping([]byte(innerTypes("nested")))
	if err != nil {
		t.Fatal(err)
	}
	plainTypes, err := ParseMapping([]byte(innerTypes("object")))
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for seed := range uint64(800) {
		rnd := rand.New(rand.NewPCG(seed, 15))
		real, plain := &Options{}, &Options{}
		if seed%2 == 0 {
			real.Schema, plain.Schema = nestedTypes, plainTypes
		}
		shown += innerCase(t, seed, rnd, real, plain)
	}
	if shown < 1000 {
		t.Errorf("only %d objects are shown", shown)
	}
}

func innerTypes(kind string) string {
	return `{"o":{"type":"` + kind + `","properties":{"k":{"type":"keyword"},"t":{"type":"text"},"n":{"type":"long"},` +
		`"p":{"type":"` + kind + `","properties":{"k":{"type":"keyword"},"t":{"type":"text"}}}}}}`
}

func innerCase(t *testing.T, seed uint64, rnd *rand.Rand, real, plain *Options) (shown int) {
	t.Helper()
	var docs []string
	models := map[int][]*innerModel{}
	for i := range 1 + rnd.IntN(6) {
		doc, list := innerDocument(rnd)
		docs, models[i] = append(docs, doc), list
	}
	words := []string{"a", "b", "c"}
	of := func(path string) string {
		return []string{
			`{"match":{"` + path + `.t":"` + words[rnd.IntN(3)] + ` ` + words[rnd.IntN(3)] + `"}}`,
			`{"term":{"` + path + `.k":"` + words[rnd.IntN(3)] + `"}}`, `{"exists":{"field":"` + path + `.k"}}`,
		}[rnd.IntN(3)]
	}
	outer, inner := of("o"), of("o.p")
	twoLevels := rnd.IntN(2) == 0
	query := outer
	if twoLevels {
		query = `{"nested":{"path":"o.p","query":` + inner + `,"inner_hits":{"name":"in"}}}`
	}
	scoreModels(t, models, outer, inner, twoLevels, plain)
	from, size := rnd.IntN(3), rnd.IntN(4)
	sorts := []string{``, `,"sort":[{"o.n":"asc"}]`, `,"sort":[{"o.n":"desc"}]`, `,"sort":[{"_doc":"desc"}]`,
		`,"sort":["_score"]`}
	sort := rnd.IntN(len(sorts))
	q, err := ParseElasticsearch(fmt.Appendf(nil, `{"bool":{"should":[{"nested":{"path":"o","query":%s,`+
		`"inner_hits":{"from":%d,"size":%d%s}}}]}}`,
		query, from, size, sorts[sort]))
	if err != nil {
		t.Fatal(err)
	}
	h, err := q.InnerHits(real)
	if err != nil {
		t.Fatal(err)
	}
	for i, doc := range docs {
		h.Observe(fmt.Sprint(i), []byte(doc))
	}
	h.Settle()
	for i, doc := range docs {
		all, err := h.Of(fmt.Sprint(i), []byte(doc))
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		found := slices.DeleteFunc(slices.Clone(models[i]), func(m *innerModel) bool { return !m.ok })
		total := len(found)
		slices.SortStableFunc(found, innerOrder(sort))
		if sort == 3 {
			slices.Reverse(found)
		}
		found = found[min(from, len(found)):]
		want := showModels(found[:min(size, len(found))], sort == 0 || sort == 4)
		if got := showInner(all[0].Hits); got != want || all[0].Total != total || all[0].Name != "o" {
			t.Fatalf("seed %d: %s of %s:\n%s total %d, want\n%s total %d", seed, query, doc, got, all[0].Total, want, total)
		}
		shown += len(all[0].Hits)
	}
	return shown
}

func innerOrder(sort int) func(a, b *innerModel) int {
	missing := func(n float64) float64 {
		if math.IsNaN(n) {
			return math.Inf(1)
		}
		return n
	}
	return func(a, b *innerModel) int {
		switch sort {
		case 0, 4:
			return cmp.Compare(b.score, a.score)
		case 1:
			return cmp.Compare(missing(a.n), missing(b.n))
		case 2:
			if math.IsNaN(a.n) || math.IsNaN(b.n) {
				return cmp.Compare(missing(a.n), missing(b.n))
			}
			return cmp.Compare(b.n, a.n)
		}
		return 0
	}
}

func showModels(list []*innerModel, scored bool) (text string) {
	for _, m := range list {
		text += fmt.Sprintf("%s %s", m.places, m.raw)
		if scored {
			text += fmt.Sprintf(" %.4f", m.score)
		}
		in := slices.DeleteFunc(slices.Clone(m.inner), func(m *innerModel) bool { return !m.ok })
		slices.SortStableFunc(in, innerOrder(0))
		text += "[" + showModels(in[:min(3, len(in))], true) + "]\n"
	}
	return text
}

func showInner(list []filter.InnerHit) (text string) {
	for _, h := range list {
		text += fmt.Sprintf("%s %s", h.Places.AppendJSON(nil), h.Source)
		if h.Scored {
			text += fmt.Sprintf(" %.4f", h.Score)
		}
		text += "["
		for _, in := range h.Inner {
			text += showInner(in.Hits)
		}
		text += "]\n"
	}
	return text
}

// innerDocument makes a document with objects in o, and in these objects in p.
func innerDocument(rnd *rand.Rand) (doc string, list []*innerModel) {
	words := []string{"a", "b", "c", "a b", "b b c"}
	scalars := func() string {
		return fmt.Sprintf(`"k":%q,"t":%q`, words[rnd.IntN(3)], words[rnd.IntN(5)])
	}
	var objects []string
	for i := range rnd.IntN(5) {
		m := &innerModel{n: math.NaN(), places: fmt.Sprintf(`{"field":"o","offset":%d}`, i)}
		var inner []string
		for j := range rnd.IntN(4) {
			raw := "{" + scalars() + "}"
			inner = append(inner, raw)
			places := fmt.Sprintf(`{"field":"o","offset":%d,"_nested":{"field":"p","offset":%d}}`, i, j)
			m.inner = append(m.inner, &innerModel{raw: raw, places: places})
		}
		m.raw = scalars()
		if rnd.IntN(4) > 0 {
			m.n = float64(rnd.IntN(3))
			m.raw += fmt.Sprintf(`,"n":%v`, m.n)
		}
		m.raw = "{" + m.raw + `,"p":[` + strings.Join(inner, ",") + "]}"
		list, objects = append(list, m), append(objects, m.raw)
	}
	if len(objects) == 1 && rnd.IntN(2) == 0 {
		return `{"o":` + objects[0] + `}`, list
	}
	return `{"x":1,"o":[` + strings.Join(append(objects, `5`), ",") + `]}`, list
}

// scoreModels scores the objects: those in p by a query, those in o by another, or by the average of those in p.
func scoreModels(t *testing.T, models map[int][]*innerModel, outer, inner string, twoLevels bool, o *Options) {
	t.Helper()
	scorer := func(query string) *Scorer {
		q, err := ParseElasticsearch([]byte(query))
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewScorer(q, o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	outers, inners := scorer(outer), scorer(inner)
	each := func(of func(m *innerModel), in func(m *innerModel)) {
		for _, list := range models {
			for _, m := range list {
				for _, p := range m.inner {
					in(p)
				}
				of(m)
			}
		}
	}
	alone := func(m *innerModel) []byte { return []byte(`{"o":` + m.raw + `}`) }
	aloneIn := func(m *innerModel) []byte { return []byte(`{"o":{"p":` + m.raw + `}}`) }
	each(func(m *innerModel) { outers.Observe("", alone(m)) }, func(m *innerModel) { inners.Observe("", aloneIn(m)) })
	outers.Settle()
	inners.Settle()
	each(func(m *innerModel) {
		if !twoLevels {
			m.score, m.ok, _ = outers.Score("", alone(m))
			m.inner = nil
			return
		}
		sum, n := 0.0, 0
		for _, p := range m.inner {
			if p.ok {
				sum, n = sum+float64(p.score), n+1
			}
		}
		m.ok = n > 0
		m.score = float32(sum / float64(max(n, 1)))
	}, func(m *innerModel) { m.score, m.ok, _ = inners.Score("", aloneIn(m)) })
}
