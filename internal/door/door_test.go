package door_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/door"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/kv/kvtest"
)

var open = door.Open.(func(name string, e kv.Engine, o *kuzzlite.Options) (*kuzzlite.Store, error))

var ctx = context.Background()

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A store over an engine that the root package has not made is a store like any other.
func TestOpen(t *testing.T) {
	counting := kvtest.Count(kv.NewMemory(nil))
	s, err := open("somewhere", counting, &kuzzlite.Options{AutoCreate: true})
	ok(t, err)
	if s.Path() != "somewhere" {
		t.Errorf("its path is %q", s.Path())
	}
	carts := s.Collection("shop", "carts")
	res, err := carts.MUpsert(ctx, []kuzzlite.Upsert{
		{ID: "c1", Changes: map[string]any{"total": 12}}, {ID: "c2", Changes: json.RawMessage(`{"total":3}`)},
	})
	ok(t, err)
	ok(t, res.Err())
	_, err = carts.Update(ctx, "c1", json.RawMessage(`{"total":13}`))
	ok(t, err)
	ok(t, s.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		_, err := tx.Collection("shop", "carts").Delete(ctx, "c2")
		return err
	}))
	holds(t, s)
	report, err := s.Check(ctx)
	ok(t, err)
	ok(t, report.Err())
	if report.Documents != 1 || report.Tombstones != 1 || report.Changes != 6 {
		t.Errorf("it has %+v", report)
	}
	if n := counting.Counts(); n.Stages < 4 || n.Views == 0 {
		t.Errorf("of the engine it has used %+v", n)
	}

	path := filepath.Join(t.TempDir(), "b.db") // what the engine cannot do the store does
	_, err = s.BackupFile(ctx, path)
	ok(t, err)
	backup, err := kuzzlite.Open(path, &kuzzlite.Options{ReadOnly: true})
	ok(t, err)
	holds(t, backup)
	ok(t, backup.Close())

	ok(t, s.Close())
	if _, err := counting.Read(ctx); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("the engine of a closed store: %v", err)
	}
}

// holds fails the test unless the store has one cart.
func holds(t *testing.T, s *kuzzlite.Store) {
	t.Helper()
	c1, err := s.Collection("shop", "carts").Get(ctx, "c1")
	ok(t, err)
	if string(c1.Source) != `{"total":13}` || c1.Version != 2 {
		t.Errorf("c1 is %s at version %d", c1.Source, c1.Version)
	}
	if n, err := s.Collection("shop", "carts").Count(ctx); n != 1 || err != nil {
		t.Errorf("there are %d documents: %v", n, err)
	}
}

// What is in an engine is opened by the options. An engine that is refused is closed.
func TestOpenContent(t *testing.T) {
	empty := kv.NewMemory(nil)
	s, err := open("first", empty, nil)
	ok(t, err)
	ok(t, s.CreateCollection(ctx, "shop", "carts"))
	content := empty.Snapshot()
	ok(t, s.Close())
	store := func() kv.Engine {
		m := kv.NewMemory(nil)
		ok(t, m.Restore(content))
		return m
	}
	foreign := func() kv.Engine {
		b := &kv.Batch{}
		b.EnsureBucket([]byte("theirs"))
		return kv.NewMemory(b)
	}
	nothing := func() kv.Engine { return kv.NewMemory(nil) }
	for _, tt := range []struct {
		name   string
		engine func() kv.Engine
		o      kuzzlite.Options
		want   error
	}{
		{"a store", store, kuzzlite.Options{}, nil},
		{"an existing store", store, kuzzlite.Options{Mode: kuzzlite.OpenExisting}, nil},
		{"a store to read", store, kuzzlite.Options{ReadOnly: true}, nil},
		{"not a new store", store, kuzzlite.Options{Mode: kuzzlite.OpenNew}, kuzzlite.ErrExists},
		{"a new store", nothing, kuzzlite.Options{Mode: kuzzlite.OpenNew}, nil},
		{"no store", nothing, kuzzlite.Options{Mode: kuzzlite.OpenExisting}, fs.ErrNotExist},
		{"nothing to read", nothing, kuzzlite.Options{ReadOnly: true}, fs.ErrNotExist},
		{"something else", foreign, kuzzlite.Options{}, kuzzlite.ErrNotStore},
		{"bad options", store, kuzzlite.Options{MaxDepth: -1}, kuzzlite.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := tt.engine()
			s, err := open("second", e, &tt.o)
			if !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			if err != nil {
				if _, err := e.Read(ctx); !errors.Is(err, kv.ErrClosed) {
					t.Errorf("the engine is open: %v", err)
				}
				return
			}
			has, err := s.HasCollection(ctx, "shop", "carts")
			if want := tt.o.Mode != kuzzlite.OpenNew; has != want || err != nil {
				t.Errorf("it has the collection: %v, %v", has, err)
			}
			err = s.CreateIndex(ctx, "new")
			if tt.o.ReadOnly != errors.Is(err, kuzzlite.ErrReadOnly) || !tt.o.ReadOnly && err != nil {
				t.Errorf("a write: %v", err)
			}
			ok(t, s.Close())
		})
	}
}
