package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/query"
)

// Field indexes: what they are, and that their entries are those of the documents, whatever is done. Check, which each
// test ends with, compares all entries.

// ensure makes a field index of i/c.
func (f *fixture) ensure(fi FieldIndex) {
	f.t.Helper()
	f.ok(f.col().EnsureFieldIndex(ctx, fi))
}

// entryCount returns how many entries a field index of i/c has.
func (f *fixture) entryCount(name string) (n int) {
	f.t.Helper()
	bucket := collectionKey("i", "c")
	f.ok(f.s.view(ctx, func(v kv.View) error {
		set, err := f.s.fieldIndexes(v, bucket)
		f.ok(err)
		from, _ := set.Find(name).Range()
		return v.Scan(bucket, from, false, func(key, _ []byte) bool {
			if fieldindex.IsEntry(key) && fieldindex.NumberOf(key) == fieldindex.NumberOf(append(from, 0)) {
				n++
				return true
			}
			return false
		})
	}))
	return n
}

func TestFieldIndexes(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":1,"tags":["x","y"]}`)
		f.put("b", `{"n":2}`)
		f.ensure(FieldIndex{Fields: []string{"n"}})
		f.ensure(FieldIndex{Name: "tagged", Fields: []string{"tags", "-n"}, Sparse: true})
		f.ensure(FieldIndex{Fields: []string{"n"}})
		list, err := f.col().FieldIndexes(ctx)
		f.ok(err)
		f.equal("list", list, []FieldIndexState{
			{FieldIndex: FieldIndex{Name: "n", Fields: []string{"n"}}},
			{FieldIndex: FieldIndex{Name: "tagged", Fields: []string{"tags", "-n"}, Sparse: true}},
		})
		f.equal("entries of n", f.entryCount("n"), 2)
		f.equal("entries of tagged", f.entryCount("tagged"), 3)
		f.put("a", `{"n":3}`)
		f.equal("entries of tagged", f.entryCount("tagged"), 2)
		f.ok(second(f.col().Delete(ctx, "b")))
		f.equal("entries of n", f.entryCount("n"), 1)
		f.ok(f.col().DropFieldIndex(ctx, "n"))
		f.is("dropped twice", f.col().DropFieldIndex(ctx, "n"), ErrNotFound)
		f.ok(f.col().Truncate(ctx))
		f.equal("entries of tagged", f.entryCount("tagged"), 0)
		f.put("c", `{"tags":"z"}`)
		f.equal("entries of tagged", f.entryCount("tagged"), 1)
	})
}

func TestFieldIndexErrors(t *testing.T) {
	f := newFixture(t, nil)
	c := f.col()
	f.ensure(FieldIndex{Fields: []string{"n"}})
	for name, fi := range map[string]FieldIndex{
		"no fields":      {},
		"too many":       {Fields: strings.Split("a,b,c,d,e,f,g,h,i", ",")},
		"empty path":     {Fields: []string{""}},
		"dash":           {Fields: []string{"-"}},
		"twice":          {Fields: []string{"a", "-a"}},
		"invalid UTF-8":  {Fields: []string{"\xff"}},
		"long name":      {Name: strings.Repeat("x", 129), Fields: []string{"a"}},
		"name not UTF-8": {Name: "\xff", Fields: []string{"a"}},
	} {
		f.is(name, c.EnsureFieldIndex(ctx, fi), ErrInvalid)
	}
	f.is("another of that name", c.EnsureFieldIndex(ctx, FieldIndex{Name: "n", Fields: []string{"m"}}), ErrExists)
	f.is("names", f.s.Collection("I", "c").EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"a"}}), ErrInvalid)
	f.is("dropped in no collection", f.s.Collection("i", "no").DropFieldIndex(ctx, "n"), ErrUnknownCollection)
	f.is("listed in no collection", second(f.s.Collection("i", "no").FieldIndexes(ctx)), ErrUnknownCollection)
	f.ok(f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		f.is("in a transaction", tx.Collection("i", "c").EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"a"}}), ErrInTransaction)
		return nil
	}))
	for n := 1; n < fieldindex.MaxIndexes; n++ {
		f.ensure(FieldIndex{Fields: []string{strconv.Itoa(n)}})
	}
	f.is("too many", c.EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"more"}}), ErrInvalid)
	f.ok(f.s.Collection("new", "one").EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"a"}}))
	f.is("created", f.s.CreateCollection(ctx, "new", "one"), ErrExists)
}

