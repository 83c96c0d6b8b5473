package highlight_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// innerExample compares what the nested objects of a document have with what the page says: a document, a query, and
// the highlights.
func innerExample(t *testing.T, lines []string) {
	t.Helper()
	q, err := query.ParseElasticsearch([]byte(lines[1]))
	if err != nil {
		t.Fatal(err)
	}
	h, err := q.InnerHits(nil)
	if err != nil {
		t.Fatal(err)
	}
	h.Observe("d", []byte(lines[0]))
	h.Settle()
	all, err := h.Of("d", []byte(lines[0]))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, hit := range all[0].Hits {
		got = append(got, string(hit.Highlight))
	}
	if !slices.Equal(got, lines[2:]) {
		t.Errorf("%s\n got %s\nwant %s", lines[1], got, lines[2:])
	}
}

// The examples of docs/highlights.md answer what the page says.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/highlights.md")
	if err != nil {
		t.Fatal(err)
	}
	var docs []string
	var schema *query.Schema
	language, examples := "", [][]string{nil}
	var inner []string
	for _, line := range strings.Split(string(page), "\n") {
		fence, ok := strings.CutPrefix(line, "```")
		switch {
		case ok:
			language = fence
		case language == "documents":
			docs = append(docs, line)
		case language == "mapping":
			if schema, err = query.ParseMapping([]byte(line)); err != nil {
				t.Fatal(err)
			}
		case language == "inner":
			inner = append(inner, line)
		case language == "highlights" && line == "":
			examples = append(examples, nil)
		case language == "highlights":
			examples[len(examples)-1] = append(examples[len(examples)-1], line)
		}
	}
	innerExample(t, inner)
	if len(docs) != 2 || len(examples) != 4 {
		t.Fatalf("%d documents, %d examples", len(docs), len(examples))
	}
	for _, lines := range examples {
		q, err := query.ParseElasticsearch([]byte(lines[0]))
		if err != nil {
			t.Fatal(err)
		}
		m, err := query.Compile(q, &query.Options{Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, doc := range docs {
			if m.Match("d", []byte(doc)) {
				got = append(got, highlighted(schema, lines[0], lines[1], doc))
			}
		}
		if want := strings.Join(lines[2:], "\n"); strings.Join(got, "\n") != want {
			t.Errorf("%s\n%s\n got %s\nwant %s", lines[0], lines[1], strings.Join(got, "\n"), want)
		}
	}
}
