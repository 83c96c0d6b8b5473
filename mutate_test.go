package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
)

func TestMutate(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		increment := func(doc Document) (any, error) {
			f.equal("id", doc.ID, "a")
			return map[string]int64{"n": doc.Get("n").Int() + 1}, nil
		}
		for _, want := range []string{`v1 {"n":1}`, `v2 {"n":2}`} {
			s, err := f.col().Mutate(ctx, "a", increment, nil)
			f.ok(err)
			f.equal("returned", versioned(s.Version, s.Source), want)
			f.equal("stored", f.get("a"), want)
		}
		// What fn gets for a document that is not there, and its changes are merged, not put in the place of all.
		_, err := f.col().Mutate(ctx, "b", func(doc Document) (any, error) {
			f.equal("absent", doc, Document{ID: "b"})
			return raw(`{"o":{"x":1}}`), nil
		}, nil)
		f.ok(err)
		_, err = f.col().Mutate(ctx, "b", func(Document) (any, error) { return raw(`{"o":{"y":1}}`), nil }, nil)
		f.ok(err)
		f.holds(`a v2 {"n":2}`, `b v2 {"o":{"x":1,"y":1}}`)
	})
}

func TestMutateWritesNothing(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":1}`)
	sequence := f.s.Sequence()
	none := func(Document) (any, error) { return nil, nil }
	s, err := f.col().Mutate(ctx, "a", none, nil)
	f.ok(err)
	f.equal("nil changes", []any{s.ID, s.Status, s.Noop, versioned(s.Version, s.Source)}, []any{"a", 200, true, `v1 {"n":1}`})
	s, err = f.col().Mutate(ctx, "no", none, nil)
	f.ok(err)
	f.equal("nil changes to nothing", []any{s.ID, s.Noop, s.Created, s.Version}, []any{"no", true, false, uint64(0)})
	s, err = f.col().Mutate(ctx, "a", func(Document) (any, error) { return raw(`{"n":1}`), nil }, nil)
	f.ok(err)
	f.equal("equal changes", s.Noop, true)

	own := errors.New("of fn")
	_, err = f.col().Mutate(ctx, "a", func(Document) (any, error) { return raw(`{"n":2}`), own }, nil)
	f.equal("error", err == own, true)
	for _, changes := range []any{raw(`[]`), raw(`{`), 1} {
		_, err = f.col().Mutate(ctx, "a", func(Document) (any, error) { return changes, nil }, nil)
		f.is("changes", err, ErrInvalid)
	}
	_, err = f.col().Mutate(ctx, "", func(Document) (any, error) { return raw(`{}`), nil }, nil)
	f.is("id", err, ErrInvalid)
	f.equal("sequence", f.s.Sequence(), sequence)
}

// A document that moves while fn runs is read again, as often as the budget says.
func TestMutateConflict(t *testing.T) {
	for _, tt := range []struct {
		name         string
		store, call  int // budgets
		moves, calls int // how often the document moves, and fn is called
		want         error
	}{
		{"without options", 0, 0, 10, 11, nil},
		{"without options, too often", 0, 0, 11, 11, ErrConflict},
		{"without a bound", 0, -1, 30, 31, nil},
		{"enough", 0, 3, 3, 4, nil},
		{"not enough", 0, 2, 3, 3, ErrConflict},
		{"of the store", 3, 0, 3, 4, nil},
		{"of the call before the store's", 5, 1, 2, 2, ErrConflict},
		{"not needed", 0, 0, 0, 1, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onAll(t, &Options{RetryOnConflict: tt.store}, func(t *testing.T, f *fixture) {
				f.put("a", `{"n":0}`)
				c := f.col()
				calls := 0
				s, err := c.Mutate(ctx, "a", func(doc Document) (any, error) {
					if calls++; calls <= tt.moves {
						if _, err := c.Update(ctx, "a", map[string]int{"n": calls}, nil); err != nil {
							t.Error(err)
						}
					}
					return map[string]int64{"m": doc.Get("n").Int()}, nil
				}, &WriteOptions{RetryOnConflict: tt.call})
				f.is("error", err, tt.want)
				f.equal("calls", calls, tt.calls)
				if tt.want == nil {
					f.equal("written", string(s.Source), fmt.Sprintf(`{"n":%d,"m":%d}`, tt.moves, tt.moves))
				} else {
					f.equal("left as it was", f.get("a"), fmt.Sprintf(`v%d {"n":%d}`, calls+1, calls))
				}
			})
		})
	}
}

