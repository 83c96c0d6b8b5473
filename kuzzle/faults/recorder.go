package faults

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/kuzzlite/kuzzlite/kuzzle"
)

// Request is a request that a server was asked.
type Request struct {
	Protocol   string          `json:"protocol"`
	Controller string          `json:"controller"`
	Action     string          `json:"action"`
	Index      string          `json:"index,omitempty"`
	Collection string          `json:"collection,omitempty"`
	DocumentID string          `json:"_id,omitempty"`
	Body       json.RawMessage `json:"body,omitempty"` // as it was sent; nil: none
	Status     int             `json:"status"`         // of the answer
	Lost       bool            `json:"lost,omitempty"` // the client got no answer
}

// Recorder keeps a record of requests, all of them: it is for tests. Its Wrap is what kuzzle.Options.Wrap takes. Any
// number of goroutines may use it.
type Recorder struct {
	mu   sync.Mutex
	list []Request
}

// Wrap returns a handler that records what it is asked.
func (rec *Recorder) Wrap(next kuzzle.Handler) kuzzle.Handler {
	return func(ctx context.Context, r *kuzzle.Request) *kuzzle.Response {
		seen := Request{
			Protocol: r.Protocol, Controller: r.Controller, Action: r.Action, Index: r.Index, Collection: r.Collection,
			DocumentID: r.DocumentID, Body: slices.Clone(r.Body), Status: 200,
		}
		response := next(ctx, r)
		if response.Err != nil {
			seen.Status = response.Err.Status
		}
		seen.Lost = response.Lost
		rec.mu.Lock()
		defer rec.mu.Unlock()
		rec.list = append(rec.list, seen)
		return response
	}
}

// Requests returns what was asked, in the order in which it was answered: of some actions, each given as
// controller:action with * for any, or of all if none is given.
func (rec *Recorder) Requests(actions ...string) []Request {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	list := []Request{}
	for _, r := range rec.list {
		if len(actions) == 0 || slices.ContainsFunc(actions, r.is) {
			list = append(list, r)
		}
	}
	return list
}

func (r Request) is(action string) bool {
	controller, name, _ := strings.Cut(action, ":")
	return (controller == "*" || controller == r.Controller) && (name == "*" || name == r.Action)
}

// Forget empties the record.
func (rec *Recorder) Forget() {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.list = nil
}
