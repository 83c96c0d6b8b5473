package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/upstream"
)

// What stays here stays here, and deletions from before go upstream.
func TestLocalOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		here := &kuzzlite.WriteOptions{LocalOnly: true}
		o := opened(t, local, &Options{Upstream: up})
		c := local.Collection("i", "a")
		for _, id := range []string{"deleted", "left", "created again"} {
			must(c.Create(ctx, id, json.RawMessage(`{"of":"before"}`)))
		}
		flushed(t, o)
		up.set(func() { up.fault = func(bool) error { return upstream.ErrAway } })
		must(c.Delete(ctx, "deleted"))
		must(c.Delete(ctx, "created again"))
		must(c.Create(ctx, "created again", json.RawMessage(`{"of":"here"}`), here))
		time.Sleep(time.Minute)
		up.set(func() { up.fault = nil })
		flushed(t, o)
		must(c.Create(ctx, "x", json.RawMessage(`{}`)))
		flushed(t, o)
		up.set(func() { up.fault = func(bool) error { return upstream.ErrAway } })
		must(c.Delete(ctx, "x"))
		must(0, c.Truncate(ctx, here))
		must(c.Create(ctx, "new", json.RawMessage(`{}`)))
		time.Sleep(time.Minute)
		up.set(func() { up.fault = nil })
		flushed(t, o)
		want := map[string]any{"i/a/left": map[string]any{"of": "before"}, "i/a/new": map[string]any{}}
		if d := cmp.Diff(want, contents(t, up.store, "i")); d != "" {
			t.Errorf("upstream: (-want +got)\n%s", d)
		}
	})
}

// A collection that is gone upstream is made again each time.
func TestUnknownCollectionAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		unknown, made := 2, 0
		up.whole = func(b *upstream.Batch) error {
			if b.Writes[0].Kind == upstream.CreateCollection {
				made++
				return nil
			}
			if unknown > 0 {
				unknown--
				return upstream.ErrUnknownCollection
			}
			return nil
		}
		o := opened(t, local, &Options{Upstream: up})
		c := local.Collection("i", "a")
		must(c.Create(ctx, "lost", json.RawMessage(`{}`))) // the collection is made, and is unknown still
		flushed(t, o)
		if st := must(o.Status(ctx)); st.Parked != 1 || made != 1 {
			t.Errorf("made %d times: %+v", made, st)
		}
		for n := range 3 {
			up.set(func() { unknown = 1 })
			must(c.Create(ctx, fmt.Sprint(n), json.RawMessage(`{}`)))
			flushed(t, o)
			if st := must(o.Status(ctx)); st.Parked != 1 || made != n+2 {
				t.Errorf("made %d times: %+v", made, st)
			}
		}
	})
}

// A store that is set back under an open outbox has its outbox begin anew.
func TestSetBackWhileOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		empty := must(local.Snapshot())
		o := opened(t, local, &Options{Upstream: up})
		c := local.Collection("i", "a")
		must(c.Create(ctx, "a", json.RawMessage(`{"n":1}`)))
		flushed(t, o)
		snapshot := must(local.Snapshot())
		for n := range 2000 {
			must(c.Upsert(ctx, "a", map[string]any{"n": n}, nil))
		}
		flushed(t, o)
		for n, to := range []*kuzzlite.Snapshot{snapshot, empty} {
			must(0, local.Restore(to))
			time.Sleep(time.Minute)
			must(c.Upsert(ctx, "b", map[string]any{"again": n}, nil))
			flushed(t, o)
			want := map[string]any{"again": float64(n)}
			if d := cmp.Diff(want, contents(t, up.store, "i")["i/a/b"]); d != "" {
				t.Errorf("upstream: %s", d)
			}
		}
		if o.Err() != nil {
			t.Error(o.Err())
		}
	})
}

