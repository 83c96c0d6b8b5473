package route

import (
	"fmt"
	"testing"
)

func TestFind(t *testing.T) {
	table := NewTable(All)
	for _, tt := range []struct{ verb, path, want string }{
		{"GET", "/_now", "server:now []"},
		{"GET", "/", "server:info []"},
		{"GET", "//_now/", "server:now []"},
		{"GET", "/nyc/taxi/1", "document:get [{index nyc} {collection taxi} {_id 1}]"},
		{"GET", "/nyc/taxi/_search", "document:search [{index nyc} {collection taxi}]"},
		{"GET", "/nyc/taxi/a%2Fb%20c", "document:get [{index nyc} {collection taxi} {_id a/b c}]"},
		{"GET", "/nyc/taxi/%ZZ", "document:get [{index nyc} {collection taxi} {_id %ZZ}]"},
		{"POST", "/nyc/taxi/1/_upsert", "document:upsert [{index nyc} {collection taxi} {_id 1}]"},
		{"POST", "/nyc/taxi/_mUpsert", "document:mUpsert [{index nyc} {collection taxi}]"},
		{"DELETE", "/nyc", "index:delete [{index nyc}]"},
		{"DELETE", "/", "index:delete [{index }]"},
		{"POST", "/", "none"},
		{"GET", "/users/foo/bar", "none"}, // there is no way back to a placeholder
		{"GET", "/NYC/taxi/_Search", "document:get [{index NYC} {collection taxi} {_id _Search}]"},
		{"GET", "/nyc/taxi/1/2/3", "none"},
		{"TRACE", "/", "none"},
	} {
		got := "none"
		if r, args := table.Find(tt.verb, tt.path); r != nil {
			got = fmt.Sprint(r.Controller, ":", r.Action, " ", args)
		}
		if got != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.verb, tt.path, got, tt.want)
		}
	}
	if !table.Knows("PATCH") || table.Knows("TRACE") {
		t.Error("it does not know its verbs")
	}
}

// Each route leads to itself, but for two with one path and verb.
func TestRoutes(t *testing.T) {
	table := NewTable(All)
	for _, r := range All {
		found, _ := table.Find(r.Verb, r.Path)
		if found == nil || found.Controller != r.Controller || found.Action != r.Action {
			t.Errorf("%s %s leads to %v", r.Verb, r.Path, found)
		}
		if len(table.Of(r.Controller, r.Action)) == 0 {
			t.Errorf("%s:%s has no route", r.Controller, r.Action)
		}
	}
}
