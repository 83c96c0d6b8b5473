package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestOpen(t *testing.T) {
	f := subjects[1].open(t, nil)
	f.equal("path", f.s.Path(), f.path)
	f.equal("sequence", f.s.Sequence(), uint64(0))
	info, err := os.Stat(f.path)
	f.ok(err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	_, err = Open(f.path, &Options{LockTimeout: -1})
	f.is("second open", err, ErrLocked)
	_, err = Open(f.path, &Options{LockTimeout: time.Millisecond, ReadOnly: true})
	f.is("second open, read-only", err, ErrLocked)
	f.ok(f.s.CreateIndex(ctx, "still"))
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.db")
	for _, tt := range []struct {
		name, path string
		o          Options
		want       error
	}{
		{"empty path", "", Options{}, ErrInvalid},
		{"missing directory", filepath.Join(dir, "no", "a.db"), Options{}, fs.ErrNotExist},
		{"missing file, read-only", missing, Options{ReadOnly: true}, fs.ErrNotExist},
		{"missing file that must exist", missing, Options{Mode: OpenExisting}, fs.ErrNotExist},
		{"mode", missing, Options{Mode: 3}, ErrInvalid},
		{"new, read-only", missing, Options{Mode: OpenNew, ReadOnly: true}, ErrInvalid},
		{"durability", missing, Options{Durability: 2}, ErrInvalid},
		{"sync interval", missing, Options{SyncInterval: -1}, ErrInvalid},
		{"view time", missing, Options{MaxViewTime: -1}, ErrInvalid},
		{"no depth", missing, Options{MaxDepth: -1}, ErrInvalid},
		{"depth", missing, Options{MaxDepth: 1001}, ErrInvalid},
		{"no size", missing, Options{MaxDocumentSize: -1}, ErrInvalid},
		{"size", missing, Options{MaxDocumentSize: 512<<20 + 1}, ErrInvalid},
		{"feed age", missing, Options{FeedMaxAge: -1}, ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Open(tt.path, &tt.o)
			if !errors.Is(err, tt.want) {
				t.Errorf("Open: %v, want %v", err, tt.want)
			}
			if s != nil {
				t.Error("a store beside the error")
			}
			if tt.want == ErrInvalid && tt.path != "" {
				if _, err := OpenMemory(&tt.o); !errors.Is(err, ErrInvalid) {
					t.Errorf("OpenMemory: %v", err)
				}
			}
			if entries, _ := os.ReadDir(dir); len(entries) > 0 {
				t.Errorf("left behind: %v", entries)
			}
		})
	}
	for _, o := range []Options{{ReadOnly: true}, {Mode: OpenExisting}} {
		if _, err := OpenMemory(&o); !errors.Is(err, ErrInvalid) {
			t.Errorf("in memory, read-only %v, mode %d: %v", o.ReadOnly, o.Mode, err)
		}
	}
}

// Open makes no store where one must exist, and opens none where there must be none, whoever is faster.
func TestOpenMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	created := make(chan *Store, 4)
	var wg sync.WaitGroup
	for range cap(created) {
		wg.Go(func() {
			s, err := Open(path, &Options{Mode: OpenNew})
			switch {
			case err == nil:
				created <- s
			case !errors.Is(err, ErrExists):
				t.Errorf("Open of a new store: %v", err)
			}
		})
	}
	wg.Wait()
	if len(created) != 1 {
		t.Fatalf("%d have created the store", len(created))
	}
	s := <-created
	if err := errors.Join(s.CreateIndex(ctx, "i"), s.Close()); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, &Options{Mode: OpenExisting})
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := s.HasIndex(ctx, "i"); !ok || err != nil {
		t.Errorf("index: %v, %v", ok, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, &Options{Mode: OpenNew}); !errors.Is(err, ErrExists) {
		t.Errorf("Open of a new store where there is one: %v", err)
	}
}

// Two that create the same store at once end up with the same one.
func TestOpenAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			s, err := Open(path, &Options{AutoCreate: true, LockTimeout: time.Minute, Durability: Relaxed})
			if err != nil {
				t.Error(err)
				return
			}
			_, err = s.Collection("i", "c").Create(ctx, fmt.Sprint(n), raw(`{}`), nil)
			if err := errors.Join(err, s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n, err := s.Collection("i", "c").Count(ctx); n != 4 || err != nil {
		t.Errorf("%d documents, %v", n, err)
	}
}

