package kuzzlite

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestModify(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		for _, want := range []string{`v1 {"n":1}`, `v2 {"n":2}`} {
			s, err := f.col().Modify(ctx, "a", increment, nil)
			f.ok(err)
			f.equal("returned", versioned(s.Version, s.Source), want)
			f.equal("stored", f.get("a"), want)
		}
		_, err := f.col().Modify(ctx, "b", func(doc Document) (any, error) {
			f.equal("absent", doc, Document{ID: "b"})
			return raw(`{"o":{"x":1}}`), nil
		}, nil)
		f.ok(err)
		f.holds(`a v2 {"n":2}`, `b v1 {"o":{"x":1}}`)
	})
}

func TestModifyWritesNothing(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":1}`)
	sequence := f.s.Sequence()
	none := func(Document) (any, error) { return nil, nil }
	s, err := f.col().Modify(ctx, "a", none, nil)
	f.ok(err)
	f.equal("nil changes", []any{s.ID, s.Status, s.Noop, versioned(s.Version, s.Source)}, []any{"a", 200, true, `v1 {"n":1}`})
	s, err = f.col().Modify(ctx, "no", none, nil)
	f.ok(err)
	f.equal("nil changes to nothing", []any{s.ID, s.Noop, s.Created, s.Version}, []any{"no", true, false, uint64(0)})
	s, err = f.col().Modify(ctx, "a", func(Document) (any, error) { return raw(`{"n":1}`), nil }, nil)
	f.ok(err)
	f.equal("equal changes", s.Noop, true)

	own := errors.New("of fn")
	_, err = f.col().Modify(ctx, "a", func(Document) (any, error) { return raw(`{"n":2}`), own }, nil)
	f.equal("error", err == own, true)
	for _, changes := range []any{raw(`[]`), raw(`{`), 1} {
		_, err = f.col().Modify(ctx, "a", func(Document) (any, error) { return changes, nil }, nil)
		f.is("changes", err, ErrInvalid)
	}
	_, err = f.col().Modify(ctx, "", func(Document) (any, error) { return raw(`{}`), nil }, nil)
	f.is("id", err, ErrInvalid)
	_, err = f.s.Collection("i", "no").Modify(ctx, "a", increment, nil)
	f.is("collection", err, ErrUnknownCollection)
	err = func() error {
		_, err := f.col().Modify(ctx, "a", increment, &WriteOptions{IfVersion: 7})
		return err
	}()
	f.conflict("a", err, 1, 7)
	f.equal("sequence", f.s.Sequence(), sequence)
}

