package kuzzlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// What a call costs: about so many bytes looked at, and allocated, for each byte of its request and of the documents that
// it touches. It is counted and not timed, so that a call whose cost grows with the square of that fails on any machine.

// cost is what one call has cost, in bytes.
type cost struct{ work, heap int }

// costOf runs a call. Nothing else may use a store meanwhile.
func costOf(call func()) (c cost) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c.work = rawjson.Work(call)
	runtime.ReadMemStats(&after)
	c.heap = int(after.TotalAlloc - before.TotalAlloc)
	return c
}

// costs holds a call that is given size bytes to the bounds.
func (f *fixture) costs(what string, size int, most cost, call func()) {
	f.t.Helper()
	const base = 256 << 10
	c := costOf(call)
	if c.work > most.work*size+base {
		f.t.Errorf("%s: %d bytes are looked at for %d, more than %d for each", what, c.work, size, most.work)
	}
	if c.heap > most.heap*size+base {
		f.t.Errorf("%s: %d bytes are allocated for %d, more than %d for each", what, c.heap, size, most.heap)
	}
}

// Each step of a transaction made room for the changes of all the steps before.
func TestCostOfSteps(t *testing.T) {
	for steps := 500; steps <= 8000; steps *= 4 {
		f := newFixture(t, nil)
		f.costs(fmt.Sprint(steps, " steps"), 100*steps, cost{10, 60}, func() {
			f.ok(f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
				for n := range steps {
					_, err := tx.Collection("i", "c").Upsert(ctx, strconv.Itoa(n), raw(`{"n":1}`), nil)
					f.ok(err)
				}
				size := 0
				for _, b := range tx.txn.steps {
					size += len(b.Encoded())
				}
				for _, b := range tx.txn.blocks {
					size += len(b.bytes)
				}
				f.equal("size", tx.txn.size(), size)
				return nil
			}))
		})
	}
}

// A transaction had its steps in memory twice: as they were, and joined.
func TestStepsAreKeptOnce(t *testing.T) {
	const steps, size = 100, 100_000
	f := newFixture(t, nil)
	doc := raw(`{"x":"` + strings.Repeat("x", size) + `"}`)
	f.ok(f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		before := heapSize()
		for n := range steps {
			_, err := tx.Collection("i", "c").Upsert(ctx, strconv.Itoa(n), doc, nil, &WriteOptions{NoSource: true})
			f.ok(err)
		}
		if held := heapSize() - before; held > steps*size*3/2 {
			t.Errorf("%d bytes in %d steps hold %d", steps*size, steps, held)
		}
		return nil
	}))
}

// Undoing a step forgot the queues of all the steps before.
func TestUndoForgetsItsOwn(t *testing.T) {
	f := newFixture(t, &Options{FeedMaxAge: time.Hour})
	f.ok(f.s.Update(ctx, func(_ context.Context, tx *Tx) error {
		t := tx.txn
		t.sees([]byte("first"), 1)
		before := t.savepoint()
		t.sees([]byte("second"), 2)
		t.undo(before)
		f.equal("queues", t.queues, []string{"first"})
		f.equal("first", t.store.dues.maybe([]byte("first"), 1), false)
		f.equal("second", t.store.dues.maybe([]byte("second"), 1), true)
		return nil
	}))
}

// The difference between two objects compared, and copied, what is within objects once for each level.
func TestCostOfDiff(t *testing.T) {
	f := newFixture(t, nil)
	for n := 1 << 10; n <= 1<<20; n *= 4 {
		before, after := make([]string, 0, n/16), make([]string, 0, n/16)
		for i := range n / 16 {
			before = append(before, fmt.Sprintf(`"%06d":1`, i))
			after = append(after, fmt.Sprintf(`"%06d":2`, n-i))
		}
		wide, others := "{"+strings.Join(before, ",")+"}", "{"+strings.Join(after, ",")+"}"
		for what, of := range map[string][2]string{
			"wide": {wide, others},
			"deep": {strings.Repeat(`{"a":`, 900) + wide + strings.Repeat("}", 900),
				strings.Repeat(`{"a":`, 900) + others + strings.Repeat("}", 900)},
		} {
			f.costs(fmt.Sprint(what, ", ", n), 2*len(of[0]), cost{20, 80}, func() { diff([]byte(of[0]), []byte(of[0]), []byte(of[1])) })
		}
	}
}

