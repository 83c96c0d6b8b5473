package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExportBrokenPages exports what is left where the page is gone that leads to the documents of a collection, and the
// change feed is empty: they are those of an unknown collection then.
func TestExportBrokenPages(t *testing.T) {
	dir := t.TempDir()
	db, unknown, out := filepath.Join(dir, "a.db"), filepath.Join(dir, "unknown"), filepath.Join(dir, "out")
	const n = 500
	fillCollection(t, db, "c", n)
	fillCollection(t, db, "other", 3)
	forgetChanges(t, db)
	zeroRoot(t, db, "i/c")
	code, _, errs := command(t, "", "get", "--db", db, "i", "c", "doc-00001")
	if code != exitStore || !strings.Contains(errs, "kuzzlite salvage --out FILE --db "+shellQuote(db)) {
		t.Fatalf("get: exit code %d\n%s", code, errs)
	}
	code, _, errs = command(t, "", "export", "--db", db, "--skip-damaged", "--unknown", unknown, "i", "other", out)
	if code != exitFailed || !strings.Contains(errs, "exported 3 documents to ") ||
		!strings.Contains(errs, fmt.Sprintf("%d documents of unknown collections: see %s\n", n, unknown)) ||
		!strings.Contains(errs, "left out of the whole store: what was on 1 page that cannot be read\n") {
		t.Fatalf("export: exit code %d\n%s", code, errs)
	}
	again := filepath.Join(dir, "again.db")
	must(t, "", "import", "--db", again, "--create", "i", "c", unknown)
	must(t, "", "import", "--db", again, "--create", "i", "other", out)
	if got := must(t, "", "count", "--db", again, "i", "c"); got != fmt.Sprintln(n) {
		t.Errorf("%s documents were imported again", got)
	}

	code, stdout, errs := command(t, "", "export", "--db", db, "--skip-damaged", "i", "c")
	if code != exitStore || stdout != "" || !strings.Contains(errs, `no document of "c" in index "i" can be read`) ||
		!strings.Contains(errs, "documents were found of:\n  i other\n") ||
		!strings.Contains(errs, fmt.Sprintf("left out: %d documents of unknown collections; --unknown FILE", n)) {
		t.Errorf("of the collection that is gone: exit code %d\n%s%s", code, stdout, errs)
	}
	for _, args := range [][]string{{"--unknown", unknown, "i", "c"}, {"i", "c", out}} {
		code, _, errs := command(t, "", append([]string{"export", "--skip-damaged", "--db", db}, args...)...)
		if code != exitStore || !strings.Contains(errs, "is there already") {
			t.Errorf("%q: exit code %d\n%s", args, code, errs)
		}
	}
	if code, _, _ := command(t, "", "export", "--db", db, "--unknown", out+"2", "i", "c"); code != exitUsage {
		t.Errorf("--unknown alone: exit code %d", code)
	}
}

// TestExportDamagedInterrupted sends an interrupt while documents are written: that ends the command, and no file is
// left.
func TestExportDamagedInterrupted(t *testing.T) {
	dir := t.TempDir()
	db, unknown := filepath.Join(dir, "a.db"), filepath.Join(dir, "unknown")
	fillCollection(t, db, "c", 5000)
	fillCollection(t, db, "other", 5000)
	forgetChanges(t, db)
	zeroRoot(t, db, "i/other")
	ctx, cancel := context.WithCancelCause(t.Context())
	out := &interruptedWriter{cancel: func() { cancel(errors.New("interrupt signal received")) }}
	var errs bytes.Buffer
	code := run(ctx, []string{"export", "--db", db, "--skip-damaged", "--unknown", unknown, "i", "c"},
		strings.NewReader(""), out, &errs)
	if code != exitStore || !strings.Contains(errs.String(), "interrupted; the output is not complete") {
		t.Errorf("exit code %d\n%s", code, errs.String())
	}
	if out.n > 1<<20 {
		t.Errorf("%d bytes were written", out.n)
	}
	if _, err := os.Stat(unknown); err == nil {
		t.Error("the file for unknown collections was left behind")
	}
}

// interruptedWriter sends an interrupt with the first write.
type interruptedWriter struct {
	cancel func()
	n      int
}

func (w *interruptedWriter) Write(p []byte) (int, error) {
	w.cancel()
	w.n += len(p)
	return len(p), nil
}

// fillCollection loads n documents into a collection of index i.
func fillCollection(t *testing.T, db, name string, n int) {
	t.Helper()
	var in strings.Builder
	for i := range n {
		fmt.Fprintf(&in, "{\"_id\":\"doc-%05d\",\"changes\":{\"pad\":\"%0200d\"}}\n", i, i)
	}
	must(t, in.String(), "mupsert", "--db", db, "--create", "i", name)
}

// zeroRoot zeroes the page that leads to a collection.
func zeroRoot(t *testing.T, db, bucket string) {
	t.Helper()
	if err := zeroPages(db, bucket); err != nil {
		t.Fatal(err)
	}
}
