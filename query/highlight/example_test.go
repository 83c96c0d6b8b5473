package highlight_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/highlight"
)

// Where the strongest earthquakes were, with the words that were searched for in brackets.
func Example() {
	ctx := context.Background()
	quakes := earthquakes(ctx)

	q := query.And(query.Match("place", "indonesia papua taiwan"), query.Gt("magnitude.value", 5))
	request, err := highlight.Parse([]byte(`{"pre_tags": ["["], "post_tags": ["]"], "fields": {"place": {}}}`))
	if err != nil {
		log.Fatal(err)
	}
	highlighter, err := request.Compile(q, nil) // nil: there is no mapping
	if err != nil {
		log.Fatal(err)
	}
	order, err := query.ParseElasticsearchSort([]byte(`[{"magnitude.value": "desc"}]`))
	if err != nil {
		log.Fatal(err)
	}
	for doc, err := range quakes.Find(ctx, q, &kuzzlite.FindOptions{Sort: order, Limit: 3}) {
		if err != nil {
			log.Fatal(err)
		}
		fragments, err := highlighter.Highlight(doc.ID, doc.Source)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(string(fragments))
	}
	// Output:
	// {"place":["22km NNE of Hualian, [Taiwan]"]}
	// {"place":["21km NNE of Hualian, [Taiwan]"]}
	// {"place":["34km SE of Lae, [Papua] New Guinea"]}
}

// earthquakes returns a collection with the earthquakes of a week.
func earthquakes(ctx context.Context) *kuzzlite.Collection {
	db, err := kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true})
	if err != nil {
		log.Fatal(err)
	}
	file, err := os.Open("../../examples/earthquakes.ndjson")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	var items []kuzzlite.Upsert
	for lines := json.NewDecoder(file); lines.More(); {
		var line struct {
			ID      string `json:"_id"`
			Changes json.RawMessage
		}
		if err := lines.Decode(&line); err != nil {
			log.Fatal(err)
		}
		items = append(items, kuzzlite.Upsert{ID: line.ID, Changes: line.Changes})
	}
	quakes := db.Collection("usgs", "earthquakes")
	if _, err := quakes.MUpsert(ctx, items); err != nil {
		log.Fatal(err)
	}
	return quakes
}
