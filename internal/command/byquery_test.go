package command

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
)

// TestByQueryAsks answers the question of delete-by-query and update-by-query no and yes, and has nothing to ask about.
func TestByQueryAsks(t *testing.T) {
	for verb, question := range map[string]string{
		"delete-by-query": "this deletes 5 documents of i/c; go on? [y/N] ",
		"update-by-query": "this updates 5 documents of i/c; go on? [y/N] ",
	} {
		db := cartsIn(t, 10)
		run := func(answer, q string, flags ...string) (int, string) {
			var errs bytes.Buffer
			a := &app{
				stdin: strings.NewReader(answer), out: newOutput(io.Discard), stderr: &errs, terminals: [2]bool{true, true},
			}
			args := append([]string{verb, "--db", db, "i", "c", q}, flags...)
			if verb == "update-by-query" {
				args = append(args, "n:=1")
			}
			return a.run(t.Context(), args), errs.String()
		}
		done := strings.TrimSuffix(verb, "-by-query") + "d"
		if code, errs := run("n\n", "n >= 5"); code != exitStore ||
			errs != question+"kuzzlite "+verb+": nothing was "+done+"\n" {
			t.Errorf("%s, no: exit code %d\n%s", verb, code, errs)
		}
		if got := must(t, "", "count", "--db", db, "i", "c", "n >= 5"); got != "5\n" {
			t.Errorf("%s has written without a yes: %s", verb, got)
		}
		if code, errs := run("", "n > 100"); code != exitOK || errs != done+" 0 documents of i/c\n" {
			t.Errorf("%s of nothing: exit code %d\n%s", verb, code, errs)
		}
		if code, errs := run("", "n >= 5", "--dry-run"); code != exitOK || errs != "" {
			t.Errorf("%s --dry-run: exit code %d\n%s", verb, code, errs)
		}
		if code, errs := run("y\n", "n >= 5"); code != exitOK || !strings.HasPrefix(errs, question) ||
			!strings.HasSuffix(errs, done+" 5 documents of i/c\n") {
			t.Errorf("%s, yes: exit code %d\n%s", verb, code, errs)
		}
		if code, errs := run("", "n >= 0", "--yes"); code != exitOK || strings.Contains(errs, "go on?") {
			t.Errorf("%s --yes: exit code %d\n%s", verb, code, errs)
		}
	}
}

// TestByQueryInterrupted interrupts between two calls of the library: what is done stays, and the same command does the
// rest.
func TestByQueryInterrupted(t *testing.T) {
	db := cartsIn(t, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	var errs bytes.Buffer
	a := &app{stdin: strings.NewReader(""), out: newOutput(io.Discard), stderr: &errs}
	b := &byQuery{app: a, done: "deleted", matching: unknownSize}
	a.index, a.collection = "i", "c"
	b.write = func(
		ctx context.Context, col anyCollection, o *kuzzlite.ByQueryOptions,
	) (*kuzzlite.ByQueryResult, error) {
		each := o.Each
		o.Each = func(s *kuzzlite.Success) {
			cancel()
			each(s)
		}
		return col.DeleteByQuery(ctx, query.All(), o)
	}
	s, err := kuzzlite.Open(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = b.writeAll(ctx, ownCollection{s.Collection("i", "c")})
	if err == nil || err.Error() != "interrupted; what is deleted stays: run the command again" {
		t.Errorf("the error is %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if errs.String() != "deleted 200 documents of i/c\n" {
		t.Errorf("it said\n%s", errs.String())
	}
	if got := must(t, "", "count", "--db", db, "i", "c"); got != "800\n" {
		t.Errorf("%s documents are left, want 800", got)
	}
	must(t, "", "delete-by-query", "--db", db, "i", "c", "n exists")
	if got := must(t, "", "count", "--db", db, "i", "c"); got != "0\n" {
		t.Errorf("%s documents are left", got)
	}
}

// TestByQueryTells has what is skipped and what failed told, at most so much of it, and the bar taken away before.
func TestByQueryTells(t *testing.T) {
	var errs bytes.Buffer
	b := &byQuery{app: &app{stderr: &errs}, done: "updated", changed: 1, asTheyWere: 2}
	b.app.index, b.app.collection = "i", "c"
	err := b.tell(&kuzzlite.ByQueryResult{
		Written: 3, Skipped: 4, Failed: 7, Errors: []kuzzlite.Failure{{Reason: "one\x1b"}, {Reason: "two"}},
	})
	want := "one\uFFFD\ntwo\n… and 5 more documents failed\n" +
		"updated 1 document of i/c, unchanged 2, skipped 4 that changed meanwhile, failed 7\n"
	if errs.String() != want || b.app.explain(err).code != exitFailed {
		t.Errorf("it ends with %v, and said\n%swant\n%s", err, errs.String(), want)
	}
}

// TestByQueryProgress shows a bar on a terminal.
func TestByQueryProgress(t *testing.T) {
	db := cartsIn(t, 500)
	for _, line := range []string{"delete-by-query --yes i c", "update-by-query --yes --body {} i c"} {
		var errs bytes.Buffer
		a := &app{stdin: strings.NewReader(""), out: newOutput(io.Discard), stderr: &errs, terminals: [2]bool{true, true}}
		args := append(strings.Fields(line), "--db", db, "--query", `{"exists":{"field":"n"}}`)
		if code := a.run(t.Context(), args); code != exitOK {
			t.Errorf("%s: exit code %d\n%s", line, code, errs.String())
		}
	}
	var out bytes.Buffer
	for size, want := range map[int64]string{1000: "500/1000", unknownSize: "500/-"} {
		p := &progress{newDocumentBar(&out, size, 0)}
		p.set(500)
		if shown := out.String(); !strings.Contains(shown, want) || strings.Contains(shown, "kB") {
			t.Errorf("size %d: it shows %q, not %s", size, shown, want)
		}
	}
}
