package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/remote"
	"github.com/kuzzlite/kuzzlite/internal/wire"
	"github.com/kuzzlite/kuzzlite/kuzzle"
)

// fill writes n documents into i/c, which it makes.
func fill(t testing.TB, s *kuzzlite.Store, n int) {
	t.Helper()
	ok(t, s.CreateCollection(t.Context(), "i", "c"))
	items := make([]kuzzlite.Write, n)
	for i := range items {
		items[i] = kuzzlite.Write{ID: fmt.Sprintf("d%05d", i), Body: raw(fmt.Sprintf(`{"n":%d.0,"pad":"%0100d"}`, i, i))}
	}
	res, err := s.Collection("i", "c").MCreate(t.Context(), items)
	ok(t, err)
	ok(t, res.Err())
}

// Many documents come as they are, by All and by Find, from a collection and as changes.
func TestManyDocuments(t *testing.T) {
	leakless(t)
	p := newPlace(t)
	const n = 10_000
	fill(t, p.store, n)
	s := p.dial(t)
	c := s.Collection("i", "c")
	want := collect(0, p.store.Collection("i", "c").All(t.Context()))
	for name, got := range map[string]list[kuzzlite.Document]{
		"all": collect(0, c.All(t.Context())), "find": collect(0, c.Find(t.Context(), short("n exists"))),
	} {
		if len(got.Items) != n || got.Err != nil {
			t.Fatalf("%s yields %d documents, and %v", name, len(got.Items), got.Err)
		}
		for i, doc := range got.Items {
			if w := want.Items[i]; doc.ID != w.ID || !bytes.Equal(doc.Source, w.Source) || doc.Sequence != w.Sequence ||
				!doc.Created.Equal(w.Created) {
				t.Fatalf("%s: document %d is %+v, want %+v", name, i, doc, w)
			}
		}
	}
	if got := collect(0, s.Changes(t.Context(), 0)); len(got.Items) != int(p.store.Sequence()) || got.Err != nil {
		t.Errorf("there are %d changes, and %v", len(got.Items), got.Err)
	}
}

