package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// What goes wrong between a command and a server.

// newServed serves a new store that has a collection i/c of so many documents.
func newServed(t *testing.T, documents int) *served {
	t.Helper()
	t.Setenv(tokenVariable, "")
	s := serveFile(t, filepath.Join(t.TempDir(), "a.db"), "")
	if err := s.store.CreateCollection(t.Context(), "i", "c"); err != nil {
		t.Fatal(err)
	}
	var items []kuzzlite.Upsert
	for n := range documents {
		items = append(items, kuzzlite.Upsert{ID: fmt.Sprintf("d%06d", n), Changes: map[string]any{"n": n}})
	}
	if _, err := s.store.Collection("i", "c").MUpsert(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestServedRefusals has nobody listen, somebody else, and a server that does not let the caller in.
func TestServedRefusals(t *testing.T) {
	s := newServed(t, 1)
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	_ = closed.Close()
	for _, test := range []struct {
		db, token string
		says      []string
	}{
		{"http://" + nobody, "", []string{"no running store is reached", "nothing listens there", "`kuzzlite serve`"}},
		{"unix:" + filepath.Join(t.TempDir(), "gone"), "", []string{"no such socket", "check the name after --db"}},
		{other.URL, "", []string{"what answers there is no Kuzzlite"}},
		{s.where["tcp"], "", []string{"access to the running store is denied", "$KUZZLITE_TOKEN must have",
			"kuzzlite query --to " + s.where["tcp"] + " --user NAME auth refreshToken",
			"`kuzzlite serve --admin NAME` makes the first administrator"}},
		{s.where["tcp"], "nonsense", []string{"access to the running store is denied", "$KUZZLITE_TOKEN must have"}},
	} {
		t.Setenv(tokenVariable, test.token)
		backup := "backup " + filepath.Join(t.TempDir(), "copy.db")
		for _, line := range []string{"count i c", "mupsert i c", "stats", "changes", "watch i c", backup} {
			code, out, errs := command(t, "{}", append(strings.Fields(line), "--db", test.db, "--wait", "0")...)
			if code != exitStore || out != "" {
				t.Errorf("%s --db %s: exit code %d, stdout %q", line, test.db, code, out)
			}
			for _, text := range test.says {
				if !strings.Contains(errs, text) {
					t.Errorf("%s --db %s does not say %q:\n%s", line, test.db, text, errs)
				}
			}
		}
	}
}

// TestServedToken gets a token in the way that the error says, and uses it.
func TestServedToken(t *testing.T) {
	s := newServed(t, 3)
	t.Setenv(passwordVariable, "correct horse")
	var answer struct{ Jwt string }
	text := must(t, "", "query", "--to", s.where["tcp"], "--user", "ann", "auth", "refreshToken")
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(err)
	}
	t.Setenv(tokenVariable, answer.Jwt)
	if got := must(t, "", "count", "--db", s.where["tcp"], "i", "c"); got != "3\n" {
		t.Errorf("it counted %q", got)
	}
}

// cutAfter returns the URL of what passes connections on to a server, and cuts each after so many bytes of what the
// server sends.
func cutAfter(t *testing.T, url string, bytes int64) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	all.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { pass(ctx, in, strings.TrimPrefix(url, "http://"), bytes) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = l.Close()
		all.Wait()
	})
	return "http://" + l.Addr().String()
}

// pass passes one connection on.
func pass(ctx context.Context, in net.Conn, to string, bytes int64) {
	defer context.AfterFunc(ctx, func() { _ = in.Close() })()
	defer in.Close()
	out, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	var there sync.WaitGroup
	there.Go(func() {
		_, _ = io.Copy(out, in)
		_ = out.Close()
	})
	_, _ = io.CopyN(in, out, bytes)
	_, _ = in.Close(), out.Close()
	there.Wait()
}

