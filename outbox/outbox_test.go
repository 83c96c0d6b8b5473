package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/faults"
	"github.com/kuzzlite/kuzzlite/kuzzletest"
	"github.com/kuzzlite/kuzzlite/upstream"
)

func opened(t *testing.T, local *kuzzlite.Store, o *Options) *Outbox {
	t.Helper()
	if o.Collections == nil {
		o.Collections = chosen
	}
	b, err := Open(local, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func flushed(t *testing.T, o *Outbox) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := o.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// What was changed many times is sent once; what is silent, local, or from elsewhere is told so, or not sent.
func TestWhatIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		c := local.Collection("i", "a")
		up.set(func() { up.fault = func(bool) error { return upstream.ErrAway } })
		o := opened(t, local, &Options{Upstream: up})
		for n := range 100 {
			must(c.Upsert(ctx, "a", map[string]any{"n": n, "o": map[string]any{"x": n}}, nil))
		}
		must(c.Create(ctx, "silent", json.RawMessage(`{"s":1}`), &kuzzlite.WriteOptions{Silent: true}))
		must(c.Create(ctx, "local", json.RawMessage(`{}`), &kuzzlite.WriteOptions{LocalOnly: true}))
		must(c.Create(ctx, "elsewhere", json.RawMessage(`{}`), &kuzzlite.WriteOptions{Origin: "replica"}))
		must(local.Collection("i", "other").Create(ctx, "not chosen", json.RawMessage(`{}`)))
		time.Sleep(time.Minute)
		st := must(o.Status(ctx))
		if !st.Away || st.LastError == "" || st.Sent != 0 || st.Behind == 0 {
			t.Errorf("while the server is away: %+v", st)
		}
		up.set(func() { up.fault = nil })
		flushed(t, o)
		must(0, local.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error { // or each might be sent by itself
			c := tx.Collection("i", "a")
			must(c.Update(ctx, "a", json.RawMessage(`{"o":{"x":-1}}`)))
			must(c.DeleteFields(ctx, "a", []string{"n"}))
			return nil
		}))
		flushed(t, o)
		want := []upstream.Write{
			{Kind: upstream.Merge, ID: "a", Body: json.RawMessage(`{"n":99,"o":{"x":99}}`)},
			{Kind: upstream.Merge, ID: "silent", Body: json.RawMessage(`{"s":1}`), Silent: true},
			{Kind: upstream.Update, ID: "a", Body: json.RawMessage(`{"o":{"x":-1}}`), Remove: []string{"n"}},
		}
		var got []upstream.Write
		for _, b := range up.batches {
			for _, w := range b.Writes {
				w.Sequence, w.Time, w.Index, w.Collection = 0, 0, "", ""
				got = append(got, w)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("writes: %s", d)
		}
	})
}

