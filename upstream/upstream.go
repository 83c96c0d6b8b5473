// Package upstream is what a store that is synchronised sees of the server upstream: where package outbox sends the
// changes that are made here. A server is a Kuzzlite or a Kuzzle.
//
// A server may be exact: what is asked twice, because the answer was lost, is done once. A store in the same program is,
// see [Embed], and so is a Kuzzlite over HTTP, see [Dial]. A Kuzzle is not: what is asked twice is done twice. That
// leaves the same content, unless somebody else has written in between.
package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Server is a server upstream. It is safe for concurrent use.
type Server interface {
	// Write does the writes of a batch, in any order: no two of them are of one document. It returns an outcome for each,
	// in the order of the writes. With an error nothing is known of the writes, some of which may be done by a server that
	// is not exact; it wraps one of the errors of this package.
	Write(ctx context.Context, b *Batch) ([]Outcome, error)

	// Receipt returns what the server remembers of the last two batches of an outbox that it has done, nil if it remembers
	// nothing. A server that is not exact remembers nothing.
	Receipt(ctx context.Context, outbox string) (*Receipt, error)

	// Exact says whether a batch that is asked again is done once, and whether Write.IfVersion is kept: neither or both.
	// Of a server over HTTP it is what is known so far.
	Exact() bool

	// Close ends the connections. Calls after that fail with ErrClosed.
	Close() error
}

// Errors of a server, told apart by errors.Is.
var (
	// ErrAway: the server is not reached, is too busy, or its answer was lost. Whether the batch was done is not known.
	// Asking again later may help. An *AwayError may say when.
	ErrAway = errors.New("the upstream server is away")

	// ErrLogin: the server does not know the caller: the password, the API key or the token is not, or no longer, right.
	ErrLogin = errors.New("the upstream server does not accept the credentials")

	// ErrDenied: the server knows the caller, and does not let him do this.
	ErrDenied = errors.New("the upstream server denies access")

	// ErrTooLarge: the batch has more documents or bytes than the server takes. Fewer may pass. Nothing was done, unless the
	// server is not exact, and what is between takes less than the limits that it was dialed with.
	ErrTooLarge = errors.New("too large for the upstream server")

	// ErrRefused: the server refuses the batch as a whole for something that is in it. Fewer writes may pass.
	ErrRefused = errors.New("the upstream server refuses the request")

	// ErrFault: the server has failed on the batch as a whole, by a fault of its own. Fewer writes, or later, may pass.
	ErrFault = errors.New("the upstream server has failed on the request")

	// ErrUnknownCollection: a collection of the batch does not exist upstream.
	ErrUnknownCollection = errors.New("unknown collection upstream")

	// ErrStale: the server has done a later batch of the same outbox, or another one with the same number, as a copy of
	// the store sends it.
	ErrStale = errors.New("the upstream server has done another batch of this outbox")

	// ErrClosed: the server was closed here.
	ErrClosed = errors.New("the connection to the upstream server is closed")
)

// AwayError is an ErrAway that says when to ask again.
type AwayError struct {
	Err        error
	RetryAfter time.Duration // 0: the server does not say
}

// Error returns the text of Err.
func (e *AwayError) Error() string { return e.Err.Error() }

// Unwrap returns ErrAway and Err.
func (e *AwayError) Unwrap() []error { return []error{ErrAway, e.Err} }

// Kind is what a write does.
type Kind uint8

// The kinds of writes. The last three are of a collection, and alone in their batch.
const (
	Merge            Kind = iota + 1 // Body is merged into the document, or is the document where there is none
	Update                           // Body is merged into the document; 404 where there is none
	Replace                          // Body becomes the document, whether there is one or not
	Delete                           // the document goes; 404 where there is none
	CreateCollection                 // and its index; nothing where they are there
	Truncate                         // all documents of the collection go
	DeleteCollection                 // with its documents; nothing where there is none
)

// Write is what is to become of a document, or of a collection.
type Write struct {
	Index, Collection string
	ID                string // of the document
	Kind              Kind
	Body              json.RawMessage // a JSON object
	Remove            []string        // with Merge and Update, fields that go behind the merge, as lodash names them
	Silent            bool            // nobody is notified

	// IfVersion is the version that the document must have upstream; 0: it must not exist. If it has another one the
	// write is not done: its outcome is 409, with the version that is there, 0 if there is no document. A server that is
	// not exact ignores this, as do writes of collections. Default nil: the document may have any version.
	IfVersion *uint64

	// Sequence is that of the newest change here that the write has, and Time when that was made, in ms since 1970. A
	// receipt has both.
	Sequence uint64
	Time     int64
}

// Batch is writes that are asked for together.
type Batch struct {
	Outbox string // who asks: the same for all batches of one outbox, and nobody else's
	Number uint64 // of the batch: one more than that of the batch before; the same if it is asked again
	Writes []Write
}

// Outcome is what became of a write.
type Outcome struct {
	Status  int    // as in HTTP: 200, 201 created; 400 and above: not done
	Version uint64 // of the document upstream; 0: not known, or with 409 of Write.IfVersion that there is none
	Reason  string // why it was not done
}

// Done says whether the write was done.
func (o Outcome) Done() bool { return o.Status < 400 }

// Receipt is what a server remembers of the last batches of an outbox.
type Receipt struct {
	Number  uint64
	Items   []Item
	Earlier []Item // of the batch before
}

// Item is what a receipt has of a write.
type Item struct {
	Index, Collection, ID string
	Sequence              uint64 // Write.Sequence
	Time                  int64  // Write.Time
	Outcome               Outcome
}
