package command

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// heard is standard error of a command that runs.
type heard struct {
	mu     sync.Mutex
	text   bytes.Buffer
	listen chan string // the address, once it is said
}

var listening = regexp.MustCompile(`listening on (?:http://)?(\S+?)(?: and|;)`)

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n, err := h.text.Write(p)
	if found := listening.FindSubmatch(h.text.Bytes()); found != nil {
		select {
		case h.listen <- string(found[1]):
		default:
		}
	}
	return n, err
}

// startServing runs serve until the test ends, and returns where it listens.
func startServing(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	h := &heard{listen: make(chan string, 1)}
	done := make(chan int, 1)
	go func() {
		a := &app{stdin: strings.NewReader(""), out: newOutput(&bytes.Buffer{}), stderr: h}
		done <- a.run(ctx, append([]string{"serve"}, args...))
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-done; code != exitOK {
			t.Errorf("serve %q ends with %d: %s", args, code, h.text.String())
		}
	})
	select {
	case address := <-h.listen:
		return address
	case code := <-done:
		done <- exitOK
		t.Fatalf("serve %q ends with %d: %s", args, code, h.text.String())
	}
	return ""
}

// asks runs query, and returns its exit code and what it says.
func asks(t *testing.T, address string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	a := &app{stdin: strings.NewReader(""), out: newOutput(&o), stderr: &e}
	code = a.run(t.Context(), append([]string{"query", "--to", "http://" + address}, args...))
	return code, o.String(), e.String()
}

func TestServe(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	mappings := file("mappings.json", `{"shop":{"carts":{"properties":{"n":{"type":"integer"}}}}}`)
	fixtures := file("fixtures.json", `{"shop":{"carts":[{"index":{"_id":"a"}},{"n":1}]}}`)
	address := startServing(t, "--memory", "--listen", "127.0.0.1:0", "--mappings", mappings, "--fixtures", fixtures)
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"document", "search", "shop", "carts", "--body", `{"query":{"term":{"n":1}}}`}, exitOK, `"total":1`},
		{[]string{"document", "create", "shop", "carts", "--id", "b", "--body", "@" + file("b.json", `{"n":2}`)}, exitOK, `"_id":"b"`},
		{[]string{"document", "mGet", "shop", "carts", "--arg", `ids=["b","c"]`}, exitOK, `{"errors":["c"],"successes":[{"_id":"b"`},
		{[]string{"document", "get", "shop", "carts", "--id", "c"}, exitStore, "services.storage.not_found"},
		{[]string{"index", "create", "new"}, exitOK, "null"},
		{[]string{"document", "get", "--arg", "x"}, exitUsage, "NAME=VALUE"},
		{[]string{"document", "get", "--body", "{"}, exitUsage, "--body: invalid JSON at byte 1"},
		{[]string{"document", "get", "--to", "127.0.0.1:7512"}, exitUsage, "is no URL: it must be http://127.0.0.1:7512"},
		{[]string{"document", "get", "--to", "unix:a.sock"}, exitUsage, "--to unix:a.sock is a socket"},
		{[]string{"document", "get", "--db", "unix:a.sock"}, exitUsage, "takes no --db"},
	} {
		code, out, errs := asks(t, address, tt.args...)
		if code != tt.code || !strings.Contains(out+errs, tt.want) {
			t.Errorf("%q: %d %s%s, want %d %s", tt.args, code, out, errs, tt.code, tt.want)
		}
	}
}

// With an administrator whoever is not logged in has no rights, and others may reach the server. What was stored stays.
func TestServeAdmin(t *testing.T) {
	t.Setenv(passwordVariable, "sesame-open")
	db := filepath.Join(t.TempDir(), "a.db")
	t.Run("first", func(t *testing.T) {
		address := startServing(t, "--db", db, "--admin", "root", "--listen", "127.0.0.1:0")
		if code, _, errs := asks(t, address, "index", "list"); code != exitStore || !strings.Contains(errs, "401") ||
			!strings.Contains(errs, "--user NAME logs in") {
			t.Errorf("without a login: %d %s", code, errs)
		}
		if code, _, errs := asks(t, address, "--user", "root", "index", "create", "a"); code != exitOK {
			t.Errorf("the administrator: %s", errs)
		}
	})
	t.Run("again", func(t *testing.T) {
		address := startServing(t, "--db", db, "--admin", "other", "--listen", "0.0.0.0:0")
		_, port, _ := strings.Cut(address, "]:")
		code, out, errs := asks(t, "127.0.0.1:"+port, "--user", "root", "index", "list")
		if code != exitOK || !strings.Contains(out, `["a"]`) {
			t.Errorf("the administrator: %d %s%s", code, out, errs)
		}
		if code, _, _ := asks(t, "127.0.0.1:"+port, "--user", "other", "index", "list"); code != exitStore {
			t.Error("there is a second first administrator")
		}
	})
}

