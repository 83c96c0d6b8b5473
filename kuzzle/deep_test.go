package kuzzle

import (
	"strings"
	"testing"
)

// Lists whose elements are nested more deeply than a document can be are read, and refused where they would be stored.
func TestDeepLists(t *testing.T) {
	r := newDialog(t)
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	for ask, status := range map[string]float64{
		`"document","action":"mCreate","body":{"documents":[{"_id":"a","body":{"a":` + deep + `}}]}`:      200,
		`"document","action":"mUpsert","body":{"documents":[{"_id":"a","changes":{"a":` + deep + `}}]}`:   200,
		`"document","action":"create","body":[` + deep + `]`:                                              400,
		`"document","action":"mGet","body":{"ids":[` + deep + `]}`:                                        200,
		`"document","action":"mDelete","body":{"ids":[` + deep + `]}`:                                     200,
		`"document","action":"deleteFields","_id":"a","body":{"fields":[` + deep + `]}`:                   404,
		`"document","action":"search","body":{"query":{"terms":{"a":[` + deep + `]}}}`:                    400,
		`"bulk","action":"import","body":{"bulkData":[{"index":{"_id":"a"}},{"a":` + deep + `}]}`:         200,
		`"bulk","action":"import","body":{"bulkData":[` + deep + `]}`:                                     400,
		`"bulk","action":"mWrite","body":{"documents":[{"_id":"a","body":{"a":` + deep + `}}]}`:           200,
		`"index","action":"mDelete","body":{"indexes":[` + deep + `]}`:                                    200,
		`"collection","action":"validateSpecifications","body":{"fields":{"a":{"type":` + deep + `}}}`:    200,
		`"realtime","action":"publish","body":[` + deep + `]`:                                             200,
		`"server","action":"healthCheck","services":[` + deep + `]`:                                       200,
		`"admin","action":"loadFixtures","body":{"i":{"c":[{"index":{"_id":"a"}},{"a":[` + deep + `]}]}}`: 206,
	} {
		e := turn{ask: `{"controller":` + ask + `}`}
		if got := r.ask(e.request(t), false); got["status"] != status {
			t.Errorf("%.100s: status %v, want %v: %v", ask, got["status"], status, got["error"])
		}
	}
	if got := r.must(t, `{"controller":"document","action":"exists","_id":"a"}`); got != "false" {
		t.Error("a document is stored that is nested too deeply")
	}
}
