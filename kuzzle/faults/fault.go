// Package faults makes a server fail on demand: latency, cut connections, lost answers, errors, version conflicts, and
// documents that fail. What happens depends on the requests and on a seed only, so that a test that has failed fails
// again.
package faults

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzle"
)

// Fault is something that goes wrong with some requests. Every zero field of those that choose requests means any.
type Fault struct {
	Controller string `json:"controller,omitempty"`
	Action     string `json:"action,omitempty"`
	Index      string `json:"index,omitempty"`
	Collection string `json:"collection,omitempty"`

	// DocumentID is the id of a document that the request is for: its own, or that of one of its documents or ids.
	DocumentID string `json:"_id,omitempty"`

	// Skip is how many of those requests are let through first.
	Skip int `json:"skip,omitempty"`

	// Times is how many requests the fault happens to. Default 1; negative: all.
	Times int `json:"times,omitempty"`

	// Probability is how likely the fault is for each request. Default 1.
	Probability float64 `json:"probability,omitempty"`

	// Latency is how long the request waits first.
	Latency Duration `json:"latency,omitempty"`

	// Kind is what happens then. Default: nothing.
	Kind Kind `json:"kind,omitempty"`

	// Status, ErrorID and Message are those of Kind Error and, but for ErrorID, of Partial.
	Status  int    `json:"status,omitempty"`
	ErrorID string `json:"errorId,omitempty"`
	Message string `json:"message,omitempty"`

	// Conflicts is how often the document is changed by others while the request is at work on it, for Kind Conflict: a
	// request with a retryOnConflict of at least as much succeeds. Default 1.
	Conflicts int `json:"conflicts,omitempty"`

	// Documents are the ids of the documents that fail, for Kind Partial.
	Documents []string `json:"documents,omitempty"`
}

// Kind is a way to fail.
type Kind string

// The kinds of faults.
const (
	Drop     Kind = "drop"     // the connection is cut, and nothing was done
	Lose     Kind = "lose"     // what is asked for is done, and the connection is cut before the answer
	Silence  Kind = "silence"  // what is asked for is done, and no answer comes; over HTTP it is as Lose
	Error    Kind = "error"    // nothing was done, and the answer is an error
	Conflict Kind = "conflict" // a write meets changes of others
	Partial  Kind = "partial"  // some documents of a request for many fail
)

// TooManyRequests is the error of a client that asks too often (429).
func TooManyRequests() Fault {
	return Fault{Kind: Error, Status: 429, ErrorID: "api.process.too_many_requests",
		Message: "Rejected: requests rate limit exceeded for this user."}
}

// Overloaded is the error of a server that has too much to do (503).
func Overloaded() Fault {
	return Fault{Kind: Error, Status: 503, ErrorID: "api.process.overloaded",
		Message: "Request discarded: Kuzzle Server is temporarily overloaded."}
}

// ExpiredToken is the error of a token that is not valid any more (401).
func ExpiredToken() Fault {
	return Fault{Kind: Error, Status: 401, ErrorID: "security.token.invalid", Message: "Invalid token."}
}

// check returns what is wrong with a fault.
func (f *Fault) check() error {
	if controller, action, ok := strings.Cut(f.Action, ":"); ok {
		return fmt.Errorf("action of a fault %q: it must be %s, with the controller %s", f.Action, action, controller)
	}
	switch f.Kind {
	case "", Drop, Lose, Silence, Conflict:
	case Error:
		if f.Status < 400 || f.Status > 599 {
			return fmt.Errorf("fault of kind error: status is %d, and must be 400 to 599", f.Status)
		}
	case Partial:
		if len(f.Documents) == 0 || f.Status < 400 || f.Status > 599 {
			return fmt.Errorf("fault of kind partial: it needs documents, and a status from 400 to 599")
		}
	default:
		return fmt.Errorf("kind of a fault %q: it must be drop, lose, silence, error, conflict or partial", f.Kind)
	}
	if f.Probability < 0 || f.Probability > 1 {
		return fmt.Errorf("probability of a fault %v: it must be 0 to 1", f.Probability)
	}
	return nil
}

// Duration is a time whose JSON is a text, as 1.5s.
type Duration time.Duration

// MarshalText returns the time as a text.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads a time.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// concerns says whether a request is one of those that the fault is for.
func (f *Fault) concerns(r *kuzzle.Request) bool {
	for _, rule := range [][2]string{
		{f.Controller, r.Controller}, {f.Action, r.Action}, {f.Index, r.Index}, {f.Collection, r.Collection},
	} {
		if rule[0] != "" && rule[0] != rule[1] {
			return false
		}
	}
	return f.DocumentID == "" || f.DocumentID == r.DocumentID || hasDocument(r.Body, f.DocumentID)
}

// hasDocument says whether a body has a document, or an id, in its list.
func hasDocument(body json.RawMessage, id string) bool {
	var lists struct {
		Documents []struct {
			ID any `json:"_id"`
		} `json:"documents"`
		IDs []any `json:"ids"`
	}
	if json.Unmarshal(body, &lists) != nil {
		return false
	}
	for _, d := range lists.Documents {
		if d.ID == id {
			return true
		}
	}
	for _, one := range lists.IDs {
		if one == id {
			return true
		}
	}
	return false
}
