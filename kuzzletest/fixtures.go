package kuzzletest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/kuzzlite/kuzzlite"
)

// Documents are documents by their ids. A value is what marshals to a JSON object; a json.RawMessage is JSON already.
type Documents map[string]any

// Seed creates a collection, and its index, if they are missing, and creates or replaces documents in there. Nobody is
// told, and the documents get no metadata.
func (f *Fake) Seed(index, collection string, documents Documents) {
	f.t.Helper()
	ctx := context.Background()
	if err := f.Store.CreateCollection(ctx, index, collection); err != nil && !errors.Is(err, kuzzlite.ErrExists) {
		f.t.Fatalf("kuzzletest: %v", err)
	}
	var items []kuzzlite.Write
	for _, id := range slices.Sorted(maps.Keys(documents)) {
		items = append(items, kuzzlite.Write{ID: id, Body: documents[id]})
	}
	res, err := f.Store.Collection(index, collection).MCreateOrReplace(ctx, items, &kuzzlite.WriteOptions{Silent: true})
	if err == nil {
		err = res.Err()
	}
	if err != nil {
		f.t.Fatalf("kuzzletest: %v", err)
	}
}

// Mapping creates a collection with a mapping, or changes the mapping of one that exists.
func (f *Fake) Mapping(index, collection string, mapping json.RawMessage) {
	f.t.Helper()
	f.Query(`{"controller":"collection","action":"create","index":` + quoted(index) + `,"collection":` +
		quoted(collection) + `,"body":{"mappings":` + string(mapping) + `}}`)
}

// Query asks the server something in the process, with every right unless the request has a token, and returns the
// result. It fails the test if the server answers with an error. No fault happens to it, and it is not recorded.
func (f *Fake) Query(request string) json.RawMessage {
	f.t.Helper()
	result, err := f.Server.Query(context.Background(), json.RawMessage(request))
	if err != nil {
		f.t.Fatalf("kuzzletest: %s: %v", request, err)
	}
	return result
}

func quoted(s string) string {
	text, _ := json.Marshal(s) // which never fails
	return string(text)
}
