package kuzzlite

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Recorded requests to Kuzzle 2.56.0 and its answers, in testdata/kuzzle: each request that is about documents and
// their collections is made on a store, and what comes of it is compared with the answer, and with the notifications.
//
// What only concerns a server is left out; vectorCall says why, request by request. The deviations that are meant:
//
//   - errors are in the order of the request; Kuzzle has those it finds itself before those of Elasticsearch;
//   - _updatedFields of an id that occurs several times are those of each occurrence; Kuzzle gives all of them the last
//     one's;
//   - a change that changes nothing is no change, and so is not in the feed; Kuzzle notifies it;
//   - mCreate of the same new id twice refuses the second; Kuzzle, which looks only once, replaces the first
//     (one request, made here as mCreateOrReplace so that what follows it agrees);
//   - after a call that fails for being strict the changes are in the feed; Kuzzle notifies nothing;
//   - an id is a string in Go, so that of an item that has another one is empty: the reason is then another one, too.

type vectorStep struct {
	Request  map[string]json.RawMessage
	As       map[string]any
	Response struct {
		Status int
		Result any
		Error  struct {
			ID     string
			Errors []any
		}
	}
	Notifications []struct {
		Action string
		Result map[string]any
	}
}

func TestVectors(t *testing.T) {
	for _, tt := range []struct {
		file     string
		compared int // at least
	}{
		{"mupsert", 252}, {"document", 261}, {"edges-mupsert", 17}, {"edges-bulk", 34}, {"edges-misc", 12},
	} {
		t.Run(tt.file, func(t *testing.T) {
			skipped := map[string]int{}
			compared := 0
			for name, steps := range readVectors(t, tt.file) {
				r := newVectorRun(t, tt.file)
				for n, step := range steps {
					if reason := r.step(fmt.Sprintf("%s, step %d", name, n), step); reason != "" {
						skipped[reason]++
					} else {
						compared++
					}
				}
			}
			for _, reason := range slices.Sorted(maps.Keys(skipped)) {
				t.Logf("%d left out: %s", skipped[reason], reason)
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
	what       string
	times      map[string]float64 // by label
	subscribed bool               // when it was recorded
}

func newVectorRun(t *testing.T, file string) *vectorRun {
	f := subjects[0].open(t, &Options{Metadata: true})
	return &vectorRun{fixture: f, times: map[string]float64{}, subscribed: file != "edges-misc"}
}

// step makes a request and compares, or returns why it is left out.
func (r *vectorRun) step(what string, step vectorStep) (skipped string) {
	r.what = what
	r.clock.advance(time.Second)
	q := vectorRequest{step.Request, step.As}
	if has, _ := r.s.HasCollection(ctx, "i", "c"); !has && q.text("controller") == "document" && q.text("collection") == "c" {
		_ = r.s.CreateCollection(ctx, "i", "c") // scenarios that do not create it begin with it
	}
	call, reason := vectorCall(&q, &step)
	if reason != "" {
		return reason
	}
	since := r.s.Sequence()
	got, noops, err := call(r.s.Collection(q.text("index"), q.text("collection")), q.options())
	r.compareAnswer(&q, &step, got, err)
	if r.subscribed && err == nil {
		r.compareNotifications(&step, since, noops)
	}
	return ""
}

// compareAnswer compares a result, or an error.
func (r *vectorRun) compareAnswer(q *vectorRequest, step *vectorStep, got any, err error) {
	r.t.Helper()
	want := step.Response.Result
	if step.Response.Status != 200 {
		sentinel := vectorErrors[step.Response.Error.ID]
		if sentinel == nil || !errors.Is(err, sentinel) {
			r.t.Errorf("%s: error %v, want one for %s", r.what, err, step.Response.Error.ID)
		}
		if sentinel != ErrIncomplete {
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

var vectorErrors = map[string]error{
	"services.storage.not_found":               ErrNotFound,
	"services.storage.document_already_exists": ErrExists,
	"services.storage.index_already_exists":    ErrExists,
	"services.storage.unknown_index":           ErrUnknownIndex,
	"services.storage.unknown_collection":      ErrUnknownCollection,
	"services.storage.invalid_index_name":      ErrInvalid,
	"services.storage.invalid_collection_name": ErrInvalid,
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

// timed returns want with the labels of times and generated ids replaced by what got has there. A label is the same
// time wherever it stands, and another than that of any other label.
func (r *vectorRun) timed(want, got any) any {
	switch w := want.(type) {
	case string:
		if w == "$auto" && got != "" {
			return got
		}
		if at, ok := got.(float64); ok && strings.HasPrefix(w, "$T") {
			if r.times[w] == 0 && !slices.Contains(slices.Collect(maps.Values(r.times)), at) {
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

// compareNotifications compares what Kuzzle told a subscriber of the collection with the changes that are not silent.
func (r *vectorRun) compareNotifications(step *vectorStep, since uint64, noops []string) {
	r.t.Helper()
	want := []string{}
	for _, n := range step.Notifications {
		id, ok := n.Result["_id"].(string)
		if !ok { // Kuzzle does not say which document upsert has created
			q := vectorRequest{step.Request, step.As}
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
		if !c.Silent && c.Op <= OpDelete {
			got = append(got, c.Op.String()+" "+c.ID)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Errorf("%s: notifications (-Kuzzle +store)\n%s", r.what, diff)
	}
}

// vectorRequest is a request as it was sent.
type vectorRequest struct {
	args map[string]json.RawMessage
	as   map[string]any
}

func (q *vectorRequest) text(key string) string {
	var s string
	_ = json.Unmarshal(q.args[key], &s)
	return s
}

// body returns a key of the request's body.
func (q *vectorRequest) body(key string) json.RawMessage {
	var body map[string]json.RawMessage
	_ = json.Unmarshal(q.args["body"], &body)
	return body[key]
}

// flag is a boolean argument: over HTTP it is true if it is there at all.
func (q *vectorRequest) flag(key string) bool {
	if q.as["protocol"] == "http" {
		return q.args[key] != nil
	}
	return string(q.args[key]) == "true"
}

func (q *vectorRequest) options() *WriteOptions {
	o := &WriteOptions{Silent: q.flag("silent"), Strict: q.flag("strict"), User: "kuid-1", OnCreate: DefaultsShallow}
	if q.text("action") == "upsert" {
		o.OnCreate = ChangesShallow
	}
	if user, ok := q.as["user"]; ok && user == nil {
		o.User = ""
	}
	return o
}

// adapt makes up for what Kuzzle shows differently: see the deviations above.
func (q *vectorRequest) adapt(want, got map[string]any) {
	if action := q.text("action"); action == "update" && !q.flag("source") {
		// The changes as sent, beside all of the metadata.
		source, _ := got["_source"].(map[string]any)
		shown := map[string]any{}
		_ = json.Unmarshal(q.args["body"], &shown)
		shown["_kuzzle_info"] = source["_kuzzle_info"]
		got["_source"] = shown
	} else if action == "mCreateOrReplace" {
		hideSources(want["successes"], got["successes"])
	}
	if action := q.text("action"); action != "mUpsert" {
		withoutOtherIDs(want["errors"])
	}
	byID := func(a, b any) int { return bytes.Compare(encode(a), encode(b)) }
	for _, m := range []map[string]any{want, got} {
		if list, ok := m["errors"].([]any); ok && !slices.Contains(keepOrder, q.text("action")) {
			slices.SortStableFunc(list, byID)
		}
		if list, ok := m["successes"].([]any); ok {
			onlyLastUpdatedFields(list, m["errors"])
		}
	}
}

// keepOrder are the actions whose errors Kuzzle has in the order of the request.
var keepOrder = []string{"mUpsert", "mGet", "mExists"}

// hideSources removes the sources from got where want has none (source: false).
func hideSources(want, got any) {
	w, _ := want.([]any)
	g, _ := got.([]any)
	for i := range min(len(w), len(g)) {
		if e, ok := w[i].(map[string]any); ok && e["_source"] == nil {
			delete(g[i].(map[string]any), "_source")
		}
	}
}

// withoutOtherIDs removes from errors what is no id in Go.
func withoutOtherIDs(errs any) {
	list, _ := errs.([]any)
	for _, e := range list {
		e, _ := e.(map[string]any)
		document, _ := e["document"].(map[string]any)
		if id, ok := document["_id"].(string); ok && id != "" || document == nil {
			continue
		}
		delete(document, "_id")
		if e["reason"] == reasonID {
			e["reason"] = reasonEmptyID
		}
	}
}

// onlyLastUpdatedFields removes _updatedFields where an occurrence of the same id follows, in either list.
func onlyLastUpdatedFields(successes, errs any) {
	list, _ := successes.([]any)
	last := map[any]int{}
	for i, e := range list {
		if e, ok := e.(map[string]any); ok {
			last[e["_id"]] = i
		}
	}
	failed, _ := errs.([]any)
	for _, e := range failed {
		if e, ok := e.(map[string]any); ok {
			if document, ok := e["document"].(map[string]any); ok {
				last[fmt.Sprint(document["_id"])] = -1
			}
		}
	}
	for i, e := range list {
		if e, ok := e.(map[string]any); ok && last[e["_id"]] != i {
			delete(e, "_updatedFields")
		}
	}
}
