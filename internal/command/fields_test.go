package command

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestFieldsIntoList shows fields on a terminal: a path into a list is told there as well.
func TestFieldsIntoList(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	must(t, `{"_id":"a","changes":{"o":{"items":[{"n":2}]}}}`, "mupsert", "--db", db, "--create", "i", "c")
	for path, want := range map[string]bool{"o.items.0.n": true, "o.items.n": true, "o.items": false, "o.n": false} {
		var out, errs strings.Builder
		a := &app{stdin: strings.NewReader(""), out: newOutput(&out), stderr: &errs}
		a.out.terminal, a.out.width = true, 80
		code := a.run(t.Context(), []string{"list", "--db", db, "i", "c", "--fields", path})
		if got := strings.HasPrefix(errs.String(), `path "`+path+`" leads into a list`); code != exitOK || got != want {
			t.Errorf("%s: exit code %d, and it said %q", path, code, errs.String())
		}
	}
}
