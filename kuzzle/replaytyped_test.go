package kuzzle

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// What a real Kuzzle answered to writes against mappings, and to changes of mappings, in ../testdata/kuzzle/typed:
// texts, positions in them, and the mappings that came of it.
func TestReplayTyped(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "kuzzle", "typed", "*.jsonl"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	right := 0
	for _, file := range files {
		for _, s := range readLines[searchScenario](t, file) {
			r := newReplay(t)
			for _, set := range append(s.Also, s.Dataset) {
				loadDataset(t, r, set)
			}
			for i, step := range s.Steps {
				r.clock.Advance(time.Second)
				got := r.ask(step.Request, false)
				for _, answer := range []any{got["result"], step.Response.Result} {
					if result, ok := answer.(map[string]any); ok {
						withoutScores(result, step.Ties)
					}
				}
				if why := r.compare(&step.Response, got); why != "" {
					t.Errorf("%s: %s\n%s", fmt.Sprintf("%s %d", s.Name, i), step.Request, why)
					continue
				}
				right++
			}
		}
	}
	t.Logf("%d steps as recorded", right)
}
