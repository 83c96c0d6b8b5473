package kuzzle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// visitor makes requests of the controller kuzzlite.
type visitor struct {
	token, header, cookie, origin string
	unix                          bool
}

// visits is a server on TCP and on a Unix socket.
type visits struct {
	t         *testing.T
	tcp, unix string
}

// visit serves until the test ends.
func visit(t *testing.T, s *Server) *visits {
	t.Helper()
	dir, err := os.MkdirTemp("", "kuzzlite") // that of the test may have too long a name for a socket
	if err != nil {
		t.Fatal(err)
	}
	v := &visits{t: t, unix: filepath.Join(dir, "s")}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v.tcp = "http://" + tcp.Addr().String()
	socket, err := ListenUnix(v.unix)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	for _, l := range []net.Listener{tcp, socket} {
		go func() { served <- s.Serve(l) }()
	}
	t.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := <-served; !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		}
		os.RemoveAll(dir)
	})
	return v
}

// post makes a request, and returns the status and the id of the error.
func (v *visits) post(who visitor, path string, body []byte) (status int, id string) {
	v.t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	url := v.tcp
	if who.unix {
		url = "http://kuzzlite"
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", v.unix)
		}
	}
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, url+path, bytes.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	for name, value := range map[string]string{"Origin": who.origin, who.header: "x"} {
		if name != "" && value != "" {
			r.Header.Set(name, value)
		}
	}
	if who.token != "" {
		r.Header.Set("Authorization", "Bearer "+who.token)
	}
	if who.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "authToken", Value: who.cookie})
	}
	answer, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	var envelope struct{ Error struct{ ID string } }
	_ = json.NewDecoder(answer.Body).Decode(&envelope) // an answer of frames is none
	return answer.StatusCode, envelope.Error.ID
}

