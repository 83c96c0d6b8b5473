package kuzzlite

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Recorded requests to Kuzzle 2.56.0 and its answers, in testdata/kuzzle: each request that is about documents and
// their collections is made on a store with Options.Kuzzle, and what comes of it is compared with the answer, and with
// the notifications.
//
// What waits for something that this library does not have yet is left out; vectors_left_test.go says why, request by
// request. The deviations that are meant are in docs/design.md. Those that can be seen here:
//
//   - a change that changes nothing is no change, and so is not in the feed; Kuzzle notifies it;
//   - mCreate of the same new id twice: the feed calls the second a replacement, which it is; Kuzzle notifies both as
//     creations;
//   - an id is a string in Go: an item that has another one is left out of mReplace and mDelete, with its error;
//     elsewhere it has the empty one.

type vectorStep struct {
	Request  map[string]json.RawMessage
	As       map[string]any
	Parallel []map[string]json.RawMessage
	Response struct {
		Status int
		Result recordedResult
		Error  struct {
			ID      string
			Message string
			Errors  []any
		}
	}
	Notifications []struct {
		Action string
		Result map[string]any
	}
}

// vectorFiles are the recordings, with how many of their steps are compared at least.
var vectorFiles = []struct {
	file     string
	compared int
}{
	{"mupsert", 252}, {"document", 261}, {"edges-mupsert", 17}, {"edges-bulk", 40}, {"edges-misc", 11}, {"writes", 382},
}

// recordedResult is the result of an answer, and its text, which has the order of keys.
type recordedResult struct {
	value any
	text  json.RawMessage
}

func (r *recordedResult) UnmarshalJSON(text []byte) error {
	r.text = slices.Clone(text)
	return json.Unmarshal(text, &r.value)
}

func TestVectors(t *testing.T) {
	for _, tt := range vectorFiles {
		t.Run(tt.file, func(t *testing.T) {
			left := map[string]int{}
			compared := 0
			for name, steps := range readVectors(t, tt.file) {
				r := newVectorRun(t, name)
				for n, step := range steps {
					if reason := r.step(fmt.Sprintf("%s, step %d", name, n), step); reason != "" {
						left[reason]++
					} else {
						compared++
					}
				}
			}
			for _, reason := range slices.Sorted(maps.Keys(left)) {
				t.Logf("%d left out: %s", left[reason], reason)
			}
			t.Logf("%d compared", compared)
			if compared < tt.compared {
				t.Errorf("%d compared, want at least %d", compared, tt.compared)
			}
		})
	}
}

func readVectors(t *testing.T, name string) map[string][]vectorStep {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "kuzzle", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	scenarios := map[string][]vectorStep{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s struct {
			Name  string
			Steps []vectorStep
		}
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		scenarios[s.Name] = s.Steps
	}
	if lines.Err() != nil || len(scenarios) == 0 {
		t.Fatalf("%d scenarios, %v", len(scenarios), lines.Err())
	}
	return scenarios
}

// vectorRun is a store that gets the requests of one scenario.
type vectorRun struct {
	*fixture
	name, what string
	times      map[string]float64 // by label
	waits      map[string]string  // for what the documents of a collection wait
}

func newVectorRun(t *testing.T, name string) *vectorRun {
	f := subjects[0].open(t, &Options{Kuzzle: true})
	return &vectorRun{fixture: f, name: name, times: map[string]float64{}, waits: map[string]string{}}
}

// step makes a request and compares, or returns why it is left out.
func (r *vectorRun) step(what string, step vectorStep) (left string) {
	r.what = what
	r.clock.Advance(time.Second)
	if step.Parallel != nil {
		return r.parallel(step)
	}
	q := vectorRequest{step.Request, step.As}
	if has, _ := r.s.HasCollection(ctx, "i", "c"); !has && q.text("controller") == "document" && q.text("collection") == "c" {
		_ = r.s.CreateCollection(ctx, "i", "c") // scenarios that do not create it begin with it
	}
	call, reason := vectorCall(&q, &step)
	if reason == "" {
		reason = r.waitsFor(&q)
	}
	r.mark(&q)
	if reason != "" {
		return reason
	}
	since := r.s.Sequence()
	got, noops, err := call(r.s.Collection(q.text("index"), q.text("collection")), q.options())
	r.compareAnswer(&q, &step, got, err)
	r.compareNotifications(&q, &step, since, noops)
	return ""
}

// parallel makes requests all at once. Each answer that was recorded for them allows that all succeed, which with one
// writer they do.
func (r *vectorRun) parallel(step vectorStep) (left string) {
	var all sync.WaitGroup
	for _, args := range step.Parallel {
		q := vectorRequest{args: args}
		call, reason := vectorCall(&q, &step)
		if reason != "" {
			return reason
		}
		all.Go(func() {
			if _, _, err := call(r.s.Collection(q.text("index"), q.text("collection")), q.options()); err != nil {
				r.t.Errorf("%s: %v", r.what, err)
			}
		})
	}
	all.Wait()
	return ""
}

