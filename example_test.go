package kuzzlite_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"github.com/kuzzlite/kuzzlite"
)

// A store, a collection, one call of MUpsert, and what became of each document.
func Example() {
	ctx := context.Background()
	db, err := kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	carts := db.Collection("shop", "carts")
	res, err := carts.MUpsert(ctx, []kuzzlite.Upsert{
		{ID: "c1", Changes: map[string]any{"total": 12}, Default: map[string]any{"state": "open"}},
		{ID: "c2", Changes: json.RawMessage(`{"total":3}`), IfVersion: 4},
	})
	if err != nil {
		log.Fatal(err) // the call as a whole
	}
	for _, ok := range res.Successes {
		fmt.Println(ok.ID, ok.Status, ok.Version, string(ok.Source))
	}
	for _, failed := range res.Errors {
		fmt.Println(failed.Status, failed.Reason)
	}
	// Output:
	// c1 201 1 {"state":"open","total":12}
	// 409 [c2]: version conflict, document does not exist (expected version [4])
}

// The default counts when the document is created, and not afterwards. Changes that change nothing write nothing: the
// version stays.
func ExampleCollection_MUpsert() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	carts := db.Collection("shop", "carts")
	for _, changes := range []string{`{"total":12}`, `{"total":12}`, `{"total":15,"items":{"pen":2}}`} {
		res, err := carts.MUpsert(ctx, []kuzzlite.Upsert{{
			ID:      "c1",
			Changes: json.RawMessage(changes),
			Default: json.RawMessage(`{"state":"open","items":{"pen":1}}`),
		}})
		if err != nil {
			log.Fatal(err)
		}
		c1 := res.Successes[0]
		fmt.Printf("version %d, created %t, noop %t: %s\n", c1.Version, c1.Created, c1.Noop, c1.Source)
	}
	// Output:
	// version 1, created true, noop false: {"state":"open","items":{"pen":1},"total":12}
	// version 1, created false, noop true: {"state":"open","items":{"pen":1},"total":12}
	// version 2, created false, noop false: {"state":"open","items":{"pen":2},"total":15}
}

// The documents array of a Kuzzle request goes in as it is, and Kuzzle's result comes out.
func ExampleCollection_MUpsertJSON() {
	db := openMemory()
	defer db.Close()

	res, err := db.Collection("shop", "carts").MUpsertJSON(context.Background(), []byte(`[
		{"_id": "c1", "changes": {"total": 12}, "default": {"state": "open"}},
		{"_id": 7, "changes": {"total": 3}}
	]`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", res.AppendJSON(nil))
	// Output:
	// {"errors":[{"document":{"_id":7,"changes":{"total":3}},"reason":"document _id must be a string","status":400}],"successes":[{"_id":"c1","_source":{"state":"open","total":12},"_version":1,"created":true,"status":201}]}
}

// Four rules say how changes and default combine when a document is created.
func ExampleCreateRule() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	carts := db.Collection("shop", "carts")
	changes := json.RawMessage(`{"state":"new","items":{"pen":2}}`)
	defaults := json.RawMessage(`{"state":"open","items":{"ink":1}}`)
	for i, rule := range []kuzzlite.CreateRule{
		kuzzlite.ChangesDeep, kuzzlite.ChangesShallow, kuzzlite.DefaultsDeep, kuzzlite.DefaultsShallow,
	} {
		id := fmt.Sprintf("c%d", i)
		c, err := carts.Upsert(ctx, id, changes, defaults, &kuzzlite.WriteOptions{OnCreate: rule})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(string(c.Source))
	}
	// Output:
	// {"state":"new","items":{"ink":1,"pen":2}}
	// {"state":"new","items":{"pen":2}}
	// {"state":"open","items":{"pen":2,"ink":1}}
	// {"state":"open","items":{"ink":1}}
}

// IfVersion says which version the document must have. What is wrong with one document is a *DocumentError.
func ExampleDocumentError() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	carts := db.Collection("shop", "carts")
	c1, err := carts.Upsert(ctx, "c1", map[string]any{"total": 12}, nil)
	if err != nil {
		log.Fatal(err)
	}
	// Somebody else is faster.
	if _, err := carts.Update(ctx, "c1", map[string]any{"total": 13}); err != nil {
		log.Fatal(err)
	}
	_, err = carts.Update(ctx, "c1", map[string]any{"total": 20}, &kuzzlite.WriteOptions{
		IfVersion: c1.Version,
	})
	var conflict *kuzzlite.DocumentError
	if errors.Is(err, kuzzlite.ErrConflict) && errors.As(err, &conflict) {
		fmt.Printf("%s is at version %d, not %d\n", conflict.ID, conflict.Have, conflict.Want)
	}
	// Output:
	// c1 is at version 2, not 1
}

// An atomic call writes all of its documents or none.
func ExampleWriteOptions() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	stock := db.Collection("shop", "stock")
	_, err := stock.MUpdate(ctx, []kuzzlite.Write{
		{ID: "pen", Body: map[string]any{"count": 41}},
		{ID: "ink", Body: map[string]any{"count": 9}},
	}, &kuzzlite.WriteOptions{Atomic: true})
	fmt.Println(errors.Is(err, kuzzlite.ErrIncomplete), errors.Is(err, kuzzlite.ErrNotFound))
	n, err := stock.Count(ctx)
	fmt.Println(n, err)
	// Output:
	// true true
	// 0 <nil>
}

// A list goes on after the last id that was seen.
func ExampleCollection_All() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	carts := db.Collection("shop", "carts")
	for _, id := range []string{"c3", "c1", "c2"} {
		if _, err := carts.Create(ctx, id, json.RawMessage(`{}`)); err != nil {
			log.Fatal(err)
		}
	}
	page := kuzzlite.ListOptions{Limit: 2}
	for range 2 {
		for cart, err := range carts.All(ctx, &page) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(cart.ID)
			page.After = cart.ID
		}
		fmt.Println("end of page")
	}
	// Output:
	// c1
	// c2
	// end of page
	// c3
	// end of page
}

type Cart struct {
	State string `json:"state"`
	Total int    `json:"total"`
}

// A typed collection has Go values in place of JSON.
func ExampleOf() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	carts := kuzzlite.Of[Cart](db.Collection("shop", "carts"))
	if _, err := carts.Create(ctx, "c1", Cart{State: "open", Total: 12}); err != nil {
		log.Fatal(err)
	}
	_, err := carts.Mutate(ctx, "c1", func(c *Cart) error {
		c.Total += 3
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	for cart, err := range carts.All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(cart.ID, cart.Version, cart.Value.State, cart.Value.Total)
	}
	// Output:
	// c1 2 open 15
}

// openMemory opens a store in memory in which indexes and collections come into being with their first document.
func openMemory() *kuzzlite.Store {
	db, err := kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true})
	if err != nil {
		log.Fatal(err)
	}
	return db
}
