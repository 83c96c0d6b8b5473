package remote_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/remote"
	"github.com/kuzzlite/kuzzlite/kuzzle"
	"github.com/kuzzlite/kuzzlite/query"
)

// The subject of every test here is two stores on which the same is done: one in the process, and one that a server
// has.

// store is what the library and the client have in common.
type store interface {
	CreateIndex(ctx context.Context, index string) error
	DeleteIndex(ctx context.Context, index string, o ...*kuzzlite.WriteOptions) error
	CreateCollection(ctx context.Context, index, collection string) error
	DeleteCollection(ctx context.Context, index, collection string, o ...*kuzzlite.WriteOptions) error
	Indexes(ctx context.Context) ([]string, error)
	Collections(ctx context.Context, index string) ([]string, error)
	HasIndex(ctx context.Context, index string) (bool, error)
	HasCollection(ctx context.Context, index, collection string) (bool, error)
	Stats(ctx context.Context) (*kuzzlite.Stats, error)
	Check(ctx context.Context, o ...*kuzzlite.CheckOptions) (*kuzzlite.CheckReport, error)
	Backup(ctx context.Context, w io.Writer, o ...*kuzzlite.BackupOptions) (int64, error)
	BackupFile(ctx context.Context, path string, o ...*kuzzlite.BackupOptions) (int64, error)
	Changes(ctx context.Context, since uint64, o ...*kuzzlite.ChangesOptions) iter.Seq2[kuzzlite.Change, error]
	Consumers(ctx context.Context) ([]kuzzlite.ConsumerState, error)
}

// collection is what the collections of both have in common.
type collection interface {
	Index() string
	Name() string
	Get(ctx context.Context, id string) (kuzzlite.Document, error)
	MGet(ctx context.Context, ids []string) (*kuzzlite.Found[kuzzlite.Document], error)
	Exists(ctx context.Context, id string) (bool, error)
	MExists(ctx context.Context, ids []string) (*kuzzlite.Found[string], error)
	Count(ctx context.Context, q ...kuzzlite.Query) (uint64, error)
	All(ctx context.Context, o ...*kuzzlite.ListOptions) iter.Seq2[kuzzlite.Document, error]
	Find(ctx context.Context, q kuzzlite.Query, o ...*kuzzlite.FindOptions) iter.Seq2[kuzzlite.Document, error]
	FindPage(ctx context.Context, q kuzzlite.Query, o ...*kuzzlite.FindOptions) (*kuzzlite.Page, error)
	Explain(ctx context.Context, q kuzzlite.Query, o ...*kuzzlite.FindOptions) (*kuzzlite.Explanation, error)
	Create(ctx context.Context, id string, body any, o ...*kuzzlite.WriteOptions) (*kuzzlite.Success, error)
	CreateOrReplace(ctx context.Context, id string, body any, o ...*kuzzlite.WriteOptions) (*kuzzlite.Success, error)
	Replace(ctx context.Context, id string, body any, o ...*kuzzlite.WriteOptions) (*kuzzlite.Success, error)
	Update(ctx context.Context, id string, changes any, o ...*kuzzlite.WriteOptions) (*kuzzlite.Success, error)
	Upsert(ctx context.Context, id string, changes, defaults any, o ...*kuzzlite.WriteOptions) (
		*kuzzlite.Success, error)
	Delete(ctx context.Context, id string, o ...*kuzzlite.WriteOptions) (*kuzzlite.Success, error)
	DeleteFields(ctx context.Context, id string, fields []string, o ...*kuzzlite.WriteOptions) (
		*kuzzlite.Success, error)
	MCreate(ctx context.Context, items []kuzzlite.Write, o ...*kuzzlite.WriteOptions) (*kuzzlite.Result, error)
	MCreateOrReplace(ctx context.Context, items []kuzzlite.Write, o ...*kuzzlite.WriteOptions) (*kuzzlite.Result, error)
	MReplace(ctx context.Context, items []kuzzlite.Write, o ...*kuzzlite.WriteOptions) (*kuzzlite.Result, error)
	MUpdate(ctx context.Context, items []kuzzlite.Write, o ...*kuzzlite.WriteOptions) (*kuzzlite.Result, error)
	MUpsert(ctx context.Context, items []kuzzlite.Upsert, o ...*kuzzlite.WriteOptions) (*kuzzlite.Result, error)
	MUpsertJSON(ctx context.Context, documents []byte, o ...*kuzzlite.WriteOptions) (*kuzzlite.Result, error)
	MDelete(ctx context.Context, ids []string, o ...*kuzzlite.WriteOptions) (*kuzzlite.Result, error)
	MDeleteFields(ctx context.Context, items []kuzzlite.FieldDeletion, o ...*kuzzlite.WriteOptions) (
		*kuzzlite.Result, error)
	MLoad(ctx context.Context, docs []kuzzlite.Document, o ...*kuzzlite.WriteOptions) (*kuzzlite.Result, error)
	UpdateByQuery(ctx context.Context, q kuzzlite.Query, changes any, o ...*kuzzlite.ByQueryOptions) (
		*kuzzlite.ByQueryResult, error)
	DeleteByQuery(ctx context.Context, q kuzzlite.Query, o ...*kuzzlite.ByQueryOptions) (*kuzzlite.ByQueryResult, error)
	Truncate(ctx context.Context, o ...*kuzzlite.WriteOptions) error
	EnsureFieldIndex(ctx context.Context, index kuzzlite.FieldIndex, o ...*kuzzlite.FieldIndexOptions) error
	DropFieldIndex(ctx context.Context, name string) error
	FieldIndexes(ctx context.Context) ([]kuzzlite.FieldIndexState, error)
	Watch(ctx context.Context, o ...*kuzzlite.WatchOptions) iter.Seq2[kuzzlite.Change, error]
}