// compareAnswer compares a result, or an error.
func (r *vectorRun) compareAnswer(q *vectorRequest, step *vectorStep, got any, err error) {
	r.t.Helper()
	want := step.Response.Result.value
	if step.Response.Status != 200 {
		if r.compareError(step, err); !errors.Is(err, ErrIncomplete) {
			return
		}
		want = map[string]any{"errors": step.Response.Error.Errors}
	} else if err != nil {
		r.t.Errorf("%s: %v, want %v", r.what, err, want)
		return
	}
	got = plainJSON(r.t, got)
	if w, ok := want.(map[string]any); ok {
		if g, ok := got.(map[string]any); ok {
			q.adapt(w, g)
			for key := range g {
				if _, ok := w[key]; !ok { // Kuzzle does not show it here
					delete(g, key)
				}
			}
		}
	}
	if diff := cmp.Diff(r.timed(want, got), got); diff != "" {
		r.t.Errorf("%s: (-Kuzzle +store)\n%s", r.what, diff)
	}
}

// compareError compares the error of a call, and its text where that is Elasticsearch's or a limit's.
func (r *vectorRun) compareError(step *vectorStep, err error) {
	r.t.Helper()
	want := step.Response.Error
	sentinel := vectorErrors[want.ID]
	if sentinel == nil || !errors.Is(err, sentinel) {
		r.t.Errorf("%s: error %v, want one for %s", r.what, err, want.ID)
		return
	}
	if want.ID != "services.storage.unexpected_bad_request" && want.ID != "services.storage.write_limit_exceeded" {
		return
	}
	got := err.Error()
	if e := new(DocumentError); errors.As(err, &e) {
		got = e.Reason
	}
	if got != want.Message {
		r.t.Errorf("%s: %q, want %q", r.what, got, want.Message)
	}
}

var vectorErrors = map[string]error{
	"services.storage.not_found":               ErrNotFound,
	"services.storage.document_already_exists": ErrExists,
	"services.storage.index_already_exists":    ErrExists,
	"services.storage.unknown_index":           ErrUnknownIndex,
	"services.storage.unknown_collection":      ErrUnknownCollection,
	"services.storage.invalid_index_name":      ErrInvalid,
	"services.storage.invalid_collection_name": ErrInvalid,
	"services.storage.collection_reserved":     ErrInvalid,
	"services.storage.unexpected_bad_request":  ErrInvalid,
	"services.storage.write_limit_exceeded":    ErrTooLarge,
	"api.process.incomplete_multiple_request":  ErrIncomplete,
}

// plainJSON returns the JSON of v as maps and lists.
func plainJSON(t testing.TB, v any) (plain any) {
	t.Helper()
	if err := json.Unmarshal([]byte(jsonOf(t, v)), &plain); err != nil {
		t.Fatal(err)
	}
	return plain
}

// timed returns want with the labels of times, of generated ids and of the user replaced by what got has there. A label
// is the same time wherever it stands, and another than that of any other label but one with a letter behind it.
func (r *vectorRun) timed(want, got any) any {
	switch w := want.(type) {
	case string:
		if w == "$auto" && got != "" || w == "kuid-1" && got == vectorUser {
			return got
		}
		if at, ok := got.(float64); ok && strings.HasPrefix(w, "$T") {
			if r.times[w] == 0 && (r.mayRepeat(w) || !slices.Contains(slices.Collect(maps.Values(r.times)), at)) {
				r.times[w] = at
			}
			return r.times[w]
		}
	case []any:
		g, _ := got.([]any)
		out := slices.Clone(w)
		for i := range min(len(w), len(g)) {
			out[i] = r.timed(w[i], g[i])
		}
		return out
	case map[string]any:
		g, _ := got.(map[string]any)
		out := map[string]any{}
		for k, v := range w {
			out[k] = r.timed(v, g[k])
		}
		return out
	}
	return want
}

// mayRepeat says whether a label may be a time that another one is, too: where many requests were made at once.
func (r *vectorRun) mayRepeat(label string) bool {
	return strings.HasPrefix(r.name, "w-parallel") || strings.TrimRight(label, "abcdefgh") != label
}

// compareNotifications compares what Kuzzle told a subscriber of the collection with the changes that are not silent.
func (r *vectorRun) compareNotifications(q *vectorRequest, step *vectorStep, since uint64, noops []string) {
	r.t.Helper()
	want := []string{}
	for _, n := range step.Notifications {
		id, ok := n.Result["_id"].(string)
		if !ok { // Kuzzle does not say which document upsert has created
			id = q.text("_id")
		}
		want = append(want, n.Action+" "+id)
	}
	for _, id := range noops { // of several changes of a document, the last ones
		for i, w := range slices.Backward(want) {
			if w == "update "+id {
				want = slices.Delete(want, i, i+1)
				break
			}
		}
	}
	got := []string{}
	for _, c := range r.changes(since) {
		if c.Silent || c.Op > OpDelete {
			continue
		}
		op := c.Op
		if q.text("action") == "mCreate" {
			op = OpCreate
		}
		got = append(got, op.String()+" "+c.ID)
	}
	for i := range min(len(want), len(got)) {
		if strings.HasSuffix(want[i], " $auto") {
			want[i] = got[i]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Errorf("%s: notifications (-Kuzzle +store)\n%s", r.what, diff)
	}
}