func TestUnique(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.ensure(FieldIndex{Fields: []string{"mail"}, Unique: true})
		f.put("a", `{"mail":"x"}`)
		f.put("none", `{}`)
		f.put("none too", `{"mail":null}`)
		_, err := f.col().CreateOrReplace(ctx, "b", raw(`{"mail":"x"}`))
		f.is("the same", err, ErrNotUnique)
		var problem *DocumentError
		if !errors.As(err, &problem) || problem.Status != 409 || strings.Contains(err.Error(), `"x"`) ||
			!strings.Contains(err.Error(), `the field index "mail", on mail,`) {
			t.Errorf("error %v, %+v", err, problem)
		}
		f.put("a", `{"mail":["x","y"]}`)
		_, err = f.col().CreateOrReplace(ctx, "b", raw(`{"mail":["z","y"]}`))
		f.is("one of several", err, ErrNotUnique)
		f.put("a", `{"mail":"x"}`)
		f.put("b", `{"mail":["z","y"]}`)
		f.ok(second(f.col().Delete(ctx, "b")))
		f.put("c", `{"mail":"y"}`)
	})
}

// An index of a part of the documents has entries of those only, and is unique among them.
func TestPartialIndex(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"mail":"x","gone":true}`)
		f.put("b", `{"mail":"x"}`)
		f.ensure(FieldIndex{Fields: []string{"mail"}, Unique: true, Where: "not gone = true"})
		f.equal("entries", f.entryCount("mail"), 1)
		f.is("not unique", second(f.col().Create(ctx, "c", raw(`{"mail":"x"}`))), ErrNotUnique)
		f.put("b", `{"mail":"x","gone":true}`)
		f.put("c", `{"mail":"x"}`)
		f.is("back", second(f.col().Update(ctx, "a", raw(`{"gone":false}`))), ErrNotUnique)
		f.writeMany(20)
		e, err := f.col().Explain(ctx, query.And(query.Eq("mail", "x"), query.Ne("gone", true)))
		f.ok(err)
		f.equal("used", []any{e.Plan, e.Found}, []any{`field index "mail", 1 range`, uint64(1)})
		e, err = f.col().Explain(ctx, query.Eq("mail", "x"))
		f.ok(err)
		f.equal("not used", []any{e.Plan, e.Found}, []any{"scan of all documents", uint64(3)})
		f.is("no condition", f.col().EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"n"}, Where: "n ="}), ErrInvalid)
	})
}

// The items of one call see what those before have freed and taken.
func TestUniqueInOneCall(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.ensure(FieldIndex{Fields: []string{"n"}, Unique: true})
		f.put("a", `{"n":1}`)
		f.put("b", `{"n":2}`)
		r, err := f.col().MUpsert(ctx, []Upsert{
			{ID: "b", Changes: raw(`{"n":1}`)}, // taken
			{ID: "a", Changes: raw(`{"n":3}`)}, // frees 1
			{ID: "b", Changes: raw(`{"n":1}`)}, // frees 2
			{ID: "c", Changes: raw(`{"n":2}`)},
			{ID: "d", Changes: raw(`{"n":2}`)}, // taken
			{ID: "c", Changes: raw(`{"n":4}`)},
			{ID: "d", Changes: raw(`{"n":2}`)},
		})
		f.ok(err)
		var refused []int
		for _, e := range r.Errors {
			f.is("refused", e.Err, ErrNotUnique)
			refused = append(refused, e.Err.Position)
		}
		f.equal("refused", refused, []int{0, 4})
		f.holds(`a v2 {"n":3}`, `b v2 {"n":1}`, `c v2 {"n":4}`, `d v1 {"n":2}`)
		_, err = f.col().MUpsert(ctx, []Upsert{{ID: "e", Changes: raw(`{"n":9}`)}, {ID: "f", Changes: raw(`{"n":9}`)}},
			&WriteOptions{Atomic: true})
		f.is("atomic", err, ErrIncomplete)
		f.put("f", `{"n":9}`)
	})
}

// A document that has expired is no hindrance, and its removal later takes nothing from who has come in its place.
func TestUniqueAndExpiry(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.unswept()
	f.ensure(FieldIndex{Fields: []string{"n"}, Unique: true})
	f.ok(second(f.col().Create(ctx, "a", raw(`{"n":1}`), expiring(time.Second))))
	f.is("not yet", second(f.col().Create(ctx, "b", raw(`{"n":1}`))), ErrNotUnique)
	f.clock.Advance(time.Second)
	f.ok(second(f.col().Create(ctx, "b", raw(`{"n":1}`))))
	f.sound()
	f.ok(second(f.s.sweepAll(ctx, f.s.now())))
	f.equal("entries", f.entryCount("n"), 1)
	f.is("still taken", second(f.col().Create(ctx, "c", raw(`{"n":1}`))), ErrNotUnique)
	f.ok(second(f.col().Create(ctx, "a", raw(`{"n":2}`))))
}

// An index over documents that are not unique is refused, and leaves nothing.
func TestUniqueBuild(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":1}`)
	f.put("b", `{"n":[2,1]}`)
	err := f.col().EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"n"}, Unique: true})
	f.is("not unique", err, ErrNotUnique)
	if !strings.Contains(err.Error(), `"a"`) || !strings.Contains(err.Error(), `"b"`) {
		t.Errorf("error %v", err)
	}
	list, err := f.col().FieldIndexes(ctx)
	f.ok(err)
	f.equal("list", len(list), 0)
	f.put("b", `{"n":2}`)
	f.ensure(FieldIndex{Fields: []string{"n"}, Unique: true})
}

