package query

import (
	"encoding/json"
	"testing"
)

func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// Without a mapping a string has words, as the mapping that Elasticsearch infers says: what is searched for in texts is
// found alike.
func TestReplayWithoutMapping(t *testing.T) {
	set := loadDataset(t, "loose")
	compared := 0
	for _, file := range []string{"match", "phrase", "bool_prefix", "simple_query_string"} {
		for _, s := range scenarios(t, file) {
			if s.Dataset != "loose" {
				continue
			}
			for _, step := range s.Steps {
				compared++
				if difference := step.replay(set); difference != "" {
					t.Errorf("%s: %s\n%s", s.Name, step.Request.Body.Query, difference)
				}
			}
		}
	}
	if compared < 10 {
		t.Errorf("only %d steps", compared)
	}
}