func TestServeRefuses(t *testing.T) {
	t.Setenv(passwordVariable, "")
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--memory", "--listen", "0.0.0.0:0"}, "--admin makes an administrator, --open serves all the same"},
		{[]string{"--memory", "--listen", "nonsense"}, "--listen must be HOST:PORT or unix:PATH"},
		{[]string{"--memory", "--origin", "shop.example"}, "--origin shop.example is no origin"},
		{[]string{"--memory", "--origin", "https://shop.example/"}, "with nothing behind, or *"},
		{[]string{"--memory", "--listen", "unix:"}, "--listen unix: names no socket"},
		{[]string{"--memory", "--dynamic", "maybe"}, "--dynamic must be true, false or strict"},
		{[]string{"--memory", "--log-format", "xml"}, "--log-format must be text or json"},
		{[]string{"--memory", "--admin", "root"}, "--admin needs a password in $KUZZLITE_PASSWORD"},
		{[]string{"--memory", "--refresh-interval", "-1s"}, "must not be negative"},
		{[]string{"--memory", "--metrics", "x"}, "--metrics must be HOST:PORT"},
		{[]string{"--memory", "--metrics", "0.0.0.0:0"}, "--metrics 0.0.0.0:0 is not of this machine only"},
		{[]string{"--control", "127.0.0.1:0", "--db", "x.db"}, "--control is for a store in memory"},
		{[]string{"--memory", "--seed", "3"}, "--seed is for faults, which there are with --control"},
		{[]string{"--memory", "--db", "a.db"}, "give --memory or --db, not both"},
		{[]string{"--memory", "extra"}, "too many arguments"},
	} {
		var errs bytes.Buffer
		a := &app{stdin: strings.NewReader(""), out: newOutput(&bytes.Buffer{}), stderr: &errs}
		if code := a.run(t.Context(), append([]string{"serve"}, tt.args...)); code != exitUsage || !strings.Contains(errs.String(), tt.want) {
			t.Errorf("%q: %d %s, want %s", tt.args, code, errs.String(), tt.want)
		}
	}
}

// Fixtures were refused where no --mappings had made their collections; and loaded again, no document said why it
// failed.
func TestServeFixtures(t *testing.T) {
	dir := t.TempDir()
	fixtures, db := filepath.Join(dir, "fixtures.json"), filepath.Join(dir, "a.db")
	text := `{"shop":{"carts":[{"create":{"_id":"a"}},{"n":1}]}}`
	if err := os.WriteFile(fixtures, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("first", func(t *testing.T) {
		address := startServing(t, "--db", db, "--listen", "127.0.0.1:0", "--fixtures", fixtures)
		if code, out, errs := asks(t, address, "document", "get", "shop", "carts", "--id", "a"); code != exitOK {
			t.Errorf("%d %s%s", code, out, errs)
		}
	})
	var errs bytes.Buffer
	a := &app{stdin: strings.NewReader(""), out: newOutput(&bytes.Buffer{}), stderr: &errs}
	code := a.run(t.Context(), []string{"serve", "--db", db, "--listen", "127.0.0.1:0", "--fixtures", fixtures})
	want := "the first of 1: [a]: version conflict, document already exists"
	if code != exitStore || !strings.Contains(errs.String(), want) {
		t.Errorf("again: %d %s", code, errs.String())
	}
}

// A socket in the file system is taken over from a server that was killed, and not from one that runs.
func TestServeUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	startServing(t, "--memory", "--listen", unixPrefix+path)
	var errs bytes.Buffer
	a := &app{stdin: strings.NewReader(""), out: newOutput(&bytes.Buffer{}), stderr: &errs}
	if code := a.run(t.Context(), []string{"serve", "--memory", "--listen", unixPrefix + path}); code != exitStore ||
		!strings.Contains(errs.String(), "another server does") {
		t.Errorf("%d %s", code, errs.String())
	}
	hint := "the store that is served there is --db " + shellQuote(unixPrefix+path)
	if code, _, errs := command(t, "", "stats", "--db", path); code != exitStore || !strings.Contains(errs, hint) {
		t.Errorf("the socket as a file: %d %s", code, errs)
	}
}

// Figures and control are on addresses of their own.
func TestServeSides(t *testing.T) {
	h := &heard{listen: make(chan string, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() {
		a := &app{stdin: strings.NewReader(""), out: newOutput(&bytes.Buffer{}), stderr: h}
		done <- a.run(ctx, []string{
			"serve", "--memory", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--control", "127.0.0.1:0",
		})
	}()
	address := <-h.listen
	h.mu.Lock()
	urls := regexp.MustCompile(`on (http://[^ \n;]+)`).FindAllStringSubmatch(h.text.String(), -1)
	h.mu.Unlock()
	if text := fetch(t, urls[0][1], ""); !strings.Contains(text, "kuzzlite_connections 0") {
		t.Error(text)
	}
	if text := fetch(t, urls[1][1]+"/faults", `{"kind":"error","status":418,"message":"a teapot"}`); text != "true\n" {
		t.Error(text)
	}
	if code, _, errs := asks(t, address, "index", "list"); code != exitStore || !strings.Contains(errs, "a teapot") {
		t.Errorf("%d %s", code, errs)
	}
	cancel()
	if code := <-done; code != exitOK {
		t.Errorf("it ends with %d", code)
	}
}

// fetch gets a page, or posts something to it.
func fetch(t *testing.T, url, body string) string {
	t.Helper()
	verb := http.MethodGet
	if body != "" {
		verb = http.MethodPost
	}
	r, err := http.NewRequestWithContext(t.Context(), verb, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The command says how an SDK connects.
func TestAnnounce(t *testing.T) {
	for _, tt := range []struct {
		at   net.TCPAddr
		want string
	}{
		{net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 7512}, "new WebSocket('127.0.0.1', { port: 7512 })"},
		{net.TCPAddr{IP: net.IPv6loopback, Port: 1}, "new WebSocket('[::1]', { port: 1 })"},
		{net.TCPAddr{IP: net.IPv6unspecified, Port: 1}, "new WebSocket('localhost', { port: 1 })"},
	} {
		var said bytes.Buffer
		(&app{stderr: &said}).announce(&tt.at, true)
		if !strings.Contains(said.String(), tt.want) {
			t.Errorf("it says %s, want %s", said.String(), tt.want)
		}
	}
}
