package query

import (
	"math"
	"sync"
	"testing"
)

// Scores that are worked out by hand from the formula: idf for n of N documents, times 2.2 / (1 + 1.2 · (0.25 + 0.75 ·
// length / average length)).
func TestScoreOfKinds(t *testing.T) {
	schema, err := ParseMapping([]byte(`{"f":{"type":"flattened"},"b":{"type":"boolean"},"n":{"type":"integer"},
		"k":{"type":"keyword","similarity":"boolean"},"t":{"type":"text","similarity":"boolean"},
		"d":{"type":"text","index_options":"docs"},"o":{"type":"nested","properties":{"n":{"type":"integer"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	docs := [][]byte{
		[]byte(`{"f":{"a":"x","b":{"c":["y","z"]}},"b":[true,false],"n":1,"k":"x","t":"x x","d":"x x y","o":[{"n":1},{"n":2}]}`),
		[]byte(`{"f":{"a":"y"},"b":true,"n":2,"k":"y","t":"y","d":"y"}`),
		[]byte(`{"f":{"b":"x"}}`),
	}
	score := func(all, have int, length, average float64) float64 {
		return naiveIDF(all, have) * 2.2 / (1 + 1.2*(0.25+0.75*length/average))
	}
	for _, c := range []struct {
		query string
		want  float64 // of the first document
	}{
		{`{"term":{"f":"x"}}`, score(3, 2, 1, 5./3)},
		{`{"term":{"f.a":"x"}}`, score(3, 1, 1, 5./3)},
		{`{"term":{"f.b.c":"y"}}`, score(3, 1, 1, 5./3)},
		{`{"term":{"b":true}}`, score(2, 2, 1, 3./2)},
		{`{"term":{"b":"false"}}`, score(2, 1, 1, 3./2)},
		{`{"match":{"n":1}}`, 1},
		{`{"term":{"k":{"value":"x","boost":3}}}`, 3},
		{`{"match":{"t":{"query":"x","boost":3}}}`, 3},
		{`{"match":{"d":"x"}}`, score(2, 1, 2, 3./2)},
		{`{"query_string":{"query":"d:x^2 OR n:1"}}`, 1 + 2*score(2, 1, 2, 3./2)},
		{`{"query_string":{"query":"(d:x)^2"}}`, 2 * score(2, 1, 2, 3./2)},
		{`{"query_string":{"query":"n:[1 TO 2]^3"}}`, 3},
		{`{"query_string":{"query":"-n:2"}}`, 0},
		{`{"simple_query_string":{"query":"-nope","fields":["d"]}}`, 1},
		{`{"nested":{"path":"o","score_mode":"sum","query":{"range":{"o.n":{"gte":1,"boost":2}}}}}`, 4},
		{`{"bool":{"filter":{"match":{"d":"x"}}}}`, 0},
		{`{"match":{"d":{"query":"z","fuzziness":1,"fuzzy_rewrite":"constant_score"}}}`, 1},
		{`{"match":{"d":{"query":"xz","fuzziness":1,"fuzzy_rewrite":"scoring_boolean"}}}`, score(2, 1, 2, 3./2)},
		{`{"query_string":{"query":"d:x*","rewrite":"scoring_boolean"}}`, score(2, 1, 2, 3./2)},
		{`{"prefix":{"d":{"value":"x","rewrite":"scoring_boolean","boost":2}}}`, 2 * score(2, 1, 2, 3./2)},
		{`{"prefix":{"f":{"value":"x","rewrite":"top_terms_5"}}}`, score(3, 2, 1, 5./3)},
		{`{"prefix":{"f":{"value":"x","rewrite":"top_terms_boost_5"}}}`, 1},
		{`{"bool":{}}`, 1},
		{`{"exists":{"field":"n","boost":2.5}}`, 2.5},
	} {
		q, err := ParseElasticsearch([]byte(c.query))
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewScorer(q, &Options{Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range docs {
			s.Observe("id", doc)
		}
		s.Settle()
		got, ok, err := s.Score("id", docs[0])
		if err != nil || !ok || math.Abs(float64(got)-c.want) > 1e-5*c.want {
			t.Errorf("%s: %v %t %v, want %v", c.query, got, ok, err, c.want)
		}
	}
}

// onlyScore returns the score of the only document there is.
func onlyScore(t *testing.T, query, doc string, o *Options) float32 {
	t.Helper()
	q, err := ParseElasticsearch([]byte(query))
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewScorer(q, o)
	if err != nil {
		t.Fatal(err)
	}
	s.Observe("id", []byte(doc))
	s.Settle()
	score, _, err := s.Score("id", []byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return score
}

// In a field of the similarity boolean each word counts once. Similar words, and those with one beginning at the end of
// a phrase, scored once for all of them, where Lucene adds up what each of them has: quake 1, quakes 4/5.
func TestScoreOfSimilarWordsWithBooleanSimilarity(t *testing.T) {
	schema, err := ParseMapping([]byte(`{"t":{"type":"text","similarity":"boolean"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]float32{
		`{"match":{"t":{"query":"quake","fuzziness":1,"boost":3}}}`: 3 * 1.8,
		`{"match_phrase_prefix":{"t":"quak"}}`:                      2,
		`{"match_phrase_prefix":{"t":"a quak"}}`:                    1,
		`{"prefix":{"t":"quak"}}`:                                   1,
	} {
		got := onlyScore(t, query, `{"t":"a quake quakes quake"}`, &Options{Schema: schema})
		if math.Abs(float64(got-want)) > 1e-6 {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

// Any number of goroutines may ask for scores.
func TestScoreConcurrently(t *testing.T) {
	q, err := ParseElasticsearch([]byte(`{"bool":{"should":[{"match":{"t":{"query":"aab","fuzziness":1}}},
		{"match_phrase":{"t":{"query":"a b","slop":2}}},{"match_phrase_prefix":{"t":"b a"}}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewScorer(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	doc := []byte(`{"t":"a b aac aab b aaa"}`)
	s.Observe("id", doc)
	s.Settle()
	want, _, _ := s.Score("id", doc)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				if got, ok, err := s.Score("id", doc); got != want || !ok || err != nil {
					t.Error(got, ok, err)
				}
			}
		})
	}
	all.Wait()
}
