package command

import (
	"bytes"
	"context"
	"io"
	"os"
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

// A file that was no store was called one, and in a script it was moved away without a question.
func TestConfirmRestoreOntoOtherFile(t *testing.T) {
	dir := t.TempDir()
	file, backup := filepath.Join(dir, "notes.txt"), filepath.Join(dir, "backup.db")
	must(t, `{"_id":"a","changes":{}}`, "mupsert", "--db", backup, "--create", "i", "c")
	notes := strings.Repeat("some notes\n", 5000)
	if err := os.WriteFile(file, []byte(notes), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(answer string, stdin, stderr bool, flags ...string) (int, string) {
		var errs bytes.Buffer
		a := &app{
			stdin: strings.NewReader(answer), out: newOutput(io.Discard), stderr: &errs, terminals: [2]bool{stdin, stderr},
		}
		return a.run(t.Context(), append([]string{"restore", "--db", file, backup}, flags...)), errs.String()
	}
	question := "the file " + file + " (" + size(int64(len(notes))) + ") is not a store that this release reads: this puts " + backup +
		" in its place, and keeps it under another name; go on? [y/N] "
	for what, c := range map[string]struct {
		stdin, stderr bool
		flags         []string
		code          int
		said          string
	}{
		"no":         {true, true, nil, exitStore, question + "kuzzlite restore: the file is as it was\n"},
		"script":     {false, true, nil, exitStore, file + " is not a store that this release reads, and is not replaced without --yes\n"},
		"unseen":     {true, false, nil, exitUsage, "would not be seen: pass --yes"},
		"discarding": {true, true, []string{"--discard-old", "--yes"}, exitStore, "is not discarded\n"},
	} {
		code, errs := run("n\n", c.stdin, c.stderr, c.flags...)
		if code != c.code || !strings.Contains(errs, c.said) {
			t.Errorf("%s: exit code %d\n%s", what, code, errs)
		}
		if b, err := os.ReadFile(file); string(b) != notes {
			t.Fatalf("%s: the file has gone without a yes: %v", what, err)
		}
	}
	code, errs := run("y\n", true, true)
	_, kept, _ := strings.Cut(errs, "the file that was there is kept as ")
	if b, err := os.ReadFile(strings.TrimSpace(kept)); code != exitOK || string(b) != notes {
		t.Errorf("yes: exit code %d, %v\n%s", code, err, errs)
	}
}

// Where there is only the log of a store a restore removed it, and neither asked nor said so.
func TestConfirmRestoreOfLog(t *testing.T) {
	dir := t.TempDir()
	db, backup := filepath.Join(dir, "a.db"), filepath.Join(dir, "backup.db")
	must(t, `{"_id":"a","changes":{}}`, "mupsert", "--db", backup, "--create", "i", "c")
	log := func() {
		os.Remove(db)
		if err := os.WriteFile(db+"-log1", []byte("a log"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(answer string, flags ...string) (int, string) {
		var errs bytes.Buffer
		a := &app{
			stdin: strings.NewReader(answer), out: newOutput(io.Discard), stderr: &errs, terminals: [2]bool{true, true},
		}
		return a.run(t.Context(), append([]string{"restore", "--db", db, backup}, flags...)), errs.String()
	}
	log()
	for what, flags := range map[string][]string{"which is kept": nil, "which is removed for good": {"--discard-old"}} {
		code, errs := run("n\n", flags...)
		question := "of the store " + db + " there is only the log, " + what + ": this puts " + backup +
			" in its place; go on?"
		if code != exitStore || !strings.HasPrefix(errs, question) {
			t.Errorf("no: exit code %d\n%s", code, errs)
		}
		if b, err := os.ReadFile(db + "-log1"); string(b) != "a log" {
			t.Errorf("the log has gone without a yes: %v", err)
		}
	}
	code, errs := run("y\n")
	_, said, _ := strings.Cut(errs, "the log that was there is kept as ")
	if b, err := os.ReadFile(strings.TrimSpace(said)); code != exitOK || string(b) != "a log" {
		t.Errorf("yes: exit code %d, %v\n%s", code, err, errs)
	}
	log()
	if code, errs = run("", "--yes", "--discard-old"); code != exitOK ||
		!strings.Contains(errs, "the log that was there is removed\n") {
		t.Errorf("discarding: exit code %d\n%s", code, errs)
	}
}