// A backup over the wire opens, and has what the store has. Whoever asks is told how far it comes.
func TestBackup(t *testing.T) {
	leakless(t)
	p := newPlace(t)
	fill(t, p.store, 2000)
	s := p.dial(t)
	path := filepath.Join(t.TempDir(), "backup.db")
	var last kuzzlite.Progress
	n, err := s.BackupFile(t.Context(), path, &kuzzlite.BackupOptions{Progress: func(p kuzzlite.Progress) { last = p }})
	ok(t, err)
	if info, err := os.Stat(path); err != nil || info.Size() != n || last.Done != last.Total || last.Total == 0 {
		t.Errorf("%d bytes: %v, %v, %+v", n, info, err, last)
	}
	if _, err := s.BackupFile(t.Context(), path); !errors.Is(err, kuzzlite.ErrExists) {
		t.Errorf("onto a file that is there: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 1 {
		t.Errorf("there is %q", left)
	}
	copied, err := kuzzlite.Open(path, &kuzzlite.Options{ReadOnly: true})
	ok(t, err)
	defer copied.Close()
	if n, err := copied.Collection("i", "c").Count(t.Context()); n != 2000 || err != nil {
		t.Errorf("it has %d documents: %v", n, err)
	}
	var reported kuzzlite.Progress
	report, err := s.Check(t.Context(), &kuzzlite.CheckOptions{Progress: func(p kuzzlite.Progress) { reported = p }})
	if err != nil || report.Documents < 2000 || reported.Total == 0 || reported.Done != reported.Total {
		t.Errorf("check says %+v, %v, %+v", report, err, reported)
	}
	wrong := errors.New("the disk is full")
	if _, err := s.Backup(t.Context(), failing{wrong}); !errors.Is(err, wrong) {
		t.Errorf("a writer that fails: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// cutting passes connections on to a server, and cuts each after so many bytes of the answer.
type cutting struct {
	net.Listener
	to    string
	after int64
	wait  sync.WaitGroup
}

func newCutting(t *testing.T, to string, after int64) *cutting {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	c := &cutting{Listener: l, to: strings.TrimPrefix(to, "http://"), after: after}
	c.wait.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.wait.Go(func() { c.pass(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		c.wait.Wait()
	})
	return c
}

func (c *cutting) pass(from net.Conn) {
	defer from.Close()
	to, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer to.Close()
	go func() {
		_, _ = io.Copy(to, from)
		_ = to.Close() // the client is gone
	}()
	_, _ = io.CopyN(from, to, c.after)
}

func (c *cutting) url() string { return "http://" + c.Addr().String() }

// An answer that is cut off, wherever that is, is an error and never a short answer.
func TestCutAnswers(t *testing.T) {
	leakless(t)
	p := newPlace(t)
	const n = 20
	fill(t, p.store, n)
	o := &remote.Options{Token: p.token}
	whole := 0
	for after := int64(1); after < 8000; after += 97 {
		c := newCutting(t, p.tcp, after)
		s, err := remote.Dial(t.Context(), c.url(), o)
		if err != nil {
			if !errors.Is(err, remote.ErrLost) || strings.Contains(err.Error(), "http://") {
				t.Errorf("dial cut after %d bytes: %v", after, err)
			}
			continue
		}
		got := collect(0, s.Collection("i", "c").All(t.Context()))
		if got.Err == nil {
			whole++
		}
		if (got.Err == nil) != (len(got.Items) == n) {
			t.Errorf("cut after %d bytes it yields %d documents, and %v", after, len(got.Items), got.Err)
		}
		ok(t, s.Close())
	}
	if whole == 0 {
		t.Error("no answer came whole")
	}
}

// Of a write whose answer is lost nobody knows whether it was done, and the error says so. One that never left was not.
func TestLostWrites(t *testing.T) {
	leakless(t)
	p := newPlace(t)
	fill(t, p.store, 1)
	var hello bytes.Buffer
	ok(t, helloSize(t, p, &hello))
	c := newCutting(t, p.tcp, int64(hello.Len())+20)
	s, err := remote.Dial(t.Context(), c.url(), &remote.Options{Token: p.token})
	ok(t, err)
	_, err = s.Collection("i", "c").Update(t.Context(), "d00000", raw(`{"x":1}`))
	if !errors.Is(err, remote.ErrLost) || !errors.Is(err, kuzzlite.ErrOutcomeUnknown) ||
		!strings.Contains(err.Error(), "not known whether") {
		t.Errorf("a write whose answer is lost: %v", err)
	}
	if doc, err := p.store.Collection("i", "c").Get(t.Context(), "d00000"); err != nil || doc.Version != 2 {
		t.Errorf("it is at version %d: %v", doc.Version, err)
	}
	c.Close()
	s.Close()
	_, err = s.Collection("i", "c").Update(t.Context(), "d00000", raw(`{"x":2}`))
	if !errors.Is(err, remote.ErrUnreachable) || errors.Is(err, kuzzlite.ErrOutcomeUnknown) {
		t.Errorf("a write that never left: %v", err)
	}
}

// A write that is answered by something in between, or by an answer that is cut, may be done; one that was turned away
// is not. The library's own word counts whatever the status is.
func TestWritesAnsweredByOthers(t *testing.T) {
	p := newPlace(t)
	fill(t, p.store, 1)
	to, err := url.Parse(p.tcp)
	ok(t, err)
	const told = `{"error":{"message":"m","props":[{"kuzzlite":{"text":"disk","kinds":["diskFull"]}}]}}`
	for _, tt := range []struct {
		status int
		text   string
		length int // that the header says
		want   error
		isDone bool // as far as anybody knows
	}{
		{502, "<html>", 6, remote.ErrLost, true},
		{504, "", 0, remote.ErrLost, true},
		{200, "ok", 2, remote.ErrLost, true},
		{500, `{"error":{"message":"an unexpected error"}}`, 43, remote.ErrLost, true},
		{400, "{", 9, remote.ErrLost, true},
		{413, "<html>", 6, remote.ErrUnreachable, false},
		{503, told, len(told), kuzzlite.ErrDiskFull, false},
	} {
		pass := httputil.NewSingleHostReverseProxy(to)
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/hello") {
				pass.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Length", strconv.Itoa(tt.length))
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.text)
		}))
		s, err := remote.Dial(t.Context(), proxy.URL, &remote.Options{Token: p.token})
		ok(t, err)
		_, err = s.Collection("i", "c").Update(t.Context(), "d00000", raw(`{"x":1}`))
		if !errors.Is(err, tt.want) || errors.Is(err, kuzzlite.ErrOutcomeUnknown) != tt.isDone {
			t.Errorf("a write answered with %d %q: %v", tt.status, tt.text, err)
		}
		ok(t, s.Close())
		proxy.Close()
	}
}

// helloSize writes what the server answers to hello, as it goes over the connection.
func helloSize(t *testing.T, p *place, into io.Writer) error {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.tcp, "http://"))
	ok(t, err)
	defer conn.Close()
	body, err := wire.Pack(&wire.Call{})
	ok(t, err)
	_, err = fmt.Fprintf(conn, "POST %shello HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n"+
		"Content-Length: %d\r\n\r\n%s", wire.Prefix, p.token, len(body), body)
	ok(t, err)
	text, err := io.ReadAll(conn)
	_, _ = into.Write(bytes.Replace(text, []byte("Connection: close\r\n"), nil, 1))
	return err
}