// Batches that an inexact server does not answer in time become smaller, and larger again.
func TestTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		up.exact = false
		asked, largest, slow := 0, 0, true
		up.whole = func(b *upstream.Batch) error {
			asked++
			if slow && len(b.Writes) > 30 {
				return &upstream.AwayError{Err: context.DeadlineExceeded}
			}
			largest = max(largest, len(b.Writes))
			return nil
		}
		o := opened(t, local, &Options{Upstream: up})
		write := func(from int) {
			items := make([]kuzzlite.Upsert, 400)
			for n := range items {
				items[n] = kuzzlite.Upsert{ID: fmt.Sprint(from + n), Changes: json.RawMessage(`{}`)}
			}
			must(local.Collection("i", "a").MUpsert(ctx, items))
		}
		write(0)
		time.Sleep(time.Hour)
		flushed(t, o)
		if n := len(contents(t, up.store, "i")); n != 400 || largest > 30 || asked > 60 {
			t.Errorf("%d documents, at most %d at a time, asked %d times", n, largest, asked)
		}
		up.set(func() { slow = false })
		write(1000)
		write(2000)
		flushed(t, o)
		if largest < 100 {
			t.Errorf("at most %d at a time", largest)
		}
	})
}

// A server that fails on all is asked less and less, and few documents become letters meanwhile.
func TestServerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		asked, fails := 0, true
		up.whole = func(*upstream.Batch) error {
			asked++
			return map[bool]error{true: upstream.ErrFault}[fails]
		}
		o := opened(t, local, &Options{Upstream: up})
		items := make([]kuzzlite.Upsert, 200)
		for n := range items {
			items[n] = kuzzlite.Upsert{ID: fmt.Sprint("first ", n), Changes: json.RawMessage(`{}`)}
		}
		must(local.Collection("i", "a").MUpsert(ctx, items))
		time.Sleep(600 * time.Millisecond) // asked twice
		up.set(func() { fails = false })
		flushed(t, o)
		if len(up.batches) != 1 || asked != 3 {
			t.Errorf("asked %d times for %d batches", asked, len(up.batches))
		}
		must(0, local.Collection("i", "a").Truncate(ctx))
		flushed(t, o)
		up.set(func() { fails, asked = true, 0 })
		for n := range 500 {
			must(local.Collection("i", "a").Create(ctx, fmt.Sprint(n), json.RawMessage(`{}`)))
		}
		time.Sleep(time.Hour)
		if st := must(o.Status(ctx)); asked > 200 || !st.Away || st.Waiting+st.Parked > 100 {
			t.Errorf("asked %d times: %+v", asked, st)
		}
		up.set(func() { fails = false })
		time.Sleep(time.Hour)
		flushed(t, o)
		if st := must(o.Status(ctx)); st.Waiting != 0 || len(contents(t, up.store, "i"))+int(st.Parked) != 500 {
			t.Errorf("%+v", st)
		}
	})
}

// A collection whose emptying fails for a while has longer and longer pauses, and becomes a letter.
func TestEmptyingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		asked := 0
		up.refuse = func(w *upstream.Write) *upstream.Outcome {
			if w.Kind == upstream.Truncate {
				asked++
				return &upstream.Outcome{Status: 503, Reason: "busy"}
			}
			return nil
		}
		begin := time.Now()
		o := opened(t, local, &Options{Upstream: up})
		must(local.Collection("i", "a").Create(ctx, "a", json.RawMessage(`{}`)))
		must(0, local.Collection("i", "a").Truncate(ctx))
		must(local.Collection("i", "b").Create(ctx, "b", json.RawMessage(`{}`)))
		ctx, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		must(0, o.Flush(ctx))
		took := time.Since(begin)
		if l := theLetter(t, o); asked != defaultAttempts || !l.Parked || l.Attempts != defaultAttempts || took < time.Minute {
			t.Errorf("asked %d times in %v: %+v", asked, took, l)
		}
	})
}

