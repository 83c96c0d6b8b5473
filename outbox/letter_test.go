package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/upstream"
)

// theLetter returns the one letter there is.
func theLetter(t *testing.T, o *Outbox) Letter {
	t.Helper()
	var list []Letter
	for l, err := range o.Letters(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, l)
	}
	if len(list) != 1 {
		t.Fatalf("%d letters: %+v", len(list), list)
	}
	return list[0]
}

// refuseBad refuses documents that have the text bad.
func refuseBad(w *upstream.Write) *upstream.Outcome {
	if strings.Contains(string(w.Body), "bad") {
		return &upstream.Outcome{Status: 400, Reason: "mapping"}
	}
	return nil
}

// What is changed after a letter was edited arrives after what the letter has.
func TestChangeAfterEdit(t *testing.T) {
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	for name, change := range map[string]struct {
		do   func(context.Context, *kuzzlite.Collection) error
		want any // of the document upstream; nil: none
	}{
		"update": {func(ctx context.Context, c *kuzzlite.Collection) error {
			_, err := c.Update(ctx, "a", raw(`{"v":"new"}`))
			return err
		}, map[string]any{"v": "new", "e": map[string]any{"edited": true}}},
		"replace": {func(ctx context.Context, c *kuzzlite.Collection) error {
			_, err := c.Replace(ctx, "a", raw(`{"v":"new"}`))
			return err
		}, map[string]any{"v": "new"}},
		"delete": {func(ctx context.Context, c *kuzzlite.Collection) error {
			_, err := c.Delete(ctx, "a")
			return err
		}, nil},
		"truncate": {func(ctx context.Context, c *kuzzlite.Collection) error { return c.Truncate(ctx) }, nil},
		"deleted, and created again": {func(ctx context.Context, c *kuzzlite.Collection) error {
			_, err := c.Delete(ctx, "a")
			if err == nil {
				_, err = c.Create(ctx, "a", raw(`{"n":1}`))
			}
			return err
		}, map[string]any{"n": 1.0}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, local, up := t.Context(), memory(t), newServer(t)
				up.refuse = refuseBad
				o := opened(t, local, &Options{Upstream: up})
				c := local.Collection("i", "a")
				must(c.Create(ctx, "a", raw(`{"v":"bad","w":1}`)))
				flushed(t, o)
				up.set(func() { up.fault = func(bool) error { return upstream.ErrAway } })
				must(0, o.Edit(ctx, theLetter(t, o).ID, raw(`{"v":"edited","e":{"edited":true}}`)))
				time.Sleep(time.Minute)
				must(0, change.do(ctx, c))
				time.Sleep(time.Minute)
				up.set(func() { up.fault = nil })
				time.Sleep(time.Hour)
				flushed(t, o)
				if d := cmp.Diff(change.want, contents(t, up.store, "i")["i/a/a"]); d != "" {
					t.Errorf("upstream: (-want +got)\n%s", d)
				}
				if st := must(o.Status(ctx)); st.Waiting+st.Parked > 0 {
					t.Errorf("%+v", st)
				}
			})
		})
	}
}

