package api

import "encoding/json"

// Notifier tells subscribers of what happened to documents. The notifications of a call are on their way, to each
// connection, before the call's answer is.
type Notifier interface {
	Notify(c *Call, list []Event)

	// Listened says whether the index and collection of a call have subscribers.
	Listened(c *Call) bool

	// Collections returns the collections of an index that have subscribers.
	Collections(index string) []string
}

// Event is what a call did to a document.
type Event struct {
	Kind   Kind
	ID     string
	Source json.RawMessage // by which the rooms are found: of a deletion, what was deleted; nil: nobody knows
	Result Result          // what subscribers get: it is asked for if there are any, before Notify returns
}

// Kind is what happened to a document.
type Kind uint8

// The kinds of events.
const (
	Created Kind = iota
	Updated
	Replaced
	Deleted
	Published // a message that is stored nowhere
)