// A collection whose batches are refused does not make those of another one smaller.
func TestRefusedBesideOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		others := 0
		up.whole = func(b *upstream.Batch) error {
			switch {
			case b.Writes[0].Kind >= upstream.CreateCollection:
			case b.Writes[0].Collection == "a":
				return upstream.ErrRefused
			default:
				others++
			}
			return nil
		}
		o := opened(t, local, &Options{Upstream: up})
		must(0, local.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
			for n := range 1000 {
				must(tx.Collection("i", "a").Create(ctx, fmt.Sprint(n), json.RawMessage(`{}`)))
				must(tx.Collection("i", "b").Create(ctx, fmt.Sprint(n), json.RawMessage(`{}`)))
			}
			return nil
		}))
		flushed(t, o)
		if st := must(o.Status(ctx)); st.Parked != 1000 || others > 20 {
			t.Errorf("the other collection has %d batches: %+v", others, st)
		}
	})
}

// Fields of Kuzzle's metadata are not removed upstream.
func TestMetadataStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		o := opened(t, local, &Options{Upstream: up})
		c := local.Collection("i", "a")
		must(c.Create(ctx, "a", json.RawMessage(`{"n":1,"_kuzzle_info":{"author":"here","x":1}}`)))
		flushed(t, o)
		must(up.store.Collection("i", "a").Update(ctx, "a", json.RawMessage(`{"_kuzzle_info":{"author":"there","x":2}}`)))
		must(c.DeleteFields(ctx, "a", []string{"_kuzzle_info.x", "n"}))
		flushed(t, o)
		want := map[string]any{"_kuzzle_info": map[string]any{"author": "there", "x": 2.0}}
		if d := cmp.Diff(want, contents(t, up.store, "i")["i/a/a"]); d != "" {
			t.Errorf("upstream: (-want +got)\n%s", d)
		}
	})
}

// With RefuseWrites, writes fail once as much is owed as may be, and nothing is dropped.
func TestRefuseWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		up.set(func() { up.fault = func(bool) error { return upstream.ErrAway } })
		o := opened(t, local, &Options{Upstream: up, MaxOwed: 50}) // opened again with another choice
		o.Close()
		o = opened(t, local, &Options{Upstream: up, MaxOwed: 50, RefuseWrites: true})
		c, n := local.Collection("i", "a"), 0
		var err error
		for err == nil {
			if _, err = c.Create(ctx, fmt.Sprint(n), json.RawMessage(`{}`)); err == nil {
				n++
			}
		}
		if !errors.Is(err, kuzzlite.ErrConsumerBehind) || n < 40 || n > 50 {
			t.Errorf("%d documents: %v", n, err)
		}
		must(c.Create(ctx, "here", json.RawMessage(`{}`), &kuzzlite.WriteOptions{LocalOnly: true}))
		up.set(func() { up.fault = nil })
		flushed(t, o)
		must(c.Create(ctx, "goes on", json.RawMessage(`{}`)))
		flushed(t, o)
		if st := must(o.Status(ctx)); len(contents(t, up.store, "i")) != n+1 || st.Dropped > 0 {
			t.Errorf("%+v", st)
		}
		o.Close()
	})
}

// A deletion that is refused for a while does not come after the document that was created since.
func TestRefusedDeletionBeforeCreation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		c := local.Collection("i", "a")
		o := opened(t, local, &Options{Upstream: up, MaxBatch: 1})
		must(c.Create(ctx, "d", json.RawMessage(`{"n":1}`)))
		flushed(t, o)
		reached, goOn, refused := make(chan bool), make(chan bool), false
		up.set(func() {
			up.refuse = func(w *upstream.Write) *upstream.Outcome {
				if w.Kind != upstream.Delete || refused {
					return nil
				}
				refused = true
				reached <- true
				<-goOn
				return &upstream.Outcome{Status: 503, Reason: "not now"}
			}
		})
		must(c.Delete(ctx, "d"))
		<-reached
		must(c.Create(ctx, "d", json.RawMessage(`{"n":2}`)))
		time.Sleep(time.Second) // the feed tells of it
		goOn <- true
		flushed(t, o)
		time.Sleep(time.Hour)
		flushed(t, o)
		if d := cmp.Diff(contents(t, local, "i"), contents(t, up.store, "i")); d != "" {
			t.Errorf("(-here +upstream): %s", d)
		}
	})
}

