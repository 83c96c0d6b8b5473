// Package filter is what the store and package query know of one another. The store does not import package query, so
// that a program which does not query links none of what queries need; package query knows no store.
package filter

import (
	"errors"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Env is what a query is compiled for.
type Env struct {
	// Now is the "now" of date math.
	Now time.Time
}

// Query is a condition on documents that can be compiled.
type Query interface {
	Filter(Env) (*Filter, error)
}

// Filter is a compiled query.
type Filter struct {
	Matcher

	// Condition is met by all documents that match.
	Condition Condition

	// Moves says that what matches depends on the time.
	Moves bool

	// Implies says whether all documents that match also match the condition of a text, as far as that can be seen; nil:
	// it never can.
	Implies func(text string) bool
}

// Matcher says which documents match. Any number of goroutines may use it.
type Matcher interface {
	// Match says whether a document matches. doc is valid compact JSON.
	Match(id string, doc []byte) bool
}

// Sort is an order of documents that can be compiled. A nil Order is that of the ids.
type Sort interface {
	Order(Env) (*Order, error)
}

// Order is a compiled order. Any number of goroutines may use it.
type Order struct {
	Orderer

	// Keys are the fields by whose values documents are ordered, where an index may have the same order; nil where
	// there is none such.
	Keys []Key

	// Mark tells orders apart that have the same Keys and Descending.
	Mark string

	// Behind is what AppendKey makes of the documents behind which the order begins; nil: it has all documents. With
	// it there are no Keys.
	Behind []byte

	// Descending says in which direction documents are ordered by their ids that are equal otherwise.
	Descending bool
}

// Orderer makes keys of documents.
type Orderer interface {
	// AppendKey appends bytes that sort as the documents do, for each of Keys the key of one value, as package
	// sortkey has it, descending and with AbsentFirst as the key says. No such bytes are the beginning of others.
	AppendKey(dst []byte, id string, doc []byte) []byte
}

// Key is a field by which documents are ordered: ascending by the smallest of its values, descending by the largest.
// Documents without a value are behind all others, or with MissingFirst before them.
type Key struct {
	Field        string
	Descending   bool
	MissingFirst bool
}

// Condition says what documents that match have in common: all that match meet the condition, and others may.
// It is what indexes understand of a query.
type Condition struct {
	Op   Op
	List []Condition // of And and Or

	IDs []string // of IDs, ascending, each once

	// Of Values: the field has a value whose key, as sortkey has it, lies in one of the spans, which are ascending
	// and do not overlap.
	Field string
	Spans []sortkey.Span
}

// Op is the kind of a condition.
type Op int

// The kinds of conditions.
const (
	Any    Op = iota // nothing is known
	Never            // no document matches
	And              // all of List
	Or               // one of List
	IDs              // the id is one of IDs
	Values           // a value of Field is in Spans
)

// parse reads the text of a condition; nil: package query is not linked.
var parse func(text string) (Query, error)

// Register tells how to read the text of a condition. Package query calls it when it is linked.
func Register(fn func(text string) (Query, error)) { parse = fn }

// ErrNotLinked is the error of a text that nobody can read.
var ErrNotLinked = errors.New("the program cannot read conditions: it must import github.com/kuzzlite/kuzzlite/query")

// Parse reads the text of a condition.
func Parse(text string) (Query, error) {
	if parse == nil {
		return nil, ErrNotLinked
	}
	return parse(text)
}
