package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// The scores of the recorded searches: those of all hits, and the order of hits by them.

func TestReplayScores(t *testing.T) {
	sets := map[string]*dataset{}
	compared := 0
	for _, file := range append(replayed, "relevance") {
		for _, s := range scenarios(t, file) {
			if slices.Contains(guessed, s.Dataset) {
				continue
			}
			for _, step := range s.Steps {
				body := &step.Request.Body
				isByField := body.Sort != nil && !bytes.Contains(body.Sort, []byte("_score"))
				if !step.isQuery() || step.otherwise() != "" || isByField || step.Response.Error != nil ||
					step.Request.Action != "search" || laterSteps[s.Name] != "" {
					continue
				}
				if sets[s.Dataset] == nil {
					load := loadDataset
					if s.Dataset == "loose" {
						load = loadGuessed
					}
					sets[s.Dataset] = load(t, s.Dataset)
				}
				compared++
				if difference := step.replayScores(t, sets[s.Dataset]); difference != "" {
					t.Errorf("%s: %s\n%s", s.Name, step.Request.Body.Query, difference)
				}
			}
		}
	}
	t.Logf("%d steps are as recorded", compared)
	if compared < 300 {
		t.Errorf("only %d steps are compared", compared)
	}
}

// scoredHit is a document with its score.
type scoredHit struct {
	ID    string   `json:"_id"`
	Score *float32 `json:"_score"`
}

// replayScores returns what is not as recorded, "" if nothing is.
func (s *step) replayScores(t *testing.T, d *dataset) string {
	t.Helper()
	var result struct{ Hits []scoredHit }
	if err := json.Unmarshal(s.Response.Result, &result); err != nil {
		return err.Error()
	}
	query := s.Request.Body.Query
	if query == nil {
		query = []byte("{}")
	}
	all, err := d.scored(query, s.Request.Lang)
	if err != nil {
		return err.Error()
	}
	scores := map[string]float32{}
	for _, hit := range all {
		scores[hit.ID] = *hit.Score
	}
	for _, want := range result.Hits {
		if want.Score == nil {
			return "a hit without a score"
		}
		got, ok := scores[want.ID]
		if !ok {
			return want.ID + " is not found"
		}
		if off := math.Abs(float64(got - *want.Score)); off > 1e-5*float64(*want.Score) {
			return fmt.Sprintf("%s scores %v, want %v", want.ID, got, *want.Score)
		}
	}
	if s.Request.Body.Sort != nil || s.Request.Body.PostFilter != nil {
		return ""
	}
	slices.SortStableFunc(all, func(a, b scoredHit) int {
		switch {
		case *a.Score > *b.Score:
			return -1
		case *a.Score < *b.Score:
			return 1
		}
		return 0
	})
	from := 0
	if s.Request.From != nil {
		from = *s.Request.From
	}
	var got, want []string
	for i, hit := range result.Hits {
		got, want = append(got, all[from+i].ID), append(want, hit.ID)
	}
	return differ("hits", strings.Join(got, " "), strings.Join(want, " "))
}

// scored returns the documents that match a query, with their scores.
func (d *dataset) scored(query []byte, lang string) (hits []scoredHit, err error) {
	parse := ParseElasticsearch
	if lang == "koncorde" {
		parse = ParseKoncordeSearch
	}
	q, err := parse(query)
	if err != nil {
		return nil, err
	}
	s, err := NewScorer(q, d.options())
	if err != nil {
		return nil, err
	}
	if s.NeedsStatistics() {
		for _, doc := range d.docs {
			s.Observe(doc.id, doc.body)
		}
	}
	s.Settle()
	for _, doc := range d.docs {
		score, ok, err := s.Score(doc.id, doc.body)
		if err != nil {
			return nil, err
		}
		if ok {
			hits = append(hits, scoredHit{doc.id, &score})
		}
	}
	return hits, nil
}
