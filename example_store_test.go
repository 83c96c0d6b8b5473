package kuzzlite_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

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
