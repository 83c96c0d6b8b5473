package kuzzlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestGet(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":1,"l":[{"x":"y"}]}`)
		doc := f.doc("a")
		f.equal("document", doc, Document{
			ID: "a", Source: raw(`{"n":1,"l":[{"x":"y"}]}`), Version: 1, Sequence: 3,
			Created: f.clock.Now().UTC(), Updated: f.clock.Now().UTC(),
		})
		f.equal("path", doc.Get("l.0.x").String(), "y")
		_, err := f.col().Get(ctx, "b")
		f.is("absent", err, ErrNotFound)
		f.equal("message", err.Error(), `document "b" in i/c: document not found`)
		for id, want := range map[string]bool{"a": true, "b": false, "": false, "a\x00": false} {
			ok, err := f.col().Exists(ctx, id)
			f.ok(err)
			f.equal("exists "+id, ok, want)
		}
	})
}

func TestMGet(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":1}`)
		f.put("b", `{"n":2}`)
		ids := []string{"b", "x", "a", "b", "", "x"}
		docs, err := f.col().MGet(ctx, ids)
		f.ok(err)
		f.equal("MGet", jsonOf(t, docs), `{"errors":["x","","x"],"successes":[{"_id":"b","_source":{"n":2},"_version":1},`+
			`{"_id":"a","_source":{"n":1},"_version":1},{"_id":"b","_source":{"n":2},"_version":1}]}`)
		exist, err := f.col().MExists(ctx, ids)
		f.ok(err)
		f.equal("MExists", jsonOf(t, exist), `{"errors":["x","","x"],"successes":["b","a","b"]}`)
		for _, ids := range [][]string{nil, {}} {
			docs, err := f.col().MGet(ctx, ids)
			f.ok(err)
			f.equal("MGet of none", jsonOf(t, docs), `{"errors":[],"successes":[]}`)
		}
	})
}

// A call that asks for nothing, or writes nothing, succeeds on any collection, as in Kuzzle: MGet and MExists did not.
func TestNothingToDo(t *testing.T) {
	f := newFixture(t, nil)
	for name, call := range map[string]func(ctx context.Context, c *Collection) (any, error){
		"MGet":    func(ctx context.Context, c *Collection) (any, error) { return c.MGet(ctx, nil) },
		"MExists": func(ctx context.Context, c *Collection) (any, error) { return c.MExists(ctx, []string{}) },
		"MUpsert": func(ctx context.Context, c *Collection) (any, error) { return c.MUpsert(ctx, nil, nil) },
		"MDelete": func(ctx context.Context, c *Collection) (any, error) { return c.MDelete(ctx, nil, nil) },
		"MUpsertJSON": func(ctx context.Context, c *Collection) (any, error) {
			return c.MUpsertJSON(ctx, []byte(`[]`), nil)
		},
	} {
		for _, index := range []string{"i", "nope", "", "Z Z"} {
			got, err := call(ctx, f.s.Collection(index, "nope"))
			f.ok(err)
			f.equal(name, jsonOf(t, got), `{"errors":[],"successes":[]}`)
		}
		done, cancel := context.WithCancel(ctx)
		cancel()
		_, err := call(done, f.s.Collection("i", "c"))
		f.is(name, err, context.Canceled)
	}
	f.ok(f.s.Close())
	_, err := f.s.Collection("i", "c").MGet(ctx, nil)
	f.is("closed", err, ErrClosed)
}

// MGet sees one state of the store: of a pair that is always written together, both are at the same version.
func TestMGetIsConsistent(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range 300 {
			body := raw(fmt.Sprintf(`{"n":%d}`, n))
			_, err := c.MCreateOrReplace(ctx, []Write{{ID: "a", Body: body}, {ID: "b", Body: body}}, nil)
			if err != nil {
				t.Error(err)
			}
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		found, err := c.MGet(ctx, []string{"a", "b"})
		f.ok(err)
		if docs := found.Successes; len(docs) == 1 || len(docs) == 2 && docs[0].Version != docs[1].Version {
			t.Fatalf("not of one state: %s", jsonOf(t, found))
		}
	}
}

// lotsOf writes n small documents, and now and then one that is large.
func (f *fixture) lotsOf(n int) (ids []string) {
	f.t.Helper()
	var items []Write
	for i := range n {
		id := fmt.Sprintf("%05d", i*7919%n)
		body := raw(`{}`)
		if i%40 == 0 {
			body = raw(`{"x":"` + strings.Repeat("x", 100_000) + `"}`)
		}
		ids = append(ids, id)
		items = append(items, Write{ID: id, Body: body})
	}
	_, err := f.s.Collection("i", "c").MCreate(ctx, items, &WriteOptions{Strict: true})
	f.ok(err)
	slices.Sort(ids)
	return ids
}

