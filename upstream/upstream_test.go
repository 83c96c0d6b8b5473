package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/faults"
	"github.com/kuzzlite/kuzzlite/kuzzletest"
)

func write(kind Kind, id, body string, remove ...string) Write {
	return Write{Index: "i", Collection: "c", ID: id, Kind: kind, Body: json.RawMessage(body), Remove: remove, Sequence: 7, Time: 8}
}

func embeddedServer(t *testing.T) (Server, *kuzzlite.Store) {
	t.Helper()
	store, err := kuzzlite.OpenMemory(&kuzzlite.Options{MaxDepth: 5})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	s, err := Embed(t.Context(), store, "pushed")
	if err != nil {
		t.Fatal(err)
	}
	return s, store
}

// asKuzzle has a fake answer as a server that knows no receipts.
func asKuzzle(fake *kuzzletest.Fake) {
	fake.Fail(faults.Fault{Controller: "kuzzlite", Kind: faults.Error, Status: 404, Times: -1,
		ErrorID: "api.process.controller_not_found", Message: "on purpose"})
}

// kuzzleServer returns a server that is not exact.
func kuzzleServer(t *testing.T, o *Options) (Server, *kuzzletest.Fake) {
	t.Helper()
	s, fake := kuzzliteServer(t, o)
	asKuzzle(fake)
	return s, fake
}

func kuzzliteServer(t *testing.T, o *Options) (Server, *kuzzletest.Fake) {
	t.Helper()
	fake := kuzzletest.New(t)
	s, err := Dial(fake.URL, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, fake
}

// sources returns the documents of i/c without metadata, and their versions.
func sources(t *testing.T, store *kuzzlite.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	for d, err := range store.Collection("i", "c").All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(d.Source, &m); err != nil {
			t.Fatal(err)
		}
		delete(m, "_kuzzle_info")
		text, _ := json.Marshal(m)
		all[d.ID] = fmt.Sprintf("v%d %s", d.Version, text)
	}
	return all
}

