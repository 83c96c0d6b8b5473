package main

import (
	"slices"
	"testing"
)

// Every planted bug can still be planted, under a name of its own, for a harness that there is.
func TestBugs(t *testing.T) {
	root, err := storeDir(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, b := range bugs {
		if _, err := b.planted(root); err != nil {
			t.Errorf("%s: %v", b.name, err)
		}
		if len(b.edits) == 0 || len(b.edits)%2 != 0 || b.count == 0 || seen[b.name] {
			t.Errorf("%s: is not a bug", b.name)
		}
		if !slices.Contains(harnessNames(), b.harness) {
			t.Errorf("%s: there is no harness %q", b.name, b.harness)
		}
		seen[b.name] = true
	}
}