// A letter that is edited, sent again or dropped while what it owes is on its way becomes what somebody has asked for.
func TestLetterChangesInFlight(t *testing.T) {
	for _, accepted := range []bool{true, false} {
		for _, verb := range []string{"edit", "drop", "drop, and the document has changed", "retry"} {
			t.Run(fmt.Sprintf("%s/accepted %v", verb, accepted), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, local, up := t.Context(), memory(t), newServer(t)
					up.refuse = refuseBad
					o := opened(t, local, &Options{Upstream: up})
					c := local.Collection("i", "a")
					must(c.Create(ctx, "a", json.RawMessage(`{"v":"bad"}`)))
					flushed(t, o)
					l := theLetter(t, o)
					reached, goOn := make(chan bool), make(chan bool)
					up.set(func() {
						up.refuse = func(*upstream.Write) *upstream.Outcome {
							reached <- true
							<-goOn
							if !accepted {
								return &upstream.Outcome{Status: 400, Reason: "still"}
							}
							return nil
						}
					})
					if strings.Contains(verb, "changed") {
						must(c.Update(ctx, "a", json.RawMessage(`{"n":1}`)))
					} else {
						must(0, o.Retry(ctx, l.ID))
					}
					<-reached
					switch {
					case verb == "edit":
						must(0, o.Edit(ctx, l.ID, json.RawMessage(`{"v":"edited"}`)))
					case verb == "retry":
						must(0, o.Retry(ctx, l.ID))
					default:
						must(0, o.Drop(ctx, l.ID))
					}
					goOn <- true
					if verb == "edit" {
						<-reached
						goOn <- true
					}
					flushed(t, o)
					time.Sleep(time.Second)
					st := must(o.Status(ctx))
					doc, v := contents(t, up.store, "i")["i/a/a"], ""
					if m, ok := doc.(map[string]any); ok {
						v, _ = m["v"].(string)
					}
					wantV, parked := map[bool]string{true: "bad"}[accepted], uint64(0)
					switch {
					case verb == "edit" && accepted:
						wantV = "edited"
					case !accepted && verb != "drop": // the letter of what has changed since comes again
						parked = 1
					}
					if v != wantV || st.Parked != parked || st.Waiting != 0 {
						t.Errorf("upstream %v, want v %q; %+v", doc, wantV, st)
					}
					if parked > 0 && verb == "edit" && string(theLetter(t, o).Body) != `{"v":"edited"}` {
						t.Errorf("%+v", theLetter(t, o))
					}
				})
			})
		}
	}
}

// What changes while an edited letter is parked is sent with what the letter has, and over it.
func TestChangeWithEditedLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		up.refuse = refuseBad
		o := opened(t, local, &Options{Upstream: up})
		c := local.Collection("i", "a")
		must(up.store.Collection("i", "a").Create(ctx, "a", json.RawMessage(`{"there":1}`)))
		must(c.Create(ctx, "a", json.RawMessage(`{"v":"bad","w":1}`)))
		flushed(t, o)
		must(0, o.Edit(ctx, theLetter(t, o).ID, json.RawMessage(`{"v":"bad again","e":{"x":1}}`)))
		time.Sleep(time.Minute)
		if l := theLetter(t, o); !l.Parked || !l.BodyOnly || len(l.History) != 2 {
			t.Fatalf("%+v", l)
		}
		must(c.Update(ctx, "a", json.RawMessage(`{"v":"new","e":{"y":2}}`)))
		flushed(t, o)
		want := map[string]any{"there": 1.0, "v": "new", "e": map[string]any{"x": 1.0, "y": 2.0}}
		if d := cmp.Diff(want, contents(t, up.store, "i")["i/a/a"]); d != "" {
			t.Errorf("upstream: (-want +got)\n%s", d)
		}
		if st := must(o.Status(ctx)); st.Waiting+st.Parked > 0 {
			t.Errorf("%+v", st)
		}
	})
}

// A letter that is dropped before it is sent is not sent.
func TestDroppedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		up.refuse = refuseBad
		o := opened(t, local, &Options{Upstream: up, MaxBatch: 1})
		for _, id := range []string{"a", "b"} {
			must(local.Collection("i", "a").Create(ctx, id, json.RawMessage(`{"v":"bad"}`)))
		}
		flushed(t, o)
		up.set(func() { up.refuse, up.fault = nil, func(bool) error { return upstream.ErrAway } })
		for l, err := range o.Letters(ctx) {
			must(0, errors.Join(err, o.Retry(ctx, l.ID)))
		}
		time.Sleep(time.Minute) // one is on its way, over and over, the other is next
		for l, err := range o.Letters(ctx) {
			must(0, errors.Join(err, o.Drop(ctx, l.ID)))
		}
		up.set(func() { up.fault = nil })
		time.Sleep(time.Hour)
		if got := contents(t, up.store, "i"); len(got) != 1 {
			t.Errorf("upstream: %v", got)
		}
	})
}

