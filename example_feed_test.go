package kuzzlite_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"github.com/kuzzlite/kuzzlite"
)

// Watch misses nothing that is committed after it was called, even before the loop begins.
func ExampleCollection_Watch() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	db := openMemory()
	defer db.Close()

	carts := db.Collection("shop", "carts")
	changes := carts.Watch(ctx)

	res, err := carts.MUpsert(ctx, []kuzzlite.Upsert{
		{ID: "c1", Changes: map[string]any{"total": 12}},
		{ID: "c1", Changes: map[string]any{"total": 15}},
	})
	if err := errors.Join(err, res.Err()); err != nil {
		log.Fatal(err)
	}
	if _, err := carts.Delete(ctx, "c1"); err != nil {
		log.Fatal(err)
	}
	for change, err := range changes {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(change.Op, change.ID, change.Version, change.Paths)
		if change.Op == kuzzlite.OpDelete {
			break // without this the loop waits for more
		}
	}
	// Output:
	// createCollection  0 []
	// create c1 1 []
	// update c1 2 [total]
	// delete c1 3 []
}

// Keep the sequence of the last change that was dealt with, and go on from there, also in another process.
func ExampleStore_Changes() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	if err := db.CreateCollection(ctx, "shop", "carts"); err != nil {
		log.Fatal(err)
	}
	since := db.Sequence() // or 0, for all changes since the store was created
	carts := db.Collection("shop", "carts")
	for _, id := range []string{"c1", "c2", "c3"} {
		if _, err := carts.Create(ctx, id, json.RawMessage(`{}`)); err != nil {
			log.Fatal(err)
		}
	}
	for change, err := range db.Changes(ctx, since) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(change.Sequence, change.Op, change.ID)
		since = change.Sequence
		if change.ID == "c2" {
			break
		}
	}
	fmt.Println("later")
	for change, err := range db.Changes(ctx, since) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(change.Sequence, change.Op, change.ID)
	}
	// Output:
	// 3 create c1
	// 4 create c2
	// later
	// 5 create c3
}

// A consumer sees every change, also if the program is restarted in between, or the feed is short.
func ExampleConsumer() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	outbox := db.Consumer("outbox")
	if err := outbox.Create(ctx); err != nil {
		log.Fatal(err)
	}
	if _, err := db.Collection("shop", "carts").Create(ctx, "c1", map[string]any{"total": 12}); err != nil {
		log.Fatal(err)
	}
	for change, err := range outbox.Changes(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(change.Sequence, change.Op) // sent somewhere, and then:
		if err := outbox.Ack(ctx, change.Sequence); err != nil {
			log.Fatal(err)
		}
	}
	state, err := outbox.State(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("acknowledged", state.Sequence)
	// Output:
	// 1 createIndex
	// 2 createCollection
	// 3 create
	// acknowledged 3
}
