package upstream

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	server "github.com/kuzzlite/kuzzlite/kuzzle"
	"github.com/kuzzlite/kuzzlite/kuzzle/faults"
	"github.com/kuzzlite/kuzzlite/kuzzletest"
)

func batch(number uint64, writes ...Write) *Batch {
	return &Batch{Outbox: "o", Number: number, Writes: writes}
}

// dialed returns the server at a URL until the test ends.
func dialed(t *testing.T, address string, o *Options) Server {
	t.Helper()
	s, err := Dial(address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// line leads to a handler that may be another one later, as an address does whose server is replaced.
type line struct {
	*httptest.Server
	to atomic.Pointer[http.Handler]
}

func newLine(t *testing.T, to http.Handler) *line {
	t.Helper()
	l := &line{}
	l.lead(to)
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*l.to.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(l.Server.Close)
	return l
}

func (l *line) lead(to http.Handler) { l.to.Store(&to) }

// answering answers everything in the same way.
func answering(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// A batch whose answer is lost is done once, also if the server is started anew before it is asked again, and what others
// have written in between stays. One that was lost on its way is done.
func TestLostAnswer(t *testing.T) {
	fake := kuzzletest.New(t)
	l := newLine(t, fake.Handler())
	s := dialed(t, l.URL, nil)
	fake.Seed("i", "c", nil)
	if r, err := s.Receipt(t.Context(), "o"); r != nil || err != nil || !s.Exact() {
		t.Fatalf("%+v, %v, exact %v", r, err, s.Exact())
	}
	b := batch(1, write(Merge, "a", `{"n":1}`), write(Update, "none", `{}`), write(Merge, "b", `{"n":1,"m":2}`, "m"))
	for _, kind := range []faults.Kind{faults.Drop, faults.Lose} {
		fake.Fail(faults.Fault{Action: "push", Kind: kind})
		if _, err := s.Write(t.Context(), b); !errors.Is(err, ErrAway) || !s.Exact() {
			t.Fatalf("%s: %v", kind, err)
		}
	}
	if _, err := fake.Store.Collection("i", "c").Update(t.Context(), "a", json.RawMessage(`{"n":9}`)); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": `v2 {"n":9}`, "b": `v2 {"n":1}`}
	again, err := server.NewServer(fake.Store, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		out, err := s.Write(t.Context(), b)
		if d := cmp.Diff([]Outcome{{201, 1, ""}, {404, 0, "document not found"}, {201, 2, ""}}, out); d != "" || err != nil {
			t.Errorf("%v: %s", err, d)
		}
		if d := cmp.Diff(want, sources(t, fake.Store)); d != "" {
			t.Errorf("documents: %s", d)
		}
		l.lead(again)
	}
	out, err := s.Write(t.Context(), batch(2, write(Merge, "", `{}`)))
	if err != nil || out[0].Status != 400 || out[0].Reason == "" {
		t.Errorf("the only write of a batch is refused: %+v, %v", out, err)
	}
	r, err := s.Receipt(t.Context(), "o")
	first := Item{"i", "c", "a", 7, 8, Outcome{201, 1, ""}}
	if err != nil || r == nil || r.Number != 1 || len(r.Items) != 3 || r.Items[0] != first {
		t.Errorf("receipt: %+v, %v", r, err)
	}
	for number, w := range map[uint64]Write{0: b.Writes[0], 1: write(Merge, "other", `{}`)} {
		if _, err := s.Write(t.Context(), batch(number, w)); !errors.Is(err, ErrStale) {
			t.Errorf("batch %d: %v", number, err)
		}
	}
}

// Servers that keep no receipts say so in several ways, and are not exact; whether the one behind the address is another
// one now is asked when it was away.
func TestWhatIsThere(t *testing.T) {
	fake := kuzzletest.New(t)
	fake.Seed("i", "c", nil)
	const refusal = `{"status":%d,"error":{"status":%[1]d,"id":%q,"message":"no"},"result":null}`
	l := newLine(t, nil)
	without := func(status int, id string) http.Handler { // a server that knows nothing of the controller kuzzlite
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if bytes.Contains(body, []byte(`"controller":"kuzzlite"`)) {
				answering(status, fmt.Sprintf(refusal, status, id)).ServeHTTP(w, r)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			fake.Handler().ServeHTTP(w, r)
		})
	}
	number := uint64(0)
	for id, status := range map[string]int{
		"api.process.controller_not_found": 404, "api.process.action_not_found": 404, "security.rights.forbidden": 403,
		"security.rights.unauthorized": 401, "api.assert.unsupported_protocol": 400,
	} {
		s := dialed(t, l.URL, nil)
		ask := func(exact bool) {
			t.Helper()
			number++
			fake.Forget()
			out, err := s.Write(t.Context(), batch(number, write(Replace, "a", `{"n":1}`), write(Replace, "b", `{"n":1}`)))
			if err != nil || !out[0].Done() || s.Exact() != exact {
				t.Errorf("%s: %+v, %v, exact %v", id, out, err, s.Exact())
			}
			fake.Expect("kuzzlite:push", map[bool]int{true: 1}[exact])
			fake.Expect("document:mCreateOrReplace", map[bool]int{false: 1}[exact])
		}
		lost := func(to http.Handler) {
			t.Helper()
			l.lead(answering(503, ""))
			if _, err := s.Write(t.Context(), batch(number+1, write(Delete, "x", ""))); !errors.Is(err, ErrAway) {
				t.Errorf("%s: %v", id, err)
			}
			l.lead(to)
		}
		l.lead(without(status, id))
		if r, err := s.Receipt(t.Context(), "o"); r != nil || err != nil || s.Exact() {
			t.Errorf("%s: %+v, %v, exact %v", id, r, err, s.Exact())
		}
		ask(false)
		l.lead(fake.Handler())
		ask(false)
		lost(fake.Handler())
		ask(true)
		lost(fake.Handler())
		ask(true)
		fake.Expect("kuzzlite:receipt", 0)                               // it says so itself if it is exact no more
		if l.lead(without(status, id)); status == 401 || status == 400 { // which may be for what is asked
			_, err := s.Write(t.Context(), batch(number+1, write(Merge, "a", `{}`), write(Merge, "b", `{}`)))
			if want := map[int]error{401: ErrLogin, 400: ErrRefused}[status]; !errors.Is(err, want) {
				t.Errorf("%s: %v", id, err)
			}
		}
		if status != 400 {
			ask(false)
		}
	}
	l.lead(answering(500, fmt.Sprintf(refusal, 500, "x")))
	if _, err := dialed(t, l.URL, nil).Receipt(t.Context(), "o"); !errors.Is(err, ErrFault) {
		t.Errorf("a server that fails: %v", err)
	}
}

// What the server does not let the caller do is refused alone, by either kind of server, as are fields that may not be
// removed. Who may not do it since they have not logged in is told that instead.
func TestDenied(t *testing.T) {
	for name, exact := range map[string]bool{"kuzzlite": true, "kuzzle": false} {
		t.Run(name, func(t *testing.T) {
			fake := kuzzletest.New(t)
			for _, c := range []string{"c", "closed"} {
				fake.Seed("i", c, kuzzletest.Documents{"a": map[string]int{"n": 1}})
			}
			fake.Query(`{"controller":"security","action":"createRole","_id":"r","body":{"controllers":{"document":{"actions":
				{"mUpdate":true,"mDelete":true,"mUpsert":true}},"collection":{"actions":{"create":true}}}}}`)
			fake.Query(`{"controller":"security","action":"createProfile","_id":"p","body":{"policies":[{"roleId":"r",
				"restrictedTo":[{"index":"i","collections":["c"]}]}, {"roleId":"r","restrictedTo":[{"index":"j"}]}]}}`)
			fake.Query(`{"controller":"security","action":"createUser","_id":"u","body":{"content":{"profileIds":["p"]},
				"credentials":{"local":{"username":"u","password":"p"}}}}`)
			fake.Query(`{"controller":"security","action":"createFirstAdmin","_id":"ada","reset":true,
				"body":{"content":{},"credentials":{"local":{"username":"ada","password":"secret of ada"}}}}`)
			if !exact {
				asKuzzle(fake)
			}
			s := dialed(t, fake.URL, &Options{User: "u", Password: "p"})
			closed := write(Merge, "a", `{"n":2}`)
			closed.Collection = "closed"
			out, err := s.Write(t.Context(), batch(1, write(Merge, "b", `{"n":2}`), closed, write(Replace, "a", `{}`),
				write(Update, "a", `{"n":2}`), write(Merge, "c", `{"m":1}`, "n")))
			if err != nil || s.Exact() != exact {
				t.Fatal(err, s.Exact())
			}
			if d := cmp.Diff([]int{201, 403, 403, 200, 403}, statuses(out)); d != "" || out[1].Reason == "" {
				t.Errorf("outcomes: %s %+v", d, out)
			}
			for n, kind := range []Kind{Truncate, DeleteCollection} {
				out, err := s.Write(t.Context(), batch(uint64(n+2), write(kind, "", "")))
				if err != nil || out[0].Status != 403 {
					t.Errorf("kind %d: %+v, %v", kind, out, err)
				}
			}
			create := write(CreateCollection, "", "") // whoever may not create an index may have one
			if out, err := s.Write(t.Context(), batch(4, create)); err != nil || !out[0].Done() {
				t.Errorf("%+v, %v", out, err)
			}
			nobody := dialed(t, fake.URL, nil)
			for range 2 {
				if _, err := nobody.Write(t.Context(), batch(1, closed)); !errors.Is(err, ErrLogin) {
					t.Errorf("who has not logged in: %v", err)
				}
			}
		})
	}
}

// A batch that takes several requests goes on where it was stopped, and does not begin anew; another one with its number
// does.
func TestGoesOn(t *testing.T) {
	s, fake := kuzzleServer(t, nil)
	docs := kuzzletest.Documents{}
	var writes []Write
	for n := range 20 {
		docs[fmt.Sprint(n)] = map[string]int{"n": 1, "m": 1}
		writes = append(writes, write(Update, fmt.Sprint(n), `{"n":2}`, "m"))
	}
	fake.Seed("i", "c", docs)
	b := batch(1, writes...)
	for range 19 {
		fake.Fail(faults.Fault{Action: "deleteFields", Kind: faults.Lose, Skip: 1})
		if _, err := s.Write(t.Context(), b); !errors.Is(err, ErrAway) {
			t.Fatal(err)
		}
	}
	out, err := s.Write(t.Context(), b)
	if err != nil || len(out) != 20 || out[0] != (Outcome{200, 3, ""}) || !out[19].Done() {
		t.Errorf("%+v, %v", out, err)
	}
	fake.Expect("document:mUpdate", 1)
	fake.Expect("document:deleteFields", 20+19)
	fake.Fail(faults.Fault{Action: "deleteFields", Kind: faults.Drop})
	other := batch(2, writes...)
	if _, err := s.Write(t.Context(), other); !errors.Is(err, ErrAway) {
		t.Fatal(err)
	}
	other.Writes = append([]Write(nil), writes...)
	other.Writes[3].Body = json.RawMessage(`{"n":3}`)
	if _, err := s.Write(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	fake.Expect("document:mUpdate", 3)
	if got := sources(t, fake.Store); got["0"] != `v6 {"n":2}` || got["3"] != `v7 {"n":3}` {
		t.Errorf("documents %v", got)
	}
}

// A request that is too large is not sent, nor is any other of its batch; where others allow less than this side thinks
// they say so, with Kuzzle's envelope or without.
func TestTooLarge(t *testing.T) {
	text := strings.Repeat("x", 1<<20)
	large := write(Replace, "large", `{"t":"`+text+`"}`)
	for _, outbox := range []string{"", "o"} { // not exact, and exact
		fake := kuzzletest.New(t)
		fake.Seed("i", "c", nil)
		l := newLine(t, fake.Handler())
		b := &Batch{Outbox: outbox, Number: 1, Writes: []Write{write(Merge, "a", `{}`), large}}
		if _, err := dialed(t, l.URL, nil).Write(t.Context(), b); !errors.Is(err, ErrTooLarge) {
			t.Errorf("more than MaxBytes: %v", err)
		}
		fake.Expect("document:mUpsert", 0)
		s := dialed(t, l.URL, &Options{MaxBytes: 4 << 20, Timeout: 10 * time.Second})
		if _, err := s.Write(t.Context(), b); !errors.Is(err, ErrTooLarge) {
			t.Errorf("more than the server takes: %v", err)
		}
		l.lead(answering(413, "<html>Request Entity Too Large</html>"))
		if _, err := s.Write(t.Context(), b); !errors.Is(err, ErrTooLarge) {
			t.Errorf("more than a proxy lets through: %v", err)
		}
		l.lead(fake.Handler())
		s = dialed(t, l.URL, &Options{MaxWrites: 2})
		three := &Batch{Outbox: outbox, Number: 2}
		for _, id := range []string{"a", "b", "c"} {
			three.Writes = append(three.Writes, write(Merge, id, `{}`))
		}
		if _, err := s.Write(t.Context(), three); errors.Is(err, ErrTooLarge) != (outbox == "o") {
			t.Errorf("more than MaxWrites: %v", err)
		}
	}
	if _, err := Dial("http://h", &Options{MaxBytes: -1}); err == nil {
		t.Error("a negative MaxBytes was taken")
	}
}

// Whatever is wrong with a login, it is nothing that is known of the request; only a server that is away is away.
func TestLoginFails(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 412, 413, 500, 503} {
		fake := kuzzletest.New(t)
		fake.Fail(faults.Fault{Action: "login", Kind: faults.Error, Status: status, Times: -1, Message: "on purpose"})
		s := dialed(t, fake.URL, &Options{User: "u", Password: "p"})
		_, err := s.Write(t.Context(), batch(1, write(Merge, "a", `{}`)))
		want := map[bool]error{false: ErrLogin, true: ErrAway}[status == 503]
		if !errors.Is(err, want) || !strings.Contains(fmt.Sprint(err), "on purpose") {
			t.Errorf("%d: %v", status, err)
		}
		for _, other := range []error{ErrAway, ErrLogin, ErrDenied, ErrRefused, ErrTooLarge, ErrFault, ErrUnknownCollection} {
			if other != want && errors.Is(err, other) {
				t.Errorf("%d: it is %v, too", status, other)
			}
		}
	}
}

// roundTrip is an http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The timeout is that of each request, and logging in is one: several that take 20 s each are no reason to give up.
func TestTimeoutOfEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late, asked := 20*time.Second, 0
		s := dialed(t, "http://h", &Options{User: "ada", Password: "secret", Timeout: 30 * time.Second})
		s.(*kuzzle).client.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			asked++
			select {
			case <-r.Context().Done():
				return nil, r.Context().Err()
			case <-time.After(late):
			}
			w := httptest.NewRecorder()
			answering(200, `{"status":200,"result":{"jwt":"x","successes":[{"_id":"a","status":200}],"_version":2}}`).ServeHTTP(w, r)
			return w.Result(), nil
		})
		b := &Batch{Writes: []Write{write(Merge, "a", `{}`, "x")}}
		if out, err := s.Write(t.Context(), b); err != nil || asked != 3 || out[0].Version != 2 {
			t.Errorf("%+v, %v after %d requests", out, err, asked)
		}
		late = 40 * time.Second
		if _, err := s.Write(t.Context(), b); !errors.Is(err, ErrAway) {
			t.Errorf("a request that takes longer: %v", err)
		}
	})
}