// What a letter owed that was sent, with an answer that was lost before a restart, is not sent again.
func TestLetterDoneBeforeRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		up.refuse = refuseBad
		o := opened(t, local, &Options{Upstream: up})
		c := local.Collection("i", "a")
		must(c.Create(ctx, "a", json.RawMessage(`{"v":"bad"}`)))
		flushed(t, o)
		up.set(func() {
			up.refuse = nil
			up.fault = func(before bool) error { return map[bool]error{false: upstream.ErrAway}[before] }
		})
		must(0, o.Retry(ctx, theLetter(t, o).ID))
		time.Sleep(time.Second)
		o.Close()
		n := len(up.batches)
		up.set(func() { up.fault = nil })
		o = opened(t, local, &Options{Upstream: up})
		time.Sleep(time.Hour)
		if st := must(o.Status(ctx)); st.Waiting+st.Parked > 0 || len(up.batches) != n {
			t.Errorf("%d batches, then %d: %+v", n, len(up.batches), st)
		}
		o.Close()
	})
}

// A truncation that upstream refuses is kept as a letter, which cannot be sent again.
func TestRefusedTruncation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		up.whole = func(b *upstream.Batch) error {
			if b.Writes[0].Kind == upstream.Truncate {
				return upstream.ErrDenied
			}
			return nil
		}
		o := opened(t, local, &Options{Upstream: up})
		c := local.Collection("i", "a")
		must(c.Create(ctx, "a", json.RawMessage(`{}`)))
		must(0, c.Truncate(ctx))
		must(c.Create(ctx, "b", json.RawMessage(`{}`)))
		flushed(t, o)
		l := theLetter(t, o)
		if l.Document != "" || l.Collection != "a" || !l.Parked || l.History[0].Status != 403 || contents(t, up.store, "i")["i/a/b"] == nil {
			t.Errorf("%+v", l)
		}
		for _, err := range []error{o.Retry(ctx, l.ID), o.Edit(ctx, l.ID, json.RawMessage(`{}`))} {
			if !errors.Is(err, kuzzlite.ErrInvalid) {
				t.Error(err)
			}
		}
		must(0, o.Drop(ctx, l.ID))
	})
}

// Letters of documents that a truncation has removed are removed with it.
func TestLettersOfEmptied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, local, up := t.Context(), memory(t), newServer(t)
		up.refuse = refuseBad
		o := opened(t, local, &Options{Upstream: up})
		for _, name := range []string{"a", "b"} {
			must(local.Collection("i", name).Create(ctx, "a", json.RawMessage(`{"v":"bad"}`)))
		}
		flushed(t, o)
		must(0, local.Collection("i", "a").Truncate(ctx))
		flushed(t, o)
		if l := theLetter(t, o); l.Collection != "b" {
			t.Errorf("%+v", l)
		}
	})
}

// Changes that were merged beforehand do what the two do one after the other.
func TestMerged(t *testing.T) {
	c, r, n := memory(t).Collection("i", "a"), rand.New(rand.NewPCG(1, 9)), 0
	for range 2000 {
		doc, first, then := must(json.Marshal(randomObject(r, 3))), must(json.Marshal(randomObject(r, 3))), must(json.Marshal(randomObject(r, 3)))
		both, ok := merged(first, then)
		if !ok {
			continue
		}
		n++
		for id, changes := range map[string][]json.RawMessage{"one": {both}, "two": {first, then}} {
			must(c.CreateOrReplace(t.Context(), id, json.RawMessage(doc)))
			for _, change := range changes {
				must(c.Update(t.Context(), id, change))
			}
		}
		one, two := must(c.Get(t.Context(), "one")), must(c.Get(t.Context(), "two"))
		var a, b any
		must(0, json.Unmarshal(one.Source, &a))
		must(0, json.Unmarshal(two.Source, &b))
		if d := cmp.Diff(a, b); d != "" {
			t.Fatalf("%s, then %s and %s: %s", doc, first, then, d)
		}
	}
	if n < 500 {
		t.Errorf("only %d were merged", n)
	}
}

// A reason of a megabyte is kept as its beginning.
func TestLongReason(t *testing.T) {
	if s := briefly(strings.Repeat("é", 600_000)); len(s) > maxReason+4 || !strings.HasPrefix(s, "éé") || strings.ContainsRune(s, 0xFFFD) {
		t.Errorf("%d bytes", len(s))
	}
}
