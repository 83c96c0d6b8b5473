package search

import (
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// Definitions that show nothing take memory for each group, too.
func TestManyEmptyDefinitions(t *testing.T) {
	in := &search{collapse: &query.Collapse{Inner: make([]query.GroupHits, 100)}}
	if err := in.checkExpanded(maxExpanded / 100); err != nil {
		t.Error(err)
	}
	if err := in.checkExpanded(maxExpanded/100 + 1); err == nil {
		t.Error("no error")
	}
}
