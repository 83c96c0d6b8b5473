package linear

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// event is an action of a history: when it was called, and when it returned what.
type event struct {
	Client int
	User   string // of its changes in the feed
	Action *action
	Call   int64
	Answer *response // nil: it did not return
	Return int64     // or when its process was known to be dead
}

// recording records what clients do. Its clock counts beginnings and ends, so no two have the same time.
type recording struct {
	mu     sync.Mutex // guards the rest
	clock  int64
	events []*event
}

func (h *recording) begin(client int, user string, a *action) (number int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	h.events = append(h.events, &event{Client: client, User: user, Action: a, Call: h.clock})
	return len(h.events) - 1
}

func (h *recording) end(number int, out *response) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	e := h.events[number]
	e.Answer, e.Return = out, h.clock
}

// patience is how long the checker may think about a history.
const patience = 20 * time.Second

// verdicts that are no error, and how many of them a run may have that are not decided: one of so many.
const undecidedOf = 1000

// judge compares a history with the feed that it left, and has the checker look for an order of all calls that explains
// all answers. What it cannot decide in time it counts.
func (h *recording) judge(ctx context.Context, s *kuzzlite.Store, dir string, tr *harness.Trial) error {
	feed, err := oracle.ReadFeed(ctx, s, 0)
	if err != nil {
		return err
	}
	h.settle(feed)
	h.name(feed)
	h.count(tr)
	if err := h.compareFeed(feed); err != nil {
		return errors.Join(err, h.save(filepath.Join(dir, "history.json")))
	}
	verdict, info := porcupine.CheckOperationsVerbose(sequential, h.operations(), patience)
	switch verdict {
	case porcupine.Ok:
		return nil
	case porcupine.Unknown:
		tr.Note(undecided, 1)
		return nil
	}
	path := filepath.Join(dir, "history.html")
	err = errors.Join(porcupine.VisualizePath(sequential, info, path), h.save(filepath.Join(dir, "history.json")))
	return errors.Join(fmt.Errorf("not linearizable: see %s", path), err)
}

// settle removes what did not return and has written nothing: reads, and writes that the feed does not have. Those that
// it has were done before their process died.
func (h *recording) settle(feed []kuzzlite.Change) {
	wrote := map[string][]written{}
	for _, c := range feed {
		if c.ID != "" {
			id, _ := parseDocID(c.ID)
			wrote[c.User] = append(wrote[c.User], written{id, int(c.Version)})
		}
	}
	answered := map[string]bool{} // by the call, or here
	for _, e := range h.events {
		answered[e.User] = answered[e.User] || e.wrote()
	}
	for _, e := range slices.Backward(h.events) {
		if e.Answer == nil && e.Return > 0 && !e.Action.Verb.reads() && !answered[e.User] && wrote[e.User] != nil {
			answered[e.User] = true // Mutate may have begun another write before, which is not the one
			e.Answer = &response{Lost: true, Written: wrote[e.User]}
		}
	}
	h.events = slices.DeleteFunc(h.events, func(e *event) bool { return e.Answer == nil })
}

// name says of which change each sequence is that was read. Some are of none of a document.
func (h *recording) name(feed []kuzzlite.Change) {
	h.events = slices.DeleteFunc(h.events, func(e *event) bool {
		if e.Action.Verb != newest || e.Answer.Count > len(feed) { // compareFeed refuses the latter
			return false
		}
		if e.Answer.Count == 0 || feed[e.Answer.Count-1].ID == "" {
			return true
		}
		c := feed[e.Answer.Count-1]
		id, _ := parseDocID(c.ID)
		e.Action = &action{Verb: newest, Items: []target{{ID: id, Want: noWant}}}
		e.Answer.Items = []finding{{What: ok, Version: int(c.Version), Sequence: e.Answer.Count}}
		return false
	})
}

// wrote says whether the feed must have something of it.
func (e *event) wrote() bool {
	return !e.Action.Verb.reads() && e.Answer != nil &&
		slices.ContainsFunc(e.Answer.Items, func(f finding) bool { return f.Sequence > 0 && !f.Noop })
}

func (h *recording) operations() (list []porcupine.Operation) {
	for _, e := range h.events {
		list = append(list, porcupine.Operation{
			ClientId: e.Client, Input: e.Action, Call: e.Call, Output: e.Answer, Return: e.Return,
		})
	}
	return list
}

// save writes a history that was refused.
func (h *recording) save(path string) error {
	raw, err := json.MarshalIndent(h.events, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}

// What is counted of histories.
const (
	undecided  = "histories not decided"
	operations = "operations"
	overlaps   = "operations during another"
	batches    = "batches written"
	refusals   = "atomic calls refused"
	conflicts  = "version conflicts"
	cancelled  = "calls cancelled"
	tooLate    = "calls done in spite of a context that was done"
	lostCalls  = "calls killed that were written"
	anew       = "documents created again"
	hearings   = "changes heard by followers"
	sequences  = "sequences read"
	searches   = "documents found by a query"
)

// count counts what is in the history.
func (h *recording) count(tr *harness.Trial) {
	byCall := slices.SortedFunc(slices.Values(h.events), func(a, b *event) int { return cmp.Compare(a.Call, b.Call) })
	var latest int64 // return so far
	for _, e := range byCall {
		out := e.Answer
		for what, holds := range map[string]bool{
			operations: true,
			overlaps:   e.Call < latest,
			hearings:   e.Action.Verb == heard,
			sequences:  e.Action.Verb == newest,
			searches:   e.Action.Verb == search && !out.Cancelled && out.Items[0].What == ok,
			batches:    len(e.Action.Items) > 1 && e.wrote(),
			refusals:   out.Incomplete && e.Action.Atomic,
			cancelled:  out.Cancelled,
			tooLate:    out.Late,
			lostCalls:  out.Lost,
		} {
			if holds {
				tr.Note(what, 1)
			}
		}
		for _, f := range out.Items {
			if f.What == conflict {
				tr.Note(conflicts, 1)
			}
			if f.Created && f.Version > 1 {
				tr.Note(anew, 1)
			}
		}
		latest = max(latest, e.Return)
	}
}
