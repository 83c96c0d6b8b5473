package diskfull

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

const seed = 7

// What a filler told and the feed contradicts.
func TestFillingNotices(t *testing.T) {
	small := oracle.Tag{Round: 1, Caller: smallCaller, N: 1}
	large := oracle.Tag{Round: 1, Caller: bulkCaller, N: oracle.Bulk + 1}
	for _, tt := range []struct{ name, told, want string }{
		{"as it was", "call 0 1 2 2\ncall 1 16777217 3 5", ""},
		{"a call that met a full disk is there", "call 0 1 2 2\nfull 1 16777217", "returned 0 changes"},
		{"a call is lost", "call 0 1 2 2\ncall 1 16777217 3 5\ncall 0 2 1 6", "lost"},
		{"the last call is of unknown outcome", "call 0 1 2 2\nunknown 1 16777217", ""},
		{"another call was not told of", "call 1 16777217 3 5\ncall 0 1 0 0", "returned 0 changes"},
	} {
		tr := &harness.Trial{Figures: map[string]int{}}
		f := &filling{told: oracle.NewTold(), trial: tr}
		f.told.Newest[bulkCaller] = oracle.Bulk
		for line := range strings.Lines(tt.told) {
			if err := f.hear(1, strings.TrimSpace(line)); err != nil {
				t.Fatal(err)
			}
		}
		calls := []oracle.Committed{{Tag: small, Changes: 2, Last: 2}, {Tag: large, Changes: 3, Last: 5}}
		err := f.told.Compare(1, calls, 0, tr)
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
	for _, name := range []string{oracle.StoreName, ballastName, "lost+found"} {
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
	for n := oracle.Bulk + 1; n < oracle.Bulk+20; n++ {
		tag := oracle.Tag{Round: 1, Caller: bulkCaller, N: n}
		a, b := oracle.NewCall(seed, tag), oracle.NewCall(seed, tag)
		if a.Verb != oracle.MUpsert || len(a.Items) != len(b.Items) {
			t.Fatalf("%s of %d documents, and of %d", a.Verb, len(a.Items), len(b.Items))
		}
		for i, it := range a.Items {
			if ids[it.ID] || it.ID != b.Items[i].ID || it.Body["pad"] != b.Items[i].Body["pad"] {
				t.Errorf("document %s is not the same, or not new", it.ID)
			}
			ids[it.ID] = true
		}
	}
}
