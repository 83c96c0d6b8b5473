package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The recorded searches, one by one: the documents of a data set that match are those that Elasticsearch has found, and
// what it refuses is refused with its text.

// replayed are the files that are compared.
var replayed = []string{
	"basic", "term", "range", "prefix", "wildcard", "regexp", "fuzzy", "errors-query", "bool", "compound", "count",
	"match", "phrase", "phrase_prefix", "bool_prefix", "multi_match", "simple_query_string", "query_string", "analysis",
	"geo", "nested", "koncorde", "sort", "errors-sort", "page", "mixed", "source",
}

// laterSteps are those that cannot be as recorded, and must fail.
var laterSteps = map[string]string{
	"errors-query/terms-lookup-01": "there are no other documents to look terms up in",
	"count/odd-05":                 "about the body around the query",
	"count/odd-07":                 "about the body around the query",
	"count/odd-08":                 "about the body around the query",
	"count/odd-11":                 "about the body around the query",
}

// guessed are the data sets without a mapping: Elasticsearch guesses types of the first values, which a query does not.
var guessed = []string{"open"}

func TestReplay(t *testing.T) {
	sets := map[string]*dataset{}
	compared, later := 0, map[string]int{}
	for _, file := range replayed {
		for _, s := range scenarios(t, file) {
			if slices.Contains(guessed, s.Dataset) {
				later["types are guessed"] += len(s.Steps)
				continue
			}
			if sets[s.Dataset] == nil {
				load := loadDataset
				if s.Dataset == "loose" {
					load = loadGuessed
				}
				sets[s.Dataset] = load(t, s.Dataset)
			}
			for _, step := range s.Steps {
				if !step.isQuery() {
					continue
				}
				if what := step.otherwise(); what != "" {
					later[what]++
					continue
				}
				difference := step.replay(sets[s.Dataset])
				reason := laterSteps[s.Name]
				switch {
				case reason == "" && difference != "":
					t.Errorf("%s: %s\n%s", s.Name, step.Request.Body.Query, difference)
				case reason != "" && difference == "" && !step.AnyText:
					t.Errorf("%s is as recorded, and yet in the list of what is not there: %s", s.Name, reason)
				case reason != "":
					later[reason]++
				default:
					compared++
				}
			}
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(later)) {
		t.Logf("%d steps are not compared: %s", later[reason], reason)
	}
	t.Logf("%d steps are as recorded", compared)
	if compared < 300 {
		t.Errorf("only %d steps are compared", compared)
	}
}

// isQuery says whether a step is a search or a count, in Elasticsearch's language or in that of Koncorde.
func (s *step) isQuery() bool {
	return (s.Request.Lang == "" || s.Request.Lang == "koncorde") && (s.Request.Action == "search" || s.Request.Action == "count")
}

// otherwise says what a step has that is about more than matching and order, "" if nothing.
func (s *step) otherwise() string {
	switch body := &s.Request.Body; {
	case s.Request.Targets != nil:
		return "several collections"
	case body.Collapse != nil:
		return "collapsed hits"
	case body.SearchAfter != nil && strings.Contains(string(body.Sort), `"_score"`):
		return "search_after with a score"
	}
	return ""
}

// replay returns what is not as recorded, "" if nothing is.
func (s *step) replay(d *dataset) string {
	query := s.Request.Body.Query
	if query == nil {
		query = []byte("{}")
	}
	body := &s.Request.Body
	found, err := d.search(query, body.PostFilter, s.Request.Lang)
	total, inOrder := len(found), false
	if err == nil {
		found, inOrder, err = d.sort(found, body.Sort, body.SearchAfter)
	}
	switch {
	case err != nil && s.Response.Error == nil:
		return fmt.Sprintf("refused: %v", err)
	case s.Response.Error != nil && err == nil:
		return fmt.Sprintf("%d hits, not the error %s", len(found), s.Response.Error.Message)
	case err != nil:
		return s.sameReason(err)
	case s.Request.Action == "count":
		var count struct{ Count int }
		if json.Unmarshal(s.Response.Result, &count) != nil {
			_ = json.Unmarshal(s.Response.Result, &count.Count)
		}
		return differ("count", len(found), count.Count)
	}
	return s.sameHits(found, total, inOrder)
}

// positions are those of Elasticsearch's reasons: [1:31] at the beginning, " at 1:31" inside.
var positions = regexp.MustCompile(`^\[\d+:\d+\] | at \d+:\d+`)

// nameOfIndex is the name of the index and the collection in the error about a text that is sorted by.
var nameOfIndex = regexp.MustCompile(` in \[&[^\]]*\]`)

// notAnObject is what Kuzzle makes of a clause that is no object.
var notAnObject = regexp.MustCompile(`^The keyword "(.*)" is not part of Elasticsearch Query DSL\. .*`)

// sameReason compares an error with the recorded one.
func (s *step) sameReason(err error) string {
	if s.AnyText {
		return ""
	}
	want := positions.ReplaceAllString(s.Response.Error.Message, "")
	want = nameOfIndex.ReplaceAllString(want, "")
	want = notAnObject.ReplaceAllString(want, "[$1] query malformed, no start_object after query name")
	var k *KoncordeError
	if errors.As(err, &k) {
		return differ("reason", k.ID+": "+k.Message, s.Response.Error.ID+": "+want)
	}
	var e *DSLError
	if !errors.As(err, &e) {
		return fmt.Sprintf("error %T %v, want %s", err, err, want)
	}
	return differ("reason", e.Reason, want)
}

// differ says that two values differ.
func differ[T comparable](what string, got, want T) string {
	if got == want {
		return ""
	}
	return fmt.Sprintf("%s: %v\nwant: %v", what, got, want)
}

// sameHits compares the documents found with the recorded hits: in order if they are, otherwise as a set if all are on
// the page, and their number in any case.
func (s *step) sameHits(found []stored, total int, inOrder bool) string {
	var result struct {
		Total int
		Hits  []struct {
			ID string `json:"_id"`
		}
	}
	if err := json.Unmarshal(s.Response.Result, &result); err != nil {
		return err.Error()
	}
	if d := differ("total", total, result.Total); d != "" {
		return d
	}
	from, size := 0, 10
	if s.Request.From != nil {
		from = *s.Request.From
	}
	if s.Request.Size != nil {
		size = *s.Request.Size
	}
	if !inOrder && (from > 0 || size < len(found)) {
		return ""
	}
	found = found[min(from, len(found)):]
	found = found[:min(size, len(found))]
	var got, want []string
	for _, f := range found {
		got = append(got, f.id)
	}
	for _, h := range result.Hits {
		want = append(want, h.ID)
	}
	if !inOrder {
		slices.Sort(got)
		slices.Sort(want)
	}
	return differ("hits", strings.Join(got, " "), strings.Join(want, " "))
}