// A document that the server refuses becomes a letter, which holds back nobody, and can be listed, edited, sent again and
// dropped; one that changes again goes with what the letter owes.
func TestLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		c := local.Collection("i", "a")
		up.refuse = func(w *upstream.Write) *upstream.Outcome {
			if strings.Contains(string(w.Body), "bad") {
				return &upstream.Outcome{Status: 400, Reason: "mapping"}
			}
			return nil
		}
		var failures []Failure
		o := opened(t, local, &Options{Upstream: up, OnFailure: func(f Failure) Decision {
			failures = append(failures, f)
			return DecideByStatus
		}})
		for _, id := range []string{"a", "b", "c", "d"} {
			must(c.Create(ctx, id, map[string]any{"v": "bad " + id, "w": 1}))
			must(c.Create(ctx, "good "+id, json.RawMessage(`{}`)))
		}
		flushed(t, o)
		if len(contents(t, up.store, "i")) != 4 || len(failures) != 4 {
			t.Fatalf("%d failures; upstream has %v", len(failures), contents(t, up.store, "i"))
		}
		letters := map[string]Letter{}
		for l, err := range o.Letters(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			letters[l.Document] = l
		}
		if l := letters["a"]; len(letters) != 4 || !l.Parked || l.Attempts != 1 || l.History[0].Reason != "mapping" ||
			l.History[0].Status != 400 || !l.Created {
			t.Fatalf("%+v", letters)
		}
		time.Sleep(24 * time.Hour)
		if len(failures) != 4 {
			t.Error("parked letters are sent")
		}
		must(c.Update(ctx, "a", json.RawMessage(`{"v":"fine"}`))) // goes with its letter
		if err := o.Edit(ctx, letters["b"].ID, json.RawMessage(`{"v":"edited"}`)); err != nil {
			t.Fatal(err)
		}
		if err := o.Retry(ctx, letters["c"].ID); err != nil {
			t.Fatal(err)
		}
		if err := o.Drop(ctx, letters["d"].ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		flushed(t, o)
		got := contents(t, up.store, "i")
		for _, id := range []string{"a", "b", "c", "d"} {
			delete(got, "i/a/good "+id)
		}
		want := map[string]any{
			"i/a/a": map[string]any{"v": "fine", "w": 1.0}, "i/a/b": map[string]any{"v": "edited"},
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("upstream: %s", d)
		}
		l := must(o.Letter(ctx, letters["c"].ID))
		if st := must(o.Status(ctx)); st.Parked != 1 || st.Waiting != 0 || l.Attempts != 1 || len(l.History) != 2 {
			t.Errorf("%+v: %+v", st, l)
		}
		for _, err := range []error{o.Retry(ctx, "none"), o.Drop(ctx, "none"), o.Edit(ctx, "none", json.RawMessage(`{}`))} {
			if !errors.Is(err, kuzzlite.ErrNotFound) || !strings.Contains(err.Error(), "none") {
				t.Error(err)
			}
		}
		if err := o.Edit(ctx, l.ID, json.RawMessage(`[]`)); !errors.Is(err, kuzzlite.ErrInvalid) {
			t.Error(err)
		}
	})
}

// Rights that are taken away park what is owed; the server is not asked again and again.
func TestRightsTakenAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		asked := 0
		up.whole = func(b *upstream.Batch) error {
			if asked++; b.Writes[0].Collection == "a" {
				return upstream.ErrDenied
			}
			return nil
		}
		o := opened(t, local, &Options{Upstream: up})
		for n := range 20 {
			must(local.Collection("i", "a").Create(ctx, fmt.Sprint(n), json.RawMessage(`{}`)))
			must(local.Collection("i", "b").Create(ctx, fmt.Sprint(n), json.RawMessage(`{}`)))
		}
		flushed(t, o)
		time.Sleep(24 * time.Hour)
		if st := must(o.Status(ctx)); st.Parked != 20 || st.Confirmed != 20 || asked > 50 {
			t.Errorf("asked %d times: %+v", asked, st)
		}
	})
}

// What the feed did not keep is dropped loudly, and the rest is sent.
func TestDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, up := t.Context(), newServer(t)
		local := must(kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true, FeedMaxCount: 10}))
		defer local.Close()
		o := opened(t, local, &Options{Upstream: up, MaxOwed: 500})
		o.Close()
		for n := range 2000 {
			must(local.Collection("i", "a").Create(ctx, fmt.Sprint(n), json.RawMessage(`{}`)))
		}
		o = opened(t, local, &Options{Upstream: up, MaxOwed: 500})
		flushed(t, o)
		st, n := must(o.Status(ctx)), len(contents(t, up.store, "i"))
		if st.Dropped == 0 || n < 400 || uint64(n)+st.Dropped < 2000 {
			t.Errorf("%d documents are there: %+v", n, st)
		}
		o.Close()
	})
}

