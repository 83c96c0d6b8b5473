package kuzzlite

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/highlight"
)

// groupedDoc is a document of TestSearchGroups: g and h are "" where it has none.
type groupedDoc struct {
	id, g, h, t string
	n           int
}

// groupDefinition is how hits of groups are shown in TestSearchGroups.
type groupDefinition struct {
	from, size                      int
	sort, source, inGroup, fragment string
	scores                          bool
}

func (d *groupDefinition) json() string {
	s := fmt.Sprintf(`{"name":"it","from":%d,"size":%d,"track_scores":%t`, d.from, d.size, d.scores)
	for option, value := range map[string]string{"sort": d.sort, "_source": d.source, "highlight": d.fragment} {
		if value != "" {
			s += fmt.Sprintf(`,%q:%s`, option, value)
		}
	}
	if d.inGroup != "" {
		s += fmt.Sprintf(`,"collapse":{"field":%q}`, d.inGroup)
	}
	return s + "}"
}

// alone returns the search for one group, as Elasticsearch makes it.
func (d *groupDefinition) alone(f *fixture, q, group string, post Query) SearchRequest {
	filter := `"must_not":{"exists":{"field":"g"}}`
	if group != "" {
		filter = fmt.Sprintf(`"filter":{"term":{"g":%q}}`, group)
	}
	if q != "" {
		filter += `,"must":` + q
	}
	r := SearchRequest{
		Query: parsed(f.t, `{"bool":{`+filter+`}}`), PostFilter: post, From: d.from, Size: d.size, TrackScores: d.scores,
		NoSource: d.source == "false",
	}
	if d.size == 0 {
		r.Size = -1
	}
	if d.source == `"n"` {
		r.Fields = []string{"n"}
	}
	var err error
	if d.sort != "" {
		r.Sort, err = query.ParseElasticsearchSort([]byte(d.sort))
		f.ok(err)
	}
	if d.fragment != "" {
		r.Highlight, err = highlight.Parse([]byte(d.fragment))
		f.ok(err)
	}
	if d.inGroup != "" {
		r.Collapse = f.collapse(fmt.Sprintf(`{"field":%q}`, d.inGroup))
	}
	return r
}

// What is shown of a group is what a search for the group alone finds, and, where nothing but a number orders the hits,
// what sorting the documents of the group gives.
func TestSearchGroups(t *testing.T) {
	for seed := range uint64(8) {
		for _, mapped := range []bool{false, true} {
			f := newFixture(t, &Options{AutoCreate: true})
			compared := f.compareGroups(rand.New(rand.NewPCG(seed, 17)), mapped)
			if compared < 100 {
				t.Errorf("seed %d: only %d groups are compared", seed, compared)
			}
		}
	}
}

func (f *fixture) compareGroups(r *rand.Rand, mapped bool) (compared int) {
	t := f.t
	t.Helper()
	if mapped {
		f.ok(f.col().UpdateMapping(ctx, Mapping{Mappings: json.RawMessage(`{"properties":{"g":{"type":"keyword"},
			"ga":{"type":"alias","path":"g"},"h":{"type":"keyword"},"t":{"type":"text"},"n":{"type":"integer"}}}`)}))
	}
	some := func(list ...string) string { return list[r.IntN(len(list))] }
	var docs []groupedDoc
	for i, n := range r.Perm(40 + r.IntN(60)) {
		d := groupedDoc{id: fmt.Sprint(i), g: some("", "a", "b", "c c", "d"), h: some("", "x", "y", "z"), n: n}
		d.t = some("a", "a b", "b a b", "c")
		docs = append(docs, d)
		body := map[string]any{"t": d.t, "n": n}
		for name, value := range map[string]string{"g": d.g, "h": d.h} {
			if value != "" {
				body[name] = value
			} else if r.IntN(2) == 0 {
				body[name] = nil
			}
		}
		raw, _ := json.Marshal(body)
		f.put(d.id, string(raw))
	}
	for range 60 {
		d := &groupDefinition{
			from: r.IntN(3), size: r.IntN(6), source: some("", "false", `"n"`), inGroup: some("", "", "h"), scores: r.IntN(3) == 0,
			sort: some("", `[{"n":"asc"}]`, `[{"n":"desc"}]`, `["h",{"_score":"desc"}]`, `[{"_doc":"desc"}]`),
		}
		if r.IntN(2) == 0 {
			d.fragment = some(`{"fields":{"*":{}}}`, `{"fields":{"t":{},"g":{}},"require_field_match":false}`,
				`{"fields":{"t":{"no_match_size":3}}}`, `{"fields":{"ga":{}}}`, `{"fields":{"t":{"matched_fields":["g"]}}}`,
				`{"fields":{"g":{"highlight_query":{"match":{"t":"a"}}}}}`)
		}
		field := "g"
		if mapped && r.IntN(3) == 0 {
			field = "ga"
		}
		q, word := "", ""
		if r.IntN(3) > 0 {
			word = some("a", "b")
			q = fmt.Sprintf(`{"match":{"t":%q}}`, word)
		}
		req := SearchRequest{
			Collapse: f.collapse(fmt.Sprintf(`{"field":%q,"inner_hits":%s}`, field, d.json())), Size: 1 + r.IntN(5), From: r.IntN(2),
		}
		if q != "" {
			req.Query = parsed(t, q)
		}
		below := 0
		if r.IntN(3) == 0 {
			below = 10 + r.IntN(40)
			req.PostFilter = parsed(t, fmt.Sprintf(`{"range":{"n":{"lt":%d}}}`, below))
		}
		if r.IntN(3) == 0 {
			req.MinScore = 0.4
		}
		found, err := f.col().Search(ctx, req)
		f.ok(err)
		for _, hit := range found.Hits {
			first := docs[slices.IndexFunc(docs, func(d groupedDoc) bool { return d.id == hit.Document.ID })]
			alone, err := f.col().Search(ctx, d.alone(f, q, first.g, req.PostFilter))
			f.ok(err)
			want := `{"it":` + string(alone.AppendJSON(nil)) + `}`
			if string(hit.InnerHits) != want {
				t.Fatalf("%s of the group %q, %s, mapped %t:\n got %s\nwant %s", d.json(), first.g, q, mapped, hit.InnerHits, want)
			}
			f.sameNaively(d, docs, hit.InnerHits, func(d groupedDoc) bool {
				found := word == "" || slices.Contains(strings.Fields(d.t), word)
				return d.g == first.g && found && (below == 0 || d.n < below)
			})
			compared++
		}
	}
	return compared
}

