package command

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// screen is what somebody sees who types. Nothing is taken back from it.
type screen struct {
	mu   sync.Mutex // guards the rest
	text string
	seen int           // how much of it was waited for
	more chan struct{} // has a value if there is more text

	pasteAsked, pasteOn bool // bracketed paste was asked for, and is still on
}

// bracketedPaste takes out what switches that mode on and off, around each line.
var bracketedPaste = strings.NewReplacer("\x1b[?2004h", "", "\x1b[?2004l", "")

func newScreen() *screen { return &screen{more: make(chan struct{}, 1)} }

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on, off := strings.LastIndex(string(p), "\x1b[?2004h"), strings.LastIndex(string(p), "\x1b[?2004l"); on != off {
		s.pasteAsked, s.pasteOn = s.pasteAsked || on >= 0, on > off
	}
	s.text = s.text[:s.seen] + bracketedPaste.Replace(s.text[s.seen:]+string(p))
	select {
	case s.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

// shows waits until the screen shows a text, after the one that was waited for before. It returns what is between.
func (s *screen) shows(t *testing.T, want string) string {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		before, _, found := strings.Cut(s.text[s.seen:], want)
		if found {
			s.seen += len(before) + len(want)
		}
		rest := s.text[s.seen:]
		s.mu.Unlock()
		if found {
			return before
		}
		select {
		case <-s.more:
		case <-timeout:
			t.Fatalf("it does not show %q, but %q", want, rest)
		}
	}
}

// typing is a shell at whose prompt somebody types.
type typing struct {
	*screen
	keys io.Writer
	code chan int
}

// startTyping starts a shell in this process, as if its streams were a terminal. The prompt is "a.db> ".
func startTyping(t *testing.T, db string, flags ...string) *typing {
	t.Helper()
	r, w := io.Pipe()
	s := newScreen()
	a := &app{stdin: r, out: newOutput(s), stderr: s, terminals: [2]bool{true, true}}
	ty := &typing{s, w, make(chan int, 1)}
	go func() { ty.code <- a.run(context.Background(), append([]string{"shell", db}, flags...)) }()
	t.Cleanup(func() { _ = w.Close() })
	s.shows(t, ".exit or Ctrl-D leaves\n")
	return ty
}

// types waits for a prompt, and types.
func (ty *typing) types(t *testing.T, prompt, keys string) {
	t.Helper()
	ty.shows(t, prompt)
	if _, err := io.WriteString(ty.keys, keys); err != nil {
		t.Fatal(err)
	}
}

