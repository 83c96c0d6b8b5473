package highlight_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// What Elasticsearch 8.17.1's own classes made of random texts and queries: its unified highlighter, called from Java with
// an index of one document.
func TestElasticsearch(t *testing.T) {
	schema, err := query.ParseMapping([]byte(`{"t":{"type":"text"}}`))
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for _, line := range readLines[map[string]json.RawMessage](t, "testdata/elasticsearch.jsonl") {
		var want []string
		if err := json.Unmarshal(line["fragments"], &want); err != nil {
			t.Fatal(err)
		}
		doc, _ := json.Marshal(map[string]any{"t": line["values"]})
		q := string(line["query"])
		for _, name := range []string{"fragments", "values", "query"} {
			delete(line, name)
		}
		line["pre_tags"], line["post_tags"] = json.RawMessage(`"["`), json.RawMessage(`"]"`)
		line["fields"] = json.RawMessage(`{"t":{}}`)
		request, _ := json.Marshal(line)
		var fields map[string][]string
		answer := highlighted(schema, q, string(request), string(doc))
		if answer != "" && json.Unmarshal([]byte(answer), &fields) != nil {
			t.Fatal(answer)
		}
		if !slices.Equal(fields["t"], want) {
			t.Errorf("%s\n%s\n%s\n got %q\nwant %q", q, request, doc, fields["t"], want)
			continue
		}
		right++
	}
	if t.Logf("%d are the same", right); right < 200 {
		t.Errorf("only %d are the same", right)
	}
}
