package kuzzlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query"
)

func (f *fixture) collapse(text string) *query.Collapse {
	f.t.Helper()
	c, err := query.ParseElasticsearchCollapse([]byte(text))
	f.ok(err)
	return c
}

// Of the hits of a group there is the first one, whatever the order; Total counts all.
func TestSearchCollapse(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		var list []Write
		for i := range 300 {
			list = append(list, Write{ID: fmt.Sprint(i), Body: map[string]any{"g": i % 7, "n": i * 11 % 300}})
		}
		list = append(list, Write{ID: "none", Body: map[string]any{"n": 1000}}, Write{ID: "null", Body: map[string]any{"g": nil}})
		_, err := f.col().MCreate(ctx, list)
		f.ok(err)
		var want []string // the largest n of each group, the largest first
		best := map[int]int{}
		for i := range 300 {
			best[i%7] = max(best[i%7], i*11%300)
		}
		for n := 299; n >= 0; n-- {
			for g, most := range best {
				if most == n {
					want = append(want, fmt.Sprintf(`[%d] %d`, n, g))
				}
			}
		}
		want = append([]string{"[1000] -"}, want...)
		r := SearchRequest{Collapse: f.collapse(`{"field":"g"}`), Sort: query.By("-n"), Size: 5, From: 2}
		found, err := f.col().Search(ctx, r)
		f.ok(err)
		var got []string
		for _, h := range found.Hits {
			got = append(got, fmt.Sprintf("%s %s", h.Sort, strings.TrimSpace(h.Document.Get("g").Raw)))
		}
		f.equal("hits", got, want[2:7])
		f.equal("total", found.Total, 302)
		r.Sort, r.From, r.After = query.By("g"), 0, json.RawMessage(`[4]`)
		found, err = f.col().Search(ctx, r)
		f.ok(err)
		f.equal("groups behind one", len(found.Hits), 3) // 5, 6, and those without a value
	})
}

func TestSearchInnerHits(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"felt":[{"by":"x","text":"strong shaking"},{"by":"y","text":"weak"}]}`)
		f.put("b", `{"felt":[{"by":"y","text":"strong"}]}`)
		q := parsed(t, `{"nested":{"path":"felt","query":{"match":{"felt.text":"strong"}},"inner_hits":{"_source":"felt.by"}}}`)
		found, err := f.col().Search(ctx, SearchRequest{Query: q, NoSource: true})
		f.ok(err)
		f.equal("hits", len(found.Hits), 2)
		for i, want := range []string{`"offset":0},"_score":0.5`, `"offset":0},"_score":0.3`} {
			h := found.Hits[i]
			if !strings.HasPrefix(string(h.InnerHits), `{"felt":{"total":1,"hits":[{"_nested":{"field":"felt",`+want) {
				t.Errorf("hit %d of %s: %s", i, h.Document.ID, h.InnerHits)
			}
		}
		if !json.Valid(found.AppendJSON(nil)) {
			t.Errorf("%s", found.AppendJSON(nil))
		}
		for hit, err := range f.col().SearchAll(ctx, SearchRequest{Query: q}) {
			f.ok(err)
			f.equal("of all", string(hit.InnerHits) != "", true)
		}
		_, err = f.col().Search(ctx, SearchRequest{PostFilter: q})
		f.is("of a post filter", err, ErrInvalid)
	})
}

// Hits show the values of fields, as the mapping has them, on a page, and among all.
func TestSearchFieldValues(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":"7","t":"x"}`)
		f.put("b", `{"z":1}`)
		f.ok(f.col().UpdateMapping(ctx,
			Mapping{Mappings: []byte(`{"properties":{"n":{"type":"long"},"t":{"type":"text"}}}`)}))
		r := SearchRequest{FieldValues: query.FieldValues{{Name: "n"}, {Name: "*", Unmapped: true}}, NoSource: true}
		found, err := f.col().Search(ctx, r)
		f.ok(err)
		f.equal("values", string(found.Hits[0].Fields), `{"n":[7],"t":["x"]}`)
		f.equal("what is unmapped", string(found.Hits[1].Fields), `{"z":[1]}`)
		f.equal("JSON", strings.Contains(string(found.AppendJSON(nil)), `"_version":1,"fields":{"z":[1]}`), true)
		for hit, err := range f.col().SearchAll(ctx, r) {
			f.ok(err)
			f.equal("of all", string(hit.Fields) != "", true)
		}
		r = SearchRequest{Collapse: f.collapse(`{"field":"n","inner_hits":{"name":"g","_source":false,"fields":["t"]}}`)}
		found, err = f.col().Search(ctx, r)
		f.ok(err)
		f.equal("of a group", strings.Contains(string(found.Hits[0].InnerHits), `"_version":1,"fields":{"t":["x"]}}]`), true)
		r.FieldValues = query.FieldValues{{Name: "n", Format: "yyyy"}}
		_, err = f.col().Search(ctx, r)
		f.is("a format of a number", err, ErrInvalid)
	})
}

// Nested objects show the values of their fields.
func TestSearchInnerFieldValues(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"o":[{"n":"1"},{"n":2,"z":3}]}`)
		f.ok(f.col().UpdateMapping(ctx,
			Mapping{Mappings: []byte(`{"properties":{"o":{"type":"nested","properties":{"n":{"type":"long"}}}}}`)}))
		search := func(fields string) (*SearchResult, error) {
			q := parsed(t, `{"nested":{"path":"o","query":{"match_all":{}},"inner_hits":{"_source":false,"fields":`+fields+`}}}`)
			return f.col().Search(ctx, SearchRequest{Query: q})
		}
		found, err := search(`["o.n",{"field":"*","include_unmapped":true}]`)
		f.ok(err)
		f.equal("inner hits", string(found.Hits[0].InnerHits), `{"o":{"total":2,"hits":[`+
			`{"_nested":{"field":"o","offset":0},"_score":1,"fields":{"o.n":[1]}},`+
			`{"_nested":{"field":"o","offset":1},"_score":1,"fields":{"o.n":[2],"o.z":[3]}}]}}`)
		_, err = search(`[{"field":"o.n","format":"yyyy"}]`)
		f.is("a format of a number", err, ErrInvalid)
	})
}

// Hits of groups show their nested objects, too. Of a group and nested objects by one name a hit shows the group.
func TestSearchInnerHitsOfGroups(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"g":1,"felt":[{"text":"strong shaking"},{"text":"weak"}]}`)
		f.put("b", `{"g":1,"felt":[{"text":"strong"}]}`)
		q := func(name string) Query {
			return parsed(t, `{"nested":{"path":"felt","query":{"match":{"felt.text":"strong"}},"inner_hits":{"name":"`+name+`",`+
				`"_source":false,"highlight":{"fields":{"felt.text":{}}}}}}`)
		}
		r := SearchRequest{
			Query: q("objects"), NoSource: true,
			Collapse: f.collapse(`{"field":"g","inner_hits":{"name":"more","sort":["_doc"],"_source":false,"from":1}}`),
		}
		found, err := f.col().Search(ctx, r)
		f.ok(err)
		f.equal("hits", len(found.Hits), 1)
		var got map[string]struct {
			Total int
			Hits  []struct {
				ID        string `json:"_id"`
				Highlight json.RawMessage
				Inner     map[string]json.RawMessage `json:"inner_hits"`
			}
		}
		f.ok(json.Unmarshal(found.Hits[0].InnerHits, &got))
		f.equal("total", got["more"].Total, 2)
		f.equal("of the group", got["more"].Hits[0].ID, "b")
		f.equal("its objects", strings.Contains(string(got["more"].Hits[0].Inner["objects"]), `["<em>strong</em>"]`), true)
		f.equal("objects", got["objects"].Total, 1)
		f.equal("highlight", string(got["objects"].Hits[0].Highlight), map[string]string{
			"b": `{"felt.text":["<em>strong</em>"]}`, "a": `{"felt.text":["<em>strong</em> shaking"]}`,
		}[found.Hits[0].Document.ID])
		r.Query = q("more")
		found, err = f.col().Search(ctx, r)
		f.ok(err)
		f.equal("one name", strings.HasPrefix(string(found.Hits[0].InnerHits), `{"more":{"total":2,"hits":[{"_id":"b"`), true)
		f.equal("valid", json.Valid(found.Hits[0].InnerHits), true)
		f.equal("once, and once in the hit of the group", strings.Count(string(found.Hits[0].InnerHits), `"more":`), 2)
	})
}

