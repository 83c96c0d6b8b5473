package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzletest"
	"github.com/kuzzlite/kuzzlite/upstream"
)

// letterOf returns the id of the one letter that a store has.
func letterOf(t *testing.T, db string) string {
	t.Helper()
	var l struct{ Letter string }
	if out := must(t, "", "outbox", "list", "--db", db); json.Unmarshal([]byte(out), &l) != nil || l.Letter == "" {
		t.Fatalf("no letter: %s", out)
	}
	return l.Letter
}

// Push --once sends what is owed, and what the server refuses is a letter that is looked after by the verbs of outbox.
func TestPush(t *testing.T) {
	t.Setenv(upstreamPassword, "")
	t.Setenv(upstreamToken, "")
	fake := kuzzletest.New(t)
	fake.Mapping("plant", "readings", json.RawMessage(`{"properties":{"celsius":{"type":"integer"}}}`))
	db := filepath.Join(t.TempDir(), "edge.db")
	must(t, `{"_id":"a","changes":{"celsius":20}}`+"\n"+`{"_id":"b","changes":{"celsius":"warm"}}`,
		"mupsert", "--db", db, "--create", "plant", "readings")
	push := func() (int, string) {
		code, _, errs := command(t, "", "push", "--db", db, "--upstream", fake.URL, "--once", "--replay", "plant/readings")
		return code, errs
	}
	if code, errs := push(); code != exitFailed || !strings.Contains(errs, "sent 1 document\n") ||
		!strings.Contains(errs, "the server refuses 1 document") || !strings.Contains(errs, "kuzzlite outbox list --db") {
		t.Fatalf("%d %s", code, errs)
	}
	if out := must(t, "", "outbox", "status", "--db", db); !strings.Contains(out, `"waiting":0,"parked":1`) {
		t.Error(out)
	}
	id := letterOf(t, db)
	must(t, "", "outbox", "retry", "--db", db, "--all")
	if code, errs := push(); code != exitFailed {
		t.Errorf("sent again: %d %s", code, errs)
	}
	must(t, "", "outbox", "edit", "--db", db, id, "celsius:=21")
	if code, errs := push(); code != exitOK || !strings.Contains(errs, "sent 1 document\n") {
		t.Errorf("edited: %d %s", code, errs)
	}
	for id, celsius := range map[string]string{"a": "20", "b": "21"} {
		d, err := fake.Store.Collection("plant", "readings").Get(t.Context(), id)
		if err != nil || !strings.Contains(string(d.Source), `"celsius":`+celsius) {
			t.Errorf("%s: %s %v", id, d.Source, err)
		}
	}
	must(t, "", "upsert", "--db", db, "plant", "readings", "b", "celsius=cold")
	if code, errs := push(); code != exitFailed {
		t.Errorf("refused: %d %s", code, errs)
	}
	must(t, "", "outbox", "drop", "--db", db, letterOf(t, db))
	if code, errs := push(); code != exitOK || !strings.Contains(errs, "sent 0 documents\n") {
		t.Errorf("dropped: %d %s", code, errs)
	}
}

// flaky is a server that is away while it is told so.
func flaky(t *testing.T, to string, away *atomic.Bool) string {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// Serve --upstream takes writes while the line is down, and sends them once it is back; letters are looked after while it
// runs.
func TestServeUpstream(t *testing.T) {
	t.Setenv(upstreamPassword, "")
	t.Setenv(upstreamToken, "")
	fake := kuzzletest.New(t)
	var away atomic.Bool
	away.Store(true)
	dir := t.TempDir()
	socket := unixPrefix + filepath.Join(socketDir(t), "s")
	args := []string{
		"--db", filepath.Join(dir, "edge.db"), "--listen", socket, "--upstream", flaky(t, fake.URL, &away),
		"--push", "plant/readings",
	}
	t.Run("away", func(t *testing.T) {
		startServing(t, args...)
		must(t, "", "create-index", "--db", socket, "plant")
		must(t, "", "create-collection", "--db", socket, "plant", "readings")
		for n := range 20 {
			must(t, "", "upsert", "--db", socket, "plant", "readings", fmt.Sprint(n), fmt.Sprintf("celsius:=%d", n))
		}
		if out := must(t, "", "outbox", "status", "--db", socket); !strings.Contains(out, `"outbox":"upstream"`) {
			t.Error(out)
		}
	})
	away.Store(false)
	fake.Mapping("plant", "readings", json.RawMessage(`{"properties":{"celsius":{"type":"integer"}}}`))
	startServing(t, args...)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		n, err := fake.Store.Collection("plant", "readings").Count(t.Context())
		if err == nil && n == 20 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d documents are there: %v", n, err)
		}
	}
	must(t, "", "upsert", "--db", socket, "plant", "readings", "0", "celsius=warm")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if strings.Contains(must(t, "", "outbox", "status", "--db", socket), `"parked":1`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("there is no letter")
		}
	}
	must(t, "", "outbox", "edit", "--db", socket, letterOf(t, socket), "celsius:=77")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		d, err := fake.Store.Collection("plant", "readings").Get(t.Context(), "0")
		if err == nil && strings.Contains(string(d.Source), `"celsius":77`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s %v", d.Source, err)
		}
	}
}

// A login that is refused ends push --once: it waited for ever.
func TestPushRefusedLogin(t *testing.T) {
	fake := kuzzletest.New(t)
	t.Setenv(upstreamPassword, "wrong")
	t.Setenv(upstreamToken, "")
	db := filepath.Join(t.TempDir(), "edge.db")
	must(t, `{"_id":"a","changes":{}}`, "mupsert", "--db", db, "--create", "plant", "readings")
	code, _, errs := command(t, "", "push", "--db", db, "--upstream", fake.URL, "--upstream-user", "nobody", "--once", "--replay",
		"plant/readings")
	if code != exitStore || !strings.Contains(errs, "does not accept the credentials") || !strings.Contains(errs, "still owed") {
		t.Errorf("%d %s", code, errs)
	}
	t.Setenv(upstreamPassword, "")
	if out := must(t, "", "outbox", "status", "--db", db); strings.Contains(out, `"behind":0`) {
		t.Error(out)
	}
}

