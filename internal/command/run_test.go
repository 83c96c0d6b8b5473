package command

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// run runs one command line and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return (&app{stdin: stdin, out: newOutput(stdout), stderr: stderr}).run(ctx, args)
}

// command runs a command line in this process.
func command(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(stdin), &out, &err)
	return code, out.String(), err.String()
}

// must runs a command line that must succeed, and returns its standard output.
func must(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	code, out, errs := command(t, stdin, args...)
	if code != exitOK {
		t.Fatalf("kuzzlite %q: exit code %d\n%s", args, code, errs)
	}
	return out
}

// onTerminal runs a command line as if standard output were a terminal of so many columns.
func onTerminal(t *testing.T, width int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	a := &app{stdin: strings.NewReader(""), out: newOutput(&out), stderr: &errs}
	a.out.terminal, a.out.width = true, width
	if code := a.run(t.Context(), args); code != exitOK {
		t.Fatalf("kuzzlite %q: exit code %d\n%s", args, code, errs.String())
	}
	return out.String()
}

// TestHelp holds every verb to what the help promises: an example, and what happens if something is not there.
func TestHelp(t *testing.T) {
	root := (&app{out: newOutput(io.Discard)}).root()
	verbs := root.Commands()
	for _, cmd := range verbs {
		if cmd.Name() != "completion" {
			verbs = append(verbs, cmd.Commands()...)
		}
	}
	for _, cmd := range verbs {
		if cmd.Short == "" || cmd.Long == "" || !strings.HasPrefix(cmd.Example, "  ") {
			t.Errorf("%s: Short, Long or Example is missing", cmd.Name())
		}
		if cmd.GroupID != "" && !strings.Contains(cmd.Long, "absent") && !strings.Contains(cmd.Long, "present") {
			t.Errorf("%s: the help does not say what happens if it is absent or present", cmd.Name())
		}
		for line := range strings.Lines(cmd.Long) {
			if len(line) > 120 {
				t.Errorf("%s: line of %d bytes in the help: %s", cmd.Name(), len(line), line)
			}
		}
		checkExample(t, cmd)
	}
}

// checkExample parses the examples as the shell would, to the point where the verb would run.
func checkExample(t *testing.T, cmd *cobra.Command) {
	for line := range strings.Lines(cmd.Example) {
		_, args, found := strings.Cut(line, cmd.CommandPath())
		if !found {
			t.Errorf("%s: example of another verb: %s", cmd.Name(), line)
			continue
		}
		args, _, _ = strings.Cut(args, " | ")
		args, _, _ = strings.Cut(args, " && ")
		if !strings.Contains(args, "'") {
			args, _, _ = strings.Cut(args, " < ")
		}
		args, _, _ = strings.Cut(args, " >> ")
		root := (&app{out: newOutput(io.Discard)}).root()
		words, _, err := splitLine(strings.TrimPrefix(cmd.CommandPath(), "kuzzlite ") + args)
		if err != nil {
			t.Errorf("%s: example %q: %v", cmd.Name(), strings.TrimSpace(line), err)
			continue
		}
		fresh, rest, err := root.Find(texts(words))
		if err == nil {
			err = fresh.ParseFlags(rest)
		}
		if err == nil {
			err = fresh.ValidateArgs(fresh.Flags().Args())
		}
		if err != nil {
			t.Errorf("%s: example %q: %v", cmd.Name(), strings.TrimSpace(line), err)
		}
	}
}

