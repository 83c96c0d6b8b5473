package kuzzletest

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/kuzzlite/kuzzlite/kuzzle/faults"
)

// Request is a request that a fake was asked.
type Request = faults.Request

// Requests returns what the fake was asked, in the order in which it was answered. Of the action, given as
// controller:action or as one of the two with a * for the other, or of all if none is given. Another form fails the
// test.
func (f *Fake) Requests(actions ...string) []Request {
	f.t.Helper()
	for _, action := range actions {
		if controller, name, _ := strings.Cut(action, ":"); controller == "" || name == "" {
			f.t.Errorf("kuzzletest: action %q: it must be controller:action, where either may be *", action)
			return nil
		}
	}
	return f.recorder.Requests(actions...)
}

// Forget empties the record.
func (f *Fake) Forget() { f.recorder.Forget() }

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
