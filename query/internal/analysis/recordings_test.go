package analysis

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Searches that were recorded from Elasticsearch 8.17.1 over the data set words. Which documents are hits, with which
// score, follows from the tokens of the fields: the length of each field counts, and the average of all.

// recorded is what a recorded search says.
type recorded struct {
	Name  string
	Steps []struct {
		Request struct {
			Body struct{ Query map[string]map[string]string }
		}
		Response struct{ Result struct{ Hits []hit } }
	}
}

type hit struct {
	ID        string  `json:"_id"`
	Score     float64 `json:"_score"`
	Highlight map[string][]string
}

// corpus is a field of all documents.
type corpus struct {
	analyzer *Analyzer
	ids      []string
	texts    []string
	terms    []*Terms
	average  float64 // length of the documents that have any
	with     float64 // how many these are
}

// recordings returns the lines of a recorded file.
func recordings(t *testing.T, name string) [][]byte {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "kuzzle", "search", name))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimSpace(src), []byte("\n"))
}

func newCorpus(t *testing.T, analyzer string) *corpus {
	t.Helper()
	c := &corpus{}
	var err error
	if c.analyzer, err = Lookup(analyzer); err != nil {
		t.Fatal(err)
	}
	for _, line := range recordings(t, "datasets/words.jsonl")[1:] {
		var doc struct {
			ID   string `json:"_id"`
			Body struct{ T string }
		}
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatal(err)
		}
		terms := &Terms{}
		terms.Add(c.analyzer, []byte(doc.Body.T), PositionGap)
		c.ids, c.texts, c.terms = append(c.ids, doc.ID), append(c.texts, doc.Body.T), append(c.terms, terms)
		if n := terms.Tokens(); n > 0 {
			c.with++
			c.average += float64(n)
		}
	}
	c.average /= c.with
	return c
}

// query returns the terms of a text.
func (c *corpus) query(text string) (terms [][]byte) {
	c.analyzer.Each([]byte(text), &Scratch{}, func(k Token) bool {
		terms = append(terms, bytes.Clone(k.Term))
		return true
	})
	return terms
}

// weigh is BM25 with Lucene's constants: the score of frequency occurrences, for a sum of inverse frequencies.
func (c *corpus) weigh(idf, frequency float64, doc int) float64 {
	length := float64(c.terms[doc].Tokens())
	return 2.2 * idf * frequency / (frequency + 1.2*(0.25+0.75*length/c.average))
}

func (c *corpus) idf(term []byte) float64 {
	n := 0.0
	for _, d := range c.terms {
		if _, ok := d.Find(term); ok {
			n++
		}
	}
	return math.Log(1 + (c.with-n+0.5)/(n+0.5))
}

// match returns the scores of the documents that have any of the terms of a text.
func (c *corpus) match(text string) map[string]float64 {
	scores := map[string]float64{}
	for _, term := range c.query(text) {
		idf := c.idf(term)
		for i, d := range c.terms {
			if found, ok := d.Find(term); ok {
				scores[c.ids[i]] += c.weigh(idf, float64(len(found.Positions)), i)
			}
		}
	}
	return scores
}

// phrase returns the scores of the documents that have the terms of a text one behind the other.
func (c *corpus) phrase(text string) map[string]float64 {
	terms := c.query(text)
	idf := 0.0
	for _, term := range terms {
		idf += c.idf(term)
	}
	scores := map[string]float64{}
	for i, d := range c.terms {
		first, _ := d.Find(terms[0])
		frequency := 0.0
		for _, at := range first.Positions {
			whole := true
			for n, term := range terms {
				next, _ := d.Find(term)
				whole = whole && slices.Contains(next.Positions, at+n)
			}
			if whole {
				frequency++
			}
		}
		if frequency > 0 {
			scores[c.ids[i]] = c.weigh(idf, frequency, i)
		}
	}
	return scores
}

// having returns the documents with a term for which is says so, at the score 1.
func (c *corpus) having(is func(term string) bool) map[string]float64 {
	scores := map[string]float64{}
	for i, d := range c.terms {
		for n := range d.Len() {
			if is(string(d.At(n).Text)) {
				scores[c.ids[i]] = 1
			}
		}
	}
	return scores
}

// highlight marks the terms of a query in a text.
func (c *corpus) highlight(text, query string) string {
	terms := c.query(query)
	var b strings.Builder
	last := 0
	c.analyzer.Each([]byte(text), &Scratch{}, func(k Token) bool {
		if slices.ContainsFunc(terms, func(term []byte) bool { return bytes.Equal(term, k.Term) }) {
			fmt.Fprintf(&b, "%s<em>%s</em>", text[last:k.Start], text[k.Start:k.End])
			last = k.End
		}
		return true
	})
	return b.String() + text[last:]
}

// search returns the scores of the documents that a clause finds.
func (c *corpus) search(t *testing.T, clause, text string) map[string]float64 {
	t.Helper()
	switch clause {
	case "match", "term": // a term of a keyword
		return c.match(text)
	case "match_phrase":
		return c.phrase(text)
	case "prefix":
		return c.having(func(term string) bool { return strings.HasPrefix(term, text) })
	}
	t.Fatalf("a clause %s is recorded", clause)
	return nil
}

// compare compares the hits of one clause with those that were recorded.
func (c *corpus) compare(t *testing.T, clause, text string, hits []hit) {
	t.Helper()
	found := c.search(t, clause, text)
	if len(hits) != len(found) {
		t.Errorf("%d hits, %d recorded", len(found), len(hits))
	}
	for _, h := range hits {
		score, ok := found[h.ID]
		if clause == "term" {
			score = h.Score // a keyword has no length, which is not this package's concern
		}
		if !ok || math.Abs(score-h.Score) > 1e-5*h.Score {
			t.Errorf("%s: a score of %v, recorded %v", h.ID, score, h.Score)
		}
		for _, want := range h.Highlight {
			if got := c.highlight(c.texts[slices.Index(c.ids, h.ID)], text); got != want[0] {
				t.Errorf("%s: highlighted %q, recorded %q", h.ID, got, want)
			}
		}
	}
}

func TestRecordings(t *testing.T) {
	fields := map[string]*corpus{
		"t": newCorpus(t, "standard"), "t.simple": newCorpus(t, "simple"), "t.ws": newCorpus(t, "whitespace"),
		"t.k": newCorpus(t, "keyword"),
	}
	compared := 0
	for _, line := range recordings(t, "analysis.jsonl") {
		var r recorded
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		for _, step := range r.Steps {
			for clause, of := range step.Request.Body.Query {
				for field, text := range of {
					t.Run(r.Name, func(t *testing.T) {
						fields[field].compare(t, clause, text, step.Response.Result.Hits)
					})
					compared++
				}
			}
		}
	}
	if compared < 59 {
		t.Errorf("%d searches compared", compared)
	}
}
