package awake

import (
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/torture/gotest"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// Every planted bug can still be planted, under a name of its own.
func TestBugs(t *testing.T) {
	root, err := harness.StoreDir(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, b := range Bugs {
		for _, p := range b.plantings() {
			if _, err := p.planted(root); err != nil {
				t.Errorf("%s: %v", b.Name, err)
			}
		}
		if (b.Harness == gotest.Tests.Name) != (b.tests != "") {
			t.Errorf("%s: which tests find it?", b.Name)
		}
		if len(b.edits) == 0 || len(b.edits)%2 != 0 || b.count == 0 || seen[b.Name] {
			t.Errorf("%s: is not a bug", b.Name)
		}
		seen[b.Name] = true
	}
}