// The errors of many documents were joined one by one, so that each held, and wrote, all before.
func TestCostOfDecodeErrors(t *testing.T) {
	for n := 500; n <= 8000; n *= 4 {
		f := newFixture(t, nil)
		items := make([]Upsert, n)
		for i := range items {
			items[i] = Upsert{ID: strconv.Itoa(i), Changes: raw(`{"n":"x"}`)}
		}
		f.costs(fmt.Sprint(n, " items"), 100*n, cost{10, 100}, func() {
			_, _, err := Of[struct{ N int }](f.col()).MUpsert(ctx, items)
			f.equal("lines", strings.Count(err.Error(), "\n"), n-1)
		})
	}
}

// copies returns n items that change a document, each in its own way; with same all in one.
func copies(n int, same bool) []Upsert {
	items := make([]Upsert, n)
	for i := range items {
		items[i] = Upsert{ID: "a", Changes: raw(fmt.Sprintf(`{"n":%d}`, i+1))}
		if same {
			items[i].Changes = raw(`{"n":1}`)
		}
	}
	return items
}

// Of one large document that a call changes often, or reads often, a few copies are held.
func TestCostOfOneID(t *testing.T) {
	defer func(n int) { maxPassed = n }(maxPassed)
	maxPassed = 3 << 20
	const size, n = 1 << 20, 40
	for what, items := range map[string][]Upsert{"writes": copies(n, false), "noops": copies(n, true)} {
		for _, noSource := range []bool{false, true} {
			f := newFixture(t, nil)
			f.put("a", `{"v":"`+strings.Repeat("v", size)+`","n":0}`)
			res, err := f.col().MUpsert(ctx, items, &WriteOptions{NoSource: noSource})
			f.ok(err)
			held := map[*byte]bool{}
			for i := range res.Successes {
				if s := &res.Successes[i]; s.Source != nil {
					f.equal(what+": n", Document{Source: s.Source}.Get("n").Int(), int64(s.Version)-1)
					held[&s.Source[0]] = true
				}
			}
			want := map[string]int{"writes": 3, "noops": 1}[what]
			if noSource {
				want = 0
			} else {
				f.equal(what+": the last", len(res.Successes[n-1].Source) > size, true)
			}
			f.equal(what+": held", len(held), want)
		}
	}
	f := newFixture(t, nil)
	f.put("a", `{"v":"`+strings.Repeat("v", size)+`"}`)
	f.costs("MGet", size, cost{10, 4}, func() {
		found, err := f.col().MGet(ctx, slices.Repeat([]string{"a"}, 1000))
		f.ok(err)
		f.equal("found", len(found.Successes), 1000)
	})
}

// The paths of changes can be a hundred times longer than the changes. Those of one document are bounded, and those of a
// call as well.
func TestCostOfUpdatedFields(t *testing.T) {
	key := strings.Repeat("k", 1000)
	leaves := make([]string, 100)
	for i := range leaves {
		leaves[i] = fmt.Sprintf(`"%d":1`, i)
	}
	long := raw(`{"` + key + `":{` + strings.Join(leaves, ",") + `}}`)
	for n := 10; n <= 640; n *= 4 {
		f := newFixture(t, nil)
		items := make([]Upsert, n)
		for i := range items {
			items[i] = Upsert{ID: strconv.Itoa(i), Changes: raw(`{}`)}
		}
		_, err := f.col().MUpsert(ctx, items)
		f.ok(err)
		for i := range items {
			items[i].Changes = long
		}
		items = append(items, Upsert{ID: "0", Changes: raw(`{"x":{"y":1}}`)})
		res, err := f.col().MUpsert(ctx, items)
		f.ok(err)
		bytes := 0
		for i := range res.Successes {
			for _, path := range res.Successes[i].UpdatedFields {
				bytes += len(path)
			}
		}
		f.equal("the first", len(res.Successes[0].UpdatedFields), len(leaves))
		f.equal("the last", res.Successes[n].UpdatedFields, []string{"x.y"})
		f.equal("bounded", bytes <= maxExtraFields+4*n*len(long), true)
	}
}

