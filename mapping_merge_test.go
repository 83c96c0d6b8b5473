package kuzzlite

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/mapping"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The order in which recorded updates have put new keys behind those that were there.
func TestPreparedMerge(t *testing.T) {
	compared := 0
	for _, file := range []string{"mupsert", "document", "writes"} {
		for name, steps := range readVectors(t, file) {
			stored := map[string]json.RawMessage{}
			for n, step := range steps {
				for _, done := range recordedSources(t, &step) {
					before, changes := stored[done.ID], recordedChanges(&step, done.ID)
					stored[done.ID] = done.Source
					if before == nil || done.Created || changes == nil {
						continue
					}
					merged, _ := mergeInto(nil, before, rawjson.Compile(changes), MergeElasticsearch)
					got := mapping.Updated(before, changes, merged).Names()
					slices.SortStableFunc(got, compareIndexes) // the answer has been through JavaScript
					if want := mapping.Sent(done.Source).Names(); !slices.Equal(got, want) {
						t.Errorf("%s, step %d: %s has %q, want %q", name, n, done.ID, got, want)
					}
					compared++
				}
			}
		}
	}
	t.Logf("%d compared", compared)
	if compared < 100 {
		t.Errorf("%d compared", compared)
	}
}

func compareIndexes(a, b string) int {
	place := func(key string) uint64 {
		n, err := strconv.ParseUint(key, 10, 32)
		if err != nil || n == math.MaxUint32 || strconv.FormatUint(n, 10) != key {
			return math.MaxUint64 // no index
		}
		return n
	}
	return cmp.Compare(place(a), place(b))
}

// recordedSource is a document as an answer shows it.
type recordedSource struct {
	ID      string          `json:"_id"`
	Source  json.RawMessage `json:"_source"`
	Created bool            `json:"created"`
}

func recordedSources(t *testing.T, step *vectorStep) []recordedSource {
	t.Helper()
	var result struct {
		Successes []recordedSource
	}
	action := vectorRequest{args: step.Request}
	if action.text("action") == "mUpsert" && step.Response.Status == 200 {
		if err := json.Unmarshal(compacted(t, step.Response.Result.text), &result); err != nil {
			t.Fatal(err)
		}
	}
	return result.Successes
}

func compacted(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, text); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// recordedChanges returns the changes of a request to a document, as Kuzzle prepares them; nil if there are none, or
// several.
func recordedChanges(step *vectorStep, id string) (changes []byte) {
	var items []struct {
		ID      any `json:"_id"`
		Changes json.RawMessage
	}
	q := vectorRequest{args: step.Request}
	_ = json.Unmarshal(q.body("documents"), &items)
	for _, it := range items {
		compact, _ := rawjson.Compact(it.Changes, 0)
		if it.ID != id || !isObject(compact) {
			continue
		}
		if changes != nil {
			return nil
		}
		changes = (&stamp{on: true, now: 1}).changes(compact, MergeElasticsearch)
	}
	return changes
}
