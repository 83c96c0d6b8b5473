package kuzzlite_test

import (
	"context"
	"fmt"
	"log"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/search"
)

// Words find the documents that have them, and the rare words count most.
func ExampleCollection_Search() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	news := db.Collection("press", "news")
	_, err := news.MCreate(ctx, []kuzzlite.Write{
		{ID: "1", Body: map[string]any{"title": "A small quake near the coast"}},
		{ID: "2", Body: map[string]any{"title": "The coast in winter"}},
		{ID: "3", Body: map[string]any{"title": "Quake, and another quake"}},
		{ID: "4", Body: map[string]any{"title": "Coast road closed"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	found, err := news.Search(ctx, kuzzlite.SearchRequest{Query: query.Match("title", "quake coast"), Size: 3})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.Total, "documents")
	for _, h := range found.Hits {
		fmt.Printf("%.2f %s\n", h.Score, h.Document.Source)
	}
	// Output:
	// 4 documents
	// 0.97 {"title":"Quake, and another quake"}
	// 0.90 {"title":"A small quake near the coast"}
	// 0.41 {"title":"Coast road closed"}
}

// A search can be written as the body of an Elasticsearch search. The values by which the last hit is ordered lead to the
// next page.
func ExampleCollection_Search_body() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	shoes := db.Collection("shop", "shoes")
	_, err := shoes.MCreate(ctx, []kuzzlite.Write{
		{ID: "1", Body: map[string]any{"name": "Trail running shoe", "brand": "Hare", "price": 90}},
		{ID: "2", Body: map[string]any{"name": "Road running shoe", "brand": "Tortoise", "price": 120}},
		{ID: "3", Body: map[string]any{"name": "Hiking boot", "brand": "Hare", "price": 120}},
		{ID: "4", Body: map[string]any{"name": "Running sock", "brand": "Hare", "price": 12}},
	})
	if err != nil {
		log.Fatal(err)
	}
	request, err := search.Parse([]byte(`{
		"query": {"match": {"name": "running"}}, "sort": [{"price": "desc"}, "_doc"], "size": 2, "_source": false,
		"highlight": {"fields": {"name": {}}}, "aggs": {"brands": {"cardinality": {"field": "brand"}}}
	}`))
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		found, err := shoes.Search(ctx, request)
		if err != nil {
			log.Fatal(err)
		}
		for _, h := range found.Hits {
			fmt.Println(h.Document.ID, string(h.Sort), string(h.Highlight))
			request.After = h.Sort
		}
		fmt.Println(found.Total, "in all", string(found.Aggregations))
	}
	// Output:
	// 2 [120,4] {"name":["Road <em>running</em> shoe"]}
	// 1 [90,3] {"name":["Trail <em>running</em> shoe"]}
	// 3 in all {"brands":{"value":2}}
	// 4 [12,6] {"name":["<em>Running</em> sock"]}
	// 3 in all {"brands":{"value":2}}
}

// All hits come in order, and in the state in which the store was at first.
func ExampleCollection_SearchAll() {
	ctx := context.Background()
	db := openMemory()
	defer db.Close()

	jobs := db.Collection("work", "jobs")
	for i, name := range []string{"sweep", "paint", "mend"} {
		if _, err := jobs.Create(ctx, name, map[string]any{"rank": i % 2, "state": "open"}); err != nil {
			log.Fatal(err)
		}
	}
	open := kuzzlite.SearchRequest{Query: query.Eq("state", "open"), Sort: query.By("rank")}
	for hit, err := range jobs.SearchAll(ctx, open) {
		if err != nil {
			log.Fatal(err)
		}
		if _, err := jobs.Update(ctx, hit.Document.ID, map[string]any{"state": "done", "rank": 9}); err != nil {
			log.Fatal(err)
		}
		fmt.Println(hit.Document.ID, string(hit.Sort))
	}
	// Output:
	// sweep [0]
	// mend [0]
	// paint [1]
}
