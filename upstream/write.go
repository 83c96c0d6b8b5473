package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/kuzzlite/kuzzlite/internal/push"
)

// Writes to a Kuzzle. Of each request the server answers item by item, in an order of its own.

// group is what the writes of one request have in common.
type group struct {
	index, collection string
	kind              Kind
	silent            bool
}

func (k *kuzzle) Write(ctx context.Context, b *Batch) ([]Outcome, error) {
	outcomes := make([]Outcome, len(b.Writes))
	groups := map[group][]int{}
	var order []group
	for i := range b.Writes {
		w := &b.Writes[i]
		g := group{w.Index, w.Collection, w.Kind, w.Silent}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], i)
	}
	for _, g := range order {
		if g.kind >= CreateCollection {
			for _, i := range groups[g] {
				if err := k.ofCollection(ctx, g); err != nil {
					return nil, err
				}
				outcomes[i] = Outcome{Status: http.StatusOK}
			}
			continue
		}
		for all := groups[g]; len(all) > 0; {
			n := min(len(all), k.opts.MaxWrites)
			if err := k.many(ctx, g, b.Writes, all[:n], outcomes); err != nil {
				return nil, err
			}
			all = all[n:]
		}
	}
	for i := range b.Writes {
		w := &b.Writes[i]
		if len(w.Remove) > 0 && outcomes[i].Done() && (w.Kind == Merge || w.Kind == Update) {
			var err error
			if outcomes[i], err = k.deleteFields(ctx, w, outcomes[i]); err != nil {
				return nil, err
			}
		}
	}
	return outcomes, nil
}

// request begins a request of a group.
func (g group) request(controller, action string) map[string]any {
	r := map[string]any{"controller": controller, "action": action, "index": g.index, "collection": g.collection}
	if g.silent { // over HTTP the argument alone is true, whatever it says
		r["silent"] = true
	}
	return r
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

// many makes one request for the writes at some positions, and sets their outcomes.
func (k *kuzzle) many(ctx context.Context, g group, writes []Write, at []int, outcomes []Outcome) error {
	var r map[string]any
	body := "body"
	switch g.kind {
	case Merge:
		r, body = g.request("document", "mUpsert"), "changes"
	case Update:
		r = g.request("document", "mUpdate")
	case Replace:
		r = g.request("document", "mCreateOrReplace")
		r["source"] = "false"
	case Delete:
		r = g.request("document", "mDelete")
	default:
		return fmt.Errorf("%w: unknown kind of write %d", ErrRefused, g.kind)
	}
	byID := map[string]int{}
	var ids []string
	var documents []map[string]any
	for _, i := range at {
		byID[writes[i].ID] = i
		ids = append(ids, writes[i].ID)
		documents = append(documents, map[string]any{"_id": writes[i].ID, body: writes[i].Body})
	}
	r["body"] = map[string]any{"documents": documents}
	if g.kind == Delete {
		r["body"] = map[string]any{"ids": ids}
	}
	var answer written
	if err := k.ask(ctx, r, &answer); err != nil {
		return err
	}
	for _, i := range at {
		outcomes[i] = Outcome{Status: http.StatusInternalServerError, Reason: "the server says nothing of the document"}
	}
	for _, text := range answer.Successes {
		var s struct {
			ID      string `json:"_id"`
			Status  int    `json:"status"`
			Version uint64 `json:"_version"`
		}
		if g.kind == Delete {
			s.Status = http.StatusOK
			if err := json.Unmarshal(text, &s.ID); err != nil {
				return &AwayError{Err: fmt.Errorf("its answer is not one of Kuzzle's: %w", err)}
			}
		} else if err := json.Unmarshal(text, &s); err != nil {
			return &AwayError{Err: fmt.Errorf("its answer is not one of Kuzzle's: %w", err)}
		}
		if i, ok := byID[s.ID]; ok {
			outcomes[i] = Outcome{Status: s.Status, Version: s.Version}
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

// deleteFields removes fields of a document, behind a merge.
func (k *kuzzle) deleteFields(ctx context.Context, w *Write, merged Outcome) (Outcome, error) {
	r := group{w.Index, w.Collection, w.Kind, w.Silent}.request("document", "deleteFields")
	r["_id"], r["body"] = w.ID, map[string]any{"fields": w.Remove}
	var answer struct {
		Version uint64 `json:"_version"`
	}
	err := k.ask(ctx, r, &answer)
	if refused := (*refusal)(nil); errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return Outcome{Status: refused.Status, Reason: refused.Message}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Status: merged.Status, Version: answer.Version}, nil
}

// ofCollection does what concerns a whole collection.
func (k *kuzzle) ofCollection(ctx context.Context, g group) error {
	switch g.kind {
	case Truncate:
		return k.ask(ctx, g.request("collection", "truncate"), nil)
	case DeleteCollection:
		err := k.ask(ctx, g.request("collection", "delete"), nil)
		return push.Unless(err, ErrUnknownCollection)
	}
	index := group{index: g.index}.request("index", "create")
	delete(index, "collection")
	err := k.ask(ctx, index, nil)
	if refused := (*refusal)(nil); errors.As(err, &refused) && refused.ID == "services.storage.index_already_exists" {
		err = nil
	}
	if err != nil {
		return err
	}
	return k.ask(ctx, g.request("collection", "create"), nil)
}