// Bodies travel as they are, in no more bytes.
func TestBodiesAsTheyAre(t *testing.T) {
	const body = `{"html":"<a href='?x&y'>","line":"` + "\u2028" + `","n":1.0,"long":12345678901234567890}`
	var sent []byte
	l := newLine(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all, _ := io.ReadAll(r.Body)
		sent = append(sent, all...)
		_, _ = io.WriteString(w, `{"status":200,"error":null,"result":{"successes":[],"errors":[]}}`)
	}))
	for _, outbox := range []string{"", "o"} {
		for _, kind := range []Kind{Merge, Update, Replace} {
			sent = nil
			s := dialed(t, l.URL, nil)
			_, _ = s.Write(t.Context(), &Batch{Outbox: outbox, Number: 1, Writes: []Write{write(kind, "<&>", body)}})
			if !bytes.Contains(sent, []byte(body)) || !bytes.Contains(sent, []byte(`"<&>"`)) {
				t.Errorf("kind %d: %s", kind, sent)
			}
		}
	}
}

// The options TLS and Proxy are heeded.
func TestTransport(t *testing.T) {
	fake := kuzzletest.New(t)
	fake.Seed("i", "c", nil)
	b := batch(1, write(Merge, "a", `{"n":1}`))
	secure := httptest.NewTLSServer(fake.Handler())
	defer secure.Close()
	if _, err := dialed(t, secure.URL, nil).Write(t.Context(), b); !errors.Is(err, ErrAway) {
		t.Errorf("a certificate that nobody knows: %v", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	s := dialed(t, secure.URL, &Options{TLS: &tls.Config{RootCAs: roots}})
	if out, err := s.Write(t.Context(), b); err != nil || out[0].Status != 201 {
		t.Errorf("%+v, %v", out, err)
	}
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.URL.String())
		fake.Handler().ServeHTTP(w, r)
	}))
	defer proxy.Close()
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	s = dialed(t, "http://127.0.0.1:1", &Options{Proxy: http.ProxyURL(at)})
	b.Number = 2
	if out, err := s.Write(t.Context(), b); err != nil || out[0].Status != 200 || asked.Load() != "http://127.0.0.1:1/_query" {
		t.Errorf("by the proxy: %+v, %v, %v", out, err, asked.Load())
	}
}
