package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/upstream"
)

var chosen = []Collection{{"i", "a"}, {"i", "b"}, {"j", "a"}}

// randomObject makes changes or a document of few keys, so that changes meet.
func randomObject(r *rand.Rand, depth int) map[string]any {
	o := map[string]any{}
	for range r.IntN(4) {
		k := []string{"a", "b", "c"}[r.IntN(3)]
		if n := r.IntN(40); n < 2 { // which leave a change without paths
			k = []string{"d.e", ""}[n]
		}
		switch n := r.IntN(9); {
		case n < 3 && depth > 0:
			o[k] = randomObject(r, depth-1)
		case n == 3:
			o[k] = []any{r.IntN(5), map[string]any{"x": r.IntN(5)}}
		case n == 4:
			o[k] = nil
		default:
			o[k] = r.IntN(100)
		}
	}
	return o
}

// randomWrite makes one call on the store. It says whether upstream is to hear of it.
func randomWrite(ctx context.Context, r *rand.Rand, s *kuzzlite.Store) error {
	at := chosen[r.IntN(len(chosen))]
	c, id := s.Collection(at.Index, at.Collection), strconv.Itoa(r.IntN(12))
	var err error
	switch n := r.IntN(40); {
	case n < 14:
		_, err = c.Upsert(ctx, id, randomObject(r, 2), randomObject(r, 1))
	case n < 20:
		_, err = c.Update(ctx, id, randomObject(r, 2), &kuzzlite.WriteOptions{Merge: kuzzlite.MergeMode(r.IntN(2))})
	case n < 24:
		_, err = c.CreateOrReplace(ctx, id, randomObject(r, 2))
	case n < 28:
		_, err = c.Delete(ctx, id)
	case n < 34:
		fields := []string{"a", "b", "a.b", "b.c.a", "d.e", "c[0]", "a.c[1].x", `a["b"]`}
		_, err = c.DeleteFields(ctx, id, []string{fields[r.IntN(len(fields))], fields[r.IntN(len(fields))]})
	case n < 36:
		_, err = c.MUpsert(ctx, []kuzzlite.Upsert{{ID: "m1", Changes: randomObject(r, 1)}, {ID: "m2", Changes: randomObject(r, 1)}},
			&kuzzlite.WriteOptions{Silent: true})
	case n == 36:
		err = c.Truncate(ctx)
	case n == 37 && r.IntN(3) == 0:
		err = s.DeleteCollection(ctx, at.Index, at.Collection)
	case n == 38 && r.IntN(6) == 0:
		err = s.DeleteIndex(ctx, at.Index)
	default:
		_, err = c.Upsert(ctx, id, randomObject(r, 2), nil, &kuzzlite.WriteOptions{ExpireAfter: time.Duration(1+r.IntN(3000)) * time.Millisecond})
	}
	for _, fine := range []error{kuzzlite.ErrNotFound, kuzzlite.ErrUnknownCollection, kuzzlite.ErrUnknownIndex} {
		if errors.Is(err, fine) {
			return nil
		}
	}
	return err
}

// Whatever is written, lost, refused for a while, or restarted: once the line is there, upstream has what the store has.
func TestConverges(t *testing.T) {
	seeds := 60
	if n, err := strconv.Atoi(os.Getenv("OUTBOX_SEEDS")); err == nil {
		seeds = n
	}
	for name, as := range map[string]func(*testing.T, *server) upstream.Server{
		"exact":    func(_ *testing.T, s *server) upstream.Server { return s },
		"inexact":  func(_ *testing.T, s *server) upstream.Server { s.exact = false; return s },
		"embedded": lossy,
	} {
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { converge(t, as, uint64(seed)) })
			})
		}
	}
}

// lossy returns the store of a server as upstream.Embed has it, with the server's faults.
func lossy(t *testing.T, s *server) upstream.Server {
	e, err := upstream.Embed(t.Context(), s.store, "pushed")
	if err != nil {
		t.Fatal(err)
	}
	return &lossyServer{e, s}
}

type lossyServer struct {
	upstream.Server
	faults *server
}

func (l *lossyServer) Write(ctx context.Context, b *upstream.Batch) ([]upstream.Outcome, error) {
	l.faults.mu.Lock()
	defer l.faults.mu.Unlock()
	if err := l.faults.fail(true); err != nil {
		return nil, err
	}
	out, err := l.Server.Write(context.WithoutCancel(ctx), b)
	return out, errors.Join(err, l.faults.fail(false))
}

