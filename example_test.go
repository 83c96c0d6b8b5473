package kuzzlite_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

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

// Mutate reads, modifies and writes. When the document has moved meanwhile it does so again, as often as the options
// allow.
func ExampleCollection_Mutate() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	carts := db.Collection("shop", "carts")
	if _, err := carts.Create(ctx, "c1", map[string]any{"total": 10}); err != nil {
		log.Fatal(err)
	}
	calls := 0
	addTwo := func(cart kuzzlite.Document) (any, error) {
		calls++
		if calls == 1 { // somebody else is faster, once
			if _, err := carts.Update(ctx, "c1", map[string]any{"total": 100}); err != nil {
				return nil, err
			}
		}
		return map[string]any{"total": cart.Get("total").Int() + 2}, nil
	}
	c1, err := carts.Mutate(ctx, "c1", addTwo, &kuzzlite.WriteOptions{RetryOnConflict: 3})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(c1.Source), "at version", c1.Version, "after", calls, "calls")
	// Output:
	// {"total":102} at version 3 after 2 calls
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

// With metadata on, every document says who wrote it, and when.
func ExampleOptions() {
	ctx := context.Background()
	clock := kuzzlite.NewFakeClock(time.UnixMilli(1517875200000))
	db, err := kuzzlite.OpenMemory(&kuzzlite.Options{
		AutoCreate: true,
		Metadata:   true,
		Clock:      clock,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	carts := db.Collection("shop", "carts")
	for _, user := range []string{"ann", "bob"} {
		c1, err := carts.Upsert(ctx, "c1", map[string]any{"last": user}, nil, &kuzzlite.WriteOptions{User: user})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(string(c1.Source))
		clock.Advance(time.Minute)
	}
	// Output:
	// {"_kuzzle_info":{"author":"ann","createdAt":1517875200000},"last":"ann"}
	// {"_kuzzle_info":{"author":"ann","createdAt":1517875200000,"updatedAt":1517875260000,"updater":"bob"},"last":"bob"}
}

// Modify is for all that depends on what is there: it cannot conflict, however many call it.
func ExampleCollection_Modify() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	carts := db.Collection("shop", "carts")
	if _, err := carts.Create(ctx, "c1", json.RawMessage(`{"items":[{"sku":"pen","n":1},{"sku":"ink","n":1}]}`)); err != nil {
		log.Fatal(err)
	}
	c1, err := carts.Modify(ctx, "c1", func(cart kuzzlite.Document) (any, error) {
		return cart.Set("items.1.n", cart.Get("items.1.n").Int()+1), nil
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(c1.Source))
	// Output:
	// {"items":[{"sku":"pen","n":1},{"sku":"ink","n":2}]}
}

// Changes are made path by path.
func ExampleSet() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	carts := db.Collection("shop", "carts")
	c1, err := carts.Upsert(ctx, "c1", kuzzlite.Set("address.city", "Paris").Set("address.zip", "75001"), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(c1.Source))
	_, err = carts.Update(ctx, "c1", kuzzlite.Set("items.0.n", 2))
	fmt.Println(errors.Is(err, kuzzlite.ErrInvalid)) // as changes that would replace the whole list
	// Output:
	// {"address":{"city":"Paris","zip":"75001"}}
	// true
}

// A transaction over collections is written all together, or leaves no trace.
func ExampleStore_Update() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	stock := db.Collection("shop", "stock")
	if _, err := stock.Create(ctx, "pen", json.RawMessage(`{"n":1}`)); err != nil {
		log.Fatal(err)
	}
	soldOut := errors.New("sold out")
	sell := func(order string) error {
		return db.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
			if _, err := tx.Collection("shop", "orders").Create(ctx, order, json.RawMessage(`{"sku":"pen"}`)); err != nil {
				return err
			}
			_, err := tx.Collection("shop", "stock").Modify(ctx, "pen", func(pen kuzzlite.Document) (any, error) {
				left := pen.Get("n").Int()
				if left == 0 {
					return nil, soldOut
				}
				return kuzzlite.Set("n", left-1), nil
			})
			return err
		})
	}
	fmt.Println(sell("o1"))
	fmt.Println(sell("o2"))
	n, err := db.Collection("shop", "orders").Count(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, "order")
	// Output:
	// <nil>
	// sold out
	// 1 order
}

