package highlight_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/highlight"
)

// What Elasticsearch answered through a real Kuzzle, in testdata/kuzzle/search. The server replays the same requests.

var recorded = filepath.Join("..", "..", "testdata", "kuzzle", "search")

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

// dataset is a data set of the recordings.
type dataset struct {
	schema *query.Schema
	docs   map[string][]byte
}

func readDataset(t testing.TB, name string) *dataset {
	t.Helper()
	path := filepath.Join(recorded, "datasets", name)
	lines := readLines[struct {
		ID             string `json:"_id"`
		Mappings, Body json.RawMessage
	}](t, path+".jsonl")
	mapping := lines[0].Mappings
	if inferred, err := os.ReadFile(path + "-mapping.json"); err == nil {
		mapping = fmt.Appendf(nil, `{"properties":%s}`, inferred)
	}
	set := &dataset{docs: map[string][]byte{}}
	var err error
	if set.schema, err = query.ParseMapping(mapping); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, line := range lines[1:] {
		set.docs[line.ID] = line.Body
	}
	return set
}

type step struct {
	Request struct {
		Body struct{ Query, Highlight json.RawMessage }
	}
	Response struct {
		Result struct {
			Hits []struct {
				ID        string `json:"_id"`
				Highlight any
			}
		}
		Error *struct{ Message string }
	}
}

// positions are those that Elasticsearch counts in its own request.
var positions = regexp.MustCompile(`^\[\d+:\d+\] `)

func TestReplay(t *testing.T) {
	sets := map[string]*dataset{}
	hits, refused := 0, 0
	for _, name := range []string{"highlight", "errors-highlight", "analysis", "mixed"} {
		for _, s := range readLines[struct {
			Name, Dataset string
			Steps         []step
		}](t, filepath.Join(recorded, name+".jsonl")) {
			if sets[s.Dataset] == nil {
				sets[s.Dataset] = readDataset(t, s.Dataset)
			}
			for i := range s.Steps {
				if s.Steps[i].Request.Body.Highlight == nil {
					continue
				}
				if s.Steps[i].Response.Error != nil {
					refused++
				}
				hits += len(s.Steps[i].Response.Result.Hits)
				if why := s.Steps[i].replay(sets[s.Dataset]); why != "" {
					t.Errorf("%s: %s\n%s\n%s", s.Name, s.Steps[i].Request.Body.Query, s.Steps[i].Request.Body.Highlight, why)
				}
			}
		}
	}
	t.Logf("%d hits and %d errors as recorded", hits, refused)
	if hits < 300 || refused < 6 {
		t.Errorf("only %d hits and %d errors were compared", hits, refused)
	}
}

// replay returns what is not as recorded, "" if nothing is.
func (s *step) replay(set *dataset) string {
	h, err := compile(s.Request.Body.Query, s.Request.Body.Highlight, set.schema)
	if want := s.Response.Error; want != nil {
		if of := (*highlight.Error)(nil); !errors.As(err, &of) || of.Reason != positions.ReplaceAllString(want.Message, "") {
			return fmt.Sprintf("error %v\nwant %s", err, want.Message)
		}
		return ""
	}
	if err != nil {
		return err.Error()
	}
	for _, hit := range s.Response.Result.Hits {
		got, err := h.Highlight(hit.ID, set.docs[hit.ID])
		if err != nil {
			return err.Error()
		}
		var parsed any
		if got != nil {
			if err := json.Unmarshal(got, &parsed); err != nil {
				return err.Error()
			}
		}
		if !reflect.DeepEqual(parsed, hit.Highlight) {
			want, _ := json.Marshal(hit.Highlight)
			return fmt.Sprintf("%s:\n%s\nwant\n%s", hit.ID, got, want)
		}
	}
	return ""
}

func compile(q, request []byte, schema *query.Schema) (*highlight.Highlighter, error) {
	r, err := highlight.Parse(request)
	if err != nil {
		return nil, err
	}
	parsed, err := query.ParseElasticsearch(q)
	if err != nil {
		return nil, err
	}
	return r.Compile(parsed, &highlight.Options{Schema: schema})
}
