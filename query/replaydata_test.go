package query

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// The data sets and searches that were recorded from Kuzzle and Elasticsearch, see testdata/kuzzle/search.

// recorded is the directory of the recordings.
var recorded = filepath.Join("..", "testdata", "kuzzle", "search")

// scenario is a line of a recording.
type scenario struct {
	Name, Dataset string
	Steps         []step
}

// step is a request of a scenario, and the answer.
type step struct {
	Request struct {
		Controller, Action, Lang string
		Size, From               *int
		Body                     struct {
			Query, Sort, Collapse json.RawMessage
			PostFilter            json.RawMessage `json:"post_filter"`
			SearchAfter           json.RawMessage `json:"search_after"`
		}
		Scroll  string
		Targets []json.RawMessage
	}
	Response struct {
		Result json.RawMessage
		Error  *struct{ ID, Message string }
	}
	AnyText bool
}

// scenarios returns the lines of a recording.
func scenarios(t *testing.T, name string) (list []scenario) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(recorded, name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		var s scenario
		if err := json.Unmarshal(line, &s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

// dataset is the documents that searches were recorded with, and their mapping.
type dataset struct {
	index  string // Elasticsearch's name
	schema *Schema
	terms  Terms
	docs   []stored
}

type stored struct {
	id   string
	body []byte
}

// kuzzleInfo is what Kuzzle adds to each mapping.
const kuzzleInfo = `"_kuzzle_info":{"properties":{"author":{"type":"keyword"},"createdAt":{"type":"date"},` +
	`"updatedAt":{"type":"date"},"updater":{"type":"keyword"}}}`

// loadDataset reads a data set. Its schema is nil if it has no mapping, and none that Elasticsearch has guessed of the
// documents.
func loadDataset(t *testing.T, name string) *dataset {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(recorded, "datasets", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(raw), []byte("\n"))
	var head struct {
		Index, Collection string
		Mappings          struct{ Properties json.RawMessage }
	}
	if err := json.Unmarshal(lines[0], &head); err != nil {
		t.Fatal(err)
	}
	d := &dataset{index: "&" + head.Index + "." + head.Collection}
	for _, line := range lines[1:] {
		var doc struct {
			ID   string `json:"_id"`
			Body json.RawMessage
		}
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatal(err)
		}
		body, err := rawjson.Compact(doc.Body, 0)
		if err != nil {
			t.Fatal(err)
		}
		d.docs = append(d.docs, stored{doc.ID, body})
	}
	if string(head.Mappings.Properties) == "{}" {
		return d
	}
	d.use(t, head.Mappings.Properties)
	return d
}

// use gives the data set a mapping.
func (d *dataset) use(t *testing.T, properties []byte) {
	t.Helper()
	var err error
	mapping := "{" + kuzzleInfo + "," + strings.TrimPrefix(string(properties), "{")
	if d.schema, err = ParseMapping([]byte(mapping)); err != nil {
		t.Fatal(err)
	}
	d.terms = newDocumentTerms(d)
}

// loadGuessed reads the data set without a mapping, with the one that Elasticsearch has guessed.
func loadGuessed(t *testing.T, name string) *dataset {
	t.Helper()
	d := loadDataset(t, name)
	raw, err := os.ReadFile(filepath.Join(recorded, "datasets", name+"-mapping.json"))
	if err != nil {
		t.Fatal(err)
	}
	d.use(t, raw)
	return d
}

// documentTerms has the terms of all fields of a few documents.
type documentTerms map[string][]string

func newDocumentTerms(d *dataset) documentTerms {
	all := documentTerms{}
	for name, f := range d.schema.fields {
		all[name] = termsOf(d, f)
	}
	return all
}

// termsOf returns the terms of a text or keyword, ascending.
func termsOf(d *dataset, f *schemaField) (terms []string) {
	doc := &document{}
	for _, s := range d.docs {
		for _, path := range f.paths {
			for _, v := range valuesOf(decode(s.body), strings.Split(path, ".")) {
				raw, _ := json.Marshal(v)
				switch k := f.kind.(type) {
				case *keywordKind:
					if text, ok := k.text(doc, raw); ok {
						terms = append(terms, string(text))
					}
				case *textKind:
					text, ok := v.(string)
					k.words.Each([]byte(text), &doc.scratch, func(t analysis.Token) bool {
						if ok {
							terms = append(terms, string(t.Term))
						}
						return true
					})
				}
			}
		}
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}

// Terms implements Terms.
func (all documentTerms) Terms(field, prefix string, yield func([]byte) bool) {
	for _, term := range all[field] {
		if strings.HasPrefix(term, prefix) && !yield([]byte(term)) {
			return
		}
	}
}

// options are those that a query is compiled with.
func (d *dataset) options() *Options {
	return &Options{Schema: d.schema, Index: d.index, Terms: d.terms, Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// search returns the documents that match a query, and a second one if that is not nil, in the order in which they were
// written.
func (d *dataset) search(query, second []byte, lang string) (found []stored, err error) {
	parse := ParseElasticsearch
	if lang == "koncorde" {
		parse = ParseKoncordeSearch
	}
	q, err := parse(query)
	if err != nil {
		return nil, err
	}
	if second != nil {
		also, err := parse(second)
		if err != nil {
			return nil, err
		}
		q = And(q, also)
	}
	m, err := Compile(q, d.options())
	if err != nil {
		return nil, err
	}
	if _, err := q.InnerHits(d.options()); err != nil {
		return nil, err
	}
	for _, s := range d.docs {
		if m.Match(s.id, s.body) {
			found = append(found, s)
		}
	}
	return found, nil
}

// sort sorts documents, and leaves those behind some values. isSorted is false without an order, and with one by scores:
// TestReplayScores has these.
func (d *dataset) sort(docs []stored, sort, after json.RawMessage) (sorted []stored, isSorted bool, err error) {
	if sort == nil || bytes.Contains(sort, []byte(`"_score"`)) {
		return docs, false, nil
	}
	o, err := ParseElasticsearchSort(sort)
	if err != nil {
		return nil, false, err
	}
	if after != nil {
		o = o.Behind(after)
	}
	order, err := o.Mapped(d.schema).Order(filter.Env{})
	if err != nil {
		return nil, false, err
	}
	key := func(s stored) []byte { return order.AppendKey(nil, s.id, s.body) }
	slices.SortStableFunc(docs, func(a, b stored) int { return bytes.Compare(key(a), key(b)) })
	docs = slices.DeleteFunc(docs, func(s stored) bool { return after != nil && bytes.Compare(key(s), order.Behind) <= 0 })
	return docs, true, nil
}
