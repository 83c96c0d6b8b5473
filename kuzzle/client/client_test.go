package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/kuzzlite/kuzzlite/kuzzle/client"
	"github.com/kuzzlite/kuzzlite/kuzzle/faults"
	"github.com/kuzzlite/kuzzlite/kuzzletest"
)

func dial(t *testing.T, fake *kuzzletest.Fake) *client.Client {
	t.Helper()
	c, err := client.Dial(t.Context(), fake.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestDialNeedsURL(t *testing.T) {
	for _, url := range []string{"", "127.0.0.1:7512", "unix:shop.sock", "ftp://127.0.0.1:7512"} {
		want := "connect to " + url + ": it must be ws://HOST:PORT, or with wss, http or https"
		if _, err := client.Dial(t.Context(), url); err == nil || err.Error() != want {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestQuery(t *testing.T) {
	fake := kuzzletest.New(t)
	fake.Seed("shop", "carts", nil)
	c := dial(t, fake)
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			id := fmt.Sprint("c", i)
			result, err := c.Query(t.Context(), &client.Request{
				Controller: "document", Action: "create", Index: "shop", Collection: "carts", ID: id,
				Body: map[string]int{"n": i},
			})
			var doc struct {
				ID string `json:"_id"`
			}
			if err == nil {
				err = json.Unmarshal(result, &doc)
			}
			if err != nil || doc.ID != id {
				t.Errorf("%s: %s, %v", id, result, err)
			}
		})
	}
	all.Wait()
	_, err := c.Query(t.Context(), &client.Request{
		Controller: "document", Action: "get", Index: "shop", Collection: "carts", ID: "none",
	})
	var problem *client.Error
	if !errors.As(err, &problem) || problem.ID != "services.storage.not_found" || problem.Status != 404 {
		t.Errorf("a document that is not there: %v", err)
	}
	fake.Fail(faults.Fault{Kind: faults.Drop})
	list := &client.Request{Controller: "index", Action: "list"}
	for range 2 {
		if _, err := c.Query(t.Context(), list); !errors.Is(err, client.ErrClosed) {
			t.Errorf("a connection that is cut: %v", err)
		}
	}
}

func TestSubscribe(t *testing.T) {
	fake := kuzzletest.New(t)
	fake.Seed("shop", "carts", kuzzletest.Documents{"a": map[string]any{"state": "open"}})
	reader, writer := dial(t, fake), dial(t, fake)
	filter := json.RawMessage(`{"equals":{"state":"open"}}`)
	s, err := reader.Subscribe(t.Context(), "shop", "carts", filter, map[string]any{"users": "all"})
	if err != nil {
		t.Fatal(err)
	}
	for i, state := range []string{"open", "paid"} {
		_, err := writer.Query(t.Context(), &client.Request{
			Controller: "document", Action: "update", Index: "shop", Collection: "carts", ID: "a",
			Body: map[string]any{"state": state, "n": i}, Volatile: map[string]int{"i": i},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for n, err := range s.Notifications(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s %s %s %s", n.Action, n.Scope, n.Result.ID, n.Volatile, n.Result.UpdatedFields))
		if len(got) == 2 {
			break
		}
	}
	if want := `[update in a {"i":0} [n state] update out a {"i":1} [n state]]`; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if err := s.Unsubscribe(t.Context()); err != nil {
		t.Error(err)
	}
	if rooms, _ := fake.Server.Rooms(); rooms != 0 {
		t.Errorf("%d rooms are left", rooms)
	}
	for n, err := range s.Notifications(t.Context()) {
		t.Errorf("after the end: %v, %v", n, err)
	}
	if s, err = reader.Subscribe(t.Context(), "shop", "carts", filter, nil); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range s.Notifications(cancelled) {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	_ = reader.Close()
	for _, err := range s.Notifications(t.Context()) {
		if !errors.Is(err, client.ErrClosed) {
			t.Error(err)
		}
	}
}
