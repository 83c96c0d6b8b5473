package aggregation_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
)

// What Elasticsearch answered to aggregations through a real Kuzzle, in testdata/kuzzle/search. The server replays the
// same requests; here the fields that Elasticsearch inferred are known, too.

var recorded = filepath.Join("..", "..", "testdata", "kuzzle", "search")

// dataset is a data set of the recordings.
type dataset struct {
	schema *query.Schema
	name   string
	docs   []aggregation.Document
}

func readLines[T any](t testing.TB, path string) (list []T) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		list = append(list, v)
	}
	return list
}

func readDataset(t testing.TB, name string) *dataset {
	t.Helper()
	path := filepath.Join(recorded, "datasets", name)
	lines := readLines[struct {
		ID                string `json:"_id"`
		Index, Collection string
		Mappings, Body    json.RawMessage
	}](t, path+".jsonl")
	set := &dataset{name: "&" + lines[0].Index + "." + lines[0].Collection}
	var mapping struct{ Properties map[string]json.RawMessage }
	if err := json.Unmarshal(lines[0].Mappings, &mapping); err != nil {
		t.Fatal(err)
	}
	if inferred, err := os.ReadFile(path + "-mapping.json"); err == nil {
		if err := json.Unmarshal(inferred, &mapping.Properties); err != nil {
			t.Fatal(err)
		}
	}
	if mapping.Properties == nil {
		mapping.Properties = map[string]json.RawMessage{}
	}
	mapping.Properties["_kuzzle_info"] = json.RawMessage(`{"properties":{"author":{"type":"keyword"},` +
		`"createdAt":{"type":"date"},"updatedAt":{"type":"date"},"updater":{"type":"keyword"}}}`)
	raw, _ := json.Marshal(map[string]any{"properties": mapping.Properties})
	var err error
	if set.schema, err = query.ParseMapping(raw); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for i, line := range lines[1:] {
		set.docs = append(set.docs, aggregation.Document{
			ID: line.ID, Source: line.Body, Index: set.name, Sequence: uint64(i),
		})
	}
	return set
}

// aggregate runs aggregations over what a query matches.
func (s *dataset) aggregate(q, aggs []byte) (json.RawMessage, error) {
	request, err := aggregation.Parse(aggs)
	if err != nil {
		return nil, err
	}
	found := query.All()
	if q != nil {
		if found, err = query.ParseElasticsearch(q); err != nil {
			return nil, err
		}
	}
	matcher, err := query.Compile(found, &query.Options{Schema: s.schema})
	if err != nil {
		return nil, err
	}
	c := request.Collector(&aggregation.Options{Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	in, err := c.Input(s.name, s.schema)
	if err != nil {
		return nil, err
	}
	for i := range s.docs {
		if matcher.Match(s.docs[i].ID, s.docs[i].Source) {
			err = in.Add(&s.docs[i])
		}
		if request.NeedsAll() && err == nil {
			err = in.AddAny(&s.docs[i])
		}
		if err != nil {
			return nil, err
		}
	}
	return c.Answer()
}

// positions are those that Elasticsearch counts in its own request.
var positions = regexp.MustCompile(`^\[\d+:\d+\] | at \[?\d+:\d+\]?`)

func TestReplay(t *testing.T) {
	sets := map[string]*dataset{}
	right := 0
	for _, pattern := range []string{"aggs-*.jsonl", "errors-aggs.jsonl", "mixed.jsonl"} {
		files, err := filepath.Glob(filepath.Join(recorded, pattern))
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			for _, s := range readLines[scenario](t, file) {
				if sets[s.Dataset] == nil {
					sets[s.Dataset] = readDataset(t, s.Dataset)
				}
				for _, step := range s.Steps {
					aggs := step.Request.Body.Aggregations
					if aggs == nil {
						aggs = step.Request.Body.Aggs
					}
					if aggs == nil {
						continue
					}
					if why := step.replay(sets[s.Dataset], aggs); why != "" {
						t.Errorf("%s: %s\n%s", s.Name, aggs, why)
						continue
					}
					right++
				}
			}
		}
	}
	t.Logf("%d answers as recorded", right)
	if right < 250 {
		t.Errorf("only %d answers were compared", right)
	}
}

type scenario struct {
	Name, Dataset string
	Steps         []step
}

type step struct {
	Request struct {
		Body struct {
			Query, Aggs, Aggregations json.RawMessage
		}
	}
	Response struct {
		Result struct{ Aggregations any }
		Error  *struct{ Message string }
	}
	AnyText bool
}

func (s *step) replay(set *dataset, aggs json.RawMessage) string {
	answer, err := set.aggregate(s.Request.Body.Query, aggs)
	if want := s.Response.Error; want != nil {
		text := reasonOf(err)
		if err == nil || !s.AnyText && text != positions.ReplaceAllString(want.Message, "") {
			return fmt.Sprintf("error %v\nwant %s", err, want.Message)
		}
		return ""
	}
	if err != nil {
		return fmt.Sprintf("error %v", err)
	}
	var got any
	if err := json.Unmarshal(answer, &got); err != nil {
		return fmt.Sprintf("%v: %s", err, answer)
	}
	if !same(s.Response.Result.Aggregations, got) {
		want, _ := json.Marshal(s.Response.Result.Aggregations)
		got, _ := json.Marshal(got)
		return fmt.Sprintf("got  %s\nwant %s", got, want)
	}
	return ""
}

// reasonOf returns Elasticsearch's text of an error.
func reasonOf(err error) string {
	var ours *aggregation.Error
	var ofQuery *query.DSLError
	switch {
	case errors.As(err, &ours):
		return ours.Reason
	case errors.As(err, &ofQuery):
		return ofQuery.Reason
	}
	return fmt.Sprint(err)
}

// same says whether two decoded values agree, numbers to 1 in 100,000.
func same(want, got any) bool {
	switch w := want.(type) {
	case float64:
		g, ok := got.(float64)
		return ok && (w == g || math.Abs(w-g) <= 1e-5*max(math.Abs(w), math.Abs(g)))
	case []any:
		g, ok := got.([]any)
		if !ok || len(w) != len(g) {
			return false
		}
		for i := range w {
			if !same(w[i], g[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(w) != len(g) {
			return false
		}
		for key := range w {
			if _, ok := g[key]; !ok || !same(w[key], g[key]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(want, got)
}
