package kuzzlite

import (
	"context"
	"errors"
	"io"
	"testing"
)

// Every method by name, for tests of what all of them refuse. Those of collections are on the document "a".

// collectionCalls are methods of a collection.
type collectionCalls map[string]func(context.Context, *Collection) error

var readCalls = collectionCalls{
	"Get":    func(ctx context.Context, c *Collection) error { _, err := c.Get(ctx, "a"); return err },
	"MGet":   func(ctx context.Context, c *Collection) error { _, err := c.MGet(ctx, []string{"a", "b"}); return err },
	"Exists": func(ctx context.Context, c *Collection) error { _, err := c.Exists(ctx, "a"); return err },
	"MExists": func(ctx context.Context, c *Collection) error {
		_, err := c.MExists(ctx, []string{"a", "b"})
		return err
	},
	"Count": func(ctx context.Context, c *Collection) error { _, err := c.Count(ctx); return err },
	"All": func(ctx context.Context, c *Collection) (err error) {
		for _, e := range c.All(ctx, nil) {
			err = errors.Join(err, e)
		}
		return err
	},
	"Typed.Get": func(ctx context.Context, c *Collection) error { _, err := Of[thing](c).Get(ctx, "a"); return err },
	"Typed.MGet": func(ctx context.Context, c *Collection) error {
		_, err := Of[thing](c).MGet(ctx, []string{"a"})
		return err
	},
	"Typed.All": func(ctx context.Context, c *Collection) (err error) {
		for _, e := range Of[thing](c).All(ctx, nil) {
			err = errors.Join(err, e)
		}
		return err
	},
}

var writeCalls = collectionCalls{
	"MUpsertJSON": func(ctx context.Context, c *Collection) error {
		_, err := c.MUpsertJSON(ctx, []byte(`[{"_id":"a","changes":{"n":1}}]`), nil)
		return err
	},
	"MUpsertJSON, all refused": func(ctx context.Context, c *Collection) error {
		_, err := c.MUpsertJSON(ctx, []byte(`[{}]`), nil)
		return err
	},
	"Truncate": func(ctx context.Context, c *Collection) error { return c.Truncate(ctx, nil) },
	"Mutate": func(ctx context.Context, c *Collection) error {
		_, err := c.Mutate(ctx, "a", func(Document) (any, error) { return raw(`{"n":1}`), nil }, nil)
		return err
	},
	"Modify": func(ctx context.Context, c *Collection) error {
		_, err := c.Modify(ctx, "a", func(Document) (any, error) { return raw(`{"n":1}`), nil }, nil)
		return err
	},
	"Typed.Create": func(ctx context.Context, c *Collection) error {
		_, err := Of[thing](c).Create(ctx, "a", thing{}, nil)
		return err
	},
	"Typed.CreateOrReplace": func(ctx context.Context, c *Collection) error {
		_, err := Of[thing](c).CreateOrReplace(ctx, "a", thing{}, nil)
		return err
	},
	"Typed.Replace": func(ctx context.Context, c *Collection) error {
		_, err := Of[thing](c).Replace(ctx, "a", thing{}, nil)
		return err
	},
	"Typed.Update": func(ctx context.Context, c *Collection) error {
		_, err := Of[thing](c).Update(ctx, "a", thing{}, nil)
		return err
	},
	"Typed.Upsert": func(ctx context.Context, c *Collection) error {
		_, err := Of[thing](c).Upsert(ctx, "a", thing{}, nil, nil)
		return err
	},
	"Typed.MUpsert": func(ctx context.Context, c *Collection) error {
		_, _, err := Of[thing](c).MUpsert(ctx, []Upsert{{ID: "a", Changes: thing{}}}, nil)
		return err
	},
	"Typed.Mutate": func(ctx context.Context, c *Collection) error {
		_, err := Of[thing](c).Mutate(ctx, "a", func(*thing) error { return nil }, nil)
		return err
	},
}