// A document that is created, or deleted, meanwhile has moved, too.
func TestMutateExistence(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	var seen []uint64
	meanwhile := func(id string, step func() error) {
		seen = nil
		_, err := c.Mutate(ctx, id, func(doc Document) (any, error) {
			if seen = append(seen, doc.Version); len(seen) > 1 {
				return raw(`{"m":1}`), nil
			}
			return raw(`{"m":1}`), step()
		})
		f.ok(err)
	}
	meanwhile("a", func() error { _, err := c.Create(ctx, "a", raw(`{}`)); return err })
	f.equal("created", seen, []uint64{0, 1})
	meanwhile("a", func() error { _, err := c.Delete(ctx, "a"); return err })
	f.equal("deleted", seen, []uint64{2, 0})
	f.holds(`a v4 {"m":1}`)
}

// IfVersion is for the document as it was first read, and is not tried again.
func TestMutateIfVersion(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	f.put("a", `{"n":1}`)
	calls := 0
	run := func(id string, want uint64, step func()) error {
		calls = 0
		_, err := c.Mutate(ctx, id, func(Document) (any, error) {
			calls++
			if step != nil {
				step()
			}
			return raw(`{"m":1}`), nil
		}, &WriteOptions{IfVersion: want, IfAbsent: want == 0, RetryOnConflict: 5})
		return err
	}
	err := run("a", 2, nil)
	f.conflict("a", err, 1, 2)
	f.is("wrong", err, ErrConflict)
	f.equal("calls", calls, 0)
	f.is("must not exist", run("a", 0, nil), ErrConflict)
	f.is("does not exist", run("b", 1, nil), ErrConflict)
	f.is("moved", run("a", 1, func() { f.put("a", `{"n":2}`) }), ErrConflict)
	f.equal("calls", calls, 1)
	f.ok(run("a", 2, nil))
	f.ok(run("b", 0, nil))
	f.holds(`a v3 {"n":2,"m":1}`, `b v1 {"m":1}`)
}

// A panic in fn reaches the caller and nobody else.
func TestMutatePanic(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	f.put("a", `{"n":0}`)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 25 {
				if _, err := c.Mutate(ctx, "a", increment, &WriteOptions{RetryOnConflict: 1000}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		func() {
			defer func() { f.equal("panic", recover(), any("of fn")) }()
			_, _ = c.Mutate(ctx, "a", func(Document) (any, error) { panic("of fn") }, nil)
		}()
	}
	wg.Wait()
	f.holds(`a v101 {"n":100}`)
}

func increment(doc Document) (any, error) {
	return map[string]int64{"n": doc.Get("n").Int() + 1}, nil
}

// fn runs outside any lock: it may call anything, Mutate too, and a context that it cancels stops the call.
func TestMutateCalls(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	_, err := c.Mutate(ctx, "a", func(Document) (any, error) {
		_, err := f.s.Compact(ctx)
		f.ok(err)
		_, err = c.Mutate(ctx, "b", increment, nil)
		return raw(`{"n":1}`), err
	}, nil)
	f.ok(err)
	f.holds(`a v1 {"n":1}`, `b v1 {"n":1}`)
	ctx, cancel := context.WithCancel(ctx)
	_, err = c.Mutate(ctx, "a", func(Document) (any, error) { cancel(); return raw(`{"n":2}`), nil }, nil)
	f.is("cancelled", err, context.Canceled)
	f.holds(`a v1 {"n":1}`, `b v1 {"n":1}`)
}

// An error of fn is fn's, whatever it wraps: fn may have met a conflict of its own, in another document. It was taken
// for one of the write, and fn was called again.
func TestMutateReturnsConflictOfFn(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	f.put("a", `{"n":1}`)
	f.put("b", `{"n":1}`)
	calls := 0
	own := func() error {
		calls++
		_, err := c.Update(ctx, "b", raw(`{}`), &WriteOptions{IfVersion: 7})
		return err
	}
	for name, mutate := range map[string]func(o *WriteOptions) error{
		"Mutate": func(o *WriteOptions) error {
			_, err := c.Mutate(ctx, "a", func(Document) (any, error) { return raw(`{"n":2}`), own() }, o)
			return err
		},
		"Typed.Mutate": func(o *WriteOptions) error {
			_, err := Of[thing](c).Mutate(ctx, "a", func(*thing) error { return own() }, o)
			return err
		},
		"Typed.Mutate, decoding": func(o *WriteOptions) error {
			_, err := Of[conflicting](c).Mutate(ctx, "a", func(*conflicting) error { return nil }, o)
			calls++
			return err
		},
	} {
		calls = 0
		f.is(name, mutate(&WriteOptions{RetryOnConflict: 5}), ErrConflict)
		f.equal(name+": calls", calls, 1)
	}
	f.equal("decodings", decodings, 1)
	f.holds(`a v1 {"n":1}`, `b v1 {"n":1}`)
}

// conflicting cannot be decoded, and says that this is a conflict.
type conflicting struct{}

var decodings int

func (*conflicting) UnmarshalJSON([]byte) error { decodings++; return ErrConflict }