func TestOutputThatFails(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	must(t, `{"_id":"a","changes":{}}`, "mupsert", "--db", db, "--create", "i", "c")
	must(t, "", "create-consumer", "--db", db, "--oldest", "x")
	for _, args := range [][]string{
		{"get", "i", "c", "a"}, {"mget", "i", "c", "a"}, {"list"}, {"list", "i", "c"}, {"export", "i", "c"},
		{"consumers"}, {"consume", "x"}, {"count", "i", "c"}, {"exists", "i", "c", "a"},
		{"stats"}, {"check"}, {"changes"}, {"version"}, {"dump"}, {"salvage"},
		{"mupsert", "--json", "i", "c"},
	} {
		var errs bytes.Buffer
		code := run(t.Context(), append(args, "--db", db), strings.NewReader(""), failingWriter{}, &errs)
		if code != exitStore || !strings.Contains(errs.String(), "write output: disk is full") {
			t.Errorf("%q: exit code %d, %s", args, code, errs.String())
		}
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("disk is full") }

// TestInterrupt sends an interrupt while the third line is being read. Lines come one a read, and are committed one a
// batch, so by then the second batch is on its way and no other.
func TestInterrupt(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	must(t, "", "create-collection", "--db", db, "--create", "i", "c")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in := &lineReader{lines: []string{
		"{\"_id\":\"a\",\"changes\":{}}\n", "{\"_id\":\"b\",\"changes\":{}}\n", "{\"_id\":\"c\",\"changes\":{}}\n",
	}, before: func(n int) {
		if n == 2 {
			cancel()
		}
	}}
	var out, errs bytes.Buffer
	code := run(ctx, []string{"mupsert", "--db", db, "--batch", "1", "i", "c"}, in, &out, &errs)
	want := "kuzzlite mupsert: interrupted\n" +
		"  2 lines done; to go on with line 3:\n" +
		"  … | tail -n +3 | kuzzlite mupsert --batch 1 --db " + shellQuote(db) + " i c\n"
	if code != exitStore || !strings.HasSuffix(errs.String(), want) {
		t.Errorf("exit code %d, and it said\n%swant at the end\n%s", code, errs.String(), want)
	}
	if got := must(t, "", "count", "--db", db, "i", "c"); got != "2\n" {
		t.Errorf("%s documents were written, want 2", got)
	}
}

// lineReader returns one line a read.
type lineReader struct {
	lines  []string
	n      int
	before func(n int)
}

func (r *lineReader) Read(p []byte) (int, error) {
	if r.n == len(r.lines) {
		return 0, io.EOF
	}
	r.before(r.n)
	r.n++
	return copy(p, r.lines[r.n-1]), nil
}

// TestInterruptAtomic interrupts before anything is read: nothing may be written.
func TestInterruptAtomic(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	must(t, "", "create-collection", "--db", db, "--create", "i", "c")
	ctx, cancel := context.WithCancel(t.Context())
	in := &lineReader{lines: []string{"{\"_id\":\"a\",\"changes\":{}}\n"}, before: func(int) { cancel() }}
	var out, errs bytes.Buffer
	code := run(ctx, []string{"mupsert", "--db", db, "--atomic", "i", "c"}, in, &out, &errs)
	if code != exitStore || !strings.Contains(errs.String(), "interrupted; nothing was written: run the command again\n") {
		t.Errorf("exit code %d, and it said\n%s", code, errs.String())
	}
	if got := must(t, "", "count", "--db", db, "i", "c"); got != "0\n" {
		t.Errorf("%s documents were written, want 0", got)
	}
}

// TestInterruptedVerbs has the interrupt come before a verb begins. The cause is that of signal.NotifyContext.
func TestInterruptedVerbs(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	must(t, `{"_id":"a","changes":{}}`, "mupsert", "--db", db, "--create", "i", "c")
	for want, lines := range map[string][][]string{
		"nothing was written": {
			{"create", "i", "c", "b", "--body", "{}"}, {"import", "i", "c"}, {"mupsert", "i", "c"},
			{"delete-by-query", "i", "c", "a exists"}, {"update-by-query", "i", "c", "a exists", "b=1"},
		},
		"no document was written": {{"load", "--merge"}},
		"the store is as it was":  {{"compact"}},
		"no file was made": {
			{"backup", db + ".copy"}, {"export", "i", "c", db + ".ndjson"}, {"dump", db + ".ndjson"},
			{"salvage", "--out", db + ".ndjson"},
			{"export", "--skip-damaged", "i", "c", db + ".ndjson"},
		},
		"its files are removed": {{"bench"}},
		"the output is not complete": {
			{"export", "i", "c"}, {"check"}, {"list", "i", "c"}, {"find", "i", "c", "a exists"}, {"dump"}, {"salvage"},
		},
	} {
		for _, args := range lines {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(errors.New("interrupt signal received"))
			var out, errs bytes.Buffer
			code := run(ctx, append(args, "--db", db), strings.NewReader(`{"_id":"b","changes":{}}`), &out, &errs)
			text := "kuzzlite " + args[0] + ": interrupted; " + want + ": run the command again\n"
			if code != exitStore || !strings.HasSuffix(errs.String(), text) {
				t.Errorf("%q: exit code %d\n%s", args, code, errs.String())
			}
		}
	}
	for _, made := range []string{".copy", ".ndjson"} {
		if _, err := os.Stat(db + made); err == nil {
			t.Errorf("%s was left behind", made)
		}
	}
}

// TestDirectoryAsInput: it cannot be read, and will not be the next time.
func TestDirectoryAsInput(t *testing.T) {
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	db := filepath.Join(t.TempDir(), "a.db")
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"mupsert", "--db", db, "--create", "i", "c"}, dir, &out, &errs)
	if code != exitStore || errs.String() != "kuzzlite mupsert: standard input is a directory\n" {
		t.Errorf("exit code %d, and it said\n%s", code, errs.String())
	}
}

