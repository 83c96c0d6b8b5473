package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a filler told and the feed contradicts.
func TestFillingNotices(t *testing.T) {
	small, large := tag{1, smallCaller, 1}, tag{1, bulkCaller, bulk + 1}
	for _, tt := range []struct{ name, told, want string }{
		{"as it was", "call 0 1 2 2\ncall 1 16777217 3 5", ""},
		{"a call that met a full disk is there", "call 0 1 2 2\nfull 1 16777217", "returned 0 changes"},
		{"a call is lost", "call 0 1 2 2\ncall 1 16777217 3 5\ncall 0 2 1 6", "lost"},
		{"the last call is of unknown outcome", "call 0 1 2 2\nunknown 1 16777217", ""},
		{"another call was not told of", "call 1 16777217 3 5\ncall 0 1 0 0", "returned 0 changes"},
	} {
		tr := &trial{figures: map[string]int{}}
		f := &filling{told: newTold(), trial: tr}
		f.told.newest[bulkCaller] = bulk
		for line := range strings.Lines(tt.told) {
			if err := f.hear(1, strings.TrimSpace(line)); err != nil {
				t.Fatal(err)
			}
		}
		err := f.told.compare(1, []committed{{small, 2, 2}, {large, 3, 5}}, 0, tr)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if err := new(filling).hear(1, "surprise"); err == nil {
		t.Error("a line that no filler tells was taken")
	}
}

func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{storeName, ballastName, "lost+found"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := leftovers(dir); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".kuzzlite-1.tmp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if leftovers(dir) == nil {
		t.Error("a temporary file was not noticed")
	}
}

// A call that fills the disk is the same each time, and like no other.
func TestLargeCalls(t *testing.T) {
	ids := map[string]bool{}
	for n := bulk + 1; n < bulk+20; n++ {
		a, b := newCall(seed, tag{1, bulkCaller, n}), newCall(seed, tag{1, bulkCaller, n})
		if a.verb != mUpsert || len(a.items) != len(b.items) {
			t.Fatalf("%s of %d documents, and of %d", a.verb, len(a.items), len(b.items))
		}
		for i, it := range a.items {
			if ids[it.id] || it.id != b.items[i].id || it.body["pad"] != b.items[i].body["pad"] {
				t.Errorf("document %s is not the same, or not new", it.id)
			}
			ids[it.id] = true
		}
	}
}