// writingCollapse writes between the pass that finds a page and the one that finds the hits of its groups.
type writingCollapse struct {
	*query.Collapse
	write func()
}

func (c writingCollapse) GroupHits(groups int, q filter.Query, e filter.Env) ([]filter.GroupHits, error) {
	c.write()
	return c.Collapse.GroupHits(groups, q, e)
}

// A page and the hits of its groups are of one state of the store.
func TestSearchGroupsOneState(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"g":1,"n":1}`)
		f.put("b", `{"g":1,"n":2}`)
		col, written := f.col(), 0 // one handle: the fixture would close the store in between
		r := SearchRequest{Sort: query.By("n"), Collapse: writingCollapse{
			f.collapse(`{"field":"g","inner_hits":{"name":"more","sort":["n"],"_source":["n"]}}`),
			func() {
				for id, body := range map[string]string{"b": `{"g":1,"n":20}`, "c": `{"g":1,"n":3}`} {
					_, err := col.CreateOrReplace(ctx, id, raw(body))
					f.ok(err)
				}
				written++
			},
		}}
		found, err := col.Search(ctx, r)
		f.ok(err)
		var got map[string]struct {
			Total int
			Hits  []struct {
				Sort json.RawMessage
			}
		}
		f.ok(json.Unmarshal(found.Hits[0].InnerHits, &got))
		f.equal("written", written, 1)
		f.equal("of the group", fmt.Sprintf("%d %s", got["more"].Total, got["more"].Hits), "2 [{[1]} {[2]}]")
	})
}

func TestSearchCollapseErrors(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"g":[1,2]}`)
	for text, sort := range map[string]string{
		`{"field":"g"}`: "", // two values
		`{"field":"n","inner_hits":{"name":"more","size":10001}}`:                                                           "",
		`{"field":"n","inner_hits":{"name":"more","collapse":{"field":"g"}}}`:                                               "", // two values
		`{"field":"n","inner_hits":{"name":"more","highlight":{"highlight_query":{"regexp":{"g":"("}},"fields":{"g":{}}}}}`: "",
		`{"field":"n"}`: "m",
	} {
		r := SearchRequest{Collapse: f.collapse(text)}
		if sort != "" {
			r.Sort, r.After = query.By(sort), json.RawMessage(`[1]`)
		}
		if _, err := f.col().Search(ctx, r); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, err := range f.col().SearchAll(ctx, SearchRequest{Collapse: f.collapse(`{"field":"n"}`)}) {
		f.is("all", err, ErrInvalid)
	}
}
