package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/push"
)

// Writes to a Kuzzle: a batch is several requests, one after the other. Of each request the server answers item by item,
// in an order of its own.

// group is what the writes of one request have in common.
type group struct {
	index, collection string
	kind              Kind
	silent            bool
}

// step is one request for a part of a batch, or for a collection two.
type step struct {
	group
	at     []int    // positions of the writes
	remove bool     // fields of the only one, behind its merge
	bodies [][]byte // of the requests
}

// steps does a batch step by step. What was done before an error after which the same batch is asked for once more is not
// done again.
func (k *kuzzle) steps(ctx context.Context, b *Batch) ([]Outcome, error) {
	steps, err := k.plan(b.Writes)
	if err != nil {
		return nil, err
	}
	p := k.begun.take(b)
	for ; p.done < len(steps); p.done++ {
		if err := k.do(ctx, &steps[p.done], b.Writes, p.outcomes); err != nil {
			if errors.Is(err, ErrAway) || errors.Is(err, ErrLogin) {
				k.begun.put(b.Outbox, p)
			}
			return nil, err
		}
	}
	return p.outcomes, nil
}

// progress is how far a batch has come.
type progress struct {
	number   uint64
	writes   []Write
	outcomes []Outcome
	done     int // steps
}

// begun are batches that an error has stopped, the last of each outbox.
type begun struct {
	mu   sync.Mutex // guards what follows
	last map[string]*progress
}

// take returns how far a batch has come, and forgets that.
func (g *begun) take(b *Batch) *progress {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.last[b.Outbox]
	delete(g.last, b.Outbox)
	if p == nil || p.number != b.Number || !reflect.DeepEqual(p.writes, b.Writes) {
		p = &progress{number: b.Number, writes: b.Writes, outcomes: make([]Outcome, len(b.Writes))}
	}
	return p
}

func (g *begun) put(outbox string, p *progress) {
	if p.done == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last == nil {
		g.last = map[string]*progress{}
	}
	g.last[outbox] = p
}

// plan returns the steps of a batch, so that one that is too large is known before any of them is done.
func (k *kuzzle) plan(writes []Write) (steps []step, err error) {
	groups := map[group][]int{}
	var order []group
	for i := range writes {
		w := &writes[i]
		g := group{w.Index, w.Collection, w.Kind, w.Silent}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], i)
	}
	for _, g := range order {
		for all := groups[g]; len(all) > 0; {
			n := min(len(all), k.opts.MaxWrites)
			if g.kind >= CreateCollection {
				n = 1
			}
			steps = append(steps, step{group: g, at: all[:n]})
			all = all[n:]
		}
	}
	for i := range writes {
		if w := &writes[i]; len(w.Remove) > 0 && (w.Kind == Merge || w.Kind == Update) {
			steps = append(steps, step{group{w.Index, w.Collection, w.Kind, w.Silent}, []int{i}, true, nil})
		}
	}
	for i := range steps {
		requests, err := steps[i].requests(writes)
		for _, r := range requests {
			var body []byte
			if body, err = k.encode(r); err != nil {
				break
			}
			steps[i].bodies = append(steps[i].bodies, body)
		}
		if err != nil {
			return nil, err
		}
	}
	return steps, nil
}

// request begins a request of a group.
func (g group) request(controller, action string) map[string]any {
	r := map[string]any{"controller": controller, "action": action, "index": g.index, "collection": g.collection}
	if g.silent { // over HTTP the argument alone is true, whatever it says
		r["silent"] = true
	}
	return r
}

// requests returns what a step asks for.
func (s *step) requests(writes []Write) ([]map[string]any, error) {
	one := func(r map[string]any) ([]map[string]any, error) { return []map[string]any{r}, nil }
	if s.remove {
		w := &writes[s.at[0]]
		r := s.request("document", "deleteFields")
		r["_id"], r["body"] = w.ID, map[string]any{"fields": w.Remove}
		return one(r)
	}
	switch s.kind {
	case Merge:
		return one(s.many("mUpsert", "changes", writes))
	case Update:
		return one(s.many("mUpdate", "body", writes))
	case Replace:
		r := s.many("mCreateOrReplace", "body", writes)
		r["source"] = "false"
		return one(r)
	case Delete:
		ids := make([]string, len(s.at))
		for n, i := range s.at {
			ids[n] = writes[i].ID
		}
		r := s.request("document", "mDelete")
		r["body"] = map[string]any{"ids": ids}
		return one(r)
	case CreateCollection:
		index := s.request("index", "create")
		delete(index, "collection")
		return []map[string]any{index, s.request("collection", "create")}, nil
	case Truncate:
		return one(s.request("collection", "truncate"))
	case DeleteCollection:
		return one(s.request("collection", "delete"))
	}
	return nil, fmt.Errorf("%w: unknown kind of write %d", ErrRefused, s.kind)
}

