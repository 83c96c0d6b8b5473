package aggregation_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// The examples of docs/aggregations.md answer what the page says.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/aggregations.md")
	if err != nil {
		t.Fatal(err)
	}
	var docs, examples []string
	mapping, language := "", ""
	for _, line := range strings.Split(string(page), "\n") {
		fence, ok := strings.CutPrefix(line, "```")
		switch {
		case ok:
			language = fence
		case line == "":
		case language == "documents":
			docs = append(docs, line)
		case language == "mapping":
			mapping = line
		case language == "aggregations":
			examples = append(examples, line)
		}
	}
	if len(docs) != 4 || len(examples) != 8 || !json.Valid([]byte(mapping)) {
		t.Fatalf("%d documents, %d lines of examples", len(docs), len(examples))
	}
	for i := 0; i < len(examples); i += 2 {
		answer, err := collect(mapping, examples[i], nil, docs...)
		if err != nil || answer != examples[i+1] {
			t.Errorf("%s: %v\n%s", examples[i], err, answer)
		}
	}
}