// A token is taken from a file, without the end of its line.
func TestTokenFile(t *testing.T) {
	t.Setenv(upstreamPassword, "")
	t.Setenv(upstreamToken, "")
	got := make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer s.Close()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("secret\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	to, err := (&pushing{upstream: s.URL, tokenFile: path, maxOwed: 1}).begin([]string{"a/b"})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	w := upstream.Write{Index: "a", Collection: "b", ID: "1", Kind: upstream.Merge, Body: json.RawMessage(`{}`)}
	if _, err := to.Write(t.Context(), &upstream.Batch{Outbox: "o", Number: 1, Writes: []upstream.Write{w}}); err == nil {
		t.Error("a server that is not available does a write")
	}
	if token := <-got; token != "Bearer secret" {
		t.Errorf("it logs in with %q", token)
	}
}

func TestPushRefuses(t *testing.T) {
	t.Setenv(upstreamPassword, "")
	t.Setenv(upstreamToken, "")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	up := "http://" + l.Addr().String()
	dir := t.TempDir()
	one, two, absent := filepath.Join(dir, "one"), filepath.Join(dir, "two"), filepath.Join(dir, "absent.db")
	for path, text := range map[string]string{one: "secret\n", two: "secret\nmore\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"push", "--db", "a.db"}, "INDEX/COLLECTION is missing"},
		{[]string{"push", "--db", "a.db", "plant/readings"}, "--upstream is missing"},
		{[]string{"push", "--db", "a.db", "--upstream", up, "plant"}, `"plant" names no collection: it must be INDEX/COLLECTION`},
		{[]string{"push", "--db", "a.db", "--upstream", "x", "plant/readings"}, "it must be http://HOST:PORT"},
		{[]string{"push", "--db", "a.db", "--upstream", up, "--upstream-user", "u", "a/b"}, "needs a password in $KUZZLITE_UPSTREAM_PASSWORD"},
		{[]string{"push", "--db", "a.db", "--upstream", up, "--max-owed", "0", "a/b"}, "--max-owed must be a whole number, 1 or more"},
		{[]string{"push", "--db", "a.db", "--upstream", up, "--log-format", "xml", "a/b"}, "--log-format must be text or json"},
		{[]string{"push", "--db", "unix:a", "--upstream", up, "a/b"}, "kuzzlite serve --upstream URL --push INDEX/COLLECTION"},
		{
			[]string{"push", "--db", "a.db", "--upstream", up, "--upstream-password-file", two, "a/b"},
			"--upstream-password-file: " + two + " must have one line",
		},
		{
			[]string{"push", "--db", "a.db", "--upstream", up, "--upstream-password-file", one, "a/b"},
			"--upstream-password-file needs --upstream-user",
		},
		{
			[]string{"push", "--db", "a.db", "--upstream", up, "--upstream-token-file", one, "--upstream-user", "u",
				"--upstream-password-file", one, "a/b"},
			"there is a token, too",
		},
		{[]string{"serve", "--db", absent, "--upstream", up, "--push", "plant"}, `"plant" names no collection`},
		{[]string{"serve", "--db", absent, "--upstream", "x", "--push", "a/b"}, "it must be http://HOST:PORT"},
		{[]string{"serve", "--memory", "--upstream-user", "u"}, "--upstream-user needs --upstream and --push"},
		{[]string{"serve", "--memory", "--refuse-writes"}, "--refuse-writes needs --upstream and --push"},
		{[]string{"serve", "--memory", "--upstream", up}, "one needs the other"},
		{[]string{"serve", "--memory", "--push", "a/b"}, "one needs the other"},
		{[]string{"outbox", "retry", "--db", "a.db"}, "give LETTERs"},
		{[]string{"outbox", "drop", "--db", "a.db", "--all", "x"}, "give LETTERs"},
		{[]string{"outbox", "send"}, `unknown verb "send": it is status, list, retry, edit or drop`},
	} {
		var errs bytes.Buffer
		a := &app{stdin: strings.NewReader(""), out: newOutput(&bytes.Buffer{}), stderr: &errs}
		if code := a.run(t.Context(), tt.args); code != exitUsage || !strings.Contains(errs.String(), tt.want) {
			t.Errorf("%q: %d %s, want %s", tt.args, code, errs.String(), tt.want)
		}
	}
	if _, err := os.Stat(absent); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("serve makes a store, and then refuses the flags: %v", err)
	}
	code, _, errs := command(t, "", "push", "--db", "a.db", "--upstream", up, "--upstream-token-file", absent, "a/b")
	if code != exitStore || !strings.Contains(errs, "--upstream-token-file: open") {
		t.Errorf("%d %s", code, errs)
	}
	db := filepath.Join(t.TempDir(), "a.db")
	must(t, "", "create-index", "--db", db, "i", "--create")
	for _, args := range [][]string{{"list"}, {"drop", "x"}, {"retry", "--all"}, {"list", "--outbox", "typo"}} {
		code, _, errs := command(t, "", slices.Concat([]string{"outbox", args[0], "--db", db}, args[1:])...)
		if code != exitStore || !strings.Contains(errs, "there is no outbox ") || !strings.Contains(errs, "lists the outboxes") {
			t.Errorf("%q: %d %s", args, code, errs)
		}
	}
	if out := must(t, "", "outbox", "status", "--db", db); out != "" {
		t.Error(out)
	}
}