// hello is a request that whoever may use the controller kuzzlite can make.
func hello(t *testing.T) []byte {
	t.Helper()
	body, err := wire.Pack(&wire.Call{})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// The controller kuzzlite is for who comes over a Unix socket, or has logged in and may use it: never for who has not
// logged in over TCP, also while that one may do everything.
func TestLibraryAccess(t *testing.T) {
	p := newPeople(t, &Options{PasswordMemory: 8, PasswordPasses: 1})
	v := visit(t, p.server)
	const denied, forbidden = "security.rights.unauthorized", "security.rights.forbidden"
	check := func(name string, who visitor, status int, id string) {
		t.Helper()
		for _, action := range []string{"hello", "backup", "mUpsertJSON"} {
			body := hello(t)
			if action != "hello" && status == 200 {
				continue
			}
			if s, i := v.post(who, wire.Prefix+action, body); s != status || i != id {
				t.Errorf("%s, %s: %d %q, want %d %q", name, action, s, i, status, id)
			}
		}
	}
	check("nobody, who may do everything else", visitor{}, 401, denied)
	check("nobody on the socket", visitor{unix: true}, 200, "")
	for _, header := range []string{"X-Forwarded-For", "Forwarded", "Via", "X-Real-Ip"} {
		check("through a proxy with "+header, visitor{unix: true, header: header}, 401, denied)
	}
	check("a page of this machine through a proxy that says nothing", visitor{unix: true, origin: "http://localhost:3000"},
		401, denied)
	check("another page, of the proxy's own origin", visitor{unix: true, header: "Sec-Fetch-Site"}, 401, denied)
	admin := p.admin()
	user := p.user(admin, "eve", "default")
	p.must(admin, "security", "createRole", `{"_id":"library","body":{"controllers":{"kuzzlite":{"actions":{"*":true}}}}}`)
	p.must(admin, "security", "createProfile", `{"_id":"library","body":{"policies":[{"roleId":"library"}]}}`)
	granted := p.user(admin, "ada", "library")
	p.must(admin, "security", "createRole", `{"_id":"most","body":{"controllers":{"*":{"actions":{"*":true}},`+
		`"security":{"actions":{"*":false}}}}}`)
	p.must(admin, "security", "createProfile", `{"_id":"most","body":{"policies":[{"roleId":"most"}]}}`)
	p.must(admin, "index", "create", `{"index":"shop"}`)
	p.must(admin, "security", "createProfile", `{"_id":"shop","body":{"policies":[`+
		`{"roleId":"library","restrictedTo":[{"index":"shop"}]}]}}`)
	most, restricted := p.user(admin, "max", "most"), p.user(admin, "sue", "shop")
	key := p.must(admin, "security", "createApiKey", `{"userId":"root","body":{"description":"d"}}`).(map[string]any)
	secret := key["_source"].(map[string]any)["token"].(string)
	p.must(admin, "security", "createRole", `{"_id":"anybody","body":{"controllers":{"*":{"actions":{"*":true}}}}}`)
	p.must(admin, "security", "updateRole", `{"_id":"anonymous","body":{"controllers":{"*":{"actions":{"*":true}}}}}`)
	for _, c := range []struct {
		name   string
		who    visitor
		status int
		id     string
	}{
		{"nobody again", visitor{}, 401, denied},
		{"a user", visitor{token: user}, 403, forbidden},
		{"a user with a cookie", visitor{cookie: user}, 403, forbidden},
		{"a user who may do everything but security", visitor{token: most}, 403, forbidden},
		{"a user who may, in an index", visitor{token: restricted}, 403, forbidden},
		{"a user who may", visitor{token: granted}, 200, ""},
		{"an administrator", visitor{token: admin}, 200, ""},
		{"an administrator with a cookie", visitor{cookie: admin}, 200, ""},
		{"an API key of an administrator", visitor{token: secret}, 200, ""},
		{"a wrong token", visitor{token: "nonsense"}, 401, "security.token.invalid"},
		{"a foreign page", visitor{token: admin, origin: "https://evil.example"}, 401, "api.process.unauthorized_origin"},
		{"a foreign page on the socket", visitor{unix: true, origin: "https://evil.example"}, 401,
			"api.process.unauthorized_origin"},
		{"nobody on the socket again", visitor{unix: true}, 200, ""},
	} {
		check(c.name, c.who, c.status, c.id)
	}
}

// The actions have no other way in than their routes: JSON that is normalized would not be byte for byte what was sent.
func TestLibraryHasOnlyItsRoutes(t *testing.T) {
	p := newPeople(t, &Options{PasswordMemory: 8, PasswordPasses: 1})
	v := visit(t, p.server)
	admin := p.admin()
	const ask = `{"controller":"kuzzlite","action":"stats"}`
	if status, id := v.post(visitor{token: admin}, "/_query", []byte(ask)); id != "api.assert.unsupported_protocol" {
		t.Errorf("by _query: %d %q", status, id)
	}
	if status, id := v.post(visitor{}, "/_query", []byte(ask)); status != 401 {
		t.Errorf("by _query, nobody: %d %q", status, id)
	}
	_, err := p.server.Query(t.Context(), json.RawMessage(ask))
	if err == nil || !strings.Contains(err.Error(), "POST to") {
		t.Errorf("in the process: %v", err)
	}
	c := dial(t, v.tcp)
	c.send(fmt.Sprintf(`{"controller":"kuzzlite","action":"stats","jwt":%q}`, admin))
	if answer := text(c.answer()); !strings.Contains(answer, "api.assert.unsupported_protocol") {
		t.Errorf("over a WebSocket: %s", answer)
	}
}

// A request that is none, or too much, is refused, and tells why.
func TestLibraryBadRequests(t *testing.T) {
	p := newPeople(t, &Options{})
	v := visit(t, p.server)
	private, err := wire.Pack(&wire.Call{Index: "kuzzle", Collection: "users", ID: "x"}, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		action, body string
		status       int
	}{
		"no head":           {"get", "", 400},
		"no JSON":           {"get", "{\n", 400},
		"an unknown option": {"get", `{"write":{"Quick":true}}` + "\n", 400},
		"a bad query":       {"count", `{"query":{"language":"short","text":"("}}` + "\n", 400},
		"no value":          {"create", "{}\n", 400},
		"a cut value":       {"create", "{}\n\x09{}", 400},
		"no field index":    {"deleteFields", "{}\n", 400},
		"the private index": {"create", string(private), 400},
		"no such action":    {"compact", "{}\n", 404},
	} {
		if status, id := v.post(visitor{unix: true}, wire.Prefix+c.action, []byte(c.body)); status != c.status {
			t.Errorf("%s: %d %q, want %d", name, status, id, c.status)
		}
	}
}

// Clients of Kuzzle are not told of the controller, unless the options say so.
func TestPublishLibrary(t *testing.T) {
	for _, publish := range []bool{false, true} {
		p := newPeople(t, &Options{PublishLibrary: publish})
		for _, action := range []string{"publicApi", "openapi"} {
			told, err := p.server.Query(t.Context(), json.RawMessage(`{"controller":"server","action":"`+action+`"}`))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(string(told), wire.Prefix); got != publish {
				t.Errorf("%s with PublishLibrary %v: it has %s: %v", action, publish, wire.Prefix, got)
			}
		}
	}
}

// A client that takes nothing of its answer, as a pager does, does not hold up the end of the server.
func TestShutdownBesideStalledClient(t *testing.T) {
	p := newPeople(t, &Options{})
	p.server.times.last = 50 * time.Millisecond
	token := p.admin()
	l := &pipeListener{make(chan net.Conn, 1), make(chan struct{})}
	served := make(chan error)
	go func() { served <- p.server.Serve(l) }()
	conn, far := net.Pipe() // which holds nothing: the server waits in the middle of what it writes
	defer conn.Close()
	l.conns <- far
	body := hello(t)
	fmt.Fprintf(conn, "POST %schanges HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		wire.Prefix, token, len(body), body)
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := p.server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

// pipeListener is a listener whose connections come from a channel.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { close(l.closed); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Net: "pipe"} }

// A socket is its user's alone, one of a program that has died is replaced, and one in use is left alone.
func TestListenUnix(t *testing.T) {
	dir, err := os.MkdirTemp("", "kuzzlite")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	first, err := ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is %v: %v", info.Mode(), err)
	}
	if _, err := ListenUnix(path); err == nil || !strings.Contains(err.Error(), "another server does") {
		t.Errorf("a second one: %v", err)
	}
	first.(*net.UnixListener).SetUnlinkOnClose(false) // as if the program had died
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ListenUnix(path); err == nil || !strings.Contains(err.Error(), "something is there that is no socket") {
		t.Errorf("a file is taken for a socket: %v", err)
	}
	long := filepath.Join(dir, strings.Repeat("s", 120))
	if _, err := ListenUnix(long); err == nil || !strings.Contains(err.Error(), "the path is too long") {
		t.Errorf("a long path: %v", err)
	}
	if text, err := os.ReadFile(path); string(text) != "a file" {
		t.Errorf("the file has %q: %v", text, err)
	}
}

// A program that embeds a store serves it to the command line in one line.
func ExampleServer_ServeUnix() {
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	store, err := kuzzlite.OpenMemory(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	server, err := NewServer(store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	go server.ServeUnix(filepath.Join(dir, "shop.sock")) // kuzzlite find --db unix:shop.sock …

	fmt.Println(server.Shutdown(context.Background()))
	// Output: <nil>
}
