package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kuzzlite/kuzzlite/query"
)

// Searches by indexes of words find the same as a look at all documents: the same hits, in the same order, with the same
// scores to the last bit, of collections that change in between.

// scored is a clause whose matches have scores of several kinds.
func (r *findings) scored(depth int, fields ...string) string {
	field := r.pick(fields...)
	if depth > 0 && r.IntN(2) == 0 {
		one := func() string { return r.scored(depth-1, fields...) }
		return strings.NewReplacer("A", one(), "B", one(), "C", one()).Replace(r.pick(
			`{"bool":{"must":[A,B]}}`, `{"bool":{"should":[A,B,C],"minimum_should_match":2}}`, `{"bool":{"should":[A,B]}}`,
			`{"bool":{"must":[A],"should":[B]}}`, `{"bool":{"must":[A],"must_not":[B]}}`, `{"bool":{"must":[A],"filter":[B]}}`,
			`{"dis_max":{"queries":[A,B],"tie_breaker":0.3}}`, `{"constant_score":{"filter":A,"boost":1.5}}`,
			`{"boosting":{"positive":A,"negative":B,"negative_boost":0.5}}`, `{"bool":{"must":[A,B],"boost":2.5}}`,
			`{"bool":{"must":[A],"filter":[{"range":{"b":{"gte":1}}}]}}`, `{"bool":{"must":[A],"should":[{"exists":{"field":"a"}}]}}`,
			`{"bool":{"must":[A],"filter":[{"ids":{"values":["1","2","30","31","32"]}}]}}`,
			`{"bool":{"must":[{"exists":{"field":"a"}}],"should":[A]}}`, `{"bool":{"must_not":[A]}}`,
		))
	}
	text := strings.NewReplacer("F", field, "W", r.words(3), "ONE", r.word()).Replace(r.pick(
		`{"match":{"F":"W"}}`, `{"match":{"F":"W"}}`, `{"match":{"F":{"query":"W","operator":"and"}}}`,
		`{"match":{"F":{"query":"W","minimum_should_match":2,"boost":3}}}`, `{"match":{"F":"alaska ONE"}}`,
		`{"match_phrase":{"F":"W"}}`, `{"match_phrase":{"F":{"query":"W","slop":2}}}`, `{"term":{"F":"ONE"}}`,
		`{"multi_match":{"query":"W","fields":["t","o.t^2"]}}`,
		`{"multi_match":{"query":"W","fields":["t","o.t"],"type":"most_fields"}}`,
		`{"multi_match":{"query":"W","fields":["t","o.t"],"type":"phrase","tie_breaker":0.5}}`,
		`{"multi_match":{"query":"W","fields":["t","o.t"],"type":"cross_fields"}}`,
		`{"match":{"F":{"query":"W","fuzziness":1}}}`, `{"prefix":{"F":"al"}}`, `{"match_phrase_prefix":{"F":"W so"}}`,
		`{"query_string":{"query":"W","fields":["F"]}}`, `{"simple_query_string":{"query":"W","fields":["F","t"]}}`,
		`{"match":{"F":42}}`, `{"term":{"b":1}}`, `{"terms":{"F":["alaska","south"]}}`,
	))
	return text
}

// search is a request for some of the best documents.
func (r *findings) search() SearchRequest {
	fields := []string{"t", "t", "t", "o.t"}
	if r.schema != nil {
		fields = append(fields, "t.w", "t.g", "all", "t.once", "t.plain")
	}
	text := r.scored(2, fields...)
	q, err := query.ParseElasticsearch([]byte(text))
	if r.f.ok(err); r.schema != nil {
		q = query.Mapped(q, r.schema)
	}
	s := SearchRequest{Query: q, From: max(0, r.IntN(8)-4), Size: r.IntN(12) - 1}
	switch r.IntN(6) {
	case 0:
		s.Sort = r.f.parsedOrder(`["_score"]`)
	case 1:
		s.Sort = r.f.parsedOrder(r.pick(`["_score",{"b":{"missing":"_first"}}]`, `[{"_score":"asc"}]`))
		if r.schema != nil {
			s.Sort = r.f.parsedOrder(`[{"_score":"asc"}]`)
		}
	case 2:
		s.MinScore = r.Float32() * 3
	}
	return s
}

// scanned is what a search finds without indexes.
func (s *search) scanned(c *Collection) (*SearchResult, error) {
	if err := s.scan(ctx, c, false); err != nil {
		return nil, err
	}
	return s.result(ctx, c)
}