// TestServerGoneInStream cuts connections in the middle of answers: a part of an answer is never taken for all of it.
func TestServerGoneInStream(t *testing.T) {
	s := newServed(t, 20_000)
	t.Setenv(tokenVariable, s.token)
	db, dir := cutAfter(t, s.where["tcp"], 100_000), t.TempDir()
	file, backup := filepath.Join(dir, "c.ndjson"), filepath.Join(dir, "backup.db")
	for _, args := range [][]string{
		{"list", "i", "c"}, {"find", "i", "c", "n >= 0"}, {"count", "i", "c", "n >= 0"}, {"export", "i", "c"},
		{"export", "i", "c", file}, {"backup", backup}, {"changes"}, {"changes", "--follow"}, {"find", "i", "c", "--json"},
	} {
		code, out, errs := command(t, "", append(args, "--db", db)...)
		if code != exitStore || !strings.Contains(errs, "the connection to the running store was lost") {
			t.Errorf("%q: exit code %d\n%s", args, code, errs)
		}
		if args[len(args)-1] == "--json" && strings.HasSuffix(out, "}\n") {
			t.Errorf("%q printed a whole object", args)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("there is %v, %v", left, err)
	}
}

// TestServerGoneInWrite loses the answer of a write: the command says that it may be done, and how to go on.
func TestServerGoneInWrite(t *testing.T) {
	s := newServed(t, 0)
	t.Setenv(tokenVariable, s.token)
	var in strings.Builder
	for n := range 3000 {
		fmt.Fprintf(&in, "{\"_id\":\"w%d\",\"changes\":{\"text\":%q}}\n", n, strings.Repeat("x", 100))
	}
	code, _, errs := command(t, in.String(), "mupsert", "--db", cutAfter(t, s.where["tcp"], 200_000), "i", "c")
	if code != exitStore || !strings.Contains(errs, "it is not known whether the write was done") ||
		!strings.Contains(errs, "to go on with line 1001:") {
		t.Errorf("exit code %d\n%s", code, errs)
	}
}

// stalled returns the URL of what passes requests on to a server, but for those of an action: of these it tells, and
// does not answer them.
func stalled(t *testing.T, to, action string) (at string, came <-chan struct{}) {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	passOn, signal := httputil.NewSingleHostReverseProxy(target), make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/"+action) {
			signal <- struct{}{}
			_, _ = io.Copy(io.Discard, r.Body) // or else nobody notices that the client is gone
			<-r.Context().Done()
			return
		}
		passOn.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, signal
}

// TestInterruptedServed interrupts writes that a server may have done or not.
func TestInterruptedServed(t *testing.T) {
	s := newServed(t, 10)
	t.Setenv(tokenVariable, s.token)
	for _, test := range []struct{ action, line, says string }{
		{"create", "create i c a n:=1", "kuzzlite create: interrupted; it is not known whether the write was done\n"},
		{"updateByQuery", "update-by-query i c 'n > 3' x=1", "interrupted; what is updated stays: run the command again\n"},
		{"get", "get i c d000001", "kuzzlite get: interrupted; the output is not complete: run the command again\n"},
		{"ensureFieldIndex", "field-index ensure i c n", "interrupted; what is made of the index stays: run the command"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		at, came := stalled(t, s.where["tcp"], test.action)
		words, _, err := splitLine(test.line)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			<-came
			cancel()
		}()
		var out, errs bytes.Buffer
		code := run(ctx, append(texts(words), "--db", at), strings.NewReader(""), &out, &errs)
		if code != exitStore || !strings.Contains(errs.String(), test.says) {
			t.Errorf("%s: exit code %d\n%s", test.line, code, errs.String())
		}
		cancel()
	}
}

// TestServedBackup backs a store up while others write to it. The copy must be whole, and have all that was written
// before.
func TestServedBackup(t *testing.T) {
	s := newServed(t, 5000)
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				_, err := s.store.Collection("i", "c").Upsert(ctx, fmt.Sprintf("w%d-%d", w, n%50), map[string]any{"n": n}, nil)
				if err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	for n := range 3 {
		path := filepath.Join(t.TempDir(), fmt.Sprint("backup", n, ".gz")) // which is not compressed, whatever its name is
		before := s.store.Sequence()
		must(t, "", "backup", "--db", s.where["unix"], path)
		var report kuzzlite.CheckReport
		if err := json.Unmarshal([]byte(must(t, "", "check", "--db", path)), &report); err != nil {
			t.Fatal(err)
		}
		if report.Documents < 5000 || report.Changes < before {
			t.Errorf("the backup has %d documents and %d changes, of %d", report.Documents, report.Changes, before)
		}
		if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
	}
	cancel()
	writers.Wait()
}

