package filter

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
)

// What searches compute beside their hits.

// Aggregator computes over the documents of one search. One goroutine at a time may use it.
type Aggregator interface {
	// NeedsAll says that AddAny must be called with every document of the collection.
	NeedsAll() bool

	// NeedsScores says that documents must have scores.
	NeedsScores() bool

	// AddAny takes in a document, whether it is found or not, and Add one that is found, behind AddAny.
	AddAny(*Scoring) error
	Add(*Scoring) error

	// Aggregation takes in documents without scores, instead of AddAny and Add.
	Aggregation() Aggregation

	// Answer ends it.
	Answer() (json.RawMessage, error)
}

// Highlighter shows where a query has found something. One goroutine at a time may use it.
type Highlighter interface {
	// Highlight returns the fragments of a document, whose source is valid compact JSON: an object, nil if there are none.
	Highlight(id string, doc []byte) (json.RawMessage, error)
}

// Grouper says which group a document is in. One goroutine at a time may use it.
type Grouper interface {
	// AppendGroup appends bytes that are the same for all documents of a group. doc is valid compact JSON.
	AppendGroup(dst, doc []byte) ([]byte, error)
}

// GroupHits says which hits of a group are shown with its first one.
type GroupHits struct {
	Name        string
	From, Size  int
	Order       *Order  // nil: that in which documents were written
	Sorted      bool    // it was asked for: hits show the values by which they are ordered
	Scored      bool    // hits show their scores
	Groups      Grouper // of which each has one hit among these; nil: all hits are shown
	Source      fieldpath.SourceFilter
	Highlighter Highlighter  // nil: none
	Fetcher     FieldFetcher // nil: no values of fields are shown
}

// AppendKey appends the key of a hit by the order.
func (g *GroupHits) AppendKey(dst []byte, score float32, id string, doc []byte) []byte {
	switch {
	case g.Order == nil:
		return dst
	case g.Order.AppendScored != nil:
		return g.Order.AppendScored(dst, score, id, doc)
	}
	return g.Order.AppendKey(dst, id, doc)
}

// Scoring is a document that a search looks at. Its source is valid compact JSON.
type Scoring struct {
	ID       string
	Source   []byte
	Sequence uint64 // of its last change
	Score    float32
	Scored   bool // it has a score
}

// FieldFetcher gets the values of fields from documents. One goroutine at a time may use it.
type FieldFetcher interface {
	// Fields returns the values of a document, which is valid compact JSON: an object, nil if there are none.
	Fields(doc []byte) json.RawMessage
}