// ends waits for the end of the shell.
func (ty *typing) ends(t *testing.T, want int) {
	t.Helper()
	select {
	case code := <-ty.code:
		if code != want {
			t.Errorf("exit code %d, want %d", code, want)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the shell does not end")
	}
}

// smallStore makes a store with a document a in i/c.
func smallStore(t *testing.T) string {
	t.Helper()
	db := filepath.Join(t.TempDir(), "a.db")
	must(t, `{"_id":"a","changes":{"n":1}}`, "mupsert", "--db", db, "--create", "i", "c")
	return db
}

const prompt = "a.db> "

// TestPrompt types good and bad lines. None of them ends the shell.
func TestPrompt(t *testing.T) {
	history := filepath.Join(t.TempDir(), "history")
	t.Setenv(historyVariable, history)
	ty := startTyping(t, smallStore(t))
	ty.types(t, prompt, "count i c\r")
	ty.shows(t, "\r\n1\ntook ")
	ty.types(t, prompt, "get i c nope\r")
	ty.shows(t, "kuzzlite get: document \"nope\" in i/c: document not found\n")
	ty.types(t, prompt, "frobnicate\r")
	ty.shows(t, "kuzzlite: unknown command \"frobnicate\" for \"kuzzlite\"\n")
	ty.types(t, prompt, "list | head\r")
	ty.shows(t, "kuzzlite shell: | is not for this shell")
	ty.types(t, prompt, ".use i nope\r")
	ty.shows(t, "kuzzlite shell: collection does not exist: \"nope\" in index \"i\"\n"+
		"  create it with `kuzzlite create-collection i nope`;\n")
	ty.types(t, prompt, ".use i c\r")
	ty.types(t, "a.db i/c> ", "create b --body '{\r")
	ty.types(t, "... ", "\"n\":\t2}'\r") // Tab does nothing here
	ty.shows(t, `"_id":"b"`)
	ty.types(t, "a.db i/c> ", ".timing off\r")
	ty.types(t, "a.db i/c> ", "count\r")
	if between := ty.shows(t, "a.db i/c> "); between != "count\r\n2\n" {
		t.Errorf("with .timing off it shows %q", between)
	}
	if _, err := io.WriteString(ty.keys, ".use\r"); err != nil {
		t.Fatal(err)
	}
	ty.types(t, prompt, "exit\r")
	ty.ends(t, exitOK)
	want := "count i c\nget i c nope\nfrobnicate\nlist | head\n.use i nope\n.use i c\ncreate b --body '{\n\"n\":2}'\n" +
		".timing off\ncount\n.use\nexit\n"
	if b, err := os.ReadFile(history); err != nil || string(b) != want {
		t.Errorf("the history is %q, %v", b, err)
	}
	if !ty.pasteAsked || ty.pasteOn {
		t.Errorf("bracketed paste was asked for: %v, and is left on: %v", ty.pasteAsked, ty.pasteOn)
	}
}

// TestPromptKeys types keys that edit.
func TestPromptKeys(t *testing.T) {
	history := filepath.Join(t.TempDir(), "history")
	t.Setenv(historyVariable, history)
	const up, left = "\x1b[A", "\x1b[D"
	long := strings.Repeat("ä", 5000)
	for _, test := range []struct{ name, keys, want string }{
		{"up", up + up + "\r", "\ntrue\n"},
		{"Ctrl-R", "nope\x12\r", "collection does not exist: \"nope\""},
		{"Ctrl-R twice", "count\x12\x12\r", "collection does not exist: \"nope\""},
		{"Ctrl-R and nothing found", "count i c\x12" + left + "\r", "\n1\n"},
		{"Ctrl-C", "truncate i c -y\x03count i c\r", "\n1\n"},
		{"Ctrl-C in a quote", "truncate i c -y 'a\rb\x03count i c\r", "\n1\n"},
		{"Ctrl-C in the middle", "truncate i c -y" + left + left + "\x03count i c\r", "\n1\n"},
		{"Ctrl-C after a line", "count i c\r\x03.help\r", "\n1\n"},
		{"Tab", "cou\ti\tc\t\r", "\n1\n"},
		{"Tab in a quote", "create i c b x='\rcou\t'\r", `"x":"\ncou"`},
		{"a paste", "\x1b[200~count\ti c\x1b[201~\r", "\n1\n"},
		{"a paste that Ctrl-C ends", "\x1b[200~count\ti\x03count i c\r", "\n1\n"},
		{"a long line", "create i c b n=" + long + "z\r", long + "z\""},
		{"an escape and no key", "\x1b" + strings.Repeat("1", 300) + "x\x03count i c\r", "\n1\n"},
		{"two lines at once", "count i c\rexists i c a\r", "\ntrue\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := os.WriteFile(history, []byte("count i nope\nexists i c a\ncount i c\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			ty := startTyping(t, smallStore(t))
			ty.types(t, prompt, test.keys)
			ty.shows(t, test.want)
			ty.types(t, prompt, "\x04")
			ty.ends(t, exitOK)
			if b, err := os.ReadFile(history); err != nil || strings.Contains(string(b), "-y\n") {
				t.Errorf("a line that was cleared is kept: %q, %v", b, err)
			}
		})
	}
}

// TestPromptAsks answers the question of a verb that destroys.
func TestPromptAsks(t *testing.T) {
	t.Setenv(historyVariable, "")
	ty := startTyping(t, smallStore(t))
	ty.types(t, prompt, "truncate i c\r")
	ty.types(t, "this removes 1 document of i/c for good; go on? [y/N] ", "n\n")
	ty.shows(t, "nothing was removed\n")
	ty.types(t, prompt, "truncate i c\r")
	ty.types(t, "go on? [y/N] ", "y\n")
	ty.shows(t, "truncated i/c: removed 1 document\n")
	ty.types(t, prompt, ".exit\r")
	ty.ends(t, exitOK)
}