// consumer is what the consumers of both have in common.
type consumer interface {
	Name() string
	Create(ctx context.Context, o ...*kuzzlite.ConsumerOptions) error
	State(ctx context.Context) (kuzzlite.ConsumerState, error)
	Changes(ctx context.Context, o ...*kuzzlite.ChangesOptions) iter.Seq2[kuzzlite.Change, error]
	Ack(ctx context.Context, sequence uint64) error
	Delete(ctx context.Context) error
}

// subject is a store under test.
type subject struct {
	store
	collection func(index, collection string) collection
	consumer   func(name string) consumer
	sequence   func(ctx context.Context) (uint64, error)
}

func local(s *kuzzlite.Store) *subject {
	return &subject{
		store:      s,
		collection: func(index, name string) collection { return s.Collection(index, name) },
		consumer:   func(name string) consumer { return s.Consumer(name) },
		sequence:   func(context.Context) (uint64, error) { return s.Sequence(), nil },
	}
}

func away(s *remote.Store) *subject {
	return &subject{
		store:      s,
		collection: func(index, name string) collection { return s.Collection(index, name) },
		consumer:   func(name string) consumer { return s.Consumer(name) },
		sequence:   s.Sequence,
	}
}

// place is a store with its server.
type place struct {
	store  *kuzzlite.Store
	server *kuzzle.Server
	clock  *kuzzlite.FakeClock
	unix   string // addresses
	tcp    string
	token  string // of an administrator
}

var began = time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)

// newPlace returns a new store in memory that is served, with an administrator.
func newPlace(t testing.TB) *place {
	t.Helper()
	p := &place{clock: kuzzlite.NewFakeClock(began)}
	var err error
	p.store, err = kuzzlite.OpenMemory(&kuzzlite.Options{Clock: p.clock})
	ok(t, err)
	t.Cleanup(func() {
		r, err := p.store.Check(context.Background())
		ok(t, err)
		ok(t, r.Err())
		ok(t, p.store.Close())
	})
	p.server, err = kuzzle.NewServer(p.store, &kuzzle.Options{
		Clock: p.clock, PasswordMemory: 8, PasswordPasses: 1, TokenSecret: []byte("0123456789abcdef0123456789abcdef"),
	})
	ok(t, err)
	p.token = p.makeAdmin(t)
	p.unix, p.tcp = p.serve(t)
	return p
}

// makeAdmin makes an administrator, and returns a token.
func (p *place) makeAdmin(t testing.TB) (token string) {
	t.Helper()
	p.ask(t, `{"controller":"security","action":"createFirstAdmin","_id":"root","reset":true,"body":{"credentials":`+
		`{"local":{"username":"root","password":"secret"}}}}`)
	var login struct{ JWT string }
	ok(t, json.Unmarshal(p.ask(t, `{"controller":"auth","action":"login","strategy":"local","expiresIn":"1d",`+
		`"body":{"username":"root","password":"secret"}}`), &login))
	return login.JWT
}

// ask makes a request that must succeed.
func (p *place) ask(t testing.TB, request string) json.RawMessage {
	t.Helper()
	result, err := p.server.Query(t.Context(), json.RawMessage(request))
	if err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	return result
}

