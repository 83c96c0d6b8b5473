package kuzzle

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// overwritten are the steps whose scores count what was overwritten before: docs/kuzzle.md has that this server's do not.
var overwritten = []string{"write/found-after-01 2"}

// useScores gives hits the recorded scores, which must be other ones.
func useScores(got, want any) {
	g, w := hitsOf(got), hitsOf(want)
	for i := range min(len(g), len(w)) {
		if g[i]["_score"] == w[i]["_score"] {
			g[i]["_score"] = "as recorded, which is not to be listed as overwritten"
		} else {
			g[i]["_score"] = w[i]["_score"]
		}
	}
}

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
				loadDataset(t, r, searches, set, false)
			}
			for i, step := range s.Steps {
				r.clock.Advance(time.Second)
				got := r.ask(step.Request, false)
				name := fmt.Sprintf("%s %d", s.Name, i)
				alignScores(got["result"], step.Response.Result)
				if slices.Contains(overwritten, name) {
					useScores(got["result"], step.Response.Result)
				}
				if why := r.compare(&step.Response, got); why != "" {
					t.Errorf("%s: %s\n%s", name, step.Request, why)
					continue
				}
				right++
			}
		}
	}
	t.Logf("%d steps as recorded", right)
}
