package command

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// TestConfirmRestore answers no and yes, and restores where there is nothing to ask about.
func TestConfirmRestore(t *testing.T) {
	dir := t.TempDir()
	db, backup := filepath.Join(dir, "a.db"), filepath.Join(dir, "backup.db")
	must(t, `{"_id":"a","changes":{}}`, "mupsert", "--db", db, "--create", "i", "c")
	must(t, "", "backup", "--db", db, backup)
	must(t, `{"_id":"b","changes":{}}`, "mupsert", "--db", db, "i", "c")
	run := func(ctx context.Context, answer, db string, flags ...string) (int, string) {
		var errs bytes.Buffer
		a := &app{
			stdin: strings.NewReader(answer), out: newOutput(io.Discard), stderr: &errs, terminals: [2]bool{true, true},
		}
		return a.run(ctx, append([]string{"restore", "--db", db, backup}, flags...)), errs.String()
	}
	question := "this puts " + backup + " in the place of the store " + db + " ("
	code, errs := run(t.Context(), "n\n", db)
	if code != exitStore || !strings.HasPrefix(errs, question) || !strings.Contains(errs, "the store is as it was\n") {
		t.Errorf("no: exit code %d\n%s", code, errs)
	}
	code, errs = run(t.Context(), "\n", db, "--discard-old")
	if code != exitStore || !strings.HasPrefix(errs, "this removes the store "+db+" (") {
		t.Errorf("no, discarding: exit code %d\n%s", code, errs)
	}
	if got := must(t, "", "count", "--db", db, "i", "c"); got != "2\n" {
		t.Errorf("without a yes there are %s documents", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, errs = run(ctx, "", db, "--yes")
	if code != exitStore || !strings.Contains(errs, "interrupted; the store is as it was: run the command again") {
		t.Errorf("interrupted: exit code %d\n%s", code, errs)
	}
	code, errs = run(t.Context(), "y\n", db)
	if code != exitOK || !strings.Contains(errs, "is kept as ") {
		t.Errorf("yes: exit code %d\n%s", code, errs)
	}
	if got := must(t, "", "count", "--db", db, "i", "c"); got != "1\n" {
		t.Errorf("after a yes there are %s documents", got)
	}
	code, errs = run(t.Context(), "", filepath.Join(dir, "new.db"))
	if code != exitOK || strings.Contains(errs, "go on?") {
		t.Errorf("to a new store: exit code %d\n%s", code, errs)
	}
}