// A store that was set back sends what it has made since, although the server has a receipt for the same sequences.
func TestSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		c := local.Collection("i", "a")
		o := opened(t, local, &Options{Upstream: up})
		must(c.Create(ctx, "before", json.RawMessage(`{}`)))
		flushed(t, o)
		o.Close()
		snapshot := must(local.Snapshot())
		o = opened(t, local, &Options{Upstream: up})
		for n := range 5 {
			must(c.Upsert(ctx, "a", map[string]any{"n": n}, nil))
		}
		flushed(t, o)
		up.set(func() { up.fault = func(before bool) error { return map[bool]error{false: upstream.ErrAway}[before] } })
		must(c.Upsert(ctx, "a", map[string]any{"n": -1}, nil))
		time.Sleep(time.Second) // done, and the answer is lost
		o.Close()
		up.set(func() { up.fault = nil })
		if err := local.Restore(snapshot); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		must(c.Upsert(ctx, "a", map[string]any{"again": 19}, nil))
		o = opened(t, local, &Options{Upstream: up})
		flushed(t, o)
		want := map[string]any{"i/a/before": map[string]any{}, "i/a/a": map[string]any{"n": -1.0, "again": 19.0}}
		if d := cmp.Diff(want, contents(t, up.store, "i")); d != "" {
			t.Errorf("upstream: %s", d)
		}
		o.Close()
	})
}

// A document that somebody has deleted upstream is created there anew, with all that it has, once it changes here.
func TestDeletedUpstream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		o := opened(t, local, &Options{Upstream: up})
		c := local.Collection("i", "a")
		must(c.Create(ctx, "a", json.RawMessage(`{"n":1,"m":1}`)))
		flushed(t, o)
		must(up.store.Collection("i", "a").Delete(ctx, "a"))
		must(c.Update(ctx, "a", json.RawMessage(`{"n":2}`)))
		must(c.Create(ctx, "b", json.RawMessage(`{}`)))
		flushed(t, o)
		if d := cmp.Diff(contents(t, local, "i"), contents(t, up.store, "i")); d != "" {
			t.Errorf("(-here +upstream): %s", d)
		}
	})
}

// A collection that was emptied upstream, with an answer that was lost, is not emptied again after two restarts.
func TestEmptiedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		lost := func(before bool) error { return map[bool]error{false: upstream.ErrAway}[before] }
		o := opened(t, local, &Options{Upstream: up})
		c := local.Collection("i", "a")
		must(c.Create(ctx, "a", json.RawMessage(`{}`)))
		flushed(t, o)
		for n := range 2 {
			up.set(func() { up.fault = lost })
			if n == 0 {
				must(0, c.Truncate(ctx))
			} else {
				must(c.Create(ctx, "b", json.RawMessage(`{"of":"here"}`)))
				must(local.Collection("i", "b").Create(ctx, "x", json.RawMessage(`{}`)))
			}
			time.Sleep(time.Second)
			o.Close()
			up.set(func() { up.fault = nil })
			o = opened(t, local, &Options{Upstream: up})
			time.Sleep(time.Second)
		}
		flushed(t, o)
		truncations := 0
		for _, b := range up.batches {
			if b.Writes[0].Kind == upstream.Truncate {
				truncations++
			}
		}
		if d := cmp.Diff(contents(t, local, "i"), contents(t, up.store, "i")); d != "" || truncations != 1 {
			t.Errorf("%d truncations; (-here +upstream): %s", truncations, d)
		}
	})
}

// An outbox that is opened with another bound has that, and is where it was.
func TestOtherBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		up.set(func() { up.fault = func(bool) error { return upstream.ErrAway } })
		for n, bound := range []uint64{0, 700, 0} {
			o := opened(t, local, &Options{Upstream: up, MaxOwed: bound, Collections: []Collection{{"i", "a"}, {"i", "a"}}})
			if n == 0 {
				must(local.Collection("i", "a").Create(ctx, "a", json.RawMessage(`{}`)))
			}
			want := map[bool]uint64{true: 700, false: defaultMaxOwed}[bound > 0]
			if list := must(local.Consumers(ctx)); len(list) != 1 || list[0].MaxLag != want {
				t.Errorf("%+v", list)
			}
			o.Close()
		}
		up.set(func() { up.fault = nil })
		o := opened(t, local, &Options{Upstream: up})
		flushed(t, o)
		if d := cmp.Diff(contents(t, local, "i"), contents(t, up.store, "i")); d != "" {
			t.Error(d)
		}
		o.Close()
	})
}