func TestReadOnly(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.put("a", `{"n":1}`)
	f.ok(f.s.Close())
	before := fingerprintOf(t, f.path)

	f.s = f.reopened(func(o *Options) { o.ReadOnly = true })
	beside := f.reopened(func(o *Options) { o.ReadOnly = true })
	f.refused(ctx, ErrReadOnly, []map[string]func(context.Context, *Store) error{storeWrites}, writeCalls)
	f.refused(ctx, nil, []map[string]func(context.Context, *Store) error{storeReads}, readCalls)
	f.ok(f.s.Sync())
	f.holds(`a v1 {"n":1}`)
	_, err := Open(f.path, &Options{LockTimeout: -1})
	f.is("open for writing", err, ErrLocked)
	f.ok(beside.Close())
	f.ok(f.s.Close())
	f.equal("file", fingerprintOf(t, f.path), before)
}

func TestClose(t *testing.T) {
	for _, s := range subjects {
		t.Run(s.name, func(t *testing.T) {
			f := s.open(t, nil)
			f.createCollection("i", "c")
			f.put("a", `{"n":1}`)
			f.ok(f.s.Close())
			f.ok(f.s.Close())
			all := []map[string]func(context.Context, *Store) error{storeReads, storeWrites}
			f.refused(ctx, ErrClosed, all, readCalls, writeCalls)
			f.is("Sync", f.s.Sync(), ErrClosed)
			_, err := f.s.BackupFile(ctx, filepath.Join(t.TempDir(), "b"))
			f.is("BackupFile", err, ErrClosed)
		})
	}
}

func TestIndexes(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		for _, name := range []string{"z", "b", "@at", "_x", "élan"} {
			f.ok(f.store().CreateIndex(ctx, name))
		}
		f.is("again", f.store().CreateIndex(ctx, "b"), ErrExists)
		f.is("delete unknown", f.store().DeleteIndex(ctx, "nope"), ErrUnknownIndex)
		f.is("delete none", f.store().DeleteIndex(ctx, ""), ErrInvalid)
		f.ok(f.store().DeleteIndex(ctx, "z"))
		names, err := f.store().Indexes(ctx)
		f.ok(err)
		f.equal("indexes", names, []string{"@at", "_x", "b", "i", "élan"})
		for name, want := range map[string]bool{"b": true, "z": false, "": false, "#changes": false, "#store": false} {
			got, err := f.store().HasIndex(ctx, name)
			f.ok(err)
			f.equal("has "+name, got, want)
		}
		f.put("a", `{}`)
		f.ok(f.store().DeleteIndex(ctx, "i"))
		_, err = f.col().Get(ctx, "a")
		f.is("get", err, ErrUnknownIndex)
	})
}

func TestCollections(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.ok(f.store().CreateCollection(ctx, "i", "b"))
		f.ok(f.store().CreateCollection(ctx, "new", "b"))
		f.is("again", f.store().CreateCollection(ctx, "i", "b"), ErrExists)
		f.is("delete, unknown index", f.store().DeleteCollection(ctx, "nope", "b"), ErrUnknownIndex)
		f.is("delete unknown", f.store().DeleteCollection(ctx, "i", "nope"), ErrUnknownCollection)
		f.is("delete none", f.store().DeleteCollection(ctx, "i", ""), ErrInvalid)

		f.put("a", `{"in":"i/c"}`)
		_, err := f.store().Collection("new", "b").Create(ctx, "a", raw(`{"in":"new/b"}`), nil)
		f.ok(err)
		f.equal("new/b", f.all(f.store().Collection("new", "b")), []string{`a v1 {"in":"new/b"}`})
		f.holds(`a v1 {"in":"i/c"}`)

		f.ok(f.store().DeleteCollection(ctx, "new", "b"))
		names, err := f.store().Collections(ctx, "new")
		f.ok(err)
		f.equal("collections of new", names, []string(nil))
		names, err = f.store().Collections(ctx, "i")
		f.ok(err)
		f.equal("collections of i", names, []string{"b", "c"})
		_, err = f.store().Collections(ctx, "nope")
		f.is("collections of nope", err, ErrUnknownIndex)
		for _, tt := range []struct {
			index, name string
			want        bool
		}{{"i", "c", true}, {"new", "b", false}, {"nope", "c", false}, {"i", "", false}, {"", "c", false}, {"#store", "format", false}} {
			got, err := f.store().HasCollection(ctx, tt.index, tt.name)
			f.ok(err)
			f.equal("has "+tt.index+"/"+tt.name, got, tt.want)
		}
		f.holds(`a v1 {"in":"i/c"}`)
	})
}