// A backlog is sent while it is read. What was sent already is not sent again, unless somebody is to be notified who was not.
func TestBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		c := local.Collection("i", "a")
		for n := range 2000 {
			must(c.Upsert(ctx, fmt.Sprint(n%100), map[string]any{"n": n}, nil))
		}
		must(c.Create(ctx, "silent", json.RawMessage(`{"n":1}`), &kuzzlite.WriteOptions{Silent: true}))
		must(c.Update(ctx, "silent", json.RawMessage(`{"n":2}`)))
		o := opened(t, local, &Options{Upstream: up, Replay: true, MaxBatch: 1, chunk: 1})
		flushed(t, o)
		writes, loud := 0, false
		for _, b := range up.batches {
			for _, w := range b.Writes {
				if w.Kind < upstream.CreateCollection {
					writes++
					loud = loud || w.ID == "silent" && !w.Silent
				}
			}
		}
		if writes > 102 || !loud {
			t.Errorf("%d writes, told of all %v", writes, loud)
		}
		if d := cmp.Diff(contents(t, local, "i"), contents(t, up.store, "i")); d != "" {
			t.Errorf("(-here +upstream): %s", d)
		}
	})
}

func TestLeafPaths(t *testing.T) {
	got := leafPaths(json.RawMessage(`{"d.e":1,"z":[1],"a":{"b":{"c":null},"":2,"x[0]":3},"e":{}}`))
	if d := cmp.Diff([]string{"a.b.c", "z"}, got); d != "" {
		t.Error(d)
	}
}

// Status says since when something is owed, whatever else has changed meanwhile, and how fast documents are confirmed.
func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		up.set(func() { up.fault = func(bool) error { return upstream.ErrAway } })
		o := opened(t, local, &Options{Upstream: up})
		first := must(o.Status(ctx))
		if !first.Oldest.IsZero() || first.Rate != 0 {
			t.Errorf("at first: %+v", first)
		}
		up.set(func() { up.fault = nil })
		flushed(t, o)
		up.set(func() { up.fault = func(bool) error { return upstream.ErrAway } })
		must(local.Collection("i", "other").Create(ctx, "a", json.RawMessage(`{}`)))
		time.Sleep(time.Hour)
		since := time.Now()
		for n := range 600 {
			must(local.Collection("i", "a").Create(ctx, fmt.Sprint(n), json.RawMessage(`{}`)))
		}
		time.Sleep(time.Hour)
		if st := must(o.Status(ctx)); !st.Oldest.Equal(since.Truncate(time.Millisecond)) || st.Documents+st.InFlight != 600 {
			t.Errorf("since %v: %+v", since, st)
		}
		up.set(func() { up.fault = nil })
		time.Sleep(time.Minute)
		flushed(t, o)
		st := must(o.Status(ctx))
		if !st.Oldest.IsZero() || st.Confirmed != 600 || st.Rate < 3 || st.Rate > 10 {
			t.Errorf("%+v", st)
		}
		time.Sleep(10 * time.Minute)
		if st := must(o.Status(ctx)); st.Rate > 0.01 {
			t.Errorf("later: %+v", st)
		}
	})
}