// Every kind of write does what it says, on every kind of server; those that fail hold back none of the others.
func TestKinds(t *testing.T) {
	embedded, store := embeddedServer(t)
	kuzzle, fake := kuzzleServer(t, nil)
	compressing, compressed := kuzzleServer(t, &Options{Compress: true, MaxWrites: 2})
	exact, served := kuzzliteServer(t, &Options{Compress: true})
	for name, s := range map[string]struct {
		Server
		store *kuzzlite.Store
	}{"embedded": {embedded, store}, "kuzzle": {kuzzle, fake.Store}, "compressed": {compressing, compressed.Store},
		"kuzzlite": {exact, served.Store}} {
		t.Run(name, func(t *testing.T) {
			number := uint64(0)
			ask := func(writes ...Write) []Outcome {
				t.Helper()
				number++
				out, err := s.Write(t.Context(), &Batch{Outbox: "o", Number: number, Writes: writes})
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			_, err := s.Write(t.Context(), &Batch{Outbox: "o", Number: 1, Writes: []Write{write(Merge, "a", `{}`)}})
			if !errors.Is(err, ErrUnknownCollection) {
				t.Fatalf("a collection that is missing: %v", err)
			}
			if got, want := s.Exact(), name == "embedded" || name == "kuzzlite"; got != want {
				t.Errorf("it says that it is exact: %v", got)
			}
			ask(write(CreateCollection, "", ""))
			ask(write(CreateCollection, "", ""))
			got := ask(write(Merge, "a", `{"n":1,"o":{"x":1}}`), write(Merge, "é/ü", `{"n":2}`), write(Replace, "r", `{"n":3}`),
				write(Update, "none", `{"n":4}`), write(Delete, "none too", ""))
			if d := cmp.Diff([]int{201, 201, 201, 404, 404}, statuses(got)); d != "" {
				t.Errorf("outcomes: %s", d)
			}
			silent := write(Update, "a", `{"o":{"y":2}}`, "n", "o.x")
			silent.Silent = true
			got = ask(silent, write(Replace, "r", `{"m":5}`), write(Delete, "é/ü", ""), write(Merge, "b", `{"n":6}`, "n"))
			if d := cmp.Diff([]int{200, 200, 200, 201}, statuses(got)); d != "" {
				t.Errorf("outcomes: %s", d)
			}
			want := map[string]string{"a": `v3 {"o":{"y":2}}`, "r": `v2 {"m":5}`, "b": `v2 {}`}
			if d := cmp.Diff(want, sources(t, s.store)); d != "" {
				t.Errorf("documents: %s", d)
			}
			if got[0].Version != 3 || got[1].Version != 2 {
				t.Errorf("versions: %+v", got)
			}
			silentChanges := 0
			for c, err := range s.store.Changes(t.Context(), 0) {
				if err != nil {
					t.Fatal(err)
				}
				if c.Silent && c.ID == "a" {
					silentChanges++
				}
				if want := map[bool]string{true: "o"}[s.Exact() && c.Collection == "c" && c.Op != kuzzlite.OpCreateCollection]; c.Origin != want {
					t.Errorf("origin of %+v", c)
				}
			}
			if silentChanges != 2 {
				t.Errorf("%d changes are silent", silentChanges)
			}
			got = ask(write(Merge, "deep", `{"a":{"b":{"c":{"d":{"e":{"f":{}}}}}}}`), write(Merge, "b", `{"n":7}`))
			if name == "embedded" && (got[0].Done() || got[0].Reason == "") || !got[1].Done() {
				t.Errorf("one that is refused: %+v", got)
			}
			ask(write(Truncate, "", ""))
			if d := cmp.Diff(map[string]string{}, sources(t, s.store)); d != "" {
				t.Errorf("documents: %s", d)
			}
			ask(write(DeleteCollection, "", ""))
			ask(write(DeleteCollection, "", ""))
			if ok, err := s.store.HasCollection(t.Context(), "i", "c"); ok || err != nil {
				t.Errorf("the collection is there: %v", err)
			}
			for c, err := range s.store.Changes(t.Context(), 0) {
				of := c.Op == kuzzlite.OpTruncate || c.Op == kuzzlite.OpDeleteCollection
				if want := map[bool]string{true: "o"}[s.Exact()]; err != nil || of && c.Origin != want {
					t.Errorf("origin of %+v, %v", c, err)
				}
			}
		})
	}
}

func statuses(list []Outcome) (all []int) {
	for _, o := range list {
		all = append(all, o.Status)
	}
	return all
}

// More documents than a request takes go in several.
func TestManyDocuments(t *testing.T) {
	s, fake := kuzzleServer(t, nil)
	fake.Seed("i", "c", nil)
	b := &Batch{}
	for n := range 450 {
		b.Writes = append(b.Writes, write(Merge, fmt.Sprint(n), `{"n":1}`))
	}
	out, err := s.Write(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range out {
		if o.Status != 201 || o.Version != 1 {
			t.Fatalf("document %d: %+v", i, o)
		}
	}
	fake.Expect("document:mUpsert", 3)
}

// A batch that is asked again is done once, and an older one is refused.
func TestAskedAgain(t *testing.T) {
	s, store := embeddedServer(t)
	if err := store.CreateCollection(t.Context(), "i", "c"); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Receipt(t.Context(), "o"); r != nil || err != nil {
		t.Fatalf("%+v, %v", r, err)
	}
	b := &Batch{Outbox: "o", Number: 5, Writes: []Write{write(Merge, "a", `{"n":1}`), write(Update, "b", `{}`)}}
	first, err := s.Write(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Collection("i", "c").Update(t.Context(), "a", json.RawMessage(`{"n":2}`)); err != nil {
		t.Fatal(err)
	}
	again, err := s.Write(t.Context(), b)
	if d := cmp.Diff(first, again); d != "" || err != nil {
		t.Errorf("%v: %s", err, d)
	}
	other := *b
	other.Outbox = "other"
	other.Writes = []Write{write(Delete, "none", "")}
	if _, err := s.Write(t.Context(), &other); err != nil {
		t.Error(err)
	}
	r, err := s.Receipt(t.Context(), "o")
	if err != nil {
		t.Fatal(err)
	}
	want := &Receipt{5, []Item{{"i", "c", "a", 7, 8, Outcome{201, 1, ""}}, {"i", "c", "b", 7, 8, Outcome{404, 0, "document not found"}}}, nil}
	if d := cmp.Diff(want, r); d != "" {
		t.Errorf("receipt: %s", d)
	}
	if d := cmp.Diff(map[string]string{"a": `v2 {"n":2}`}, sources(t, store)); d != "" {
		t.Errorf("documents: %s", d)
	}
	copied := *b // of a copy of the store, which has made something else since
	copied.Writes = []Write{b.Writes[0], write(Merge, "c", `{}`)}
	if _, err := s.Write(t.Context(), &copied); !errors.Is(err, ErrStale) {
		t.Errorf("a batch with other writes: %v", err)
	}
	for _, number := range []uint64{6, 7} { // the last two are remembered
		next := &Batch{Outbox: "o", Number: number, Writes: []Write{write(Replace, fmt.Sprint(number), `{}`)}}
		if _, err := s.Write(t.Context(), next); err != nil {
			t.Fatal(err)
		}
	}
	r, err = s.Receipt(t.Context(), "o")
	if err != nil || r.Number != 7 || len(r.Items) != 1 || r.Items[0].ID != "7" || len(r.Earlier) != 1 || r.Earlier[0].ID != "6" {
		t.Errorf("%+v, %v", r, err)
	}
	for _, number := range []uint64{4, 5, 6} {
		b.Number = number
		if _, err := s.Write(t.Context(), b); !errors.Is(err, ErrStale) {
			t.Errorf("an older batch: %v", err)
		}
	}
}

// Each error of a server is told apart.
func TestErrors(t *testing.T) {
	s, fake := kuzzleServer(t, &Options{Timeout: 3 * time.Second})
	fake.Seed("i", "c", nil)
	b := &Batch{Writes: []Write{write(Merge, "a", `{"n":1}`)}}
	two := &Batch{Writes: []Write{write(Merge, "a", `{"n":1}`), write(Merge, "b", `{"n":1}`)}}
	failed := func(status int, id string) faults.Fault {
		return faults.Fault{Kind: faults.Error, Status: status, ErrorID: id, Message: "on purpose"}
	}
	for _, tt := range []struct {
		name  string
		fault faults.Fault
		want  error
	}{
		{"busy", faults.Overloaded(), ErrAway},
		{"too many", faults.TooManyRequests(), ErrAway},
		{"504", failed(504, ""), ErrAway},
		{"lost", faults.Fault{Kind: faults.Drop}, ErrAway},
		{"token", faults.ExpiredToken(), ErrLogin},
		{"408", failed(408, ""), ErrAway},
		{"denied", failed(403, "security.rights.forbidden"), nil},
		{"large", failed(413, "services.storage.write_limit_exceeded"), ErrTooLarge},
		{"bad", failed(400, "services.storage.unexpected_bad_request"), ErrRefused},
		{"conflict", failed(409, ""), ErrRefused},
		{"collection", failed(412, "services.storage.unknown_collection"), ErrUnknownCollection},
		{"another 412", failed(412, "services.storage.index_already_exists"), ErrRefused},
		{"fault", failed(500, "services.storage.unexpected_error"), ErrFault},
		{"late", faults.Fault{Latency: faults.Duration(time.Hour)}, ErrAway},
	} {
		fake.Fail(tt.fault)
		if out, err := s.Write(t.Context(), two); !errors.Is(err, tt.want) || tt.want == nil && out[1].Status != 403 {
			t.Errorf("%s: %+v, %v", tt.name, out, err)
		}
		fake.Heal()
		if tt.fault.Latency > 0 { // once is enough
			continue
		}
		fake.Fail(tt.fault)
		alone := tt.want == nil || tt.want == ErrRefused // the outcome has the status
		if out, err := s.Write(t.Context(), b); alone && (err != nil || out[0].Status != tt.fault.Status ||
			!strings.Contains(out[0].Reason, "on purpose")) || !alone && !errors.Is(err, tt.want) {
			t.Errorf("%s: of one document: %+v, %v", tt.name, out, err)
		}
		fake.Heal()
	}
	if _, err := s.Write(t.Context(), b); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if out, err := s.Write(t.Context(), &Batch{Writes: []Write{write(Merge, "", `{}`)}}); err != nil || out[0].Status != 400 {
		t.Errorf("no id: %+v, %v", out, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Write(ctx, b); !errors.Is(err, ErrAway) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Write(t.Context(), b); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// What is no Kuzzle, or is not there, is away; one that says when to come again is asked then.
func TestAway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	l.Close()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "17")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer web.Close()
	for address, after := range map[string]time.Duration{nobody: 0, web.URL: 17 * time.Second} {
		s, err := Dial(address, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Write(t.Context(), &Batch{Writes: []Write{write(Merge, "a", `{}`)}})
		away := (*AwayError)(nil)
		if !errors.Is(err, ErrAway) || !errors.As(err, &away) || away.RetryAfter != after {
			t.Errorf("%s: %v", address, err)
		}
		s.Close()
	}
	for _, address := range []string{"", "localhost:7512", "ws://localhost:7512", "http://", "http://u:p@h", "http://h/x", "http://h?x"} {
		if _, err := Dial(address, nil); err == nil {
			t.Errorf("%q is an address", address)
		}
	}
	if _, err := Dial("http://h", &Options{Token: "t", User: "u"}); err == nil {
		t.Error("a token and a user were taken")
	}
	if _, err := Dial("http://h", &Options{Password: "p"}); err == nil {
		t.Error("a password of nobody was taken")
	}
}

// Whoever logs in does it once, and again when the server does not accept the token any more, or soon will not.
func TestLogin(t *testing.T) {
	fake := kuzzletest.New(t)
	fake.Seed("i", "c", nil)
	fake.Query(`{"controller":"security","action":"createFirstAdmin","_id":"ada","reset":true,
		"body":{"content":{},"credentials":{"local":{"username":"ada","password":"secret of ada"}}}}`)
	b := &Batch{Writes: []Write{write(Merge, "a", `{"n":1}`)}}
	for name, o := range map[string]*Options{"nobody": nil, "wrong": {User: "ada", Password: "no"}, "token": {Token: "kapikey-x.y.z"}} {
		s, err := Dial(fake.URL, o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Write(t.Context(), b); !errors.Is(err, ErrLogin) {
			t.Errorf("%s: %v", name, err)
		}
		s.Close()
	}
	s, err := Dial(fake.URL, &Options{User: "ada", Password: "secret of ada"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fake.Forget()
	ask := func(logins int) {
		t.Helper()
		if _, err := s.Write(t.Context(), b); err != nil {
			t.Error(err)
		}
		fake.Expect("auth:login", logins)
	}
	ask(1)
	ask(1)
	fake.Fail(faults.ExpiredToken())
	ask(2)
	s.(*kuzzle).renew = time.Now().Add(-time.Second)
	ask(3)
}

// What depends on the version of its document is done if that is it, and otherwise says which one is there.
func TestIfVersion(t *testing.T) {
	embedded, store := embeddedServer(t)
	t.Run("embedded", func(t *testing.T) { testIfVersion(t, embedded, store) })
	served, fake := kuzzliteServer(t, nil)
	t.Run("kuzzlite", func(t *testing.T) { testIfVersion(t, served, fake.Store) })
}

func testIfVersion(t *testing.T, s Server, store *kuzzlite.Store) {
	if err := store.CreateCollection(t.Context(), "i", "c"); err != nil {
		t.Fatal(err)
	}
	number := uint64(0)
	ask := func(version uint64, w Write, status int, there uint64) {
		t.Helper()
		number++
		w.IfVersion = &version
		out, err := s.Write(t.Context(), &Batch{Outbox: "o", Number: number, Writes: []Write{w, write(Merge, "beside", `{}`)}})
		if err != nil || out[0].Status != status || out[0].Version != there || (status >= 400) != (out[0].Reason != "") ||
			!out[1].Done() {
			t.Errorf("%+v of version %d: %+v, %v", w, version, out, err)
		}
	}
	ask(1, write(Merge, "a", `{"n":1}`), 409, 0)
	ask(1, write(Update, "a", `{"n":1}`), 409, 0)
	ask(1, write(Replace, "a", `{"n":1}`), 409, 0)
	ask(1, write(Delete, "a", ``), 409, 0)
	ask(0, write(Update, "a", `{"n":1}`), 404, 0)
	ask(0, write(Delete, "a", ``), 404, 0)
	ask(0, write(Merge, "a", `{"n":1}`), 201, 1)
	ask(0, write(Replace, "b", `{"n":1}`), 201, 1)
	ask(0, write(Merge, "a", `{"n":2}`), 409, 1)
	ask(0, write(Delete, "a", ``), 409, 1)
	ask(2, write(Replace, "a", `{"n":2}`), 409, 1)
	ask(1, write(Update, "a", `{"n":2,"m":1}`, "m"), 200, 3)
	ask(1, write(Delete, "a", ``), 409, 3)
	ask(3, write(Replace, "a", `{"n":4}`), 200, 4)
	ask(4, write(Merge, "a", `{"n":5}`), 200, 5)
	ask(1, write(Delete, "b", ``), 200, 2)
	ask(2, write(Merge, "b", `{}`), 409, 0)
	ask(7, write(Truncate, "", ``), 200, 0)
}

// What a store does not take, whenever it is asked, is refused, and not asked for ever.
func TestEmbeddedRefuses(t *testing.T) {
	s, store := embeddedServer(t)
	if err := store.CreateCollection(t.Context(), "i", "c"); err != nil {
		t.Fatal(err)
	}
	for name, w := range map[string]Write{
		"kind": write(99, "a", `{}`), "name": {Index: "I!", Collection: "c", Kind: CreateCollection},
	} {
		b := &Batch{Outbox: "o", Number: 1, Writes: []Write{write(Merge, "beside", `{}`), w}}
		if _, err := s.Write(t.Context(), b); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d := cmp.Diff(map[string]string{}, sources(t, store)); d != "" {
		t.Errorf("documents: %s", d)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(t.Context(), &Batch{Outbox: "o", Number: 1}); !errors.Is(err, ErrAway) {
		t.Errorf("a store that is closed: %v", err)
	}
}