// sameNaively compares the ids of hits with those of the documents of a group, sorted by n.
func (f *fixture) sameNaively(d *groupDefinition, docs []groupedDoc, inner json.RawMessage, in func(groupedDoc) bool) {
	f.t.Helper()
	var got struct {
		It struct {
			Total int
			Hits  []struct {
				ID string `json:"_id"`
			}
		}
	}
	f.ok(json.Unmarshal(inner, &got))
	var list []groupedDoc
	for _, d := range docs {
		if in(d) {
			list = append(list, d)
		}
	}
	f.equal("total", got.It.Total, len(list))
	if !strings.Contains(d.sort, `"n"`) {
		return
	}
	slices.SortFunc(list, func(a, b groupedDoc) int { return a.n - b.n })
	if strings.Contains(d.sort, "desc") {
		slices.Reverse(list)
	}
	seen := map[string]bool{}
	var ids []string
	for _, one := range list {
		if d.inGroup == "" || !seen[one.h] {
			ids = append(ids, one.id)
		}
		seen[one.h] = true
	}
	ids = ids[min(d.from, len(ids)):]
	ids = ids[:min(d.size, len(ids))]
	for i, id := range ids {
		if i >= len(got.It.Hits) || got.It.Hits[i].ID != id {
			f.t.Fatalf("%s: %s, want %q", d.json(), inner, ids)
		}
	}
	f.equal("hits", len(got.It.Hits), len(ids))
}

// askedContext is canceled once it was asked so often, 0: never.
type askedContext struct {
	context.Context
	n, most int
}

func (c *askedContext) Err() error {
	if c.n++; c.most > 0 && c.n > c.most {
		return context.Canceled
	}
	return c.Context.Err()
}

// What is shown of groups is read in parts: no bound of a call that reads, and no wait for what nobody wants any more.
func TestSearchGroupsInParts(t *testing.T) {
	const n = 3*chunkDocuments + 1
	f := newFixture(t, nil)
	for from := 0; from < n; from += 200 {
		var list []Write
		for i := from; i < min(from+200, n); i++ {
			list = append(list, Write{ID: fmt.Sprintf("d%04d", i), Body: raw(`{"g":1,"t":"` + strings.Repeat("strong ", 40) + `"}`)})
		}
		_, err := f.col().MCreate(ctx, list)
		f.ok(err)
	}
	r := SearchRequest{
		Query: query.Match("t", "strong"), Size: 1, NoSource: true, Collapse: f.collapse(fmt.Sprintf(`{"field":"g",`+
			`"inner_hits":[{"name":"a","size":%d,"sort":["_doc"],"_source":false},{"name":"b","size":%[1]d,"highlight":{`+
			`"fields":{"t":{}}}}]}`, n)),
	}
	found, err := f.col().Search(ctx, r)
	f.ok(err)
	f.equal("hits", strings.Count(string(found.Hits[0].InnerHits), `"_id"`), 2*n)
	f.equal("the last", strings.Contains(string(found.Hits[0].InnerHits), fmt.Sprintf(`"_id":"d%04d"`, n-1)), true)

	f.s.limits.reads = n // of one call
	_, err = f.col().Search(ctx, r)
	f.s.limits.reads = 0
	f.ok(err)

	asked := &askedContext{Context: ctx}
	_, err = f.col().Search(asked, r)
	f.ok(err)
	soon := &askedContext{Context: ctx, most: asked.n - n/2} // while the last documents are highlighted
	_, err = f.col().Search(soon, r)
	f.is("canceled", err, context.Canceled)

	defer func(most int) { maxSorted = most }(maxSorted)
	maxSorted = 50_000
	_, err = f.col().Search(ctx, r)
	f.is("too much", err, ErrTooLarge)
}
