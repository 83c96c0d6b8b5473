package kuzzle

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query/search"
)

// The library's search answers what a real Kuzzle was recorded to answer to searches with collapsed and inner hits.
func TestReplayLibrary(t *testing.T) {
	r := newReplay(t)
	loaded := map[string]bool{}
	compared, inner := 0, 0
	for _, family := range []string{"collapse", "nested"} {
		for _, s := range readLines[searchScenario](t, filepath.Join(searches, family+".jsonl")) {
			if !loaded[s.Dataset] {
				loadDataset(t, r, searches, s.Dataset, false)
				loaded[s.Dataset] = true
			}
			for _, step := range s.Steps {
				if step.Response.Error != nil || !strings.Contains(string(step.Request), `"search"`) {
					continue
				}
				var q struct {
					Index, Collection, Scroll string
					From, Size                *int
					Body                      map[string]any
				}
				if err := json.Unmarshal(step.Request, &q); err != nil || q.Scroll != "" || q.Collection == "" {
					continue
				}
				body := q.Body
				if body == nil {
					body = map[string]any{}
				}
				for name, n := range map[string]*int{"from": q.From, "size": q.Size} {
					if n != nil {
						body[name] = *n
					}
				}
				got := librarySearch(t, r.server.services.Store.Bare.Collection(q.Index, q.Collection), body)
				alignScores(got, step.Response.Result)
				if want, _ := step.Response.Result.(map[string]any); want != nil {
					delete(want, "aggregations")
				}
				if got, want := flatHits(got), flatHits(step.Response.Result); !slices.Equal(got, want) {
					t.Errorf("%s: %s\n got %s\nwant %s", s.Name, step.Request, got, want)
				}
				compared++
				inner += strings.Count(string(text(got)), `"inner_hits"`)
			}
		}
	}
	if compared < 40 || inner < 50 {
		t.Errorf("only %d searches are compared, with %d hits that have inner hits", compared, inner)
	}
}

// librarySearch makes a search as a program does.
func librarySearch(t *testing.T, c *kuzzlite.Collection, body map[string]any) (result any) {
	t.Helper()
	raw, _ := json.Marshal(body)
	request, err := search.Parse(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	found, err := c.Search(t.Context(), request)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	if err := json.Unmarshal(found.AppendJSON(nil), &result); err != nil {
		t.Fatal(err)
	}
	return result
}

// flatHits shows hits, and their inner hits, whether these are a list, as Kuzzle has them, or lie in an object as
// Elasticsearch's do. What is shown with an inner hit Kuzzle leaves out.
func flatHits(result any) (list []string) {
	for _, h := range hitsOf(result) {
		list = append(list, flatHit(h))
		all, _ := h["inner_hits"].(map[string]any)
		var names []string
		for name := range all {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			hits := all[name]
			if o, ok := hits.(map[string]any); ok {
				hits = o["hits"]
			}
			for _, one := range hits.([]any) {
				hit := one.(map[string]any)
				if hit["_nested"] != nil {
					hit["_id"] = h["_id"]
				}
				list = append(list, name+" "+flatHit(hit))
			}
		}
	}
	return list
}

func flatHit(h map[string]any) string {
	score := "null"
	if n, ok := h["_score"].(float64); ok {
		score = fmt.Sprintf("%.4g", n)
	}
	return fmt.Sprintf("%v %s %s", h["_id"], score, text(h["_source"]))
}
