package kuzzle

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// What a real Kuzzle answered, in ../testdata/kuzzle, is what this server answers. Steps that cannot be right yet are
// listed in testdata/waiting.tsv, with what they wait for: one that is not right and not listed fails the test, and so
// does one that is listed and right.

var ctx = context.Background()

// scenario is a line of a file of recordings.
type scenario struct {
	Name  string
	Steps []step
}

// step is a request, or several at once, and what was answered.
type step struct {
	Request  json.RawMessage // in the order in which the keys were sent
	As       *struct{ Verb, Path string }
	Parallel []json.RawMessage
	Response response
	Allow    []response
	Count    map[string]int

	Notifications []map[string]any
}

type response struct {
	Status int
	Result any
	Error  map[string]any
}

func readScenarios(t *testing.T, file string) (list []scenario) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "kuzzle", file+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var s scenario
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

func TestReplay(t *testing.T) {
	waiting := readWaiting(t)
	failed := map[string]string{}
	for _, file := range []string{"mupsert", "document", "edges-mupsert", "edges-bulk", "edges-misc", "writes"} {
		right := 0
		for _, s := range readScenarios(t, file) {
			r := newReplay(t)
			for i, step := range s.Steps {
				name := fmt.Sprintf("%s %d", s.Name, i)
				why := r.step(&step)
				if why == "" {
					right++
					continue
				}
				failed[name] = why
				if waiting[name] == "" {
					t.Errorf("%s: %s", name, why)
				}
			}
		}
		t.Logf("%s: %d steps as recorded", file, right)
	}
	mustWait(t, waiting, failed, false)
}

// mustWait fails the test for steps that are listed as waiting, and are as recorded. Those of searches have a / in
// their names.
func mustWait(t *testing.T, waiting, failed map[string]string, searches bool) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(waiting)) {
		isFamily := strings.HasSuffix(name, "/*") // of which there are no recordings here: see TestRecordings
		if failed[name] == "" && strings.Contains(name, "/") == searches && !isFamily {
			t.Errorf("%s is as recorded, and need not wait for %s", name, waiting[name])
		}
	}
}

// readWaiting reads the steps that wait, and for what.
func readWaiting(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "waiting.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	waiting := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, what, _ := strings.Cut(strings.TrimSpace(line), "\t")
		waiting[name] = what
	}
	return waiting
}

// replay is a server that gets the steps of a scenario.
type replay struct {
	server *Server
	clock  *kuzzlite.FakeClock
	labels map[string]any // what they stand for
	dialed *dialed        // nil: the server is called, and does not listen
}

