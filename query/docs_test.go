package query

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The examples of docs/queries.md find what the page says.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../docs/queries.md")
	if err != nil {
		t.Fatal(err)
	}
	parsers := map[string]func(string) (*Query, error){
		"short":         Parse,
		"elasticsearch": func(text string) (*Query, error) { return ParseElasticsearch([]byte(text)) },

		"koncorde":        func(text string) (*Query, error) { return ParseKoncorde([]byte(text)) },
		"koncorde-search": func(text string) (*Query, error) { return ParseKoncordeSearch([]byte(text)) },
	}
	showing := map[string]func(t *testing.T, text string, docs []string) string{
		"scores": scoresOf, "inner": innerOf, "collapse": collapsedOf, "fields": fieldsOf,
	}
	var docs []string
	examples, language := 0, ""
	for _, line := range strings.Split(string(page), "\n") {
		if fence, ok := strings.CutPrefix(line, "```"); ok {
			language = fence
			continue
		}
		if language == "documents" {
			docs = append(docs, line)
		}
		if language == "sort" {
			examples++
			text, want, _ := strings.Cut(line, "→")
			o, err := ParseElasticsearchSort([]byte(strings.TrimSpace(text)))
			if got := sortedIDs(o, docs); err != nil || got != strings.TrimSpace(want) {
				t.Errorf("%s: %s, %v", line, got, err)
			}
		}
		if show := showing[language]; show != nil {
			examples++
			text, want, _ := strings.Cut(line, "→")
			if got := show(t, strings.TrimSpace(text), docs); got != strings.TrimSpace(want) {
				t.Errorf("%s: %s", line, got)
			}
		}
		if parse := parsers[language]; parse != nil {
			examples++
			text, want, ok := strings.Cut(line, "→")
			q, err := parse(strings.TrimSpace(text))
			if err != nil || !ok {
				t.Errorf("%s: %v", line, err)
				continue
			}
			if got := strings.Join(matching(t, q, docs), " "); got != strings.TrimSpace(want) {
				t.Errorf("%s: %s", line, got)
			}
		}
	}
	if examples < 86 || len(docs) != 4 {
		t.Errorf("%d examples on %d documents", examples, len(docs))
	}
}

// innerOf returns the ids of documents with the nested objects that a query shows: names, places, scores and sources.
func innerOf(t *testing.T, text string, docs []string) string {
	t.Helper()
	q, err := ParseElasticsearch([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	h, err := q.InnerHits(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		h.Observe("", []byte(doc))
	}
	h.Settle()
	var list []string
	for _, doc := range docs {
		all, err := h.Of("", []byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		if len(all[0].Hits) > 0 {
			list = append(list, idOf(doc))
		}
		for _, one := range all[0].Hits {
			list = append(list, fmt.Sprintf("%s %d", all[0].Name, one.Places[0].Offset))
			if one.Scored {
				list = append(list, fmt.Sprintf("%.2f", one.Score))
			}
			if one.Source != nil {
				list = append(list, string(one.Source))
			}
		}
	}
	return strings.Join(list, " ")
}

// collapsedOf returns the ids of the first documents of groups.
func collapsedOf(t *testing.T, text string, docs []string) string {
	t.Helper()
	c, err := ParseElasticsearchCollapse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	g, err := (*Schema)(nil).Grouping(c.Field, len(c.Inner) > 0)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	seen := map[string]bool{}
	for _, doc := range docs {
		group, err := g.AppendGroup(nil, []byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		if !seen[string(group)] {
			list = append(list, idOf(doc))
		}
		seen[string(group)] = true
	}
	return strings.Join(list, " ")
}

// fieldsOf returns the ids of documents with the values of fields, as far as there are such.
func fieldsOf(t *testing.T, text string, docs []string) string {
	t.Helper()
	var list []string
	for _, doc := range docs {
		if values := fetch("", "", text, doc); values != "" {
			list = append(list, idOf(doc), values)
		}
	}
	return strings.Join(list, " ")
}

func idOf(doc string) string {
	id, _ := rawjson.Lookup([]byte(doc), "_id")
	return strings.Trim(string(id), `"`)
}

// matching returns the ids of documents that match a query.
func matching(t *testing.T, q *Query, docs []string) (ids []string) {
	t.Helper()
	m, err := Compile(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		id, _ := rawjson.Lookup([]byte(doc), "_id")
		if name := strings.Trim(string(id), `"`); m.Match(name, []byte(doc)) {
			ids = append(ids, name)
		}
	}
	return slices.Sorted(slices.Values(ids))
}

// scoresOf returns the ids of documents that match a query, with their scores, the best ones first.
func scoresOf(t *testing.T, text string, docs []string) string {
	t.Helper()
	q, err := ParseElasticsearch([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewScorer(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		s.Observe("", []byte(doc))
	}
	s.Settle()
	type hit struct {
		text  string
		score float32
	}
	var hits []hit
	for _, doc := range docs {
		id, _ := rawjson.Lookup([]byte(doc), "_id")
		score, ok, err := s.Score("", []byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			hits = append(hits, hit{fmt.Sprintf("%s %.2f", strings.Trim(string(id), `"`), score), score})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	var list []string
	for _, h := range hits {
		list = append(list, h.text)
	}
	return strings.Join(list, " ")
}
