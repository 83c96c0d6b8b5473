package kuzzlite_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"github.com/kuzzlite/kuzzlite"
)

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
