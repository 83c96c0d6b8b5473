package command

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle"
)

// Tests of stores that a server has open. It runs in this process.

// served is a store that a server has open.
type served struct {
	store *kuzzlite.Store
	token string // of an administrator
	where map[string]string

	server    *kuzzle.Server
	listeners []net.Listener
}

// serveFile serves a store file on a socket and on TCP, until the test ends. Over TCP one has to log in; token is that
// of an administrator, if there is one.
func serveFile(t *testing.T, path, token string) *served {
	t.Helper()
	store, err := kuzzlite.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	server, err := kuzzle.NewServer(store, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &served{store: store, server: server, token: token, where: map[string]string{}}
	if token == "" {
		s.logIn(t)
	}
	socket := filepath.Join(socketDir(t), "s")
	for network, address := range map[string]string{"unix": socket, "tcp": "127.0.0.1:0"} {
		l, err := listen(map[string]string{"unix": unixPrefix}[network] + address)
		if err != nil {
			t.Fatal(err)
		}
		s.listeners = append(s.listeners, l)
		s.where[network] = map[string]string{"unix": "unix:", "tcp": "http://"}[network] + l.Addr().String()
		go func() { _ = server.Serve(l) }() // Shutdown says what there is to say
	}
	t.Cleanup(func() { s.stop(t) })
	return s
}

// socketDir is a directory with a name that is short enough for a socket.
func socketDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "kzl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// logIn makes an administrator, and takes a token of hers.
func (s *served) logIn(t *testing.T) {
	t.Helper()
	credentials := map[string]string{"username": "ann", "password": "correct horse"}
	s.ask(t, map[string]any{
		"controller": "security", "action": "createFirstAdmin", "_id": "ann", "reset": true,
		"body": map[string]any{"credentials": map[string]any{"local": credentials}},
	}, new(any))
	var login struct {
		Token string `json:"jwt"`
	}
	s.ask(t, map[string]any{"controller": "auth", "action": "login", "strategy": "local", "body": credentials}, &login)
	s.token = login.Token
}

func (s *served) ask(t *testing.T, request map[string]any, into any) {
	t.Helper()
	text, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.server.Query(t.Context(), text)
	if err == nil {
		err = json.Unmarshal(answer, into)
	}
	if err != nil {
		t.Fatalf("%v: %v", request["action"], err)
	}
}

// stop ends the server at once, and checks the store.
func (s *served) stop(t *testing.T) {
	if s.store == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // what is under way is cut off
	_ = s.server.Shutdown(ctx)
	r, err := s.store.Check(context.Background())
	if err == nil {
		err = r.Err()
	}
	if closeErr := s.store.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		t.Error(err)
	}
	s.store = nil
}

// preparedStore makes a store file with what a server keeps in it, so that a copy of it is the same store, served or
// not, and a token of an administrator.
func preparedStore(t *testing.T) (path, token string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "prepared.db")
	s := serveFile(t, path, "")
	s.stop(t)
	return path, s.token
}

func copyOf(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(to, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// step is a command line. CURSOR in it is the one that a step before has printed, DIR a directory, and LONG an id that is
// too long.
type step struct{ line, stdin string }

// said is what a command line has said and done.
type said struct {
	code           int
	stdout, stderr string
}

// play runs steps on a store.
func play(t *testing.T, db string, steps []step) (all []said) {
	t.Helper()
	dir, cursor := t.TempDir(), ""
	for _, s := range steps {
		fill := strings.NewReplacer("DIR", dir, "CURSOR", cursor, "LONG", strings.Repeat("x", 600))
		words, _, err := splitLine(fill.Replace(s.line))
		if err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		args := append([]string{"--db", db}, texts(words)...)
		code := run(t.Context(), args, strings.NewReader(s.stdin), &out, &errs)
		if found := nextCursor.FindStringSubmatch(out.String() + errs.String()); found != nil {
			cursor = found[1]
		}
		tidy := strings.NewReplacer(db, "DB", dir, "DIR")
		all = append(all, said{code, timeless(tidy.Replace(out.String())), timeless(tidy.Replace(errs.String()))})
	}
	return all
}

var nextCursor = regexp.MustCompile(`(?:--after |"next":")([A-Za-z0-9_-]+)`)

// whatDiffers is what two runs of a command do not have in common: times, and how the file is filled.
var whatDiffers = []*regexp.Regexp{
	regexp.MustCompile(`"time":"[^"]*"`),
	regexp.MustCompile(`[0-9.e+-]+ s, [0-9.e+-]+ documents?/s`),
	regexp.MustCompile(`"took[A-Za-z]*":[0-9]+`),
	regexp.MustCompile(`"(path|fileSize|freeBytes|pages|freePages|lostPages)":("[^"]*"|[0-9]+)`),
	regexp.MustCompile(`backed up DB to DIR/backup.db: .*`),
	regexp.MustCompile(`"(expiresAt|expiry|expires)":[^,}]*`),
}

func timeless(text string) string {
	for _, r := range whatDiffers {
		text = r.ReplaceAllString(text, "…")
	}
	return text
}

// everyVerb returns the command lines of a file, in which each begins with "$ " and what follows up to the next one is
// its standard input.
func everyVerb(t *testing.T) (steps []step) {
	t.Helper()
	text, err := os.ReadFile("testdata/everyverb.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if command, isCommand := strings.CutPrefix(line, "$ "); isCommand {
			steps = append(steps, step{line: strings.TrimSpace(command)})
		} else if n := len(steps); n > 0 { // a comment comes before the first
			steps[n-1].stdin += line
		}
	}
	return steps
}

// TestEveryVerb: no verb is forgotten.
func TestEveryVerb(t *testing.T) {
	tried := map[string]bool{"shell": true} // which has tests of its own
	for _, s := range everyVerb(t) {
		tried[strings.Fields(s.line)[0]] = true
	}
	for _, cmd := range (&app{out: newOutput(io.Discard)}).root().Commands() {
		opens := cmd.Flags().Lookup("wait") != nil
		if opens && !cmd.Hidden && instead[cmd.Name()] == "" && !tried[cmd.Name()] {
			t.Errorf("%s is not tried", cmd.Name())
		}
	}
}

// TestServedAsOwn runs every verb on a store file and on such a store that a server has open: what it says and does
// must be the same.
func TestServedAsOwn(t *testing.T) {
	t.Setenv(tokenVariable, "")
	base, token := preparedStore(t)
	steps := everyVerb(t)
	own := play(t, copyOf(t, base), steps)
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			s := serveFile(t, copyOf(t, base), token)
			if network == "tcp" {
				t.Setenv(tokenVariable, s.token)
			}
			for i, got := range play(t, s.where[network], steps) {
				if diff := cmp.Diff(own[i], got, cmp.AllowUnexported(said{})); diff != "" {
					t.Errorf("%s (-file +served)\n%s", steps[i].line, diff)
				}
			}
		})
	}
}
