package command

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

func TestConsentFor(t *testing.T) {
	for _, test := range []struct {
		yes, stdin, stderr bool
		want               consent
	}{
		{false, true, true, ask}, {false, true, false, refuse},
		{false, false, true, goAhead}, {false, false, false, goAhead},
		{true, true, true, goAhead}, {true, true, false, goAhead}, {true, false, false, goAhead},
	} {
		if got := consentFor(test.yes, test.stdin, test.stderr); got != test.want {
			t.Errorf("consentFor(%v, %v, %v) = %v, want %v", test.yes, test.stdin, test.stderr, got, test.want)
		}
	}
}

func TestIsYes(t *testing.T) {
	for answer, want := range map[string]bool{
		"y\n": true, " Yes\r\n": true, "YES": true, "\n": false, "": false, "n\n": false, "yesterday\n": false, "j\n": false,
	} {
		if isYes(answer) != want {
			t.Errorf("isYes(%q) is not %v", answer, want)
		}
	}
}

// TestConfirm answers the question no and yes, leaves it out, and cannot see it.
func TestConfirm(t *testing.T) {
	for verb, question := range map[string]string{
		"delete-index": "this removes index i with 1 collection, 1 document for good; go on? [y/N] ",
		"truncate":     "this removes 1 document of i/c for good; go on? [y/N] ",

		"delete-collection": "this removes 1 document of i/c for good; go on? [y/N] ",
	} {
		db := filepath.Join(t.TempDir(), "a.db")
		must(t, `{"_id":"a","changes":{}}`, "mupsert", "--db", db, "--create", "i", "c")
		run := func(ctx context.Context, stdin io.Reader, unseen bool, flags ...string) (int, string) {
			var errs bytes.Buffer
			a := &app{stdin: stdin, out: newOutput(io.Discard), stderr: &errs, terminals: [2]bool{true, !unseen}}
			args := append([]string{verb, "--db", db, "i"}, flags...)
			if verb != "delete-index" {
				args = append(args, "c")
			}
			return a.run(ctx, args), errs.String()
		}
		ctx, cancel := context.WithCancel(t.Context())
		if code, errs := run(ctx, readerFunc(func([]byte) (int, error) {
			cancel()
			<-t.Context().Done() // nobody answers
			return 0, io.EOF
		}), false); code != exitStore || !strings.Contains(errs, "interrupted; nothing") {
			t.Errorf("%s, interrupted: exit code %d\n%s", verb, code, errs)
		}
		if code, errs := run(t.Context(), strings.NewReader(""), true); code != exitUsage ||
			!strings.Contains(errs, "pass --yes") {
			t.Errorf("%s, unseen: exit code %d\n%s", verb, code, errs)
		}
		if code, errs := run(t.Context(), strings.NewReader("n\n"), false); code != exitStore ||
			errs != question+"kuzzlite "+verb+": nothing was removed\n" {
			t.Errorf("%s, no: exit code %d\n%s", verb, code, errs)
		}
		if got := must(t, "", "count", "--db", db, "i", "c"); got != "1\n" {
			t.Errorf("%s removed something without a yes", verb)
		}
		if code, errs := run(t.Context(), strings.NewReader("y\n"), false); code != exitOK ||
			!strings.HasPrefix(errs, question) {
			t.Errorf("%s, yes: exit code %d\n%s", verb, code, errs)
		}
		must(t, `{"_id":"a","changes":{}}`, "mupsert", "--db", db, "--create", "i", "c")
		if code, errs := run(t.Context(), strings.NewReader(""), true, "--yes"); code != exitOK ||
			strings.Contains(errs, "go on?") {
			t.Errorf("%s --yes: exit code %d\n%s", verb, code, errs)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