func newReplay(t *testing.T) *replay {
	t.Helper()
	clock := kuzzlite.NewFakeClock(time.UnixMilli(1_795_000_000_000))
	store, err := kuzzlite.OpenMemory(&kuzzlite.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	server, err := NewServer(store, &Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	return &replay{server: server, clock: clock, labels: map[string]any{}}
}

// step makes the request of a step, and says in what its answer is another one than was recorded.
func (r *replay) step(s *step) string {
	r.clock.Advance(time.Second)
	if s.Parallel != nil {
		return r.parallel(s)
	}
	r.prepare(s.Request)
	if s.As != nil {
		return r.compare(&s.Response, r.askHTTP(s))
	}
	return r.compare(&s.Response, r.ask(s.Request, false))
}

// parallel makes requests all at once, and says which of their answers is none that was recorded.
func (r *replay) parallel(s *step) string {
	answers := make([]map[string]any, len(s.Parallel))
	var wait sync.WaitGroup
	for i, request := range s.Parallel {
		wait.Go(func() { answers[i] = r.ask(request, false) })
	}
	wait.Wait()
	for _, got := range answers {
		problem, _ := got["error"].(map[string]any)
		isAllowed := func(want response) bool {
			return got["status"] == float64(want.Status) && (want.Error == nil || problem["id"] == want.Error["id"])
		}
		if !slices.ContainsFunc(s.Allow, isAllowed) {
			return fmt.Sprintf("an answer of several is %v", got)
		}
	}
	return ""
}

// askHTTP sends a request as it was recorded: over HTTP, with its body.
func (r *replay) askHTTP(s *step) map[string]any {
	var request struct{ Body json.RawMessage }
	if err := json.Unmarshal(s.Request, &request); err != nil {
		panic(err)
	}
	sent := httptest.NewRequest(s.As.Verb, s.As.Path, bytes.NewReader(request.Body))
	if request.Body != nil {
		sent.Header.Set("Content-Type", typeJSON)
	}
	answer := httptest.NewRecorder()
	r.server.ServeHTTP(answer, sent) // which is what a server that listens does with each request
	var got map[string]any
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		panic(err)
	}
	return got
}

// prepare creates the collection that a scenario begins with, unless it creates that itself.
func (r *replay) prepare(text json.RawMessage) {
	var request map[string]any
	_ = json.Unmarshal(text, &request)
	if controller := request["controller"]; controller != "document" && controller != "bulk" {
		return
	}
	if has, _ := r.server.services.Store.HasCollection(ctx, "i", "c"); !has && request["collection"] == "c" {
		r.ask([]byte(`{"controller":"collection","action":"create","index":"i","collection":"c"}`), false)
	}
}

// ask makes a request that has all its arguments in the object.
func (r *replay) ask(text json.RawMessage, http bool) map[string]any {
	if r.dialed != nil && !http {
		return r.dialed.ask(text)
	}
	from := origin{protocol: request.WebSocket, received: r.clock.Now()}
	if http {
		from.protocol = request.HTTP
	}
	var got map[string]any
	if err := json.Unmarshal(r.server.execute(ctx, from, text).AppendJSON(nil, true), &got); err != nil {
		panic(err)
	}
	return got
}

// compare says in what an answer is another one than was recorded.
func (r *replay) compare(want *response, got map[string]any) string {
	if got["status"] != float64(want.Status) {
		return fmt.Sprintf("status %v, want %d: %v, want %v %v", got["status"], want.Status, got["error"], want.Error, want.Result)
	}
	if want.Status != 200 {
		problem, _ := got["error"].(map[string]any)
		for key, value := range want.Error {
			if !r.same(value, problem[key]) {
				return fmt.Sprintf("%s %v, want %v", key, problem[key], value)
			}
		}
		return ""
	}
	if !r.same(want.Result, got["result"]) {
		return fmt.Sprintf("result\n%s\nwant\n%s", text(got["result"]), text(want.Result))
	}
	return ""
}

func text(v any) string {
	out, _ := json.Marshal(v)
	return string(out)
}

// label is what stands for a time or a generated id.
var label = regexp.MustCompile(`\$(T[0-9]+[a-z]*|auto)`)

// same says whether a value is the one that was recorded: a label is the same time wherever it stands.
func (r *replay) same(want, got any) bool {
	switch w := want.(type) {
	case string:
		return r.sameText(w, got)
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for i := range w {
			if !r.same(w[i], g[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for key, value := range w {
			if _, ok := g[key]; !ok || !r.same(value, g[key]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(want, got)
}

func (r *replay) sameText(want string, got any) bool {
	switch want {
	case "kuid-1":
		return got == "-1"
	case "$scroll", "$time":
		return got != nil
	}
	if !strings.Contains(want, "$") {
		return want == got
	}
	if label.FindString(want) == want {
		if want == "$auto" {
			id, ok := got.(string)
			return ok && id != ""
		}
		if r.labels[want] == nil {
			r.labels[want] = got
		}
		return r.labels[want] == got
	}
	g, ok := got.(string)
	if !ok {
		return false
	}
	pattern := label.ReplaceAllString(regexp.QuoteMeta(strings.ReplaceAll(want, "$", "\x00")), "")
	pattern = regexp.MustCompile("\x00(T[0-9]+[a-z]*|auto)").ReplaceAllString(pattern, ".+")
	ok, _ = regexp.MatchString("^(?s:"+strings.ReplaceAll(pattern, "\x00", `\$`)+")$", g)
	return ok
}