// compareSearch compares a search with one that looks at all documents.
func (r *findings) compareSearch(at place) {
	f, c, req := r.f, at.Collection("i", "c"), r.search()
	own := req
	s, err := c.newSearch(ctx, &own)
	if err != nil { // a phrase of a field without places
		f.is("refused", err, ErrInvalid)
		return
	}
	want, wantErr := s.scanned(c)
	got, err := c.Search(ctx, req)
	if fmt.Sprint(err) != fmt.Sprint(wantErr) {
		f.t.Fatalf("seed %d: %v, without indexes %v", r.seed, err, wantErr)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Fatalf("seed %d: by indexes otherwise than without: %s\n%+v", r.seed, diff, req)
	}
	own = req
	s, err = c.newSearch(ctx, &own)
	f.ok(err)
	known, err := c.byWords(ctx, s.Query, s.scorer, s.wanted(), nil)
	f.ok(err)
	r.kinds[fmt.Sprintf("counted %t, found %t", known.counted, known.found)]++
	if known.found && want.Total > s.Size+s.From {
		r.kinds["more than wanted"]++
	}
}

// Of the fields of the mapping, those with one word only, and without lengths.
const scoredMapping = `{
	"a": {"type": "keyword"}, "b": {"type": "double", "ignore_malformed": true},
	"t": {"type": "text", "copy_to": "all", "fields": {
		"w": {"type": "text", "analyzer": "whitespace"}, "g": {"type": "text", "position_increment_gap": 0},
		"once": {"type": "text", "index_options": "docs"}, "plain": {"type": "text", "norms": false}
	}},
	"o": {"properties": {"t": {"type": "text", "copy_to": "all"}}},
	"all": {"type": "text"}
}`

func TestSearchWordsModel(t *testing.T) {
	defer func(equal, least, most int) { mostEqual, leastAhead, mostAhead = equal, least, most }(mostEqual, leastAhead, mostAhead)
	mostEqual, leastAhead = 3, 1
	kinds := map[string]int{}
	for seed := range uint64(24) {
		mostAhead = 1 + int(seed%5)
		open := newFixture
		if seed%2 == 0 { // of a file the pages say how many entries there are, and what was written since
			open = newDiskFixture
		}
		f := open(t, nil)
		f.unswept()
		r := &findings{Rand: rand.New(rand.NewPCG(seed, 33)), f: f, docs: map[string]string{}, seed: seed, kinds: kinds}
		r.multiple, r.long, r.texts = r.IntN(2) == 0, r.IntN(4) == 0, true
		r.strings = r.IntN(3) > 0
		if r.IntN(2) == 0 {
			var err error
			r.schema, err = query.ParseMapping([]byte(scoredMapping))
			f.ok(err)
		}
		r.change(f.s)
		if r.IntN(2) == 0 {
			f.clock.Advance(2 * time.Second) // some have expired before there is an index
		}
		for _, field := range []string{"t", "o.t"} {
			f.ensure(FieldIndex{Name: field, Kind: FieldIndexText, Fields: []string{field}})
		}
		if r.IntN(2) == 0 {
			f.ensure(FieldIndex{Name: "space", Kind: FieldIndexText, Fields: []string{"t"}, Analyzer: "whitespace"})
			f.ensure(FieldIndex{Fields: []string{"b"}})
		}
		for range 3 {
			if f.path != "" {
				f.reopen(nil)
				f.unswept()
			}
			r.change(f.s)
			if r.IntN(2) == 0 {
				f.clock.Advance(2 * time.Second)
			}
			for range 20 {
				r.compareSearch(f.s)
			}
		}
		r.searchesUndone()
		f.sound()
	}
	for _, kind := range []string{
		"counted true, found true", "counted true, found false", "counted false, found false", "more than wanted",
	} {
		if kinds[kind] < 40 {
			t.Errorf("%q came %d times only: %v", kind, kinds[kind], kinds)
		}
	}
}

// searchesUndone compares searches in a transaction that has written, and after it was undone.
func (r *findings) searchesUndone() {
	undone := errors.New("undone")
	docs, expires := maps.Clone(r.docs), r.expires
	r.f.is("transaction", r.f.s.Update(ctx, func(_ context.Context, tx *Tx) error {
		r.change(tx)
		for range 10 {
			r.compareSearch(tx)
		}
		return undone
	}), undone)
	r.docs, r.expires = docs, expires
	for range 5 {
		r.compareSearch(r.f.s)
	}
}