// TestServedFollow follows a running store: each change comes at once, and an interrupt ends it well.
func TestServedFollow(t *testing.T) {
	for _, line := range []string{"watch i c", "changes --follow --since 0"} {
		t.Run(line, func(t *testing.T) {
			s := newServed(t, 0)
			f := startFollowing(t, append(strings.Fields(line), "--db", s.where["unix"]))
			if strings.HasPrefix(line, "watch") {
				f.says(t, "watching i/c after change ")
			} else {
				for line := range f.stdout { // up to now
					if strings.Contains(line, `"collection":"c"`) {
						break
					}
				}
			}
			col := s.store.Collection("i", "c")
			for n := range 3 {
				if _, err := col.Upsert(t.Context(), "a", map[string]any{"n": n}, nil); err != nil {
					t.Fatal(err)
				}
				f.prints(t, fmt.Sprintf(`"_id":"a","_version":%d%s}`, n+1, map[bool]string{true: `,"paths":["n"]`}[n > 0]))
			}
			f.cancel()
			if code := <-f.code; code != exitOK {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// TestFollowServerThatEnds: who follows is told, and how to go on.
func TestFollowServerThatEnds(t *testing.T) {
	s := newServed(t, 0)
	newest := s.store.Sequence()
	watch := startFollowing(t, []string{"watch", "i", "c", "--db", s.where["unix"]})
	watch.says(t, "watching i/c after change ")
	since := fmt.Sprint(newest - 1)
	changes := startFollowing(t, []string{"changes", "--follow", "--since", since, "--db", s.where["unix"]})
	changes.prints(t, `"collection":"c"}`)
	if _, err := s.store.Collection("i", "c").Create(t.Context(), "a", map[string]any{}); err != nil {
		t.Fatal(err)
	}
	for _, f := range []*following{watch, changes} { // now both wait for more
		f.prints(t, `"_id":"a","_version":1}`)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	watch.says(t, "shuts down")
	changes.says(t, fmt.Sprintf("`kuzzlite changes --follow --since %d --db %s` goes on", newest+1, s.where["unix"]))
	for _, f := range []*following{watch, changes} {
		if code := <-f.code; code != exitStore {
			t.Errorf("exit code %d", code)
		}
	}
}

// TestWaitForServer has a command wait for a server that starts.
func TestWaitForServer(t *testing.T) {
	s := newServed(t, 2)
	socket := filepath.Join(socketDir(t), "late")
	f := startFollowing(t, []string{"count", "i", "c", "--db", "unix:" + socket, "--wait", "1m"})
	f.says(t, "waiting, 1m0s at most: no running store is reached at unix:")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.server.Serve(l) }()
	f.prints(t, "2")
	if code := <-f.code; code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// TestServedPipe exports and imports the same store at the same time.
func TestServedPipe(t *testing.T) {
	s := newServed(t, 3000)
	r, w := io.Pipe()
	exported := make(chan int, 1)
	go func() {
		args := []string{"export", "i", "c", "--db", s.where["unix"]}
		exported <- run(t.Context(), args, strings.NewReader(""), w, io.Discard)
		_ = w.Close()
	}()
	var errs bytes.Buffer
	code := run(t.Context(), []string{"import", "--create", "i", "copy", "--db", s.where["unix"]}, r, io.Discard, &errs)
	if code != exitOK || <-exported != exitOK || !strings.HasPrefix(errs.String(), "created 3000,") {
		t.Errorf("exit code %d\n%s", code, errs.String())
	}
}

// TestServedShell runs a script of the shell on a running store, while others write to it.
func TestServedShell(t *testing.T) {
	s := newServed(t, 2)
	script := `.use i c
create s1 n:=7
get s1
find 'n = 7' --ids
stats
compact
count
`
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"shell", "--keep-going", s.where["unix"]}, strings.NewReader(script), &out, &errs)
	if code != exitUsage || !strings.Contains(errs.String(), "compact is for a store in a file") {
		t.Errorf("exit code %d\n%s", code, errs.String())
	}
	want := `{"_id":"s1","_source":{"n":7},"_version":1}` + "\n" + `"s1"` + "\n"
	if !strings.Contains(out.String(), want) || !strings.HasSuffix(out.String(), "\n3\n") {
		t.Errorf("it printed\n%s", out.String())
	}
	code, _, says := command(t, "create i c s2 n:=7\n", "shell", "--read-only", s.where["unix"])
	if code != exitStore || !strings.Contains(says, "the store is open for reading only") {
		t.Errorf("exit code %d\n%s", code, says)
	}
}

// TestServedCompletion completes names of a running store.
func TestServedCompletion(t *testing.T) {
	s := newServed(t, 0)
	if got := must(t, "", "__completeNoDesc", "count", "--db", s.where["unix"], "i", ""); got != "c\n:4\n" {
		t.Errorf("it completes\n%s", got)
	}
	if got := must(t, "", "__completeNoDesc", "count", "--db", "unix:/nowhere", "i", ""); got != ":4\n" {
		t.Errorf("without a server it completes\n%s", got)
	}
}

// TestServedMetadata has the metadata kept by a store that was opened without.
func TestServedMetadata(t *testing.T) {
	s := newServed(t, 0)
	must(t, "", "create", "--metadata", "--user", "ann", "--db", s.where["unix"], "i", "c", "a", "n:=1")
	got := must(t, "", "get", "--db", s.where["unix"], "i", "c", "a", "--path", "_kuzzle_info.author")
	if got != "\"ann\"\n" {
		t.Errorf("the author is %s", got)
	}
}