// TestInputThatFails has standard input break after some lines: what was read is written, and it says how to go on.
func TestInputThatFails(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	r, w := io.Pipe()
	go func() {
		_, _ = io.WriteString(w, "{\"_id\":\"a\",\"changes\":{}}\n{\"_id\":\"b\",\"changes\":{}}\n")
		_ = w.CloseWithError(errors.New("line dropped"))
	}()
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"mupsert", "--db", db, "--create", "i", "c"}, r, &out, &errs)
	want := "read input: line dropped\n  2 lines done; to go on with line 3:"
	if code != exitStore || !strings.Contains(errs.String(), want) {
		t.Errorf("exit code %d, and it said\n%s", code, errs.String())
	}
}

// TestFollow watches a store while other commands write to it, and while a program keeps it open.
func TestFollow(t *testing.T) {
	for _, verb := range []string{"watch", "changes"} {
		t.Run(verb, func(t *testing.T) {
			db := filepath.Join(t.TempDir(), "a.db")
			must(t, "", "create-collection", "--db", db, "--create", "i", "c")
			must(t, "", "create-collection", "--db", db, "i", "other")
			args := []string{"watch", "--db", db, "i", "c"}
			if verb == "changes" {
				args = []string{"changes", "--db", db, "--since", "3", "--follow"}
			}
			f := startFollowing(t, args)
			if verb == "watch" {
				f.says(t, "watching i/c after change 3;")
			}
			must(t, "{\"_id\":\"a\",\"changes\":{\"x\":{\"y\":1}}}\n", "mupsert", "--db", db, "i", "c")
			f.prints(t, `"op":"create","index":"i","collection":"c","_id":"a","_version":1}`)
			if verb == "watch" { // neither silent changes nor those of others
				must(t, "", "create", "--db", db, "i", "other", "a", "--body", "{}")
				must(t, "", "create", "--db", db, "--silent", "i", "c", "s", "--body", "{}")
			}
			must(t, "", "delete", "--db", db, "i", "c", "a")
			f.prints(t, `"op":"delete","index":"i","collection":"c","_id":"a","_version":2}`)

			s, err := kuzzlite.Open(db, nil)
			if err != nil {
				t.Fatal(err)
			}
			f.says(t, "waiting: another process has ")
			if _, err := s.Collection("i", "c").Create(t.Context(), "b", map[string]any{}, nil); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			f.prints(t, `"op":"create","index":"i","collection":"c","_id":"b","_version":1}`)
			f.cancel()
			if code := <-f.code; code != exitOK {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// following is a command that runs until it is cancelled. What it prints is taken from it at once, so that it never
// waits for the test.
type following struct {
	stdout, stderr chan string
	cancel         context.CancelFunc
	code           chan int
}

func startFollowing(t *testing.T, args []string) *following {
	ctx, cancel := context.WithCancel(t.Context())
	f := &following{make(chan string, 100), make(chan string, 100), cancel, make(chan int, 1)}
	outR, outW := io.Pipe()
	errR, errW := io.Pipe()
	go func() {
		f.code <- run(ctx, args, strings.NewReader(""), outW, errW)
		_, _ = outW.Close(), errW.Close()
	}()
	for r, lines := range map[io.Reader]chan string{outR: f.stdout, errR: f.stderr} {
		go func() {
			defer close(lines)
			for s := bufio.NewScanner(r); s.Scan(); {
				lines <- s.Text()
			}
		}()
	}
	t.Cleanup(cancel)
	return f
}

// prints expects a line of data next.
func (f *following) prints(t *testing.T, want string) {
	t.Helper()
	if line := <-f.stdout; !strings.HasSuffix(line, want) {
		t.Fatalf("it printed %q, want %q", line, want)
	}
}

// says expects a line on standard error; there may be others before it.
func (f *following) says(t *testing.T, want string) {
	t.Helper()
	for line := range f.stderr {
		if strings.Contains(line, want) {
			return
		}
	}
	t.Fatalf("it did not say %q", want)
}
