package bulk

import (
	"testing"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/javascript"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/search"
)

// Whatever the lines are, they are read to the end or refused: each is an action, or belongs to one.
func FuzzParseLines(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{"index":{"_id":"a"}},{"n":1},{"delete":{"_id":"a"}}]`, `[{"update":{"_id":"a"}},{"doc":{},"upsert":{}}]`,
		`[{"index":{"_id":null,"pipeline":"_none","_source":{}}},5]`, `[{"create":{}}]`, `[{"\ud800":{}}]`, `[5,"x",[]]`,
		`[{"delete":{"_id":[]}}]`, `[{"update":{"_id":"a"}},{"doc":{"script":"x"}}]`, `[{"index":{"":1}},{}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := javascript.Normalize(text)
		if err != nil || list[0] != '[' {
			return
		}
		_ = search.CheckScripts(list)
		operations, err := parseLines(list)
		if err != nil {
			return
		}
		lines := 0
		for range request.Elements(list) {
			lines++
		}
		for _, op := range operations {
			if lines--; op.action == "delete" {
				continue
			}
			if lines--; len(op.source) == 0 {
				t.Fatalf("%s: %s has nothing to write", list, op.action)
			}
		}
		if lines != 0 {
			t.Fatalf("%s: %d operations leave %d lines", list, len(operations), lines)
		}
	})
}
