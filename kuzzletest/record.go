package kuzzletest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/kuzzlite/kuzzlite/kuzzle"
)

// Request is a request that a fake was asked.
type Request struct {
	Protocol           string
	Controller, Action string
	Index, Collection  string
	DocumentID         string
	Body               json.RawMessage // as it was sent; nil: none
	Status             int             // of the answer
	Lost               bool            // the client got no answer
}

// recorder keeps a record of requests.
type recorder struct {
	mu   sync.Mutex
	list []Request
}

func (rec *recorder) wrap(next kuzzle.Handler) kuzzle.Handler {
	return func(ctx context.Context, r *kuzzle.Request) *kuzzle.Response {
		seen := Request{
			Protocol: r.Protocol, Controller: r.Controller, Action: r.Action, Index: r.Index, Collection: r.Collection,
			DocumentID: r.DocumentID, Body: slices.Clone(r.Body), Status: 200,
		}
		response := next(ctx, r)
		if response.Err != nil {
			seen.Status = response.Err.Status
		}
		seen.Lost = response.Lost
		rec.mu.Lock()
		rec.list = append(rec.list, seen)
		rec.mu.Unlock()
		return response
	}
}

// Requests returns what the fake was asked, in the order in which it was answered. Of the action, given as
// controller:action or as one of the two with a * for the other, or of all if none is given.
func (f *Fake) Requests(actions ...string) (list []Request) {
	f.recorder.mu.Lock()
	defer f.recorder.mu.Unlock()
	for _, r := range f.recorder.list {
		if len(actions) == 0 || slices.ContainsFunc(actions, r.is) {
			list = append(list, r)
		}
	}
	return list
}

func (r Request) is(action string) bool {
	controller, name, _ := strings.Cut(action, ":")
	return (controller == "*" || controller == r.Controller) && (name == "*" || name == r.Action)
}

// Forget empties the record.
func (f *Fake) Forget() {
	f.recorder.mu.Lock()
	defer f.recorder.mu.Unlock()
	f.recorder.list = nil
}

// Expect fails the test, and lets it go on, unless the fake was asked for an action so many times.
func (f *Fake) Expect(action string, times int) {
	f.t.Helper()
	if list := f.Requests(action); len(list) != times {
		f.t.Errorf("%s was asked for %d times, want %d: %s", action, len(list), times, names(f.Requests()))
	}
}

// ExpectDocument fails the test, and lets it go on, unless the store has a document with that content, whatever its
// metadata is.
func (f *Fake) ExpectDocument(index, collection, id, want string) {
	f.t.Helper()
	doc, err := f.Store.Collection(index, collection).Get(context.Background(), id)
	if err != nil {
		f.t.Errorf("document %q of %s/%s: %v", id, index, collection, err)
		return
	}
	if got, wanted := plain(doc.Source), plain([]byte(want)); got != wanted {
		f.t.Errorf("document %q of %s/%s is %s, want %s", id, index, collection, got, wanted)
	}
}

// plain returns an object without metadata, and with its keys in order.
func plain(object []byte) string {
	var v map[string]any
	if err := json.Unmarshal(object, &v); err != nil {
		return string(object)
	}
	delete(v, "_kuzzle_info")
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// names are the actions of some requests.
func names(list []Request) string {
	var s strings.Builder
	for i, r := range list {
		if i > 0 {
			s.WriteString(", ")
		}
		s.WriteString(r.Controller + ":" + r.Action)
	}
	if s.Len() == 0 {
		return "nothing was asked for"
	}
	return "asked for were " + s.String()
}
