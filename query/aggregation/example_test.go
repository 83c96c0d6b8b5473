package aggregation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
)

// The networks that saw the most earthquakes above magnitude 4, and how strong they were on average.
func Example() {
	ctx := context.Background()
	quakes := earthquakes(ctx)

	request, err := aggregation.Parse([]byte(`{
		"networks":  {"terms": {"field": "network", "size": 3}, "aggs": {"mean": {"avg": {"field": "magnitude.value"}}}},
		"strongest": {"max": {"field": "magnitude.value"}}
	}`))
	if err != nil {
		log.Fatal(err)
	}
	collector := request.Collector(nil)
	in, err := collector.Input("earthquakes", nil) // nil: there is no mapping
	if err != nil {
		log.Fatal(err)
	}
	for doc, err := range quakes.Find(ctx, query.Gt("magnitude.value", 4), nil) {
		if err == nil {
			err = in.Add(&aggregation.Document{ID: doc.ID, Source: doc.Source})
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	answer, err := collector.Answer()
	if err != nil {
		log.Fatal(err)
	}
	answer = bytes.ReplaceAll(answer, []byte(`{"key"`), []byte("\n"+`{"key"`))
	fmt.Println(string(answer))
	// Output:
	// {"networks":{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[
	// {"key":"us","doc_count":120,"mean":{"value":4.7775}},
	// {"key":"ak","doc_count":2,"mean":{"value":4.6}},
	// {"key":"nc","doc_count":1,"mean":{"value":4.33}}]},"strongest":{"value":6.4}}
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