// A build goes on where it was, between writes, and after a crash.
func TestFieldIndexBuild(t *testing.T) {
	defer func(n, m int) { buildDocuments, buildAlone = n, m }(buildDocuments, buildAlone)
	buildDocuments, buildAlone = 10, 1
	f := subjects[3].open(t, nil)
	f.createCollection("i", "c")
	f.writeMany(95)
	ctx, cancel := context.WithCancel(ctx)
	var told []uint64
	err := f.s.Collection("i", "c").EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"n"}}, &FieldIndexOptions{
		Progress: func(done, total uint64) {
			f.equal("total", total, uint64(95))
			if told = append(told, done); done == 30 {
				cancel()
			}
		},
	})
	f.is("ended", err, context.Canceled)
	f.equal("told", told, []uint64{10, 20, 30})
	f.crash()
	f.sound()
	list, err := f.s.Collection("i", "c").FieldIndexes(context.Background())
	f.ok(err)
	f.equal("building", list[0].Building, true)
	f.ok(second(f.col().MUpsert(context.Background(), []Upsert{
		{ID: "0", Changes: raw(`{"n":"before"}`)}, {ID: "zzz", Changes: raw(`{"n":"behind"}`)},
	})))
	f.sound()
	told = nil
	f.ok(f.col().EnsureFieldIndex(context.Background(), FieldIndex{Fields: []string{"n"}}, &FieldIndexOptions{
		Progress: func(done, _ uint64) { told = append(told, done) },
	}))
	if slices.Max(told) > 80 {
		t.Errorf("the build began anew: %d", told)
	}
}

// A build whose index is dropped meanwhile ends, and does nothing to one that has come in its place.
func TestFieldIndexDroppedWhileBuilding(t *testing.T) {
	defer func(n, m int) { buildDocuments, buildAlone = n, m }(buildDocuments, buildAlone)
	buildDocuments, buildAlone = 10, 1
	f := newFixture(t, nil)
	f.writeMany(50)
	err := f.col().EnsureFieldIndex(ctx, FieldIndex{Name: "x", Fields: []string{"n"}}, &FieldIndexOptions{
		Progress: func(done, _ uint64) {
			if done == 20 {
				f.ok(f.col().DropFieldIndex(ctx, "x"))
				f.ok(f.col().EnsureFieldIndex(ctx, FieldIndex{Name: "x", Fields: []string{"m"}}))
			}
		},
	})
	f.is("dropped", err, ErrNotFound)
}

// A document that has expired when an index is built, and was not removed yet, has nothing in the index. Check took that
// for damage if the document had several values, or long ones.
func TestBuildOverExpired(t *testing.T) {
	f := newFixture(t, nil)
	f.unswept()
	f.ok(second(f.col().Create(ctx, "a", raw(`{"n":["`+strings.Repeat("x", 600)+`","y"]}`), expiring(time.Second))))
	f.put("b", `{"n":1}`)
	f.clock.Advance(time.Second)
	f.ensure(FieldIndex{Fields: []string{"n"}})
	f.equal("entries", f.entryCount("n"), 1)
	f.sound()
	f.ok(second(f.s.sweepAll(ctx, f.s.now())))
	f.equal("entries", f.entryCount("n"), 1)
}