func init() {
	for _, v := range verbs {
		writeCalls[v.name] = func(ctx context.Context, c *Collection) error {
			_, err := v.one(ctx, c, "a", `{"n":1}`, nil, nil)
			return err
		}
		writeCalls["M"+v.name] = func(ctx context.Context, c *Collection) error {
			_, err := v.many(ctx, c, []string{"a", "b"}, `{"n":1}`, nil, nil)
			return err
		}
	}
}

// thing is a document as a Go value.
type thing struct {
	Name string   `json:"name,omitempty"`
	N    int      `json:"n"`
	Tags []string `json:"tags,omitempty"`
}

// storeReads and storeWrites are methods of a store.
var storeReads = map[string]func(context.Context, *Store) error{
	"Indexes":       func(ctx context.Context, s *Store) error { _, err := s.Indexes(ctx); return err },
	"HasIndex":      func(ctx context.Context, s *Store) error { _, err := s.HasIndex(ctx, "i"); return err },
	"Collections":   func(ctx context.Context, s *Store) error { _, err := s.Collections(ctx, "i"); return err },
	"HasCollection": func(ctx context.Context, s *Store) error { _, err := s.HasCollection(ctx, "i", "c"); return err },
	"Stats":         func(ctx context.Context, s *Store) error { _, err := s.Stats(ctx); return err },
	"Check":         func(ctx context.Context, s *Store) error { _, err := s.Check(ctx); return err },
	"Backup":        func(ctx context.Context, s *Store) error { _, err := s.Backup(ctx, io.Discard); return err },
	"View": func(ctx context.Context, s *Store) error {
		return s.View(ctx, func(context.Context, *Tx) error { return nil })
	},
	"Changes": func(ctx context.Context, s *Store) error {
		for _, err := range s.Changes(ctx, 0) {
			return err
		}
		return nil
	},
	"Watch": func(ctx context.Context, s *Store) error {
		for _, err := range s.Collection("i", "c").Watch(ctx, &WatchOptions{Replay: true, Since: 0}) {
			return err
		}
		return nil
	},
}

var storeWrites = map[string]func(context.Context, *Store) error{
	"CreateIndex":      func(ctx context.Context, s *Store) error { return s.CreateIndex(ctx, "new") },
	"DeleteIndex":      func(ctx context.Context, s *Store) error { return s.DeleteIndex(ctx, "i") },
	"CreateCollection": func(ctx context.Context, s *Store) error { return s.CreateCollection(ctx, "i", "new") },
	"DeleteCollection": func(ctx context.Context, s *Store) error { return s.DeleteCollection(ctx, "i", "c") },
	"Update": func(ctx context.Context, s *Store) error {
		return s.Update(ctx, func(context.Context, *Tx) error { return nil })
	},
	"Compact": func(ctx context.Context, s *Store) error { _, err := s.Compact(ctx); return err },
}

// refused makes every call of the store and its collection i/c, and checks that each fails with want.
func (f *fixture) refused(ctx context.Context, want error, stores []map[string]func(context.Context, *Store) error,
	collections ...collectionCalls) {
	f.t.Helper()
	for _, calls := range stores {
		for name, call := range calls {
			f.is(name, call(ctx, f.s), want)
		}
	}
	for _, calls := range collections {
		for name, call := range calls {
			f.is(name, call(ctx, f.s.Collection("i", "c")), want)
		}
	}
}

