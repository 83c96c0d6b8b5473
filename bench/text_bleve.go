package main

import (
	"os"
	"path/filepath"
	"strconv"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/standard"
	"github.com/blevesearch/bleve/v2/mapping"
	index "github.com/blevesearch/bleve_index_api"
)

// bleve: an index of scorch, its default, whose batches are on the disk when the call returns. It keeps the texts,
// scores by BM25, and has neither term vectors nor doc values, which nobody asks for here.

const bleveSettings = "an index of scorch with default settings, BM25, the standard analyzer, texts stored, no term vectors"

type bleveTexts struct{ index bleve.Index }

func openBleve(dir string) (textStore, error) {
	path := filepath.Join(dir, "bleve")
	if _, err := os.Stat(path); err == nil {
		i, err := bleve.Open(path)
		return &bleveTexts{i}, err
	}
	i, err := bleve.New(path, bleveMapping())
	return &bleveTexts{i}, err
}

func bleveMapping() mapping.IndexMapping {
	text := bleve.NewTextFieldMapping()
	text.Analyzer, text.Store = standard.Name, true
	text.IncludeTermVectors, text.IncludeInAll, text.DocValues = false, false, false
	document := bleve.NewDocumentStaticMapping()
	document.AddFieldMappingsAt(textField, text)
	m := bleve.NewIndexMapping()
	m.DefaultMapping, m.ScoringModel = document, index.BM25Scoring
	return m
}

func (s *bleveTexts) write(first int, texts []string) error {
	batch := s.index.NewBatch()
	for i, text := range texts {
		if err := batch.Index(strconv.Itoa(first+i), map[string]any{textField: text}); err != nil {
			return err
		}
	}
	return s.index.Batch(batch)
}

func (s *bleveTexts) search(words [2]string) (hits textHits, err error) {
	q := bleve.NewMatchQuery(words[0] + " " + words[1])
	q.SetField(textField)
	r := bleve.NewSearchRequestOptions(q, textBest, 0, false)
	r.Fields = []string{textField}
	res, err := s.index.Search(r)
	if err != nil {
		return nil, err
	}
	for _, h := range res.Hits {
		if hits, err = hits.with(h.ID); err != nil {
			return nil, err
		}
	}
	return hits, nil
}

func (s *bleveTexts) close() error { return s.index.Close() }
