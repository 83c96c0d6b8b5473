package kuzzlite

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/disk"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Errors of opening a store.
var (
	// ErrNotStore: the file is not a Kuzzlite store, or one of a format this release does not know.
	ErrNotStore = disk.ErrNotStore

	// ErrLocked: another process, or another Store in this one, has the file open; or another Compact is under way.
	ErrLocked = disk.ErrLocked

	// ErrCorrupt: the file or its log is damaged. Restore a backup; [Store.Check] says what is damaged, and [Salvage]
	// reads what is left.
	ErrCorrupt = kv.ErrCorrupt
)

// Errors of a call as a whole.
var (
	// ErrClosed: the store was closed.
	ErrClosed = kv.ErrClosed

	// ErrReadOnly: the store was opened with Options.ReadOnly.
	ErrReadOnly = kv.ErrReadOnly

	// ErrOutcomeUnknown: the disk reported an error while the call was made durable, so the call may be written or not.
	// Later writes fail with ErrFailed; reads go on, and the change feed does not have the call. Close the store, open it
	// again, and read the documents to find out.
	ErrOutcomeUnknown = kv.ErrOutcomeUnknown

	// ErrFailed: the store takes no more writes, because an earlier one has failed in a way that leaves the disk in
	// doubt. Nothing of this call was written. Reads go on. Close the store and open it again.
	ErrFailed = kv.ErrFailed

	// ErrDiskFull: the disk, or the quota, is full. Nothing of the call was written, and the store goes on: free some
	// space and call again. Open can meet it too, where a store was not closed: nothing is lost.
	ErrDiskFull = kv.ErrDiskFull

	// ErrConsumerBehind: a consumer of the change feed that refuses writes has too much to acknowledge. Nothing of the call
	// was written: call again once the consumer has caught up, or delete it.
	ErrConsumerBehind = errors.New("a consumer of the change feed is too far behind")

	// ErrInTransaction: the call was made with the context of a transaction's function, but not through its Tx.
	ErrInTransaction = errors.New("inside a transaction: use its Tx")

	// ErrTxDone: the function of the transaction has returned.
	ErrTxDone = errors.New("transaction has ended")

	// ErrSnapshotGone: the transaction has read for longer than Options.MaxViewTime.
	ErrSnapshotGone = errors.New("snapshot is no longer kept")

	// ErrDecode: a document is not a value of the type that Typed or Document.Decode has to make of it. The error of
	// encoding/json is wrapped beside.
	ErrDecode = errors.New("document does not decode")

	// ErrUnknownIndex: the index does not exist, and the call is none that Options.AutoCreate makes up for.
	ErrUnknownIndex = errors.New("index does not exist")

	// ErrUnknownCollection: the collection does not exist, and the call is none that Options.AutoCreate makes up for.
	ErrUnknownCollection = errors.New("collection does not exist")

	// ErrIncomplete: with WriteOptions.Strict, some documents failed and the others were written; with
	// WriteOptions.Atomic, some documents failed and nothing was written.
	ErrIncomplete = errors.New("some documents failed")

	// ErrSequenceGone: the change feed no longer has, or never had, the changes after the sequence asked for.
	ErrSequenceGone = errors.New("changes are no longer kept")
)

// Errors of a document, an index or a collection.
var (
	// ErrInvalid: an argument or a document breaks a rule; the message says which.
	ErrInvalid = kv.ErrInvalid

	// ErrTooLarge: a document is larger, or nested deeper, than the options allow. As the error of a call: all that the
	// call writes is larger than a store in a file takes at once, 1 GiB (512 MiB on 32-bit machines), and nothing was
	// written.
	ErrTooLarge = kv.ErrTooLarge

	// ErrNotFound: there is no such document.
	ErrNotFound = errors.New("document not found")

	// ErrExists: there is such a document, index, collection or file already.
	ErrExists = kv.ErrExists

	// ErrNotUnique: the document has the values of another one, in the fields of a unique field index.
	ErrNotUnique = errors.New("not unique")

	// ErrConflict: the document's version is not the one asked for, or moved too often.
	ErrConflict = errors.New("version conflict")
)

// DocumentError is what went wrong with one document. It wraps one of the sentinel errors.
type DocumentError struct {
	Index, Collection string
	ID                string // "" if the request had none that is a string
	Position          int    // in the request, from 0
	Status            int    // Kuzzle's status: 400, 404, 409, 413; 500 for damage
	Reason            string // Kuzzle's reason where it has one
	Have, Want        uint64 // with ErrConflict: the version stored, 0 if there is none, and the one asked for
	Err               error

	single bool // the call was for this document only
}

// Error names the document, by its id or where it has none by its position in the request, and the reason. It quotes
// a document's content only where Elasticsearch's reason does, with a value that does not fit a mapping.
func (e *DocumentError) Error() string {
	where := e.Index + "/" + e.Collection
	if e.ID == "" && !e.single {
		return fmt.Sprintf("document %d for %s: %s", e.Position, where, e.Reason)
	}
	if e.ID == "" {
		return fmt.Sprintf("document without an id in %s: %s", where, e.Reason)
	}
	reason := strings.TrimPrefix(e.Reason, "["+e.ID+"]: ") // with which Kuzzle's reasons of conflicts begin
	return fmt.Sprintf("document %q in %s: %s", e.ID, where, reason)
}

// Unwrap returns the sentinel, or an error that wraps it.
func (e *DocumentError) Unwrap() error { return e.Err }

// withReason is an error of a document whose text is the reason, without the sentinel's.
type withReason struct {
	reason string
	err    error
}

func (e *withReason) Error() string { return e.reason }
func (e *withReason) Unwrap() error { return e.err }

func invalid(reason string) error { return &withReason{reason, ErrInvalid} }

func tooLarge(size, limit int) error {
	return &withReason{fmt.Sprintf("document is too large: %d bytes of JSON, more than %d", size, limit), ErrTooLarge}
}
