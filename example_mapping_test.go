package kuzzlite_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
)

func ExampleCollection_UpdateMapping() {
	ctx := context.Background()
	store, err := kuzzlite.OpenMemory(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()

	carts := store.Collection("shop", "carts")
	err = carts.UpdateMapping(ctx, kuzzlite.Mapping{Mappings: json.RawMessage(`{"properties": {
		"total": {"type": "double"},
		"at":    {"type": "date"}
	}}`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := carts.MCreate(ctx, []kuzzlite.Write{
		{ID: "c1", Body: json.RawMessage(`{"total":"12.50","at":"2026-11-30","open":true}`)},
		{ID: "c2", Body: json.RawMessage(`{"total":"much"}`)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, failed := range result.Errors {
		fmt.Println(failed.Reason)
	}
	q, err := query.Parse(`total < 20 and at = "2026-11-30"`)
	if err != nil {
		fmt.Println(err)
		return
	}
	for doc, err := range carts.Find(ctx, q) {
		fmt.Println(doc.ID, err)
	}
	m, err := carts.Mapping(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(m.Mappings))
	// Output:
	// [1:10] failed to parse field [total] of type [double] in document with id 'c2'. Preview of field's value: 'much'
	// c1 <nil>
	// {"dynamic":"true","properties":{"at":{"type":"date"},"total":{"type":"double"},"open":{"type":"boolean"}}}
}
