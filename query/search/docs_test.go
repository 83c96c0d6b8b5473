package search_test

import (
	"os"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query/search"
)

// The searches of docs/queries.md are read.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/queries.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```search\n")
	block, _, _ := strings.Cut(rest, "```")
	lines := strings.Split(strings.TrimSpace(block), "\n")
	if len(lines) < 3 {
		t.Errorf("docs/queries.md has the searches %q", lines)
	}
	c := quakes(t)
	for _, line := range lines {
		r, err := search.Parse([]byte(line))
		if err == nil {
			_, err = c.Search(t.Context(), r)
		}
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}
