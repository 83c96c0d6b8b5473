package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/upstream"
)

// server is a server upstream on a store in memory, whose answers get lost as a test wants.
type server struct {
	store *kuzzlite.Store
	exact bool

	mu       sync.Mutex
	fault    func(before bool) error // asked before a batch is done, and after
	refuse   func(*upstream.Write) *upstream.Outcome
	whole    func(*upstream.Batch) error // refuses a batch as a whole
	receipts map[string]*upstream.Receipt
	batches  []upstream.Batch // that were done
	docs     int
}

func newServer(t testing.TB) *server {
	t.Helper()
	return &server{store: memory(t), exact: true, receipts: map[string]*upstream.Receipt{}}
}

func memory(t testing.TB) *kuzzlite.Store {
	t.Helper()
	s, err := kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func (s *server) Exact() bool  { return s.exact }
func (s *server) Close() error { return nil }

func (s *server) set(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

func (s *server) Receipt(_ context.Context, outbox string) (*upstream.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fail(true); err != nil || !s.exact {
		return nil, err
	}
	return s.receipts[outbox], nil
}

func (s *server) fail(before bool) error {
	if s.fault == nil {
		return nil
	}
	return s.fault(before)
}

func (s *server) Write(ctx context.Context, b *upstream.Batch) ([]upstream.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fail(true); err != nil {
		return nil, err
	}
	if s.whole != nil {
		if err := s.whole(b); err != nil {
			return nil, err
		}
	}
	known := s.receipts[b.Outbox]
	var outcomes []upstream.Outcome
	switch {
	case s.exact && known != nil && known.Number > b.Number:
		return nil, upstream.ErrStale
	case s.exact && known != nil && known.Number == b.Number:
		for _, it := range known.Items {
			outcomes = append(outcomes, it.Outcome)
		}
	default:
		receipt := &upstream.Receipt{Number: b.Number}
		for i := range b.Writes {
			w := &b.Writes[i]
			out := s.do(context.WithoutCancel(ctx), w)
			outcomes = append(outcomes, out)
			receipt.Items = append(receipt.Items, upstream.Item{
				Index: w.Index, Collection: w.Collection, ID: w.ID, Sequence: w.Sequence, Time: w.Time, Outcome: out,
			})
		}
		if known != nil {
			receipt.Earlier = known.Items
		}
		s.receipts[b.Outbox] = receipt
		s.batches, s.docs = append(s.batches, *b), s.docs+len(b.Writes)
	}
	if err := s.fail(false); err != nil {
		return nil, err
	}
	return outcomes, nil
}

func (s *server) do(ctx context.Context, w *upstream.Write) upstream.Outcome {
	if s.refuse != nil {
		if out := s.refuse(w); out != nil {
			return *out
		}
	}
	c := s.store.Collection(w.Index, w.Collection)
	o := &kuzzlite.WriteOptions{Silent: w.Silent}
	var done *kuzzlite.Success
	var err error
	switch w.Kind {
	case upstream.Merge:
		done, err = c.Upsert(ctx, w.ID, w.Body, nil, o)
	case upstream.Update:
		done, err = c.Update(ctx, w.ID, w.Body, o)
		if err == nil && len(w.Remove) > 0 {
			done, err = c.DeleteFields(ctx, w.ID, w.Remove, o)
		}
	case upstream.Replace:
		done, err = c.CreateOrReplace(ctx, w.ID, w.Body, o)
	case upstream.Delete:
		done, err = c.Delete(ctx, w.ID, o)
	case upstream.Truncate:
		err = c.Truncate(ctx, o)
	case upstream.DeleteCollection:
		err = s.store.DeleteCollection(ctx, w.Index, w.Collection)
	}
	switch {
	case errors.Is(err, kuzzlite.ErrNotFound), errors.Is(err, kuzzlite.ErrUnknownCollection), errors.Is(err, kuzzlite.ErrUnknownIndex):
		return upstream.Outcome{Status: 404, Reason: "not found"}
	case err != nil:
		return upstream.Outcome{Status: 400, Reason: err.Error()}
	case done == nil:
		return upstream.Outcome{Status: 200}
	}
	return upstream.Outcome{Status: done.Status, Version: done.Version}
}

// unreliable loses requests and answers.
func unreliable(r *rand.Rand) func(bool) error {
	return func(bool) error {
		if r.IntN(4) == 0 {
			return fmt.Errorf("%w: lost", upstream.ErrAway)
		}
		return nil
	}
}

// contents returns the documents of a store, by index, collection and id.
func contents(t testing.TB, s *kuzzlite.Store, indexes ...string) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, index := range indexes {
		names, err := s.Collections(t.Context(), index)
		if errors.Is(err, kuzzlite.ErrUnknownIndex) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			for d, err := range s.Collection(index, name).All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				var v any
				if err := json.Unmarshal(d.Source, &v); err != nil {
					t.Fatal(err)
				}
				all[index+"/"+name+"/"+d.ID] = v
			}
		}
	}
	return all
}
