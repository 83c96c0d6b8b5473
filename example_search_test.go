package kuzzlite_test

import (
	"context"
	"fmt"
	"log"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
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
