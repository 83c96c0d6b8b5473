package command

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// TestDestinationMadeMeanwhile has another process make the store while a load into a new one is under way. That store
// is not overwritten: an atomic load ends, another one goes on in it.
func TestDestinationMadeMeanwhile(t *testing.T) {
	const other = "{\"index\":\"mine\"}\n"
	for _, test := range []struct {
		flag string
		code int
		says string
		list string
	}{
		{"--atomic", exitStore, "a.db is there already\n  another process has made it meanwhile, and nothing", other},
		{"--strict", exitOK, "created 2, ", "{\"index\":\"i\"}\n" + other},
	} {
		dir := t.TempDir()
		db := filepath.Join(dir, "a.db")
		in := &lineReader{lines: strings.SplitAfter(twoItems, "\n")[:2], before: func(n int) {
			if n == 1 {
				must(t, "", "create-index", "--db", db, "--create", "mine")
			}
		}}
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"mupsert", "--db", db, "--create", test.flag, "i", "c"}, in, &out, &errs)
		if code != test.code || !strings.Contains(errs.String(), test.says) {
			t.Errorf("%s: exit code %d\n%s", test.flag, code, errs.String())
		}
		if got := must(t, "", "list", "--db", db); got != test.list {
			t.Errorf("%s: the store has\n%swant\n%s", test.flag, got, test.list)
		}
		if names := namesIn(t, dir); names != "a.db" {
			t.Errorf("%s: there are %s", test.flag, names)
		}
	}
}
