// Package filter is what the store and package query know of one another. The store does not import package query, so
// that a program which does not query links none of what queries need; package query knows no store.
package filter

import (
	"encoding/binary"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Env is what a query is compiled for.
type Env struct {
	// Now is the "now" of date math.
	Now time.Time

	// Schema is what ReadMapping has made of the mapping of the collection; nil: it has none. A query that has a schema of
	// its own goes by that.
	Schema any

	// Search is not nil for an order of hits, see Hits.
	Search *Hits
}

// Hits is what the order of hits has that other orders have not: null is no value, _doc is the order in which documents
// were written, and hits may begin behind the values of one.
type Hits struct {
	After []byte // a JSON array of values, see Order.AppendValues; nil: hits begin at the first
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

	// Reads are the fields whose values alone decide what matches, whatever else documents have, and however their numbers
	// are written; nil: something else has a say. A field that has an array has the elements as its values.
	Reads []string
}

// Matcher says which documents match. Any number of goroutines may use it.
type Matcher interface {
	// Match says whether a document matches. doc is valid compact JSON.
	Match(id string, doc []byte) bool
}

// Scored is a query whose matches have scores. One that needs statistics observes all documents of the collection first,
// by one goroutine; then it is settled, and any number of goroutines may ask for scores.
type Scored interface {
	Query
	Scorer(Env) (Scorer, error)
}

// Scorer says how well documents match, see Scored. Documents are valid compact JSON.
type Scorer interface {
	NeedsStatistics() bool
	Observe(id string, doc []byte)
	Settle()
	Score(id string, doc []byte) (score float32, ok bool, err error)
}

// TextScorer is a Scorer whose scores may come from the entries of indexes of words, without the documents. The scores are
// the same.
type TextScorer interface {
	Scorer

	// Texts returns the fields whose words the scores are made of, nil if they are made of something else, too. only says
	// that the values of no other fields count, for whether documents match either.
	Texts() (list []Text, only bool)

	// Count ends counting, as Settle does, with what indexes say of each of Texts instead of what was observed.
	Count(texts []TextCount)

	// ByEntries returns what scores documents by entries. load reads a document, and is called once at most for each, if
	// something of it is asked for that no word says.
	ByEntries(load func(id []byte) ([]byte, error)) EntryScorer
}

// Text is a field whose words scores are made of.
type Text struct {
	Field    string
	Analyzer string   // the name of what splits its values
	Words    [][]byte // the keys of the words that count, as package sortkey has those of strings
	Scalars  bool     // numbers and booleans have words, too
	Places   bool     // where the words are counts
}

// TextCount is what scores need of all documents.
type TextCount struct {
	Documents int   // that have words in the field
	Words     int   // that these have, each as often as it is there
	Having    []int // how many documents have each of Text.Words
}

// EntryScorer scores one document after the other. One goroutine at a time uses it.
type EntryScorer interface {
	// Begin begins with a document. The id is good until the next Begin.
	Begin(id []byte)

	// Word adds what an entry says: a text has a word, both by their numbers, so often, or with Places at these places, in a
	// field with so many words.
	Word(text, word, length, frequency int, places []int)

	// Score is Scorer.Score for the document. alike says that it is the same for all documents of which entries say the
	// same.
	Score() (score float32, ok, alike bool, err error)
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

	// AppendScored is AppendKey for a document with a score, where the order has scores in it; nil: it has none.
	AppendScored func(dst []byte, score float32, id string, doc []byte) []byte

	// ByScore says that the order is that of the scores alone, the best first.
	ByScore bool

	// Descending says in which direction documents are ordered by their ids that are equal otherwise.
	Descending bool

	// ByWritten says, for hits, that those which are equal otherwise come in the order in which their documents were
	// written last: with Descending the newest first. The key of a hit ends with AppendWritten then, and Behind does.
	ByWritten bool

	// AppendValues appends the values by which a document is ordered, without that of ByWritten, as a JSON array: from
	// them Hits.After makes the key of the document.
	AppendValues func(dst []byte, score float32, id string, doc []byte) []byte
}

// AppendWritten appends to the key of a hit when its document was written: the sequence of its last change.
func AppendWritten(key []byte, sequence uint64, newestFirst bool) []byte {
	if newestFirst {
		sequence = ^sequence
	}
	return binary.BigEndian.AppendUint64(key, sequence)
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
	// and do not overlap. Of Words: it has a word whose key, that of a string, does.
	Field string
	Spans []sortkey.Span

	// Of Words and Phrase: the name of the analyzer that splits the values of the field. See Words for which values.
	Analyzer string

	// Of Phrase: the words, as keys, and the position of each, ascending from 0: one value of the field has the words so
	// far from one another.
	Words   [][]byte
	Offsets []int

	// Of Cells: a point of the field is in a cell of these, which ascend and do not overlap. To work them out takes some
	// time, so only whoever has a use for them does it.
	Covering func() []CellRange
}

// CellRange is a range of cells, see Language: from First to Last, both included.
type CellRange struct{ First, Last uint64 }

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
	Words            // a word of Field is in Spans
	Phrase           // Field has Words, at Offsets
	Cells            // a point of Field is in Covering
)