// serve serves until the test ends, on a Unix socket and on TCP.
func (p *place) serve(t testing.TB) (unix, tcp string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "kuzzlite") // that of the test may have too long a name for a socket
	ok(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	listeners := make([]net.Listener, 2)
	listeners[0], err = kuzzle.ListenUnix(path)
	ok(t, err)
	listeners[1], err = net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	served := make(chan error)
	for _, l := range listeners {
		go func() { served <- p.server.Serve(l) }()
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		ok(t, p.server.Shutdown(ctx))
		for range listeners {
			if err := <-served; !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		}
	})
	return "unix:" + path, "http://" + listeners[1].Addr().String()
}

// dial returns the store over a Unix socket.
func (p *place) dial(t testing.TB) *remote.Store { return p.dialAt(t, p.unix, nil) }

func (p *place) dialAt(t testing.TB, address string, o *remote.Options) *remote.Store {
	t.Helper()
	s, err := remote.Dial(t.Context(), address, o)
	ok(t, err)
	t.Cleanup(func() { ok(t, s.Close()) })
	return s
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bounded returns the context of a test that would hang where something is wrong.
func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// sentinels are the errors by which callers tell errors apart.
var sentinels = []error{
	kuzzlite.ErrCorrupt, kuzzlite.ErrClosed, kuzzlite.ErrReadOnly, kuzzlite.ErrOutcomeUnknown, kuzzlite.ErrFailed,
	kuzzlite.ErrUnknownIndex, kuzzlite.ErrUnknownCollection, kuzzlite.ErrIncomplete, kuzzlite.ErrSequenceGone,
	kuzzlite.ErrInvalid, kuzzlite.ErrTooLarge, kuzzlite.ErrNotFound, kuzzlite.ErrExists, kuzzlite.ErrNotUnique,
	kuzzlite.ErrConflict, query.ErrInvalid, context.Canceled, context.DeadlineExceeded,
}

// shownError is all by which an error is compared.
type shownError struct {
	Text     string
	Is       []string
	Document *kuzzlite.DocumentError
	Of       *shownError // what the error of the document wraps
}

func show(err error) *shownError {
	if err == nil {
		return nil
	}
	s := &shownError{Text: err.Error()}
	for _, sentinel := range sentinels {
		if errors.Is(err, sentinel) {
			s.Is = append(s.Is, sentinel.Error())
		}
	}
	if d := (*kuzzlite.DocumentError)(nil); errors.As(err, &d) && d != nil {
		shown := *d
		shown.Err = nil
		s.Document, s.Of = &shown, show(d.Err)
	}
	return s
}

// same are the rules by which results are compared: everything counts but what only the library knows of a result, and
// that shows in its JSON.
var same = cmp.Options{
	cmp.FilterPath(func(p cmp.Path) bool {
		return p.Last().Type().Implements(reflect.TypeFor[error]())
	}, cmp.Comparer(func(a, b error) bool {
		return cmp.Equal(show(orNil(a)), show(orNil(b)), cmpopts.IgnoreUnexported(kuzzlite.DocumentError{}))
	})),
	cmp.Transformer("json", func(r *kuzzlite.Result) any {
		if r == nil {
			return nil
		}
		return []any{string(r.AppendJSON(nil)), r.Successes, r.Errors}
	}),
	cmpopts.IgnoreUnexported(kuzzlite.Success{}, kuzzlite.Failure{}, kuzzlite.DocumentError{}),
	cmpopts.IgnoreFields(kuzzlite.Explanation{}, "Took"),
	cmp.Transformer("source", func(raw json.RawMessage) string {
		if raw == nil {
			return "none"
		}
		return "is " + string(raw)
	}),
}

// orNil returns an error, nil for a nil pointer in it.
func orNil(err error) error {
	if v := reflect.ValueOf(err); err == nil || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil
	}
	return err
}

// list is what a sequence yields, at most limit of it, and its error.
type list[T any] struct {
	Items []T
	Err   *shownError
}

func collect[T any](limit int, seq iter.Seq2[T, error]) list[T] {
	var l list[T]
	for item, err := range seq {
		if err != nil {
			l.Err = show(err)
			continue // it must be the last
		}
		if l.Items = append(l.Items, item); len(l.Items) == limit {
			break
		}
	}
	return l
}

// leakless fails the test if goroutines are left once its other cleanups have run.
func leakless(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		deadline := time.Now().Add(20 * time.Second)
		for runtime.NumGoroutine() > before {
			if time.Now().After(deadline) {
				stacks := make([]byte, 1<<20)
				t.Errorf("%d goroutines are left of %d:\n%s", runtime.NumGoroutine(), before,
					stacks[:runtime.Stack(stacks, true)])
				return
			}
			runtime.Gosched()
		}
	})
}