// A call ends with its context, in the server too, and one that follows the feed ends when the iteration is broken off.
func TestCancel(t *testing.T) {
	leakless(t)
	p := newPlace(t)
	fill(t, p.store, 10)
	s := p.dial(t)
	ctx, cancel := context.WithCancel(bounded(t))
	seen := 0
	var last error
	for _, err := range s.Changes(ctx, 0, &kuzzlite.ChangesOptions{Follow: true}) {
		if seen++; seen == 10 {
			cancel()
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("it ends with %v", last)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Collection("i", "c").Get(ended, "d00000"); !errors.Is(err, context.Canceled) {
		t.Errorf("get: %v", err)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err := s.Collection("i", "c").Create(late, "x", raw(`{}`))
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, kuzzlite.ErrOutcomeUnknown) {
		t.Errorf("create: %v", err)
	}
}

// A shutdown ends those who follow the feed, and they are told why.
func TestShutdownEndsFollowers(t *testing.T) {
	leakless(t)
	store, err := kuzzlite.OpenMemory(nil)
	ok(t, err)
	defer store.Close()
	server, err := kuzzle.NewServer(store, nil)
	ok(t, err)
	path := filepath.Join(t.TempDir(), "s")
	listener, err := kuzzle.ListenUnix(path)
	if err != nil {
		t.Skip(err) // the name may be too long for a socket
	}
	served := make(chan error)
	go func() { served <- server.Serve(listener) }()
	s, err := remote.Dial(t.Context(), "unix:"+path, nil)
	ok(t, err)
	defer s.Close()
	var once sync.Once
	shut := make(chan error, 1)
	var last error
	for _, err := range s.Changes(bounded(t), 0, &kuzzlite.ChangesOptions{Follow: true}) {
		last = err
		once.Do(func() { go func() { shut <- server.Shutdown(bounded(t)) }() })
	}
	ok(t, <-shut)
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	if !errors.Is(last, kuzzlite.ErrClosed) || !strings.Contains(last.Error(), "shuts down") {
		t.Errorf("it ends with %v", last)
	}
}

// Who reads a long list slowly stands in nobody's way.
func TestSlowReader(t *testing.T) {
	leakless(t)
	p := newPlace(t)
	fill(t, p.store, 10_000)
	s := p.dial(t)
	n := 0
	for _, err := range s.Collection("i", "c").All(t.Context()) {
		ok(t, err)
		if n++; n%1000 == 1 { // while the answer waits in the connection
			_, err := p.store.Collection("i", "c").Upsert(t.Context(), "d00000", raw(fmt.Sprintf(`{"at":%d}`, n)), nil)
			ok(t, err)
		}
	}
	if n != 10_000 {
		t.Errorf("there are %d documents", n)
	}
}

// Calls of many goroutines do not mix.
func TestConcurrency(t *testing.T) {
	leakless(t)
	p := newPlace(t)
	ok(t, p.store.CreateCollection(t.Context(), "i", "c"))
	c := p.dial(t).Collection("i", "c")
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 50 {
				id := fmt.Sprintf("g%d-%d", g, i)
				want := fmt.Sprintf(`{"g":%d,"i":%d.0}`, g, i)
				if _, err := c.Create(t.Context(), id, raw(want)); err != nil {
					t.Error(err)
				}
				if doc, err := c.Get(t.Context(), id); err != nil || string(doc.Source) != want {
					t.Errorf("%s is %s: %v", id, doc.Source, err)
				}
			}
		})
	}
	all.Wait()
	if n, err := c.Count(t.Context()); n != 400 || err != nil {
		t.Errorf("there are %d documents: %v", n, err)
	}
}

