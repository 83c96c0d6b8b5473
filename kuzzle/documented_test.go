package kuzzle

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/route"
)

// docs/kuzzle.md lists every action that the server has, and of those that Kuzzle has a route for all that it has not.
func TestDocumentedActions(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "kuzzle.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "| controller | supported | not planned |\n|---|---|---|\n")
	if !ok {
		t.Fatal("docs/kuzzle.md has no table of actions")
	}
	s, _ := served(t, &Options{Shutdown: func() {}})
	documented := map[string]bool{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			break
		}
		name := strings.TrimSpace(cells[1])
		documented[name] = true
		supported, missing := slices.Sorted(maps.Keys(s.controllers[name])), []string{}
		for _, r := range route.All {
			if r.Controller == name && s.controllers[name][r.Action] == nil && !slices.Contains(missing, r.Action) {
				missing = append(missing, r.Action)
			}
		}
		slices.Sort(missing)
		if s.controllers[name] == nil {
			continue
		}
		if want := strings.Join(supported, ", "); strings.TrimSpace(cells[2]) != want {
			t.Errorf("%s: supported are %s", name, want)
		}
		if want := strings.Join(missing, ", "); strings.TrimSpace(cells[3]) != want {
			t.Errorf("%s: not planned are %s", name, want)
		}
	}
	for name := range s.controllers {
		if !documented[name] {
			t.Errorf("the controller %s is not in the table", name)
		}
	}
}
