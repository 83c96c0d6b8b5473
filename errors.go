package kuzzlite

import (
	"errors"
	"fmt"
)

// Errors of opening a store.
var (
	// ErrNotStore: the file is not a Kuzzlite store, or one of a format this release does not know.
	ErrNotStore = errors.New("not a kuzzlite store")

	// ErrLocked: another process, or another Store in this one, has the file open.
	ErrLocked = errors.New("file is in use")

	// ErrNeedsRecovery: the store was not closed, and its log has writes that are not in the file yet: open it once
	// without Options.ReadOnly.
	ErrNeedsRecovery = errors.New("store was not closed and must be recovered")

	// ErrCorrupt: the file is damaged. Restore a backup; [Store.Check] says what is damaged.
	ErrCorrupt = errors.New("data is corrupt")
)

// Errors of a call as a whole.
var (
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store is closed")

	// ErrReadOnly: the store was opened with Options.ReadOnly.
	ErrReadOnly = errors.New("store is read-only")

	// ErrOutcomeUnknown: the disk reported an error while the call was made durable, so it may be written or not.
	// The store refuses all writes from then on, with this error, and goes on reading, unless the file could not be
	// mapped again once it had grown (on Windows a full disk may do that): then reads fail with it too. Close it, open
	// it again, and read the documents to find out.
	ErrOutcomeUnknown = errors.New("outcome of the write is unknown")

	// ErrDiskFull: the disk, or the quota, is full. Nothing of the call was written, and the store goes on: free some
	// space and call again. Each such call looks through the whole file, about a second per GiB. Open can meet it too,
	// where a store was not closed: nothing is lost. On Windows a full disk may also be an ErrOutcomeUnknown.
	ErrDiskFull = errors.New("disk is full")

	// ErrUnknownIndex: the index does not exist, and Options.AutoCreate is off.
	ErrUnknownIndex = errors.New("index does not exist")

	// ErrUnknownCollection: the collection does not exist, and Options.AutoCreate is off.
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
	ErrInvalid = errors.New("invalid")

	// ErrTooLarge: a document is larger, or nested deeper, than the options allow.
	ErrTooLarge = errors.New("too large")

	// ErrNotFound: there is no such document.
	ErrNotFound = errors.New("document not found")

	// ErrExists: there is such a document, index or collection already.
	ErrExists = errors.New("already exists")

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
}

// Error names the document and the reason. It never quotes a document's content.
func (e *DocumentError) Error() string {
	where := e.Index + "/" + e.Collection
	if e.ID == "" {
		return fmt.Sprintf("document %d for %s: %s", e.Position, where, e.Reason)
	}
	return fmt.Sprintf("document %q in %s: %s", e.ID, where, e.Reason)
}

// Unwrap returns the sentinel, or an error that wraps it.
func (e *DocumentError) Unwrap() error { return e.Err }

// Kuzzle's statuses of documents: those of HTTP, whose package is too much to link for them.
const (
	statusOK          = 200
	statusCreated     = 201
	statusBadRequest  = 400
	statusNotFound    = 404
	statusConflict    = 409
	statusTooLarge    = 413
	statusServerError = 500
)

// statusOf returns the status of a document that failed with err.
func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrNotFound):
		return statusNotFound
	case errors.Is(err, ErrConflict):
		return statusConflict
	case errors.Is(err, ErrTooLarge):
		return statusTooLarge
	case errors.Is(err, ErrCorrupt):
		return statusServerError
	}
	return statusBadRequest
}
