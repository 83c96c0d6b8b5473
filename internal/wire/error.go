package wire

import (
	"context"
	"errors"
	"slices"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/door"
	"github.com/kuzzlite/kuzzlite/query"
)

// Error is an error of a store, with all by which callers tell errors apart: which of the errors below it wraps, and
// what is known of the document.
type Error struct {
	Text     Text           `json:"text"`
	Kinds    []string       `json:"kinds,omitempty"`
	Document *DocumentError `json:"document,omitempty"`
}

// DocumentError is a kuzzlite.DocumentError.
type DocumentError struct {
	Index      Text   `json:"index"`
	Collection Text   `json:"collection"`
	ID         Text   `json:"id"`
	Position   int    `json:"position"`
	Status     int    `json:"status"`
	Reason     Text   `json:"reason"`
	Have       uint64 `json:"have,omitempty"`
	Want       uint64 `json:"want,omitempty"`
	Single     bool   `json:"single,omitempty"` // the call was for this document only, as far as the text shows that
	Err        *Error `json:"err,omitempty"`
}

var single = door.Single.(func(e *kuzzlite.DocumentError))

// kinds are the errors that are told apart, by their names.
var kinds = []struct {
	name string
	err  error
}{
	{"notStore", kuzzlite.ErrNotStore}, {"locked", kuzzlite.ErrLocked}, {"corrupt", kuzzlite.ErrCorrupt},
	{"closed", kuzzlite.ErrClosed}, {"readOnly", kuzzlite.ErrReadOnly},
	{"outcomeUnknown", kuzzlite.ErrOutcomeUnknown}, {"failed", kuzzlite.ErrFailed},
	{"diskFull", kuzzlite.ErrDiskFull}, {"consumerBehind", kuzzlite.ErrConsumerBehind}, {"inTransaction", kuzzlite.ErrInTransaction},
	{"txDone", kuzzlite.ErrTxDone}, {"snapshotGone", kuzzlite.ErrSnapshotGone}, {"decode", kuzzlite.ErrDecode},
	{"unknownIndex", kuzzlite.ErrUnknownIndex}, {"unknownCollection", kuzzlite.ErrUnknownCollection},
	{"incomplete", kuzzlite.ErrIncomplete}, {"sequenceGone", kuzzlite.ErrSequenceGone},
	{"invalid", kuzzlite.ErrInvalid}, {"tooLarge", kuzzlite.ErrTooLarge}, {"notFound", kuzzlite.ErrNotFound},
	{"exists", kuzzlite.ErrExists}, {"notUnique", kuzzlite.ErrNotUnique}, {"conflict", kuzzlite.ErrConflict},
	{"invalidQuery", query.ErrInvalid}, {"deadlineExceeded", context.DeadlineExceeded},
	{"canceled", context.Canceled},
}

// ErrorOf returns an error as it travels, nil for nil.
func ErrorOf(err error) *Error {
	if err == nil {
		return nil
	}
	e := &Error{Text: Text(err.Error())}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			e.Kinds = append(e.Kinds, k.name)
		}
	}
	if d := (*kuzzlite.DocumentError)(nil); errors.As(err, &d) && d != nil {
		e.Document = documentErrorOf(d)
	}
	return e
}

func documentErrorOf(d *kuzzlite.DocumentError) *DocumentError {
	if d == nil {
		return nil
	}
	marked := *d
	single(&marked)
	return &DocumentError{
		Text(d.Index), Text(d.Collection), Text(d.ID), d.Position, d.Status, Text(d.Reason), d.Have, d.Want,
		marked.Error() == d.Error(), ErrorOf(d.Err),
	}
}

func (d *DocumentError) err() *kuzzlite.DocumentError {
	if d == nil {
		return nil
	}
	e := &kuzzlite.DocumentError{
		Index: string(d.Index), Collection: string(d.Collection), ID: string(d.ID), Position: d.Position, Status: d.Status,
		Reason: string(d.Reason), Have: d.Have, Want: d.Want, Err: d.Err.Err(),
	}
	if d.Single {
		single(e)
	}
	return e
}

// Err is the inverse of ErrorOf, as far as errors.Is, errors.As and the text go.
func (e *Error) Err() error {
	if e == nil {
		return nil
	}
	t := &told{text: string(e.Text)}
	if d := e.Document.err(); d != nil {
		if d.Error() == t.text {
			return d
		}
		t.wraps = append(t.wraps, d)
	}
	for _, k := range kinds {
		if !slices.Contains(e.Kinds, k.name) {
			continue
		}
		if len(e.Kinds) == 1 && k.err.Error() == t.text {
			return k.err
		}
		t.wraps = append(t.wraps, k.err)
	}
	return t
}

// told is an error that a server has told of.
type told struct {
	text  string
	wraps []error
}

func (t *told) Error() string   { return t.text }
func (t *told) Unwrap() []error { return t.wraps }
