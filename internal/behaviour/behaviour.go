// Package behaviour is the suite that every way to the documents of a collection passes: the store itself, in memory,
// on disk, reopened and after a crash, and the server over a WebSocket. It knows neither: each has a Subject.
package behaviour

import (
	"encoding/json"
	"reflect"
	"testing"
)

// Subject is an empty collection. Its methods fail the test where a call fails as a whole. What becomes of single
// documents, and whether those who watch the collection are told of that, and of nothing else, Write has checked.
type Subject interface {
	// Kuzzle says whether the rules of kuzzlite.Options.Kuzzle hold. Then each write has a millisecond of its own, and
	// sources are without metadata.
	Kuzzle() bool

	Write(c Call) Answer
	Together(c Call)                   // the same while others write: that must succeed, and is not checked
	Strict(c Call) (refused []Refused) // a call for many that fails if one is refused; what was written it does not say
	UpdateByQuery(field, value, changes string) (written int)
	DeleteByQuery(field, value string) (written int)
	Truncate()

	Get(id string) (doc Document, found bool)
	MGet(ids ...string) (found []Document, missing []string)
	Exists(id string) bool
	MExists(ids ...string) (there, missing []string)
	Count() int
	Find(field, value string) (ids []string) // of documents whose field equals a JSON scalar, in no order
}

// Call is a call that writes, in the verb's form for one document or in that for many.
type Call struct {
	Verb   string // as the store's methods are named
	Single bool
	Items  []Item
}

// Item is a document of a call. What its verb does not need is left out.
type Item struct {
	ID      string
	Body    string // JSON: the document, or the changes of an update or an upsert
	Default string // JSON, of an upsert
	Fields  []string
}

// Answer is what became of the documents of a call: each is in one of the lists.
type Answer struct {
	Written []Written
	Refused []Refused
}

// Written is a document that was written.
type Written struct {
	ID            string
	Created       bool
	Version       uint64   // 0 of a deletion: not told
	Source        string   // "" after a deletion
	UpdatedFields []string // of an update
}

// Refused is a document that was not written, and why.
type Refused struct {
	ID  string
	Why Reason
}

// Reason is why a document was refused.
type Reason string

// The reasons.
const (
	Exists   Reason = "it exists"
	NotFound Reason = "it is not there"
	Invalid  Reason = "it is invalid"
)

// Document is a stored document.
type Document struct {
	ID      string
	Version uint64
	Source  string
}

// Verbs are all verbs that write.
var Verbs = []string{"Upsert", "Create", "CreateOrReplace", "Replace", "Update", "Delete", "DeleteFields"}

// Run runs the suite, each test on a collection that open returns.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for _, test := range []struct {
		name string
		run  func(*suite)
	}{
		{"verbs", (*suite).verbs},
		{"versions", (*suite).versions},
		{"same id", (*suite).sameID},
		{"refused items", (*suite).refusedItems},
		{"strict", (*suite).strict},
		{"generated ids", (*suite).generatedIDs},
		{"merging", (*suite).merging},
		{"creating", (*suite).creating},
		{"fields", (*suite).fields},
		{"reads", (*suite).reads},
		{"count", (*suite).count},
		{"by query", (*suite).byQuery},
		{"together", (*suite).together},
		{"model", (*suite).model},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.run(&suite{t: t, Subject: open(t)})
		})
	}
}

// suite is a test of the suite, on its collection.
type suite struct {
	t *testing.T
	Subject
}

// put stores a document as it is.
func (s *suite) put(id, body string) Written {
	s.t.Helper()
	return s.one(Call{Verb: "CreateOrReplace", Single: true, Items: []Item{{ID: id, Body: body}}})
}

// one makes a call for a document that must be written.
func (s *suite) one(c Call) Written {
	s.t.Helper()
	a := s.Write(c)
	if len(a.Refused) > 0 || len(a.Written) != 1 {
		s.t.Fatalf("%+v: %+v", c, a)
	}
	return a.Written[0]
}

// holds checks that a document is there at a version, and its content; 0 is that it is not there.
func (s *suite) holds(what, id string, version uint64, source string) {
	s.t.Helper()
	doc, found := s.Get(id)
	switch {
	case version == 0 && found:
		s.t.Errorf("%s: it is there: %+v", what, doc)
	case version > 0 && !found:
		s.t.Errorf("%s: it is not there", what)
	case version > 0 && (doc.Version != version || !s.same(source, doc.Source)):
		s.t.Errorf("%s: v%d %s, want v%d %s", what, doc.Version, doc.Source, version, source)
	}
}

// same compares documents: byte for byte, over the wire as JavaScript does, where numbers are floats.
func (s *suite) same(want, got string) bool {
	if !s.Kuzzle() {
		return want == got
	}
	var x, y any
	return json.Unmarshal([]byte(want), &x) == nil && json.Unmarshal([]byte(got), &y) == nil && reflect.DeepEqual(x, y)
}

func (s *suite) equal(what string, got, want any) {
	s.t.Helper()
	if !reflect.DeepEqual(got, want) {
		s.t.Errorf("%s: %v, want %v", what, got, want)
	}
}
