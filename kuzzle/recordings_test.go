package kuzzle

import (
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var recordings = flag.String("recordings", "", "a directory of recorded answers, all of which are replayed over WebSockets")

// TestRecordings replays all that was recorded of a real Kuzzle over WebSockets, with the notifications of writes. Without
// the flag it does nothing: then the other tests replay nearly as much by calling the server.
func TestRecordings(t *testing.T) {
	if *recordings == "" {
		t.Skip("-recordings names no directory: make test-recordings")
	}
	waiting := readWaiting(t)
	var all tally
	for _, file := range recordedFiles(t, "vectors") {
		one := tally{}
		for _, s := range readLines[scenario](t, file) {
			one.vectors(t, &s, waiting)
		}
		all.add(t, file, &one)
	}
	for _, file := range recordedFiles(t, "search") {
		one, sets := tally{}, &recordedSets{dir: filepath.Dir(file)}
		for _, s := range readLines[searchScenario](t, file) {
			one.searches(t, &s, sets, waiting)
		}
		all.add(t, file, &one)
	}
	t.Logf("%d steps: %d as recorded, %d listed, %d wrong", all.right+all.waiting+all.wrong, all.right, all.waiting, all.wrong)
	if all.right < 3000 {
		t.Errorf("only %d steps are as recorded", all.right)
	}
	for name, why := range waiting {
		if family, isFamily := strings.CutSuffix(name, "/*"); isFamily && !all.waited[family] {
			t.Errorf("all of %s is as recorded, and need not wait for %s", family, why)
		}
	}
}

func recordedFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(*recordings, dir, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings of %s: %v", dir, err)
	}
	return files
}

// tally counts steps.
type tally struct {
	right, waiting, wrong int
	waited                map[string]bool // families of which a step waits
}

// step counts a step that is as recorded, or is not, and why.
func (n *tally) step(t *testing.T, name, why string, request json.RawMessage, waiting map[string]string) {
	t.Helper()
	family, _, _ := strings.Cut(name, "/")
	switch {
	case why == "" && waiting[name] != "":
		t.Errorf("%s is as recorded, and need not wait for %s", name, waiting[name])
	case why == "":
		n.right++
	case waiting[name] != "" || waiting[family+"/*"] != "":
		n.waiting++
		if n.waited == nil {
			n.waited = map[string]bool{}
		}
		n.waited[family] = true
	default:
		n.wrong++
		t.Errorf("%s: %s\n%s", name, request, why)
	}
}

// add adds the counts of a file.
func (n *tally) add(t *testing.T, file string, one *tally) {
	t.Helper()
	t.Logf("%-28s %4d steps as recorded, %3d listed, %d wrong", filepath.Base(file), one.right, one.waiting, one.wrong)
	n.right += one.right
	n.waiting += one.waiting
	n.wrong += one.wrong
	if n.waited == nil {
		n.waited = map[string]bool{}
	}
	for family := range one.waited {
		n.waited[family] = true
	}
}

// vectors replays a scenario of writes.
func (n *tally) vectors(t *testing.T, s *scenario, waiting map[string]string) {
	t.Helper()
	r := newReplay(t).overSockets(t)
	for i, step := range s.Steps {
		if step.Parallel == nil {
			r.prepare(step.Request)
		}
		if step.Parallel != nil || isAboutDocuments(step.Request) {
			r.dialed.subscribe()
		}
		why := r.step(&step)
		if why == "" && step.Notifications != nil && r.dialed.told != nil {
			why = r.compareNotifications(step.Notifications)
		} else if r.dialed.told != nil {
			r.dialed.notifications() // are not to be taken for those of the next step
		}
		n.step(t, fmt.Sprintf("%s %d", s.Name, i), why, step.Request, waiting)
	}
}

func isAboutDocuments(text json.RawMessage) bool {
	var request struct{ Controller string }
	_ = json.Unmarshal(text, &request)
	return request.Controller == "document" || request.Controller == "bulk"
}

// recordedSets is a server with the data sets that were loaded so far.
type recordedSets struct {
	dir    string
	r      *replay
	loaded []string
}

// of returns a server with data sets.
func (d *recordedSets) of(t *testing.T, names []string) *replay {
	t.Helper()
	if d.r == nil {
		d.r = newReplay(t).overSockets(t)
	}
	for _, name := range names {
		if name != "" && !slices.Contains(d.loaded, name) {
			loadDataset(t, d.r, d.dir, name, false)
			d.loaded = append(d.loaded, name)
		}
	}
	return d.r
}

// searches replays a scenario of searches, or of writes against mappings, which have a server of their own.
func (n *tally) searches(t *testing.T, s *searchScenario, sets *recordedSets, waiting map[string]string) {
	t.Helper()
	if s.Fresh {
		sets = &recordedSets{dir: sets.dir}
	}
	r := sets.of(t, append(s.Also, s.Dataset))
	r.labels = map[string]any{}
	for i, step := range s.Steps {
		if s.Fresh {
			r.clock.Advance(time.Second)
		}
		name := fmt.Sprintf("%s %d", s.Name, i)
		if slices.Contains(overwritten, name) {
			n.waiting++ // docs/kuzzle.md says why
			continue
		}
		n.step(t, name, r.searchStep(step.Request, &step.Response, step.AnyText), step.Request, waiting)
	}
}