// verbs are the writing verbs on one document and on many, all with the same body: for MUpsert and MUpdate the changes,
// and for MDeleteFields not used, it deletes the field a. want is IfVersion; for many it is that of the items, where
// the verb has it.
var verbs = []verbCall{
	{"Upsert",
		func(ctx context.Context, c *Collection, id, body string, want *uint64, o *WriteOptions) (*Success, error) {
			return c.Upsert(ctx, id, raw(body), nil, withVersion(o, want))
		},
		func(ctx context.Context, c *Collection, ids []string, body string, want *uint64, o *WriteOptions) (*Result, error) {
			var items []Upsert
			for _, id := range ids {
				items = append(items, Upsert{ID: id, Changes: raw(body), IfVersion: at(want), IfAbsent: absent(want)})
			}
			return c.MUpsert(ctx, items, o)
		}},
	{"Create", one((*Collection).Create), many((*Collection).MCreate)},
	{"CreateOrReplace", one((*Collection).CreateOrReplace), many((*Collection).MCreateOrReplace)},
	{"Replace", one((*Collection).Replace), many((*Collection).MReplace)},
	{"Update", one((*Collection).Update), many((*Collection).MUpdate)},
	{"Delete",
		func(ctx context.Context, c *Collection, id, _ string, want *uint64, o *WriteOptions) (*Success, error) {
			return c.Delete(ctx, id, withVersion(o, want))
		},
		func(ctx context.Context, c *Collection, ids []string, _ string, want *uint64, o *WriteOptions) (*Result, error) {
			return c.MDelete(ctx, ids, withVersion(o, want))
		}},
	{"DeleteFields",
		func(ctx context.Context, c *Collection, id, _ string, want *uint64, o *WriteOptions) (*Success, error) {
			return c.DeleteFields(ctx, id, []string{"a"}, withVersion(o, want))
		},
		func(ctx context.Context, c *Collection, ids []string, _ string, want *uint64, o *WriteOptions) (*Result, error) {
			var items []FieldDeletion
			for _, id := range ids {
				items = append(items, FieldDeletion{ID: id, Fields: []string{"a"}})
			}
			return c.MDeleteFields(ctx, items, withVersion(o, want))
		}},
}

type (
	oneCall  = func(ctx context.Context, c *Collection, id, body string, want *uint64, o *WriteOptions) (*Success, error)
	manyCall = func(ctx context.Context, c *Collection, ids []string, body string, want *uint64, o *WriteOptions) (*Result, error)
)

type verbCall struct {
	name string
	one  oneCall
	many manyCall
}

func one(call func(*Collection, context.Context, string, any, ...*WriteOptions) (*Success, error)) oneCall {
	return func(ctx context.Context, c *Collection, id, body string, want *uint64, o *WriteOptions) (*Success, error) {
		return call(c, ctx, id, raw(body), withVersion(o, want))
	}
}

func many(call func(*Collection, context.Context, []Write, ...*WriteOptions) (*Result, error)) manyCall {
	return func(ctx context.Context, c *Collection, ids []string, body string, want *uint64, o *WriteOptions) (*Result, error) {
		var items []Write
		for _, id := range ids {
			items = append(items, Write{ID: id, Body: raw(body), IfVersion: at(want), IfAbsent: absent(want)})
		}
		return call(c, ctx, items, o)
	}
}

func withVersion(o *WriteOptions, want *uint64) *WriteOptions {
	var r WriteOptions
	if o != nil {
		r = *o
	}
	if want != nil {
		r.IfVersion, r.IfAbsent = at(want), absent(want)
	}
	return &r
}

// verbNamed returns a verb.
func verbNamed(t testing.TB, name string) verbCall {
	t.Helper()
	for _, v := range verbs {
		if v.name == name {
			return v
		}
	}
	t.Fatalf("no verb %s", name)
	return verbCall{}
}

// runOne calls the verb for one document, in its form for one or for many.
func (v verbCall) runOne(t testing.TB, c *Collection, manyForm bool, id, body string, want *uint64,
	o *WriteOptions) (*Success, error) {
	t.Helper()
	if !manyForm {
		return v.one(ctx, c, id, body, want, o)
	}
	r, err := v.many(ctx, c, []string{id}, body, want, o)
	if err != nil {
		return nil, err
	}
	if len(r.Successes)+len(r.Errors) != 1 {
		t.Fatalf("%d successes and %d errors for one document", len(r.Successes), len(r.Errors))
	}
	if len(r.Errors) == 1 {
		return nil, r.Errors[0].Err
	}
	return &r.Successes[0], nil
}
