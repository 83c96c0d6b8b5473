package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/kuzzlite/kuzzlite/query"
)

// Scores are compared to 1 in 100,000, as recorded answers are: sums have another order here.
const tolerance = 1e-5

// compareScores compares the scores of random queries in random collections, and returns how many queries differ.
func compareScores(l *lucene, o *options, tooNew map[rune]bool) (int, error) {
	schema, err := query.ParseMapping(mapping())
	if err != nil {
		return 0, err
	}
	var d differences
	var record []recorded
	g, queries, scores := newCollections(o.seed, tooNew), 0, 0
	for n := 0; n < o.collections && l.err == nil; n++ {
		c := g.collection()
		l.ask(askScores, c.request)
		answers := l.scores(len(c.Queries))
		if l.err != nil {
			break
		}
		for i, want := range answers {
			if difference := scoresDiffer(c, schema, i, want); difference != "" {
				d.add("collection %d: %s\n%s", n, c.Queries[i], difference)
				if o.show {
					show(c)
				}
			}
			scores += len(want)
		}
		queries += len(answers)
		if len(record) < mostRecorded {
			record = append(record, recorded{c.Documents, c.Queries, answers})
		}
	}
	fmt.Printf("%d collections, %d queries, %d scores: %d queries differ\n", o.collections, queries, scores, d)
	if o.record != "" && l.err == nil {
		return int(d), writeRecord(o.record, record)
	}
	return int(d), l.err
}

// scores reads the scores of the documents that match each query, by their numbers.
func (l *lucene) scores(queries int) (list []map[int]float32) {
	for range queries {
		hits := map[int]float32{}
		for range l.number() {
			document := l.number()
			hits[document] = l.real()
		}
		list = append(list, hits)
	}
	return list
}

// scoresDiffer says which documents match or score otherwise than they should, "" if none does.
func scoresDiffer(c *collection, schema *query.Schema, number int, want map[int]float32) string {
	s, m, err := compile(c, c.Queries[number], schema)
	if err != nil {
		return err.Error()
	}
	var list []string
	for i, doc := range c.Documents {
		got, ok, err := s.Score("id", doc)
		expected, matches := want[i]
		switch {
		case err != nil:
			list = append(list, err.Error())
		case ok != matches:
			list = append(list, fmt.Sprintf("document %d matches: %t, want %t", i, ok, matches))
		case ok != m.Match("id", doc):
			list = append(list, fmt.Sprintf("document %d matches with scores: %t, without: %t", i, ok, !ok))
		case ok && math.Abs(float64(got-expected)) > tolerance*float64(expected):
			list = append(list, fmt.Sprintf("document %d scores %v, want %v", i, got, expected))
		}
	}
	return strings.Join(list, "\n")
}

// compile returns what scores and what matches, with all documents of the collection counted.
func compile(c *collection, text json.RawMessage, schema *query.Schema) (*query.Scorer, *query.Matcher, error) {
	q, err := query.ParseElasticsearch(text)
	if err != nil {
		return nil, nil, err
	}
	o := &query.Options{Schema: schema, Terms: terms(c.Documents)}
	m, err := query.Compile(q, o)
	if err != nil {
		return nil, nil, err
	}
	s, err := query.NewScorer(q, o)
	if err != nil {
		return nil, nil, err
	}
	if s.NeedsStatistics() {
		for _, doc := range c.Documents {
			s.Observe("id", doc)
		}
	}
	s.Settle()
	return s, m, nil
}