// ids lists the ids of documents.
func (f *fixture) ids(o *ListOptions) (list []string) {
	f.t.Helper()
	for doc, err := range f.col().All(ctx, o) {
		f.ok(err)
		list = append(list, doc.ID)
	}
	return list
}

func TestAll(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.equal("empty", f.ids(nil), []string(nil))
		ids := f.lotsOf(1000)
		f.equal("all", f.ids(nil), ids)
		f.equal("zero options", f.ids(&ListOptions{}), ids)
		for _, limit := range []int{1, 255, 256, 257, 999, 1000, 1001} {
			want := ids[:min(limit, len(ids))]
			f.equal(fmt.Sprint("limit ", limit), f.ids(&ListOptions{Limit: limit}), want)
		}
		for after, want := range map[string][]string{
			"": ids, "00000": ids[1:], "00499": ids[500:], "00499x": ids[500:], "0049": ids[490:], "00999": nil, "z": nil, "\xff": nil,
		} {
			f.equal("after "+after, f.ids(&ListOptions{After: after}), want)
			f.equal("3 after "+after, f.ids(&ListOptions{After: after, Limit: 3}), want[:min(3, len(want))])
		}
		var paged []string
		for page := f.ids(&ListOptions{Limit: 300}); len(page) > 0; page = f.ids(&ListOptions{Limit: 300, After: paged[len(paged)-1]}) {
			paged = append(paged, page...)
		}
		f.equal("by pages", paged, ids)
	})
}

// The order is that of the bytes of the ids; tombstones and other collections are not in the list.
func TestAllOrder(t *testing.T) {
	f := newFixture(t, nil)
	ids := []string{"\x00", "\x00\x00", " ", "0", "10", "9", "A", "a", "a\x00", "a0", "aa", "d", "dd", "t", "x", "é", "日", "😀"}
	for _, id := range slices.Backward(ids) {
		f.put(id, `{}`)
		f.put(id+"gone", `{}`)
		_, err := f.col().Delete(ctx, id+"gone", nil)
		f.ok(err)
	}
	f.createCollection("i", "d")
	_, err := f.s.Collection("i", "d").Create(ctx, "other", raw(`{}`), nil)
	f.ok(err)
	f.equal("ids", f.ids(nil), ids)
}

// No document falls between two chunks, however close their ids are.
func TestAllAcrossChunks(t *testing.T) {
	f := newFixture(t, nil)
	var want []string
	for n := range chunkDocuments - 1 {
		want = append(want, fmt.Sprintf("%04d", n))
	}
	want = append(want, "a", "a\x00", "a\x00\x00", "b") // the first chunk ends after a
	var items []Write
	for _, id := range want {
		items = append(items, Write{ID: id, Body: raw(`{}`)})
	}
	_, err := f.col().MCreate(ctx, items, nil)
	f.ok(err)
	f.equal("ids", f.ids(nil), want)
}

// Anything may be done while a list runs, also to what is listed; no transaction is open meanwhile.
func TestAllWhileWriting(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	ids := f.lotsOf(600)
	var seen []string
	for doc, err := range c.All(ctx, nil) {
		f.ok(err)
		seen = append(seen, doc.ID)
		switch len(seen) {
		case 10:
			_, err := c.MDelete(ctx, []string{"00590", "00005"}, nil)
			f.ok(err)
			_, err = c.Create(ctx, "00595x", raw(`{}`), nil)
			f.ok(err)
		case 20:
			_, err := f.s.Compact(ctx)
			f.ok(err)
		}
	}
	want := slices.DeleteFunc(ids, func(id string) bool { return id == "00590" })
	want = slices.Insert(want, slices.Index(want, "00596"), "00595x")
	f.equal("seen", seen, want)
}

// After an error a list ends.
func TestAllEnds(t *testing.T) {
	f := newFixture(t, nil)
	f.lotsOf(600)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n, last := 0, error(nil)
	for _, err := range f.s.Collection("i", "c").All(ctx, nil) {
		if last != nil {
			t.Fatal("goes on after an error")
		}
		if last = err; err == nil {
			n++
		}
		cancel()
	}
	f.is("cancelled", last, context.Canceled)
	if n == 0 || n == 600 {
		t.Errorf("%d documents", n)
	}
	for range f.s.Collection("i", "c").All(context.Background(), nil) {
		f.ok(f.s.Close()) // a loop that is left early leaves nothing open, and Close does not wait for it
		break
	}
}