// many returns a request for the documents of a step.
func (s *step) many(action, member string, writes []Write) map[string]any {
	documents := make([]map[string]any, len(s.at))
	for n, i := range s.at {
		documents[n] = map[string]any{"_id": writes[i].ID, member: writes[i].Body}
	}
	r := s.request("document", action)
	r["body"] = map[string]any{"documents": documents}
	return r
}

// do does a step, and sets the outcomes of its writes. What the server does not let the caller do is an outcome of each.
func (k *kuzzle) do(ctx context.Context, s *step, writes []Write, outcomes []Outcome) (err error) {
	switch {
	case s.remove && !outcomes[s.at[0]].Done():
		return nil
	case s.remove:
		err = k.deleteFields(ctx, s, &outcomes[s.at[0]])
	case s.kind >= CreateCollection:
		if err = k.ofCollection(ctx, s); err == nil {
			outcomes[s.at[0]] = Outcome{Status: http.StatusOK}
		}
	default:
		err = k.documents(ctx, s, writes, outcomes)
	}
	if out, ok := outcomeOf(err); ok && (len(s.at) == 1 || errors.Is(err, ErrDenied)) {
		for _, i := range s.at {
			outcomes[i] = out
		}
		return nil
	}
	return err
}

// written is what the server answers to a request for several documents.
type written struct {
	Successes []json.RawMessage `json:"successes"`
	Errors    []struct {
		ID       string `json:"_id"` // of mDelete
		Document struct {
			ID string `json:"_id"`
		} `json:"document"`
		Status int    `json:"status"`
		Reason string `json:"reason"`
	} `json:"errors"`
}

// documents makes the request of a step for documents.
func (k *kuzzle) documents(ctx context.Context, s *step, writes []Write, outcomes []Outcome) error {
	var answer written
	if err := k.askFor(ctx, s.bodies[0], &answer); err != nil {
		return err
	}
	byID := make(map[string]int, len(s.at))
	for _, i := range s.at {
		byID[writes[i].ID] = i
		outcomes[i] = Outcome{Status: http.StatusInternalServerError, Reason: "the server says nothing of the document"}
	}
	for _, text := range answer.Successes {
		id, out, err := s.success(text)
		if err != nil {
			return &AwayError{Err: fmt.Errorf("its answer is not one of Kuzzle's: %w", err)}
		}
		if i, ok := byID[id]; ok {
			outcomes[i] = out
		}
	}
	for _, e := range answer.Errors {
		id := e.Document.ID
		if id == "" {
			id = e.ID
		}
		if i, ok := byID[id]; ok {
			outcomes[i] = Outcome{Status: e.Status, Reason: e.Reason}
		}
	}
	return nil
}

// success reads what the server says of a document that was written: of one that was deleted no more than its id.
func (s *step) success(text json.RawMessage) (id string, out Outcome, err error) {
	if s.kind == Delete {
		err = json.Unmarshal(text, &id)
		return id, Outcome{Status: http.StatusOK}, err
	}
	var done struct {
		ID      string `json:"_id"`
		Status  int    `json:"status"`
		Version uint64 `json:"_version"`
	}
	err = json.Unmarshal(text, &done)
	return done.ID, Outcome{Status: done.Status, Version: done.Version}, err
}

// deleteFields removes fields of a document, behind a merge, and sets the version of the outcome.
func (k *kuzzle) deleteFields(ctx context.Context, s *step, merged *Outcome) error {
	var answer struct {
		Version uint64 `json:"_version"`
	}
	if err := k.askFor(ctx, s.bodies[0], &answer); err != nil {
		return err
	}
	merged.Version = answer.Version
	return nil
}

// ofCollection does what concerns a whole collection. Who may not create an index may have one.
func (k *kuzzle) ofCollection(ctx context.Context, s *step) error {
	if s.kind == CreateCollection {
		err := k.askFor(ctx, s.bodies[0], nil)
		refused := (*refusal)(nil)
		exists := errors.As(err, &refused) && refused.ID == "services.storage.index_already_exists"
		if err != nil && !exists && !errors.Is(err, ErrDenied) {
			return err
		}
	}
	err := k.askFor(ctx, s.bodies[len(s.bodies)-1], nil)
	if s.kind == DeleteCollection {
		return push.Unless(err, ErrUnknownCollection)
	}
	return err
}
