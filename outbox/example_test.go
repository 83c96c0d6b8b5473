package outbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/outbox"
	"github.com/kuzzlite/kuzzlite/upstream"
)

// A store at the edge sends what is written to it to another one. For a Kuzzle it is upstream.Dial and its address.
func Example() {
	ctx := context.Background()
	edge, err := kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true})
	if err != nil {
		log.Fatal(err)
	}
	defer edge.Close()
	center, err := kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true})
	if err != nil {
		log.Fatal(err)
	}
	defer center.Close()
	server, err := upstream.Embed(ctx, center, "pushed")
	if err != nil {
		log.Fatal(err)
	}
	box, err := outbox.Open(edge, &outbox.Options{
		Upstream:    server,
		Collections: []outbox.Collection{{Index: "plant", Collection: "readings"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer box.Close()

	for n := range 10 {
		changes := map[string]any{"celsius": 20 + n, "count": n}
		if _, err := edge.Collection("plant", "readings").Upsert(ctx, "boiler", changes, nil); err != nil {
			log.Fatal(err)
		}
	}
	if err := box.Flush(ctx); err != nil { // only to show what there is then: nobody has to wait
		log.Fatal(err)
	}
	doc, err := center.Collection("plant", "readings").Get(ctx, "boiler")
	if err != nil {
		log.Fatal(err)
	}
	var reading struct{ Celsius, Count int }
	if err := json.Unmarshal(doc.Source, &reading); err != nil {
		log.Fatal(err)
	}
	fmt.Println(reading.Celsius, reading.Count)
	// Output: 29 9
}