// shaped makes a JSON object at random, of up to about size bytes: wide, deep, with long keys and with escapes.
func shaped(rnd *rand.Rand, size, depth int) string {
	var members []string
	key := strings.Repeat([]string{"k", "é", `\n`}[rnd.IntN(3)], 1<<rnd.IntN(10))
	for left := size - len(key); left > 0; {
		name, value := strconv.Itoa(len(members)), []string{"1", "null", "{}", `[{"a":1},{"b":2}]`, `"s"`}[rnd.IntN(5)]
		if rnd.IntN(1+len(members)) == 0 {
			name += key
		}
		if depth > 0 && rnd.IntN(1+len(members)/2) == 0 {
			value = shaped(rnd, left*3/4, depth-1)
		}
		members = append(members, `"`+name+`":`+value)
		left -= len(name) + len(value) + 4
	}
	rnd.Shuffle(len(members), func(i, k int) { members[i], members[k] = members[k], members[i] })
	return "{" + strings.Join(members, ",") + "}"
}

// FuzzCost holds the verbs to their bounds, on documents and changes of all shapes.
func FuzzCost(f *testing.F) {
	for seed := range uint64(12) {
		f.Add(seed, uint16(seed*3000))
	}
	f.Fuzz(func(t *testing.T, seed uint64, size uint16) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		f := newFixture(t, &Options{Metadata: seed%2 == 0, MaxDepth: 1000})
		doc, changes := shaped(rnd, int(size), rnd.IntN(500)), shaped(rnd, int(size), rnd.IntN(500))
		bytes := len(doc) + len(changes)
		most := cost{60, 120}
		for name, call := range map[string]func(c *Collection, id string) error{
			"Upsert":        func(c *Collection, id string) error { _, err := c.Upsert(ctx, id, raw(changes), raw(doc)); return err },
			"Create":        func(c *Collection, id string) error { _, err := c.Create(ctx, id, raw(doc)); return err },
			"Delete":        func(c *Collection, id string) error { _, err := c.Delete(ctx, id); return err },
			"Get":           func(c *Collection, id string) error { _, err := c.Get(ctx, id); return err },
			"Update":        func(c *Collection, id string) error { _, err := c.Update(ctx, id, raw(changes)); return err },
			"Update itself": func(c *Collection, id string) error { _, err := c.Update(ctx, id, raw(doc)); return err },
			"Update, patch": func(c *Collection, id string) error {
				_, err := c.Update(ctx, id, raw(changes), &WriteOptions{Merge: MergePatch})
				return err
			},
			"MUpsertJSON": func(c *Collection, id string) error {
				_, err := c.MUpsertJSON(ctx, []byte(`[{"_id":"`+id+`","changes":`+changes+`}]`))
				return err
			},
			"DeleteFields": func(c *Collection, id string) error {
				paths, _, _ := rawjson.Paths(nil, []byte(changes), len(changes))
				_, err := c.DeleteFields(ctx, id, paths)
				return err
			},
		} {
			if name != "Upsert" && name != "Create" {
				_, err := f.col().Create(ctx, name, raw(doc))
				f.ok(err)
			}
			f.costs(name, bytes, most, func() { f.ok(call(f.col(), name)) })
		}
		f.costs("diff", bytes, most, func() { diff([]byte(doc), []byte(doc), []byte(changes)) })
	})
}
