package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strconv"

	lib "github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
)

// Kuzzlite with a text index.

const textField = "text"

type kuzzliteTexts struct {
	db  *lib.Store
	col *lib.Collection
}

func openKuzzliteTexts(dir string) (textStore, error) {
	db, err := lib.Open(filepath.Join(dir, kuzzliteFile), &lib.Options{AutoCreate: true})
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	col := db.Collection(benchIndex, benchCollection)
	if has, err := db.HasCollection(ctx, benchIndex, benchCollection); err != nil {
		return nil, err
	} else if !has {
		if err := db.CreateCollection(ctx, benchIndex, benchCollection); err != nil {
			return nil, err
		}
		err := col.EnsureFieldIndex(ctx, lib.FieldIndex{Kind: lib.FieldIndexText, Fields: []string{textField}})
		if err != nil {
			return nil, err
		}
	}
	return &kuzzliteTexts{db, col}, nil
}

func (s *kuzzliteTexts) write(first int, texts []string) error {
	batch := make([]lib.Upsert, len(texts))
	for i, text := range texts {
		batch[i] = lib.Upsert{ID: strconv.Itoa(first + i), Changes: json.RawMessage(`{"` + textField + `":"` + text + `"}`)}
	}
	res, err := s.col.MUpsert(context.Background(), batch, nil)
	if err != nil {
		return err
	}
	return res.Err()
}

func (s *kuzzliteTexts) search(words [2]string) (hits textHits, err error) {
	res, err := s.col.Search(context.Background(), lib.SearchRequest{
		Query: query.Match(textField, words[0]+" "+words[1]), Size: textBest,
	})
	if err != nil {
		return nil, err
	}
	for _, h := range res.Hits {
		if hits, err = hits.with(h.Document.ID); err != nil {
			return nil, err
		}
	}
	return hits, nil
}

func (s *kuzzliteTexts) close() error { return s.db.Close() }
