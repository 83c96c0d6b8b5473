package query

import (
	"bufio"
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// Recorded searches of the full-text clauses: what Elasticsearch answered, over the documents that it had.

var searches = filepath.Join("..", "testdata", "kuzzle", "search")

// dataSet is the documents of some recordings, and what their mapping says.
type dataSet struct {
	mapping testMapping
	ids     []string
	docs    [][]byte
}

func readLines(t *testing.T, name string, each func(line []byte)) {
	t.Helper()
	file, err := os.Open(filepath.Join(searches, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := bufio.NewScanner(file)
	s.Buffer(nil, 1<<24)
	for s.Scan() {
		each(s.Bytes())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
}

func loadDataSet(t *testing.T, name string) *dataSet {
	set := &dataSet{mapping: testMapping{}}
	readLines(t, filepath.Join("datasets", name+".jsonl"), func(line []byte) {
		var one struct {
			Mappings json.RawMessage
			ID       string `json:"_id"`
			Body     json.RawMessage
		}
		if err := json.Unmarshal(line, &one); err != nil {
			t.Fatal(err)
		}
		if one.Mappings != nil {
			set.mapping.add(t, "", one.Mappings)
			return
		}
		doc, err := rawjson.Compact(one.Body, 0)
		if err != nil {
			t.Fatal(err)
		}
		set.ids, set.docs = append(set.ids, one.ID), append(set.docs, doc)
	})
	return set
}

// Terms implements Terms.
func (set *dataSet) Terms(name string, prefix string, yield func([]byte) bool) {
	var all analysis.Terms
	f := set.mapping[name]
	for _, doc := range set.docs {
		var fields fieldpath.Fields
		var values fieldpath.Values
		slot := fields.Each(f.path)
		fields.Collect(doc, &values)
		for _, v := range values.Of(slot) {
			if a := f.words; a != nil && v[0] != 'n' {
				all.Add(a, []byte(scalarText(v)), analysis.PositionGap)
			} else if v[0] != 'n' {
				keyword, _ := analysis.Lookup("keyword")
				all.Add(keyword, []byte(scalarText(v)), 0)
			}
		}
	}
	for i := range all.Len() {
		if term := all.At(i).Text; strings.HasPrefix(string(term), prefix) && !yield(term) {
			return
		}
	}
}

// step is a recorded request and its answer.
type step struct {
	Request struct {
		Action string
		From   int
		Size   *int
		Body   struct {
			Query json.RawMessage
			Sort  json.RawMessage
		}
	}
	Response struct {
		Result json.RawMessage
		Error  *struct{ Message, ID string }
	}
	AnyText bool
}

// result is the answer of a search.
type result struct {
	Total int
	Hits  []struct {
		ID string `json:"_id"`
	}
}

// run returns the ids of the documents that match, in the order of their n or the opposite.
func (set *dataSet) run(query []byte) (found []string, err error) {
	q, err := ParseElasticsearch(query)
	if err != nil {
		return nil, err
	}
	var m *Matcher
	if len(set.mapping) == 0 { // Elasticsearch has inferred one, which is as none for texts
		m, err = Compile(q, nil)
	} else {
		m, err = compileMapped(q, &set.mapping, set)
	}
	if err != nil {
		return nil, err
	}
	for i, doc := range set.docs {
		if m.Match(set.ids[i], doc) {
			found = append(found, set.ids[i])
		}
	}
	return found, nil
}

func compileMapped(q *Query, mapped mapping, terms Terms) (*Matcher, error) {
	c := compiler{fields: &fieldpath.Fields{}, mapping: mapped, terms: terms}
	t, err := q.root().compile(&c)
	if err != nil {
		return nil, err
	}
	return &Matcher{fields: c.fields, test: t}, nil
}

// unlike are the steps that cannot be compared, with the reason.
var unlike = map[string]string{
	"errors-query/match-value-04": dates,
	"errors-query/match-value-05": dates,

	"errors-query/simple_query_string-09": dates,

	"query_string/query_string-28": "time_zone is not supported",
}

const dates = "the mapping of this test knows no formats of dates"

func TestReplayText(t *testing.T) {
	sets := map[string]*dataSet{}
	count := 0
	for _, file := range []string{
		"match", "phrase", "phrase_prefix", "bool_prefix", "multi_match", "simple_query_string", "query_string", "analysis",
		"errors-query",
	} {
		readLines(t, file+".jsonl", func(line []byte) {
			var scenario struct {
				Name, Dataset string
				Steps         []step
			}
			if err := json.Unmarshal(line, &scenario); err != nil {
				t.Fatal(err)
			}
			for _, s := range scenario.Steps {
				if !isFullText(s.Request.Body.Query) {
					continue
				}
				if sets[scenario.Dataset] == nil {
					sets[scenario.Dataset] = loadDataSet(t, scenario.Dataset)
				}
				problem := s.compare(sets[scenario.Dataset])
				reason := unlike[scenario.Name]
				switch {
				case problem != "" && reason == "":
					t.Errorf("%s: %s: %s", scenario.Name, s.Request.Body.Query, problem)
				case problem == "" && reason != "":
					t.Errorf("%s is as recorded, and listed as unlike: %s", scenario.Name, reason)
				}
				count++
			}
		})
	}
	if count < 100 {
		t.Errorf("only %d steps", count)
	}
	t.Logf("%d steps", count)
}

// isFullText says whether a query is one of the clauses of this test. Kuzzle itself refuses what is no object.
func isFullText(raw []byte) bool {
	if len(raw) == 0 || raw[0] != '{' {
		return false
	}
	compact, err := rawjson.Compact(raw, 0)
	if err != nil {
		return false
	}
	for _, m := range members(compact) {
		if isObject(m.value) && (strings.Contains(m.key, "match") || strings.HasSuffix(m.key, "query_string")) {
			return !strings.HasPrefix(m.key, "match_all") && m.key != "match_none" && !strings.HasPrefix(m.key, "matchall")
		}
		if m.key == "bool" && strings.Contains(string(m.value), "multi_match") {
			return true
		}
	}
	return false
}

// compare returns how what is found differs from the recording, "" if it does not.
func (s *step) compare(set *dataSet) string {
	found, err := set.run(s.Request.Body.Query)
	if s.Response.Error != nil {
		switch {
		case err == nil:
			return "no error, want " + s.Response.Error.Message
		case s.AnyText:
			return ""
		}
		want := withoutPosition(s.Response.Error.Message)
		got := err.Error()
		if e, ok := err.(*DSLError); ok {
			got = e.Reason
		}
		if got != want {
			return "error " + got + ", want " + want
		}
		return ""
	}
	if err != nil {
		return "error " + err.Error()
	}
	var want result
	if err := json.Unmarshal(s.Response.Result, &want); err != nil {
		return err.Error()
	}
	if len(found) != want.Total {
		return "found " + strings.Join(found, " ") + ", want a total of " + string(mustJSON(want.Total))
	}
	return s.compareHits(found, &want)
}

// compareHits compares the ids on the page: in order, if that is the order of the documents, and else as a set.
func (s *step) compareHits(found []string, want *result) string {
	var ids []string
	for _, h := range want.Hits {
		ids = append(ids, h.ID)
	}
	size := 10
	if s.Request.Size != nil {
		size = *s.Request.Size
	}
	switch sort := string(s.Request.Body.Sort); {
	case sort == `[{"n":"desc"}]`:
		slices.Reverse(found)
	case sort == `[{"n":"asc"}]`:
	default:
		if want.Total > size || s.Request.From > 0 {
			for _, id := range ids {
				if !slices.Contains(found, id) {
					return "did not find " + id
				}
			}
			return ""
		}
		slices.Sort(found)
		slices.Sort(ids)
	}
	begin := min(s.Request.From, len(found))
	page := found[begin:min(begin+size, len(found))]
	if !slices.Equal(page, ids) {
		return cmp.Or(strings.Join(page, " "), "nothing") + ", want " + strings.Join(ids, " ")
	}
	return ""
}

func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// withoutPosition removes where in a request an error is.
func withoutPosition(message string) string {
	if i := strings.Index(message, " at 1:"); i >= 0 {
		rest := message[i+len(" at 1:"):]
		return message[:i] + strings.TrimLeft(rest, "0123456789")
	}
	return message
}