// After a restart while the server is away, Status says what is owed.
func TestStatusAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		o := opened(t, local, &Options{Upstream: up})
		flushed(t, o)
		up.set(func() { up.fault = func(bool) error { return upstream.ErrAway } })
		must(local.Collection("i", "a").Create(ctx, "a", json.RawMessage(`{}`)))
		o.Close()
		o = opened(t, local, &Options{Upstream: up})
		time.Sleep(time.Hour)
		if st := must(o.Status(ctx)); st.Documents != 1 || st.Oldest.IsZero() || !st.Away || st.LoginRefused {
			t.Errorf("%+v", st)
		}
		up.set(func() { up.fault = func(bool) error { return upstream.ErrLogin } })
		time.Sleep(time.Hour)
		if st := must(o.Status(ctx)); !st.Away || !st.LoginRefused {
			t.Errorf("%+v", st)
		}
		up.set(func() { up.fault = nil })
		time.Sleep(time.Hour)
		flushed(t, o)
		if st := must(o.Status(ctx)); st.Away || st.LoginRefused || st.Confirmed != 1 {
			t.Errorf("%+v", st)
		}
		o.Close()
	})
}

// A document that the store cannot read becomes a letter, and holds back no other.
func TestUnreadable(t *testing.T) {
	ctx, up := t.Context(), newServer(t)
	path := filepath.Join(t.TempDir(), "a.db")
	local := must(kuzzlite.Open(path, &kuzzlite.Options{AutoCreate: true}))
	for n := range 30 {
		must(local.Collection("i", "a").Create(ctx, fmt.Sprint(n), map[string]any{"text": fmt.Sprintf("number %02d is here", n)}))
	}
	must(0, local.Close())
	file := must(os.ReadFile(path))
	for _, n := range []string{"07", "23"} {
		damaged := bytes.ReplaceAll(file, []byte("number "+n+" is"), []byte("NUMBER "+n+" is"))
		if bytes.Equal(damaged, file) {
			t.Fatal("the document is not in the file as it is")
		}
		file = damaged
	}
	must(0, os.WriteFile(path, file, 0o600))
	local = must(kuzzlite.Open(path, &kuzzlite.Options{AutoCreate: true}))
	defer local.Close()
	up.whole = func(b *upstream.Batch) error { // so that what was worked out is put back
		return map[bool]error{true: upstream.ErrTooLarge}[len(b.Writes) > 10]
	}
	o := opened(t, local, &Options{Upstream: up, Replay: true})
	flushed(t, o)
	if n := len(contents(t, up.store, "i")); n != 28 {
		t.Errorf("%d documents are there", n)
	}
	unreadable := map[string]bool{}
	for l, err := range o.Letters(ctx) {
		must(0, err)
		unreadable[l.Document] = l.Parked && l.History[0].Status == 0 && l.History[0].Reason != ""
	}
	if d := cmp.Diff(map[string]bool{"7": true, "23": true}, unreadable); d != "" {
		t.Error(d)
	}
	o.Close()
}

// What the server says it has done is not done again, although the feed was read before the server was reached.
func TestDoneBeforeRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		c := local.Collection("i", "a")
		o := opened(t, local, &Options{Upstream: up})
		must(c.Create(ctx, "a", json.RawMessage(`{"n":1}`)))
		flushed(t, o)
		up.set(func() { up.fault = func(before bool) error { return map[bool]error{false: upstream.ErrAway}[before] } })
		must(c.Update(ctx, "a", json.RawMessage(`{"n":2}`)))
		time.Sleep(time.Second) // done, and the answer is lost
		o.Close()
		must(up.store.Collection("i", "a").Update(ctx, "a", json.RawMessage(`{"n":"of somebody else"}`)))
		up.set(func() { up.fault = func(bool) error { return upstream.ErrAway } })
		o = opened(t, local, &Options{Upstream: up})
		must(c.Create(ctx, "b", json.RawMessage(`{}`)))
		time.Sleep(time.Hour)
		up.set(func() { up.fault = nil })
		time.Sleep(time.Hour)
		flushed(t, o)
		want := map[string]any{"i/a/a": map[string]any{"n": "of somebody else"}, "i/a/b": map[string]any{}}
		if d := cmp.Diff(want, contents(t, up.store, "i")); d != "" {
			t.Errorf("upstream: (-want +got)\n%s", d)
		}
		o.Close()
	})
}
