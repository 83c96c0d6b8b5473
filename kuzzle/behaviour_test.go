package kuzzle_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/behaviour"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle"
	"github.com/kuzzlite/kuzzlite/kuzzle/client"
)

// The store's suite, over a WebSocket.
func TestBehaviour(t *testing.T) {
	behaviour.Run(t, func(t *testing.T) behaviour.Subject { return overWire(t) })
}

// wire is the collection i/c of a server. Each call that writes is held to what a subscriber is told meanwhile.
type wire struct {
	t      *testing.T
	clock  *kuzzlite.FakeClock
	client *client.Client
	next   func() (*client.Notification, error, bool)
}

func overWire(t *testing.T) *wire {
	t.Helper()
	w := &wire{t: t, clock: kuzzlite.NewFakeClock(time.UnixMilli(1_795_000_000_000))}
	store, err := kuzzlite.OpenMemory(&kuzzlite.Options{Clock: w.clock})
	w.ok(err)
	t.Cleanup(func() { _ = store.Close() })
	w.ok(store.CreateIndex(t.Context(), "i")) // by the library: so there is no mapping that values would have to fit
	w.ok(store.CreateCollection(t.Context(), "i", "c"))
	server, err := kuzzle.NewServer(store, &kuzzle.Options{Clock: w.clock, DynamicMapping: "true"})
	w.ok(err)
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	w.client, err = client.Dial(t.Context(), listening.URL)
	w.ok(err)
	t.Cleanup(func() { _ = w.client.Close() })
	told, err := w.client.Subscribe(t.Context(), "i", "c", struct{}{}, nil)
	w.ok(err)
	ctx, cancel := context.WithCancel(context.Background())
	next, stop := iter.Pull2(told.Notifications(ctx))
	w.next = next
	t.Cleanup(func() { cancel(); stop() })
	return w
}

func (w *wire) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// object is a JSON object to be.
type object = map[string]any

func (w *wire) ask(controller, action, id string, args object, body any) (json.RawMessage, error) {
	return w.client.Query(w.t.Context(), &client.Request{
		Controller: controller, Action: action, Index: "i", Collection: "c", ID: id, Args: args, Body: body,
	})
}

// must makes a request that must succeed, and reads its result.
func (w *wire) must(controller, action, id string, args object, body, result any) {
	w.t.Helper()
	text, err := w.ask(controller, action, id, args, body)
	if err == nil && result != nil {
		err = json.Unmarshal(text, result)
	}
	if err != nil {
		w.t.Fatalf("%s:%s: %v", controller, action, err)
	}
}

// told returns what the subscriber has been told.
func (w *wire) told() (list []*client.Notification) {
	w.t.Helper()
	w.must("realtime", "publish", "", nil, object{"that": "is all"}, nil)
	for {
		n, err, ok := w.next()
		if err != nil || !ok {
			w.t.Fatalf("no more notifications: %v", err)
		}
		if n.Action == "publish" {
			return list
		}
		list = append(list, n)
	}
}

func (*wire) Kuzzle() bool { return true }

// entry is what became of a document, in the answers of the actions for one and of those for many.
type entry struct {
	ID            string          `json:"_id"`
	Source        json.RawMessage `json:"_source"`
	Version       uint64          `json:"_version"`
	Created       *bool           `json:"created"`
	Result        string          `json:"result"`
	Status        int             `json:"status"`
	UpdatedFields []string        `json:"_updatedFields"`

	Document *struct {
		ID string `json:"_id"`
	} `json:"document"` // of those that were refused
	Reason string `json:"reason"`
}

func (w *wire) Write(c behaviour.Call) (a behaviour.Answer) {
	w.t.Helper()
	written, refused := w.write(c)
	told := w.told()
	if len(told) != len(written) {
		w.t.Fatalf("%s: the subscriber is told of %d documents, want %d", c.Verb, len(told), len(written))
	}
	for i := range written {
		a.Written = append(a.Written, w.written(c, &written[i], told[i]))
	}
	a.Refused = refused
	return a
}

