package kuzzle

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
)

// What a real Kuzzle answered to searches, in ../testdata/kuzzle/search. Hits that nothing in the request settles the order
// of come as Elasticsearch had them: what was written last comes last.

// searchScenario is a line of a file of recorded searches.
type searchScenario struct {
	Name, Dataset string
	Also          []string
	Fresh         bool
	Steps         []struct {
		Clauses  []string
		Request  json.RawMessage
		Response response
		AnyText  bool
	}
}

func TestReplaySearches(t *testing.T) { replaySearches(t, false) }

// With indexes of the words of all texts the answers are the same.
func TestReplaySearchesIndexed(t *testing.T) { replaySearches(t, true) }

func replaySearches(t *testing.T, indexed bool) {
	waiting := readWaiting(t)
	files, err := filepath.Glob(filepath.Join(searches, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	r := newReplay(t)
	loaded := map[string]bool{}
	right, failed := 0, map[string]string{}
	for _, file := range files {
		for _, s := range readLines[searchScenario](t, file) {
			for _, set := range append(s.Also, s.Dataset) {
				if !loaded[set] && set != "" {
					loadDataset(t, r, searches, set, indexed)
					loaded[set] = true
				}
			}
			r.labels = map[string]any{}
			for i, step := range s.Steps {
				name := fmt.Sprintf("%s %d", s.Name, i)
				why := r.searchStep(step.Request, &step.Response, step.AnyText)
				if why == "" {
					right++
					continue
				}
				failed[name] = why
				if waiting[name] == "" {
					t.Errorf("%s: %s\n%s", name, step.Request, why)
				}
			}
		}
	}
	t.Logf("%d steps as recorded", right)
	mustWait(t, waiting, failed, true)
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

// searches is the directory of the recordings.
var searches = filepath.Join("..", "testdata", "kuzzle", "search")

// mostWritten is how many documents a call of a program may write.
const mostWritten = 200

// loadDataset makes the collection of a data set, which is a file of a directory of recordings.
func loadDataset(t *testing.T, r *replay, recordings, name string, indexed bool) {
	t.Helper()
	lines := readLines[map[string]json.RawMessage](t, filepath.Join(recordings, "datasets", name+".jsonl"))
	place := fmt.Sprintf(`"index":%s,"collection":%s`, lines[0]["index"], lines[0]["collection"])
	r.mustAsk(t, fmt.Appendf(nil, `{"controller":"collection","action":"create",%s,"body":{"mappings":%s}}`,
		place, lines[0]["mappings"]))
	if indexed {
		var index, collection string
		_ = json.Unmarshal(lines[0]["index"], &index)
		_ = json.Unmarshal(lines[0]["collection"], &collection)
		indexWords(t, r.server.services.Store.Bare.Collection(index, collection), "", lines[0]["mappings"])
	}
	for documents := range slices.Chunk(lines[1:], mostWritten) {
		r.mustAsk(t, fmt.Appendf(nil, `{"controller":"bulk","action":"mWrite",%s,"body":{"documents":%s}}`,
			place, text(documents)))
	}
	r.mustAsk(t, fmt.Appendf(nil, `{"controller":"collection","action":"refresh",%s}`, place))
}

// mustAsk makes a request that succeeds, of all documents in it.
func (r *replay) mustAsk(t *testing.T, request json.RawMessage) {
	t.Helper()
	got := r.ask(request, false)
	result, _ := got["result"].(map[string]any)
	if refused, _ := result["errors"].([]any); got["status"] != 200.0 || len(refused) > 0 {
		t.Fatalf("%.200s: %v %v", request, got["error"], refused)
	}
}

// indexWords makes indexes of the words of all texts of a mapping.
func indexWords(t *testing.T, c *kuzzlite.Collection, path string, mapping json.RawMessage) {
	t.Helper()
	var m struct {
		Type, Analyzer     string
		Properties, Fields map[string]json.RawMessage
	}
	if err := json.Unmarshal(mapping, &m); err != nil {
		t.Fatal(err)
	}
	if m.Type == "text" {
		analyzer := cmp.Or(m.Analyzer, "standard")
		i := kuzzlite.FieldIndex{
			Name: path + " " + analyzer, Kind: kuzzlite.FieldIndexText, Fields: []string{path}, Analyzer: analyzer,
		}
		if err := c.EnsureFieldIndex(ctx, i); err != nil {
			t.Fatal(err)
		}
	}
	for _, of := range m.Fields {
		indexWords(t, c, path, of)
	}
	for name, of := range m.Properties {
		indexWords(t, c, strings.TrimPrefix(path+"."+name, "."), of)
	}
}

func (r *replay) searchStep(request json.RawMessage, want *response, anyText bool) string {
	text := string(request)
	if id, ok := r.labels["$scroll"].(string); ok {
		text = strings.ReplaceAll(text, `"$scroll"`, fmt.Sprintf("%q", id))
	}
	got := r.ask([]byte(text), false)
	if result, ok := got["result"].(map[string]any); ok && result["scrollId"] != nil {
		r.labels["$scroll"] = result["scrollId"]
	}
	alignScores(got["result"], want.Result)
	takeAggregations(want.Result, got["result"])
	if anyText && want.Error != nil {
		delete(want.Error, "message")
	}
	if message, ok := want.Error["message"].(string); ok {
		want.Error["message"] = positions.ReplaceAllString(message, "")
		if problem, ok := got["error"].(map[string]any); ok {
			problem["message"] = positions.ReplaceAllString(problem["message"].(string), "")
		}
	}
	return r.compare(want, got)
}

// alignScores makes scores of hits the recorded ones, if they are nearly.
func alignScores(got, want any) {
	g, w := hitsOf(got), hitsOf(want)
	for i := range min(len(g), len(w)) {
		score, ok := g[i]["_score"].(float64)
		recorded, isRecorded := w[i]["_score"].(float64)
		if ok && isRecorded && math.Abs(score-recorded) <= 1e-5*recorded {
			g[i]["_score"] = recorded
		}
	}
}

func hitsOf(result any) (hits []map[string]any) {
	r, _ := result.(map[string]any)
	list, _ := r["hits"].([]any)
	for _, h := range list {
		hits = append(hits, h.(map[string]any))
	}
	return hits
}

// positions are those that Elasticsearch counts in its own request.
var positions = regexp.MustCompile(`^\[\d+:\d+\] | at \[?\d+:\d+\]?`)