// A test of code that uses a store opens one in memory, prepares it once, and sets it back before each case.
func ExampleStore_Snapshot() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	carts := db.Collection("shop", "carts")
	if _, err := carts.Create(ctx, "c1", json.RawMessage(`{"state":"open"}`)); err != nil {
		log.Fatal(err)
	}
	prepared, err := db.Snapshot()
	if err != nil {
		log.Fatal(err)
	}
	for name, codeUnderTest := range map[string]func() error{
		"paying":   func() error { _, err := carts.Update(ctx, "c1", kuzzlite.Set("state", "paid")); return err },
		"deleting": func() error { _, err := carts.Delete(ctx, "c1"); return err },
	} {
		if err := db.Restore(prepared); err != nil {
			log.Fatal(err)
		}
		if err := codeUnderTest(); err != nil {
			log.Fatal(name, err)
		}
	}
	if err := db.Restore(prepared); err != nil {
		log.Fatal(err)
	}
	c1, err := carts.Get(ctx, "c1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(c1.Source))
	// Output:
	// {"state":"open"}
}

// Where changes and default overlap the change wins, unless the store is to be Kuzzle's.
func ExampleOptions_kuzzle() {
	ctx := context.Background()
	for _, asKuzzle := range []bool{false, true} {
		db, err := kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true, Kuzzle: asKuzzle})
		if err != nil {
			log.Fatal(err)
		}
		res, err := db.Collection("shop", "carts").MUpsert(ctx, []kuzzlite.Upsert{{
			ID:      "c1",
			Changes: json.RawMessage(`{"state":"paid"}`),
			Default: json.RawMessage(`{"state":"open","n":0}`),
		}}, &kuzzlite.WriteOptions{User: "ann"})
		if err != nil {
			log.Fatal(err)
		}
		var cart struct {
			State string
			N     int
		}
		if err := json.Unmarshal(res.Successes[0].Source, &cart); err != nil {
			log.Fatal(err)
		}
		fmt.Println(cart.State, cart.N)
		if err := db.Close(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// paid 0
	// open 0
}

// A backup is a store of its own.
func ExampleStore_BackupFile() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "kuzzlite-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	db, err := kuzzlite.Open(filepath.Join(dir, "shop.db"), &kuzzlite.Options{AutoCreate: true})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Collection("shop", "carts").Create(ctx, "c1", map[string]any{"total": 12}); err != nil {
		log.Fatal(err)
	}
	copyPath := filepath.Join(dir, "shop-backup.db")
	if _, err := db.BackupFile(ctx, copyPath); err != nil {
		log.Fatal(err)
	}

	backup, err := kuzzlite.Open(copyPath, &kuzzlite.Options{ReadOnly: true})
	if err != nil {
		log.Fatal(err)
	}
	defer backup.Close()
	report, err := backup.Check(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Documents, "document,", len(report.Problems), "problems")
	// Output:
	// 1 document, 0 problems
}

// A check tells how far it has come.
func ExampleProgress() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()
	if _, err := db.Collection("shop", "carts").Create(ctx, "c1", map[string]any{"total": 12}); err != nil {
		log.Fatal(err)
	}
	report, err := db.Check(ctx, &kuzzlite.CheckOptions{Progress: func(p kuzzlite.Progress) {
		if p.Done == p.Total { // before, it is for a bar
			fmt.Printf("%d %%\n", 100*p.Done/p.Total)
		}
	}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Documents, "document")
	// Output:
	// 100 %
	// 1 document
}

// openMemory opens a store in memory in which indexes and collections come into being with their first document.
func openMemory() *kuzzlite.Store {
	db, err := kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true})
	if err != nil {
		log.Fatal(err)
	}
	return db
}

// Documents that expire, in a test: Advance returns when all that is due has happened.
func ExampleFakeClock() {
	ctx := context.Background()
	clock := kuzzlite.NewFakeClock(time.UnixMilli(1517875200000))
	db, err := kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true, Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	sessions := db.Collection("shop", "sessions")
	_, err = sessions.Create(ctx, "s1", map[string]any{"user": "ann"}, &kuzzlite.WriteOptions{ExpireAfter: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		clock.Advance(30 * time.Minute)
		ok, err := sessions.Exists(ctx, "s1")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(clock.Now().UTC().Format(time.TimeOnly), ok)
	}
	for change, err := range db.Changes(ctx, 2) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(change.Op, change.ID, change.Version)
	}
	// Output:
	// 00:30:00 true
	// 01:00:00 false
	// create s1 1
	// expire s1 2
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