// TestPromptEnds has the input end in the middle of a line: nothing of that line is run.
func TestPromptEnds(t *testing.T) {
	t.Setenv(historyVariable, "")
	db := smallStore(t)
	ty := startTyping(t, db)
	ty.types(t, prompt, "truncate i c -y")
	if err := ty.keys.(io.Closer).Close(); err != nil {
		t.Fatal(err)
	}
	ty.ends(t, exitOK)
	if got := must(t, "", "count", "--db", db, "i", "c"); got != "1\n" {
		t.Errorf("half a line was run: %s documents are left", got)
	}
}

// TestKeyboard interrupts one reader, and hands what comes then to the next.
func TestKeyboard(t *testing.T) {
	r, w := io.Pipe()
	k := newKeyboard(r)
	defer k.close()
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan error, 1)
		go func() {
			_, err := typed{ctx, k}.Read(make([]byte, 10))
			got <- err
		}()
		for len(k.turn) > 0 { // until the reader waits, or is about to
			runtime.Gosched()
		}
		cancel()
		if err := <-got; err != context.Canceled {
			t.Fatalf("the interrupted read returned %v", err)
		}
	}
	go func() { _, _ = io.WriteString(w, "one\ntwo\n") }()
	b := make([]byte, 4)
	for _, want := range []string{"one\n", "two\n"} {
		if _, err := io.ReadFull(typed{t.Context(), k}, b); err != nil || string(b) != want {
			t.Fatalf("the next read has %q, %v, want %q", b, err, want)
		}
	}
	go func() { _ = w.Close() }()
	if n, err := (typed{t.Context(), k}).Read(b); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

// TestScriptInterrupted ends a script that waits for its next line.
func TestScriptInterrupted(t *testing.T) {
	db := smallStore(t)
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	s := newScreen()
	code := make(chan int, 1)
	go func() { code <- run(ctx, []string{"shell", db}, r, s, s) }()
	if _, err := io.WriteString(w, "count i c\n"); err != nil {
		t.Fatal(err)
	}
	s.shows(t, "1\n")
	cancel()
	s.shows(t, "kuzzlite shell: interrupted after line 1 of the script\n")
	if got := <-code; got != exitStore {
		t.Errorf("exit code %d", got)
	}
}

// TestScriptWatch interrupts a watch: the script ends there. It went on, and its next command said that it had been
// interrupted and was to be run again.
func TestScriptWatch(t *testing.T) {
	db := smallStore(t)
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	s := newScreen()
	code := make(chan int, 1)
	go func() { code <- run(ctx, []string{"shell", db}, r, s, s) }()
	if _, err := io.WriteString(w, "watch i c\ncreate i c new n:=1\n"); err != nil {
		t.Fatal(err)
	}
	s.shows(t, "nobody else can write to the store while the shell has it open\n")
	cancel()
	before := s.shows(t, "kuzzlite shell: interrupted after line 1 of the script\n  what comes behind it was not run\n")
	if got := <-code; got != exitStore || before != "" {
		t.Errorf("exit code %d, and before that it said %q", got, before)
	}
}

// TestScriptTooLong has a line that is longer than any command.
func TestScriptTooLong(t *testing.T) {
	db := smallStore(t)
	var out, errs bytes.Buffer
	in := io.MultiReader(strings.NewReader("count i c\n"), strings.NewReader(strings.Repeat("x", maxItemSize+1)))
	code := run(t.Context(), []string{"shell", db}, in, &out, &errs)
	if code != exitUsage || out.String() != "1\n" ||
		!strings.HasPrefix(errs.String(), "kuzzlite shell: line 2 of the script is longer than ") {
		t.Errorf("exit code %d, %q, %q", code, out.String(), errs.String())
	}
}
