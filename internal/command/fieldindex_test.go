package command

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
)

// TestFieldIndexInterrupted interrupts when the bar is drawn for the first time: the index is not complete then, and
// the same command completes it.
func TestFieldIndexInterrupted(t *testing.T) {
	db := cartsIn(t, 20000)
	ctx, cancel := context.WithCancel(t.Context())
	args := []string{"field-index", "ensure", "--db", db, "i", "c", "n"}
	var errs bytes.Buffer
	a := &app{stdin: strings.NewReader(""), out: newOutput(io.Discard), terminals: [2]bool{true, true}}
	a.stderr = writerFunc(func(p []byte) (int, error) {
		cancel()
		return errs.Write(p)
	})
	code := a.run(ctx, args)
	if code != exitStore || !strings.Contains(errs.String(), "16384/20000") || !strings.HasSuffix(errs.String(),
		"kuzzlite field-index ensure: interrupted; what is made of the index stays: run the command again\n") {
		t.Errorf("exit code %d, and it said\n%q", code, errs.String())
	}
	if got := must(t, "", "field-index", "list", "--db", db, "i", "c"); !strings.Contains(got, `"building":true`) {
		t.Errorf("after the interrupt there is %s", got)
	}
	got := onTerminal(t, 80, "field-index", "list", "--db", db, "i", "c")
	if !strings.Contains(got, "  not complete  n       -\n") {
		t.Errorf("on a terminal it is\n%s", got)
	}
	must(t, "", args...)
	if got := must(t, "", "find", "--db", db, "--explain", "i", "c", "n = 7"); !strings.Contains(got, "field index") {
		t.Errorf("the index is not used: %s", got)
	}
	must(t, "", "check", "--db", db)
}

// TestDropFieldIndexAsks answers no and yes; of an index that is not there nothing is asked.
func TestDropFieldIndexAsks(t *testing.T) {
	const question = "this drops field index n of i/c, and no document; go on? [y/N] "
	db := cartsIn(t, 3)
	must(t, "", "field-index", "ensure", "--db", db, "i", "c", "n")
	run := func(answer, name string) (int, string) {
		var errs bytes.Buffer
		a := &app{stdin: strings.NewReader(answer), out: newOutput(io.Discard), stderr: &errs, terminals: [2]bool{true, true}}
		return a.run(t.Context(), []string{"field-index", "drop", "--db", db, "i", "c", name}), errs.String()
	}
	if code, errs := run("y\n", "m"); code != exitStore || !strings.Contains(errs, `i/c has no field index "m"`) ||
		strings.Contains(errs, "go on?") {
		t.Errorf("another one: exit code %d\n%s", code, errs)
	}
	if code, errs := run("n\n", "n"); code != exitStore ||
		errs != question+"kuzzlite field-index drop: nothing was dropped\n" {
		t.Errorf("no: exit code %d\n%s", code, errs)
	}
	if code, errs := run("y\n", "n"); code != exitOK || errs != question+"dropped field index n of i/c\n" {
		t.Errorf("yes: exit code %d\n%s", code, errs)
	}
	if got := must(t, "", "field-index", "list", "--db", db, "i", "c"); got != "" {
		t.Errorf("there is still %s", got)
	}
}
