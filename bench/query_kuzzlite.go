package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	lib "github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
)

// Kuzzlite, asked.

func init() { kuzzlites = append(kuzzlites, decodedContender) }

// decodedContender is what a program does without queries.
var decodedContender = contender{
	name:     "kuzzlite-decoded",
	settings: "no query: the documents of Collection.All, each decoded by json.Unmarshal to an any and compared in Go",
	filledBy: "kuzzlite",
	open: func(dir string) (store, error) {
		s, err := openKuzzlite(dir, lib.Options{})
		if err != nil {
			return nil, err
		}
		return decodedStore{s.(*kuzzliteStore)}, nil
	},
}

func (s *kuzzliteStore) index(field string) error {
	return s.col.EnsureFieldIndex(context.Background(), lib.FieldIndex{Fields: strings.Split(field, ",")})
}

func (s *kuzzliteStore) unindex(field string) error {
	return s.col.DropFieldIndex(context.Background(), field)
}

func (s *kuzzliteStore) checkIndexes() error {
	r, err := s.db.Check(context.Background())
	if err == nil && len(r.Problems) > 0 {
		err = fmt.Errorf("%v", r.Problems)
	}
	return err
}

func (s *kuzzliteStore) ask(q question, fn func(id string, doc []byte)) (next string, err error) {
	asked, options := kuzzliteQuery(q)
	ctx := context.Background()
	if options != nil {
		page, err := s.col.FindPage(ctx, asked, options)
		if err != nil {
			return "", err
		}
		for _, d := range page.Documents {
			fn(d.ID, d.Source)
		}
		return page.Next, nil
	}
	for d, err := range s.col.Find(ctx, asked) {
		if err != nil {
			return "", err
		}
		fn(d.ID, d.Source)
	}
	return "", nil
}

// kuzzliteQuery returns the query of a question; the options are nil if the answer has no pages.
func kuzzliteQuery(q question) (lib.Query, *lib.FindOptions) {
	page := &lib.FindOptions{Sort: query.By("number"), Limit: q.limit, After: q.after}
	switch q.kind {
	case kindRange:
		return query.Between("number", q.from, q.to), page
	case kindPage:
		return query.All(), page
	case kindFilter:
		return query.Between("customer.address.zip", q.fromZip, q.toZip), nil
	}
	return query.Eq("buyer", q.buyer), nil
}

// decodedStore answers the question of kindFilter.
type decodedStore struct{ *kuzzliteStore }

func (s decodedStore) ask(q question, fn func(id string, doc []byte)) (next string, err error) {
	for d, err := range s.col.All(context.Background(), nil) {
		if err != nil {
			return "", err
		}
		var doc any
		if err := json.Unmarshal(d.Source, &doc); err != nil {
			return "", err
		}
		if zip := decodedZip(doc); q.fromZip <= zip && zip <= q.toZip {
			fn(d.ID, d.Source)
		}
	}
	return "", nil
}

// decodedZip returns the zip code of a decoded document, "" if it has none.
func decodedZip(doc any) string {
	for _, key := range []string{"customer", "address", "zip"} {
		object, _ := doc.(map[string]any)
		doc = object[key]
	}
	zip, _ := doc.(string)
	return zip
}