func (w *wire) Together(c behaviour.Call) {
	args := object{"silent": true, "retryOnConflict": 3}
	var r struct{ Errors []entry }
	var text json.RawMessage
	var err error
	if c.Single {
		text, err = w.send(c.Verb, &c.Items[0], args)
	} else {
		body, _ := many(c)
		text, err = w.ask("document", "m"+c.Verb, "", args, body)
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil || len(r.Errors) > 0 {
		w.t.Errorf("%+v: %s, %v", c, text, err)
	}
}

// Strict makes a call of which nobody is told what was written, if anything was refused.
func (w *wire) Strict(c behaviour.Call) (refused []behaviour.Refused) {
	w.t.Helper()
	w.clock.Advance(time.Millisecond)
	body, _ := many(c)
	_, err := w.ask("document", "m"+c.Verb, "", object{"strict": true}, body)
	var problem *client.Error
	if !errors.As(err, &problem) {
		w.ok(err)
		w.allTold("replace", []entry{{ID: c.Items[0].ID}})
		return nil
	}
	if problem.ID != "api.process.incomplete_multiple_request" {
		w.t.Errorf("m%s: %v", c.Verb, problem)
	}
	for _, text := range problem.Errors {
		var e entry
		w.ok(json.Unmarshal(text, &e))
		if e.Document != nil {
			e.ID = e.Document.ID
		}
		refused = append(refused, behaviour.Refused{ID: e.ID, Why: w.reason(c.Verb, e.Reason, e.Status)})
	}
	w.allTold("", nil)
	return refused
}

// write makes a call and returns what became of the documents.
func (w *wire) write(c behaviour.Call) (written []entry, refused []behaviour.Refused) {
	w.t.Helper()
	w.clock.Advance(time.Millisecond)
	args := object{"source": true}
	if !c.Single && c.Verb != "DeleteFields" {
		return w.many(c, args)
	}
	for i := range c.Items {
		e, why := w.one(c.Verb, &c.Items[i], args)
		if why != "" {
			refused = append(refused, behaviour.Refused{ID: c.Items[i].ID, Why: why})
		} else {
			written = append(written, e)
		}
	}
	return written, refused
}

// send calls the action for one document.
func (w *wire) send(verb string, it *behaviour.Item, args object) (json.RawMessage, error) {
	var body any = json.RawMessage(it.Body)
	switch verb {
	case "Upsert":
		upsert := object{"changes": body}
		if it.Default != "" {
			upsert["default"] = json.RawMessage(it.Default)
		}
		body = upsert
	case "DeleteFields":
		body = object{"fields": it.Fields}
	case "Delete":
		body = nil
	}
	return w.ask("document", actionOf(verb), it.ID, args, body)
}

// one calls the action for one document, and returns what became of that.
func (w *wire) one(verb string, it *behaviour.Item, args object) (e entry, why behaviour.Reason) {
	w.t.Helper()
	text, err := w.send(verb, it, args)
	var problem *client.Error
	if errors.As(err, &problem) {
		return e, w.reason(verb, problem.ID, problem.Status)
	}
	w.ok(err)
	w.ok(json.Unmarshal(text, &e))
	return e, ""
}

// many returns the body of a request for many documents, and their ids.
func many(c behaviour.Call) (body object, ids []string) {
	var items []object
	for _, it := range c.Items {
		item := object{"body": json.RawMessage(it.Body)}
		if c.Verb == "Upsert" {
			item = object{"changes": json.RawMessage(it.Body)}
		}
		if it.ID != "" {
			item["_id"] = it.ID
		}
		if it.Default != "" {
			item["default"] = json.RawMessage(it.Default)
		}
		items, ids = append(items, item), append(ids, it.ID)
	}
	if c.Verb == "Delete" {
		return object{"ids": ids}, ids
	}
	return object{"documents": items}, ids
}

// many calls the action for many documents.
func (w *wire) many(c behaviour.Call, args object) (written []entry, refused []behaviour.Refused) {
	w.t.Helper()
	body, ids := many(c)
	if c.Verb == "Delete" {
		return w.deleted(ids, args)
	}
	var r struct{ Successes, Errors []entry }
	w.must("document", "m"+c.Verb, "", args, body, &r)
	for _, e := range r.Errors {
		refused = append(refused, behaviour.Refused{ID: e.Document.ID, Why: w.reason(c.Verb, e.Reason, e.Status)})
	}
	for _, e := range r.Successes {
		if wantStatus(e.Created) != e.Status {
			w.t.Errorf("m%s: status %d", c.Verb, e.Status)
		}
	}
	return r.Successes, refused
}

func wantStatus(created *bool) int {
	if created != nil && *created {
		return 201
	}
	return 200
}

func (w *wire) deleted(ids []string, args object) (written []entry, refused []behaviour.Refused) {
	w.t.Helper()
	var r struct {
		Successes []string
		Errors    []entry
	}
	w.must("document", "mDelete", "", args, object{"ids": ids}, &r)
	for _, id := range r.Successes {
		written = append(written, entry{ID: id})
	}
	for _, e := range r.Errors {
		refused = append(refused, behaviour.Refused{ID: e.ID, Why: w.reason("Delete", e.Reason, e.Status)})
	}
	return written, refused
}

// actionOf is what the protocol calls a verb.
func actionOf(verb string) string { return strings.ToLower(verb[:1]) + verb[1:] }

// reason is that of an error's id, or of the reason of an item, which come with a status.
func (w *wire) reason(verb, text string, status int) behaviour.Reason {
	w.t.Helper()
	switch fmt.Sprint(text, " ", status) {
	case "services.storage.document_already_exists 400", "document already exists 400":
		return behaviour.Exists
	case "services.storage.not_found 404", "document not found 404":
		return behaviour.NotFound
	case "document body must be an object 400", "document changes must be an object 400",
		"document default must be an object 400", "api.assert.invalid_type 400":
		return behaviour.Invalid
	}
	if status != 400 || !strings.Contains(text, "field name") {
		w.t.Errorf("%s: refused with %d: %s", verb, status, text)
	}
	return behaviour.Invalid
}

// written returns what became of a document, which the subscriber was told in the same way.
func (w *wire) written(c behaviour.Call, e *entry, n *client.Notification) behaviour.Written {
	w.t.Helper()
	out := behaviour.Written{ID: e.ID, Version: e.Version, Created: c.Verb == "Create"}
	if e.Created != nil {
		out.Created = *e.Created
	}
	if c.Verb == "Delete" {
		out.Version = 0 // what Kuzzle has there is that of the document
	} else {
		out.Source = asSent(e.Source)
	}
	want := actionOf(c.Verb)
	switch {
	case out.Created:
		want = "create"
	case c.Verb == "CreateOrReplace":
		want = "replace"
	case c.Verb == "Upsert", c.Verb == "DeleteFields":
		want = "update"
	}
	scope := "in"
	if want == "delete" {
		scope = "out"
	}
	if n.Action != want || n.Scope != scope || n.Result.ID != e.ID {
		w.t.Errorf("%s: the subscriber is told %s %s %s, want %s %s %s", c.Verb, n.Action, n.Scope, n.Result.ID, want, scope,
			e.ID)
	}
	if source := asSent(n.Result.Source); c.Verb != "Delete" && source != out.Source {
		w.t.Errorf("%s: the subscriber is told of %s, want %s", c.Verb, source, out.Source)
	}
	if c.Verb != "DeleteFields" {
		out.UpdatedFields = n.Result.UpdatedFields
	}
	if e.UpdatedFields != nil && !slices.Equal(e.UpdatedFields, out.UpdatedFields) {
		w.t.Errorf("%s: the subscriber is told of the fields %q, want %q", c.Verb, out.UpdatedFields, e.UpdatedFields)
	}
	return out
}

// asSent returns a document without its metadata.
func asSent(source json.RawMessage) string {
	if source == nil {
		return ""
	}
	source, _, _ = rawjson.DeletePaths(source, []string{"_kuzzle_info"})
	return string(source)
}

func (w *wire) UpdateByQuery(field, value, changes string) int {
	w.t.Helper()
	w.clock.Advance(time.Millisecond)
	var r struct{ Successes, Errors []entry }
	body := object{"query": equals(field, value), "changes": json.RawMessage(changes)}
	w.must("document", "updateByQuery", "", object{"lang": "koncorde"}, body, &r)
	w.allTold("update", r.Successes)
	return len(r.Successes)
}

func (w *wire) DeleteByQuery(field, value string) int {
	w.t.Helper()
	var r struct{ Documents []entry }
	w.must("document", "deleteByQuery", "", object{"lang": "koncorde"}, object{"query": equals(field, value)}, &r)
	w.allTold("delete", r.Documents)
	return len(r.Documents)
}

// allTold checks that the subscriber was told of documents, and of nothing else.
func (w *wire) allTold(action string, list []entry) {
	w.t.Helper()
	var got, want []string
	for _, n := range w.told() {
		got = append(got, n.Action+" "+n.Result.ID)
	}
	for _, e := range list {
		want = append(want, action+" "+e.ID)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Errorf("the subscriber is told %q, want %q", got, want)
	}
}

func equals(field, value string) object {
	return object{"equals": object{field: json.RawMessage(value)}}
}

// Truncate says nothing to subscribers.
func (w *wire) Truncate() {
	w.t.Helper()
	w.must("collection", "truncate", "", nil, nil, nil)
	w.allTold("", nil)
}

func (w *wire) Get(id string) (doc behaviour.Document, found bool) {
	w.t.Helper()
	text, err := w.ask("document", "get", id, nil, nil)
	var problem *client.Error
	if errors.As(err, &problem) && problem.ID == "services.storage.not_found" {
		return doc, false
	}
	w.ok(err)
	var e entry
	w.ok(json.Unmarshal(text, &e))
	return plain(&e), true
}

func plain(e *entry) behaviour.Document {
	return behaviour.Document{ID: e.ID, Version: e.Version, Source: asSent(e.Source)}
}

func (w *wire) MGet(ids ...string) (found []behaviour.Document, missing []string) {
	w.t.Helper()
	var r struct {
		Successes []entry
		Errors    []string
	}
	w.must("document", "mGet", "", nil, object{"ids": ids}, &r)
	for i := range r.Successes {
		found = append(found, plain(&r.Successes[i]))
	}
	return found, r.Errors
}

func (w *wire) Exists(id string) (exists bool) {
	w.t.Helper()
	w.must("document", "exists", id, nil, nil, &exists)
	return exists
}

func (w *wire) MExists(ids ...string) (there, missing []string) {
	w.t.Helper()
	var r struct{ Successes, Errors []string }
	w.must("document", "mExists", "", nil, object{"ids": ids}, &r)
	return r.Successes, r.Errors
}

func (w *wire) Count() int {
	w.t.Helper()
	var r struct{ Count int }
	w.must("document", "count", "", nil, object{}, &r)
	return r.Count
}

func (w *wire) Find(field, value string) (ids []string) {
	w.t.Helper()
	var r struct {
		Hits  []entry
		Total int
	}
	args := object{"size": 1000, "lang": "koncorde"}
	w.must("document", "search", "", args, object{"query": equals(field, value)}, &r)
	for _, e := range r.Hits {
		ids = append(ids, e.ID)
	}
	if r.Total != len(ids) {
		w.t.Errorf("%d hits of %d", len(ids), r.Total)
	}
	return ids
}