func TestOptions(t *testing.T) {
	local, up := memory(t), newServer(t)
	for _, o := range []*Options{
		nil, {Collections: chosen}, {Upstream: up}, {Upstream: up, Collections: []Collection{{"outbox", "x"}}},
		{Upstream: up, Collections: chosen, MaxBatch: -1}, {Upstream: up, Collections: chosen, MaxBatch: 10_001}, {Upstream: up, Collections: chosen, MaxBytes: -1},
		{Upstream: up, Collections: chosen, MinDelay: time.Hour}, {Upstream: up, Collections: chosen, MaxAttempts: -1},
	} {
		if _, err := Open(local, o); !errors.Is(err, kuzzlite.ErrInvalid) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := Open(local, &Options{Upstream: up, Collections: chosen, Name: "Not/A/Name"}); err == nil {
		t.Error("a bad name was taken")
	}
	o := opened(t, local, &Options{Upstream: up})
	o.Close()
	if err := o.Flush(t.Context()); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if o.Err() != nil {
		t.Error(o.Err())
	}
}

// A store that is closed ends its outbox, which says why.
func TestStoreClosed(t *testing.T) {
	local, up := memory(t), newServer(t)
	o := opened(t, local, &Options{Upstream: up})
	flushed(t, o)
	local.Close()
	select {
	case <-o.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the outbox goes on")
	}
	if !errors.Is(o.Err(), kuzzlite.ErrClosed) {
		t.Error(o.Err())
	}
}

// A real server, over HTTP, with all that can go wrong: one that is exact, and one that knows nothing of receipts.
func TestKuzzle(t *testing.T) {
	for name, exact := range map[string]bool{"kuzzlite": true, "kuzzle": false} {
		t.Run(name, func(t *testing.T) { testKuzzle(t, exact) })
	}
}

func testKuzzle(t *testing.T, exact bool) {
	fake := kuzzletest.New(t)
	if exact {
		fake.Fail(faults.Fault{Action: "push", Times: -1, Probability: 0.2, Kind: faults.Drop},
			faults.Fault{Action: "push", Times: -1, Probability: 0.2, Kind: faults.Lose})
	} else {
		fake.Fail(faults.Fault{Controller: "kuzzlite", Times: -1, Kind: faults.Error, Status: 404,
			ErrorID: "api.process.controller_not_found", Message: "on purpose"})
	}
	for _, c := range chosen {
		fake.Fail(faults.Fault{Index: c.Index, Collection: c.Collection, Times: -1, Probability: 0.2, Kind: faults.Drop})
	}
	fake.Fail(faults.Fault{Times: -1, Probability: 0.1, Kind: faults.Error, Status: 503, Message: "busy"})
	server := must(upstream.Dial(fake.URL, &upstream.Options{Timeout: 5 * time.Second}))
	defer server.Close()
	local, ctx := memory(t), t.Context()
	o := opened(t, local, &Options{Upstream: server, MinDelay: time.Millisecond, MaxDelay: 5 * time.Millisecond, MaxBatch: 7})
	for n := range 200 {
		c := local.Collection(chosen[n%3].Index, chosen[n%3].Collection)
		id := fmt.Sprint(n % 17)
		var err error
		switch n % 7 {
		case 0:
			_, err = c.Delete(ctx, id)
		case 1:
			_, err = c.DeleteFields(ctx, id, []string{"o.x"})
		case 2:
			_, err = c.CreateOrReplace(ctx, id, map[string]any{"r": n})
		default:
			_, err = c.Upsert(ctx, id, map[string]any{"n": n, "o": map[string]any{"x": n, "y": n}}, nil)
		}
		if err != nil && !errors.Is(err, kuzzlite.ErrNotFound) && !errors.Is(err, kuzzlite.ErrUnknownCollection) {
			t.Fatal(err)
		}
	}
	flushed(t, o)
	got := contents(t, fake.Store, "i", "j")
	for _, d := range got {
		delete(d.(map[string]any), "_kuzzle_info")
	}
	if d := cmp.Diff(contents(t, local, "i", "j"), got); d != "" {
		t.Errorf("(-here +upstream): %s", d)
	}
	if st := must(o.Status(ctx)); st.Parked+st.Waiting > 0 || st.Exact != exact {
		t.Errorf("%+v", st)
	}
}