// What cannot be reached says why.
func TestDialErrors(t *testing.T) {
	p := newPlace(t)
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hi")
	}))
	defer foreign.Close()
	original := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"status":404,"error":{"id":"network.http.url_not_found","message":"URL not found"}}`)
	}))
	defer original.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	gone := "http://" + closed.Addr().String()
	ok(t, closed.Close())
	for _, tt := range []struct {
		address, token string
		want           error
		text           string
	}{
		{gone, "", remote.ErrUnreachable, "nothing listens there"},
		{"unix:" + filepath.Join(t.TempDir(), "none"), "", remote.ErrUnreachable, "no such socket"},
		{foreign.URL, "", remote.ErrUnreachable, "is no Kuzzlite"},
		{original.URL, "", remote.ErrUnreachable, "is a Kuzzle"},
		{p.tcp, "", remote.ErrDenied, "authentication required"},
		{p.tcp, "nonsense", remote.ErrDenied, "oken"},
		{"ftp://host", "", kuzzlite.ErrInvalid, "http://HOST:PORT"},
		{"http://host/path", "", kuzzlite.ErrInvalid, "http://HOST:PORT"},
		{"unix:", "", kuzzlite.ErrInvalid, "path of a socket"},
	} {
		_, err := remote.Dial(t.Context(), tt.address, &remote.Options{Token: tt.token})
		if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v, want %q", tt.address, err, tt.text)
		}
	}
}

// madeInGo is a query and an order that has no text.
type madeInGo struct{}

func (madeInGo) Filter(filter.Env) (*filter.Filter, error) { return nil, errors.ErrUnsupported }
func (madeInGo) Order(filter.Env) (*filter.Order, error)   { return nil, errors.ErrUnsupported }

// What cannot travel is an error that says what.
func TestWhatCannotTravel(t *testing.T) {
	p := newPlace(t)
	fill(t, p.store, 1)
	c := p.dial(t).Collection("i", "c")
	made := madeInGo{}
	_, byQuery := c.DeleteByQuery(t.Context(), made)
	_, count := c.Count(t.Context(), made)
	_, page := c.FindPage(t.Context(), nil, &kuzzlite.FindOptions{Sort: made})
	far := &kuzzlite.WriteOptions{ExpireAt: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}
	_, late := c.Create(t.Context(), "x", raw(`{}`), far)
	_, unencodable := c.Create(t.Context(), "x", map[string]any{"c": make(chan int)})
	for name, err := range map[string]error{
		"a query": byQuery, "a query to count": count, "an order": page, "a time": late, "a Go value": unencodable,
	} {
		if !errors.Is(err, kuzzlite.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