func converge(t *testing.T, as func(*testing.T, *server) upstream.Server, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	ctx := t.Context()
	local, up := memory(t), newServer(t)
	up.fault = unreliable(rand.New(rand.NewPCG(seed, 2)))
	refusals := rand.New(rand.NewPCG(seed, 3))
	up.refuse = func(w *upstream.Write) *upstream.Outcome {
		if refusals.IntN(20) == 0 {
			return &upstream.Outcome{Status: []int{409, 429, 503}[refusals.IntN(3)], Reason: "not now"}
		}
		return nil
	}
	up.whole = func(b *upstream.Batch) error {
		if b.Writes[0].Kind >= upstream.CreateCollection {
			return nil
		}
		switch refusals.IntN(30) {
		case 0:
			return upstream.ErrTooLarge
		case 1:
			return upstream.ErrUnknownCollection
		}
		return nil
	}
	options := &Options{
		Upstream: as(t, up), Collections: chosen, MaxBatch: 1 + r.IntN(8), Replay: true, chunk: 1 + r.IntN(8),
		OnFailure: func(Failure) Decision { return Retry },
	}
	o, err := Open(local, options)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { o.Close() }()
	for range 5 + r.IntN(60) {
		if err := randomWrite(ctx, r, local); err != nil {
			t.Fatal(err)
		}
		if r.IntN(3) == 0 {
			time.Sleep(time.Duration(r.IntN(2000)) * time.Millisecond)
		}
		if r.IntN(15) == 0 {
			o.Close()
			if o, err = Open(local, options); err != nil {
				t.Fatal(err)
			}
		}
	}
	time.Sleep(4 * time.Second) // what expires has expired
	up.set(func() { up.fault, up.refuse, up.whole = nil, nil, nil })
	settled, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	if err := o.Flush(settled); err != nil {
		st, _ := o.Status(ctx)
		t.Fatalf("%v: %+v", err, st)
	}
	time.Sleep(10 * time.Minute) // letters are sent again
	if err := o.Flush(settled); err != nil {
		t.Fatal(err)
	}
	st, err := o.Status(ctx)
	if err != nil || st.Waiting+st.Parked > 0 || st.LastError != "" || st.Dropped > 0 {
		t.Errorf("%v: %+v", err, st)
	}
	want, got := contents(t, local, "i", "j"), contents(t, up.store, "i", "j")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-here +upstream):\n%s", d)
	}
	before := len(up.batches)
	time.Sleep(time.Hour)
	if len(up.batches) != before {
		t.Errorf("%d batches were sent although nothing was owed", len(up.batches)-before)
	}
	if !up.exact {
		return
	}
	for i := range up.batches { // each number was done once
		if i > 0 && up.batches[i].Number <= up.batches[i-1].Number {
			t.Errorf("batch %d was done after batch %d", up.batches[i].Number, up.batches[i-1].Number)
		}
	}
}

// What leaves picks, merged into what the document was, makes the document: of any updates.
func TestLeaves(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 4))
		s := memory(t)
		here, there := s.Collection("i", "here"), s.Collection("i", "there")
		base := randomObject(r, 3)
		for _, c := range []*kuzzlite.Collection{here, there} {
			if _, err := c.Create(t.Context(), "d", base); err != nil {
				t.Fatal(err)
			}
		}
		since := s.Sequence()
		for range 1 + r.IntN(4) {
			var err error
			if r.IntN(3) == 0 {
				fields := []string{"a", "b", "a.b", "b.c.a", "c", "c[0]"}
				_, err = here.DeleteFields(t.Context(), "d", []string{fields[r.IntN(len(fields))]})
			} else {
				_, err = here.Update(t.Context(), "d", randomObject(r, 3), &kuzzlite.WriteOptions{Merge: kuzzlite.MergeMode(r.IntN(2))})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		l := newLedger()
		for c, err := range s.Changes(t.Context(), since) {
			if err != nil {
				t.Fatal(err)
			}
			l.take(&c)
		}
		e := l.docs[key{l.place("i", "here"), "d"}]
		if e == nil || e.whole {
			continue
		}
		doc, err := here.Get(t.Context(), "d")
		if err != nil {
			t.Fatal(err)
		}
		merge, remove, ok := leaves(doc.Source, e.paths)
		if !ok {
			continue
		}
		if _, err = there.Update(t.Context(), "d", merge); err == nil && len(remove) > 0 {
			_, err = there.DeleteFields(t.Context(), "d", remove)
		}
		if err != nil {
			t.Fatal(err)
		}
		sent, err := there.Get(t.Context(), "d")
		if err != nil {
			t.Fatal(err)
		}
		var a, b any
		if json.Unmarshal(doc.Source, &a) != nil || json.Unmarshal(sent.Source, &b) != nil || !cmp.Equal(a, b) {
			t.Fatalf("seed %d: paths %q, merge %s, remove %q: %s became %s", seed, e.paths, merge, remove, doc.Source, sent.Source)
		}
		s.Close()
	}
}
