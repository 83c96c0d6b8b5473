package kuzzle

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kuzzlite/kuzzlite"
)

// notification is what a test compares of one.
type notification struct {
	Action, Scope, Index, Collection, Controller, RequestID string

	Result json.RawMessage
}

func (c *client) told() (action, scope, id string) {
	c.t.Helper()
	var got struct {
		Action, Scope string
		Result        struct {
			ID string `json:"_id"`
		}
	}
	if err := json.Unmarshal([]byte(c.read()), &got); err != nil {
		c.t.Fatal(err)
	}
	return got.Action, got.Scope, got.Result.ID
}

// Subscribers are told of what the program itself writes to the store, in the order of the changes, and once: not a second
// time of what clients write, and not of silent changes.
func TestToldOfTheProgramsWrites(t *testing.T) {
	ctx := t.Context()
	store, c := openServed(t)
	ok := func(_ *kuzzlite.Success, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	col := store.Collection("i", "c")
	ok(col.Create(ctx, "before", map[string]any{"n": 5}))
	c.ask(`{"controller":"realtime","action":"subscribe","index":"i","collection":"c","body":{"range":{"n":{"gt":3}}}}`)
	ok(col.Create(ctx, "a", map[string]any{"n": 4}))
	ok(col.Create(ctx, "low", map[string]any{"n": 1}))
	ok(col.Create(ctx, "hidden", map[string]any{"n": 4}, &kuzzlite.WriteOptions{Silent: true}))
	c.send(`{"controller":"document","action":"create","index":"i","collection":"c","_id":"client","body":{"n":6}}`)
	told := map[string]string{}
	for range 3 { // one of them is the answer
		if action, scope, id := c.told(); scope != "" {
			told[id] = action
		}
	}
	if diff := cmp.Diff(map[string]string{"a": "create", "client": "create"}, told); diff != "" {
		t.Errorf("told of (-want +got)\n%s", diff)
	}
	for _, step := range []struct {
		write func()
		want  string
	}{
		{func() { ok(col.Update(ctx, "a", json.RawMessage(`{"n":7,"o":{"x":true}}`))) },
			`update in {"_id":"a","_source":{"n":7,"o":{"x":true}},"_version":2,"_updatedFields":["n","o.x"]}`},
		{func() { ok(col.Replace(ctx, "a", json.RawMessage(`{"n":8.0}`))) }, `replace in {"_id":"a","_source":{"n":8.0},"_version":3}`},
		{func() { ok(col.Update(ctx, "a", json.RawMessage(`{"n":1}`))) },
			`update out {"_id":"a","_source":{"n":1},"_version":4,"_updatedFields":["n"]}`},
		{func() { ok(col.Update(ctx, "a", json.RawMessage(`{"n":9}`))) },
			`update in {"_id":"a","_source":{"n":9},"_version":5,"_updatedFields":["n"]}`},
		{func() { ok(col.Delete(ctx, "a")) }, `delete out {"_id":"a","_version":6}`},
		{func() { ok(col.Delete(ctx, "client")) }, `delete out {"_id":"client","_version":2}`},
		{func() { ok(col.Upsert(ctx, "b", json.RawMessage(`{"n":4}`), nil)) },
			`create in {"_id":"b","_source":{"n":4},"_version":1}`},
	} {
		step.write()
		var got notification
		if err := json.Unmarshal([]byte(c.read()), &got); err != nil {
			t.Fatal(err)
		}
		if text := got.Action + " " + got.Scope + " " + string(got.Result); text != step.want {
			t.Errorf("told %s, want %s", text, step.want)
		}
		if got.Index != "i" || got.Collection != "c" || got.Controller != "document" || got.RequestID == "" {
			t.Errorf("told %+v", got)
		}
	}
}

// Whoever listens to everything is told of deletions of documents that were there before.
func TestToldOfDeletions(t *testing.T) {
	store, c := openServed(t)
	if _, err := store.Collection("i", "c").Create(t.Context(), "a", map[string]any{}); err != nil {
		t.Fatal(err)
	}
	c.ask(`{"controller":"realtime","action":"subscribe","index":"i","collection":"c","body":{}}`)
	if _, err := store.Collection("i", "c").Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if action, scope, id := c.told(); action != "delete" || scope != "out" || id != "a" {
		t.Errorf("told of %s %s %s", action, scope, id)
	}
}

// Subscribers who stay while a snapshot is restored are told again, at the latest once the server has noticed.
func TestToldAfterRestore(t *testing.T) {
	store, c := openServed(t)
	snapshot, err := store.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	c.ask(`{"controller":"realtime","action":"subscribe","index":"i","collection":"c","body":{}}`)
	col := store.Collection("i", "c")
	for range 3 {
		read := make(chan string)
		go func() {
			_, _, id := c.told()
			read <- id
		}()
		for ended := false; !ended; {
			if _, err := col.CreateOrReplace(t.Context(), "a", map[string]any{}); err != nil {
				t.Fatal(err)
			}
			select {
			case id := <-read:
				if id != "a" {
					t.Errorf("told of %s", id)
				}
				ended = true
			case <-time.After(time.Millisecond):
			}
		}
		if err := store.Restore(snapshot); err != nil {
			t.Fatal(err)
		}
	}
}

// openServed opens a store with the collection i/c, serves it, and connects.
func openServed(t *testing.T) (*kuzzlite.Store, *client) {
	t.Helper()
	store, err := kuzzlite.OpenMemory(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if err := store.CreateCollection(t.Context(), "i", "c"); err != nil {
		t.Fatal(err)
	}
	server, err := NewServer(store, nil)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	return store, dial(t, web.URL)
}