// A document that has too many entries is refused alone.
func TestTooManyEntries(t *testing.T) {
	f := newFixture(t, nil)
	f.ensure(FieldIndex{Fields: []string{"n"}})
	var all []string
	for i := range 10001 {
		all = append(all, fmt.Sprint(i))
	}
	r, err := f.col().MCreate(ctx, []Write{
		{ID: "many", Body: raw(`{"n":[` + strings.Join(all, ",") + `]}`)}, {ID: "few", Body: raw(`{"n":[` + strings.Join(all[1:], ",") + `]}`)},
	})
	f.ok(err)
	f.equal("errors", len(r.Errors), 1)
	f.is("too many", r.Errors[0].Err, ErrTooLarge)
	f.equal("entries", f.entryCount("n"), 10000)
}

// Random calls on a collection with a unique field index, against plain maps.
func TestUniqueModel(t *testing.T) {
	for seed := range uint64(20) {
		f := newFixture(t, nil)
		f.ensure(FieldIndex{Fields: []string{"n", "m"}, Unique: true})
		f.ensure(FieldIndex{Fields: []string{"-m"}, Sparse: true})
		r := rand.New(rand.NewPCG(seed, 1))
		docs := map[string]string{} // values by id
		for range 200 {
			var items []Write
			want := []int{}
			for position := range 1 + r.IntN(5) {
				id, values := strconv.Itoa(r.IntN(8)), fmt.Sprintf(`{"n":%d,"m":%d}`, r.IntN(4), r.IntN(3))
				if r.IntN(4) == 0 {
					values = fmt.Sprintf(`{"n":%d}`, r.IntN(4))
				}
				items = append(items, Write{ID: id, Body: raw(values)})
				taken := false
				for other, v := range docs {
					taken = taken || other != id && v == values && strings.Contains(v, "m")
				}
				if taken {
					want = append(want, position)
				} else {
					docs[id] = values
				}
			}
			result, err := f.s.Collection("i", "c").MCreateOrReplace(ctx, items)
			f.ok(err)
			got := []int{}
			for _, e := range result.Errors {
				got = append(got, e.Err.Position)
			}
			f.equal("refused", got, want)
			if r.IntN(3) == 0 {
				id := strconv.Itoa(r.IntN(8))
				_, err := f.s.Collection("i", "c").Delete(ctx, id)
				if _, known := docs[id]; !known {
					f.is("deleted", err, ErrNotFound)
				}
				delete(docs, id)
			}
			if r.IntN(20) == 0 {
				f.sound()
			}
		}
	}
}

// One turn builds more while nobody waits to write, and ends when somebody does.
func TestBuildAlone(t *testing.T) {
	defer func(n int) { buildDocuments = n }(buildDocuments)
	buildDocuments = 10
	s, err := Open(filepath.Join(t.TempDir(), "store.db"), &Options{AutoCreate: true})
	if err != nil {
		t.Fatal(err)
	}
	c := s.Collection("i", "c")
	for i := range 95 {
		if _, err := c.Create(ctx, fmt.Sprint(i), raw(fmt.Sprintf(`{"n":%d}`, i))); err != nil {
			t.Fatal(err)
		}
	}
	engine := s.engine
	defer func() {
		s.engine = engine
		s.Close()
	}()
	for _, tt := range []struct {
		waits bool
		want  []uint64
	}{{false, []uint64{40, 80, 95}}, {true, []uint64{10, 20, 30, 40, 50, 60, 70, 80, 90, 95}}} {
		s.engine = queue{engine, tt.waits}
		var told []uint64
		err := c.EnsureFieldIndex(ctx, FieldIndex{Name: fmt.Sprint(tt.waits), Fields: []string{"n"}}, &FieldIndexOptions{
			Progress: func(done, _ uint64) { told = append(told, done) },
		})
		if err != nil || !slices.Equal(told, tt.want) {
			t.Errorf("others wait: %v: turns end at %d, want %d; error %v", tt.waits, told, tt.want, err)
		}
	}
}

// queue is an engine for which somebody waits to write all the time, or nobody.
type queue struct {
	kv.Engine
	waits bool
}

func (q queue) Waiting() bool { return q.waits }