// A handle is only a name: it works whatever happened to the collection in between.
func TestCollectionHandle(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	f.equal("name", c.Index()+"/"+c.Name(), "i/c")
	f.put("a", `{}`)
	f.ok(f.s.DeleteCollection(ctx, "i", "c"))
	_, err := c.Exists(ctx, "a")
	f.is("after deletion", err, ErrUnknownCollection)
	f.createCollection("i", "c")
	n, err := c.Count(ctx)
	f.ok(err)
	f.equal("count", n, uint64(0))
}

func TestUnknownCollection(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		for _, calls := range []collectionCalls{readCalls, writeCalls} {
			for name, call := range calls {
				f.is(name, call(ctx, f.s.Collection("nope", "c")), ErrUnknownIndex)
				f.is(name, call(ctx, f.s.Collection("#changes", "c")), ErrInvalid)
				f.is(name, call(ctx, f.s.Collection("", "")), ErrInvalid)
				f.is(name, call(ctx, f.s.Collection("i", "nope")), ErrUnknownCollection)
				f.is(name, call(ctx, f.s.Collection("i", "")), ErrInvalid)
			}
		}
		f.equal("sequence", f.store().Sequence(), uint64(2))
	})
}

func TestAutoCreate(t *testing.T) {
	onAll(t, &Options{AutoCreate: true}, func(t *testing.T, f *fixture) {
		col := func() *Collection { return f.store().Collection("new", "col") }
		for name, call := range readCalls {
			if err := call(ctx, col()); err != nil && !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := col().Get(ctx, "a")
		f.is("Get", err, ErrNotFound)
		found, err := col().MGet(ctx, []string{"a", "b"})
		f.ok(err)
		f.equal("MGet", jsonOf(t, found), `{"errors":["a","b"],"successes":[]}`)

		for _, verb := range []string{"Replace", "Update", "Delete", "DeleteFields"} {
			_, err := verbNamed(t, verb).one(ctx, col(), "a", `{}`, nil, nil)
			f.is(verb, err, ErrNotFound)
		}
		_, err = col().Create(ctx, "a", raw(`[]`), nil)
		f.is("refused", err, ErrInvalid)
		has, err := f.store().HasIndex(ctx, "new")
		f.ok(err)
		f.equal("index after writes that wrote nothing", has, false)

		before := f.store().Sequence()
		_, err = col().MCreate(ctx, []Write{{ID: "a", Body: raw(`{}`)}, {ID: "b", Body: raw(`{}`)}}, nil)
		f.ok(err)
		f.equal("documents", f.all(col()), []string{"a v1 {}", "b v1 {}"})
		var ops []Op
		for _, c := range f.changes(before) {
			ops = append(ops, c.Op)
		}
		f.equal("changes", ops, []Op{OpCreateIndex, OpCreateCollection, OpCreate, OpCreate})

		_, err = f.store().Collection("New", "col").Create(ctx, "a", raw(`{}`), nil)
		f.is("name of an index", err, ErrInvalid)
		_, err = f.store().Collection("new", "col,lection").Create(ctx, "a", raw(`{}`), nil)
		f.is("name of a collection", err, ErrInvalid)
		f.is("delete", f.store().DeleteCollection(ctx, "new", "nope"), ErrUnknownCollection)
		f.is("truncate", f.store().Collection("new", "nope").Truncate(ctx, nil), ErrUnknownCollection)
	})
}

// Everything is as it was after the store was closed and opened, whatever the order of the options.
func TestReopen(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.put("a", `{"n":1}`)
	f.put("a", `{"n":2}`)
	f.put("b", `{"n":1}`)
	_, err := f.col().Delete(ctx, "b", nil)
	f.ok(err)
	sequence := f.s.Sequence()
	for _, change := range []func(*Options){
		nil,
		func(o *Options) { o.Durability = Relaxed },
		func(o *Options) { o.Metadata, o.AutoCreate = true, true },
		func(o *Options) { o.ReadOnly = true },
	} {
		f.reopen(change)
		f.equal("sequence", f.s.Sequence(), sequence)
		f.holds(`a v2 {"n":2}`)
	}
	f.reopen(nil)
	f.put("b", `{}`)
	f.holds(`a v2 {"n":2}`, `b v3 {}`)
	f.equal("changes", len(f.changes(0)), int(sequence)+1)
}

// With Relaxed, Sync can be called at any time, and the regular one happens by itself.
func TestSync(t *testing.T) {
	onAll(t, &Options{SyncInterval: time.Microsecond}, func(t *testing.T, f *fixture) {
		for n := range 20 {
			f.put("a", fmt.Sprintf(`{"n":%d}`, n))
			f.ok(f.store().Sync())
		}
		f.holds(`a v20 {"n":19}`)
	})
}