// Who competes never fails, and works out each change once.
func TestModifyCompetes(t *testing.T) {
	f := newDiskFixture(t, nil)
	c := f.s.Collection("i", "c")
	calls := 0 // fn runs on the one turn to write
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 5 {
				_, err := c.Modify(ctx, "a", func(doc Document) (any, error) { calls++; return increment(doc) }, nil)
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	f.equal("calls", calls, 64*5)
	f.holds(`a v320 {"n":320}`)
}

// A panic in fn reaches the caller and nobody else.
func TestModifyPanic(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":0}`)
	func() {
		defer func() { f.equal("panic", recover(), any("of fn")) }()
		_, _ = f.col().Modify(ctx, "a", func(Document) (any, error) { panic("of fn") }, nil)
	}()
	_, err := f.col().Modify(ctx, "a", increment, nil)
	f.ok(err)
	f.holds(`a v2 {"n":1}`)
}

// account is a value that does not know all of its documents.
type account struct {
	Owner string         `json:"owner,omitempty"`
	N     int            `json:"n"`
	Tags  []string       `json:"tags,omitempty"`
	Notes map[string]any `json:"notes,omitempty"`
}

// Typed.Modify writes what fn has changed, and leaves everything else as it is, to the byte.
func TestTypedModify(t *testing.T) {
	for name, tt := range map[string]struct {
		before string
		change func(*account)
		after  string
		paths  []string
	}{
		"a field": {
			`{"n":1,"price":1.10,"big":9007199254740993,"owner":"a"}`, func(a *account) { a.N = 2 },
			`v2 {"n":2,"price":1.10,"big":9007199254740993,"owner":"a"}`, []string{"n"},
		},
		"nothing": {`{"n":1,"x":1.0}`, func(*account) {}, `v1 {"n":1,"x":1.0}`, nil},
		"removed": {
			`{"owner":"a","n":1,"x":1}`, func(a *account) { a.Owner = "" }, `v2 {"n":1,"x":1}`, []string{"owner"},
		},
		"removed below": {
			`{"n":1,"notes":{"a":1.10,"b":{"c":1,"d":2}}}`,
			func(a *account) { delete(a.Notes["b"].(map[string]any), "c"); a.Notes["e"] = nil },
			`v2 {"n":1,"notes":{"a":1.10,"b":{"d":2},"e":null}}`, []string{"notes.e", "notes.b.c"},
		},
		"a list": {
			`{"n":1,"tags":["a","b"],"x":[1.10]}`, func(a *account) { a.Tags = append(a.Tags[:1], "c") },
			`v2 {"n":1,"tags":["a","c"],"x":[1.10]}`, []string{"tags"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			onAll(t, nil, func(t *testing.T, f *fixture) {
				f.put("a", tt.before)
				since := f.s.Sequence()
				e, err := Of[account](f.col()).Modify(ctx, "a", func(a *account) error { tt.change(a); return nil },
					&WriteOptions{Merge: MergePatch})
				f.ok(err)
				f.equal("document", f.get("a"), tt.after)
				f.equal("version", fmt.Sprintf("v%d", e.Version), tt.after[:2])
				for _, c := range f.changes(since) {
					f.equal("paths", c.Paths, tt.paths)
				}
			})
		})
	}
}

func TestTypedModifyCreates(t *testing.T) {
	f := newFixture(t, nil)
	own := errors.New("of fn")
	_, err := Of[account](f.col()).Modify(ctx, "a", func(*account) error { return own }, nil)
	f.equal("error", err == own, true)
	e, err := Of[account](f.col()).Modify(ctx, "a", func(a *account) error { a.N++; return nil }, nil)
	f.ok(err)
	f.equal("value", e.Value, account{N: 1})
	f.put("b", `{"n":"no number"}`)
	_, err = Of[account](f.col()).Modify(ctx, "b", func(*account) error { return nil }, nil)
	f.equal("does not decode", err != nil, true)
	_, err = Of[[]int](f.col()).Modify(ctx, "c", func(l *[]int) error { *l = []int{1}; return nil }, nil)
	f.is("no object", err, ErrInvalid)
	f.holds(`a v1 {"n":1}`, `b v1 {"n":"no number"}`)
}

// Metadata is not the program's to change.
func TestTypedModifyMetadata(t *testing.T) {
	type known struct {
		N    int            `json:"n"`
		Info map[string]any `json:"_kuzzle_info,omitempty"`
	}
	f := newFixture(t, &Options{Metadata: true})
	f.put("a", `{"n":1}`)
	f.clock.Advance(time.Second)
	want := f.doc("a")
	for name, change := range map[string]func(*known){
		"nothing else": func(k *known) { k.Info = nil },
		"an author":    func(k *known) { delete(k.Info, "author"); k.Info["updater"] = "me" },
	} {
		e, err := Of[known](f.col()).Modify(ctx, "a", func(k *known) error { change(k); return nil })
		f.ok(err)
		f.equal(name, f.doc("a"), want)
		f.equal(name, len(e.Value.Info), 4)
	}
	_, err := Of[known](f.col()).Modify(ctx, "a", func(k *known) error { k.N, k.Info = 2, nil; return nil })
	f.ok(err)
	f.equal("with another change", f.get("a"), `v2 {"n":2,"_kuzzle_info":{"author":null,"createdAt":1700000000000,`+
		`"updatedAt":1700000001000,"updater":null}}`)
}

// An id that no document can have is refused, whatever fn returns.
func TestModifyID(t *testing.T) {
	f := newFixture(t, nil)
	for _, id := range []string{"", strings.Repeat("x", maxIDLength+1), "\xff"} {
		_, err := f.col().Modify(ctx, id, func(Document) (any, error) { t.Error("called"); return nil, nil })
		f.is(fmt.Sprintf("%.9q", id), err, ErrInvalid)
	}
}

// fn may read the store, however long that takes, while the file outgrows what is mapped of it: the checkpoint waited
// for fn, every reader for the checkpoint, and so fn for itself.
func TestModifyReads(t *testing.T) {
	const size = 48 << 20 // of a small store 32 MiB are mapped
	f := newDiskFixture(t, &Options{CheckpointSize: size, Durability: Relaxed})
	body := `{"pad":"` + strings.Repeat("x", 1<<20) + `"}`
	for n := 0; f.stats().OverlayBytes < size; n++ { // the next turn begins a checkpoint of all that
		f.put(fmt.Sprint(n), body)
	}
	if n := f.stats().Checkpoints; n > 0 {
		t.Fatalf("%d checkpoints already", n)
	}
	_, err := f.s.Collection("i", "c").Modify(ctx, "a", func(Document) (any, error) {
		within(t, "the checkpoint, or a read", func() { // whose failure ends fn, too
			for f.stats().Checkpoints == 0 {
				_, err := f.s.Collection("i", "c").Get(ctx, "0")
				f.ok(err)
				yield()
			}
		})
		return raw(`{}`), nil
	})
	f.ok(err)
}

// A function that changes the bytes that it got changes neither the document nor the result.
func TestModifyBytesAreOwn(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":1}`)
	scribble := func(d Document) (any, error) { copy(d.Source, "XXXXXXX"); return nil, nil }
	for name, call := range map[string]func() (*Success, error){
		"Modify": func() (*Success, error) { return f.col().Modify(ctx, "a", scribble) },
		"Mutate": func() (*Success, error) { return f.col().Mutate(ctx, "a", scribble) },
	} {
		s, err := call()
		f.ok(err)
		f.equal(name+": result", string(s.Source), `{"n":1}`)
		f.equal(name+": stored", f.get("a"), `v1 {"n":1}`)
	}
}
