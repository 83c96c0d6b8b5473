package query

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Recorded searches about places and nested objects, and in Koncorde's language, on documents without a mapping.

// mappingDecides are searches that are answered as recorded only with the mapping of the data set.
var mappingDecides = []string{
	"koncorde/search-06",               // a word of a text
	"koncorde/search-71",               // an object that is not searched
	"errors-query/geo_distance-16",     // a field that is not there
	"errors-query/geo_bounding_box-09", // a keyword
	"errors-query/geo_polygon-08",      // a keyword
	"errors-query/nested-14",           // the size of inner hits
}

// koncordeReplay has the recorded searches, and the data sets that they are about.
type koncordeReplay struct {
	*testing.T
	sets map[string][]replayedDocument
}

type replayedDocument struct {
	id   string
	body []byte
}

// replayedStep is a recorded search.
type replayedStep struct {
	name    string
	dataset string
	Request struct {
		Lang string
		Body struct{ Query json.RawMessage }
	}
	Response struct {
		Status int
		Result json.RawMessage
		Error  struct{ ID, Message string }
	}
}

// lines calls f with each line of a file of recordings.
func (r koncordeReplay) lines(name string, f func(line []byte)) {
	r.Helper()
	file, err := os.Open(filepath.Join("..", "testdata", "kuzzle", "search", name))
	if err != nil {
		r.Fatal(err)
	}
	defer file.Close()
	s := bufio.NewScanner(file)
	s.Buffer(nil, 1<<24)
	for s.Scan() {
		f(s.Bytes())
	}
	if err := s.Err(); err != nil {
		r.Fatal(err)
	}
}

// documents returns those of a data set.
func (r koncordeReplay) documents(set string) []replayedDocument {
	if _, ok := r.sets[set]; !ok {
		r.lines(filepath.Join("datasets", set+".jsonl"), func(line []byte) {
			var doc struct {
				ID   string `json:"_id"`
				Body json.RawMessage
			}
			if err := json.Unmarshal(line, &doc); err != nil {
				r.Fatal(err)
			}
			if doc.ID == "" {
				return // the mapping
			}
			body, err := rawjson.Compact(doc.Body, 0)
			if err != nil {
				r.Fatal(err)
			}
			r.sets[set] = append(r.sets[set], replayedDocument{doc.ID, body})
		})
	}
	return r.sets[set]
}

// steps returns the recorded searches of a file.
func (r koncordeReplay) steps(name string) (list []replayedStep) {
	r.lines(name, func(line []byte) {
		var scenario struct {
			Name, Dataset string
			Steps         []replayedStep
		}
		if err := json.Unmarshal(line, &scenario); err != nil {
			r.Fatal(err)
		}
		for _, s := range scenario.Steps {
			s.name, s.dataset = scenario.Name, scenario.Dataset
			list = append(list, s)
		}
	})
	return list
}

// compare says whether a step was compared: steps with clauses that are not there yet are not.
func (r koncordeReplay) compare(s replayedStep) bool {
	parse := ParseElasticsearch
	if s.Request.Lang == "koncorde" {
		parse = ParseKoncordeSearch
	}
	q, err := parse(withoutInnerHits(s.Request.Body.Query))
	if err == nil {
		var m *Matcher
		if m, err = Compile(q, nil); err == nil {
			return r.compareFound(s, m)
		}
	}
	return r.compareError(s, err)
}

// withoutInnerHits returns a query without inner_hits, which change nothing of what is found; but wrong ones stay.
func withoutInnerHits(query []byte) []byte {
	var clean func(v any) any
	clean = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			if hits, _ := v["inner_hits"].(map[string]any); hits["foo"] == nil {
				delete(v, "inner_hits")
			}
			for key := range v {
				v[key] = clean(v[key])
			}
		case []any:
			for i := range v {
				v[i] = clean(v[i])
			}
		}
		return v
	}
	if !bytes.Contains(query, []byte("inner_hits")) {
		return query
	}
	raw, err := json.Marshal(clean(decode(query)))
	if err != nil {
		panic(err)
	}
	return raw
}

func (r koncordeReplay) compareFound(s replayedStep, m *Matcher) bool {
	if s.Response.Status != 200 {
		r.Errorf("%s: %s was not refused: %s", s.name, s.Request.Body.Query, s.Response.Error.Message)
		return true
	}
	var result struct {
		Total int
		Hits  []struct {
			ID string `json:"_id"`
		}
	}
	if err := json.Unmarshal(s.Response.Result, &result); err != nil {
		r.Fatal(err)
	}
	var found []string
	for _, d := range r.documents(s.dataset) {
		if m.Match(d.id, d.body) {
			found = append(found, d.id)
		}
	}
	if len(found) != result.Total {
		r.Errorf("%s: %s: %d found, not %d", s.name, s.Request.Body.Query, len(found), result.Total)
	}
	for _, h := range result.Hits {
		if !slices.Contains(found, h.ID) {
			r.Errorf("%s: %s: %s was not found", s.name, s.Request.Body.Query, h.ID)
		}
	}
	return true
}

func (r koncordeReplay) compareError(s replayedStep, err error) bool {
	if s.Response.Status == 200 {
		return false
	}
	got := err.Error()
	var dsl *DSLError
	if errors.As(err, &dsl) {
		got = dsl.Reason
		if name, ok := strings.CutSuffix(got, "] query malformed, no start_object after query name"); ok {
			got = `The keyword "` + name[1:] + // Kuzzle's text for that
				`" is not part of Elasticsearch Query DSL. Are you trying to use a Koncorde query?`
		}
	}
	var filter *KoncordeError
	if errors.As(err, &filter) && filter.ID != s.Response.Error.ID {
		r.Errorf("%s: %s: error %s, not %s", s.name, s.Request.Body.Query, filter.ID, s.Response.Error.ID)
	}
	want := s.Response.Error.Message
	if _, text, ok := strings.Cut(want, "] "); ok && strings.HasPrefix(want, "[1:") {
		want = text
	}
	if got != want {
		r.Errorf("%s: %s: error %q, not %q", s.name, s.Request.Body.Query, got, want)
	}
	return true
}

func TestReplayPlacesAndNested(t *testing.T) {
	r := koncordeReplay{t, map[string][]replayedDocument{}}
	for _, file := range []struct {
		name  string
		least int // how many searches must be compared: all but those with clauses that are not there yet
	}{{"geo.jsonl", 24}, {"nested.jsonl", 16}, {"koncorde.jsonl", 50}, {"errors-query.jsonl", 12}} {
		compared := 0
		for _, s := range r.steps(file.name) {
			query := s.Request.Body.Query
			ours := bytes.Contains(query, []byte("nested")) || bytes.Contains(query, []byte("geo_"))
			if file.name == "errors-query.jsonl" && !ours {
				continue
			}
			if !slices.Contains(mappingDecides, s.name) && r.compare(s) {
				compared++
			}
		}
		if compared < file.least {
			t.Errorf("%s: only %d searches compared", file.name, compared)
		}
	}
}
